-- What the processes measure of themselves, kept so that dashboards need ClickHouse only. Counters and
-- histograms are kept as increases since the sample before (no rows for zero), gauges as they stand.
CREATE TABLE IF NOT EXISTS {database}.stage_metrics
(
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    name LowCardinality(String) COMMENT 'as /metrics has it; a histogram as <name>_bucket, <name>_sum and <name>_count',
    instance LowCardinality(String) COMMENT 'the process',
    labels Map(LowCardinality(String), String) COMMENT 'le of a bucket: its upper bound; buckets do not add up the ones below',
    value Float64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (name, at, instance)
TTL at + INTERVAL 30 DAY;
