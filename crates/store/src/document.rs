//! Documents and references: what the ledger should hold and what it is known to hold.

use crate::args::{args, statements};
use crate::delivery::id;
use crate::{Result, StoreError};
use kernel::{
    BusinessDate, BusinessKey, Currency, Document, DocumentKind, Id, Reference, ReferenceKind,
    Timestamp,
};
use ports::{Act, LedgerRef, Row, SqlTx, TargetSubject, Value};
use std::sync::Arc;

macro_rules! columns {
    () => {
        "key, item_id, lane, kind, state, act, body, marker, ledger_id, ledger_version, \
         ledger_total_minor, due_at, tries, generation, call_id, call_position, call_size, \
         sent_at, posted_at, verified_at, redo, reason"
    };
}

// SQLite uses a partial index only when the condition of the index stands in the statement, word
// for word, even where another condition implies it.
statements! {
    UPSERT = "INSERT INTO document (key, item_id, lane, kind, state, act, body, marker, date, \
              currency, number, total_minor, ledger_id, ledger_version, ledger_total_minor, due_at, \
              tries, generation, call_id, call_position, call_size, sent_at, posted_at, \
              verified_at, redo, reason) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
              $18, $19, $20, $21, $22, $23, $24, $25, $26) \
              ON CONFLICT (key) DO UPDATE SET item_id = excluded.item_id, lane = excluded.lane, \
              kind = excluded.kind, state = excluded.state, \
              act = excluded.act, body = excluded.body, date = excluded.date, \
              currency = excluded.currency, number = excluded.number, \
              total_minor = excluded.total_minor, ledger_id = excluded.ledger_id, \
              ledger_version = excluded.ledger_version, \
              ledger_total_minor = excluded.ledger_total_minor, due_at = excluded.due_at, \
              tries = excluded.tries, generation = excluded.generation, \
              call_id = excluded.call_id, call_position = excluded.call_position, \
              call_size = excluded.call_size, sent_at = excluded.sent_at, \
              posted_at = excluded.posted_at, verified_at = excluded.verified_at, \
              redo = excluded.redo, reason = excluded.reason",
        [Text, Bytes, Text, Text, Text, Text, Text, Text, Int, Text, Text, Int, Text, Text, Int,
         Int, Int, Int, Text, Int, Int, Int, Int, Int, Int, Text] => [];
    SETTLE = "UPDATE document SET state = $2, act = $3, ledger_id = $4, ledger_version = $5, \
              ledger_total_minor = $6, due_at = $7, tries = $8, generation = $9, call_id = $10, \
              call_position = $11, call_size = $12, sent_at = $13, posted_at = $14, \
              verified_at = $15, reason = $16 WHERE key = $1 RETURNING key, redo, item_id",
        [Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int, Int, Int, Int, Int, Text]
        => [Text, Int, Bytes];
    SET_REDO = "UPDATE document SET redo = $2 WHERE key = $1", [Text, Int] => [];
    ADD_REFERENCE = "INSERT INTO document (key, item_id, lane, kind, state, act, body, marker, \
                     date, currency, number, total_minor, due_at, tries, generation, redo, reason) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                     $16, $17) ON CONFLICT (key) DO NOTHING",
        [Text, Bytes, Text, Text, Text, Text, Text, Text, Int, Text, Text, Int, Int, Int, Int, Int,
         Text] => [];
    BY_KEY = concat!("SELECT ", columns!(), " FROM document WHERE key = $1"), [Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    OF_ITEM = concat!("SELECT ", columns!(), " FROM document WHERE item_id = $1 ORDER BY key"),
        [Bytes] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    READY = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND due_at <= $2 \
            AND state = 'ready' AND state IN ('ready', 'unknown', 'stale') \
            ORDER BY due_at, key LIMIT $3"), [Text, Int, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    DOUBTFUL = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND due_at <= $2 \
               AND state IN ('unknown', 'stale') AND state IN ('ready', 'unknown', 'stale') \
               ORDER BY due_at, key LIMIT $3"),
        [Text, Int, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    OF_CALL = concat!("SELECT ", columns!(), " FROM document WHERE call_id = $1 \
              ORDER BY call_position"), [Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    IN_FLIGHT = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 \
                AND state = 'in_flight' ORDER BY key LIMIT $2"), [Text, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    UNVERIFIED = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND kind = $2 \
                 AND state = 'posted' ORDER BY posted_at, key LIMIT $3"),
        [Text, Text, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    UNVERIFIED_COUNTS = "SELECT kind, count(*), CAST(min(posted_at) AS BIGINT) FROM document \
                         WHERE lane = $1 AND state = 'posted' GROUP BY kind ORDER BY kind",
        [Text] => [Text, Int, Int];
    NEXT_DUE = "SELECT CAST(min(due_at) AS BIGINT) FROM document WHERE lane = $1 \
                AND state IN ('ready', 'unknown', 'stale')", [Text] => [Int];
    NEXT_VERIFICATION = "SELECT CAST(min(due_at) AS BIGINT) FROM document WHERE lane = $1 \
                         AND state = 'posted'", [Text] => [Int];
    REFERENCES = "SELECT kind, number, ledger_id FROM document WHERE lane = $1 \
                  AND kind IN ('account', 'item', 'customer') AND ledger_id IS NOT NULL \
                  AND state IN ('posted', 'verified')", [Text] => [Text, Text, Text];
    BY_NUMBER = concat!("SELECT ", columns!(), " FROM document WHERE number = $1 AND number <> '' \
                AND kind NOT IN ('account', 'item', 'customer') ORDER BY key"),
        [Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    EVERY = concat!("SELECT ", columns!(), " FROM document ORDER BY key"), [] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text];
    COUNTS = "SELECT kind, state, count(*) FROM document GROUP BY kind, state \
              ORDER BY kind, state", [] => [Text, Text, Int];
    NEED = "INSERT INTO need (document_key, needs_key) VALUES ($1, $2) \
            ON CONFLICT (document_key, needs_key) DO NOTHING", [Text, Text] => [];
    NEEDS_GONE = "DELETE FROM need WHERE document_key = $1", [Text] => [];
    MET = "DELETE FROM need WHERE needs_key = $1 RETURNING document_key", [Text] => [Text];
    FREE = "UPDATE document SET state = 'ready', due_at = $2 WHERE key = $1 \
            AND state = 'waiting' AND NOT EXISTS (SELECT 1 FROM need WHERE document_key = $1)",
        [Text, Int] => [];
    NEEDS_OF = "SELECT needs_key FROM need WHERE document_key = $1 ORDER BY needs_key",
        [Text] => [Text];
    POSTINGS_GONE = "DELETE FROM posting WHERE document_key = $1", [Text] => [];
    POSTING = "INSERT INTO posting (document_key, account, currency, amount_minor) \
               VALUES ($1, $2, $3, $4)", [Text, Text, Text, Int] => [];
    TRIAL_BALANCE = "SELECT account, currency, CAST(sum(amount_minor) AS BIGINT) FROM posting \
                     GROUP BY account, currency ORDER BY account, currency",
        [] => [Text, Text, Int];
    ATTEMPT = "INSERT INTO attempt (id, document_key, n, act, call_id, started_at) \
               VALUES ($1, $2, $3, $4, $5, $6)", [Bytes, Text, Int, Text, Text, Int] => [];
    ATTEMPT_END = "UPDATE attempt SET ended_at = $2, outcome = $3, detail = $4 WHERE id = $1",
        [Bytes, Int, Text, Text] => [];
    ATTEMPTS = "SELECT n, act, call_id, started_at, ended_at, outcome, detail FROM attempt \
                WHERE document_key = $1 ORDER BY id",
        [Text] => [Int, Text, Text, Int, Int, Text, Text];
    RECENT_CALLS = "SELECT call_id, count(*), CAST(max(started_at) AS BIGINT) FROM attempt \
                    WHERE started_at >= $1 GROUP BY call_id ORDER BY 3", [Int] => [Text, Int, Int];
}

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocState {
    /// Something it needs is not in the ledger yet.
    Waiting,
    /// May be sent when due.
    Ready,
    /// Sent, no outcome recorded.
    InFlight,
    /// Sent, the outcome is not known: look before anything is sent again.
    Unknown,
    /// The ledger holds a newer version than we know: read it before deciding again.
    Stale,
    /// The ledger confirmed.
    Posted,
    /// An independent read-back agreed.
    Verified,
    /// The ledger holds something else; a person decides.
    Divergent,
    /// The ledger or a rule refused; a person decides.
    Quarantined,
    /// Voided or deleted in the ledger because it is no longer wanted.
    Removed,
}

impl DocState {
    const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Ready,
        Self::InFlight,
        Self::Unknown,
        Self::Stale,
        Self::Posted,
        Self::Verified,
        Self::Divergent,
        Self::Quarantined,
        Self::Removed,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::InFlight => "in_flight",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Posted => "posted",
            Self::Verified => "verified",
            Self::Divergent => "divergent",
            Self::Quarantined => "quarantined",
            Self::Removed => "removed",
        }
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// Stored name of an act.
pub const fn act_name(act: Act) -> &'static str {
    match act {
        Act::Create => "create",
        Act::Update => "update",
        Act::Void => "void",
        Act::Delete => "delete",
    }
}

/// One row: the intent and what is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocRow {
    /// The business key.
    pub key: BusinessKey,
    /// The item it belongs to; none for references.
    pub item: Option<Id>,
    /// The lane.
    pub lane: String,
    /// Where it stands.
    pub state: DocState,
    /// What is to be done, or was done last.
    pub act: Act,
    /// The content to send, in flight, or last sent.
    pub subject: TargetSubject,
    /// The ledger's handle.
    pub ledger: Option<LedgerRef>,
    /// What the ledger says the total is.
    pub ledger_total_minor: Option<i64>,
    /// When it may be worked on.
    pub due_at: Timestamp,
    /// Failed tries in a row.
    pub tries: i64,
    /// Grows with every deliberate re-creation.
    pub generation: i64,
    /// The call it travels or travelled in: id, position in it, number of ops in it.
    pub call: Option<(String, i64, i64)>,
    /// When it was sent last.
    pub sent_at: Option<Timestamp>,
    /// When the ledger confirmed.
    pub posted_at: Option<Timestamp>,
    /// When a read-back agreed.
    pub verified_at: Option<Timestamp>,
    /// New knowledge came while it was in flight: decide again once settled.
    pub redo: bool,
    /// Why it is held, a reason code, else empty.
    pub reason: String,
}

impl DocRow {
    /// A row for content that was never sent.
    pub fn new(lane: &str, item: Id, document: Document, due_at: Timestamp) -> Self {
        Self {
            key: document.key.clone(),
            item: Some(item),
            lane: lane.to_owned(),
            state: DocState::Ready,
            act: Act::Create,
            subject: TargetSubject::Document(Arc::new(document)),
            ledger: None,
            ledger_total_minor: None,
            due_at,
            tries: 0,
            generation: 1,
            call: None,
            sent_at: None,
            posted_at: None,
            verified_at: None,
            redo: false,
            reason: String::new(),
        }
    }

    /// The document, for rows that are not references.
    pub fn document(&self) -> Option<&Arc<Document>> {
        match &self.subject {
            TargetSubject::Document(d) => Some(d),
            TargetSubject::Reference(_) => None,
        }
    }

    /// The kind as stored.
    pub fn kind(&self) -> &'static str {
        kind_of(&self.subject)
    }
}

/// The key under which a reference is stored.
pub fn reference_key(key: &kernel::ReferenceKey) -> BusinessKey {
    BusinessKey(format!("ref/{}/{}", key.kind.as_str(), key.name))
}

fn kind_of(subject: &TargetSubject) -> &'static str {
    match subject {
        TargetSubject::Document(d) => d.kind.as_str(),
        TargetSubject::Reference(r) => r.key().kind.as_str(),
    }
}

fn body_of(subject: &TargetSubject) -> Result<String> {
    match subject {
        TargetSubject::Document(d) => serde_json::to_string(d.as_ref()),
        TargetSubject::Reference(r) => serde_json::to_string(r),
    }
    .map_err(|e| StoreError::Damaged(e.to_string()))
}

/// Stores rows in full, new or changed.
pub async fn put(tx: &mut dyn SqlTx, rows: &[DocRow]) -> Result<()> {
    let mut all = Vec::with_capacity(rows.len());
    for r in rows {
        let (date, currency, number, total) = match &r.subject {
            TargetSubject::Document(d) => (
                i64::from(d.date.days()),
                d.currency.code().to_owned(),
                d.number.clone().unwrap_or_default(),
                d.total_minor,
            ),
            TargetSubject::Reference(x) => (0_i64, String::new(), x.key().name, 0_i64),
        };
        let mut row = args![
            r.key.as_str(),
            r.item.map(|i| i.0.to_vec()),
            r.lane.as_str(),
            r.kind(),
            r.state.as_str(),
            act_name(r.act),
            body_of(&r.subject)?,
            r.key.marker(),
            date,
            currency,
            number,
            total,
        ];
        row.extend(ledger_args(r));
        row.extend(progress_args(r));
        row.insert(row.len() - 1, Value::from(i64::from(r.redo)));
        all.push(row);
    }
    tx.run_many(&UPSERT, &all).await?;
    Ok(())
}

/// Stores progress of rows whose content did not change. Returns the items about which new
/// knowledge came meanwhile: they have to be decided again.
pub async fn settle(tx: &mut dyn SqlTx, rows: &[DocRow]) -> Result<Vec<Id>> {
    let all: Vec<_> = rows
        .iter()
        .map(|r| {
            let mut row = args![r.key.as_str(), r.state.as_str(), act_name(r.act)];
            row.extend(ledger_args(r));
            row.extend(progress_args(r));
            row
        })
        .collect();
    let done = tx.run_many(&SETTLE, &all).await?;
    let mut items = Vec::new();
    let mut keys = Vec::new();
    for r in &done.rows {
        if r.int(1)? == 1 {
            keys.push(args![r.text(0)?, 0_i64]);
            items.extend(r.opt_bytes(2)?.map(id).transpose()?);
        }
    }
    tx.run_many(&SET_REDO, &keys).await?;
    Ok(items)
}

/// Remembers that a document has to be decided again once it is settled.
pub async fn set_redo(tx: &mut dyn SqlTx, documents: &[BusinessKey]) -> Result<()> {
    let rows: Vec<_> = documents.iter().map(|d| args![d.as_str(), 1_i64]).collect();
    tx.run_many(&SET_REDO, &rows).await?;
    Ok(())
}

fn ledger_args(r: &DocRow) -> Vec<Value> {
    args![
        r.ledger.as_ref().map(|l| l.id.as_str()),
        r.ledger.as_ref().map(|l| l.version.as_str()),
        r.ledger_total_minor,
    ]
}

fn progress_args(r: &DocRow) -> Vec<Value> {
    args![
        r.due_at.0,
        r.tries,
        r.generation,
        r.call.as_ref().map(|c| c.0.as_str()),
        r.call.as_ref().map(|c| c.1),
        r.call.as_ref().map(|c| c.2),
        r.sent_at.map(|t| t.0),
        r.posted_at.map(|t| t.0),
        r.verified_at.map(|t| t.0),
        r.reason.as_str(),
    ]
}

/// Makes sure references are known; known ones are left alone. New ones start as `unknown`: they
/// may exist in the ledger already, so they are looked for before they are made.
pub async fn add_references(
    tx: &mut dyn SqlTx,
    lane: &str,
    references: &[Reference],
    now: Timestamp,
) -> Result<()> {
    let mut rows = Vec::with_capacity(references.len());
    for r in references {
        let key = reference_key(&r.key());
        let body = serde_json::to_string(r).map_err(|e| StoreError::Damaged(e.to_string()))?;
        rows.push(args![
            key.as_str(),
            Value::Null,
            lane,
            r.key().kind.as_str(),
            DocState::Unknown.as_str(),
            "create",
            body,
            key.marker(),
            0,
            "",
            r.key().name,
            0,
            now.0,
            0,
            1,
            0,
            "",
        ]);
    }
    tx.run_many(&ADD_REFERENCE, &rows).await?;
    Ok(())
}

/// The row under a business key.
pub async fn by_key(tx: &mut dyn SqlTx, key: &BusinessKey) -> Result<Option<DocRow>> {
    tx.run(&BY_KEY, &args![key.as_str()]).await?.iter().map(row).next().transpose()
}

/// The documents of an item.
pub async fn of_item(tx: &mut dyn SqlTx, item: Id) -> Result<Vec<DocRow>> {
    tx.run(&OF_ITEM, &args![item.0.as_slice()]).await?.iter().map(row).collect()
}

/// Documents that may be sent now, longest due first.
pub async fn ready(
    tx: &mut dyn SqlTx,
    lane: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&READY, &args![lane, now.0, limit]).await?.iter().map(row).collect()
}

/// Rows whose fate has to be looked up.
pub async fn doubtful(
    tx: &mut dyn SqlTx,
    lane: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&DOUBTFUL, &args![lane, now.0, limit]).await?.iter().map(row).collect()
}

/// Rows that travelled in one call, in their order.
pub async fn of_call(tx: &mut dyn SqlTx, call: &str) -> Result<Vec<DocRow>> {
    tx.run(&OF_CALL, &args![call]).await?.iter().map(row).collect()
}

/// Rows sent without a recorded outcome.
pub async fn in_flight(tx: &mut dyn SqlTx, lane: &str, limit: i64) -> Result<Vec<DocRow>> {
    tx.run(&IN_FLIGHT, &args![lane, limit]).await?.iter().map(row).collect()
}

/// Confirmed documents of one kind that no read-back covered yet, oldest first.
pub async fn unverified(
    tx: &mut dyn SqlTx,
    lane: &str,
    kind: DocumentKind,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&UNVERIFIED, &args![lane, kind.as_str(), limit]).await?.iter().map(row).collect()
}

/// Unverified documents: (kind, count, oldest confirmation).
pub async fn unverified_counts(
    tx: &mut dyn SqlTx,
    lane: &str,
) -> Result<Vec<(DocumentKind, i64, Timestamp)>> {
    let rows = tx.run(&UNVERIFIED_COUNTS, &args![lane]).await?;
    let mut found = Vec::new();
    for r in &rows {
        if let Some(kind) = DocumentKind::parse(r.text(0)?) {
            found.push((kind, r.int(1)?, Timestamp(r.opt_int(2)?.unwrap_or_default())));
        }
    }
    Ok(found)
}

/// When the next row of the lane wants work, if any does.
pub async fn next_due(tx: &mut dyn SqlTx, lane: &str) -> Result<Option<Timestamp>> {
    let rows = tx.run(&NEXT_DUE, &args![lane]).await?;
    Ok(rows.first().map(|r| r.opt_int(0)).transpose()?.flatten().map(Timestamp))
}

/// When the next confirmed document may be read back, if any waits for it.
pub async fn next_verification(tx: &mut dyn SqlTx, lane: &str) -> Result<Option<Timestamp>> {
    let rows = tx.run(&NEXT_VERIFICATION, &args![lane]).await?;
    Ok(rows.first().map(|r| r.opt_int(0)).transpose()?.flatten().map(Timestamp))
}

/// References the ledger is known to hold.
pub async fn references(
    tx: &mut dyn SqlTx,
    lane: &str,
) -> Result<Vec<(kernel::ReferenceKey, String)>> {
    let rows = tx.run(&REFERENCES, &args![lane]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for r in &rows {
        if let Some(kind) = ReferenceKind::parse(r.text(0)?) {
            let key = kernel::ReferenceKey { kind, name: r.text(1)?.to_owned() };
            found.push((key, r.text(2)?.to_owned()));
        }
    }
    Ok(found)
}

/// Documents with a document number.
pub async fn by_number(tx: &mut dyn SqlTx, number: &str) -> Result<Vec<DocRow>> {
    tx.run(&BY_NUMBER, &args![number]).await?.iter().map(row).collect()
}

/// Every row: for judges and exports.
pub async fn all(tx: &mut dyn SqlTx) -> Result<Vec<DocRow>> {
    tx.run(&EVERY, &[]).await?.iter().map(row).collect()
}

/// Rows by kind and state.
pub async fn counts(tx: &mut dyn SqlTx) -> Result<Vec<(String, String, i64)>> {
    let rows = tx.run(&COUNTS, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.text(1)?.to_owned(), r.int(2)?))).collect()
}

/// Replaces what a document waits for.
pub async fn set_needs(
    tx: &mut dyn SqlTx,
    documents: &[BusinessKey],
    needs: &[(BusinessKey, BusinessKey)],
) -> Result<()> {
    let gone: Vec<_> = documents.iter().map(|d| args![d.as_str()]).collect();
    tx.run_many(&NEEDS_GONE, &gone).await?;
    let rows: Vec<_> = needs.iter().map(|(d, n)| args![d.as_str(), n.as_str()]).collect();
    tx.run_many(&NEED, &rows).await?;
    Ok(())
}

/// What a document waits for.
pub async fn needs_of(tx: &mut dyn SqlTx, document: &BusinessKey) -> Result<Vec<String>> {
    let rows = tx.run(&NEEDS_OF, &args![document.as_str()]).await?;
    rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}

/// Sets documents free that waited only for `posted` rows.
pub async fn free(tx: &mut dyn SqlTx, posted: &[BusinessKey], now: Timestamp) -> Result<u64> {
    let rows: Vec<_> = posted.iter().map(|k| args![k.as_str()]).collect();
    let met = tx.run_many(&MET, &rows).await?;
    let mut waiting =
        met.rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect::<Result<Vec<_>>>()?;
    waiting.sort();
    waiting.dedup();
    let rows: Vec<_> = waiting.into_iter().map(|k| args![k, now.0]).collect();
    Ok(tx.run_many(&FREE, &rows).await?.affected)
}

/// Replaces the sub-ledger postings of documents with those of what the ledger now holds
/// (`None`: nothing).
pub async fn post(
    tx: &mut dyn SqlTx,
    documents: &[(BusinessKey, Option<Arc<Document>>)],
    fresh: bool,
) -> Result<()> {
    if !fresh {
        let gone: Vec<_> = documents.iter().map(|(k, _)| args![k.as_str()]).collect();
        tx.run_many(&POSTINGS_GONE, &gone).await?;
    }
    let mut rows = Vec::new();
    for (key, document) in documents {
        let Some(document) = document else { continue };
        for p in document.postings() {
            rows.push(args![key.as_str(), p.account, document.currency.code(), p.amount_minor]);
        }
    }
    tx.run_many(&POSTING, &rows).await?;
    Ok(())
}

/// The sub-ledger's balance per account and currency, debit positive.
pub async fn trial_balance(tx: &mut dyn SqlTx) -> Result<Vec<(String, Currency, i64)>> {
    let rows = tx.run(&TRIAL_BALANCE, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), currency(r.text(1)?)?, r.int(2)?))).collect()
}

/// An attempt about to be made.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// Its id.
    pub id: Id,
    /// The document.
    pub document: BusinessKey,
    /// Which try this is.
    pub n: i64,
    /// What is done.
    pub act: Act,
    /// The call.
    pub call_id: String,
}

/// Records attempts before they are made.
pub async fn start(tx: &mut dyn SqlTx, batch: &[NewAttempt], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|a| {
            args![
                a.id.0.as_slice(),
                a.document.as_str(),
                a.n,
                act_name(a.act),
                a.call_id.as_str(),
                now.0,
            ]
        })
        .collect();
    tx.run_many(&ATTEMPT, &rows).await?;
    Ok(())
}

/// Records how attempts ended: (attempt, outcome, detail without ledger data).
pub async fn end(
    tx: &mut dyn SqlTx,
    batch: &[(Id, &'static str, String)],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|(id, outcome, detail)| args![id.0.as_slice(), now.0, *outcome, detail.as_str()])
        .collect();
    tx.run_many(&ATTEMPT_END, &rows).await?;
    Ok(())
}

/// An attempt as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Which try.
    pub n: i64,
    /// What was done.
    pub act: String,
    /// The call id, the ledger's request id.
    pub call_id: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When its outcome was recorded.
    pub ended_at: Option<Timestamp>,
    /// The outcome.
    pub outcome: Option<String>,
    /// More about it.
    pub detail: Option<String>,
}

/// All attempts for a document, oldest first.
pub async fn attempts(tx: &mut dyn SqlTx, document: &BusinessKey) -> Result<Vec<AttemptRow>> {
    let rows = tx.run(&ATTEMPTS, &args![document.as_str()]).await?;
    rows.iter()
        .map(|r| {
            Ok(AttemptRow {
                n: r.int(0)?,
                act: r.text(1)?.to_owned(),
                call_id: r.text(2)?.to_owned(),
                started_at: Timestamp(r.int(3)?),
                ended_at: r.opt_int(4)?.map(Timestamp),
                outcome: r.opt_text(5)?.map(str::to_owned),
                detail: r.opt_text(6)?.map(str::to_owned),
            })
        })
        .collect()
}

/// Calls started since `since`: (ops in the call, when it was last sent); the rate manager is
/// filled with them after a restart.
pub async fn recent_calls(tx: &mut dyn SqlTx, since: Timestamp) -> Result<Vec<(i64, Timestamp)>> {
    let rows = tx.run(&RECENT_CALLS, &args![since.0]).await?;
    rows.iter().map(|r| Ok((r.int(1)?, Timestamp(r.int(2)?)))).collect()
}

pub(crate) fn date(days: i64) -> Result<BusinessDate> {
    i32::try_from(days)
        .map(BusinessDate::from_days)
        .map_err(|_| StoreError::Damaged(format!("{days} is not a date")))
}

pub(crate) fn currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|_| StoreError::Damaged(format!("`{code}` is not a currency")))
}

fn row(r: &Row) -> Result<DocRow> {
    let damaged = |what: &str, e: String| StoreError::Damaged(format!("{what}: {e}"));
    let kind = r.text(3)?;
    let body = r.text(6)?;
    let subject = if ReferenceKind::parse(kind).is_some() {
        TargetSubject::Reference(
            serde_json::from_str(body).map_err(|e| damaged("a reference", e.to_string()))?,
        )
    } else {
        TargetSubject::Document(Arc::new(
            serde_json::from_str(body).map_err(|e| damaged("a document", e.to_string()))?,
        ))
    };
    let call = match (r.opt_text(14)?, r.opt_int(15)?, r.opt_int(16)?) {
        (Some(c), Some(p), Some(s)) => Some((c.to_owned(), p, s)),
        _ => None,
    };
    let ledger = match (r.opt_text(8)?, r.opt_text(9)?) {
        (Some(i), Some(v)) => Some(LedgerRef { id: i.to_owned(), version: v.to_owned() }),
        _ => None,
    };
    Ok(DocRow {
        key: BusinessKey::new(r.text(0)?),
        item: r.opt_bytes(1)?.map(id).transpose()?,
        lane: r.text(2)?.to_owned(),
        state: DocState::parse(r.text(4)?)
            .ok_or_else(|| damaged("a state", r.text(4).unwrap_or_default().to_owned()))?,
        act: match r.text(5)? {
            "create" => Act::Create,
            "update" => Act::Update,
            "void" => Act::Void,
            _ => Act::Delete,
        },
        subject,
        ledger,
        ledger_total_minor: r.opt_int(10)?,
        due_at: Timestamp(r.int(11)?),
        tries: r.int(12)?,
        generation: r.int(13)?,
        call,
        sent_at: r.opt_int(17)?.map(Timestamp),
        posted_at: r.opt_int(18)?.map(Timestamp),
        verified_at: r.opt_int(19)?.map(Timestamp),
        redo: r.int(20)? == 1,
        reason: r.text(21)?.to_owned(),
    })
}
