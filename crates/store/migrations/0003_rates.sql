-- Home units for one unit of a foreign document's currency, as the ledger states it; exact text.
ALTER TABLE document ADD COLUMN ledger_rate TEXT;
