-- One row a call. Hashes are raw bytes: 32 for tokens and certificates, 16 for the rest; zeros mean none.
-- Partitioned by month, so that an import of a long history stays within the partitions of one insert.
CREATE TABLE IF NOT EXISTS {database}.calls
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16),
    span_id FixedString(8),
    token_hash FixedString(32) CODEC(ZSTD(1)),
    token_id String CODEC(ZSTD(1)),
    client_id LowCardinality(String),
    subject_hash FixedString(16) CODEC(ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    token_environment LowCardinality(String),
    token_issued_at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    token_expires_at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    granted_scopes Array(LowCardinality(String)),
    scope LowCardinality(String),
    method LowCardinality(String),
    route LowCardinality(String),
    status UInt16,
    auth_result Enum8('unknown' = 0, 'none' = 1, 'accepted' = 2, 'rejected' = 3),
    auth_methods Array(LowCardinality(String)),
    ip_hash FixedString(16) CODEC(ZSTD(1)),
    country LowCardinality(String),
    asn UInt32 CODEC(ZSTD(1)),
    network_kind Enum8('unknown' = 0, 'private' = 1, 'residential' = 2, 'mobile' = 3, 'hosting' = 4, 'vpn' = 5),
    user_agent LowCardinality(String),
    tls_version LowCardinality(String),
    client_cert_sha256 FixedString(32) CODEC(ZSTD(1)),
    object_type LowCardinality(String),
    object_hash FixedString(16) CODEC(ZSTD(1)),
    object_owner_hash FixedString(16) CODEC(ZSTD(1)),
    nonce_hash FixedString(16) CODEC(ZSTD(1)),
    payload_hash FixedString(16) CODEC(ZSTD(1)),
    request_fields Array(LowCardinality(String)),
    amount Nullable(Float64) CODEC(ZSTD(1)),
    currency LowCardinality(String),
    source Enum8('otlp' = 0, 'log' = 1, 'import' = 2),
    INDEX ingested_at_minmax ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (toStartOfHour(time), token_hash, time)
-- By arrival, not by event: an imported history must not vanish because it is old.
TTL toDateTime(ingested_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1;
