-- A token that was refused or rate-limited from its first call on was never let pass.
ALTER TABLE {database}.token_outcomes ADD COLUMN IF NOT EXISTS failed SimpleAggregateFunction(sum, UInt64) COMMENT 'answered 5xx or 429' CODEC(T64, ZSTD(1));

ALTER TABLE {database}.token_outcomes_view MODIFY QUERY
SELECT
    token_hash,
    toDate(m.minute) AS day,
    groupBitOr(toUInt32(bitShiftLeft(1, toHour(m.minute)))) AS hours,
    sum(m.calls) AS calls,
    sum(m.denied) AS denied,
    sum(m.not_found) AS not_found,
    sum(m.failed) AS failed
FROM {database}.token_minute AS m
GROUP BY token_hash, day;
