-- Where the reading of a list goes on that is not only asked for by time, in its own words.
ALTER TABLE poll ADD COLUMN place TEXT NOT NULL DEFAULT '';
