-- Calls to the ledger within the last minute, and what its limits are known to leave: one row that
-- all processes share, opaque to SQL.
CREATE TABLE pace (
  lane TEXT PRIMARY KEY,
  state BYTEA NOT NULL
) /*STRICT*/;
