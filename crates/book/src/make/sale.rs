//! Sales: receipts, invoices and their payments.

use super::receive::{self, payment_suffix};
use super::{Desk, credit, edit, fulfil, receivable, refund, schedule, seller};
use crate::compose::{self, Part, Stop, Way};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::{RevenueAt, Rules, SaleMode};
use crate::state::{Slot, State};
use kernel::{
    BusinessDate, Document, DocumentKind, EconomicKey, Fact, FactBody, Money, Order, Payment,
    ReasonCode, SubjectKind, validate,
};

/// What became of the sale; refunds follow it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Posted,
    Pending(ReasonCode),
    Held(ReasonCode),
    Excluded(ReasonCode),
}

/// Money captured, one movement.
pub(crate) struct Capture<'a> {
    pub(crate) key: &'a EconomicKey,
    pub(crate) id: &'a str,
    pub(crate) processor: &'a str,
    pub(crate) amount: Money,
    pub(crate) date: BusinessDate,
}

/// Everything that paid for an order.
pub(crate) struct Tenders<'a> {
    /// By date and key.
    pub(crate) money: Vec<Capture<'a>>,
    /// Gift cards, store credit, points: what the buyer holds against us.
    pub(crate) gift_cards: Vec<Capture<'a>>,
    /// Money that the buyer's bank took back, minor units.
    pub(crate) returned: i64,
    /// Test payments, no money.
    test: Vec<(&'a EconomicKey, &'a Payment)>,
}

impl<'a> Tenders<'a> {
    pub(crate) fn read(state: &'a State, rules: &Rules) -> Self {
        let returned = receivable::returned_minor(state);
        let (money, gift_cards, test) = (Vec::new(), Vec::new(), Vec::new());
        let mut tenders = Self { money, gift_cards, returned, test };
        for fact in state.of(Slot::Payment) {
            match &fact.body {
                FactBody::PaymentCaptured(p) if p.test => tenders.test.push((&fact.key, p)),
                FactBody::PaymentCaptured(p) => {
                    let capture = Capture {
                        key: &fact.key,
                        id: &p.payment_id,
                        processor: &p.processor,
                        amount: Money::new(p.amount_minor, p.currency),
                        date: p.business_date,
                    };
                    let gift = rules.tender(&p.processor).is_some();
                    if gift { &mut tenders.gift_cards } else { &mut tenders.money }.push(capture);
                }
                FactBody::GiftCardRedeemed(g) => tenders.gift_cards.push(Capture {
                    key: &fact.key,
                    id: &g.card_id,
                    processor: "gift_card",
                    amount: Money::new(g.amount_minor, g.currency),
                    date: g.business_date,
                }),
                _ => {}
            }
        }
        tenders.money.sort_by_key(|c| (c.date, c.key));
        tenders
    }

    pub(crate) fn money_minor(&self) -> i64 {
        self.money.iter().fold(0, |sum, c| sum.saturating_add(c.amount.minor))
    }

    pub(crate) fn gift_minor(&self) -> i64 {
        self.gift_cards.iter().fold(0, |sum, c| sum.saturating_add(c.amount.minor))
    }
}

/// Documents and claims of an order, its payments and refunds.
pub(crate) fn make(desk: &mut Desk<'_>) {
    let state = desk.state;
    let Some(order) = state.order() else {
        return super::money::without_order(desk);
    };
    let tenders = Tenders::read(state, desk.rules);
    let standing = match gate(desk, order, &tenders) {
        Gate::Open => form(desk, order, &tenders),
        Gate::Pending(code) => Err(ClaimOutcome::Pending(code)),
        Gate::Stop(stop) => Err(desk.stop(stop, ORDER)),
    };
    let standing = match standing {
        Ok(()) => Standing::Posted,
        Err(outcome) => not_posted(desk, order, &tenders, &outcome),
    };
    for (key, payment) in &tenders.test {
        let amount = Money::new(payment.amount_minor, payment.currency);
        let outcome = ClaimOutcome::Excluded(ReasonCode::TestOrder);
        let key = format!("payment/{key}");
        desk.claim(key, ClaimClass::Payment, payment.business_date, amount, outcome);
    }
    receivable::returned(desk, standing);
    seller::paid(desk, standing);
    let posted = standing == Standing::Posted;
    let mut services = if posted { schedule::read(desk, order) } else { Vec::new() };
    refund::make(desk, order, &tenders, standing, &mut services);
    receivable::written_off(desk, order, standing);
    if posted {
        refund::owed(desk, order, &tenders);
    }
    if posted {
        schedule::release(desk, order, services);
    }
}

pub(crate) const ORDER: &str = "order";

/// What becomes of a movement that belongs to a sale, when the sale is not posted.
pub(crate) fn follow(standing: Standing) -> Result<(), ClaimOutcome> {
    match standing {
        Standing::Posted => Ok(()),
        Standing::Pending(_) => Err(ClaimOutcome::Pending(ReasonCode::OutOfOrder)),
        Standing::Held(code) => Err(ClaimOutcome::Pending(code)),
        Standing::Excluded(code) => Err(ClaimOutcome::Excluded(code)),
    }
}

enum Gate {
    Open,
    Pending(ReasonCode),
    Stop(Stop),
}

fn gate(desk: &mut Desk<'_>, order: &Order, tenders: &Tenders<'_>) -> Gate {
    let paid = !tenders.money.is_empty() || !tenders.gift_cards.is_empty();
    let exclude = |code| Gate::Stop(Stop::Exclude(code));
    if order.test {
        return exclude(ReasonCode::TestOrder);
    }
    if order.draft {
        return exclude(ReasonCode::DraftOrder);
    }
    if desk.state.cancelled() && !paid {
        return exclude(ReasonCode::CancelledBeforeCapture);
    }
    if let Some(stop) = broken(desk, order) {
        return Gate::Stop(stop);
    }
    let payable = i128::from(order.total_minor) - i128::from(tenders.gift_minor());
    let unpaid = order.paid_at_checkout && tenders.money.is_empty() && payable > 0;
    if unpaid && !order.credit {
        return Gate::Pending(ReasonCode::AuthorisedNotCaptured);
    }
    Gate::Open
}

/// The first broken invariant of the order or its payments; further ones are held beside it.
fn broken(desk: &mut Desk<'_>, order: &Order) -> Option<Stop> {
    let state = desk.state;
    let said =
        [Slot::Order, Slot::Payment, Slot::Edit, Slot::Fulfilled, Slot::Service, Slot::Settled];
    let facts: Vec<&Fact> = said.into_iter().flat_map(|slot| state.of(slot)).collect();
    let mut found = Vec::new();
    for fact in facts {
        found.extend(validate::fact(fact, desk.cx.now));
        if let Some(Err(Stop::Hold { code, detail, amount })) = fact.amount().map(compose::fits) {
            found.push(validate::Violation { code, detail, amount });
        }
        let own = |a: &Money| a.currency != order.currency && is_payment(fact);
        if let Some(other) = fact.amount().filter(own) {
            found.push(validate::Violation {
                code: ReasonCode::CurrencyMismatch,
                detail: format!(
                    "order {} is in {}, but a payment of it is {other}; one sale has one currency",
                    order.number, order.currency
                ),
                amount: other,
            });
        }
    }
    let mut found = found.into_iter();
    let first = found.next()?;
    for more in found {
        desk.hold(more.code, more.detail, more.amount, ORDER);
    }
    Some(Stop::Hold { code: first.code, detail: first.detail, amount: first.amount })
}

const fn is_payment(fact: &Fact) -> bool {
    matches!(
        fact.body,
        FactBody::PaymentAuthorised(_)
            | FactBody::PaymentCaptured(_)
            | FactBody::PaymentFailed(_)
            | FactBody::PaymentVoided(_)
            | FactBody::GiftCardRedeemed(_)
    )
}

/// Chooses the form of the sale and makes it.
fn form(desk: &mut Desk<'_>, order: &Order, tenders: &Tenders<'_>) -> Result<(), ClaimOutcome> {
    if order.credit || order.total_minor < 0 {
        return credit::make(desk, order, tenders);
    }
    if is_delivered_later(desk) {
        return fulfil::make(desk, order, tenders);
    }
    let (base, edits) = edit::split(desk, order, tenders);
    let total = Money::new(base.total_minor, base.currency);
    let parts = parts(desk, base).map_err(|stop| desk.stop(stop, ORDER))?;
    if parts.iter().all(|p| p.amount == 0) {
        return Err(ClaimOutcome::Excluded(ReasonCode::ZeroValue));
    }
    let payable = base.total_minor.saturating_sub(tenders.gift_minor());
    if payable < 0 {
        let detail = format!(
            "gift cards paid {}, the order costs {total}; correct the source",
            Money::new(tenders.gift_minor(), order.currency)
        );
        let code = ReasonCode::OverOrUnderPayment;
        return Err(desk.stop(Stop::Hold { code, detail, amount: total }, ORDER));
    }
    let parts = with_gift_cards(desk, parts, tenders);
    let mut open = Vec::new();
    let at_once = at_once(desk, base, tenders, !edits.is_empty());
    let document = if at_once {
        sales_receipt(desk, base, tenders, parts).map_err(|stop| desk.stop(stop, ORDER))?
    } else {
        let document = invoice(desk, base, parts);
        open.push((document.key.clone(), payable));
        document
    };
    let outcome = desk.post(document);
    desk.claim(ORDER, ClaimClass::Sale, base.business_date, total, outcome);
    edit::make(desk, order, &edits, &mut open);
    if !at_once || !edits.is_empty() {
        let from = usize::from(at_once && !tenders.money.is_empty());
        receive::payments(desk, order, tenders, from, open);
    }
    Ok(())
}

/// Whether revenue waits for the goods to leave. Services are earned by time instead.
fn is_delivered_later(desk: &Desk<'_>) -> bool {
    desk.rules.policy.revenue == RevenueAt::AtFulfilment
        && desk.state.of(Slot::Service).next().is_none()
}

/// What the sale consists of, with deferred services and sellers' shares where they belong.
pub(crate) fn parts<'r>(desk: &Desk<'r>, order: &Order) -> Result<Vec<Part<'r>>, Stop> {
    let mut parts = compose::sale(desk.rules, order, Way::Sale, &desk.elsewhere())?;
    seller::fee(desk, &mut parts);
    Ok(parts)
}

/// Case 55: a gift card that pays is a negative line on the liability.
fn with_gift_cards<'r>(
    desk: &Desk<'r>,
    mut parts: Vec<Part<'r>>,
    tenders: &Tenders<'_>,
) -> Vec<Part<'r>> {
    let mut sums: Vec<(&str, i64, i64)> = Vec::new();
    for card in &tenders.gift_cards {
        let off = desk.state.exchange(card.key, card.processor);
        match sums.iter_mut().find(|(tender, ..)| *tender == card.processor) {
            Some((_, sum, more)) => {
                *sum = sum.saturating_add(card.amount.minor);
                *more = more.saturating_add(off);
            }
            None => sums.push((card.processor, card.amount.minor, off)),
        }
    }
    for (tender, redeemed, off) in sums {
        let Some(account) = desk.rules.tender(tender) else { continue };
        let text = if tender == "gift_card" {
            "Gift card redeemed".to_owned()
        } else {
            format!("Paid by {}", tender.replace('_', " "))
        };
        // Case 65: the liability leaves at what it was issued for.
        parts.push(Part::plain(account, text, redeemed.saturating_add(off).saturating_neg()));
        if off != 0 {
            parts.push(exchanged(desk, off));
        }
    }
    parts
}

/// What a movement came to beyond what the books expected; positive on a sale is a gain, on a
/// refund a loss (cases 117 and 119).
pub(crate) fn exchanged<'r>(desk: &Desk<'r>, off: i64) -> Part<'r> {
    Part::plain(desk.rules.role(Role::Exchange), "Exchange difference", off)
}

fn sales_receipt<'a>(
    desk: &Desk<'a>,
    order: &Order,
    tenders: &Tenders<'_>,
    mut parts: Vec<Part<'a>>,
) -> Result<Document, Stop> {
    let total = Money::new(order.total_minor, order.currency);
    let first = tenders.money.first();
    let off = first.map_or(0, |c| desk.state.exchange(c.key, c.processor));
    if off != 0 {
        parts.push(exchanged(desk, off));
    }
    let kind = DocumentKind::SalesReceipt;
    let mut document = desk.document("receipt", kind, order.business_date, order.currency);
    document.account = match first {
        Some(capture) => desk.clearing(capture.processor, total)?.to_owned(),
        // Nothing is deposited; the form still names an account.
        None => desk.rules.account(Role::Bank).to_owned(),
    };
    document.number = Some(desk.number(&desk.rules.numbers.receipt, &order.number, &order.number));
    document.customer = Some(desk.customer());
    document.memo = format!("Order {}", order.number);
    Desk::fill(&mut document, parts);
    Ok(document)
}

pub(crate) fn invoice(desk: &Desk<'_>, order: &Order, parts: Vec<Part<'_>>) -> Document {
    let kind = DocumentKind::Invoice;
    let mut document = desk.document("invoice", kind, order.business_date, order.currency);
    document.account = desk.rules.account(Role::Receivables).to_owned();
    document.number = Some(desk.number(&desk.rules.numbers.invoice, &order.number, &order.number));
    document.customer = Some(desk.customer());
    document.memo = format!("Order {}", order.number);
    Desk::fill(&mut document, parts);
    document
}

/// Claims of an order that is not posted, and of money that came nevertheless.
fn not_posted(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
    outcome: &ClaimOutcome,
) -> Standing {
    let standing = match outcome {
        ClaimOutcome::Held(code) => Standing::Held(*code),
        ClaimOutcome::Excluded(code) => Standing::Excluded(*code),
        ClaimOutcome::Pending(code) => Standing::Pending(*code),
        // Only the three above come out of a sale that made no document.
        ClaimOutcome::Document(_) | ClaimOutcome::Summarised(_) => Standing::Posted,
    };
    let class = if order.credit { ClaimClass::CreditUnmatched } else { ClaimClass::Sale };
    let total = Money::new(order.total_minor, order.currency);
    desk.claim(ORDER, class, order.business_date, total, outcome.clone());
    let surprising = [ReasonCode::DraftOrder, ReasonCode::ZeroValue];
    if let Standing::Excluded(code) = standing
        && surprising.contains(&code)
    {
        unexpected(desk, order, tenders, code);
    } else if order.credit || is_delivered_later(desk) || !at_once(desk, order, tenders, false) {
        // These payments would have documents of their own.
        for (i, capture) in tenders.money.iter().enumerate() {
            let key = format!("payment/{}", payment_suffix(tenders, i));
            desk.claim(key, ClaimClass::Payment, capture.date, capture.amount, outcome.clone());
        }
    }
    standing
}

/// Money captured for an order that nobody expects to be paid.
fn unexpected(desk: &mut Desk<'_>, order: &Order, tenders: &Tenders<'_>, code: ReasonCode) {
    let money = (0..tenders.money.len()).map(|i| payment_suffix(tenders, i));
    let gifts = tenders.gift_cards.iter().map(|c| c.key.to_string());
    let ids: Vec<String> = money.chain(gifts).collect();
    for (capture, id) in tenders.money.iter().chain(&tenders.gift_cards).zip(ids) {
        let key = format!("payment/{id}");
        let detail = format!(
            "{} was captured for order {}, which is excluded ({code}); check the order",
            capture.amount, order.number
        );
        desk.hold(ReasonCode::PaymentWithoutOrder, detail, capture.amount, &key);
        let held = ClaimOutcome::Held(ReasonCode::PaymentWithoutOrder);
        desk.claim(key, ClaimClass::Payment, capture.date, capture.amount, held);
    }
}

/// Whether the order is paid at checkout by one capture, so that one receipt tells of both. Later
/// captures may pay for what was added to it.
fn at_once(desk: &Desk<'_>, order: &Order, tenders: &Tenders<'_>, edited: bool) -> bool {
    let payable = order.total_minor.saturating_sub(tenders.gift_minor());
    let covered = match tenders.money.as_slice() {
        [] => payable == 0,
        [one] => one.amount.minor == payable,
        [first, ..] => edited && first.amount.minor == payable,
    };
    desk.rules.sale == SaleMode::ByPayment && order.paid_at_checkout && covered
}

/// Whether an unknown order is only late (its own subject) or belongs to another source.
pub(crate) fn order_is_late(desk: &Desk<'_>) -> bool {
    desk.state.subject().kind == SubjectKind::Sale
}
