-- The certificate that the token says it is bound to (RFC 8705, cnf x5t#S256), beside the one presented.
ALTER TABLE {database}.calls
    ADD COLUMN IF NOT EXISTS token_certificate_sha256 FixedString(32) CODEC(ZSTD(1)) AFTER client_cert_sha256;
