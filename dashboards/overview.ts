import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { SEVERITY_COLORS, colorFromOne, fixedColor, steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import type { Section } from './shared/dashboard.ts';
import { incidentMarks, incidentTable } from './shared/incidents.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { bars, lines, seriesName, stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';
import { clientsVariable, environmentVariable, severityVariable } from './shared/variables.ts';

/** Incidents that the variables leave. */
const CHOSEN = [
  sql.among('toString(severity)', 'severity'),
  sql.among('client_id', 'client'),
  sql.anyAmong('environments', 'environment'),
].join(' AND ');

const ACTIVITY = `FROM ${TABLES.activityMinute}
  WHERE ${sql.inMinutes('minute')} AND ${sql.among('environment', 'environment')} AND ${sql.among('client_id', 'client')}`;

function now(): Section {
  const open = stat({
    title: 'Open incidents',
    about: 'Open or acknowledged at this moment, whenever they began.',
    sql: `SELECT ${sql.bySeverity()} FROM ${sql.INCIDENTS} WHERE ${sql.OPEN} AND ${CHOSEN}`,
    ...{ width: 10, height: 4 },
  });
  for (const [name, color] of Object.entries(SEVERITY_COLORS)) {
    open.overrideByName(name, colorFromOne(color));
  }
  const waiting = stat({
    title: 'Longest wait',
    about: 'Age of the oldest incident that nobody has acknowledged yet.',
    sql: `SELECT if(count() = 0, 0, dateDiff('second', min(opened_at), now())) AS Waiting
      FROM ${sql.INCIDENTS} WHERE status = 'open' AND ${CHOSEN}`,
    ...{ width: 4, height: 4, unit: 's' },
  }).thresholds(steps([900, 'orange'], [3600, 'red']));
  const tokens = stat({
    title: 'Active tokens',
    about: 'Tokens with at least one call in the time range that are known in the environments.',
    sql: `SELECT uniq(token_hash) AS Tokens FROM ${TABLES.tokenMinute}
      WHERE ${sql.inMinutes('minute')} AND ${sql.among('client_id', 'client')} AND ${sql.TOKEN_OF_ENVIRONMENT}`,
    ...{ width: 3, height: 4 },
  });
  const calls = stat({
    title: 'Calls',
    about: 'API calls in the time range, those without a token included.',
    sql: `SELECT sum(calls) AS Calls ${ACTIVITY}`,
    ...{ width: 3, height: 4 },
  });
  const errors = stat({
    title: 'Error rate',
    about: 'Denied: answered 401 or 403. Failed: answered 5xx or 429. Shares of all calls.',
    sql: `SELECT sum(denied) / greatest(sum(calls), 1) AS Denied, sum(failed) / greatest(sum(calls), 1) AS Failed ${ACTIVITY}`,
    ...{ width: 4, height: 4, unit: 'percentunit' },
  }).thresholds(steps([0.05, 'orange'], [0.2, 'red']));
  return { title: 'Now', panels: [open, waiting, tokens, calls, errors] };
}

/** Medians over the incidents of the range; null where none has come so far. */
const STEPS = [
  `quantileIf(0.5)(${sql.secondsBetween('first_call_at', 'found_at')}, ${sql.happened('first_call_at')} AND ${sql.happened('found_at')}) AS Detect`,
  `quantileIf(0.5)(${sql.secondsBetween('first_call_at', 'alerted_at')}, ${sql.happened('first_call_at')} AND ${sql.happened('alerted_at')}) AS Alert`,
  `quantileIf(0.5)(${sql.secondsBetween('first_call_at', 'contained_at')}, ${sql.happened('first_call_at')} AND ${sql.happened('contained_at')}) AS Contain`,
].join(', ');
const OPENED = `FROM ${sql.INCIDENTS} WHERE $__timeFilter(opened_at) AND ${CHOSEN}`;

function quickness(): Section {
  const medians = stat({
    title: 'Median time to detect, alert and contain',
    about:
      'From the first suspicious call to its finding, to the first message that somebody got, and to the moment the revocation was seen to hold. Incidents opened in the time range.',
    sql: `SELECT ${STEPS} ${OPENED}`,
    ...{ width: 9, height: 4, unit: 's' },
  }).thresholds(steps([300, 'orange'], [3600, 'red']));
  const falsePositives = stat({
    title: 'False positives',
    about: 'Share of the incidents closed in the time range that were judged false positives.',
    sql: `SELECT countIf(status = 'false_positive') / greatest(count(), 1) AS "False positive rate"
      FROM ${sql.INCIDENTS} WHERE status IN ('resolved', 'false_positive') AND $__timeFilter(closed_at) AND ${CHOSEN}`,
    ...{ width: 5, height: 4, unit: 'percentunit' },
  }).thresholds(steps([0.2, 'orange'], [0.5, 'red']));
  const trend = lines(
    {
      title: 'Median times, by when the incident opened',
      about: 'The same three medians over time. Rising lines mean that something became slow.',
      sql: `SELECT $__timeInterval(opened_at) AS time, ${STEPS} ${OPENED} GROUP BY time ORDER BY time`,
      ...{ width: 10, height: 4, unit: 's' },
    },
    '1h',
  );
  return { title: 'How quick, how right', panels: [medians, falsePositives, trend] };
}

function overTime(): Section {
  const incidents = bars({
    title: 'Incidents opened',
    about: 'By the severity they have now.',
    sql: `SELECT $__timeInterval(opened_at) AS time, ${sql.bySeverity()} ${OPENED} GROUP BY time ${sql.FILLED}`,
    ...{ width: 12, height: 8 },
  });
  for (const [name, color] of Object.entries(SEVERITY_COLORS)) {
    incidents.overrideByName(name, fixedColor(color));
  }
  const findings = bars({
    title: 'Findings by detection',
    about:
      'Several findings make one incident. A detection that never rests wants its parameters looked at.',
    sql: `SELECT $__timeInterval(detected_at) AS time, toString(detection) AS detection, count() AS findings
      FROM ${TABLES.findings} FINAL
      WHERE $__timeFilter(detected_at) AND ${sql.among('toString(severity)', 'severity')}
        AND ${sql.among('client_id', 'client')} AND ${sql.among('environment', 'environment')}
      GROUP BY time, detection ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('detection'));
  const calls = bars({
    title: 'Calls by environment',
    about: 'Calls in each step of the graph.',
    sql: `SELECT $__timeInterval(minute) AS time, if(environment = '', '(not said)', toString(environment)) AS name, sum(calls) AS calls
      ${ACTIVITY} GROUP BY time, name ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('name'));
  const errors = lines({
    title: 'Error rates',
    about:
      'Denied: 401 or 403. Failed: 5xx or 429. A rise of denied calls is what guessing looks like.',
    sql: `SELECT $__timeInterval(minute) AS time, sum(denied) / sum(calls) AS Denied, sum(failed) / sum(calls) AS Failed
      ${ACTIVITY} GROUP BY time ORDER BY time`,
    ...{ width: 12, height: 8, unit: 'percentunit' },
  });
  const tokens = lines({
    title: 'Active tokens',
    about: 'Different tokens in each step of the graph.',
    sql: `SELECT $__timeInterval(minute) AS time, uniq(token_hash) AS Tokens FROM ${TABLES.tokenMinute}
      WHERE ${sql.inMinutes('minute')} AND ${sql.among('client_id', 'client')} AND ${sql.TOKEN_OF_ENVIRONMENT}
      GROUP BY time ${sql.FILLED}`,
    ...{ width: 24, height: 6 },
  });
  return { title: 'Over time', panels: [incidents, findings, calls, errors, tokens] };
}

function detections() {
  return rows(
    {
      title: 'Detections',
      about:
        'What each detection found in the time range, and the verdicts on the incidents it took part in.',
      ...{ width: 24, height: 9 },
    },
    {
      Detection: 'f.detection',
      Title: 'any(f.title)',
      Findings: 'uniq(f.id)',
      Tokens: 'uniq(f.token_hash)',
      Confirmed: 'any(v.confirmed)',
      'False positives': 'any(v.false_positives)',
      'False positive rate':
        'if(any(v.confirmed) + any(v.false_positives) = 0, NULL, any(v.false_positives) / (any(v.confirmed) + any(v.false_positives)))',
      'Last finding': 'max(f.detected_at)',
    },
    `FROM ${TABLES.findings} AS f FINAL
     LEFT JOIN (
       SELECT arrayJoin(detections) AS detection, countIf(status = 'resolved') AS confirmed,
         countIf(status = 'false_positive') AS false_positives
       FROM ${sql.INCIDENTS} WHERE ${CHOSEN} GROUP BY detection
     ) AS v ON v.detection = f.detection
     WHERE $__timeFilter(f.detected_at) AND ${sql.among('toString(f.severity)', 'severity')}
       AND ${sql.among('f.client_id', 'client')} AND ${sql.among('f.environment', 'environment')}
     GROUP BY f.detection ORDER BY "Findings" DESC`,
  );
}

/** Where a shift begins: what is open, how it is going. */
export function overview(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.overview,
      title: 'tokenwatch · Overview',
      about: 'What is open, what was found, how quickly. Decide in the console; look here.',
      ...{ from: 'now-24h', refresh: '30s' },
      variables: [environmentVariable(), clientsVariable(), severityVariable()],
      annotations: incidentMarks(`toString(severity) IN ('critical', 'high') AND ${CHOSEN}`),
      sections: [
        now(),
        {
          title: 'To decide',
          panels: [
            incidentTable(
              {
                title: 'Open incidents',
                about:
                  'Not yet acknowledged first, then the worst. The title leads to the console.',
                ...{ width: 24, height: 10 },
              },
              `${sql.OPEN} AND ${CHOSEN}`,
            ),
          ],
        },
        quickness(),
        overTime(),
        { title: 'Detections', panels: [detections()] },
      ],
    },
    options,
  );
}
