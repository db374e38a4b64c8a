import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { Command, InvalidArgumentError } from 'commander';
import { backtest, findingLine } from '../../detector/backtest.ts';
import type { BacktestResult } from '../../detector/backtest.ts';
import { CATALOGUE } from '../../detector/registry.ts';
import { openRules } from '../../detector/rules/start.ts';
import { foldFindings } from '../../model/fold-findings.ts';
import type { Finding } from '../../model/finding.ts';
import type { Incident } from '../../model/incident.ts';
import { openStore } from '../../store/open.ts';
import { UsageError } from '../exit.ts';
import { progressLine } from '../progress-line.ts';
import { storeConfig } from '../with-store.ts';

/** In a backtest nobody closes incidents: one that is quiet for so long counts as closed, ms. */
const MERGE_WITHIN = 6 * 3_600_000;

interface Options {
  from?: number;
  to?: number;
  detections?: string[];
  out?: string;
  incidents?: string;
}

const HELP = `
Writes one finding a line, as JSON. With --incidents also the incidents that they fold into; one that
nothing is added to for 6 hours counts as closed. Nothing in the store is changed.

Without --from and --to all stored calls are judged; of those before --from the last six weeks are learnt
from. Parameters, policies and rules are those of the configuration (--config FILE, as everywhere); verdicts
and silences are not applied. With more than 50,000 tokens clients are gone through in slices, one after the
other, and findings are written when all are done.

  tokenwatch backtest --out findings.jsonl --incidents incidents.jsonl
  tokenwatch backtest --from 2026-11-01T00:00:00Z --detections volume.surge,geography.new-country`;

function instant(text: string): number {
  const at = /^\d{12,}$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isFinite(at))
    throw new InvalidArgumentError('expected ISO 8601 or epoch milliseconds.');
  return at;
}

function detectionIds(text: string): string[] {
  return text.split(',').map((id) => id.trim());
}

/** @param rules ids of the configured rules of one's own */
function refuseUnknown(ids: readonly string[], rules: readonly string[]): void {
  const known = [...CATALOGUE.map((detection) => detection.id), ...rules];
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  throw new UsageError(
    `--detections: no detection is called ${unknown.join(', ')}; there are ${known.join(', ')}`,
  );
}

function incidentLine(incident: Incident): string {
  return JSON.stringify({
    id: incident.id,
    opened_at: new Date(incident.openedAt).toISOString(),
    severity: incident.severity,
    score: incident.score,
    token_hash: incident.tokenHash,
    client: incident.clientId,
    detections: incident.detections,
  });
}

/** A place for lines; back-pressure is heeded. */
interface Lines {
  write: (line: string) => Promise<void>;
  end: () => Promise<void>;
}

/** A file, which is opened at once so that a wrong path is told before hours of work, or standard output. */
async function lines(file: string | undefined): Promise<Lines> {
  const isStandard = file === undefined || file === '-';
  const stream: Writable = isStandard
    ? process.stdout
    : (await open(file, 'w')).createWriteStream();
  const failed = new Promise<never>((_fulfil, reject) => {
    stream.once('error', reject);
  });
  // Reported by whichever write or end comes next; until then nobody listens.
  failed.catch(() => undefined);
  return {
    write: async (line) => {
      if (!stream.write(`${line}\n`)) await Promise.race([once(stream, 'drain'), failed]);
    },
    end: async () => {
      if (isStandard) return;
      stream.end();
      await Promise.race([once(stream, 'finish'), failed]);
    },
  };
}

/** What a run came to, in a line for people. */
function summaryOf({ findings, range, stored }: BacktestResult): string {
  if (stored === null) {
    return 'the store has no calls: nothing to test on (tokenwatch import brings calls in)';
  }
  const between = ({ from, to }: { from: number; to: number }): string =>
    `${new Date(from).toISOString()} and ${new Date(to).toISOString()}`;
  if (range === null) return `no calls there: those stored lie between ${between(stored)}`;
  return `${String(findings)} ${findings === 1 ? 'finding' : 'findings'} in calls between ${between(range)}`;
}

async function run(options: Options, command: Command): Promise<void> {
  if (options.from !== undefined && options.to !== undefined && options.from >= options.to) {
    throw new UsageError('--from must be before --to');
  }
  const config = await storeConfig(command);
  if (config.detector.rules.length === 0) refuseUnknown(options.detections ?? [], []);
  const store = await openStore(config);
  const bar = progressLine(process.stderr);
  const own = await openRules(config, Date.now, (line) => {
    process.stderr.write(`${line}\n`);
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  try {
    refuseUnknown(options.detections ?? [], own.ids);
    const out = await lines(options.out);
    const folded = options.incidents === undefined ? null : await lines(options.incidents);
    const findings: Finding[] = [];
    const result = await backtest({
      db: store.db,
      ...(options.from === undefined ? {} : { from: options.from }),
      ...(options.to === undefined ? {} : { to: options.to }),
      ...(options.detections === undefined ? {} : { detections: options.detections }),
      settings: { ...config.detector, userRules: own.rules },
      onFinding: async (finding) => {
        if (folded !== null) findings.push(finding);
        await out.write(findingLine(finding));
      },
      onProgress: (done, total) => {
        bar.show(done / total, `${String(done)} of ${String(total)} h`);
      },
    });
    await out.end();
    if (folded !== null) await writeIncidents(folded, findings);
    bar.clear();
    process.stderr.write(`${summaryOf(result)}\n`);
  } finally {
    bar.clear();
    await own.close();
    await store.close();
  }
}

async function writeIncidents(out: Lines, findings: readonly Finding[]): Promise<void> {
  const inOrder = findings.toSorted((a, b) => a.detectedAt - b.detectedAt);
  for (const incident of foldFindings(inOrder, { mergeWithin: MERGE_WITHIN })) {
    await out.write(incidentLine(incident));
  }
  await out.end();
}

/** `tokenwatch backtest`: what the detections would have found in the calls that are stored. */
export function backtestCommand(): Command {
  return new Command('backtest')
    .description('run the detections over stored calls, as if each moment were now')
    .option(
      '--from <time>',
      'first moment to judge (ISO 8601 or epoch ms); what is before is learnt from',
      instant,
    )
    .option('--to <time>', 'end of the judged range, exclusive', instant)
    .option('--detections <ids>', 'only these, by id, with commas between', detectionIds)
    .option('--out <file>', 'where findings go (default, and -: standard output)')
    .option('--incidents <file>', 'also write the incidents that the findings fold into')
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) => {
      await run(options, command);
    });
}
