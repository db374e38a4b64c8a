-- The outbox: a delivery is kept here before it is tried, and again after each attempt with a higher
-- attempt number. The latest row of an id is its state.
CREATE TABLE IF NOT EXISTS {database}.deliveries
(
    id String COMMENT 'the idempotency key: deterministic from incident, receiver and step',
    version UInt64,
    incident_id String,
    receiver LowCardinality(String),
    notifier LowCardinality(String),
    reason LowCardinality(String) COMMENT 'see model/delivery.ts',
    state LowCardinality(String) COMMENT 'pending, sent, refused, dead',
    attempts UInt32,
    created_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC'),
    next_attempt_at DateTime64(3, 'UTC'),
    -- What the receiver called it (a Slack ts, a Message-ID): later steps update or answer it.
    remote_ref String,
    last_error String,
    payload String COMMENT 'JSON: what to tell, without secrets'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(created_at)
ORDER BY (created_at, id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

-- Small facts a stage keeps across restarts: cursors, calibrations.
CREATE TABLE IF NOT EXISTS {database}.stage_state
(
    stage LowCardinality(String),
    key String,
    value String COMMENT 'JSON',
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (stage, key)
SETTINGS fsync_after_insert = 1;
