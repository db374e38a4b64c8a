-- What the detector keeps. `entity_key` is the token's hash, or SHA-256 of the client's id.
-- The expectation of an hour, written before or as it begins: dashboards draw the band, ticks narrow by it.
CREATE TABLE IF NOT EXISTS {database}.volume_profile
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    entity Enum8('token' = 1, 'client' = 2, 'new' = 3) COMMENT 'new: a token of the client that is not known yet, keyed as the client',
    entity_key FixedString(32) CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    expected Float32 COMMENT 'calls in the hour' CODEC(ZSTD(1)),
    low Float32 COMMENT '1st percentile of the hour' CODEC(ZSTD(1)),
    high Float32 COMMENT '99th percentile of the hour' CODEC(ZSTD(1)),
    age_hours Float32 COMMENT 'since the first call' CODEC(ZSTD(1)),
    mean_a Float32 COMMENT 'expected by the own calendar' CODEC(ZSTD(1)),
    mean_b Float32 COMMENT 'expected by the own level and the rhythm of the client' CODEC(ZSTD(1)),
    mean_prev_a Float32 COMMENT 'of the hour before' CODEC(ZSTD(1)),
    mean_prev_b Float32 CODEC(ZSTD(1)),
    mean_day_a Float32 COMMENT 'of the 24 hours that end with this one' CODEC(ZSTD(1)),
    mean_day_b Float32 CODEC(ZSTD(1)),
    phi Array(Float32) COMMENT 'overdispersion, quadratic, for 1 min, 5 min, 1 h, 24 h' CODEC(ZSTD(1)),
    psi Array(Float32) COMMENT 'overdispersion, linear' CODEC(ZSTD(1)),
    weights Array(Float32) COMMENT 'of the three experts' CODEC(ZSTD(1)),
    siblings UInt32 COMMENT 'tokens of the client, itself included' CODEC(ZSTD(1)),
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMMDD(hour)
ORDER BY (hour, entity, entity_key)
TTL written_at + INTERVAL 60 DAY;

-- The memory of an entity's volume after its last trained hour; see detector/volume/state.ts.
CREATE TABLE IF NOT EXISTS {database}.volume_state
(
    entity Enum8('token' = 1, 'client' = 2, 'all' = 3),
    entity_key FixedString(32),
    client_id LowCardinality(String),
    shard UInt8 COMMENT 'of the client: what is folded together',
    hour DateTime('UTC') COMMENT 'the last trained hour',
    state Array(Float64) CODEC(ZSTD(1)),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (shard, entity, client_id, entity_key);

-- Every surprise that was worth a look, one row for each entity, dimension, value and hour.
CREATE TABLE IF NOT EXISTS {database}.surprises
(
    entity Enum8('token' = 1, 'client' = 2),
    entity_key FixedString(32) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    dimension LowCardinality(String),
    value String CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    time DateTime64(3, 'UTC') COMMENT 'event time at which it was reached' CODEC(Delta, ZSTD(1)),
    bits Float32 CODEC(ZSTD(1)),
    stratum UInt8,
    excess Float32 COMMENT 'bits over what this entity is known for; see detector/calibration' CODEC(ZSTD(1)),
    millibits UInt64,
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(millibits)
PARTITION BY toYYYYMM(hour)
ORDER BY (entity, entity_key, hour, dimension, value)
TTL written_at + INTERVAL 60 DAY;

-- What was raised, so that it is not raised again without a reason.
CREATE TABLE IF NOT EXISTS {database}.raised
(
    entity Enum8('token' = 1, 'client' = 2),
    entity_key FixedString(32),
    detection LowCardinality(String),
    value String,
    raised_at DateTime64(3, 'UTC') COMMENT 'event time',
    bits Float64,
    finding_id String
)
ENGINE = ReplacingMergeTree(raised_at)
ORDER BY (entity, entity_key, detection, value)
SETTINGS fsync_after_insert = 1;
