import {
  NotificationSettingsBuilder,
  QueryBuilder,
  RuleBuilder,
  RuleGroupBuilder,
} from '@grafana/grafana-foundation-sdk/alerting';
import type { RuleGroup } from '@grafana/grafana-foundation-sdk/alerting';
import { TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr';
import { TABLES } from '../../store/tables.ts';
import { table } from '../shared/clickhouse-query.ts';
import { DATASOURCE, FOLDER, UIDS } from '../shared/names.ts';

/**
 * One thing that can be wrong with tokenwatch itself. The query has no macro and no variable: Grafana
 * evaluates it on its own, and a `$` in a provisioned file would be taken for the environment's. It
 * answers rows of any text columns (they become labels) and one number.
 */
export interface HealthRule {
  /** Part of the rule's uid. */
  id: string;
  title: string;
  /** What it means and what to do, for whoever is woken. */
  summary: string;
  action: string;
  severity: 'critical' | 'warning';
  sql: string;
  /** Fires above this for as long as `after`. */
  above: number;
  after: string;
  /** What no answer means: all is well, or nothing works. */
  silence: 'OK' | 'Alerting';
}

const GROUP = 'tokenwatch pipeline health';
/** The contact point that the rules send to. */
export const CONTACT_POINT = 'tokenwatch operators';
const EVERY_SECONDS = 60;

export const HEALTH_RULES: readonly HealthRule[] = [
  {
    id: 'stage-silent',
    title: 'A stage of tokenwatch is silent',
    summary: 'Stage {{ .Labels.stage }} has given no sign of life for over two minutes.',
    action:
      'Look at the process and its log; start it again. Nothing is lost: senders and outbox try again.',
    ...{ severity: 'critical', above: 120, after: '1m', silence: 'Alerting' },
    sql: `SELECT labels['stage'] AS stage, toFloat64(dateDiff('second', max(at), now())) AS seconds
      FROM ${TABLES.stageMetrics} WHERE name = 'tokenwatch_stage_up' AND at >= now() - INTERVAL 1 DAY GROUP BY stage`,
  },
  {
    id: 'no-calls',
    title: 'No calls arrive',
    summary: 'No API call has reached ClickHouse for over 15 minutes.',
    action:
      'See whether services can reach the collector (its log, requests refused) and the collector ClickHouse.',
    ...{ severity: 'critical', above: 900, after: '5m', silence: 'Alerting' },
    sql: `SELECT toFloat64(dateDiff('second', max(ingested_at), now64(3))) AS seconds
      FROM ${TABLES.calls} WHERE ingested_at >= now() - INTERVAL 30 DAY`,
  },
  {
    id: 'ingest-lag',
    title: 'Calls arrive late',
    summary: 'A call takes over a minute (95th percentile) from the service to ClickHouse.',
    action:
      'Findings are as late as that. See the collector’s queue, the time of inserts and the clocks of services.',
    ...{ severity: 'warning', above: 60, after: '5m', silence: 'OK' },
    sql: `SELECT ifNotFinite(quantile(0.95)(dateDiff('millisecond', time, ingested_at) / 1000), 0) AS seconds
      FROM ${TABLES.calls} WHERE ingested_at >= now() - INTERVAL 5 MINUTE AND source != 'import'`,
  },
  {
    id: 'refused',
    title: 'The collector refuses telemetry',
    summary: 'Over 100 requests or spans in five minutes were refused: {{ .Labels.reason }}.',
    action:
      'Calls of those senders are not watched. The reason says what to repair: keys, sizes, encodings.',
    ...{ severity: 'warning', above: 100, after: '5m', silence: 'OK' },
    sql: `SELECT labels['reason'] AS reason, sum(value) AS refused FROM ${TABLES.stageMetrics}
      WHERE name IN ('tokenwatch_collector_refused_total', 'tokenwatch_collector_rejected_spans_total')
        AND at >= now() - INTERVAL 5 MINUTE GROUP BY reason`,
  },
  {
    id: 'insert-failures',
    title: 'Inserts into ClickHouse fail',
    summary: 'The collector could not write to ClickHouse in the last five minutes.',
    action:
      'See ClickHouse’s log, its disk and its memory. The collector tries again and senders hold their data.',
    ...{ severity: 'critical', above: 0, after: '2m', silence: 'OK' },
    sql: `SELECT sum(value) AS failures FROM ${TABLES.stageMetrics}
      WHERE name = 'tokenwatch_collector_insert_failures_total' AND at >= now() - INTERVAL 5 MINUTE`,
  },
  {
    id: 'slow-detector',
    title: 'The detector is slow',
    summary: 'A look at the latest calls takes over five seconds (95th percentile).',
    action:
      'Findings come late. Give ClickHouse or the detector more, or split the tokens over several detectors.',
    ...{ severity: 'warning', above: 5, after: '10m', silence: 'OK' },
    sql: `SELECT if(sum(value) = 0, 0, quantileExactWeighted(0.95)(toFloat64OrZero(replaceOne(labels['le'], '+Inf', '1e9')), toUInt64(value))) AS seconds
      FROM ${TABLES.stageMetrics} WHERE name = 'tokenwatch_detector_tick_seconds_bucket' AND at >= now() - INTERVAL 10 MINUTE`,
  },
  {
    id: 'detector-behind',
    title: 'The detector is behind',
    summary: 'The detector looks at calls over two minutes after they arrived.',
    action:
      'Findings come as late as that. See its log for failures; give it or ClickHouse more, or split the tokens.',
    ...{ severity: 'critical', above: 120, after: '5m', silence: 'OK' },
    sql: `SELECT toString(instance) AS process, argMax(value, at) AS seconds FROM ${TABLES.stageMetrics}
      WHERE name = 'tokenwatch_detector_lag_seconds' AND at >= now() - INTERVAL 5 MINUTE GROUP BY process`,
  },
  {
    id: 'dead-letters',
    title: 'A message was given up',
    summary:
      'Messages to {{ .Labels.receiver }} were given up in the last quarter of an hour: nobody got them.',
    action:
      'Open the deliveries in the console: the last error says why. Tell people by other means.',
    ...{ severity: 'critical', above: 0, after: '0s', silence: 'OK' },
    sql: `SELECT toString(receiver) AS receiver, toFloat64(count()) AS messages FROM ${TABLES.deliveries} FINAL
      WHERE state = 'dead' AND updated_at >= now() - INTERVAL 15 MINUTE GROUP BY receiver`,
  },
  {
    id: 'stuck-messages',
    title: 'Messages wait too long',
    summary: 'A message to {{ .Labels.receiver }} has been waiting for over ten minutes.',
    action: 'The receiver refuses or does not answer. See the deliveries in the console.',
    ...{ severity: 'warning', above: 600, after: '2m', silence: 'OK' },
    sql: `SELECT toString(receiver) AS receiver, toFloat64(dateDiff('second', min(created_at), now64(3))) AS seconds
      FROM ${TABLES.deliveries} FINAL WHERE state = 'pending' AND created_at >= now() - INTERVAL 3 DAY GROUP BY receiver`,
  },
  {
    id: 'nobody-told',
    title: 'An incident that nobody was told of',
    summary:
      'High or critical incidents are open for over ten minutes and no message about them has gone out.',
    action:
      'Is alerting running, does a route match, does a silence hide them? See the queue in the console.',
    ...{ severity: 'critical', above: 0, after: '2m', silence: 'OK' },
    sql: `SELECT toFloat64(count()) AS incidents FROM ${TABLES.incidents} FINAL
      WHERE status = 'open' AND severity IN ('high', 'critical') AND campaign = '' AND alerted_at <= toDateTime64(0, 3, 'UTC')
        AND opened_at < now() - INTERVAL 10 MINUTE AND opened_at >= now() - INTERVAL 1 DAY`,
  },
  {
    id: 'too-many-parts',
    title: 'ClickHouse has too many parts',
    summary: 'A partition of {{ .Labels.table }} has over 300 parts.',
    action:
      'Merges cannot keep up: inserts are too small or the disk too slow. Inserts will be refused later.',
    ...{ severity: 'warning', above: 300, after: '15m', silence: 'OK' },
    sql: `SELECT table, toFloat64(max(n)) AS parts
      FROM (SELECT table, partition, count() AS n FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table, partition)
      GROUP BY table`,
  },
];

function ruleOf(rule: HealthRule): RuleBuilder {
  const threshold = new TypeThresholdBuilder()
    .datasource({ type: '__expr__', uid: '__expr__' })
    .expression('A')
    .conditions([{ evaluator: { type: 'gt', params: [rule.above] } }])
    .refId('B');
  return new RuleBuilder(rule.title)
    .uid(`tokenwatch-${rule.id}`)
    .folderUID(FOLDER.uid)
    .ruleGroup(GROUP)
    .orgID(1)
    .condition('B')
    .withQuery(
      new QueryBuilder('A')
        .datasourceUid(DATASOURCE.uid)
        .relativeTimeRange({ from: 3600, to: 0 })
        .model(table(rule.sql).refId('A')),
    )
    .withQuery(
      new QueryBuilder('B')
        .datasourceUid('__expr__')
        .relativeTimeRange({ from: 3600, to: 0 })
        .model(threshold),
    )
    .forDuration(rule.after)
    .noDataState(rule.silence)
    .execErrState('Alerting')
    .notificationSettings(
      // On the rule itself: nothing of the organisation's own notification policy is touched.
      new NotificationSettingsBuilder()
        .receiver(CONTACT_POINT)
        .groupBy(['grafana_folder', 'alertname'])
        .groupWait('30s')
        .groupInterval('5m')
        .repeatInterval('4h'),
    )
    .labels({ source: 'tokenwatch', severity: rule.severity })
    .annotations({
      summary: rule.summary,
      description: rule.action,
      dashboard: `/d/${UIDS.pipelineHealth}`,
    });
}

/** The rules as Grafana's API and provisioning know them. */
export function ruleGroup(): RuleGroup {
  const group = new RuleGroupBuilder(GROUP).folderUid(FOLDER.uid).interval(EVERY_SECONDS);
  for (const rule of HEALTH_RULES) group.withRule(ruleOf(rule));
  return group.build();
}
