-- Rollups of calls, kept by materialized views. Time comes first in the sort keys that ticks read,
-- so that "the last hour of all tokens" is one range. Calls without a token are in none of them.
-- Nothing expires by event time: an imported history must not vanish because it is old.
CREATE TABLE IF NOT EXISTS {database}.token_minute
(
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 401 or 403' CODEC(T64, ZSTD(1)),
    not_found SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 404' CODEC(T64, ZSTD(1)),
    failed SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 5xx or 429' CODEC(T64, ZSTD(1)),
    written_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, token_hash, client_id)
TTL written_at + INTERVAL 100 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_minute_view TO {database}.token_minute AS
SELECT
    toStartOfMinute(time) AS minute,
    token_hash,
    client_id,
    count() AS calls,
    countIf(status IN (401, 403)) AS denied,
    countIf(status = 404) AS not_found,
    countIf(status >= 500 OR status = 429) AS failed,
    now() AS written_at
FROM {database}.calls
WHERE token_hash != toFixedString('', 32)
GROUP BY minute, token_hash, client_id;

CREATE TABLE IF NOT EXISTS {database}.token_hour
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    not_found SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, token_hash, client_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_hour_view TO {database}.token_hour AS
SELECT
    toStartOfHour(minute) AS hour,
    token_hash,
    client_id,
    sum(calls) AS calls,
    sum(denied) AS denied,
    sum(not_found) AS not_found,
    sum(failed) AS failed
FROM {database}.token_minute
GROUP BY hour, token_hash, client_id;

CREATE TABLE IF NOT EXISTS {database}.client_minute
(
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    not_found SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    written_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, client_id)
TTL written_at + INTERVAL 100 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.client_minute_view TO {database}.client_minute AS
SELECT
    minute,
    client_id,
    sum(calls) AS calls,
    sum(denied) AS denied,
    sum(not_found) AS not_found,
    sum(failed) AS failed,
    max(written_at) AS written_at
FROM {database}.token_minute
GROUP BY minute, client_id;

-- What each token did, by hour: one row a token, dimension, value and hour. The dimension `any` has
-- the value `*`: its rows count active hours.
CREATE TABLE IF NOT EXISTS {database}.token_values
(
    token_hash FixedString(32) CODEC(ZSTD(1)),
    dimension Enum8('any' = 0, 'scope' = 1, 'route' = 2, 'country' = 3, 'asn' = 4, 'network_kind' = 5, 'environment' = 6, 'user_agent' = 7),
    value String CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (token_hash, dimension, value, hour, client_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_values_view TO {database}.token_values AS
SELECT
    token_hash,
    dimension,
    value,
    toStartOfHour(time) AS hour,
    client_id,
    count() AS calls,
    min(time) AS first_seen,
    max(time) AS last_seen
FROM {database}.calls
ARRAY JOIN
    ['any', 'scope', 'route', 'country', 'asn', 'network_kind', 'environment', 'user_agent'] AS dimension,
    [
        '*',
        toString(scope),
        if(route = '', '', concat(method, ' ', route)),
        toString(country),
        if(asn = 0, '', toString(asn)),
        if(network_kind IN ('unknown', 'private'), '', toString(network_kind)),
        toString(environment),
        toString(user_agent)
    ] AS value
WHERE token_hash != toFixedString('', 32) AND value != ''
GROUP BY token_hash, dimension, value, hour, client_id;

-- The same without hours, by token: is this value known of this token?
CREATE TABLE IF NOT EXISTS {database}.token_seen
(
    token_hash FixedString(32) CODEC(ZSTD(1)),
    dimension Enum8('any' = 0, 'scope' = 1, 'route' = 2, 'country' = 3, 'asn' = 4, 'network_kind' = 5, 'environment' = 6, 'user_agent' = 7),
    value String CODEC(ZSTD(1)),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (token_hash, dimension, value);

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_seen_view TO {database}.token_seen AS
SELECT
    token_hash,
    dimension,
    value,
    sum(calls) AS calls,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
FROM {database}.token_values
GROUP BY token_hash, dimension, value;

-- And by client: which of its tokens know a value, and since when?
CREATE TABLE IF NOT EXISTS {database}.client_values
(
    client_id LowCardinality(String),
    dimension Enum8('any' = 0, 'scope' = 1, 'route' = 2, 'country' = 3, 'asn' = 4, 'network_kind' = 5, 'environment' = 6, 'user_agent' = 7),
    value String CODEC(ZSTD(1)),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (client_id, dimension, value, token_hash);

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.client_values_view TO {database}.client_values AS
SELECT
    client_id,
    dimension,
    value,
    token_hash,
    sum(calls) AS calls,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
FROM {database}.token_values
GROUP BY client_id, dimension, value, token_hash;

-- Shares among all tokens, by day.
CREATE TABLE IF NOT EXISTS {database}.global_values
(
    dimension Enum8('any' = 0, 'scope' = 1, 'route' = 2, 'country' = 3, 'asn' = 4, 'network_kind' = 5, 'environment' = 6, 'user_agent' = 7),
    value String CODEC(ZSTD(1)),
    day Date,
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (dimension, value, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.global_values_view TO {database}.global_values AS
SELECT
    dimension,
    value,
    toDate(hour) AS day,
    sum(calls) AS calls
FROM {database}.token_values
GROUP BY dimension, value, day;

-- Every token that was ever seen, with the latest that is known of it.
CREATE TABLE IF NOT EXISTS {database}.token_inventory
(
    token_hash FixedString(32),
    client_id AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
    token_id AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
    token_environment AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
    granted_scopes AggregateFunction(argMax, Array(String), DateTime64(3, 'UTC')),
    issued_at SimpleAggregateFunction(max, DateTime('UTC')),
    expires_at SimpleAggregateFunction(max, DateTime('UTC')),
    calls SimpleAggregateFunction(sum, UInt64),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY token_hash;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_inventory_view TO {database}.token_inventory AS
SELECT
    token_hash,
    argMaxState(toString(c.client_id), c.time) AS client_id,
    argMaxState(toString(c.token_id), if(c.token_id = '', toDateTime64(0, 3, 'UTC'), c.time)) AS token_id,
    argMaxState(toString(c.token_environment), if(c.token_environment = '', toDateTime64(0, 3, 'UTC'), c.time)) AS token_environment,
    argMaxState(CAST(c.granted_scopes AS Array(String)), if(empty(c.granted_scopes), toDateTime64(0, 3, 'UTC'), c.time)) AS granted_scopes,
    max(c.token_issued_at) AS issued_at,
    max(c.token_expires_at) AS expires_at,
    count() AS calls,
    min(c.time) AS first_seen,
    max(c.time) AS last_seen
FROM {database}.calls AS c
WHERE token_hash != toFixedString('', 32)
GROUP BY token_hash;

-- The inventory as people read it.
CREATE VIEW IF NOT EXISTS {database}.tokens AS
SELECT
    token_hash,
    argMaxMerge(i.client_id) AS client_id,
    argMaxMerge(i.token_id) AS token_id,
    argMaxMerge(i.token_environment) AS token_environment,
    argMaxMerge(i.granted_scopes) AS granted_scopes,
    max(i.issued_at) AS issued_at,
    max(i.expires_at) AS expires_at,
    sum(i.calls) AS calls,
    min(i.first_seen) AS first_seen,
    max(i.last_seen) AS last_seen
FROM {database}.token_inventory AS i
GROUP BY token_hash;
