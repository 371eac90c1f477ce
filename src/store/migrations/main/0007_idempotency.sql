-- The answer to a POST that carried an Idempotency-Key, for 24 hours: a repeated request gets it again, also after a restart. Key and request
-- stand here as blind indexes. `sealed` is null while the request is worked on, and again once something that the answer told of was deleted.
-- `about` is the last thing that the request's address names, `made` the one that it made.
CREATE TABLE idempotency (
  organisation TEXT NOT NULL,
  key_index TEXT NOT NULL,
  request_index TEXT NOT NULL,
  call_id TEXT,
  about TEXT,
  made TEXT,
  sealed_with TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  sealed TEXT,
  PRIMARY KEY (organisation, key_index)
);
CREATE INDEX idempotency_by_call ON idempotency (organisation, call_id);
CREATE INDEX idempotency_by_age ON idempotency (organisation, created_at);
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);
