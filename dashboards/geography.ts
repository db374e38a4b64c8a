import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import { findingTable } from './shared/incidents.ts';
import { arrows, markers } from './shared/maps.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { bars, ranking, seriesName, stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';
import { clientsVariable, environmentVariable, severityVariable } from './shared/variables.ts';

const CALLS = `FROM ${TABLES.calls} WHERE ${sql.CALLS_IN_RANGE} AND ${sql.among('environment', 'environment')} AND ${sql.among('client_id', 'client')}`;
const FINDINGS = `${sql.among('toString(severity)', 'severity')} AND ${sql.among('client_id', 'client')} AND ${sql.among('environment', 'environment')}`;
/** Findings of the way between two places, whichever detection made them: they say from where to where. */
const TRAVEL = `FROM ${TABLES.findings} FINAL WHERE family = 'geography' AND JSONHas(evidence, 'facts', 'from') AND JSONHas(evidence, 'facts', 'to') AND $__timeFilter(detected_at) AND ${FINDINGS}`;
const FROM = "JSONExtractString(evidence, 'facts', 'from')";
const TO = "JSONExtractString(evidence, 'facts', 'to')";
const NEW_COUNTRIES = `FROM ${TABLES.clientValues} WHERE dimension = 'country' AND ${sql.among('client_id', 'client')}
  GROUP BY client_id, value HAVING min(first_seen) >= $__fromTime AND min(first_seen) <= $__toTime`;

function now() {
  const countries = stat({
    title: 'Countries',
    about: 'That calls came from in the time range.',
    sql: `SELECT uniqIf(country, country != '') AS Countries ${CALLS}`,
    ...{ width: 6, height: 4 },
  });
  const fresh = stat({
    title: 'New countries',
    about: 'Pairs of client and country that were never seen before the time range.',
    sql: `SELECT count() AS "New countries" FROM (SELECT client_id ${NEW_COUNTRIES})`,
    ...{ width: 6, height: 4 },
  }).thresholds(steps([1, 'orange']));
  const travel = stat({
    title: 'Impossible travel',
    about: 'Findings in the time range: one token, two places, too little time between.',
    sql: `SELECT count() AS Findings ${TRAVEL}`,
    ...{ width: 6, height: 4 },
  }).thresholds(steps([1, 'red']));
  const unknown = stat({
    title: 'Calls of unknown place',
    about:
      'Share of calls without a country: private addresses, or no country database. Much of it blinds the detections of this page.',
    sql: `SELECT countIf(country = '') / greatest(count(), 1) AS "Unknown share" ${CALLS}`,
    ...{ width: 6, height: 4, unit: 'percentunit' },
  }).thresholds(steps([0.2, 'orange'], [0.6, 'red']));
  return { title: 'Now', panels: [countries, fresh, travel, unknown] };
}

function maps() {
  const where = markers(
    {
      title: 'Where calls come from',
      about: 'As large as the number of calls; coloured by the share that was denied (401 or 403).',
      sql: `SELECT toString(country) AS country, count() AS calls, uniq(token_hash) AS tokens,
          countIf(status IN (401, 403)) / count() AS denied_share
        ${CALLS} AND country != '' GROUP BY country ORDER BY calls DESC`,
      ...{ width: 12, height: 14 },
    },
    { country: 'country', size: 'calls', color: { field: 'denied_share' } },
  )
    .thresholds(steps([0.05, 'orange'], [0.2, 'red']))
    .overrideByName('denied_share', [{ id: 'unit', value: 'percentunit' }]);
  const travel = arrows(
    {
      title: 'Impossible travel',
      about: 'From where to where a token jumped in the time range. Two parties hold such a token.',
      sql: `SELECT country AS id, country AS title, count() AS mainstat
        FROM (SELECT arrayJoin([${FROM}, ${TO}]) AS country ${TRAVEL}) WHERE country != '' GROUP BY country ORDER BY country`,
      ...{ width: 12, height: 14 },
    },
    `SELECT concat(${FROM}, '-', ${TO}) AS id, ${FROM} AS source, ${TO} AS target, count() AS mainstat
     ${TRAVEL} AND ${FROM} != '' AND ${TO} != '' GROUP BY source, target ORDER BY mainstat DESC LIMIT 200`,
  );
  return { title: 'Maps', panels: [where, travel] };
}

function news() {
  const countries = rows(
    {
      title: 'New countries by client',
      about: 'Countries that no token of the client had called from before the time range.',
      ...{ width: 12, height: 9 },
    },
    {
      client_key: sql.key('client_id'),
      Client: 'client_id',
      Country: 'value',
      'First call': 'min(first_seen)',
      Calls: 'sum(calls)',
      Tokens: 'uniq(token_hash)',
    },
    `${NEW_COUNTRIES} ORDER BY min(first_seen) DESC LIMIT 200`,
  );
  const several = rows(
    {
      title: 'Tokens in several countries within an hour',
      about:
        'Ordinary for a token that several sites share; a warning for one that lives on one machine.',
      ...{ width: 12, height: 9 },
    },
    {
      token_key: sql.hex('token_hash'),
      client_key: sql.key('client_id'),
      Token: `substring(${sql.hex('token_hash')}, 1, 12)`,
      Client: 'client_id',
      'Countries at once': 'length(seen)',
      Countries: "arrayStringConcat(arraySort(seen), ', ')",
      Since: 'hour',
      Calls: 'n',
    },
    // Counts first and lists after: an array for every token and hour is dear.
    `FROM (
       SELECT token_hash, hour, any(client) AS client_id, groupArray(20)(value) AS seen, sum(n) AS n
       FROM (
         SELECT token_hash, hour, value, any(v.client_id) AS client, sum(calls) AS n
         FROM ${TABLES.tokenValues} AS v
         WHERE dimension = 'country' AND ${sql.inHours('hour')} AND ${sql.among('v.client_id', 'client')} AND ${sql.TOKEN_OF_ENVIRONMENT}
         GROUP BY token_hash, hour, value
       )
       GROUP BY token_hash, hour HAVING count() > 1
     )
     ORDER BY length(seen) DESC, hour DESC LIMIT 1 BY token_hash LIMIT 100`,
  );
  return { title: 'What is new', panels: [countries, several] };
}

function overTime() {
  const countries = bars({
    title: 'Calls by country',
    about: 'The twelve busiest countries of the time range, the others together.',
    sql: `SELECT time, multiIf(country = '', 'unknown', place <= 12, toString(country), 'all others') AS name, sum(n) AS calls
      FROM (
        SELECT time, country, n, dense_rank() OVER (ORDER BY country = '', total DESC, country) AS place
        FROM (
          SELECT $__timeInterval(calls.time) AS time, country, count() AS n, sum(count()) OVER (PARTITION BY country) AS total
          ${CALLS} GROUP BY time, country
        )
      ) GROUP BY time, name ORDER BY time`,
    ...{ width: 12, height: 9 },
  }).displayName(seriesName('name'));
  const kinds = bars({
    title: 'Calls by kind of network',
    about:
      'Hosting and VPN networks in the calls of people, or homes in the calls of servers, are worth a question.',
    sql: `SELECT $__timeInterval(calls.time) AS time, toString(network_kind) AS name, count() AS calls
      ${CALLS} GROUP BY time, name ORDER BY time`,
    ...{ width: 12, height: 9 },
  }).displayName(seriesName('name'));
  const networks = ranking({
    title: 'Busiest networks',
    about: 'Autonomous systems by calls in the time range.',
    sql: `SELECT concat('AS', toString(asn)) AS network, count() AS calls ${CALLS} AND asn != 0 GROUP BY network ORDER BY calls DESC LIMIT 15`,
    ...{ width: 8, height: 10 },
  });
  const findings = findingTable(
    {
      title: 'Findings of geography',
      about: 'New countries, new networks and impossible travel, the latest first.',
      ...{ width: 16, height: 10 },
    },
    `family = 'geography' AND ${FINDINGS}`,
  );
  return { title: 'Over time', panels: [countries, kinds, networks, findings] };
}

/** Where calls come from, and who moved faster than anyone can. */
export function geography(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.geography,
      title: 'tokenwatch · Geography',
      about: 'Where calls come from, what is new, and who moved faster than anyone can.',
      ...{ from: 'now-24h', refresh: '1m' },
      variables: [environmentVariable(), clientsVariable(), severityVariable()],
      sections: [now(), maps(), news(), overTime()],
    },
    options,
  );
}
