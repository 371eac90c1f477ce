-- Wrapped keys. The file is left out of ordinary backups.
CREATE TABLE keys (
  organisation TEXT NOT NULL,
  kind BIGINT NOT NULL,
  thing TEXT NOT NULL,
  wrapped TEXT NOT NULL,
  PRIMARY KEY (organisation, kind, thing)
);
