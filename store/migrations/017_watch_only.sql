-- Detections whose findings are kept but open no incident, because verdicts say that they are mostly wrong.
CREATE TABLE IF NOT EXISTS {database}.watch_only
(
    detection String,
    since DateTime64(3, 'UTC'),
    reason String COMMENT 'empty: it alarms again'
)
ENGINE = ReplacingMergeTree(since)
ORDER BY detection
SETTINGS fsync_after_insert = 1;
