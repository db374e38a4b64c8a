import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import { findingTable } from './shared/incidents.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { bars, seriesName, stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';
import { environmentVariable, severityVariable } from './shared/variables.ts';

const IN_RANGE = `FROM ${TABLES.endpointHour} WHERE ${sql.inHours('hour')} AND ${sql.among('environment', 'environment')}`;
/** A route with its parameters as `{}`, whatever the framework calls them: see detector/inventory/routes.ts. */
const COMMON =
  "concat('/', arrayStringConcat(arrayMap(one -> if(match(one, '^[*<{(:]|^\\\\[|[{<].*[}>]'), '{}', one), arrayFilter(one -> one != '', splitByChar('/', toString(e.route)))), '/'))";
const FINDINGS = `family = 'inventory' AND ${sql.among('toString(severity)', 'severity')} AND ${sql.among('environment', 'environment')}`;
/** The version in a path: `/v2/accounts` has 2; 0 where there is none. */
const VERSION = "toUInt32OrZero(extract(route, '/v([0-9]{1,4})(?:/|$)'))";
/** The path without its version, by which versions of one endpoint are found. */
const VERSIONLESS = "replaceRegexpOne(route, '/v[0-9]{1,4}(/|$)', '/v*\\\\1')";
/** Each endpoint with the newest version of it that was seen in the same service. */
const VERSIONS = `FROM (
    SELECT service, method, route, version, max(version) OVER (PARTITION BY service, method, versionless) AS newest, calls, last
    FROM (
      SELECT service, method, route, any(${VERSION}) AS version, any(${VERSIONLESS}) AS versionless, sum(calls) AS calls, max(last_seen) AS last
      ${IN_RANGE} GROUP BY service, method, route
    )
  ) WHERE version > 0 AND version < newest`;
/** First seen ever, within the range. */
const NEW = `FROM (
    SELECT service, method, route, min(first_seen) AS first, sum(calls) AS calls
    FROM ${TABLES.endpointHour} WHERE ${sql.among('environment', 'environment')} GROUP BY service, method, route
  ) WHERE first >= $__fromTime AND first <= $__toTime`;

function now() {
  const endpoints = stat({
    title: 'Endpoints',
    about: 'Different methods and routes that were called in the time range.',
    sql: `SELECT uniq(service, method, route) AS Endpoints ${IN_RANGE}`,
    ...{ width: 5, height: 4 },
  });
  const fresh = stat({
    title: 'New endpoints',
    about: 'Never called before the time range.',
    sql: `SELECT count() AS "New endpoints" ${NEW}`,
    ...{ width: 5, height: 4 },
  });
  const anonymous = stat({
    title: 'Answered without a token',
    about:
      'Endpoints that answered below 400 although no token, or a rejected one, came with the call. Some are meant to; every one should be known.',
    sql: `SELECT uniqIf((service, method, route), anonymous > 0) AS Endpoints ${IN_RANGE}`,
    ...{ width: 5, height: 4 },
  }).thresholds(steps([1, 'orange']));
  const old = stat({
    title: 'Deprecated versions',
    about: 'Endpoints still called although a higher version of them is in use.',
    sql: `SELECT count() AS Endpoints ${VERSIONS}`,
    ...{ width: 5, height: 4 },
  }).thresholds(steps([1, 'orange']));
  const findings = stat({
    title: 'Inventory findings',
    about:
      'Undocumented routes, deprecated versions and unexpected fields that the detector found in the time range.',
    sql: `SELECT count() AS Findings FROM ${TABLES.findings} FINAL WHERE $__timeFilter(detected_at) AND ${FINDINGS}`,
    ...{ width: 4, height: 4 },
  }).thresholds(steps([1, 'red']));
  return { title: 'Now', panels: [endpoints, fresh, anonymous, old, findings] };
}

function endpoints() {
  return rows(
    {
      title: 'Endpoints: seen, and what is said of them',
      about:
        'Documented: in an OpenAPI file of the service. Undocumented: the detector found it in none. Empty: the service has no such file. Rates are shares of the calls.',
      ...{ width: 24, height: 11 },
    },
    {
      Service: 'e.service',
      Method: 'e.method',
      Route: 'e.route',
      Environments:
        "arrayStringConcat(arraySort(groupUniqArray(10)(toString(e.environment))), ', ')",
      Documentation:
        "multiIf(max(d.is_deprecated), 'deprecated', max(d.is_known) > 0, 'documented', max(f.is_found) > 0, 'undocumented', '')",
      Calls: 'sum(e.calls)',
      'Denied rate': 'sum(e.denied) / sum(e.calls)',
      'Failed rate': 'sum(e.failed) / sum(e.calls)',
      'Tokenless rate': 'sum(e.anonymous) / sum(e.calls)',
      'First call in range': 'min(e.first_seen)',
      'Last call': 'max(e.last_seen)',
    },
    `FROM ${TABLES.endpointHour} AS e
     LEFT JOIN (
       SELECT service, method, common, max(deprecated) AS is_deprecated, 1 AS is_known
       FROM ${TABLES.documentedEndpoints} WHERE version = (SELECT max(version) FROM ${TABLES.documentedEndpoints})
       GROUP BY service, method, common
     ) AS d ON d.service = e.service AND d.method = e.method AND d.common = ${COMMON}
     LEFT JOIN (
       SELECT name, 1 AS is_found FROM ${TABLES.findings} FINAL WHERE family = 'inventory' AND entity = 'endpoint' GROUP BY name
     ) AS f ON f.name = concat(e.service, ' ', e.method, ' ', e.route)
     WHERE ${sql.inHours('e.hour')} AND ${sql.among('e.environment', 'environment')}
     GROUP BY e.service, e.method, e.route
     ORDER BY max(f.is_found) DESC, max(d.is_deprecated) DESC, sum(e.calls) DESC LIMIT 500`,
    { 'First call in range': [{ id: 'unit', value: 'dateTimeAsIso' }] },
  );
}

function unusual() {
  const anonymous = rows(
    {
      title: 'Answered without a token',
      about: 'Calls below 400 that carried no token, or one that the service had rejected.',
      ...{ width: 12, height: 9 },
    },
    {
      Service: 'service',
      Method: 'method',
      Route: 'route',
      Tokenless: 'sum(anonymous)',
      'Tokenless share': 'sum(anonymous) / sum(calls)',
      'Last hour': 'max(hour)',
    },
    `${IN_RANGE} GROUP BY service, method, route HAVING sum(anonymous) > 0 ORDER BY sum(anonymous) DESC LIMIT 200`,
  );
  const versions = rows(
    {
      title: 'Deprecated versions in use',
      about: 'A higher version of the same endpoint was called in the time range, too.',
      ...{ width: 12, height: 9 },
    },
    {
      Service: 'service',
      Method: 'method',
      Route: 'route',
      Version: 'version',
      Newest: 'newest',
      Calls: 'calls',
      'Last call': 'last',
    },
    `${VERSIONS} ORDER BY calls DESC LIMIT 200`,
  );
  return { title: 'What should not be', panels: [anonymous, versions] };
}

function fresh() {
  const routes = rows(
    {
      title: 'New endpoints',
      about: 'Never called before the time range: released, or found by somebody who tries paths.',
      ...{ width: 12, height: 9 },
    },
    { Service: 'service', Method: 'method', Route: 'route', 'First call': 'first', Calls: 'calls' },
    `${NEW} ORDER BY first DESC LIMIT 200`,
  );
  const fields = rows(
    {
      title: 'Rare request fields',
      about:
        'Names of fields that at most one in a hundred calls of the endpoint carries: how mass assignment looks.',
      ...{ width: 12, height: 9 },
    },
    {
      Service: 'service',
      Route: "concat(method, ' ', route)",
      Field: 'field',
      Calls: 'sum(n)',
      'Call share': 'sum(n) / any(total)',
      'Last call': 'max(last)',
    },
    // First by the whole list of fields, of which there are few: the lists are long in sum.
    `FROM (
       SELECT service, method, route, arrayJoin(request_fields) AS field, n, last,
         total FROM (
           SELECT service, method, route, request_fields, count() AS n, max(calls.time) AS last,
             sum(count()) OVER (PARTITION BY service, method, route) AS total
           FROM ${TABLES.calls}
           WHERE ${sql.CALLS_IN_RANGE} AND notEmpty(request_fields) AND ${sql.among('environment', 'environment')}
           GROUP BY service, method, route, request_fields
         )
     )
     GROUP BY service, method, route, field HAVING sum(n) * 100 <= any(total)
     ORDER BY max(last) DESC LIMIT 200`,
  );
  return { title: 'What is new', panels: [routes, fields] };
}

function overTime() {
  const services = bars(
    {
      title: 'Calls by service',
      about: 'In each step of the graph, those without a token included.',
      sql: `SELECT $__timeInterval(hour) AS time, toString(service) AS name, sum(calls) AS calls ${IN_RANGE} GROUP BY time, name ORDER BY time`,
      ...{ width: 8, height: 10 },
    },
    '1h',
  ).displayName(seriesName('name'));
  const findings = findingTable(
    {
      title: 'Findings of the inventory',
      about: 'Undocumented routes, deprecated versions, unexpected fields; the latest first.',
      ...{ width: 16, height: 10 },
    },
    FINDINGS,
  );
  return { title: 'Over time', panels: [services, findings] };
}

/** Which endpoints there are, and which should not be. */
export function inventory(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.inventory,
      title: 'tokenwatch · Inventory',
      about: 'Endpoints as they are called, against what is known of them.',
      ...{ from: 'now-7d', refresh: '5m' },
      variables: [environmentVariable(), severityVariable()],
      sections: [
        now(),
        { title: 'All of them', panels: [endpoints()] },
        unusual(),
        fresh(),
        overTime(),
      ],
    },
    options,
  );
}
