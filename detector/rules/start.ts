import { setTimeout as delay } from 'node:timers/promises';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { shardOf } from '../../config/shard.ts';
import type { Config } from '../../config/schema.ts';
import { writeRuleCatalogue } from '../../store/rules/catalogue.ts';
import { openRulesDb } from '../../store/rules/user.ts';
import type { StageContext } from '../../store/stage.ts';
import { createRuleBook } from './book.ts';
import type { RuleBook } from './book.ts';
import { catalogueOf } from './catalogue.ts';
import { problemLine } from './rule.ts';
import { createUserRules } from './user-rules.ts';
import type { RuleTrouble, UserRules } from './user-rules.ts';

/** How often it is looked whether files of rules changed, ms. */
const LOOK_EVERY = 2_000;
/** A backtest reads half a day at once: its looks may take so much more than live ones. */
const BACKTEST_TIMES = 20;

interface RuleMetrics {
  rules: Gauge<'state'>;
  troubles: Counter<'kind'>;
}

function createMetrics(registry: Registry): RuleMetrics {
  const registers = [registry];
  return {
    rules: new Gauge({
      name: 'tokenwatch_detector_rules',
      help: 'Rules of one’s own: active, previous (an older version, as the file is broken), resting (broke a limit), broken (files with problems)',
      labelNames: ['state'],
      registers,
    }),
    troubles: new Counter({
      name: 'tokenwatch_detector_rule_troubles_total',
      help: 'Rules that broke a limit and rest, or fired for too many at once',
      labelNames: ['kind'],
      registers,
    }),
  };
}

/** The rules of a running detector. */
export interface RunningRules {
  /** Undefined when none are configured. */
  readonly rules: UserRules | undefined;
  /** Follows changes of the files until it is stopped. */
  follow: (signal: AbortSignal) => Promise<void>;
  close: () => Promise<void>;
}

function measure(metrics: RuleMetrics, book: RuleBook, rules: UserRules): void {
  const previous = book.rules.filter(({ problems }) => problems.length > 0).length;
  const resting = rules.resting.length;
  metrics.rules.set({ state: 'active' }, book.rules.length - resting);
  metrics.rules.set({ state: 'previous' }, previous);
  metrics.rules.set({ state: 'resting' }, resting);
  metrics.rules.set({ state: 'broken' }, new Set(book.problems.map(({ file }) => file)).size);
}

/** Of several detectors the first one tells the catalogue which rules there are. */
const isFirst = ({ detector }: Config): boolean => shardOf(detector.shard).index === 1;

async function publish(book: RuleBook, { db, log, config }: StageContext): Promise<void> {
  for (const problem of book.problems) {
    const kept = book.rules.filter(({ rule }) => rule.file === problem.file).length;
    log.warn(
      { problem: problemLine(problem), rules_kept: kept },
      kept > 0
        ? 'a file of rules is broken; its previous version stays in force'
        : 'a file of rules is broken; nothing of it is in force',
    );
  }
  if (isFirst(config)) await writeRuleCatalogue(db, catalogueOf(book));
  log.info({ rules: book.rules.map(({ rule }) => rule.card.id) }, 'rules read');
}

/**
 * Reads the configured rules, and makes them known to the catalogue.
 *
 * @throws Error when there is no user for them to run as
 */
export async function startRules(context: StageContext): Promise<RunningRules> {
  const { config, db, log, now, registry } = context;
  const { rules: paths, rules_limits: limits } = config.detector;
  if (paths.length === 0) {
    if (isFirst(config)) await writeRuleCatalogue(db, []);
    return {
      rules: undefined,
      follow: async () => Promise.resolve(),
      close: async () => Promise.resolve(),
    };
  }
  const reader = await openRulesDb(config);
  const metrics = createMetrics(registry);
  const book = createRuleBook({ paths, db: reader, limits });
  const onTrouble = (trouble: RuleTrouble): void => {
    metrics.troubles.inc({ kind: trouble.kind });
    const what = trouble.kind === 'resting' ? 'broke a limit and rests for 10 min' : 'is too broad';
    log.warn({ rule: trouble.rule, said: trouble.message }, `a rule ${what}`);
  };
  const current = (): ReturnType<typeof inForce> => inForce(book);
  const rules = createUserRules({ db: reader, limits, rules: current, now, onTrouble });
  await book.refresh();
  await publish(book, context);
  measure(metrics, book, rules);
  return {
    rules,
    async follow(signal) {
      while (!signal.aborted) {
        try {
          if (await book.refresh()) await publish(book, context);
          measure(metrics, book, rules);
        } catch (error) {
          log.error({ err: error }, 'rules could not be read again; it will be tried again');
        }
        await delay(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
      }
    },
    close: async () => reader.close(),
  };
}

const inForce = (book: RuleBook) => book.rules.map(({ rule }) => rule);

/** The rules of a configuration for a backtest. */
export interface BacktestRules {
  rules: UserRules | undefined;
  ids: string[];
  close: () => Promise<void>;
}

/**
 * Opens the configured rules for a backtest.
 *
 * @param onTrouble told of files that are left out and of rules that break a limit, one line each
 */
export async function openRules(
  config: Config,
  now: () => number,
  onTrouble: (line: string) => void,
): Promise<BacktestRules> {
  const { rules: paths, rules_limits: live } = config.detector;
  if (paths.length === 0) {
    return { rules: undefined, ids: [], close: async () => Promise.resolve() };
  }
  const limits = { ...live, seconds: Math.min(300, live.seconds * BACKTEST_TIMES) };
  const db = await openRulesDb(config);
  const book = createRuleBook({ paths, db, limits });
  await book.refresh();
  for (const problem of book.problems) onTrouble(problemLine(problem));
  const active = inForce(book);
  const rules = createUserRules({
    ...{ db, limits, now, rules: () => active },
    onTrouble: ({ rule, message }) => {
      onTrouble(`${rule}: ${message}`);
    },
  });
  return { rules, ids: active.map(({ card }) => card.id), close: async () => db.close() };
}
