-- While peppers rotate: a token's hash under the new one, and the hash under which its history is kept.
CREATE TABLE IF NOT EXISTS {database}.token_aliases
(
    hash FixedString(32),
    canonical FixedString(32) COMMENT 'never itself a hash of this table: one step leads there',
    pepper_id LowCardinality(String),
    previous_pepper_id LowCardinality(String),
    linked_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(linked_at)
ORDER BY hash
-- As long as calls are kept.
TTL toDateTime(linked_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;
