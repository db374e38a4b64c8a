-- Which clients an object was served to. Sorted by object, so that one of them is found in one small granule.
CREATE TABLE IF NOT EXISTS {database}.object_clients
(
    object_hash FixedString(16) CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    object_type LowCardinality(String),
    subject_hash SimpleAggregateFunction(anyLast, FixedString(16)) CODEC(ZSTD(1)),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    written_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (object_hash, client_id, object_type)
TTL written_at + INTERVAL 180 DAY
SETTINGS index_granularity = 512;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.object_clients_view TO {database}.object_clients AS
SELECT
    object_hash,
    client_id,
    object_type,
    anyLast(subject_hash) AS subject_hash,
    count() AS calls,
    min(time) AS first_seen,
    now() AS written_at
FROM {database}.calls
WHERE object_hash != toFixedString('', 16) AND client_id != '' AND status BETWEEN 200 AND 299
GROUP BY object_hash, client_id, object_type;

-- How each nonce (or idempotency key) of a token was used: with which body, and from where. Kept for a week.
CREATE TABLE IF NOT EXISTS {database}.nonce_uses
(
    nonce_hash FixedString(16) CODEC(ZSTD(1)),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    payload_hash FixedString(16) CODEC(ZSTD(1)),
    network UInt64 COMMENT 'AS number, or part of the hash of the address where none is known' CODEC(ZSTD(1)),
    client_id SimpleAggregateFunction(any, String),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    written_at SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (nonce_hash, token_hash, payload_hash, network)
TTL written_at + INTERVAL 7 DAY
SETTINGS index_granularity = 512;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.nonce_uses_view TO {database}.nonce_uses AS
SELECT
    nonce_hash,
    token_hash,
    payload_hash,
    if(asn != 0, toUInt64(asn), reinterpretAsUInt64(ip_hash)) AS network,
    any(toString(c.client_id)) AS client_id,
    count() AS calls,
    min(time) AS first_seen,
    max(time) AS last_seen,
    now() AS written_at
FROM {database}.calls AS c
WHERE nonce_hash != toFixedString('', 16) AND token_hash != toFixedString('', 32)
GROUP BY nonce_hash, token_hash, payload_hash, network;
