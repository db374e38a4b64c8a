/** What `tokenwatch config init` writes: every section once, with its defaults as comments. */
export const SAMPLE_CONFIG = `# tokenwatch.yaml. Every key can be overridden by TOKENWATCH_<PATH>, for example
# TOKENWATCH_COLLECTOR_HTTP_PORT. Secrets are never written here: set the variable named beside
# them, or the key with _file behind it (pepper_file: /run/secrets/pepper).

# data_dir: ./data            # embedded ClickHouse, generated secrets

# pepper_id: p1               # the pepper's name; a new one with each new pepper
# previous_pepper_id: p0      # while peppers rotate, with TOKENWATCH_PREVIOUS_PEPPER

# clickhouse:                 # unset: an embedded server in data_dir
#   url: http://clickhouse:8123
#   database: tokenwatch
#   username: tokenwatch
#   password_file: /run/secrets/clickhouse_password

# retention:                  # whole days, or forever; tokenwatch config show lists every table
#   calls: 400d
#   findings: forever

collector:
  host: 127.0.0.1             # 0.0.0.0 needs keys: TOKENWATCH_COLLECTOR_KEYS=key1,key2
  # http_port: 4318
  # trusted_hops: 0           # proxies in front of your services that set X-Forwarded-For
  # allowed_addresses:        # from where a client's tokens may be used
  #   - client: acme
  #     addresses: [203.0.113.0/24, '2001:db8:12::/48']

detector:
  budget_per_day: 10          # at most this many incidents a day for each 10,000 tokens
  # policy:
  #   max_lifetime: 365d        # from a token's issue to its expiry; 0 turns a limit off
  #   rotate_within: 180d
  #   overlap: 3d               # of the old token and the new one
  #   dormant_after: 30d
  #   expiry_notice: 48h
  #   min_tls: '1.2'
  #   sensitive_scopes: ['payments:write', 'admin*']
  #   sensitive_routes: ['/v1/limits*']
  # openapi:
  #   - service: payments
  #     file: openapi/payments.yaml
  #     # base_path: /v1        # where a gateway changes what paths begin with
  # rules: [rules]            # rules of your own, in YAML; docs/rules.md

console:
  host: 127.0.0.1
  # port: 8080
  # url: https://tokenwatch.example.com   # how people reach it; used in messages

# alerting:
#   receivers:
#     on-call:
#       type: slack
#       channel: C0123456789
#       # token: TOKENWATCH_ALERTING_RECEIVERS_ON_CALL_TOKEN
#     soc:
#       type: email
#       host: smtp.example.com
#       from: tokenwatch@example.com
#       to: [soc@example.com]
#   route:
#     receiver: [on-call, soc]
`;
