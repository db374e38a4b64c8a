-- The day's window needs only three hours of calls beside this, and not all 24 of every token.
ALTER TABLE {database}.volume_profile
    ADD COLUMN IF NOT EXISTS earlier Float32 COMMENT 'calls in the hours h - 23 to h - 3, as far as they were trained' CODEC(ZSTD(1)) AFTER mean_day_b;
