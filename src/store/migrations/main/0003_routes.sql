-- What numbers that are no extension mean, one row a route. Name, pattern, numbers and destination are sealed.

CREATE TABLE routes (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id),
  name_index TEXT NOT NULL,
  position BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  UNIQUE (organisation, name_index)
);
