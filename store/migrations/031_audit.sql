-- Append-only chains of decisions, one a process; see model/audit.ts. An entry that is written again
-- after a lost answer is the same and collapses.
CREATE TABLE IF NOT EXISTS {database}.audit
(
    chain String,
    seq UInt64,
    at DateTime64(3, 'UTC'),
    actor String,
    action LowCardinality(String),
    subject String,
    detail String COMMENT 'JSON',
    links String COMMENT 'JSON',
    previous String,
    hash String,
    signature String
)
ENGINE = ReplacingMergeTree
ORDER BY (chain, seq, hash)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;
