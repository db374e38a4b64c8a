-- Newer servers keep statistics of every column of every part, which costs a tenth of an insert and more of
-- each merge. Nothing here is planned by them: what is read is found by the sort keys.
ALTER TABLE {database}.calls MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_minute MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_hour MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.client_minute MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_values MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_seen MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.client_values MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.global_values MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_inventory MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_outcomes MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.activity_minute MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.endpoint_hour MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_certificates MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.object_clients MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.nonce_uses MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_objects MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.client_amounts MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.service_reports MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.token_window MODIFY SETTING auto_statistics_types = '';

ALTER TABLE {database}.client_hour MODIFY SETTING auto_statistics_types = '';
