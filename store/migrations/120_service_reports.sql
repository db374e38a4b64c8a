-- What services report, in slots of five minutes: how many calls, and of how many of them what is known.
-- It is judged whether reports go on as usual, so what was imported does not count; nor is it filled from
-- older calls.
CREATE TABLE IF NOT EXISTS {database}.service_reports
(
    slot DateTime('UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String),
    service LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    with_token SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    with_address SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    with_scope SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    with_route SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    with_user_agent SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(slot)
ORDER BY (slot, environment, service)
TTL slot + INTERVAL 60 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.service_reports_view TO {database}.service_reports AS
SELECT
    toStartOfFiveMinutes(time) AS slot,
    environment,
    service,
    count() AS calls,
    countIf(token_hash != toFixedString('', 32)) AS with_token,
    countIf(ip_hash != toFixedString('', 16)) AS with_address,
    countIf(scope != '') AS with_scope,
    countIf(route != '') AS with_route,
    countIf(user_agent != '') AS with_user_agent
FROM {database}.calls
WHERE source != 'import'
GROUP BY slot, environment, service;
