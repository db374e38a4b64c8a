import type { Dashboard } from './shared/classic.ts';
import { TABLES } from '../store/tables.ts';
import { fixedColor, steps } from './shared/colors.ts';
import { rows } from './shared/columns.ts';
import { dashboard } from './shared/dashboard.ts';
import { UIDS } from './shared/names.ts';
import type { BuildOptions } from './shared/names.ts';
import { bars, lines, seriesName, stat } from './shared/panels.ts';
import * as sql from './shared/sql.ts';

/** By arrival: `ingested_at` has an index of its own. */
const ARRIVED = `FROM ${TABLES.calls} WHERE $__timeFilter(ingested_at)`;
const LAG =
  'greatest(0, toUnixTimestamp64Milli(ingested_at) - toUnixTimestamp64Milli(calls.time)) / 1000';
/** Lag is that of live telemetry; an import is late by nature. */
const LIVE = `${ARRIVED} AND source != 'import'`;
const DELIVERIES = `${TABLES.deliveries} FINAL`;

function metric(...names: string[]): string {
  const list = names.map((name) => `'${name}'`).join(', ');
  return `FROM ${TABLES.stageMetrics} WHERE name IN (${list}) AND $__timeFilter(at)`;
}

/** Upper bounds of the buckets in which percentiles of a histogram lie; `+Inf` shows as the largest bound. */
function quantiles(...levels: number[]): string {
  const bound = "toFloat64OrZero(replaceOne(labels['le'], '+Inf', '1e9'))";
  return levels
    .map((level) => {
      const name = `${String(level * 100)}th percentile`;
      return `quantileExactWeighted(${String(level)})(${bound}, toUInt64(value)) AS "${name}"`;
    })
    .join(', ');
}

function now() {
  const last = stat({
    title: 'Last call arrived',
    about:
      'How long ago. Long at a busy hour: services cannot reach the collector, or the collector cannot reach ClickHouse.',
    sql: `SELECT dateDiff('second', max(ingested_at), now64(3)) AS Ago FROM ${TABLES.calls} WHERE ingested_at >= now() - INTERVAL 2 DAY`,
    ...{ width: 4, height: 4, unit: 's' },
  }).thresholds(steps([300, 'orange'], [900, 'red']));
  const rate = stat({
    title: 'Calls a second',
    about: 'Average over the time range, by arrival.',
    sql: `SELECT count() / greatest(dateDiff('second', $__fromTime, $__toTime), 1) AS Rate ${ARRIVED}`,
    ...{ width: 4, height: 4, unit: 'reqps' },
  });
  const lag = stat({
    title: 'Ingest lag',
    about: '95th percentile of the time from a call to its row in ClickHouse, imports left out.',
    sql: `SELECT quantile(0.95)(${LAG}) AS Lag ${LIVE}`,
    ...{ width: 4, height: 4, unit: 's' },
  }).thresholds(steps([15, 'orange'], [60, 'red']));
  const dead = stat({
    title: 'Dead letters',
    about: 'Messages that were given up, in the time range. Somebody was not told.',
    sql: `SELECT count() AS Dead FROM ${DELIVERIES} WHERE state = 'dead' AND $__timeFilter(updated_at)`,
    ...{ width: 4, height: 4 },
  }).thresholds(steps([1, 'red']));
  const pending = stat({
    title: 'Waiting messages',
    about: 'Not yet delivered; each is tried again.',
    sql: `SELECT count() AS Waiting FROM ${DELIVERIES} WHERE state = 'pending'`,
    ...{ width: 4, height: 4 },
  }).thresholds(steps([20, 'orange'], [200, 'red']));
  const size = stat({
    title: 'ClickHouse on disk',
    about: 'All tables of tokenwatch, compressed.',
    sql: `SELECT sum(bytes_on_disk) AS Size FROM system.parts WHERE active AND database = currentDatabase()`,
    ...{ width: 4, height: 4, unit: 'bytes' },
  });
  return { title: 'Now', panels: [last, rate, lag, dead, pending, size] };
}

function stages() {
  const alive = rows(
    {
      title: 'Stages',
      about:
        'Each stage of each process says every 15 s that it lives. Silent for more than a minute: it has stopped.',
      ...{ width: 8, height: 8 },
    },
    {
      Stage: "labels['stage']",
      Process: 'instance',
      'Last sign': 'max(at)',
      'Silent for': "dateDiff('second', max(at), now())",
    },
    `${metric('tokenwatch_stage_up')} GROUP BY "Stage", "Process" ORDER BY "Silent for" DESC, "Stage"`,
    {
      'Silent for': [
        { id: 'unit', value: 's' },
        {
          id: 'thresholds',
          value: { mode: 'absolute', steps: steps([60, 'orange'], [120, 'red']).build().steps },
        },
        { id: 'custom.cellOptions', value: { type: 'color-text' } },
      ],
    },
  );
  const memory = lines({
    title: 'Memory by process',
    about: 'Resident memory. A line that only ever rises is a leak.',
    sql: `SELECT $__timeInterval(at) AS time, toString(instance) AS process, max(value) AS bytes
      ${metric('process_resident_memory_bytes')} GROUP BY time, process ORDER BY time`,
    ...{ width: 8, height: 8, unit: 'bytes' },
  }).displayName(seriesName('process'));
  const loop = lines({
    title: 'Event loop delay by process',
    about: '99th percentile: how long a process was too busy to react.',
    sql: `SELECT $__timeInterval(at) AS time, toString(instance) AS process, max(value) AS seconds
      ${metric('nodejs_eventloop_lag_p99_seconds')} GROUP BY time, process ORDER BY time`,
    ...{ width: 8, height: 8, unit: 's' },
  }).displayName(seriesName('process'));
  return { title: 'Stages', panels: [alive, memory, loop] };
}

function ingest() {
  const rate = bars({
    title: 'Calls by arrival',
    about: 'Rows that ClickHouse committed in each step of the graph, by where they came from.',
    sql: `SELECT $__timeInterval(ingested_at) AS time, toString(source) AS source, count() AS calls ${ARRIVED} GROUP BY time, source ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('source'));
  const lag = lines({
    title: 'Ingest lag',
    about:
      'From a call to its row in ClickHouse: the service’s own batching, the collector, the insert. Imports left out.',
    sql: `SELECT time, q[1] AS Median, q[2] AS "95th percentile", q[3] AS "99th percentile"
      FROM (
        SELECT $__timeInterval(ingested_at) AS time, quantilesTDigest(0.5, 0.95, 0.99)(${LAG}) AS q
        ${LIVE} GROUP BY time
      ) ORDER BY time`,
    ...{ width: 12, height: 8, unit: 's' },
  });
  const rejects = bars({
    title: 'Refused requests and unreadable spans, by reason',
    about:
      'What senders were told to keep, repair or forget. A new reason after a release points at the release.',
    sql: `SELECT $__timeInterval(at) AS time, labels['reason'] AS reason, sum(value) AS count
      ${metric('tokenwatch_collector_refused_total', 'tokenwatch_collector_rejected_spans_total')} GROUP BY time, reason ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('reason'));
  const outcomes = bars({
    title: 'Spans by what became of them',
    about: 'As the collector counts them.',
    sql: `SELECT $__timeInterval(at) AS time, labels['outcome'] AS outcome, sum(value) AS spans
      ${metric('tokenwatch_collector_spans_total')} GROUP BY time, outcome ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('outcome'));
  const inserts = lines({
    title: 'Time of an insert',
    about:
      'Into ClickHouse, upper bounds of histogram buckets. Rises with too many parts or a slow disk.',
    sql: `SELECT $__timeInterval(at) AS time, ${quantiles(0.5, 0.95, 0.99)} ${metric('tokenwatch_collector_insert_seconds_bucket')} GROUP BY time ORDER BY time`,
    ...{ width: 12, height: 8, unit: 's' },
  });
  const queue = lines({
    title: 'Rows that wait to be inserted',
    about: 'Full queues answer 503 and senders try again: nothing is lost, but everything is late.',
    sql: `SELECT $__timeInterval(at) AS time, max(value) AS Rows ${metric('tokenwatch_collector_queued_rows')} GROUP BY time ORDER BY time`,
    ...{ width: 12, height: 8 },
  });
  return { title: 'Taking in', panels: [rate, lag, rejects, outcomes, inserts, queue] };
}

function detecting() {
  const ticks = lines({
    title: 'Detector tick',
    about:
      'How long one look at the latest calls takes, upper bounds of histogram buckets. Must stay under the tick’s interval (1 s by default), or findings come late.',
    sql: `SELECT $__timeInterval(at) AS time, ${quantiles(0.5, 0.99)} ${metric('tokenwatch_detector_tick_seconds_bucket')} GROUP BY time ORDER BY time`,
    ...{ width: 12, height: 8, unit: 's' },
  });
  const delay = lines({
    title: 'From call to finding',
    about:
      'First suspicious call to the detector’s decision, by when it decided. Slow detections (hours, days) are late by nature.',
    sql: `SELECT $__timeInterval(detected_at) AS time, quantile(0.5)(${sql.secondsBetween('first_call_at', 'detected_at')}) AS Median,
        quantile(0.9)(${sql.secondsBetween('first_call_at', 'detected_at')}) AS "90th percentile"
      FROM ${TABLES.findings} FINAL WHERE $__timeFilter(detected_at) GROUP BY time ORDER BY time`,
    ...{ width: 12, height: 8, unit: 's' },
  });
  const behind = lines({
    title: 'Detector behind arrivals',
    about:
      'How far behind the arrival of calls the last look ended. A line that climbs: the detector cannot keep up.',
    sql: `SELECT $__timeInterval(at) AS time, toString(instance) AS process, max(value) AS seconds
      ${metric('tokenwatch_detector_lag_seconds')} GROUP BY time, process ORDER BY time`,
    ...{ width: 12, height: 8, unit: 's' },
  }).displayName(seriesName('process'));
  const failures = bars({
    title: 'What failed and was tried again',
    about:
      'Inserts of the collector, looks of the detector, rounds of alerting. Now and then is no harm; a wall is.',
    sql: `SELECT $__timeInterval(at) AS time, toString(name) AS name, sum(value) AS failures
      ${metric('tokenwatch_collector_insert_failures_total', 'tokenwatch_detector_failures_total', 'tokenwatch_alerting_failed_rounds_total')}
      GROUP BY time, name ORDER BY time`,
    ...{ width: 12, height: 8 },
  }).displayName(seriesName('name'));
  return { title: 'Detecting', panels: [ticks, behind, delay, failures] };
}

function telling() {
  const deliveries = bars({
    title: 'Messages by what became of them',
    about: 'By when they were last tried.',
    sql: `SELECT $__timeInterval(updated_at) AS time, countIf(state = 'sent') AS Sent, countIf(state = 'pending') AS Waiting,
        countIf(state = 'refused') AS Refused, countIf(state = 'dead') AS Dead
      FROM ${DELIVERIES} WHERE $__timeFilter(updated_at) GROUP BY time ${sql.FILLED}`,
    ...{ width: 12, height: 8 },
  })
    .overrideByName('Sent', fixedColor('green'))
    .overrideByName('Waiting', fixedColor('orange'))
    .overrideByName('Refused', fixedColor('red'))
    .overrideByName('Dead', fixedColor('dark-red'));
  const took = lines({
    title: 'Time to deliver, by receiver',
    about:
      '95th percentile from the decision to tell until the receiver took it, retries included.',
    sql: `SELECT $__timeInterval(updated_at) AS time, toString(receiver) AS receiver, quantile(0.95)(${sql.secondsBetween('created_at', 'updated_at')}) AS seconds
      FROM ${DELIVERIES} WHERE state = 'sent' AND $__timeFilter(updated_at) GROUP BY time, receiver ORDER BY time`,
    ...{ width: 12, height: 8, unit: 's' },
  }).displayName(seriesName('receiver'));
  const trouble = rows(
    {
      title: 'Messages in trouble',
      about:
        'Dead, refused, or tried more than once and still waiting. The reason is the receiver’s own.',
      ...{ width: 24, height: 8 },
    },
    {
      incident_key: 'incident_id',
      State: 'state',
      Receiver: 'receiver',
      Why: 'reason',
      Attempts: 'attempts',
      Created: 'created_at',
      Updated: 'updated_at',
      Incident: "if(incident_id = '', '(digest)', incident_id)",
      'Last error': 'last_error',
    },
    `FROM ${DELIVERIES} WHERE $__timeFilter(updated_at) AND (state IN ('dead', 'refused') OR (state = 'pending' AND attempts > 1))
     ORDER BY updated_at DESC LIMIT 200`,
    { 'Last error': [{ id: 'custom.inspect', value: true }] },
  );
  return { title: 'Telling', panels: [deliveries, took, trouble] };
}

function storing() {
  return rows(
    {
      title: 'Tables',
      about:
        'Active parts of each. Thousands of parts mean that inserts are too small or merges cannot keep up.',
      ...{ width: 24, height: 9 },
    },
    {
      Table: 'table',
      Rows: 'sum(rows)',
      'On disk': 'sum(bytes_on_disk)',
      'Bytes a row': 'sum(bytes_on_disk) / greatest(sum(rows), 1)',
      Parts: 'count()',
      'Most parts of a partition': 'max(of_partition)',
      'Last write': 'max(modified)',
    },
    `FROM (
       SELECT table, rows, bytes_on_disk, modification_time AS modified, count() OVER (PARTITION BY table, partition) AS of_partition
       FROM system.parts WHERE active AND database = currentDatabase()
     ) GROUP BY table ORDER BY sum(bytes_on_disk) DESC`,
    {
      'On disk': [{ id: 'unit', value: 'bytes' }],
      'Bytes a row': [{ id: 'decimals', value: 1 }],
      'Most parts of a partition': [
        {
          id: 'thresholds',
          value: { mode: 'absolute', steps: steps([100, 'orange'], [300, 'red']).build().steps },
        },
        { id: 'custom.cellOptions', value: { type: 'color-text' } },
      ],
    },
  );
}

/** Is tokenwatch itself well? */
export function pipelineHealth(options: BuildOptions): Dashboard {
  return dashboard(
    {
      uid: UIDS.pipelineHealth,
      title: 'tokenwatch · Pipeline health',
      about: 'Is tokenwatch itself well? From telemetry in to messages out.',
      ...{ from: 'now-6h', refresh: '30s' },
      variables: [],
      sections: [
        now(),
        stages(),
        ingest(),
        detecting(),
        telling(),
        { title: 'Storing', panels: [storing()] },
      ],
    },
    options,
  );
}
