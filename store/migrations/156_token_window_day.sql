-- Who called in the day before, and for which clients, is asked of token_window as well: hours without minutes.
INSERT INTO {database}.token_window
SELECT hour, token_hash, client_id, CAST(map(), 'Map(UInt8, UInt64)') AS minutes
FROM {database}.token_hour
WHERE hour >= toStartOfHour(now()) - INTERVAL 26 HOUR AND hour < toStartOfHour(now()) - INTERVAL 2 HOUR;
