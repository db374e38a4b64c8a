import type { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import type { PanelBuilder as Trend } from '@grafana/grafana-foundation-sdk/trend';
import { TABLES } from '../../store/tables.ts';
import { fixedColor } from './colors.ts';
import { bars, lines, seriesName, trend } from './panels.ts';
import * as sql from './sql.ts';

/** One token or one client, as the rollups and the detector's profile name it. */
export interface Whose {
  /** Condition on the columns of the rollups and of `calls`. */
  where: string;
  /** Condition on `volume_profile`. */
  profile: string;
  /** `token` or `client`, for the words. */
  word: string;
}

/** The band is drawn between its two bounds, which carry no line of their own. */
function banded<T extends TimeSeries | Trend>(panel: T, low: string, high: string): T {
  const bound = [{ id: 'custom.lineWidth', value: 0 }, ...fixedColor('green')];
  const tooltipOnly = {
    id: 'custom.hideFrom',
    value: { legend: true, tooltip: false, viz: false },
  };
  panel
    .overrideByName(low, [...bound, tooltipOnly])
    .overrideByName(high, [
      ...bound,
      { id: 'custom.fillBelowTo', value: low },
      { id: 'custom.fillOpacity', value: 20 },
    ])
    .overrideByName('Expected', [
      ...fixedColor('green'),
      { id: 'custom.lineWidth', value: 1 },
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 6] } },
    ])
    .overrideByName('Calls', [...fixedColor('blue'), { id: 'custom.fillOpacity', value: 0 }]);
  return panel;
}

const LOW = 'Usual, at least';
const HIGH = 'Usual, at most';

/** Calls an hour in the band that the detector expects. */
export function volumeWithBand(whose: Whose): TimeSeries {
  const panel = lines(
    {
      title: 'Calls an hour, and what is usual',
      about: `The green band is what the detector expected of this ${whose.word} before the hour began: between the 1st and the 99th percentile. Above it is a surge, below it at a busy hour is a silence. No band: too little history yet.`,
      sql: `SELECT time, sum(calls) AS Calls, max(mid) AS Expected, max(low) AS "${LOW}", max(high) AS "${HIGH}"
        FROM (
          SELECT hour AS time, sum(calls) AS calls, NULL AS mid, NULL AS low, NULL AS high FROM ${TABLES.tokenHour}
          WHERE ${sql.inHours('hour')} AND ${whose.where} GROUP BY time
          UNION ALL
          SELECT hour AS time, 0 AS calls, expected AS mid, low, high FROM ${TABLES.volumeProfile} FINAL
          WHERE ${sql.inHours('hour')} AND ${whose.profile}
        ) GROUP BY time ORDER BY time`,
      ...{ width: 24, height: 9 },
    },
    '1h',
  );
  return banded(panel, LOW, HIGH);
}

/** The rhythm of the week: this range's average against the expected one. */
export function weekWithBand(whose: Whose): Trend {
  const hourOfWeek = "(toDayOfWeek(hour, 0, 'UTC') - 1) * 24 + toHour(hour, 'UTC')";
  const panel = trend(
    {
      title: 'By hour of the week',
      about: `0 is Monday 00:00 UTC, 24 is Tuesday, 167 Sunday 23:00. Calls of this ${whose.word} on average over the time range, in the average expected band of the last four weeks.`,
      sql: `SELECT hour_of_week AS "Hour of the week", sum(calls) / greatest(max(hours), 1) AS Calls,
          max(mid) AS Expected, max(low_bound) AS "${LOW}", max(high_bound) AS "${HIGH}"
        FROM (
          SELECT ${hourOfWeek} AS hour_of_week, sum(calls) AS calls, uniq(hour) AS hours, NULL AS mid, NULL AS low_bound, NULL AS high_bound
          FROM ${TABLES.tokenHour} WHERE ${sql.inHours('hour')} AND ${whose.where} GROUP BY hour_of_week
          UNION ALL
          SELECT ${hourOfWeek} AS hour_of_week, 0 AS calls, 0 AS hours, avg(expected) AS mid, avg(low) AS low_bound, avg(high) AS high_bound
          FROM ${TABLES.volumeProfile} FINAL
          WHERE hour >= $__toTime - INTERVAL 28 DAY AND hour <= $__toTime AND ${whose.profile} GROUP BY hour_of_week
        ) GROUP BY hour_of_week ORDER BY hour_of_week`,
      ...{ width: 12, height: 9 },
    },
    'Hour of the week',
  ).decimals(0);
  return banded(panel, LOW, HIGH);
}

/** Calls by what the services answered. */
export function answers(whose: Whose, words: { width: number; height: number }): TimeSeries {
  return bars({
    title: 'Answers',
    about:
      'Denied: 401 or 403. Not found: 404, in numbers the sign of guessing ids. Failed: 5xx or 429.',
    sql: `SELECT $__timeInterval(minute) AS time, sum(calls) - sum(denied) - sum(not_found) - sum(failed) AS Other,
        sum(denied) AS Denied, sum(not_found) AS "Not found", sum(failed) AS Failed
      FROM ${TABLES.tokenMinute} WHERE ${sql.inMinutes('minute')} AND ${whose.where} GROUP BY time ${sql.FILLED}`,
    ...words,
  })
    .overrideByName('Other', fixedColor('green'))
    .overrideByName('Denied', fixedColor('red'))
    .overrideByName('Not found', fixedColor('orange'))
    .overrideByName('Failed', fixedColor('purple'));
}

/** Calls over time by the values of one dimension of `token_values`. */
export function valuesOverTime(
  whose: Whose,
  dimension: string,
  words: { title: string; about: string; width: number; height: number },
): TimeSeries {
  const name = dimension === 'asn' ? "concat('AS', value)" : 'value';
  return bars(
    {
      sql: `SELECT $__timeInterval(hour) AS time, ${name} AS name, sum(calls) AS calls
        FROM ${TABLES.tokenValues}
        WHERE dimension = '${dimension}' AND ${sql.inHours('hour')} AND ${whose.where}
        GROUP BY time, name ORDER BY time`,
      ...words,
    },
    '1h',
  ).displayName(seriesName('name'));
}
