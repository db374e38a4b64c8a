import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { answers, valuesOverTime, volumeWithBand, weekWithBand } from './shared/activity.ts';
import type { Whose } from './shared/activity.ts';
import { steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import type { Section } from './shared/dashboard.ts';
import { incidentMarks, incidentTable } from './shared/incidents.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { bars, lines, seriesName, stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';
import { clientVariable } from './shared/variables.ts';

const MINE = `client_id = ${sql.THE_CLIENT}`;
const WHOSE: Whose = {
  where: MINE,
  profile: `entity = 'client' AND entity_key = SHA256(${sql.THE_CLIENT})`,
  word: 'client',
};
const MINUTES = `FROM ${TABLES.tokenMinute} WHERE ${sql.inMinutes('minute')} AND ${MINE}`;

function now(): Section {
  const tokens = stat({
    title: 'Tokens',
    about: 'Active in the time range, and ever seen of this client.',
    sql: `SELECT (SELECT uniq(token_hash) ${MINUTES}) AS Active,
        (SELECT uniq(token_hash) FROM ${TABLES.clientValues} WHERE dimension = 'any' AND ${MINE}) AS Ever`,
    ...{ width: 6, height: 4 },
  });
  const calls = stat({
    title: 'Calls',
    about: 'With a token of this client, in the time range.',
    sql: `SELECT sum(calls) AS Calls ${MINUTES}`,
    ...{ width: 5, height: 4 },
  });
  const errors = stat({
    title: 'Error rate',
    about: 'Denied: 401 or 403. Failed: 5xx or 429.',
    sql: `SELECT sum(denied) / greatest(sum(calls), 1) AS Denied, sum(failed) / greatest(sum(calls), 1) AS Failed ${MINUTES}`,
    ...{ width: 7, height: 4, unit: 'percentunit' },
  }).thresholds(steps([0.05, 'orange'], [0.2, 'red']));
  const open = stat({
    title: 'Open incidents',
    about: 'On this client or one of its tokens, at this moment.',
    sql: `SELECT count() AS Open FROM ${sql.INCIDENTS} WHERE ${sql.OPEN} AND ${MINE}`,
    ...{ width: 6, height: 4 },
  }).thresholds(steps([1, 'red']));
  const incidents = incidentTable(
    {
      title: 'Incidents of this client and its tokens',
      about: 'All of them, open ones first.',
      ...{ width: 24, height: 6 },
    },
    MINE,
  );
  return { title: 'Now', panels: [tokens, calls, errors, open, incidents] };
}

function sideBySide() {
  const hash = sql.hex('t.token_hash');
  return rows(
    {
      title: 'Its tokens side by side',
      about:
        'One token that does what its siblings do not is the one to look at. Counts of the time range.',
      ...{ width: 24, height: 9 },
    },
    {
      token_key: hash,
      Token: `substring(${hash}, 1, 12)`,
      'Token id': 'any(k.token_id)',
      Calls: "sumIf(t.calls, t.dimension = 'any')",
      'Call share':
        "sumIf(t.calls, t.dimension = 'any') / greatest(sum(sumIf(t.calls, t.dimension = 'any')) OVER (), 1)",
      Scopes: "uniqIf(t.value, t.dimension = 'scope')",
      Countries:
        "arrayStringConcat(arraySort(groupUniqArrayIf(20)(t.value, t.dimension = 'country')), ', ')",
      Networks: "uniqIf(t.value, t.dimension = 'asn')",
      'User agents': "uniqIf(t.value, t.dimension = 'user_agent')",
      'Open incidents': 'any(i.open)',
      'First call': 'any(k.first_seen)',
      'Last call': 'max(t.last_seen)',
    },
    `FROM ${TABLES.tokenValues} AS t
     LEFT JOIN (SELECT token_hash, token_id, first_seen FROM ${TABLES.tokens} WHERE ${MINE}) AS k ON k.token_hash = t.token_hash
     LEFT JOIN (SELECT token_hash, count() AS open FROM ${sql.INCIDENTS} WHERE ${sql.OPEN} AND ${MINE} GROUP BY token_hash) AS i
       ON i.token_hash = t.token_hash
     WHERE ${sql.inHours('t.hour')} AND t.${MINE}
     GROUP BY t.token_hash ORDER BY "Calls" DESC LIMIT 200`,
  );
}

function byToken() {
  return bars({
    title: 'Calls by token',
    about: 'The ten busiest tokens of the time range, the others together.',
    sql: `WITH (SELECT groupArray(token_hash) FROM (SELECT token_hash ${MINUTES} GROUP BY token_hash ORDER BY sum(calls) DESC LIMIT 10)) AS busiest
      SELECT $__timeInterval(minute) AS time,
        if(has(busiest, token_hash), substring(${sql.hex('token_hash')}, 1, 12), 'all others') AS name, sum(calls) AS calls
      ${MINUTES} GROUP BY time, name ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('name'));
}

/** Percentiles over entities, each hour. */
function percentiles(of: string): string {
  return `quantile(0.5)(${of}) AS Median, quantile(0.9)(${of}) AS "90th percentile", quantile(0.99)(${of}) AS "99th percentile"`;
}

function among(): Section {
  const siblings = lines(
    {
      title: 'Calls an hour of its tokens: percentiles',
      about:
        'Over the tokens that were active in the hour. The busiest far above the 99th percentile stands out among its siblings.',
      sql: `SELECT time, ${percentiles('n')}, max(n) AS Busiest
        FROM (SELECT hour AS time, token_hash, sum(calls) AS n FROM ${TABLES.tokenHour}
          WHERE ${sql.inHours('hour')} AND ${MINE} GROUP BY time, token_hash)
        GROUP BY time ORDER BY time`,
      ...{ width: 12, height: 8 },
    },
    '1h',
  );
  const peers = lines(
    {
      title: 'Calls an hour: this client among all clients',
      about: 'Percentiles over the clients that were active in the hour.',
      sql: `SELECT time, sumIf(n, ${MINE}) AS "This client", ${percentiles('n')}
        FROM (SELECT hour AS time, client_id, sum(calls) AS n FROM ${TABLES.tokenHour}
          WHERE ${sql.inHours('hour')} GROUP BY time, client_id)
        GROUP BY time ORDER BY time`,
      ...{ width: 12, height: 8 },
    },
    '1h',
  );
  return {
    title: 'Side by side',
    panels: [sideBySide(), byToken(), siblings, peers, answers(WHOSE, { width: 12, height: 8 })],
  };
}

function values(): Section {
  const first = rows(
    {
      title: 'First seen in the time range',
      about:
        'Countries, networks, scopes, routes and user agents that no token of this client had shown before.',
      ...{ width: 12, height: 12 },
    },
    {
      What: 'toString(dimension)',
      Value: 'value',
      'First call': 'min(first_seen)',
      Calls: 'sum(calls)',
      Tokens: 'uniq(token_hash)',
    },
    `FROM ${TABLES.clientValues} WHERE dimension != 'any' AND ${MINE}
     GROUP BY dimension, value HAVING min(first_seen) >= $__fromTime ORDER BY min(first_seen) DESC LIMIT 200`,
  );
  const over = (dimension: string, title: string) =>
    valuesOverTime(WHOSE, dimension, {
      title,
      about: 'Calls of all its tokens.',
      ...{ width: 12, height: 6 },
    });
  return {
    title: 'What it does',
    panels: [
      first,
      over('country', 'Countries over time'),
      over('scope', 'Scopes over time'),
      over('asn', 'Networks over time'),
      over('environment', 'Environments over time'),
    ],
  };
}

/** One client: its tokens against each other, and itself against other clients. */
export function client(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.client,
      title: 'tokenwatch · Client',
      about: 'One client: its tokens side by side, itself among its peers.',
      ...{ from: 'now-7d', refresh: '1m' },
      variables: [clientVariable()],
      annotations: incidentMarks(MINE),
      sections: [
        now(),
        { title: 'How much', panels: [volumeWithBand(WHOSE), weekWithBand(WHOSE), activeTokens()] },
        among(),
        values(),
      ],
    },
    options,
  );
}

function activeTokens() {
  return lines(
    {
      title: 'Active tokens an hour',
      about: 'More tokens than usual at once: a fresh batch was minted, or old ones came back.',
      sql: `SELECT $__timeInterval(hour) AS time, uniq(token_hash) AS Tokens FROM ${TABLES.tokenHour}
        WHERE ${sql.inHours('hour')} AND ${MINE} GROUP BY time ${sql.FILLED}`,
      ...{ width: 12, height: 9 },
    },
    '1h',
  );
}
