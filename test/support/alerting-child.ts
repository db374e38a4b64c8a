/** The alerting stage as a process that a test may kill; told what to do by one JSON argument. */
import { Registry } from 'prom-client';
import { startAlerting } from '../../alerting/main.ts';
import { createLogger } from '../../config/logger.ts';
import { connect } from '../../store/db.ts';
import type { DbOptions } from '../../store/db.ts';
import { configWith } from './alerting.ts';

const { db, dataDir, alerting } = JSON.parse(process.argv[2] ?? '') as {
  db: DbOptions;
  dataDir: string;
  alerting: Record<string, unknown>;
};

const stage = await startAlerting({
  config: configWith(dataDir, alerting),
  db: connect(db),
  log: createLogger('alerting', 'silent'),
  registry: new Registry(),
  now: Date.now,
});
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void stage.stop().then(() => process.exit(0));
});
