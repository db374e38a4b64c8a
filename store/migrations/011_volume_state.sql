-- The memory of an entity's volume after its last trained hour (detector/volume/state.ts), one row each.
-- The table of migration 010 was never written; this one is sorted so that a pass over it is one range.
DROP TABLE IF EXISTS {database}.volume_state SYNC;

CREATE TABLE IF NOT EXISTS {database}.volume_state
(
    entity Enum8('token' = 1, 'client' = 2, 'all' = 3),
    entity_key FixedString(32) COMMENT 'the hash of the token, or SHA-256 of the id of the client',
    client_id String,
    hour DateTime('UTC') COMMENT 'the last trained hour',
    active DateTime('UTC') COMMENT 'the last hour with calls',
    state Array(Float32),
    version UInt64,
    gone UInt8 COMMENT '1: forgotten',
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(version, gone)
ORDER BY (entity, entity_key)
TTL written_at + INTERVAL 60 DAY
SETTINGS index_granularity = 512;
