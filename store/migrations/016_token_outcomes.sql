-- How a token's calls were answered, by day: what refusals and missing objects are usual for it.
-- The token comes first in the sort key: a look asks for the past of a few tokens.
CREATE TABLE IF NOT EXISTS {database}.token_outcomes
(
    token_hash FixedString(32) CODEC(ZSTD(1)),
    day Date,
    hours SimpleAggregateFunction(groupBitOr, UInt32) COMMENT 'one bit for each hour of the day with a call',
    calls SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    denied SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 401 or 403' CODEC(T64, ZSTD(1)),
    not_found SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 404' CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
ORDER BY (token_hash, day);

-- What came before this table; only once, should the migration be repeated.
INSERT INTO {database}.token_outcomes
SELECT
    token_hash,
    toDate(m.minute) AS day,
    groupBitOr(toUInt32(bitShiftLeft(1, toHour(m.minute)))) AS hours,
    sum(m.calls) AS calls,
    sum(m.denied) AS denied,
    sum(m.not_found) AS not_found
FROM {database}.token_minute AS m
WHERE (SELECT count() FROM {database}.token_outcomes) = 0
GROUP BY token_hash, day;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.token_outcomes_view TO {database}.token_outcomes AS
SELECT
    token_hash,
    toDate(m.minute) AS day,
    groupBitOr(toUInt32(bitShiftLeft(1, toHour(m.minute)))) AS hours,
    sum(m.calls) AS calls,
    sum(m.denied) AS denied,
    sum(m.not_found) AS not_found
FROM {database}.token_minute AS m
GROUP BY token_hash, day;
