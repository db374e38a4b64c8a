-- When a request says that it was made, where it says (and signs) so: one that is recorded and sent again
-- later says an old time. Whole seconds; 1970 where nothing was said.
ALTER TABLE {database}.calls
    ADD COLUMN IF NOT EXISTS stated_at DateTime('UTC') CODEC(Delta, ZSTD(1)) AFTER payload_hash;
