//! A second, smaller account of what the ledger should hold, from the accepted facts alone. It shares
//! no code with the rules: order, money, refund, payout and dispute in a few lines each, for the
//! default rules. Documents that a person has to decide about may be missing; none may be too many.

use crate::evidence::Evidence;
use crate::world::World;
use kernel::{
    BusinessDate, BusinessKey, Fact, FactBody, Order, Payment, Refund, Subject, SubjectKind,
};
use std::collections::{BTreeMap, BTreeSet};
use store::document::DocState;

/// What the ledger should hold under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// QuickBooks' name of the type.
    pub(crate) kind: &'static str,
    pub(crate) date: BusinessDate,
    /// Minor units of the shop's currency.
    pub(crate) total: i64,
}

pub(crate) type Books = BTreeMap<String, Wanted>;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let mut books = Books::new();
    for (subject, facts) in by_subject(&evidence.facts) {
        // A day's sales are one journal, which the judges of totals compare.
        let is_summed = matches!(subject.kind, SubjectKind::Sale | SubjectKind::Adjustment);
        if !(world.profile.summary && is_summed) {
            books.extend(wanted(subject, &facts));
        }
    }
    compare(world, evidence, &books, out);
}

/// Facts by what they are about.
pub(crate) fn by_subject(facts: &[Fact]) -> BTreeMap<&Subject, Vec<&Fact>> {
    let mut subjects: BTreeMap<&Subject, Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        subjects.entry(&fact.subject).or_default().push(fact);
    }
    subjects
}

/// What the ledger should hold of a subject, by key.
pub(crate) fn wanted(subject: &Subject, facts: &[&Fact]) -> Books {
    let mut books = Books::new();
    match subject.kind {
        SubjectKind::Sale => sale(&subject.key, facts, &mut books),
        SubjectKind::Payout => payout(&subject.key, facts, &mut books),
        SubjectKind::Dispute => dispute(&subject.key, facts, &mut books),
        SubjectKind::Adjustment => adjustment(&subject.key, facts, &mut books),
        SubjectKind::Fee => fee(&subject.key, facts, &mut books),
        _ => {}
    }
    books
}

/// Which records may be missing: a person has to decide about them, and is told so.
pub(crate) struct Excused<'a> {
    /// Keys of documents and subjects that an open exception names.
    held: BTreeSet<&'a str>,
    /// Keys of documents that wait for others.
    waiting: BTreeSet<&'a str>,
}

impl<'a> Excused<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Self {
        let mut held: BTreeSet<&str> = evidence.open.iter().map(|e| e.document.as_str()).collect();
        let claims = evidence.claims.iter().filter(|c| c.outcome == "held");
        held.extend(claims.map(|c| c.subject.as_str()));
        held.remove("");
        let waiting = evidence.docs.iter().filter(|r| r.state == DocState::Waiting);
        Self { held, waiting: waiting.map(|r| r.key.as_str()).collect() }
    }

    pub(crate) fn is(&self, key: &str) -> bool {
        self.waiting.contains(key) || self.held.iter().any(|h| key.starts_with(h))
    }
}

fn compare(world: &World, evidence: &Evidence, books: &Books, out: &mut Vec<String>) {
    let (company, excused) = (world.company(), Excused::of(evidence));
    let mut live = BTreeMap::new();
    for t in company.transactions().filter(|t| !t.voided) {
        let mark = t.private_note.split("tieout:").nth(1).unwrap_or_default();
        if let Some(mark) = mark.split_whitespace().next() {
            live.insert(mark.to_owned(), t);
        }
    }
    for (key, wanted) in books {
        let found = live.remove(&BusinessKey::new(key.as_str()).marker());
        match found {
            None if excused.is(key) => {}
            None => out.push(format!("{key} should be there: {wanted:?}")),
            Some(t) => {
                let same = t.txn_date == wanted.date.to_string() && t.total == wanted.total;
                if !(same && t.kind.name() == wanted.kind) {
                    let (kind, date, total) = (t.kind.name(), &t.txn_date, t.total);
                    let found = format!("{kind} of {date}, {total}");
                    out.push(format!("{key} should be {wanted:?}, the ledger holds a {found}"));
                }
            }
        }
    }
    let summaries = |t: &quickbooks_sim::LiveTransaction| {
        world.profile.summary && t.kind == quickbooks_sim::TxnKind::JournalEntry
    };
    for (mark, t) in live.into_iter().filter(|(_, t)| !summaries(t)) {
        let name = t.kind.name();
        out.push(format!("nothing asks for {name} {} of {} ({mark})", t.id, t.txn_date));
    }
}

/// The latest fact of each movement.
fn latest<'a>(facts: &[&'a Fact], takes: impl Fn(&FactBody) -> bool) -> Vec<&'a Fact> {
    let mut by_key: BTreeMap<&str, &Fact> = BTreeMap::new();
    for fact in facts.iter().filter(|f| takes(&f.body)) {
        let known = by_key.entry(fact.key.as_str()).or_insert(fact);
        if known.version < fact.version {
            *known = fact;
        }
    }
    by_key.into_values().collect()
}

fn sale(subject: &str, facts: &[&Fact], books: &mut Books) {
    let orders =
        latest(facts, |b| matches!(b, FactBody::OrderCreated(_) | FactBody::OrderUpdated(_)));
    let newest = orders.iter().max_by_key(|f| f.version);
    let Some(FactBody::OrderCreated(order) | FactBody::OrderUpdated(order)) =
        newest.map(|f| &f.body)
    else {
        return;
    };
    let captured = latest(facts, |b| matches!(b, FactBody::PaymentCaptured(_)));
    let captured: Vec<&Payment> = captured
        .iter()
        .filter_map(|f| match &f.body {
            FactBody::PaymentCaptured(p) if !p.test => Some(p),
            _ => None,
        })
        .collect();
    let (gifts, money): (Vec<&Payment>, Vec<&Payment>) =
        captured.into_iter().partition(|p| p.processor == "gift_card");
    let cards = latest(facts, |b| matches!(b, FactBody::GiftCardRedeemed(_)));
    let redeemed = cards.iter().filter_map(|f| match &f.body {
        FactBody::GiftCardRedeemed(card) => Some(card.amount_minor),
        _ => None,
    });
    let gift: i64 = gifts.iter().map(|p| p.amount_minor).chain(redeemed).sum();
    let payable = order.total_minor - gift;
    let unpaid = order.paid_at_checkout && money.is_empty() && payable > 0;
    if order.test || order.draft || unpaid || !foots(order) || is_nothing(order) {
        return;
    }
    let mut post = |suffix: String, kind, date, total| {
        books.insert(format!("{subject}/{suffix}"), Wanted { kind, date, total });
    };
    match money.as_slice() {
        [] if order.credit => {
            post("credit".to_owned(), "CreditMemo", order.business_date, -order.total_minor);
        }
        [] if !order.paid_at_checkout => {
            post("invoice".to_owned(), "Invoice", order.business_date, payable);
        }
        [] => post("receipt".to_owned(), "SalesReceipt", order.business_date, payable),
        [one] if one.amount_minor == payable => {
            post("receipt".to_owned(), "SalesReceipt", order.business_date, payable);
        }
        several => {
            post("invoice".to_owned(), "Invoice", order.business_date, payable);
            for p in several {
                let suffix = format!("payment/{}", p.payment_id);
                post(suffix, "Payment", p.business_date, p.amount_minor);
            }
        }
    }
    for fact in latest(facts, |b| matches!(b, FactBody::RefundIssued(_))) {
        if let FactBody::RefundIssued(refund) = &fact.body {
            refunded(refund, facts, &mut post);
        }
    }
}

fn refunded(
    refund: &Refund,
    facts: &[&Fact],
    post: &mut impl FnMut(String, &'static str, BusinessDate, i64),
) {
    if refund.test {
        return;
    }
    let mut tenders: BTreeMap<&str, i64> = BTreeMap::new();
    for p in &refund.payments {
        *tenders.entry(tender(p, facts)).or_default() += p.amount_minor;
    }
    for (tender, amount) in tenders {
        let kind = if tender == "gift_card" { "JournalEntry" } else { "RefundReceipt" };
        let suffix = format!("refund/{}/{tender}", refund.refund_id);
        post(suffix, kind, refund.business_date, amount);
    }
}

/// By what a payment went back: as its refund says, else as it came.
fn tender<'a>(back: &'a Payment, facts: &[&'a Fact]) -> &'a str {
    let came = facts.iter().find_map(|f| match &f.body {
        FactBody::PaymentCaptured(p) if p.payment_id == back.payment_id => Some(&*p.processor),
        FactBody::GiftCardRedeemed(g) if g.card_id == back.payment_id => Some("gift_card"),
        _ => None,
    });
    if back.processor.is_empty() { came.unwrap_or_default() } else { &back.processor }
}

/// Lines less discounts plus tax are the total; what a marketplace withholds is no part of it.
fn foots(order: &Order) -> bool {
    let lines: i64 = order.lines.iter().map(|l| l.gross_minor - l.discount_minor).sum();
    let own = order.taxes.iter().filter(|t| !t.marketplace);
    let tax: i64 = own.map(|t| t.amount_minor).sum();
    let tax = if order.tax_included { 0 } else { tax };
    lines + tax + order.rounding_minor == order.total_minor
}

fn is_nothing(order: &Order) -> bool {
    order.total_minor == 0 && order.lines.iter().all(|l| l.gross_minor == 0 || order.tax_included)
}

fn payout(subject: &str, facts: &[&Fact], books: &mut Books) {
    let paid = latest(facts, |b| matches!(b, FactBody::PayoutPaid(_)));
    let Some(FactBody::PayoutPaid(payout)) = paid.first().map(|f| &f.body) else { return };
    let date = payout.business_date;
    if payout.amount_minor != 0 {
        let total = payout.amount_minor.abs();
        books.insert(format!("{subject}/transfer"), Wanted { kind: "Transfer", date, total });
    }
    let items = latest(facts, |b| matches!(b, FactBody::PayoutItemised(_)));
    let Some(FactBody::PayoutItemised(items)) = items.first().map(|f| &f.body) else { return };
    let fees: i64 = items
        .entries
        .iter()
        .map(|e| match e.category.as_str() {
            "charge" | "refund" => e.fee_minor,
            "fee" => e.fee_minor - e.gross_minor,
            _ => 0,
        })
        .sum();
    if fees > 0 {
        books.insert(format!("{subject}/fees"), Wanted { kind: "Purchase", date, total: fees });
    }
}

/// What a buyer on account does not owe any more, or owes beyond the invoice.
fn adjustment(subject: &str, facts: &[&Fact], books: &mut Books) {
    for fact in latest(facts, |b| matches!(b, FactBody::AdjustmentRecorded(_))) {
        if let FactBody::AdjustmentRecorded(a) = &fact.body {
            let (kind, date, total) = ("JournalEntry", a.business_date, a.amount_minor.abs());
            let key = format!("{subject}/journal/adjustment/{}", a.adjustment_id);
            books.insert(key, Wanted { kind, date, total });
        }
    }
}

/// A fee that is told by itself.
fn fee(subject: &str, facts: &[&Fact], books: &mut Books) {
    for fact in latest(facts, |b| matches!(b, FactBody::FeeCharged(_))) {
        if let FactBody::FeeCharged(f) = &fact.body {
            let (date, total) = (f.business_date, f.amount_minor);
            let key = format!("{subject}/fee/{}", fact.key);
            books.insert(key, Wanted { kind: "Purchase", date, total });
        }
    }
}

fn dispute(subject: &str, facts: &[&Fact], books: &mut Books) {
    let mut entry = |name: &str, date, total: i64| {
        if total > 0 {
            let key = format!("{subject}/journal/{name}");
            books.insert(key, Wanted { kind: "JournalEntry", date, total });
        }
    };
    for fact in latest(facts, |_| true) {
        match &fact.body {
            FactBody::DisputeOpened(d) => {
                entry("opened", d.business_date, d.amount_minor + d.fee_minor);
            }
            FactBody::DisputeWon(d) => entry("won", d.business_date, d.amount_minor),
            FactBody::DisputeLost(d) => entry("lost", d.business_date, d.amount_minor),
            _ => {}
        }
    }
}
