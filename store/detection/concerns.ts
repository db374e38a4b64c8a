import type { DetectorConfig } from '../../config/detector.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import {
  CONCERNS_CERTIFIED,
  CONCERNS_OUTSIDE,
  CONCERNS_UNBOUND,
  concernsRegisteredBindings,
} from './binding.ts';
import { CONCERNS_DENIED } from './denials.ts';
import { CONCERNS_ANONYMOUS, CONCERNS_CAPPED } from './endpoints.ts';
import { CONCERNS_MISMATCH } from './environments.ts';
import { CONCERNS_EXPIRED, concernsLapsed } from './lapsed.ts';
import { CONCERNS_OBJECT } from './objects.ts';
import { CONCERNS_FOREIGN_OWNER } from './owners.ts';
import { policyParams } from './policy.ts';
import { CONCERNS_ONE_FACTOR, CONCERNS_TRANSPORT } from './transport.ts';
import { CONCERNS_NONCE } from './replays.ts';
import { CONCERNS_STATED } from './stated.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken } from './shard.ts';

/**
 * Which calls a watch is about, as a condition on one call under the alias `c`. One pass over the
 * calls of a look asks for all of them; only the watches that any call concerns are then run.
 */
export const CONCERNS = {
  /** Any call with a token, and any at all: where nothing came, nobody need look. */
  tokens: () => WITH_TOKEN,
  calls: () => '1',
  environments: () => CONCERNS_MISMATCH,
  expired: () => CONCERNS_EXPIRED,
  lapsed: concernsLapsed,
  unbound: () => CONCERNS_UNBOUND,
  outside: () => CONCERNS_OUTSIDE,
  registeredBindings: concernsRegisteredBindings,
  certified: () => CONCERNS_CERTIFIED,
  transport: () => CONCERNS_TRANSPORT,
  oneFactor: () => CONCERNS_ONE_FACTOR,
  anonymous: () => CONCERNS_ANONYMOUS,
  capped: () => CONCERNS_CAPPED,
  denied: () => CONCERNS_DENIED,
  objects: () => CONCERNS_OBJECT,
  foreignOwner: () => CONCERNS_FOREIGN_OWNER,
  nonces: () => CONCERNS_NONCE,
  stated: () => CONCERNS_STATED,
} as const;

export type Concern = keyof typeof CONCERNS;

/** Those that only tokens are found by: of others' calls they need not know. */
const OF_TOKENS: ReadonlySet<Concern> = new Set<Concern>([
  ...(['tokens', 'environments', 'expired', 'lapsed', 'certified', 'oneFactor'] as const),
  ...(['objects', 'foreignOwner', 'nonces', 'outside', 'stated'] as const),
]);

/** Those of some watches that calls of a look concern. */
export async function readConcerns(
  db: Db,
  scope: Scope,
  settings: DetectorConfig,
  names: readonly Concern[],
): Promise<Set<Concern>> {
  const own = andOwnToken(scope);
  if (own === '') return countConcerns(db, scope, settings, names);
  const [ofTokens, others] = await Promise.all([
    countConcerns(
      ...([db, scope, settings] as const),
      names.filter((name) => OF_TOKENS.has(name)),
      own,
    ),
    countConcerns(
      ...([db, scope, settings] as const),
      names.filter((name) => !OF_TOKENS.has(name)),
    ),
  ]);
  return new Set([...ofTokens, ...others]);
}

async function countConcerns(
  db: Db,
  scope: Scope,
  settings: DetectorConfig,
  names: readonly Concern[],
  own = '',
): Promise<Set<Concern>> {
  if (names.length === 0) return new Set();
  const counts = names.map((name) => `countIf(${CONCERNS[name](db)}) AS ${name}`).join(', ');
  const [row] = await db.query<Record<Concern, number>>(
    `SELECT ${counts} FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} ${own}`,
    { ...scopeParams(scope), ...policyParams(settings.policy) },
  );
  return new Set(names.filter((name) => (row?.[name] ?? 0) > 0));
}
