-- Which client certificates each token came with, and since when; calls without one cost nothing.
CREATE TABLE IF NOT EXISTS {database}.token_certificates
(
    token_hash FixedString(32),
    client_cert_sha256 FixedString(32),
    client_id LowCardinality(String),
    calls SimpleAggregateFunction(sum, UInt64),
    first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    written_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (token_hash, client_cert_sha256, client_id)
TTL written_at + INTERVAL 400 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_certificates_view TO {database}.token_certificates AS
SELECT
    token_hash,
    client_cert_sha256,
    client_id,
    count() AS calls,
    min(time) AS first_seen,
    max(time) AS last_seen,
    now() AS written_at
FROM {database}.calls
WHERE client_cert_sha256 != toFixedString('', 32) AND token_hash != toFixedString('', 32)
GROUP BY token_hash, client_cert_sha256, client_id;
