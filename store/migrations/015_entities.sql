-- Findings are about tokens and clients, and also about endpoints and whole services, which have a name.
ALTER TABLE {database}.findings MODIFY COLUMN entity Enum8('token' = 1, 'client' = 2, 'endpoint' = 3, 'service' = 4);

ALTER TABLE {database}.findings ADD COLUMN IF NOT EXISTS name String AFTER client_id;

ALTER TABLE {database}.incidents MODIFY COLUMN entity Enum8('token' = 1, 'client' = 2, 'endpoint' = 3, 'service' = 4);

ALTER TABLE {database}.incidents ADD COLUMN IF NOT EXISTS name String AFTER client_id;

ALTER TABLE {database}.raised MODIFY COLUMN entity Enum8('token' = 1, 'client' = 2, 'endpoint' = 3, 'service' = 4);
