-- Hours of entities that teach nothing, because an incident was open or was found to be an attack.
CREATE TABLE IF NOT EXISTS {database}.untrained
(
    entity_key FixedString(32),
    incident_id String,
    client_id String,
    from_hour DateTime('UTC'),
    until_hour DateTime('UTC') COMMENT 'inclusive',
    version UInt64,
    lifted UInt8 COMMENT '1: the incident was a false alarm after all'
)
ENGINE = ReplacingMergeTree(version, lifted)
ORDER BY (entity_key, incident_id)
SETTINGS fsync_after_insert = 1;

-- Late calls are found by when their minute was written.
ALTER TABLE {database}.client_minute ADD INDEX IF NOT EXISTS written_at_minmax written_at TYPE minmax GRANULARITY 1;
