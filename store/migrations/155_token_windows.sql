-- Looks ask for the last minutes of a few thousand tokens. In token_minute, sorted by minute, they lie among
-- those of everybody; here an hour of a token is one row, and few rows are read.
CREATE TABLE IF NOT EXISTS {database}.token_window
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    minutes SimpleAggregateFunction(sumMap, Map(UInt8, UInt64)) COMMENT 'calls by minute of the hour; refused ones by minute + 64, not found + 128, failed + 192' CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMMDD(hour)
ORDER BY (hour, token_hash, client_id)
TTL hour + INTERVAL 8 DAY
SETTINGS index_granularity = 512, ttl_only_drop_parts = 1;

-- What looks at the present need, an hour at a time, the latest first; only once, should the migration be repeated.
INSERT INTO {database}.token_window
SELECT
    toStartOfHour(minute) AS hour,
    token_hash,
    client_id,
    if(
        denied + not_found + failed = 0,
        map(toUInt8(toMinute(minute)), calls),
        mapFilter((k, v) -> v > 0, map(
            toUInt8(toMinute(minute)), calls,
            toUInt8(toMinute(minute) + 64), denied,
            toUInt8(toMinute(minute) + 128), not_found,
            toUInt8(toMinute(minute) + 192), failed
        ))
    ) AS minutes
FROM {database}.token_minute
WHERE minute >= toStartOfHour(now()) AND (SELECT count() FROM {database}.token_window) = 0;

INSERT INTO {database}.token_window
SELECT
    toStartOfHour(minute) AS hour,
    token_hash,
    client_id,
    if(
        denied + not_found + failed = 0,
        map(toUInt8(toMinute(minute)), calls),
        mapFilter((k, v) -> v > 0, map(
            toUInt8(toMinute(minute)), calls,
            toUInt8(toMinute(minute) + 64), denied,
            toUInt8(toMinute(minute) + 128), not_found,
            toUInt8(toMinute(minute) + 192), failed
        ))
    ) AS minutes
FROM {database}.token_minute
WHERE minute >= toStartOfHour(now()) - INTERVAL 1 HOUR AND minute < toStartOfHour(now()) - INTERVAL 0 HOUR
    AND (SELECT count() FROM {database}.token_window WHERE hour = toStartOfHour(now()) - INTERVAL 1 HOUR) = 0;

INSERT INTO {database}.token_window
SELECT
    toStartOfHour(minute) AS hour,
    token_hash,
    client_id,
    if(
        denied + not_found + failed = 0,
        map(toUInt8(toMinute(minute)), calls),
        mapFilter((k, v) -> v > 0, map(
            toUInt8(toMinute(minute)), calls,
            toUInt8(toMinute(minute) + 64), denied,
            toUInt8(toMinute(minute) + 128), not_found,
            toUInt8(toMinute(minute) + 192), failed
        ))
    ) AS minutes
FROM {database}.token_minute
WHERE minute >= toStartOfHour(now()) - INTERVAL 2 HOUR AND minute < toStartOfHour(now()) - INTERVAL 1 HOUR
    AND (SELECT count() FROM {database}.token_window WHERE hour = toStartOfHour(now()) - INTERVAL 2 HOUR) = 0;

-- An imported history is looked at by nobody, and would be a part for every day.
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_window_view TO {database}.token_window AS
SELECT
    toStartOfHour(minute) AS hour,
    token_hash,
    client_id,
    if(
        denied + not_found + failed = 0,
        map(toUInt8(toMinute(minute)), calls),
        mapFilter((k, v) -> v > 0, map(
            toUInt8(toMinute(minute)), calls,
            toUInt8(toMinute(minute) + 64), denied,
            toUInt8(toMinute(minute) + 128), not_found,
            toUInt8(toMinute(minute) + 192), failed
        ))
    ) AS minutes
FROM {database}.token_minute
WHERE minute >= now() - INTERVAL 7 DAY AND minute < now() + INTERVAL 7 DAY;

-- A client's day is asked for beside each of its minutes.
CREATE TABLE IF NOT EXISTS {database}.client_hour
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    not_found SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, client_id);

INSERT INTO {database}.client_hour
SELECT toStartOfHour(m.minute) AS hour, client_id, sum(m.calls), sum(m.denied), sum(m.not_found), sum(m.failed)
FROM {database}.client_minute AS m
WHERE (SELECT count() FROM {database}.client_hour) = 0
GROUP BY hour, client_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.client_hour_view TO {database}.client_hour AS
SELECT toStartOfHour(minute) AS hour, client_id, calls, denied, not_found, failed
FROM {database}.client_minute;
