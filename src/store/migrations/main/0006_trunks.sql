-- Carriers, one row a trunk. Name, host, password, numbers: all that tells who telephones by whom is sealed.

CREATE TABLE trunks (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id),
  name_index TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  UNIQUE (organisation, name_index)
);
