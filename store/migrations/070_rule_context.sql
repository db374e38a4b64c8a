-- What rules of one's own ask of the past. Rows that say nothing are left out before anything is grouped.
-- Which objects a token touched, and since when.
CREATE TABLE IF NOT EXISTS {database}.token_objects
(
    token_hash FixedString(32) CODEC(ZSTD(1)),
    object_hash FixedString(16) CODEC(ZSTD(1)),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    written_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (token_hash, object_hash)
TTL written_at + INTERVAL 180 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_objects_view TO {database}.token_objects AS
SELECT
    token_hash,
    object_hash,
    count() AS calls,
    min(time) AS first_seen,
    max(time) AS last_seen,
    now() AS written_at
FROM {database}.calls
WHERE object_hash != toFixedString('', 16) AND token_hash != toFixedString('', 32)
GROUP BY token_hash, object_hash;

-- What the amounts of a client are like, by day. The sketch gives the same answer in whatever order
-- its parts are merged, so that a backtest sees what was seen live.
CREATE TABLE IF NOT EXISTS {database}.client_amounts
(
    day Date,
    client_id LowCardinality(String),
    currency LowCardinality(String),
    amounts AggregateFunction(quantilesBFloat16(0.5, 0.95, 0.99), Float64),
    calls SimpleAggregateFunction(sum, UInt64),
    written_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (client_id, currency, day)
TTL written_at + INTERVAL 400 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.client_amounts_view TO {database}.client_amounts AS
SELECT
    toDate(time) AS day,
    client_id,
    currency,
    quantilesBFloat16State(0.5, 0.95, 0.99)(assumeNotNull(amount)) AS amounts,
    count() AS calls,
    now() AS written_at
FROM {database}.calls
WHERE amount IS NOT NULL AND isFinite(assumeNotNull(amount)) AND token_hash != toFixedString('', 32)
GROUP BY day, client_id, currency;
