//! The report of the demo: one object for machines, one screen for people.

use crate::cli::DemoArgs;
use crate::command::demo::crew::Crew;
use crate::command::demo::judge::{Expectation, Verdict};
use crate::command::demo::stage::{Stage, lock};
use crate::command::statement::{self, LedgerView};
use crate::output::table::{table, text};
use crate::output::{count, money_with, ratio};
use api::view::{StatementView, TotalView};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

/// What the demo prints with `--json`. Amounts are minor units of `currency`.
#[derive(Serialize)]
pub struct Report {
    orders: u32,
    seed: u64,
    currency: String,
    received: i64,
    posted: i64,
    verified: i64,
    pending: i64,
    held: i64,
    excluded: i64,
    difference: i64,
    duplicates: usize,
    strays: usize,
    missing: usize,
    documents: u64,
    documents_verified: u64,
    unverified: BTreeMap<&'static str, u64>,
    breaks: usize,
    accounts: usize,
    calls: i64,
    metered_reads: i64,
    calls_by_kind: BTreeMap<String, i64>,
    /// Decimal text.
    calls_per_verified_document: String,
    /// Decimal text.
    metered_reads_per_verified_document: String,
    deliveries: u64,
    deliveries_repeated: u64,
    deliveries_refused: u64,
    faults: BTreeMap<String, u64>,
    setbacks: BTreeMap<&'static str, u64>,
    killed: u64,
    workers: u64,
    audit_entries: u64,
    audit_facts: u64,
    audit_root: String,
    /// Decimal text.
    seconds: String,
    peak_memory_kib: Option<u64>,
    /// Promises that failed; empty when all were kept.
    pub failures: Vec<String>,
    expected: Vec<Expectation>,
    #[serde(skip)]
    statement: StatementView,
    #[serde(skip)]
    ledger: LedgerView,
}

impl Report {
    /// The report about what the judge found.
    pub fn of(stage: &Stage, args: &DemoArgs, crew: &Crew, v: Verdict, took: Duration) -> Self {
        let totals = v.statement.totals.first().cloned().unwrap_or_default();
        let door = *stage.received.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let calls: i64 = v.calls.iter().map(|(_, n)| n).sum();
        let metered_reads: i64 = v
            .calls
            .iter()
            .filter(|(k, _)| engine::METERED_CALLS.contains(&k.as_str()))
            .map(|(_, n)| n)
            .sum();
        let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
        let failures = failures(&v, &totals, crew, args);
        Self {
            orders: args.orders,
            seed: args.seed,
            currency: totals.currency,
            received: totals.received,
            posted: totals.posted,
            verified: totals.verified,
            pending: totals.pending,
            held: totals.held,
            excluded: totals.excluded,
            difference: totals.difference,
            duplicates: v.duplicates.len(),
            strays: v.strays.len(),
            missing: v.missing.len(),
            documents: v.documents,
            documents_verified: v.verified,
            unverified: v.unverified,
            breaks: v.ledger.breaks.len(),
            accounts: v.ledger.accounts,
            calls,
            metered_reads,
            calls_per_verified_document: ratio(unsigned(calls), v.verified, 4),
            metered_reads_per_verified_document: ratio(unsigned(metered_reads), v.verified, 4),
            calls_by_kind: v.calls.into_iter().collect(),
            deliveries: door.kept + door.duplicates + door.refused,
            deliveries_repeated: door.duplicates,
            deliveries_refused: door.refused,
            faults: lock(&stage.company)
                .faults_drawn()
                .iter()
                .map(|(kind, n)| (snake(&format!("{kind:?}")), *n))
                .collect(),
            setbacks: crew.past.setbacks.clone(),
            killed: crew.killed,
            workers: crew.workers,
            audit_entries: v.audit.entries,
            audit_facts: v.audit.facts,
            audit_root: v.audit.root,
            seconds: money_with(i128::try_from(took.as_millis()).unwrap_or(0), 3),
            peak_memory_kib: peak_memory_kib(),
            failures,
            expected: v.expected,
            statement: v.statement,
            ledger: v.ledger,
        }
    }

    /// The report for people.
    pub fn screen(&self) -> String {
        let mut out = format!(
            "One shop's month, {} orders, seed {}: {} deliveries ({} repeated, {} refused for \
             their signature), {} facts.\n\nTIE-OUT STATEMENT\n{}\n\n{}\n",
            count(self.orders),
            self.seed,
            count(self.deliveries),
            count(self.deliveries_repeated),
            count(self.deliveries_refused),
            count(self.audit_facts),
            statement::screen(&self.statement),
            statement::ledger_screen(&self.ledger, &self.currency),
        );
        out.push_str(&self.judged());
        out.push_str(&self.costs());
        let verdict = if self.failures.is_empty() {
            "\nEvery promise was kept.".to_owned()
        } else {
            format!("\nPROMISES BROKEN\n  {}", self.failures.join("\n  "))
        };
        out.push_str(&verdict);
        out
    }

    fn judged(&self) -> String {
        let right = self.expected.iter().filter(|e| e.expected == e.found).count();
        let mut t = table(&["found in the books of the company", ""], &[1]);
        for (what, n) in [
            ("duplicates", self.duplicates as u64),
            ("transactions without a document of ours", self.strays as u64),
            ("documents of ours it does not hold as we say", self.missing as u64),
            ("documents", self.documents),
            ("of them read back and found equal", self.documents_verified),
        ] {
            t.add_row(vec![what.to_owned(), count(n)]);
        }
        format!(
            "\n{}\n\nAudit log intact: {} entries, {} facts, root {}.\nThe generator's own \
             numbers: {right} of {} agree.\n",
            text(&t),
            count(self.audit_entries),
            count(self.audit_facts),
            self.audit_root,
            self.expected.len()
        )
    }

    fn costs(&self) -> String {
        let mut out = String::new();
        let mut t = table(&["calls to the ledger", "count", ""], &[1]);
        for (kind, n) in &self.calls_by_kind {
            let metered =
                if engine::METERED_CALLS.contains(&kind.as_str()) { "metered" } else { "" };
            t.add_row(vec![kind.clone(), count(*n), metered.to_owned()]);
        }
        t.add_row(vec!["all".to_owned(), count(self.calls), String::new()]);
        let _ = write!(
            out,
            "\n{}\n\n{} calls and {} metered reads per verified document.\n",
            text(&t),
            self.calls_per_verified_document,
            self.metered_reads_per_verified_document
        );
        let mut t = table(&["faults that were injected", "count"], &[1]);
        for (kind, n) in &self.faults {
            t.add_row(vec![kind.replace('_', " "), count(*n)]);
        }
        let memory = self
            .peak_memory_kib
            .map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", count(kib / 1_024)));
        let _ = write!(
            out,
            "\n{}\n\nThe worker was killed {} times; {} workers took turns.\n{} seconds, peak \
             memory {memory}, simulator and generator included.\nThe company's throttle was \
             lifted, its latency 0, and waits were short: call deadline 1 s, throttle wait 20 ms, \
             first backoff 5 ms, settling 50 ms.\n",
            text(&t),
            self.killed,
            self.workers,
            self.seconds,
        );
        out
    }
}

/// Every promise that does not hold, with numbers.
fn failures(v: &Verdict, totals: &TotalView, crew: &Crew, args: &DemoArgs) -> Vec<String> {
    let mut out = Vec::new();
    let some = |list: &[String]| list.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
    if !v.statement.ties_out || v.statement.rows.is_empty() {
        out.push(format!("the statement does not tie out: difference {}", totals.difference));
    }
    for (what, list) in [
        ("duplicates in the ledger", &v.duplicates),
        ("transactions nobody asked for", &v.strays),
        ("documents missing or different in the ledger", &v.missing),
        ("faults of the audit log", &v.audit.faults),
    ] {
        if !list.is_empty() {
            out.push(format!("{} {what}: {}", list.len(), some(list)));
        }
    }
    if !v.unverified.is_empty() {
        out.push(format!("documents that are not verified: {:?}", v.unverified));
    }
    if !v.ledger.breaks.is_empty() {
        out.push(format!("{} accounts differ from the trial balance", v.ledger.breaks.len()));
    }
    for e in v.expected.iter().filter(|e| e.expected != e.found) {
        out.push(format!("{}: the generator says {}, found {}", e.what, e.expected, e.found));
    }
    if crew.killed < 3 && args.orders >= 1_000 {
        out.push(format!("the worker was killed only {} times", crew.killed));
    }
    out
}

/// What to try while the demo serves.
pub fn next_steps(stage: &Stage, at: SocketAddr) -> String {
    let data = stage.site.data.display();
    format!(
        "Serving on http://{at} until Ctrl-C. Try in another terminal:\n  \
         tieout status --data {data}\n  tieout explain 1001 --data {data}\n  \
         tieout exceptions list --group-by cause --data {data}\n  \
         tieout audit verify --data {data}\n  curl http://{at}/v1/statement"
    )
}

/// `LostBefore` as `lost_before`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The most memory this process ever held, as the kernel counts it.
fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
