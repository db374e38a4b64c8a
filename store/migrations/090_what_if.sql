-- Parameters of detections that somebody set over the declared ones. The latest version of a detection counts.
CREATE TABLE IF NOT EXISTS {database}.detection_settings
(
    detection String,
    version UInt64,
    parameters String COMMENT 'JSON: what differs from the declared; an empty object where nothing does',
    set_by String,
    set_at DateTime64(3, 'UTC'),
    reason String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY detection
SETTINGS fsync_after_insert = 1;

-- Questions "what if a detection had other parameters": asked by the console, answered by the detector.
-- Append-only; a question is the fold of its steps (model/what-if.ts).
CREATE TABLE IF NOT EXISTS {database}.what_if_steps
(
    question String,
    at DateTime64(3, 'UTC') DEFAULT now64(3),
    kind LowCardinality(String),
    data String COMMENT 'JSON: the rest of the step'
)
ENGINE = MergeTree
ORDER BY (question, at)
TTL toDateTime(at) + INTERVAL 7 DAY
SETTINGS fsync_after_insert = 1;
