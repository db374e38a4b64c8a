-- What services answered, by minute, calls without a token included: what dashboards draw for an environment.
CREATE TABLE IF NOT EXISTS {database}.activity_minute
(
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String),
    service LowCardinality(String),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 401 or 403' CODEC(T64, ZSTD(1)),
    failed SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 5xx or 429' CODEC(T64, ZSTD(1)),
    written_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, environment, service, client_id)
TTL written_at + INTERVAL 100 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.activity_minute_view TO {database}.activity_minute AS
SELECT
    toStartOfMinute(time) AS minute,
    environment,
    service,
    client_id,
    count() AS calls,
    countIf(status IN (401, 403)) AS denied,
    countIf(status >= 500 OR status = 429) AS failed,
    now() AS written_at
FROM {database}.calls
GROUP BY minute, environment, service, client_id;

-- Which endpoints are there, and how they answer whom.
CREATE TABLE IF NOT EXISTS {database}.endpoint_hour
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String),
    service LowCardinality(String),
    method LowCardinality(String),
    route LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    anonymous SimpleAggregateFunction(sum, UInt64) COMMENT 'answered below 400 without a token or against a rejected one' CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, environment, service, method, route);

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.endpoint_hour_view TO {database}.endpoint_hour AS
SELECT
    toStartOfHour(time) AS hour,
    environment,
    service,
    method,
    route,
    count() AS calls,
    countIf(status IN (401, 403)) AS denied,
    countIf(status >= 500 OR status = 429) AS failed,
    countIf(status < 400 AND auth_result IN ('none', 'rejected')) AS anonymous,
    min(time) AS first_seen,
    max(time) AS last_seen
FROM {database}.calls
WHERE route != ''
GROUP BY hour, environment, service, method, route;
