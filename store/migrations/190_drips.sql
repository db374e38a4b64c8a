-- Tokens whose evidence of a slow drip rose in an hour: what training passes on to be judged.
CREATE TABLE IF NOT EXISTS {database}.drips
(
    hour DateTime('UTC'),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    deviations Float32 COMMENT 'one-sided CUSUM of the hours, in standard deviations'
)
ENGINE = ReplacingMergeTree
ORDER BY (hour, token_hash)
TTL hour + INTERVAL 7 DAY;
