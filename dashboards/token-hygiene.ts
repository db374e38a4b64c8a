import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';
import { clientsVariable, environmentVariable } from './shared/variables.ts';

const DAY = 86_400;
/** Lifetimes and ages beyond this are called long; the detector's policy has its own. */
const LONG = 90 * DAY;

const NEVER = "toDateTime(0, 'UTC')";
const CHOSEN = `${sql.among('client_id', 'client')} AND ${sql.TOKEN_OF_ENVIRONMENT}`;
/** Tokens that were used in the time range: the others harm nobody today. */
const TOKENS = `FROM ${TABLES.tokens} WHERE last_seen >= $__fromTime AND ${CHOSEN}`;
const BORN = `if(issued_at > ${NEVER}, issued_at, toDateTime(first_seen))`;
const EXPIRING = `expires_at > now() AND expires_at <= now() + INTERVAL 48 HOUR`;
const LONG_LIVED = `expires_at > ${NEVER} AND issued_at > ${NEVER} AND dateDiff('second', issued_at, expires_at) > ${LONG}`;
const UNROTATED = `dateDiff('second', ${BORN}, now()) > ${LONG}`;
/** Calls that were let in with a token past its expiry. */
const EXPIRED_CALLS = `FROM ${TABLES.calls} WHERE ${sql.CALLS_IN_RANGE} AND token_expires_at > ${NEVER} AND calls.time > token_expires_at
  AND status < 400 AND auth_result != 'rejected' AND ${sql.among('client_id', 'client')} AND ${sql.among('environment', 'environment')}`;
/** Granted scopes of each token that it has never used. */
const OVERSCOPED = `FROM (
    SELECT token_hash, client_id, first_seen, last_seen, granted_scopes, arrayFilter(s -> NOT has(used, s), granted_scopes) AS unused
    FROM ${TABLES.tokens} AS t
    LEFT JOIN (SELECT token_hash, groupUniqArray(value) AS used FROM ${TABLES.tokenSeen} WHERE dimension = 'scope' GROUP BY token_hash) AS u
      ON u.token_hash = t.token_hash
    WHERE last_seen >= $__fromTime AND notEmpty(granted_scopes) AND ${CHOSEN}
  ) WHERE notEmpty(unused)`;
const SHARED = `FROM (
    SELECT token_hash, groupUniqArray(20)(client) AS clients, sumIf(n, dimension = 'any') AS calls,
      uniqIf(value, dimension = 'asn') AS networks, uniqIf(value, dimension = 'user_agent') AS agents,
      groupArrayIf(20)(value, dimension = 'country') AS countries
    FROM (
      SELECT token_hash, dimension, value, min(client_id) AS client, sum(calls) AS n
      FROM ${TABLES.tokenValues}
      WHERE ${sql.inHours('hour')} AND dimension IN ('any', 'asn', 'user_agent', 'country') AND ${CHOSEN}
      GROUP BY token_hash, dimension, value, client_id
    ) GROUP BY token_hash
  ) WHERE length(clients) > 1 OR networks >= 3 OR agents >= 3`;

function count(title: string, about: string, query: string, color: string) {
  return stat({ title, about, sql: query, ...{ width: 4, height: 4 } }).thresholds(
    steps([1, color]),
  );
}

function now() {
  return {
    title: 'Now',
    panels: [
      count(
        'Expiring within 48 h',
        'In use, and about to stop working unless rotated.',
        `SELECT count() AS Tokens ${TOKENS} AND ${EXPIRING}`,
        'orange',
      ),
      count(
        'Expired yet accepted',
        'Let in past their expiry in the time range: a service does not check.',
        `SELECT uniq(token_hash) AS Tokens ${EXPIRED_CALLS}`,
        'red',
      ),
      count(
        'Long-lived',
        'Issued for more than 90 days.',
        `SELECT count() AS Tokens ${TOKENS} AND ${LONG_LIVED}`,
        'orange',
      ),
      count(
        'Over-scoped',
        'Granted scopes that were never used.',
        `SELECT count() AS Tokens ${OVERSCOPED}`,
        'orange',
      ),
      count(
        'Unrotated',
        'The same token for more than 90 days.',
        `SELECT count() AS Tokens ${TOKENS} AND ${UNROTATED}`,
        'orange',
      ),
      count(
        'Shared',
        'Several clients, or at least three networks or user agents, in the time range.',
        `SELECT count() AS Tokens FROM (SELECT token_hash ${SHARED})`,
        'red',
      ),
    ],
  };
}

/** Columns that name a token and its client, from a source with `token_hash` and `client_id`. */
function naming(client = 'client_id'): Record<string, string> {
  return {
    token_key: sql.hex('token_hash'),
    client_key: sql.key(client),
    Token: `substring(${sql.hex('token_hash')}, 1, 12)`,
    Client: client,
  };
}

function expiry() {
  const expiring = rows(
    {
      title: 'Expiring within 48 hours',
      about:
        'In use in the time range, the soonest first. Ask the client to rotate before the calls fail.',
      ...{ width: 12, height: 9 },
    },
    {
      ...naming(),
      'Token id': 'token_id',
      Expires: 'expires_at',
      'Expires in': "dateDiff('second', now(), expires_at)",
      'Last call': 'last_seen',
    },
    `${TOKENS} AND ${EXPIRING} ORDER BY expires_at LIMIT 200`,
  );
  const expired = rows(
    {
      title: 'Expired yet accepted',
      about:
        'Calls that a service answered although the token had expired. Fix the service, revoke the token.',
      ...{ width: 12, height: 9 },
    },
    {
      ...naming('any(client_id)'),
      Expires: 'max(token_expires_at)',
      Calls: 'count()',
      Services: "arrayStringConcat(arraySort(groupUniqArray(10)(toString(service))), ', ')",
      'Last call': 'max(calls.time)',
    },
    `${EXPIRED_CALLS} GROUP BY token_hash ORDER BY max(calls.time) DESC LIMIT 200`,
  );
  return { title: 'Expiry', panels: [expiring, expired] };
}

function age() {
  const long = rows(
    {
      title: 'Long-lived',
      about: 'A stolen token is worth as much as the time it has left.',
      ...{ width: 12, height: 9 },
    },
    {
      ...naming(),
      Issued: 'issued_at',
      Expires: 'expires_at',
      Lifetime: "dateDiff('second', issued_at, expires_at)",
      'Last call': 'last_seen',
    },
    `${TOKENS} AND ${LONG_LIVED} ORDER BY dateDiff('second', issued_at, expires_at) DESC LIMIT 200`,
  );
  const unrotated = rows(
    {
      title: 'Unrotated',
      about:
        'In use for more than 90 days, the oldest first. Age counts from the issue, or from the first call where that is not known.',
      ...{ width: 12, height: 9 },
    },
    {
      ...naming(),
      Since: BORN,
      Age: `dateDiff('second', ${BORN}, now())`,
      'Last call': 'last_seen',
    },
    `${TOKENS} AND ${UNROTATED} ORDER BY ${BORN} LIMIT 200`,
  );
  return { title: 'Age', panels: [long, unrotated] };
}

function spread() {
  const over = rows(
    {
      title: 'Over-scoped: granted and never used',
      about:
        'Scopes that could be taken away without anyone noticing. Young tokens may only not have come to it.',
      ...{ width: 12, height: 9 },
    },
    {
      ...naming(),
      Unused: 'length(unused)',
      'Unused share': 'length(unused) / length(granted_scopes)',
      'Never used': "arrayStringConcat(arraySort(unused), ', ')",
      'First call': 'first_seen',
    },
    `${OVERSCOPED} ORDER BY length(unused) DESC, last_seen DESC LIMIT 200`,
  );
  const shared = rows(
    {
      title: 'Shared',
      about:
        'One token in several hands: different clients, networks (ASN) or user agents in the time range.',
      ...{ width: 12, height: 9 },
    },
    {
      ...naming('clients[1]'),
      Clients: 'length(clients)',
      Networks: 'networks',
      'User agents': 'agents',
      Countries: "arrayStringConcat(arraySort(arrayDistinct(countries)), ', ')",
      Calls: 'calls',
    },
    `${SHARED} ORDER BY length(clients) DESC, networks DESC LIMIT 200`,
  );
  return { title: 'Reach', panels: [over, shared] };
}

/** What is wrong with tokens although nobody has stolen them. */
export function tokenHygiene(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.tokenHygiene,
      title: 'tokenwatch · Token hygiene',
      about: 'Tokens in use that live too long, may too much or are in too many hands.',
      ...{ from: 'now-7d', refresh: '5m' },
      variables: [environmentVariable(), clientsVariable()],
      sections: [now(), expiry(), age(), spread()],
    },
    options,
  );
}
