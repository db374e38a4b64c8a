-- Whether the client's allow-list holds the address that a call came from. Addresses are kept as hashes, so
-- only the collector can tell; calls that were kept before were not asked.
ALTER TABLE {database}.calls
    ADD COLUMN IF NOT EXISTS address_allowed Enum8('unasked' = 0, 'inside' = 1, 'outside' = 2) AFTER network_kind;
