-- A silence is its latest row; ending one early writes it again with an earlier end.
CREATE TABLE IF NOT EXISTS {database}.silences
(
    id String,
    version UInt64,
    match String COMMENT 'JSON, see model/silence.ts',
    owner String,
    comment String,
    created_at DateTime64(3, 'UTC'),
    starts_at DateTime64(3, 'UTC'),
    ends_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;
