-- What an erasure looks for while it runs: the statements that delete name this table, so that no
-- identifier stays behind in ClickHouse's own list of mutations. Emptied when the erasure ends.
CREATE TABLE IF NOT EXISTS {database}.erasing
(
    erasure String,
    kind Enum8('token' = 1, 'client' = 2, 'entity' = 3, 'subject' = 4, 'incident' = 5),
    value String COMMENT 'hex of hashes, the id of clients and incidents',
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (erasure, kind)
TTL at + INTERVAL 1 DAY
SETTINGS fsync_after_insert = 1;
