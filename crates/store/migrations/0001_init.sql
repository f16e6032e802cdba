-- One database (or one PostgreSQL schema) holds one tenant: no table has a tenant column.
-- Ids are 16-byte UUIDv7, times microseconds UTC, dates days since 1970-01-01, money minor units
-- with its currency, JSON canonical text. The same text serves both engines (see migrate.rs).

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) /*STRICT*/;

-- Raw deliveries, byte for byte, before anything parses them.
CREATE TABLE delivery (
  id BYTEA PRIMARY KEY,
  source TEXT NOT NULL,
  dedupe TEXT NOT NULL,
  topic TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  headers TEXT NOT NULL,
  body BYTEA NOT NULL,
  sha256 BYTEA NOT NULL,
  signature TEXT NOT NULL CHECK (signature IN ('valid', 'unsigned', 'refused')),
  state TEXT NOT NULL CHECK (state IN ('received', 'normalised', 'ignored', 'faulted', 'refused')),
  note TEXT NOT NULL,
  copies BIGINT NOT NULL,
  batch BYTEA NOT NULL,
  UNIQUE (source, dedupe)
) /*STRICT*/;
CREATE INDEX delivery_received ON delivery (id) WHERE state = 'received';
CREATE INDEX delivery_refused ON delivery (id) WHERE state = 'refused';
CREATE INDEX delivery_batch ON delivery (batch, id);

-- Bodies too large for one row (imported files), in order.
CREATE TABLE delivery_part (
  delivery_id BYTEA NOT NULL,
  n BIGINT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (delivery_id, n)
) /*STRICT*/;

-- Canonical events, immutable.
CREATE TABLE fact (
  id BYTEA PRIMARY KEY,
  delivery_id BYTEA NOT NULL,
  place TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  econ_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  kind TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  known_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  leaf BYTEA NOT NULL,
  batch BYTEA NOT NULL,
  UNIQUE (econ_key, version, leaf)
) /*STRICT*/;
CREATE INDEX fact_subject ON fact (subject_kind, subject_key);
CREATE INDEX fact_batch ON fact (batch, id);

-- What is folded and decided as one. revision counts new knowledge, decided says up to which
-- revision the documents below are right.
CREATE TABLE item (
  id BYTEA PRIMARY KEY,
  subject_kind TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  lane TEXT NOT NULL,
  number TEXT NOT NULL,
  customer TEXT NOT NULL,
  is_credit BIGINT NOT NULL,
  is_faulty BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  UNIQUE (subject_kind, subject_key)
) /*STRICT*/;
CREATE INDEX item_undecided ON item (lane, id) WHERE decided < revision;
CREATE INDEX item_customer ON item (customer) WHERE customer <> '';
CREATE INDEX item_number ON item (number) WHERE number <> '';

-- What the source says moved, one row per amount, and where it stands.
CREATE TABLE claim (
  item_id BYTEA NOT NULL,
  key TEXT NOT NULL,
  class TEXT NOT NULL,
  date BIGINT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('document', 'held', 'excluded', 'pending')),
  code TEXT NOT NULL,
  document_key TEXT NOT NULL,
  PRIMARY KEY (item_id, key)
) /*STRICT*/;
CREATE INDEX claim_document ON claim (document_key) WHERE document_key <> '';

-- Parts of summary journals, by the item they come from.
CREATE TABLE contribution (
  summary_key TEXT NOT NULL,
  item_id BYTEA NOT NULL,
  claim TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (summary_key, item_id, claim)
) /*STRICT*/;
CREATE INDEX contribution_item ON contribution (item_id);

-- What the ledger should hold under one business key, the intent to make it so, and what the
-- ledger was last known to hold. References (accounts, items, customers) are rows too.
CREATE TABLE document (
  key TEXT PRIMARY KEY,
  item_id BYTEA,
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'in_flight', 'unknown', 'stale',
    'posted', 'verified', 'divergent', 'quarantined', 'removed')),
  act TEXT NOT NULL CHECK (act IN ('create', 'update', 'void', 'delete')),
  body TEXT NOT NULL,
  marker TEXT NOT NULL,
  date BIGINT NOT NULL,
  currency TEXT NOT NULL,
  number TEXT NOT NULL,
  total_minor BIGINT NOT NULL,
  ledger_id TEXT,
  ledger_version TEXT,
  ledger_total_minor BIGINT,
  -- Digest of what the ledger held when it last agreed with us.
  ledger_digest TEXT,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  call_id TEXT,
  call_position BIGINT,
  call_size BIGINT,
  sent_at BIGINT,
  posted_at BIGINT,
  verified_at BIGINT,
  redo BIGINT NOT NULL,
  reason TEXT NOT NULL
) /*STRICT*/;
CREATE INDEX document_due ON document (lane, due_at, key)
  WHERE state IN ('ready', 'unknown', 'stale');
CREATE INDEX document_doubtful ON document (lane, due_at, key) WHERE state IN ('unknown', 'stale');
CREATE INDEX document_unverified ON document (lane, kind, posted_at) WHERE state = 'posted';
CREATE INDEX document_quarantined ON document (lane, reason) WHERE state = 'quarantined';
CREATE INDEX document_in_flight ON document (lane) WHERE state = 'in_flight';
CREATE INDEX document_call ON document (call_id) WHERE call_id IS NOT NULL;
CREATE INDEX document_item ON document (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX document_ledger ON document (ledger_id) WHERE ledger_id IS NOT NULL;
CREATE INDEX document_number ON document (number) WHERE number <> '';

-- Documents that wait for another row to be posted first.
CREATE TABLE need (
  document_key TEXT NOT NULL,
  needs_key TEXT NOT NULL,
  PRIMARY KEY (document_key, needs_key)
) /*STRICT*/;
CREATE INDEX need_needs ON need (needs_key);

-- The sub-ledger: debits positive, credits negative, of every document the ledger holds.
CREATE TABLE posting (
  document_key TEXT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  PRIMARY KEY (document_key, account)
) /*STRICT*/;

-- Every write that was tried.
CREATE TABLE attempt (
  id BYTEA PRIMARY KEY,
  document_key TEXT NOT NULL,
  n BIGINT NOT NULL,
  act TEXT NOT NULL,
  call_id TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT,
  detail TEXT
) /*STRICT*/;
CREATE INDEX attempt_document ON attempt (document_key);

-- Items that need a decision. At most one open exception per scope and code.
CREATE TABLE exception (
  id BYTEA PRIMARY KEY,
  scope TEXT NOT NULL,
  code TEXT NOT NULL,
  item_id BYTEA,
  document_key TEXT NOT NULL,
  delivery_id BYTEA,
  place TEXT NOT NULL,
  detail TEXT NOT NULL,
  upstream TEXT NOT NULL,
  raw TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  resolution TEXT NOT NULL
) /*STRICT*/;
CREATE UNIQUE INDEX exception_open ON exception (scope, code) WHERE closed_at IS NULL;
CREATE INDEX exception_item ON exception (item_id) WHERE item_id IS NOT NULL;

-- One worker at a time decides for a lane; fence grows with every change of owner.
CREATE TABLE lane (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fence BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  closed_until BIGINT,
  ledger_closed_until BIGINT,
  rules_sha256 TEXT NOT NULL,
  -- Up to when other people's changes to the ledger are known, by the ledger's clock.
  watched_until BIGINT,
  -- Since when changes may have been missed, and when everything was last read again.
  missed_since BIGINT,
  reread_at BIGINT
) /*STRICT*/;

-- OAuth tokens, encrypted before they come here, and what must be known of them without the key:
-- whose they are, when they end, and since when a person is needed.
CREATE TABLE token (
  lane TEXT PRIMARY KEY,
  realm TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  refresh_sha256 BYTEA NOT NULL,
  refresh_until BIGINT NOT NULL,
  hard_until BIGINT,
  connected_at BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  broken TEXT NOT NULL,
  broken_at BIGINT
) /*STRICT*/;
CREATE INDEX token_realm ON token (realm);

-- Requests for a person's consent. Each comes back once.
CREATE TABLE consent (
  nonce BYTEA PRIMARY KEY,
  lane TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  outcome TEXT NOT NULL
) /*STRICT*/;

-- What the company behind a lane is and how it is set, as read last (JSON).
CREATE TABLE company (
  lane TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  read_at BIGINT NOT NULL
) /*STRICT*/;

-- What the ledger said has changed there. A hint that was followed stays for a while, so that the
-- same event is known when it is delivered again.
CREATE TABLE hint (
  id BYTEA PRIMARY KEY,
  lane TEXT NOT NULL,
  event TEXT NOT NULL,
  realm TEXT NOT NULL,
  entity TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  other_id TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  done_at BIGINT,
  UNIQUE (lane, event)
) /*STRICT*/;
CREATE INDEX hint_pending ON hint (lane, id) WHERE done_at IS NULL;
CREATE INDEX hint_done ON hint (done_at) WHERE done_at IS NOT NULL;

-- Calls to the ledger by day and kind.
CREATE TABLE meter (
  lane TEXT NOT NULL,
  day BIGINT NOT NULL,
  kind TEXT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (lane, day, kind)
) /*STRICT*/;

-- Control totals of imported files.
CREATE TABLE import (
  delivery_id BYTEA PRIMARY KEY,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reading', 'complete', 'cut')),
  groups_done BIGINT NOT NULL,
  lines BIGINT NOT NULL,
  currency TEXT NOT NULL,
  exact_sum TEXT NOT NULL,
  booked_minor BIGINT NOT NULL,
  note TEXT NOT NULL,
  UNIQUE (source, sha256)
) /*STRICT*/;

-- The audit log: entry bytes are written once and never re-serialised.
CREATE TABLE audit_head (
  origin TEXT PRIMARY KEY,
  size BIGINT NOT NULL,
  last_leaf BYTEA NOT NULL,
  frontier BYTEA NOT NULL
) /*STRICT*/;
CREATE TABLE audit_entry (
  idx BIGINT PRIMARY KEY,
  entry BYTEA NOT NULL,
  leaf BYTEA NOT NULL
) /*STRICT*/;
