import type { Db, Params } from '../db.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from '../detection/scope.ts';
import type { Scope } from '../detection/scope.ts';
import { ownSql } from '../detection/shard.ts';
import { TABLES } from '../tables.ts';
import { createBinder, renderCondition } from './condition/render.ts';
import type { Binder } from './condition/render.ts';
import type { Expression } from './condition/tree.ts';
import { JOINS, isDear } from './contexts.ts';
import { featureNamed } from './features.ts';
import { limitSettings } from './limits.ts';
import type { RuleLimits } from './limits.ts';
import { prefiltersOf } from './prefilter.ts';

/** What a rule asks of the store. */
export interface AskedRule {
  entity: 'token' | 'client';
  condition: Expression;
  /** Features whose values are wanted where it fires. */
  features: readonly string[];
}

/** The value of a feature of a call; null when not known. */
export type FeatureValue = number | string | boolean | string[] | null;

/** The first call in ten minutes for which a rule holds, of a token or a client. */
export interface Firing {
  /** Index of the rule among those asked. */
  rule: number;
  tokenHash: string;
  clientId: string;
  /** Event time of that call, epoch ms. */
  time: number;
  /** Calls for which the rule holds, in those ten minutes of the look. */
  calls: number;
  values: Record<string, FeatureValue>;
}

/** At most so many firings of one rule are told of one look; where there are more, the earliest. */
export const MOST_FIRINGS = 1_000;

const MINUTES = 10;

interface Row {
  rule: number;
  tokenHash: string;
  clientId: string;
  time: number;
  calls: number;
  told: string[];
}

const SEEN = `c.time, c.token_hash, c.client_id, c.currency, c.amount, c.service, c.environment,
  c.token_environment, c.scope, c.granted_scopes, c.method, c.route, c.status, c.auth_result,
  c.auth_methods, c.country, c.asn, c.network_kind, c.address_allowed, c.user_agent, c.tls_version,
  c.client_cert_sha256, c.stated_at, c.object_type, c.object_hash, c.request_fields`;

const inCall = (name: string): string => featureNamed(name)?.sql ?? 'NULL';

/** The condition on calls that a rule may hold for, by what the call itself says. */
function mayHold({ condition, entity }: AskedRule, scope: Scope, binder: Binder): string {
  const all = prefiltersOf(condition).map((one) => renderCondition(one, inCall, binder));
  const own = ownSql(scope, entity === 'token' ? 'c.token_hash' : 'SHA256(c.client_id)');
  if (own !== '1') all.push(own);
  return all.length === 0 ? '1' : `(${all.join(' AND ')})`;
}

/** The condition on calls that any of the rules may hold for. */
function lookedAt(rules: readonly AskedRule[], scope: Scope, binder: Binder): string {
  const any = rules.map((rule) => mayHold(rule, scope, binder));
  return `${scopeSql(scope)} AND ${WITH_TOKEN} AND (${any.join(' OR ')})`;
}

/**
 * Indexes of the rules that a call of the look may fire. Most looks have none for most rules, and what
 * only those ask of the past need not be joined.
 */
async function concerned(
  db: Db,
  scope: Scope,
  rules: readonly AskedRule[],
  limits: RuleLimits,
): Promise<number[]> {
  const binder = createBinder('p');
  const any = rules.map((rule) => `countIf(ifNull(${mayHold(rule, scope, binder)}, 0)) > 0`);
  const [row] = await db.query<{ some: number[] }>(
    `SELECT arrayFilter((i, any) -> any, range(${String(rules.length)}), [${any.join(', ')}]) AS some
     FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} AND ${WITH_TOKEN}`,
    { ...scopeParams(scope), ...binder.params },
    limitSettings(limits),
  );
  return row?.some ?? [];
}

function featuresAsked(rules: readonly AskedRule[]): string[] {
  return [...new Set(rules.flatMap((rule) => [...rule.features]))].toSorted();
}

/** The features of the calls of a look: one row a call, one column a feature. */
function viewSql(database: string, scope: Scope, looked: string, names: readonly string[]): string {
  const features = names.map((name) => featureNamed(name)).filter((one) => one !== undefined);
  const joins = [...new Set(features.flatMap(({ needs }) => [...needs]))]
    .map((name) => JOINS[name]?.({ database, scope, looked }) ?? '')
    .join('\n');
  const columns = features
    .map(({ name, type, sql }) => `, ${type === 'boolean' ? `toBool(${sql})` : sql} AS ${name}`)
    .join('');
  return `SELECT c.time AS call_time, c.token_hash AS call_token, toString(c.client_id) AS call_client${columns}
    FROM (SELECT ${SEEN} FROM ${database}.${TABLES.calls} AS c WHERE ${looked}) AS c
    ${joins}`;
}

interface Question {
  sql: string;
  params: Params;
}

function question(
  database: string,
  scope: Scope,
  rules: readonly AskedRule[],
  names: readonly string[],
): Question {
  const binder = createBinder('p');
  const looked = lookedAt(rules, scope, binder);
  const view = viewSql(database, scope, looked, names);
  const conditions = rules.map(({ condition, entity }) => {
    const holds = `ifNull(${renderCondition(condition, (name) => `f.${name}`, binder)}, 0)`;
    const own = ownSql(scope, entity === 'token' ? 'f.call_token' : 'SHA256(f.call_client)');
    return own === '1' ? holds : `(${holds} AND ${own})`;
  });
  const clients = rules.flatMap(({ entity }, i) => (entity === 'client' ? [i] : []));
  const told = names.map((name) => `ifNull(toJSONString(f.${name}), 'null')`).join(', ');
  const sql = `SELECT rule, lower(hex(argMin(call_token, call_time))) AS tokenHash,
      argMin(call_client, call_time) AS clientId, toUnixTimestamp64Milli(min(call_time)) AS time,
      count() AS calls, argMin(values_told, call_time) AS told
    FROM (
      SELECT arrayJoin(arrayFilter((i, fires) -> fires, range(${String(rules.length)}), [${conditions
        .map((one) => `toBool(${one})`)
        .join(', ')}])) AS rule,
        call_time, call_token, call_client, CAST([${told}] AS Array(String)) AS values_told
      FROM (${view}) AS f
    )
    GROUP BY rule, if(has({clients:Array(UInt32)}, rule), call_client, hex(call_token)),
      toStartOfInterval(call_time, INTERVAL ${String(MINUTES)} MINUTE)
    ORDER BY time LIMIT ${String(MOST_FIRINGS)} BY rule`;
  return { sql, params: { ...scopeParams(scope), ...binder.params, clients } };
}

/**
 * The calls of a look for which rules hold, with what was known at the moment of each call and not
 * later: first calls of ten minutes, one for each rule and token (or client), in order of time.
 *
 * @param db a connection of the user that may only read (user.ts)
 * @throws Error when the query breaks a limit; which rule did it is not said
 */
export async function readFirings(
  db: Db,
  scope: Scope,
  rules: readonly AskedRule[],
  limits: RuleLimits,
): Promise<Firing[]> {
  if (rules.length === 0) return [];
  const some = await concerned(db, scope, rules, limits);
  // Else what few calls ask of a day would be added up for all that a cheaper rule looks at.
  const groups = Object.groupBy(some, (i) => (isDearRule(rules[i]) ? 'dear' : 'cheap'));
  const firings: Firing[] = [];
  for (const group of [groups.cheap, groups.dear]) {
    if (group !== undefined) firings.push(...(await ask(db, scope, rules, group, limits)));
  }
  return firings.toSorted((a, b) => a.time - b.time);
}

function isDearRule(rule: AskedRule | undefined): boolean {
  return rule?.features.some((name) => featureNamed(name)?.needs.some(isDear)) === true;
}

/** The firings of some rules, by their indexes. */
async function ask(
  db: Db,
  scope: Scope,
  rules: readonly AskedRule[],
  group: readonly number[],
  limits: RuleLimits,
): Promise<Firing[]> {
  const asked = rules.filter((_, i) => group.includes(i));
  const names = featuresAsked(asked);
  const { sql, params } = question(db.database, scope, asked, names);
  const rows = await db.query<Row>(sql, params, limitSettings(limits));
  return rows.map(({ told, ...row }) => ({
    ...row,
    rule: group[row.rule] ?? -1,
    values: Object.fromEntries(
      names.map((name, i) => [name, JSON.parse(told[i] ?? 'null') as FeatureValue]),
    ),
  }));
}
