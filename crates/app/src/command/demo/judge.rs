//! The judge: looks at the company's books, at ours, and at what the generator says.

use crate::command::demo::stage::{Stage, lock};
use crate::command::statement::LedgerView;
use crate::exit::Stop;
use api::view::StatementView;
use engine::AuditReport;
use kernel::ReasonCode;
use serde::Serialize;
use std::collections::BTreeMap;
use store::document::{DocRow, DocState};
use workload::Expected;

/// Documents looked at in one page.
const PAGE: i64 = 1_000;

/// Everything the judge found.
pub struct Verdict {
    /// The statement.
    pub statement: StatementView,
    /// Business keys that stand more than once in the company's books.
    pub duplicates: Vec<String>,
    /// Transactions of the company that carry our marker and belong to no document of ours.
    pub strays: Vec<String>,
    /// Documents we call posted that the company does not hold as we say.
    pub missing: Vec<String>,
    /// Documents, and those of them verified.
    pub documents: u64,
    /// Documents read back and found equal.
    pub verified: u64,
    /// Documents that are neither verified nor removed, by state.
    pub unverified: BTreeMap<&'static str, u64>,
    /// Sub-ledger and trial balance.
    pub ledger: LedgerView,
    /// The audit log.
    pub audit: AuditReport,
    /// What the generator expects and what was found.
    pub expected: Vec<Expectation>,
    /// Calls by kind, as metered.
    pub calls: Vec<(String, i64)>,
}

/// One number that the generator knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// What it counts.
    pub what: String,
    /// What the generator says.
    pub expected: i64,
    /// What was found.
    pub found: i64,
}

/// Judges the stage. The audit log is verified beside everything else.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
pub async fn judge(stage: &Stage) -> Result<Verdict, Stop> {
    let engine = &stage.site.engine;
    let auditor = engine.clone();
    let audit = tokio::spawn(async move { auditor.audit_verify().await });
    let statement = StatementView::of(&engine::statement(&engine.store).await?, None);
    let settings = &stage.site.settings;
    let check = engine.check_sub_ledger(settings.home, settings.fiscal_year_month).await?;
    let ledger = LedgerView::of(&check);
    let mut books = Books::of(stage);
    let mut after = String::new();
    let mut tx = engine.store.read().await?;
    loop {
        let page = store::document::page(tx.as_mut(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.key.0);
        for row in &page {
            books.look_up(row);
        }
    }
    let since = kernel::BusinessDate::from_days(0);
    let calls = store::lane::metered(tx.as_mut(), &engine.lane, since).await?;
    let expected = workload::expected(&stage.shape);
    let found = expectations(stage, &statement, &expected);
    drop(tx);
    Ok(books.verdict(statement, ledger, audit.await??, found, calls))
}

/// The company's transactions, crossed off as documents claim them.
struct Books {
    duplicates: Vec<String>,
    open: BTreeMap<u32, Transaction>,
    missing: Vec<String>,
    documents: u64,
    verified: u64,
    unverified: BTreeMap<&'static str, u64>,
}

struct Transaction {
    kind: &'static str,
    total_minor: i64,
    /// The marker in its note, else empty.
    marker: Box<str>,
}

impl Books {
    fn of(stage: &Stage) -> Self {
        let company = lock(&stage.company);
        let open = company
            .transactions()
            .filter(|t| !t.voided)
            .map(|t| {
                let marker = marker(&t.private_note).into();
                (t.id, Transaction { kind: t.kind.name(), total_minor: t.total, marker })
            })
            .collect();
        let duplicates = company
            .duplicates()
            .into_iter()
            .map(|d| format!("{} {}: ids {:?}", d.kind.name(), d.marker, d.ids))
            .collect();
        Self {
            duplicates,
            open,
            missing: Vec::new(),
            documents: 0,
            verified: 0,
            unverified: BTreeMap::new(),
        }
    }

    fn look_up(&mut self, row: &DocRow) {
        let Some(document) = row.document() else { return };
        if row.state == DocState::Removed {
            return;
        }
        self.documents += 1;
        if row.state == DocState::Verified {
            self.verified += 1;
        } else {
            *self.unverified.entry(row.state.as_str()).or_default() += 1;
        }
        let Some(ledger) = &row.ledger else { return };
        let held = ledger.id.parse().ok().and_then(|id: u32| self.open.remove(&id));
        let right = held.is_some_and(|t| {
            t.kind == quickbooks_kind(document.kind)
                && t.total_minor == document.total_minor
                && *t.marker == *row.key.marker()
        });
        if !right {
            self.missing.push(format!("{} (ledger id {})", row.key, ledger.id));
        }
    }

    fn verdict(
        self,
        statement: StatementView,
        ledger: LedgerView,
        audit: AuditReport,
        expected: Vec<Expectation>,
        calls: Vec<(String, i64)>,
    ) -> Verdict {
        let strays =
            self.open.iter().map(|(id, t)| format!("{} {id}, marker `{}`", t.kind, t.marker));
        Verdict {
            statement,
            duplicates: self.duplicates,
            strays: strays.collect(),
            missing: self.missing,
            documents: self.documents,
            verified: self.verified,
            unverified: self.unverified,
            ledger,
            audit,
            expected,
            calls,
        }
    }
}

/// Our marker in the note of a transaction, else nothing.
fn marker(note: &str) -> &str {
    let text = note.split_once("tieout:").map_or("", |(_, rest)| rest);
    text.split_whitespace().next().unwrap_or_default()
}

/// The company's name for a kind of document (quickbooks.md §8).
fn quickbooks_kind(kind: kernel::DocumentKind) -> &'static str {
    use kernel::DocumentKind as K;
    match kind {
        K::SalesReceipt => "SalesReceipt",
        K::Invoice => "Invoice",
        K::Payment => "Payment",
        K::CreditMemo => "CreditMemo",
        K::RefundReceipt => "RefundReceipt",
        K::Expense => "Purchase",
        K::Transfer => "Transfer",
        K::JournalEntry => "JournalEntry",
        K::Deposit => "Deposit",
    }
}

/// What the generator says beside what the statement and the door say.
fn expectations(stage: &Stage, s: &StatementView, e: &Expected) -> Vec<Expectation> {
    let mut out = Vec::new();
    let mut expect = |what: &str, expected: i64, found: i64| {
        out.push(Expectation { what: what.to_owned(), expected, found });
    };
    let door = *stage.received.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    expect("deliveries", int(e.deliveries), int(door.kept + door.duplicates + door.refused));
    expect("repeated deliveries", int(e.duplicates), int(door.duplicates));
    expect("refused deliveries", int(e.refused), int(door.refused));
    let class = |name: &str| s.rows.iter().filter(move |r| r.class == name).collect::<Vec<_>>();
    let sales = class("sale");
    expect(
        "sales posted",
        int(e.posted.count),
        sales.iter().map(|r| int(r.sums.counts.posted)).sum(),
    );
    expect("sales posted, amount", e.posted.minor, sales.iter().map(|r| r.sums.posted).sum());
    let term = |held: bool, code: ReasonCode| -> (i64, i64) {
        let terms = sales.iter().flat_map(|r| if held { &r.held_by } else { &r.excluded_by });
        terms
            .filter(|t| t.code == code.code())
            .fold((0, 0), |sum, t| (sum.0 + int(t.count), sum.1 + t.amount))
    };
    for (code, n) in &e.held {
        let (count, amount) = term(true, *code);
        expect(&format!("sales held {code}"), int(n.count), count);
        expect(&format!("sales held {code}, amount"), n.minor, amount);
    }
    for (code, n) in &e.excluded {
        let (count, amount) = term(false, *code);
        expect(&format!("sales excluded {code}"), int(n.count), count);
        expect(&format!("sales excluded {code}, amount"), n.minor, amount);
    }
    let pending: u64 = e.pending.values().map(|c| c.count).sum();
    let pending_minor: i64 = e.pending.values().map(|c| c.minor).sum();
    expect("sales pending", int(pending), sales.iter().map(|r| int(r.sums.counts.pending)).sum());
    expect("sales pending, amount", pending_minor, sales.iter().map(|r| r.sums.pending).sum());
    let refunds = class("refund");
    expect("refunds posted, amount", -e.refunds.minor, refunds.iter().map(|r| r.sums.posted).sum());
    let payouts = class("payout");
    expect("payouts posted, amount", e.payouts.minor, payouts.iter().map(|r| r.sums.posted).sum());
    out
}
