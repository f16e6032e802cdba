//! The fold of facts: the same state for every order and every repetition of them.

mod view;

use kernel::{
    BusinessDate, Dispute, EconomicKey, Edit, EventTime, Fact, FactBody, Order, Payout, Refund,
    SourceName, Subject,
};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What a fact speaks about, within its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Order,
    Cancelled,
    Payment,
    Refund,
    RefundFailed,
    Fee,
    PayoutPaid,
    PayoutFailed,
    PayoutItems,
    DisputeOpened,
    DisputeWon,
    DisputeLost,
    Adjustment,
    GiftCardSold,
    Edit,
    Fulfilled,
    Service,
    Returned,
    Settled,
    Converted,
    Granted,
    SellerPaid,
    WrittenOff,
}

/// Slot and, between facts of one key and version, which kind says more.
const fn slot(body: &FactBody) -> (Slot, u8) {
    match body {
        FactBody::OrderCreated(_) => (Slot::Order, 0),
        FactBody::OrderUpdated(_) => (Slot::Order, 1),
        FactBody::OrderCancelled(_) => (Slot::Cancelled, 0),
        FactBody::PaymentAuthorised(_) => (Slot::Payment, 0),
        FactBody::PaymentFailed(_) => (Slot::Payment, 1),
        FactBody::PaymentVoided(_) => (Slot::Payment, 2),
        FactBody::GiftCardRedeemed(_) => (Slot::Payment, 3),
        FactBody::PaymentCaptured(_) => (Slot::Payment, 4),
        FactBody::RefundIssued(_) => (Slot::Refund, 0),
        FactBody::RefundFailed(_) => (Slot::RefundFailed, 0),
        FactBody::FeeCharged(_) => (Slot::Fee, 0),
        FactBody::PayoutPaid(_) => (Slot::PayoutPaid, 0),
        FactBody::PayoutFailed(_) => (Slot::PayoutFailed, 0),
        FactBody::PayoutItemised(_) => (Slot::PayoutItems, 0),
        FactBody::DisputeOpened(_) => (Slot::DisputeOpened, 0),
        FactBody::DisputeWon(_) => (Slot::DisputeWon, 0),
        FactBody::DisputeLost(_) => (Slot::DisputeLost, 0),
        FactBody::AdjustmentRecorded(_) => (Slot::Adjustment, 0),
        FactBody::GiftCardSold(_) => (Slot::GiftCardSold, 0),
        FactBody::OrderEdited(_) => (Slot::Edit, 0),
        FactBody::OrderFulfilled(_) => (Slot::Fulfilled, 0),
        FactBody::ServiceScheduled(_) => (Slot::Service, 0),
        FactBody::PaymentReturned(_) => (Slot::Returned, 0),
        FactBody::PaymentSettled(_) => (Slot::Settled, 0),
        FactBody::BalanceConverted(_) => (Slot::Converted, 0),
        FactBody::CreditGranted(_) => (Slot::Granted, 0),
        FactBody::SellerPaid(_) => (Slot::SellerPaid, 0),
        FactBody::ReceivableWrittenOff(_) => (Slot::WrittenOff, 0),
    }
}

/// Slots of which a subject has one, whatever the keys of its facts.
const fn single(slot: Slot) -> bool {
    matches!(
        slot,
        Slot::Order | Slot::Cancelled | Slot::PayoutPaid | Slot::PayoutFailed | Slot::PayoutItems
    )
}

/// The last word on everything the facts of one subject speak about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    subject: Subject,
    /// One fact per slot and key, sorted by both.
    facts: Vec<Fact>,
    /// How the order stood before it was edited, where it was; without edits told as such the
    /// versions of it that cost something else than the one before, the first one first.
    versions: Vec<Fact>,
    /// What a payment or refund came to beyond what the books expected, by key and tender, minor
    /// units; see [`State::in_books`].
    exchange: BTreeMap<(EconomicKey, String), i64>,
}

/// Folds the facts of one subject. Within a key the highest version wins; between equal versions
/// the fact that says more (captured over authorised, updated over created), then the greater
/// canonical JSON, so the result depends on the set of facts alone.
///
/// A revision with another amount under one key therefore replaces; a second movement needs its
/// own key.
pub fn fold(subject: &Subject, facts: &[Fact]) -> State {
    let mut refs: Vec<&Fact> = facts.iter().collect();
    refs.sort_by(|a, b| same_thing(a, b).then_with(|| precedence(a, b)));
    let mut last: Vec<Fact> = Vec::with_capacity(refs.len());
    for (i, fact) in refs.iter().enumerate() {
        let superseded = refs.get(i + 1).is_some_and(|next| same_thing(fact, next).is_eq());
        if !superseded {
            last.push((*fact).clone());
        }
    }
    name_tenders(&refs, &mut last);
    let versions = versions(&refs, &last);
    State { subject: subject.clone(), facts: last, versions, exchange: BTreeMap::new() }
}

/// A refund that names the payment it gives back, and not by what that was paid, went back as another
/// word on it says, else as the payment came. What two payments of one id came by is not guessed.
fn name_tenders(sorted: &[&Fact], last: &mut [Fact]) {
    let named = |id: &str, refund_id: &str| {
        let told = sorted.iter().rev().filter_map(|f| refund_of(&f.body));
        let told = told.filter(|r| r.refund_id == refund_id).flat_map(|r| &r.payments);
        let mut told = told.filter(|p| p.payment_id == id && !p.processor.is_empty());
        told.next().map(|p| p.processor.clone()).or_else(|| {
            let came: BTreeSet<&str> = sorted.iter().filter_map(|f| came_by(f, id)).collect();
            if came.len() == 1 { came.first().map(|tender| (*tender).to_owned()) } else { None }
        })
    };
    for Fact { body, .. } in last {
        if let FactBody::RefundIssued(refund) | FactBody::RefundFailed(refund) = body {
            for payment in refund.payments.iter_mut().filter(|p| p.processor.is_empty()) {
                payment.processor =
                    named(&payment.payment_id, &refund.refund_id).unwrap_or_default();
            }
        }
    }
}

fn refund_of(body: &FactBody) -> Option<&Refund> {
    match body {
        FactBody::RefundIssued(refund) | FactBody::RefundFailed(refund) => Some(refund),
        _ => None,
    }
}

/// By what payment `id` came, if the fact tells of it. A gift card is its own payment.
fn came_by<'a>(fact: &'a Fact, id: &str) -> Option<&'a str> {
    match &fact.body {
        FactBody::PaymentCaptured(p) if p.payment_id == id => Some(&p.processor),
        FactBody::GiftCardRedeemed(g) if g.card_id == id => Some("gift_card"),
        _ => None,
    }
}

/// The last version of an edited order that is older than its edits, else its first version; of an
/// order without edits all versions that tell of a change, and the first.
fn versions(sorted: &[&Fact], last: &[Fact]) -> Vec<Fact> {
    let told = || sorted.iter().copied().filter(|f| slot(&f.body).0 == Slot::Order);
    let edits = last.iter().filter(|f| slot(&f.body).0 == Slot::Edit);
    if let Some(first) = edits.map(|f| f.version).min() {
        let older = told().filter(|f| f.version < first).max_by(|a, b| precedence(a, b));
        return older.or(told().next()).cloned().into_iter().collect();
    }
    let mut kept: Vec<&Fact> = Vec::new();
    for fact in told() {
        let (Some(order), before) = (order_of(fact), kept.last().and_then(|f| order_of(f))) else {
            continue;
        };
        let changes = |b: &Order| order.changed_on.is_some() && !costs_the_same(b, order);
        if before.is_none_or(changes) {
            kept.push(fact);
        }
    }
    if kept.len() < 2 { Vec::new() } else { kept.into_iter().cloned().collect() }
}

fn costs_the_same(a: &Order, b: &Order) -> bool {
    let costs = |o: &Order| (o.currency, o.total_minor, o.rounding_minor, o.tax_included, o.draft);
    costs(a) == costs(b) && a.lines == b.lines && a.taxes == b.taxes
}

fn same_thing(a: &Fact, b: &Fact) -> Ordering {
    let (x, y) = (slot(&a.body).0, slot(&b.body).0);
    x.cmp(&y).then_with(|| if single(x) { Ordering::Equal } else { a.key.cmp(&b.key) })
}

fn precedence(a: &Fact, b: &Fact) -> Ordering {
    let rank = |f: &Fact| (f.version, slot(&f.body).1);
    rank(a).cmp(&rank(b)).then_with(|| {
        if a == b {
            return Ordering::Equal;
        }
        // Only contradictory facts come here, so the cost of the text does not matter.
        let json = |f: &Fact| serde_json::to_string(f).expect("facts have only text keys");
        json(a).cmp(&json(b))
    })
}

/// A change of an order: when, and how the order stood after it.
pub(crate) struct Edited<'a> {
    pub(crate) id: String,
    pub(crate) date: BusinessDate,
    pub(crate) at: EventTime,
    pub(crate) order: &'a Order,
}

fn order_of(fact: &Fact) -> Option<&Order> {
    match &fact.body {
        FactBody::OrderCreated(order) | FactBody::OrderUpdated(order) => Some(order),
        FactBody::OrderEdited(edit) => Some(&edit.order),
        _ => None,
    }
}

impl State {
    /// The subject.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// True when no fact is known.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The facts that count, one per movement.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The order as it stands now.
    pub fn order(&self) -> Option<&Order> {
        self.order_fact().and_then(order_of)
    }

    /// The order as it stood before it was edited, and its edits by date.
    pub(crate) fn edits(&self) -> Option<(&Order, Vec<Edited<'_>>)> {
        let mut edits: Vec<(&Fact, &Edit)> = self
            .of(Slot::Edit)
            .filter_map(|f| match &f.body {
                FactBody::OrderEdited(edit) => Some((f, edit)),
                _ => None,
            })
            .collect();
        edits.sort_by_key(|(f, e)| (&e.edit_id, std::cmp::Reverse((f.version, &f.key))));
        edits.dedup_by_key(|(_, e)| &e.edit_id);
        edits.sort_by_key(|(f, e)| (e.business_date, f.version, &f.key));
        let (first, later) = self.versions.split_first()?;
        let told = edits.into_iter().map(|(fact, edit)| Edited {
            id: edit.edit_id.clone(),
            date: edit.business_date,
            at: fact.occurred_at,
            order: &edit.order,
        });
        let changed = later.iter().filter_map(|fact| {
            let order = order_of(fact)?;
            let (id, date) = (fact.version.to_string(), order.changed_on?);
            Some(Edited { id, date, at: fact.occurred_at, order })
        });
        Some((order_of(first)?, told.chain(changed).collect()))
    }

    /// What a movement came to beyond what the books expected, minor units.
    pub(crate) fn exchange(&self, key: &EconomicKey, tender: &str) -> i64 {
        if self.exchange.is_empty() {
            return 0;
        }
        self.exchange.get(&(key.clone(), tender.to_owned())).copied().unwrap_or_default()
    }

    /// How many minor units the sums of converted amounts may be off for rounding.
    pub(crate) fn exchange_slack(&self) -> i64 {
        i64::try_from(self.exchange.len()).unwrap_or(i64::MAX)
    }

    /// Whether the order was cancelled.
    pub fn cancelled(&self) -> bool {
        self.of(Slot::Cancelled).next().is_some()
    }

    /// The source that speaks: of the order if there is one, else the first by name.
    pub fn source(&self) -> Option<&SourceName> {
        let order = self.order_fact().map(|f| &f.source);
        order.or_else(|| self.facts.iter().map(|f| &f.source).min())
    }

    pub(crate) fn order_fact(&self) -> Option<&Fact> {
        let order = self.of(Slot::Order).next();
        // An edit is a version of the order like any other.
        self.of(Slot::Edit).fold(order, |best, edit| match best {
            Some(best) if (edit.version, &edit.key) < (best.version, &best.key) => Some(best),
            _ => Some(edit),
        })
    }

    pub(crate) fn of(&self, wanted: Slot) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |f| slot(&f.body).0 == wanted)
    }

    /// Refunds (or failed refunds) by the source's refund id; of several keys for one id the one
    /// with the highest version, then the greatest key.
    pub(crate) fn refunds(&self, wanted: Slot) -> Vec<(&Fact, &Refund)> {
        let mut found: Vec<(&Fact, &Refund)> =
            self.of(wanted).filter_map(|f| Some((f, refund_of(&f.body)?))).collect();
        found.sort_by(|(a, x), (b, y)| {
            x.refund_id.cmp(&y.refund_id).then(b.version.cmp(&a.version)).then(b.key.cmp(&a.key))
        });
        found.dedup_by(|(_, later), (_, kept)| later.refund_id == kept.refund_id);
        found.sort_by_key(|(_, r)| (r.business_date, &r.refund_id));
        found
    }

    pub(crate) fn payout(&self, wanted: Slot) -> Option<&Payout> {
        self.of(wanted).find_map(|f| match &f.body {
            FactBody::PayoutPaid(p) | FactBody::PayoutFailed(p) => Some(p),
            _ => None,
        })
    }

    pub(crate) fn disputes(&self, wanted: Slot) -> impl Iterator<Item = (&EconomicKey, &Dispute)> {
        self.of(wanted).filter_map(|f| match &f.body {
            FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
                Some((&f.key, d))
            }
            _ => None,
        })
    }
}
