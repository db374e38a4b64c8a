-- Who is signed in. Only the digest of a session's id is kept: reading this table opens no door.
CREATE TABLE IF NOT EXISTS {database}.console_sessions
(
    id_digest String,
    version UInt64,
    person String,
    role LowCardinality(String),
    created_at DateTime64(3, 'UTC'),
    seen_at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC'),
    ended UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id_digest
TTL toDateTime(expires_at) + INTERVAL 1 DAY
SETTINGS fsync_after_insert = 1;

-- Keys of programs. The key itself is shown once, when it is made.
CREATE TABLE IF NOT EXISTS {database}.console_keys
(
    id String,
    version UInt64,
    key_digest String,
    name String,
    role LowCardinality(String),
    created_by String,
    created_at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC') COMMENT 'zero: does not expire',
    revoked UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS fsync_after_insert = 1;

-- When a folded state was written, by the server's clock: what live pages follow. `updated_at` is
-- event time and may lie in the past.
ALTER TABLE {database}.incidents
    ADD COLUMN IF NOT EXISTS written_at DateTime64(3, 'UTC') DEFAULT now64(3);
