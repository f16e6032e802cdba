//! Whether we know everything that a source lists, day by day: ids, counts and totals.

use kernel::{BusinessDate, Currency, Fact, FactBody, Money};
use serde::Serialize;
use std::collections::BTreeMap;

/// What kind of movement, as far as completeness tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An order, at what it costs now.
    Sale,
    /// An order that was cancelled; no amount.
    Cancellation,
    /// Money or gift cards that paid.
    Payment,
    /// Money given back.
    Refund,
    /// A refund that failed.
    RefundFailed,
    /// A fee.
    Fee,
    /// A transfer to the bank or from it.
    Payout,
    /// A transfer that failed.
    PayoutFailed,
    /// A dispute opened, won or lost.
    Dispute,
    /// A correction.
    Adjustment,
    /// A gift card sold outside an order.
    GiftCard,
    /// A paid order that was changed, at its new total.
    Edit,
    /// Captured money that the buyer's bank took back.
    PaymentReturn,
    /// What a payment or refund came to in the currency of the balance.
    Settlement,
    /// One balance exchanged for another, at what arrived.
    Conversion,
    /// Something to pay with that was given away.
    Grant,
    /// A seller's share that was handed on.
    SellerShare,
    /// A claim on a buyer that was given up.
    WriteOff,
}

impl Kind {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Cancellation => "cancellation",
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::RefundFailed => "refund_failed",
            Self::Fee => "fee",
            Self::Payout => "payout",
            Self::PayoutFailed => "payout_failed",
            Self::Dispute => "dispute",
            Self::Adjustment => "adjustment",
            Self::GiftCard => "gift_card",
            Self::Edit => "edit",
            Self::PaymentReturn => "payment_return",
            Self::Settlement => "settlement",
            Self::Conversion => "conversion",
            Self::Grant => "grant",
            Self::SellerShare => "seller_share",
            Self::WriteOff => "write_off",
        }
    }
}

/// One movement, as the last word on it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// What kind.
    pub kind: Kind,
    /// Its economic key.
    pub key: String,
    /// The day it counts on, in the zone of the source.
    pub day: BusinessDate,
    /// What moved.
    pub amount: Money,
    /// Which word that is: a later one replaces an earlier one.
    pub version: i64,
}

/// What facts say about one key, whether anything moved or not.
struct Word {
    kind: Kind,
    day: BusinessDate,
    amount: Money,
    /// Between words of one version, the greater one says more.
    rank: u8,
    /// Something moved: a reservation, a failed attempt, a draft and a test move nothing.
    moved: bool,
}

fn word(body: &FactBody) -> Option<Word> {
    let of = |kind, day, minor, currency, rank, moved| {
        Some(Word { kind, day, amount: Money::new(minor, currency), rank, moved })
    };
    match body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => {
            let rank = u8::from(matches!(body, FactBody::OrderUpdated(_)));
            let is_sold = !o.test && !o.draft;
            of(Kind::Sale, o.business_date, o.total_minor, o.currency, rank, is_sold)
        }
        // No amount, so the currency says nothing.
        FactBody::OrderCancelled(c) => {
            of(Kind::Cancellation, c.business_date, 0, Currency::USD, 0, true)
        }
        FactBody::PaymentAuthorised(p)
        | FactBody::PaymentFailed(p)
        | FactBody::PaymentVoided(p)
        | FactBody::PaymentCaptured(p) => {
            let rank = match body {
                FactBody::PaymentAuthorised(_) => 0,
                FactBody::PaymentFailed(_) => 1,
                FactBody::PaymentVoided(_) => 2,
                _ => 4,
            };
            let moved = rank == 4 && !p.test;
            of(Kind::Payment, p.business_date, p.amount_minor, p.currency, rank, moved)
        }
        FactBody::GiftCardRedeemed(g) => {
            of(Kind::Payment, g.business_date, g.amount_minor, g.currency, 3, true)
        }
        FactBody::RefundIssued(r) => {
            of(Kind::Refund, r.business_date, r.total_minor, r.currency, 0, !r.test)
        }
        FactBody::RefundFailed(r) => {
            of(Kind::RefundFailed, r.business_date, r.total_minor, r.currency, 0, !r.test)
        }
        FactBody::FeeCharged(f) => {
            of(Kind::Fee, f.business_date, f.amount_minor, f.currency, 0, true)
        }
        FactBody::PayoutPaid(p) => {
            of(Kind::Payout, p.business_date, p.amount_minor, p.currency, 0, true)
        }
        FactBody::PayoutFailed(p) => {
            of(Kind::PayoutFailed, p.business_date, p.amount_minor, p.currency, 0, true)
        }
        FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
            of(Kind::Dispute, d.business_date, d.amount_minor, d.currency, 0, true)
        }
        FactBody::AdjustmentRecorded(a) => {
            of(Kind::Adjustment, a.business_date, a.amount_minor, a.currency, 0, true)
        }
        FactBody::GiftCardSold(g) => {
            of(Kind::GiftCard, g.business_date, g.amount_minor, g.currency, 0, true)
        }
        FactBody::OrderEdited(e) => {
            of(Kind::Edit, e.business_date, e.order.total_minor, e.order.currency, 0, !e.order.test)
        }
        FactBody::PaymentReturned(r) => {
            of(Kind::PaymentReturn, r.business_date, r.amount_minor, r.currency, 0, true)
        }
        FactBody::PaymentSettled(s) => {
            of(Kind::Settlement, s.business_date, s.settled_minor, s.currency, 0, true)
        }
        FactBody::BalanceConverted(c) => {
            of(Kind::Conversion, c.business_date, c.to_minor, c.currency, 0, true)
        }
        FactBody::CreditGranted(g) => {
            of(Kind::Grant, g.business_date, g.amount_minor, g.currency, 0, true)
        }
        FactBody::SellerPaid(s) => {
            of(Kind::SellerShare, s.business_date, s.amount_minor, s.currency, 0, true)
        }
        FactBody::ReceivableWrittenOff(w) => {
            of(Kind::WriteOff, w.business_date, w.amount_minor, w.currency, 0, true)
        }
        // The payout is its total; what it consists of is for the payout tie-out. That goods left, or
        // will be served over time, moves no money.
        FactBody::PayoutItemised(_)
        | FactBody::OrderFulfilled(_)
        | FactBody::ServiceScheduled(_) => None,
    }
}

/// Collects facts, and says what moved by the last word on each key.
#[derive(Default)]
pub struct Movements(BTreeMap<(Kind, String), (i64, Word)>);

impl Movements {
    /// Adds what one fact says. The order of facts and their repetition do not matter.
    pub fn add(&mut self, fact: &Fact) {
        let Some(word) = word(&fact.body) else { return };
        let order = |version: i64, w: &Word| (version, w.rank, w.amount.minor, w.day);
        let place = (word.kind, fact.key.0.clone());
        match self.0.get(&place) {
            Some((version, known)) if order(*version, known) >= order(fact.version, &word) => {}
            _ => {
                self.0.insert(place, (fact.version, word));
            }
        }
    }

    /// What moved.
    pub fn moved(self) -> Vec<Movement> {
        let moved = self.0.into_iter().filter(|(_, (_, word))| word.moved);
        moved
            .map(|((kind, key), (version, word))| Movement {
                kind,
                key,
                day: word.day,
                amount: word.amount,
                version,
            })
            .collect()
    }
}

/// Count and total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// Their total, minor units.
    pub total_minor: i64,
}

impl Sum {
    fn add(&mut self, movement: &Movement) {
        self.count += 1;
        self.total_minor = self.total_minor.saturating_add(movement.amount.minor);
    }
}

/// One day of one kind in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day.
    pub day: BusinessDate,
    /// The kind.
    pub kind: Kind,
    /// The currency.
    pub currency: Currency,
    /// What the source lists.
    pub listed: Sum,
    /// What we know.
    pub known: Sum,
    /// Listed and not known here.
    pub missing: Vec<Movement>,
    /// Known here and no longer listed.
    pub unlisted: Vec<Movement>,
    /// Listed with another amount than we know, both.
    pub differing: Vec<(Movement, Movement)>,
}

impl Day {
    /// Whether every id is on both sides with the same amount.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unlisted.is_empty() && self.differing.is_empty()
    }

    /// What is not in the books though the source lists it.
    pub fn missing_amount(&self) -> Money {
        self.sum(self.missing.iter().map(|m| m.amount.minor))
    }

    /// What is in the books and not, or not so, at the source.
    pub fn changed_amount(&self) -> Money {
        let changed =
            self.differing.iter().map(|(l, k)| l.amount.minor.saturating_sub(k.amount.minor));
        self.sum(changed.chain(self.unlisted.iter().map(|m| m.amount.minor)))
    }

    /// Differences never make up for each other.
    fn sum(&self, amounts: impl Iterator<Item = i64>) -> Money {
        let sum = amounts.fold(0_i64, |sum, n| sum.saturating_add(n.saturating_abs()));
        Money::new(sum, self.currency)
    }
}

/// Compares what a source lists with what is known here, for the days from `from` to `to`.
///
/// A list may be silent about what it was not asked for: `is_covered` says of a movement whether
/// the list would hold it. A listed word that is older than the one known says nothing new.
pub fn completeness(
    listed: &[Movement],
    known: &[Movement],
    (from, to): (BusinessDate, BusinessDate),
    is_covered: impl Fn(&Movement) -> bool,
) -> Vec<Day> {
    let within = |m: &&Movement| (from..=to).contains(&m.day);
    let by_key = |all: &[Movement]| -> BTreeMap<(Kind, String), Movement> {
        all.iter().map(|m| ((m.kind, m.key.clone()), m.clone())).collect()
    };
    let (on_list, here) = (by_key(listed), by_key(known));
    let mut days: BTreeMap<(BusinessDate, Kind, Currency), Day> = BTreeMap::new();
    let place = |m: &Movement| (m.day, m.kind, m.amount.currency);
    let empty = |m: &Movement| Day {
        day: m.day,
        kind: m.kind,
        currency: m.amount.currency,
        listed: Sum::default(),
        known: Sum::default(),
        missing: Vec::new(),
        unlisted: Vec::new(),
        differing: Vec::new(),
    };
    for m in on_list.values().filter(within) {
        let day = days.entry(place(m)).or_insert_with(|| empty(m));
        day.listed.add(m);
        match here.get(&(m.kind, m.key.clone())) {
            None => day.missing.push(m.clone()),
            Some(k) if k.amount != m.amount && m.version >= k.version => {
                day.differing.push((m.clone(), k.clone()));
            }
            Some(_) => {}
        }
    }
    for m in here.values().filter(within) {
        let day = days.entry(place(m)).or_insert_with(|| empty(m));
        day.known.add(m);
        if !on_list.contains_key(&(m.kind, m.key.clone())) && is_covered(m) {
            day.unlisted.push(m.clone());
        }
    }
    days.into_values().collect()
}
