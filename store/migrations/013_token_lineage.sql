-- Tokens that took over from others of their client: a row for every ancestor, so that one step finds all.
CREATE TABLE IF NOT EXISTS {database}.token_lineage
(
    token_hash FixedString(32),
    ancestor FixedString(32),
    generation UInt8 COMMENT '1: the direct predecessor',
    client_id String,
    linked_hour DateTime('UTC') COMMENT 'the trained hour at which the new one took over',
    likeness Float32 COMMENT 'share of the habits of the new one that the old one knew',
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY (token_hash, ancestor)
SETTINGS fsync_after_insert = 1;
