/** The rules that people write first, on the same calls: what tokenwatch has to beat. */
import type { Db } from '../../store/db.ts';
import { TABLES } from '../../store/tables.ts';
import type { Alarm } from './score.ts';

const HISTORY_DAYS = 14;
/** A fixed limit that suits most tokens: calls in a minute. */
const LIMIT_PER_MINUTE = 60;

export interface NaiveRule {
  id: string;
  title: string;
  /** Its alarms with event times in [from, until), epoch ms. */
  alarms(db: Db, from: number, until: number): Promise<Alarm[]>;
}

interface AlarmRow {
  at: number;
  tokenHash: string;
  client: string;
}

function select(detection: string, sql: (db: Db) => string): NaiveRule['alarms'] {
  return async (db, from, until) => {
    const rows = await db.query<AlarmRow>(sql(db), { from, until }, { max_execution_time: 600 });
    return rows.map((row) => ({ ...row, detection }));
  };
}

/**
 * More than three standard deviations over the mean of the token's own windows of the fourteen
 * days before. Idle windows are left out, which is in the rule's favour, and at least twenty
 * others must be known. Told at the end of the window.
 */
function zScore(seconds: number): (db: Db) => string {
  return (db) => `
    WITH windows AS (
        SELECT token_hash, any(client_id) AS client, count() AS n,
            toStartOfInterval(toDateTime(time, 'UTC'), INTERVAL ${seconds} SECOND) AS begin,
            toDate(begin) AS day
        FROM ${db.database}.${TABLES.calls}
        GROUP BY token_hash, begin),
    history AS (
        SELECT token_hash, day + shift AS day, sum(k) AS windows, sum(s1) AS s1, sum(s2) AS s2
        FROM (SELECT token_hash, day, count() AS k, sum(n) AS s1, sum(n * n) AS s2
              FROM windows GROUP BY token_hash, day)
        ARRAY JOIN range(1, ${HISTORY_DAYS + 1}) AS shift
        GROUP BY token_hash, day)
    SELECT toUnixTimestamp(begin) * 1000 + ${seconds * 1000} AS at,
        lower(hex(token_hash)) AS tokenHash, client
    FROM windows INNER JOIN history USING (token_hash, day)
    WHERE history.windows >= 20
        AND n > s1 / history.windows
            + 3 * sqrt(greatest(0, s2 / history.windows - pow(s1 / history.windows, 2)))
        AND at >= {from:UInt64} AND at < {until:UInt64}`;
}

const fixedLimit = (db: Db): string => `
    SELECT toUnixTimestamp(toStartOfMinute(time)) * 1000 + 60000 AS at,
        lower(hex(token_hash)) AS tokenHash, any(client_id) AS client
    FROM ${db.database}.${TABLES.calls}
    GROUP BY token_hash, at
    HAVING count() > ${LIMIT_PER_MINUTE} AND at >= {from:UInt64} AND at < {until:UInt64}`;

/** A country, a scope or an environment for the first time, once a token is a day old. */
const firstSeen = (db: Db): string => `
    WITH firsts AS (
        SELECT token_hash, dimension, value, any(client_id) AS client, min(time) AS first
        FROM ${db.database}.${TABLES.calls}
        ARRAY JOIN ['country', 'scope', 'environment'] AS dimension,
            [toString(country), toString(scope), toString(environment)] AS value
        WHERE value != ''
        GROUP BY token_hash, dimension, value)
    SELECT toUnixTimestamp64Milli(first) AS at, lower(hex(token_hash)) AS tokenHash, client
    FROM (SELECT *, min(first) OVER (PARTITION BY token_hash) AS born FROM firsts)
    WHERE first > born + INTERVAL 1 DAY AND at >= {from:UInt64} AND at < {until:UInt64}`;

const perMinute = select('z_minute', zScore(60));
const hourly = select('z_hour', zScore(3600));
const first = select('first_seen', firstSeen);

export const NAIVE_RULES: readonly NaiveRule[] = [
  { id: 'z_minute', title: 'z > 3 per minute', alarms: perMinute },
  { id: 'z_hour', title: 'z > 3 hourly', alarms: hourly },
  {
    id: 'fixed_limit',
    title: `more than ${LIMIT_PER_MINUTE} calls a minute`,
    alarms: select('fixed_limit', fixedLimit),
  },
  { id: 'first_seen', title: 'first-seen rules', alarms: first },
  {
    id: 'z_hour_and_first_seen',
    title: 'hourly z and first-seen',
    alarms: async (db, from, until) => [
      ...(await hourly(db, from, until)),
      ...(await first(db, from, until)),
    ],
  },
];
