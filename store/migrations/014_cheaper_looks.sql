-- The day's window needs only three hours of calls beside this, and not all 24 of every token.
ALTER TABLE {database}.volume_profile
    ADD COLUMN IF NOT EXISTS earlier Float32 COMMENT 'calls in the hours h - 23 to h - 3, as far as they were trained' CODEC(ZSTD(1)) AFTER mean_day_b;

-- Each look asks what a few thousand tokens out of all are known for: marks are set closer, so that it reads
-- a tenth. Both tables are written while the old one is copied; while the names change, inserts of calls
-- fail for a moment and are repeated by who sent them.
CREATE TABLE IF NOT EXISTS {database}.token_seen_fine
(
    token_hash FixedString(32) CODEC(ZSTD(1)),
    dimension Enum8('any' = 0, 'scope' = 1, 'route' = 2, 'country' = 3, 'asn' = 4, 'network_kind' = 5, 'environment' = 6, 'user_agent' = 7),
    value String CODEC(ZSTD(1)),
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (token_hash, dimension, value)
SETTINGS index_granularity = 256, min_compress_block_size = 16384, max_compress_block_size = 32768;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_seen_fine_view TO {database}.token_seen_fine AS
SELECT token_hash, dimension, value, calls, first_seen, last_seen
FROM {database}.token_values;

INSERT INTO {database}.token_seen_fine SELECT * FROM {database}.token_seen WHERE token_hash < toFixedString(unhex('40'), 32);

INSERT INTO {database}.token_seen_fine SELECT * FROM {database}.token_seen
WHERE token_hash >= toFixedString(unhex('40'), 32) AND token_hash < toFixedString(unhex('80'), 32);

INSERT INTO {database}.token_seen_fine SELECT * FROM {database}.token_seen
WHERE token_hash >= toFixedString(unhex('80'), 32) AND token_hash < toFixedString(unhex('C0'), 32);

INSERT INTO {database}.token_seen_fine SELECT * FROM {database}.token_seen WHERE token_hash >= toFixedString(unhex('C0'), 32);

DROP VIEW IF EXISTS {database}.token_seen_view SYNC;

DROP TABLE IF EXISTS {database}.token_seen_coarse SYNC;

RENAME TABLE {database}.token_seen TO {database}.token_seen_coarse, {database}.token_seen_fine TO {database}.token_seen;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_seen_view TO {database}.token_seen AS
SELECT token_hash, dimension, value, calls, first_seen, last_seen
FROM {database}.token_values;

DROP VIEW IF EXISTS {database}.token_seen_fine_view SYNC;

DROP TABLE IF EXISTS {database}.token_seen_coarse SYNC;
