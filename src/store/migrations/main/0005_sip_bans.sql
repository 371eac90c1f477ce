-- Addresses that SIP is told nothing, or that are never banned: of the whole platform, so without an organisation.
-- The address is personal data and sealed; a row goes when its ban ends.
CREATE TABLE sip_bans (
  id TEXT PRIMARY KEY,
  until_at BIGINT,
  sealed TEXT NOT NULL
);
CREATE INDEX sip_bans_by_end ON sip_bans (until_at);
