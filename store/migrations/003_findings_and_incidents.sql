-- One row a finding; the id is deterministic, so what a restart writes again collapses.
CREATE TABLE IF NOT EXISTS {database}.findings
(
    id String,
    detected_at DateTime64(3, 'UTC'),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3),
    detection LowCardinality(String),
    family LowCardinality(String),
    title String,
    severity Enum8('low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    score Float64,
    bits Float64,
    entity Enum8('token' = 1, 'client' = 2),
    token_hash FixedString(32),
    client_id String,
    service LowCardinality(String),
    environment LowCardinality(String),
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    first_call_at DateTime64(3, 'UTC'),
    calls UInt64,
    explanation String,
    evidence String COMMENT 'JSON, see model/finding.ts',
    INDEX written_at_minmax written_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(detected_at)
ORDER BY (detected_at, id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

-- Append-only. An incident is the fold of its events (model/incident.ts).
CREATE TABLE IF NOT EXISTS {database}.incident_events
(
    incident_id String,
    id String,
    at DateTime64(3, 'UTC'),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3),
    kind LowCardinality(String),
    actor String,
    data String COMMENT 'JSON: the rest of the event, see model/incident-event.ts',
    INDEX written_at_minmax written_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY (incident_id, id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

-- The folded state, kept so that a list need not fold; always derived, never the truth.
CREATE TABLE IF NOT EXISTS {database}.incidents
(
    id String,
    version UInt64,
    status LowCardinality(String),
    severity Enum8('low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    score Float64,
    bits Float64,
    entity Enum8('token' = 1, 'client' = 2),
    entity_key String COMMENT 'token:<hash>, client:<id> or campaign:<kind>:<name>',
    token_hash FixedString(32),
    client_id String,
    title String,
    explanation String,
    detections Array(String),
    services Array(String),
    environments Array(String),
    findings UInt32,
    opened_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC'),
    first_call_at DateTime64(3, 'UTC'),
    closed_at DateTime64(3, 'UTC') COMMENT 'the epoch while it is open',
    assignee String,
    response LowCardinality(String),
    campaign_kind LowCardinality(String) COMMENT 'client or network where this is a campaign',
    campaign_key String,
    campaign String COMMENT 'the campaign that this incident belongs to',
    members UInt32,
    found_at DateTime64(3, 'UTC'),
    alerted_at DateTime64(3, 'UTC') COMMENT 'the epoch until somebody was told',
    contained_at DateTime64(3, 'UTC') COMMENT 'the epoch until a revocation was seen to hold',
    INDEX entity_key_bloom entity_key TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1;

-- The detector's catalogue as it runs: what the console and the dashboards show of a detection.
CREATE TABLE IF NOT EXISTS {database}.detections
(
    id String,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3),
    title String,
    family LowCardinality(String),
    severity LowCardinality(String),
    owasp Array(String),
    attack Array(String),
    runbook String,
    blind_spots Array(String),
    parameters String COMMENT 'JSON'
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY id;
