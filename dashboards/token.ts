import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { answers, valuesOverTime, volumeWithBand, weekWithBand } from './shared/activity.ts';
import type { Whose } from './shared/activity.ts';
import { floors, steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import type { Section } from './shared/dashboard.ts';
import { incidentMarks, incidentTable } from './shared/incidents.ts';
import { markers } from './shared/maps.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { lines, seriesName, stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';
import { clientsVariable, tokenVariable } from './shared/variables.ts';

const MINE = `token_hash = ${sql.THE_TOKEN}`;
const WHOSE: Whose = {
  where: MINE,
  profile: `entity = 'token' AND entity_key = ${sql.THE_TOKEN}`,
  word: 'token',
};
const TOKEN = `FROM ${TABLES.tokens} WHERE ${MINE}`;
const KNOWN_EXPIRY = "expires_at > toDateTime(0, 'UTC')";

function lifecycle(): Section {
  const expires = stat({
    title: 'Expires in',
    about: 'Negative: it has expired. Nothing: the token does not say, or never expires.',
    sql: `SELECT if(${KNOWN_EXPIRY}, dateDiff('second', now(), expires_at), NULL) AS "Expires in" ${TOKEN}`,
    ...{ width: 4, height: 4, unit: 's' },
  }).thresholds(floors('red', [0, 'orange'], [172_800, 'green']));
  const age = stat({
    title: 'Age',
    about: 'Since it was issued, or since its first call where the issue is not known.',
    sql: `SELECT dateDiff('second', if(issued_at > toDateTime(0, 'UTC'), toDateTime64(issued_at, 3, 'UTC'), first_seen), now64(3)) AS Age ${TOKEN}`,
    ...{ width: 4, height: 4, unit: 's' },
  }).thresholds(steps([90 * 86_400, 'orange']));
  const silent = stat({
    title: 'Last call',
    about: 'How long ago.',
    sql: `SELECT dateDiff('second', last_seen, now64(3)) AS Ago ${TOKEN}`,
    ...{ width: 4, height: 4, unit: 's' },
  });
  const calls = stat({
    title: 'Calls',
    about: 'In the time range.',
    sql: `SELECT sum(calls) AS Calls FROM ${TABLES.tokenMinute} WHERE ${sql.inMinutes('minute')} AND ${MINE}`,
    ...{ width: 4, height: 4 },
  });
  const open = stat({
    title: 'Open incidents',
    about: 'On this token, at this moment.',
    sql: `SELECT count() AS Open FROM ${sql.INCIDENTS} WHERE ${sql.OPEN} AND ${MINE}`,
    ...{ width: 4, height: 4 },
  }).thresholds(steps([1, 'red']));
  const surprise = stat({
    title: 'Greatest surprise',
    about:
      'Of anything it did in the time range, in bits: each bit halves the odds of chance. Twenty bits are one in a million.',
    sql: `SELECT max(bits) AS Bits FROM ${TABLES.surprises} FINAL
      WHERE entity = 'token' AND entity_key = ${sql.THE_TOKEN} AND ${sql.inHours('hour')}`,
    ...{ width: 4, height: 4, unit: 'none' },
  })
    .decimals(1)
    .thresholds(steps([12, 'orange'], [20, 'red']));
  return {
    title: 'Lifecycle',
    panels: [expires, age, silent, calls, open, surprise, facts()],
  };
}

function facts() {
  return rows(
    {
      title: 'What is known of it',
      about: 'The latest that services said of this token.',
      ...{ width: 24, height: 4 },
    },
    {
      client_key: sql.key('client_id'),
      Client: 'client_id',
      'Token id': 'token_id',
      'Minted for': "if(token_environment = '', '(not said)', token_environment)",
      Issued: "if(issued_at > toDateTime(0, 'UTC'), issued_at, NULL)",
      Expires: `if(${KNOWN_EXPIRY}, expires_at, NULL)`,
      'First call': 'first_seen',
      'Last call': 'last_seen',
      'Calls ever': 'calls',
      'Granted scopes': "arrayStringConcat(arraySort(granted_scopes), ', ')",
    },
    TOKEN,
  );
}

function surprises() {
  return lines(
    {
      title: 'Surprise by what was unusual',
      about:
        'The greatest surprise of each kind an hour, in bits. A single spike is chance; several kinds at once are an incident.',
      sql: `SELECT $__timeInterval(hour) AS time, toString(dimension) AS dimension, max(bits) AS bits
        FROM ${TABLES.surprises} FINAL
        WHERE entity = 'token' AND entity_key = ${sql.THE_TOKEN} AND ${sql.inHours('hour')}
        GROUP BY time, dimension ORDER BY time`,
      ...{ width: 12, height: 9, unit: 'none' },
    },
    '1h',
  ).displayName(seriesName('dimension'));
}

function scopes() {
  return rows(
    {
      title: 'Scopes: granted and used',
      about:
        'Granted and never used: could be taken away. Used beyond the grant: the service does not check.',
      ...{ width: 12, height: 9 },
    },
    {
      Scope: 'scope',
      Finding:
        "multiIf(granted AND calls = 0, 'granted, never used', NOT granted AND known, 'beyond the grant', granted, 'granted and used', 'grant not known')",
      Calls: 'calls',
      'First use': 'if(calls = 0, NULL, first)',
      'Last use': 'if(calls = 0, NULL, last)',
    },
    `FROM (
       SELECT scope, max(is_granted) AS granted, max(is_known) AS known, sum(n) AS calls, max(f) AS first, max(l) AS last
       FROM (
         SELECT arrayJoin(granted_scopes) AS scope, 1 AS is_granted, 1 AS is_known, 0 AS n,
           toDateTime64(0, 3, 'UTC') AS f, toDateTime64(0, 3, 'UTC') AS l ${TOKEN}
         UNION ALL
         SELECT value AS scope, 0 AS is_granted, (SELECT count() ${TOKEN} AND notEmpty(granted_scopes)) AS is_known,
           sum(calls) AS n, min(first_seen) AS f, max(last_seen) AS l
         FROM ${TABLES.tokenSeen} WHERE dimension = 'scope' AND ${MINE} GROUP BY value
       ) GROUP BY scope
     ) ORDER BY calls DESC, scope`,
  );
}

function seen(dimension: string, title: string, about: string) {
  return rows(
    { title, about, ...{ width: 12, height: 8 } },
    {
      Value: 'value',
      Calls: 'sum(calls)',
      Share: 'sum(calls) / greatest(sum(sum(calls)) OVER (), 1)',
      'First call': 'min(first_seen)',
      'Last call': 'max(last_seen)',
    },
    `FROM ${TABLES.tokenSeen} WHERE dimension = '${dimension}' AND ${MINE}
     GROUP BY value ORDER BY max(last_seen) DESC LIMIT 100`,
  );
}

function places(): Section {
  const map = markers(
    {
      title: 'Countries',
      about: 'Calls by country of the caller in the time range.',
      sql: `SELECT value AS country, sum(calls) AS calls FROM ${TABLES.tokenValues}
        WHERE dimension = 'country' AND ${sql.inHours('hour')} AND ${MINE} GROUP BY country ORDER BY calls DESC`,
      ...{ width: 12, height: 12 },
    },
    { country: 'country', size: 'calls', color: { fixed: 'blue' } },
  );
  const countries = valuesOverTime(WHOSE, 'country', {
    title: 'Countries over time',
    about: 'A new colour is a new country.',
    ...{ width: 12, height: 6 },
  });
  const networks = valuesOverTime(WHOSE, 'asn', {
    title: 'Networks over time',
    about: 'By autonomous system. A hosting provider beside an office network is worth a question.',
    ...{ width: 12, height: 6 },
  });
  return { title: 'Where from', panels: [map, countries, networks] };
}

function use(): Section {
  const environments = valuesOverTime(WHOSE, 'environment', {
    title: 'Environments over time',
    about: 'A token minted for one environment has no business in another.',
    ...{ width: 12, height: 8 },
  });
  return {
    title: 'How it is used',
    panels: [
      environments,
      answers(WHOSE, { width: 12, height: 8 }),
      seen('user_agent', 'User agents', 'Ever seen with this token, the latest first.'),
      seen('route', 'Routes', 'Ever called with this token, the latest first.'),
    ],
  };
}

/** One token: what is usual for it and what it does. */
export function token(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.token,
      title: 'tokenwatch · Token',
      about: 'One token: what is usual for it, what it did, what was made of it.',
      ...{ from: 'now-7d', refresh: '1m' },
      variables: [clientsVariable(), tokenVariable()],
      annotations: incidentMarks(MINE),
      sections: [
        lifecycle(),
        {
          title: 'Incidents',
          panels: [
            incidentTable(
              {
                title: 'Incidents of this token',
                about: 'All of them, open ones first.',
                width: 24,
                height: 6,
              },
              MINE,
            ),
          ],
        },
        {
          title: 'How much',
          panels: [volumeWithBand(WHOSE), weekWithBand(WHOSE), surprises()],
        },
        { title: 'What it may and does', panels: [scopes(), granted()] },
        places(),
        use(),
      ],
    },
    options,
  );
}

function granted() {
  return valuesOverTime(WHOSE, 'scope', {
    title: 'Scopes over time',
    about: 'What the calls exercised. A shift of the mix is a change of purpose.',
    ...{ width: 12, height: 9 },
  });
}
