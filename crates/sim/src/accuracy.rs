//! How far what stands in the company's books is what should: by record, by delivery, by amount.
//!
//! What should stand comes from the deliveries of the month alone, by the second account of
//! [`crate::oracle`], whatever the integration under test kept of them. All figures are counts and
//! minor units.

use crate::evidence::Evidence;
use crate::oracle::model::{self, Excused, Wanted};
use crate::world::{World, operator};
use kernel::{BusinessKey, Fact, Subject};
use quickbooks_sim::{LiveTransaction, TxnKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use store::document::{AttemptRow, DocState};

/// Records, deliveries and amounts of one run or of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Ledger documents that should stand: the sum of the next five.
    pub expected: u64,
    /// They stand exactly once with type, date, currency and total as they should; payments are
    /// applied in full.
    pub exact: u64,
    /// They do not stand or differ, an open exception says so, and a person decides.
    pub held: u64,
    /// They do not stand, and nobody is told.
    pub lost: u64,
    /// They stand once and differ, and nobody is told.
    pub wrong: u64,
    /// They stand more than once.
    pub repeated: u64,
    /// Objects too many: second copies, and such that nothing asks for.
    pub excess: u64,
    /// Of those, second copies.
    pub copies: u64,
    /// Orders, payouts and disputes.
    pub things: u64,
    /// Of those, such of which a record is not exact, or something stands in excess.
    pub things_wrong: u64,
    /// Deliveries whose signature fits, repeats included.
    pub deliveries: u64,
    /// Of those, deliveries about things of which nothing is wrong.
    pub deliveries_right: u64,
    /// By currency.
    pub amounts: BTreeMap<String, Amounts>,
}

/// Minor units of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Totals of the records that should stand.
    pub expected: i64,
    /// Totals of those of which an exact copy stands; what stands beside it is in `excess`.
    pub right: i64,
    /// Totals of those that do not stand.
    pub missing: i64,
    /// Totals of objects too many.
    pub excess: i64,
    /// Of those that stand with another total the difference, whichever way; of those that stand
    /// with another type, date, currency or application the whole total.
    pub off: i64,
}

impl Amounts {
    /// The absolute error: nothing that is missing is made good by something in excess.
    pub const fn error(&self) -> i64 {
        self.missing + self.excess + self.off
    }
}

impl AddAssign<&Self> for Accuracy {
    fn add_assign(&mut self, other: &Self) {
        let fields: [(&mut u64, u64); 12] = [
            (&mut self.expected, other.expected),
            (&mut self.exact, other.exact),
            (&mut self.held, other.held),
            (&mut self.lost, other.lost),
            (&mut self.wrong, other.wrong),
            (&mut self.repeated, other.repeated),
            (&mut self.excess, other.excess),
            (&mut self.copies, other.copies),
            (&mut self.things, other.things),
            (&mut self.things_wrong, other.things_wrong),
            (&mut self.deliveries, other.deliveries),
            (&mut self.deliveries_right, other.deliveries_right),
        ];
        for (sum, n) in fields {
            *sum += n;
        }
        for (currency, other) in &other.amounts {
            let sum = self.amounts.entry(currency.clone()).or_default();
            sum.expected += other.expected;
            sum.right += other.right;
            sum.missing += other.missing;
            sum.excess += other.excess;
            sum.off += other.off;
        }
    }
}

impl Accuracy {
    /// Compares the company's books with the deliveries of the month. `names` are keys of all documents
    /// that the integration made, for what nothing asks for; `is_told` says of a key whether a person
    /// is asked to decide about it.
    pub(crate) fn of(world: &World, names: &[BusinessKey], is_told: impl Fn(&str) -> bool) -> Self {
        let told = world.told();
        let facts: Vec<_> = told.iter().flatten().cloned().collect();
        let subjects = model::by_subject(&facts);
        let (mut found, currency) = (by_marker(world), world.shape.currency.code());
        let (mut sums, mut tainted) = (Self::default(), BTreeSet::new());
        for (subject, facts) in &subjects {
            for (key, wanted) in model::wanted(subject, facts) {
                let marker = BusinessKey::new(key.as_str()).marker();
                let stands = found.remove(&marker).unwrap_or_default();
                if !sums.record(&wanted, &stands, currency, is_told(&key)) {
                    tainted.insert(*subject);
                }
            }
        }
        for (marker, extra) in found {
            sums.too_many(&extra, currency);
            if let Some(name) = names.iter().find(|key| key.marker() == marker) {
                let is_of = |s: &&&Subject| name.as_str().starts_with(&format!("{}/", s.key));
                tainted.extend(subjects.keys().filter(is_of).copied());
            }
        }
        let is_right = |facts: &&Vec<Fact>| facts.iter().all(|f| !tainted.contains(&f.subject));
        sums.things = subjects.len() as u64;
        sums.things_wrong = tainted.len() as u64;
        sums.deliveries = told.len() as u64;
        sums.deliveries_right = told.iter().filter(is_right).count() as u64;
        sums
    }

    /// The same for a run of the product.
    pub(crate) fn of_product(world: &World, evidence: &Evidence) -> Self {
        let names: Vec<BusinessKey> = evidence.docs.iter().map(|r| r.key.clone()).collect();
        let excused = Excused::of(evidence);
        Self::of(world, &names, |key| excused.is(key))
    }

    /// Adds a record and what stands under its key. Whether it is exact.
    fn record(
        &mut self,
        wanted: &Wanted,
        stands: &[LiveTransaction],
        currency: &str,
        is_told: bool,
    ) -> bool {
        let amounts = self.amounts.entry(currency.to_owned()).or_default();
        amounts.expected += wanted.total;
        self.expected += 1;
        let best = stands.iter().find(|t| is_exact(wanted, t, currency)).or(stands.first());
        let exact = best.is_some_and(|t| is_exact(wanted, t, currency));
        match best {
            None => amounts.missing += wanted.total,
            Some(_) if exact => amounts.right += wanted.total,
            Some(t) if t.total == wanted.total => amounts.off += wanted.total,
            Some(t) => amounts.off += (t.total - wanted.total).abs(),
        }
        let verdict = match stands {
            [_] if exact => &mut self.exact,
            [_, _, ..] => &mut self.repeated,
            _ if is_told => &mut self.held,
            [] => &mut self.lost,
            [_] => &mut self.wrong,
        };
        *verdict += 1;
        if let Some(kept) = best {
            let copies: Vec<_> = stands.iter().filter(|t| t.id != kept.id).cloned().collect();
            self.copies += copies.len() as u64;
            self.too_many(&copies, currency);
        }
        exact && stands.len() == 1
    }

    /// Adds objects that should not stand.
    fn too_many(&mut self, extra: &[LiveTransaction], currency: &str) {
        let amounts = self.amounts.entry(currency.to_owned()).or_default();
        amounts.excess += extra.iter().map(|t| t.total).sum::<i64>();
        self.excess += extra.len() as u64;
    }
}

fn is_exact(wanted: &Wanted, t: &LiveTransaction, currency: &str) -> bool {
    let applied = t.kind != TxnKind::Payment || t.open == 0;
    t.kind.name() == wanted.kind
        && t.txn_date == wanted.date.to_string()
        && t.total == wanted.total
        && t.currency == currency
        && applied
}

/// What stands in the books and carries a marker, by marker. Whoever makes documents here marks them,
/// whether or not it ever looks for a marker.
fn by_marker(world: &World) -> BTreeMap<String, Vec<LiveTransaction>> {
    let mut found: BTreeMap<String, Vec<LiveTransaction>> = BTreeMap::new();
    let company = world.company();
    for t in company.transactions().filter(|t| !t.voided) {
        let mark = t.private_note.split("tieout:").nth(1).unwrap_or_default();
        if let Some(mark) = mark.split_whitespace().next() {
            found.entry(mark.to_owned()).or_default().push(t);
        }
    }
    found
}

/// Exceptions of a run of the product, by who ended them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Care {
    /// Closed by the product: what was in the way had passed.
    pub by_machine: u64,
    /// Decided by a person; twice decided counts twice. Decisions that nobody needed, which are among
    /// what goes wrong on purpose, do not count.
    pub by_person: u64,
    /// Open at the end, by reason: a person has still to decide.
    pub open: BTreeMap<String, u64>,
    /// Documents of which a call was refused, lost or unclear.
    pub troubled: u64,
    /// Of those, documents that are verified, or rightly gone again, and that no person ever decided
    /// about.
    pub recovered: u64,
}

impl Care {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let mut care = Self::default();
        let mut touched = BTreeSet::new();
        for entry in &evidence.entries {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            match text("type") {
                "exception.closed" => care.by_machine += 1,
                "exception.resolved" if text("note") != operator::IDLE_WHY => {
                    care.by_person += 1;
                    touched.insert(text("exception").to_owned());
                }
                _ => {}
            }
        }
        for e in &evidence.open {
            *care.open.entry(e.code.code().to_owned()).or_default() += 1;
        }
        let decided = evidence.closed.iter().filter(|e| touched.contains(&e.id.to_string()));
        let asked: BTreeSet<&str> =
            decided.chain(&evidence.open).map(|e| e.document.as_str()).collect();
        for row in &evidence.docs {
            let tries = evidence.tries.get(row.key.as_str()).map(Vec::as_slice).unwrap_or_default();
            let failed = |a: &AttemptRow| a.outcome.as_deref() != Some("confirmed");
            if tries.iter().any(failed) {
                care.troubled += 1;
                let alone = !asked.contains(row.key.as_str());
                let ended = matches!(row.state, DocState::Verified | DocState::Removed);
                care.recovered += u64::from(alone && ended);
            }
        }
        care
    }

    /// Exceptions of which a person decided or has still to decide.
    pub fn manual(&self) -> u64 {
        self.by_person + self.open.values().sum::<u64>()
    }
}

impl AddAssign<&Self> for Care {
    fn add_assign(&mut self, other: &Self) {
        self.by_machine += other.by_machine;
        self.by_person += other.by_person;
        self.troubled += other.troubled;
        self.recovered += other.recovered;
        for (code, n) in &other.open {
            *self.open.entry(code.clone()).or_default() += n;
        }
    }
}
