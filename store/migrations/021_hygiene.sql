-- What services sent that looked like secrets or personal data, and was masked: counts, never values.
CREATE TABLE IF NOT EXISTS {database}.hygiene
(
    day Date,
    service LowCardinality(String),
    field LowCardinality(String) COMMENT 'the column of calls that it was meant for',
    kind LowCardinality(String) COMMENT 'card, token, mail, ip or key',
    count UInt64
)
ENGINE = SummingMergeTree(count)
ORDER BY (day, service, field, kind)
TTL day + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000;
