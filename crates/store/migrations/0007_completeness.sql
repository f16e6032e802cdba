-- What each source listed for a day when it was last compared, beside what was known here.
CREATE TABLE completeness (
  source TEXT NOT NULL,
  day BIGINT NOT NULL,
  kind TEXT NOT NULL,
  currency TEXT NOT NULL,
  listed_count BIGINT NOT NULL,
  listed_minor BIGINT NOT NULL,
  known_count BIGINT NOT NULL,
  known_minor BIGINT NOT NULL,
  missing BIGINT NOT NULL,
  unlisted BIGINT NOT NULL,
  differing BIGINT NOT NULL,
  checked_at BIGINT NOT NULL,
  PRIMARY KEY (source, day, kind, currency)
) /*STRICT*/;
-- Up to which day each source was compared, and when.
CREATE TABLE compared (
  source TEXT PRIMARY KEY,
  first_day BIGINT NOT NULL,
  last_day BIGINT NOT NULL,
  checked_at BIGINT NOT NULL
) /*STRICT*/;
