-- How far each list of a source was read.
CREATE TABLE poll (
  source TEXT NOT NULL,
  stream TEXT NOT NULL,
  -- Everything before this moment was read.
  read_until BIGINT NOT NULL,
  tried_at BIGINT,
  failures BIGINT NOT NULL,
  note TEXT NOT NULL,
  listed BIGINT NOT NULL,
  PRIMARY KEY (source, stream)
) /*STRICT*/;
