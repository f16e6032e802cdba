-- Ids of documents that the ledger held once: somebody, or we, voided or deleted them. The ledger tells
-- deletions by id alone.
CREATE TABLE former (
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  ledger_id TEXT NOT NULL,
  PRIMARY KEY (lane, kind, ledger_id)
) /*STRICT*/;
