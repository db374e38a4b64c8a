-- The same rollups at less than half the server's time. Each dimension is grouped by itself, instead of
-- every call being multiplied by eight and all of it grouped by long keys; and what is read from rows that
-- are grouped already is handed on as it is: the engine adds up what has the same key.
ALTER TABLE {database}.token_values_view MODIFY QUERY
SELECT
    token_hash,
    CAST(
        multiIf(
            grouping(scope) = 0, 'scope',
            grouping(route) = 0, 'route',
            grouping(country) = 0, 'country',
            grouping(asn) = 0, 'asn',
            grouping(network_kind) = 0, 'network_kind',
            grouping(environment) = 0, 'environment',
            grouping(user_agent) = 0, 'user_agent',
            'any'
        ),
        'Enum8(''any'' = 0, ''scope'' = 1, ''route'' = 2, ''country'' = 3, ''asn'' = 4, ''network_kind'' = 5, ''environment'' = 6, ''user_agent'' = 7)'
    ) AS dimension,
    multiIf(
        dimension = 'any', '*',
        dimension = 'route', if(route = '', '', concat(method, ' ', route)),
        dimension = 'asn', if(asn = 0, '', toString(asn)),
        dimension = 'network_kind', if(network_kind IN ('unknown', 'private'), '', toString(network_kind)),
        -- Of these the one that is grouped by; the others are empty then.
        concat(scope, country, environment, user_agent)
    ) AS value,
    toStartOfHour(time) AS hour,
    client_id,
    count() AS calls,
    min(time) AS first_seen,
    max(time) AS last_seen
FROM {database}.calls
WHERE token_hash != toFixedString('', 32)
GROUP BY GROUPING SETS (
    (token_hash, client_id, hour),
    (token_hash, client_id, hour, scope),
    (token_hash, client_id, hour, method, route),
    (token_hash, client_id, hour, country),
    (token_hash, client_id, hour, asn),
    (token_hash, client_id, hour, network_kind),
    (token_hash, client_id, hour, environment),
    (token_hash, client_id, hour, user_agent)
)
HAVING value != '';

ALTER TABLE {database}.token_seen_view MODIFY QUERY
SELECT token_hash, dimension, value, calls, first_seen, last_seen
FROM {database}.token_values;

ALTER TABLE {database}.client_values_view MODIFY QUERY
SELECT client_id, dimension, value, token_hash, calls, first_seen, last_seen
FROM {database}.token_values;

ALTER TABLE {database}.token_hour_view MODIFY QUERY
SELECT toStartOfHour(minute) AS hour, token_hash, client_id, calls, denied, not_found, failed
FROM {database}.token_minute;
