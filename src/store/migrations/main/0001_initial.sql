-- Ids are UUID text, times are milliseconds since 1970 UTC, `sealed…` is base64url of nonce, ciphertext and tag, `…_index` is a
-- blind index. Nothing personal stands in clear in any column.

CREATE TABLE organisations (
  id TEXT PRIMARY KEY,
  sip_domain TEXT NOT NULL UNIQUE,
  time_zone TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  login_index TEXT NOT NULL UNIQUE,
  role BIGINT NOT NULL,
  disabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  sealed_password TEXT NOT NULL
);
CREATE INDEX users_by_organisation ON users (organisation);

CREATE TABLE sign_ins (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  tier BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  sealed TEXT NOT NULL
);
CREATE INDEX sign_ins_by_user ON sign_ins (organisation, user_id);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);

CREATE TABLE extensions (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id),
  number_index TEXT NOT NULL,
  user_id TEXT,
  recording BIGINT NOT NULL,
  ring_timeout_s BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  UNIQUE (organisation, number_index)
);

CREATE TABLE recording_opt_ins (
  organisation TEXT NOT NULL,
  extension TEXT NOT NULL,
  at BIGINT NOT NULL,
  recording BIGINT NOT NULL
);
CREATE INDEX recording_opt_ins_by_extension ON recording_opt_ins (organisation, extension, at);

CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id),
  extension TEXT NOT NULL REFERENCES extensions (id),
  username_index TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  UNIQUE (organisation, username_index)
);
CREATE INDEX devices_by_extension ON devices (organisation, extension);

CREATE TABLE registrations (
  organisation TEXT NOT NULL,
  device TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  contact_index TEXT NOT NULL,
  extension TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (device, contact_index)
);
CREATE INDEX registrations_by_organisation ON registrations (organisation);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);

CREATE TABLE calls (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id),
  closed BIGINT NOT NULL,
  direction BIGINT NOT NULL,
  disposition BIGINT NOT NULL,
  hangup_side BIGINT NOT NULL,
  sip_status BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  answered_at BIGINT,
  ended_at BIGINT,
  billed_s BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  sealed_detail TEXT NOT NULL
);
CREATE INDEX calls_by_time ON calls (organisation, closed, started_at, id);

CREATE TABLE call_extensions (
  organisation TEXT NOT NULL,
  extension TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  PRIMARY KEY (call_id, extension)
);
CREATE INDEX call_extensions_by_extension ON call_extensions (organisation, extension, call_id);

CREATE TABLE call_numbers (
  organisation TEXT NOT NULL,
  number_index TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  PRIMARY KEY (call_id, number_index)
);
CREATE INDEX call_numbers_by_number ON call_numbers (organisation, number_index, call_id);

CREATE TABLE recordings (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id),
  state BIGINT NOT NULL,
  blob_id TEXT NOT NULL,
  length_ms BIGINT NOT NULL,
  channels BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  notice_played BIGINT NOT NULL,
  notice_ended_at BIGINT,
  opted_in TEXT,
  sealed TEXT NOT NULL
);
CREATE INDEX recordings_by_call ON recordings (organisation, call_id);
CREATE INDEX recordings_by_state ON recordings (organisation, state);

CREATE TABLE transcripts (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id),
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  engine TEXT NOT NULL,
  language TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  UNIQUE (recording_id)
);
CREATE INDEX transcripts_by_call ON transcripts (organisation, call_id);

CREATE TABLE analyses (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id),
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  engine TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed_headline TEXT NOT NULL,
  sealed TEXT NOT NULL,
  UNIQUE (recording_id)
);
CREATE INDEX analyses_by_call ON analyses (organisation, call_id);

-- source: 'call', or the id of the recording whose transcript or analysis the word stands in.
CREATE TABLE search_terms (
  organisation TEXT NOT NULL,
  term_index TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  PRIMARY KEY (organisation, term_index, call_id, source)
);
CREATE INDEX search_terms_by_call ON search_terms (call_id, source);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  kind TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  call_id TEXT,
  recording_id TEXT,
  state BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  run_at BIGINT NOT NULL,
  lease TEXT,
  lease_until BIGINT,
  progress BIGINT NOT NULL,
  progress_text TEXT NOT NULL,
  error TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  sealed TEXT NOT NULL,
  UNIQUE (organisation, kind, idempotency_key)
);
CREATE INDEX jobs_by_due ON jobs (state, run_at);
CREATE INDEX jobs_by_call ON jobs (organisation, call_id);

CREATE TABLE counters (
  organisation TEXT NOT NULL,
  name TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (organisation, name)
);

CREATE TABLE events (
  organisation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  at BIGINT NOT NULL,
  call_id TEXT,
  sealed TEXT NOT NULL,
  PRIMARY KEY (organisation, seq)
);
CREATE INDEX events_by_call ON events (organisation, call_id);
CREATE INDEX events_by_time ON events (at);

CREATE TABLE audit (
  organisation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  target TEXT NOT NULL,
  result TEXT NOT NULL,
  details TEXT NOT NULL,
  commitments TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  sealed_with TEXT NOT NULL,
  sealed TEXT,
  PRIMARY KEY (organisation, seq)
);
CREATE INDEX audit_by_target ON audit (organisation, target);

-- The signed end of each chain, overwritten by every append; without it the last entries could be cut off unseen.
CREATE TABLE audit_heads (
  organisation TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL
);

CREATE TABLE audit_checkpoints (
  organisation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  at BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (organisation, seq)
);

CREATE TABLE deadlines (
  organisation TEXT NOT NULL,
  kind BIGINT NOT NULL,
  thing TEXT NOT NULL,
  call_id TEXT NOT NULL,
  base_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  rule TEXT NOT NULL,
  PRIMARY KEY (organisation, kind, thing)
);
CREATE INDEX deadlines_by_due ON deadlines (due_at);
CREATE INDEX deadlines_by_call ON deadlines (organisation, call_id);

CREATE TABLE holds (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls (id),
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  released_at BIGINT,
  released_by TEXT NOT NULL,
  sealed TEXT NOT NULL
);
CREATE INDEX holds_by_call ON holds (organisation, call_id);

CREATE TABLE policies (
  organisation TEXT NOT NULL,
  version BIGINT NOT NULL,
  document TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (organisation, version)
);

-- Erasures under way; a row outlives a crash and is removed together with the writing of its receipt.
CREATE TABLE erasures (
  organisation TEXT NOT NULL,
  kind TEXT NOT NULL,
  thing TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (organisation, kind, thing)
);

CREATE TABLE receipts (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  kind TEXT NOT NULL,
  thing TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  document TEXT NOT NULL,
  signature TEXT NOT NULL,
  key_id TEXT NOT NULL,
  public_key TEXT NOT NULL
);
CREATE UNIQUE INDEX receipts_by_thing ON receipts (organisation, kind, thing);
CREATE INDEX receipts_by_time ON receipts (organisation, created_at, id);

CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  holds BIGINT NOT NULL,
  violated BIGINT NOT NULL,
  not_checkable BIGINT NOT NULL,
  document TEXT NOT NULL,
  signature TEXT NOT NULL,
  key_id TEXT NOT NULL,
  public_key TEXT NOT NULL
);
CREATE INDEX reports_by_time ON reports (organisation, created_at, id);
