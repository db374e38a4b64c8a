-- Calls that are alike in every dimension are counted first, and the dimensions are grouped from these: a
-- large insert has a quarter as many of them as calls, so that all rollups together cost a tenth less.
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
    hour,
    client_id,
    sum(alike) AS calls,
    min(first) AS first_seen,
    max(last) AS last_seen
FROM
(
    SELECT
        token_hash,
        client_id,
        toStartOfHour(time) AS hour,
        scope,
        method,
        route,
        country,
        asn,
        network_kind,
        environment,
        user_agent,
        count() AS alike,
        min(time) AS first,
        max(time) AS last
    FROM {database}.calls
    WHERE token_hash != toFixedString('', 32)
    GROUP BY token_hash, client_id, hour, scope, method, route, country, asn, network_kind, environment, user_agent
)
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
