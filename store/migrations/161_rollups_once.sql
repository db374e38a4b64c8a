-- A block that is inserted again adds nothing to calls; each rollup has to remember what it had as well.
ALTER TABLE {database}.token_minute MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_hour MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.client_minute MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_values MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_seen MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.client_values MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.global_values MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_inventory MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_outcomes MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.activity_minute MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.endpoint_hour MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_certificates MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.object_clients MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.nonce_uses MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_objects MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.client_amounts MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.service_reports MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.token_window MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE {database}.client_hour MODIFY SETTING non_replicated_deduplication_window = 10000;
