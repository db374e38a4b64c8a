-- What OpenAPI files say of services, as the detector last loaded them: the rows of the latest version count.
CREATE TABLE IF NOT EXISTS {database}.documented_endpoints
(
    service LowCardinality(String),
    method LowCardinality(String),
    route String,
    common String COMMENT 'the route with every parameter as {}',
    deprecated Bool,
    version UInt64 COMMENT 'when it was loaded, epoch ms'
)
ENGINE = MergeTree
ORDER BY (version, service, common, method)
SETTINGS fsync_after_insert = 1;
