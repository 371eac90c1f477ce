-- A transcript or analysis of a call that is still running: replaced by the final one, erased with its recording.
ALTER TABLE transcripts ADD COLUMN provisional BIGINT NOT NULL DEFAULT 0;
ALTER TABLE analyses ADD COLUMN provisional BIGINT NOT NULL DEFAULT 0;
