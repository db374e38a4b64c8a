import type { Db } from '../../store/db.ts';

/** How much, and until when; the same seed and time give the same rows. */
export interface DataOptions {
  calls: number;
  days: number;
  /** Epoch seconds of the last call. */
  until: number;
  seed: number;
}

/** Calls of one insert. */
const CHUNK = 100_000;

/** A number of 64 bits for row `n` and purpose `salt`. */
const dice = (salt: string, n = 'n'): string => `cityHash64(${n}, '${salt}', {seed:UInt32})`;
const pick = (list: string, salt: string, n = 'n'): string =>
  `${list}[1 + ${dice(salt, n)} % length(${list})]`;
const SCOPES = "['accounts:read', 'payments:read', 'payments:write', 'reports:read']";
const HASH = "SHA256(concat('token-', toString(t)))";
const CLIENT = "concat('client-', toString(t % 12))";
const UNTIL = "toDateTime64({until:UInt32}, 3, 'UTC')";
const ZERO32 = "toFixedString('', 32)";

/** Two hundred tokens of twelve clients; every fortieth call has none. */
const CALLS = `
  INSERT INTO {database}.calls
    (time, ingested_at, trace_id, span_id, token_hash, token_id, client_id, service, environment, token_environment,
     token_issued_at, token_expires_at, granted_scopes, scope, method, route, status, auth_result, country, asn,
     network_kind, user_agent, request_fields, source)
  SELECT
    ${UNTIL} - toIntervalMillisecond(${dice('time')} % ({days:UInt32} * 86400000)) AS at,
    at + toIntervalMillisecond(100 + ${dice('lag')} % 3000),
    toFixedString(substring(SHA256(toString(n)), 1, 16), 16), toFixedString(substring(SHA256(toString(n)), 17, 8), 8),
    if(n % 40 = 0, ${ZERO32}, ${HASH}), if(n % 40 = 0, '', concat('tok_', toString(t))),
    if(n % 40 = 0, '', if(t = 7 AND n % 3 = 0, 'client-9', ${CLIENT})),
    ${pick("['accounts', 'payments', 'reports']", 'service')},
    if(t % 5 = 0 OR ${dice('staging')} % 50 = 0, 'staging', 'production'), if(t % 5 = 0, 'staging', 'production'),
    if(t % 17 = 0, toDateTime(0), toDateTime({until:UInt32} - (1 + t) * 86400)),
    multiIf(t % 17 = 0, toDateTime(0), t % 20 = 3, toDateTime({until:UInt32} + 100000), t % 20 = 4, toDateTime({until:UInt32} - 90000),
      toDateTime({until:UInt32} + t * 86400)),
    if(t % 17 = 0, [], ${SCOPES}), arrayElement(${SCOPES}, 1 + ${dice('scope')} % (1 + t % 4)),
    ${pick("['GET', 'GET', 'POST']", 'method')},
    if(n % 5000 = 11, '/v1/internal/debug', ${pick("['/v1/accounts', '/v2/accounts', '/v1/payments/:id', '/v1/reports', '/v1/accounts/:id']", 'route')}),
    ${pick('[200, 200, 200, 200, 200, 200, 200, 200, 201, 401, 403, 404, 429, 503]', 'status')} AS answer,
    multiIf(n % 40 = 0, 'none', answer = 401, 'rejected', 'accepted'),
    if(n % 700 = 5 AND at > ${UNTIL} - toIntervalHour(12), 'JP', if(${dice('abroad')} % 60 = 0, ${pick("['SG', 'BR', 'ZA', '']", 'elsewhere')}, ['DE', 'FR', 'GB', 'US', 'NL'][1 + t % 5])),
    1000 + t % 7 + if(${dice('network')} % 80 = 0, 50, 0), ${pick("['hosting', 'residential', 'mobile', 'unknown']", 'kind')},
    concat('sdk/', toString(${dice('agent')} % 4), '.', toString(t % 3)),
    if(n % 3 = 0, arrayConcat(['amount', 'currency'], if(n % 3000 = 0, ['is_admin'], [])), []),
    if(n % 97 = 0, 'log', 'otlp')
  FROM (SELECT number AS n, ${dice('token', 'number')} % 200 AS t FROM numbers({first:UInt64}, {count:UInt64}))`;

const DETECTIONS =
  "['geography.impossible-travel', 'volume.surge', 'scope.first-use', 'inventory.undocumented-route', 'geography.new-country']";

const FINDINGS = `
  INSERT INTO {database}.findings
    (id, detected_at, detection, family, title, severity, score, bits, entity, name, token_hash, client_id, service, environment,
     window_start, window_end, first_call_at, calls, explanation, evidence)
  SELECT concat('f', toString(n)), ${UNTIL} - toIntervalSecond(30 + n * 700) AS at, ${DETECTIONS}[1 + n % 5] AS detection,
    splitByChar('.', detection)[1], detection, ${pick("['low', 'medium', 'high', 'critical']", 'severity')}, 20 + n % 80, 12 + n % 30,
    if(n % 5 = 3, 'endpoint', 'token'), if(n % 5 = 3, 'accounts GET /v1/internal/debug', ''), ${HASH}, ${CLIENT}, 'accounts', if(t % 5 = 0, 'staging', 'production'), at - 300, at, at - toIntervalMillisecond(2000 + n * 100), 40,
    'seen 40; usual 3 to 22',
    if(n % 5 = 3, '{"seen":1,"value":"GET /v1/internal/debug"}', concat('{"seen":3,"value":"DE-SG","facts":{"from":"', ['DE', 'FR', 'US'][1 + n % 3], '","to":"SG"}}'))
  FROM (SELECT number AS n, number % 30 AS t FROM numbers(150))`;

const DOCUMENTED = `
  INSERT INTO {database}.documented_endpoints (service, method, route, common, deprecated, version)
  SELECT 'accounts', 'GET', concat('/', v, '/accounts/{id}'), concat('/', v, '/accounts/{}'), v = 'v1', {until:UInt32} * 1000
  FROM (SELECT arrayJoin(['v1', 'v2']) AS v)`;

const INCIDENTS = `
  INSERT INTO {database}.incidents
    (id, version, status, severity, score, bits, entity, entity_key, token_hash, client_id, title, explanation, detections, services,
     environments, findings, opened_at, updated_at, first_call_at, closed_at, assignee, response, members, found_at, alerted_at, contained_at)
  SELECT concat('i', toString(n)), 3, ['open', 'acknowledged', 'resolved', 'false_positive'][1 + intDiv(n, 2) % 4] AS state,
    ['critical', 'high', 'medium', 'low'][1 + n % 4], 20 + n, 30, 'token', concat('token:', lower(hex(${HASH}))), ${HASH}, ${CLIENT},
    'Far more calls than usual', 'seen 40; usual 3 to 22', [${DETECTIONS}[1 + n % 5]], ['accounts'], [if(t % 5 = 0, 'staging', 'production')], 2,
    ${UNTIL} - toIntervalSecond(900 + n * 1500) AS opened, opened + 60, opened - 40,
    if(n % 8 < 4, toDateTime64(0, 3), opened + 900), '', if(n % 3 = 0, 'confirmed', 'none'), 0, opened - 5,
    opened + 1, if(n % 3 = 0, opened + 200, toDateTime64(0, 3))
  FROM (SELECT number AS n, number % 30 AS t FROM numbers(60))`;

const EVENTS = `
  INSERT INTO {database}.incident_events (incident_id, id, at, kind, actor, data)
  SELECT id, concat(id, ':', kind), opened_at, kind, 'program:alerting', '{}'
  FROM {database}.incidents FINAL ARRAY JOIN ['opened', 'finding_added', 'notified'] AS kind`;

const DELIVERIES = `
  INSERT INTO {database}.deliveries
    (id, version, incident_id, receiver, notifier, reason, state, attempts, created_at, updated_at, next_attempt_at, last_error, payload)
  SELECT concat('d', toString(n)), 2, concat('i', toString(n % 60)), ['soc-slack', 'mail', 'webhook'][1 + n % 3], 'slack', 'first',
    if(n % 12 < 9, 'sent', ['pending', 'refused', 'dead'][1 + n % 3]), 1 + n % 4, ${UNTIL} - toIntervalSecond(60 + n * 60) AS created,
    created + toIntervalMillisecond(300 + n * 10), created, if(n % 12 < 9, '', 'HTTP 503'), '{}'
  FROM (SELECT number AS n FROM numbers(240))`;

const DETECTION_CATALOGUE = `
  INSERT INTO {database}.detections (id, title, family, severity, owasp, attack, runbook, blind_spots, parameters)
  SELECT id, id, splitByChar('.', id)[1], 'high', [], [], '', [], '{}' FROM (SELECT arrayJoin(${DETECTIONS}) AS id)`;

/** What the detector writes: a band around what really happened, for tokens and clients. */
const profile = (entity: string, key: string, by: string): string => `
  INSERT INTO {database}.volume_profile (hour, entity, entity_key, client_id, expected, low, high)
  SELECT hour, '${entity}', ${key} AS entity_key, any(client_id), sum(calls) * 0.9 AS mid, mid * 0.4, mid * 2 + 5
  FROM {database}.token_hour GROUP BY hour, ${by}`;

const SURPRISES = `
  INSERT INTO {database}.surprises (entity, entity_key, hour, dimension, value, client_id, time, bits, stratum, excess, millibits)
  SELECT 'token', ${HASH}, toStartOfHour(${UNTIL}) - toIntervalHour(intDiv(n, 30)), ['volume', 'country', 'scope'][1 + n % 3], 'DE', ${CLIENT},
    ${UNTIL} - toIntervalHour(intDiv(n, 30)), 4 + n % 25, 0, 0, 4000
  FROM (SELECT number AS n, number % 30 AS t FROM numbers(3000))`;

/** Four stages that report every 15 s for six hours. */
const METRICS = `
  INSERT INTO {database}.stage_metrics (at, name, instance, labels, value)
  SELECT toDateTime({until:UInt32}) - 15 * tick AS at, m.1 AS name, m.2 AS instance, m.3 AS labels, m.4 + tick % 3 AS value
  FROM (SELECT number AS tick FROM numbers(1440))
  ARRAY JOIN [
    ('tokenwatch_stage_up', 'collector', map('stage', 'collector'), 1.), ('tokenwatch_stage_up', 'detector', map('stage', 'detector'), 1.),
    ('tokenwatch_stage_up', 'alerting', map('stage', 'alerting'), 1.), ('tokenwatch_stage_up', 'console', map('stage', 'console'), 1.),
    ('process_resident_memory_bytes', 'collector', map(), 2e8), ('nodejs_eventloop_lag_p99_seconds', 'collector', map(), 0.01),
    ('tokenwatch_collector_spans_total', 'collector', map('outcome', 'kept'), 4000.),
    ('tokenwatch_collector_refused_total', 'collector', map('reason', 'too_large', 'sender', 'a'), 1.),
    ('tokenwatch_collector_rejected_spans_total', 'collector', map('reason', 'no_time', 'sender', 'a'), 2.),
    ('tokenwatch_collector_insert_seconds_bucket', 'collector', map('le', '0.05'), 40.),
    ('tokenwatch_collector_insert_seconds_bucket', 'collector', map('le', '+Inf'), 1.),
    ('tokenwatch_collector_insert_failures_total', 'collector', map(), 1.),
    ('tokenwatch_collector_queued_rows', 'collector', map(), 300.),
    ('tokenwatch_detector_lag_seconds', 'detector', map(), 1.),
    ('tokenwatch_detector_tick_seconds_bucket', 'detector', map('le', '0.1'), 14.),
    ('tokenwatch_detector_tick_seconds_bucket', 'detector', map('le', '1'), 1.)
  ] AS m`;

/** Fills every table that a dashboard reads; the rollups fill themselves. */
export async function writeDashboardData(db: Db, options: DataOptions): Promise<void> {
  const run = async (statement: string, more: object = {}): Promise<void> =>
    db.command(
      statement.replaceAll('{database}', db.database),
      { ...options, ...more },
      { max_partitions_per_insert_block: '1000' },
    );
  for (let first = 0; first < options.calls; first += CHUNK) {
    await run(CALLS, { first, count: Math.min(CHUNK, options.calls - first) });
  }
  const statements = [
    ...[FINDINGS, DOCUMENTED, INCIDENTS, EVENTS, DELIVERIES, DETECTION_CATALOGUE],
    profile('token', 'token_hash', 'token_hash'),
    profile('client', 'SHA256(toString(client_id))', 'client_id'),
    ...[SURPRISES, METRICS],
  ];
  for (const statement of statements) await run(statement);
}

/** The id of the token that the pages of one token are tried on, lower-case hex; it has incidents. */
export async function exampleToken(db: Db): Promise<string> {
  const [row] = await db.query<{ hash: string }>(`SELECT lower(hex(SHA256('token-3'))) AS hash`);
  return row?.hash ?? '';
}
