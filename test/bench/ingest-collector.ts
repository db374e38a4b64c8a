import { Registry } from 'prom-client';
import { startCollector } from '../../collector/main.ts';
import { createLogger } from '../../config/logger.ts';
import { openStore } from '../../store/open.ts';
import { testConfig } from '../support/test-store.ts';

/** A collector in a process of its own, on the store of its parent; ends when told to. */
const [dataDir = ''] = process.argv.slice(2);
const config = testConfig(dataDir);
const store = await openStore(config);
const stage = await startCollector({
  config,
  db: store.db,
  log: createLogger('collector', 'warn'),
  registry: new Registry(),
  now: () => Date.now(),
});
process.on('message', () => {
  void stage
    .stop()
    .then(() => store.close())
    .then(() => process.disconnect());
});
process.send?.(stage.urls['http']);
