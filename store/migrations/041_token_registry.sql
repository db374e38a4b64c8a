-- What issuers say of a token, beside what its calls show. The latest version of a token counts.
CREATE TABLE IF NOT EXISTS {database}.token_registry
(
    token_hash FixedString(32),
    version UInt64,
    client_id String,
    environment String,
    granted_scopes Array(String),
    issued_at DateTime64(3, 'UTC') COMMENT 'zero: not said, as are the next two',
    expires_at DateTime64(3, 'UTC'),
    revoked_at DateTime64(3, 'UTC'),
    client_cert_sha256 String COMMENT 'hex; the token is bound to this certificate',
    allowed_networks Array(String) COMMENT 'AS numbers, as AS64500',
    registered_by String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY token_hash
SETTINGS fsync_after_insert = 1;
