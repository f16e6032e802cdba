//! Sales: receipts, invoices and their payments.

use super::{Desk, credit, is_gift_card, refund};
use crate::compose::{self, Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::SaleMode;
use crate::state::{Slot, State};
use kernel::{
    BusinessDate, Document, DocumentKind, DocumentLink, EconomicKey, Fact, FactBody, Money, Order,
    Payment, ReasonCode, SubjectKind, validate,
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
    pub(crate) gift_cards: Vec<Capture<'a>>,
    /// Test payments, no money.
    test: Vec<(&'a EconomicKey, &'a Payment)>,
}

impl<'a> Tenders<'a> {
    pub(crate) fn read(state: &'a State) -> Self {
        let mut tenders = Self { money: Vec::new(), gift_cards: Vec::new(), test: Vec::new() };
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
                    let gift = is_gift_card(&p.processor);
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
    let tenders = Tenders::read(state);
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
    refund::make(desk, order, &tenders, standing);
}

pub(crate) const ORDER: &str = "order";

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
    let payments = state.of(Slot::Payment);
    let facts: Vec<&Fact> = state.order_fact().into_iter().chain(payments).collect();
    let mut found = Vec::new();
    for fact in facts {
        found.extend(validate::fact(fact, desk.cx.now));
        if let Some(Err(Stop::Hold { code, detail, amount })) = fact.amount().map(compose::fits) {
            found.push(validate::Violation { code, detail, amount });
        }
        if let Some(other) = fact.amount().filter(|a| a.currency != order.currency) {
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

/// Chooses the form of the sale and makes it.
fn form(desk: &mut Desk<'_>, order: &Order, tenders: &Tenders<'_>) -> Result<(), ClaimOutcome> {
    if order.credit || order.total_minor < 0 {
        return credit::make(desk, order, tenders);
    }
    let total = Money::new(order.total_minor, order.currency);
    let parts = compose::sale(desk.rules, order).map_err(|stop| desk.stop(stop, ORDER))?;
    if parts.iter().all(|p| p.amount == 0) {
        return Err(ClaimOutcome::Excluded(ReasonCode::ZeroValue));
    }
    let payable = order.total_minor.saturating_sub(tenders.gift_minor());
    if payable < 0 {
        let detail = format!(
            "gift cards paid {}, the order costs {total}; correct the source",
            Money::new(tenders.gift_minor(), order.currency)
        );
        let code = ReasonCode::OverOrUnderPayment;
        return Err(desk.stop(Stop::Hold { code, detail, amount: total }, ORDER));
    }
    let parts = with_gift_cards(desk, parts, tenders);
    if at_once(desk, order, tenders) {
        let document =
            sales_receipt(desk, order, tenders, parts).map_err(|stop| desk.stop(stop, ORDER))?;
        let outcome = desk.post(document);
        desk.claim(ORDER, ClaimClass::Sale, order.business_date, total, outcome);
    } else {
        let document = invoice(desk, order, parts);
        let outcome = desk.post(document);
        desk.claim(ORDER, ClaimClass::Sale, order.business_date, total, outcome);
        payments(desk, order, tenders, payable);
    }
    Ok(())
}

/// Case 55: a gift card that pays is a negative line on the liability.
fn with_gift_cards<'r>(
    desk: &Desk<'r>,
    mut parts: Vec<Part<'r>>,
    tenders: &Tenders<'_>,
) -> Vec<Part<'r>> {
    let redeemed = tenders.gift_minor();
    if redeemed != 0 {
        let account = desk.rules.role(Role::GiftCards);
        parts.push(Part::plain(account, "Gift card redeemed", -redeemed));
    }
    parts
}

fn sales_receipt(
    desk: &Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
    parts: Vec<Part<'_>>,
) -> Result<Document, Stop> {
    let total = Money::new(order.total_minor, order.currency);
    let kind = DocumentKind::SalesReceipt;
    let mut document = desk.document("receipt", kind, order.business_date, order.currency);
    document.account = match tenders.money.first() {
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

fn invoice(desk: &Desk<'_>, order: &Order, parts: Vec<Part<'_>>) -> Document {
    let kind = DocumentKind::Invoice;
    let mut document = desk.document("invoice", kind, order.business_date, order.currency);
    document.account = desk.rules.account(Role::Receivables).to_owned();
    document.number = Some(desk.number(&desk.rules.numbers.invoice, &order.number, &order.number));
    document.customer = Some(desk.customer());
    document.memo = format!("Order {}", order.number);
    Desk::fill(&mut document, parts);
    document
}

/// One payment per capture, applied in order of date; what is too much stays unapplied (case 11).
fn payments(desk: &mut Desk<'_>, order: &Order, tenders: &Tenders<'_>, payable: i64) {
    let short = payable.saturating_sub(tenders.money_minor());
    let written_off = small_difference(desk, order, tenders, short);
    let mut open = payable;
    let last = tenders.money.len().saturating_sub(1);
    for (i, capture) in tenders.money.iter().enumerate() {
        let id = payment_suffix(tenders, i);
        let claim = format!("payment/{id}");
        let mut applied = open.min(capture.amount.minor);
        open -= applied;
        let mut links = Vec::new();
        if i == last
            && let Some((memo, amount)) = &written_off
        {
            applied += amount;
            links.push(DocumentLink { to: memo.clone(), amount_minor: *amount });
        }
        if applied > 0 {
            links.insert(0, DocumentLink { to: desk.key("invoice"), amount_minor: applied });
        }
        let outcome = match payment(desk, order, capture, &id, links) {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &claim),
        };
        desk.claim(&claim, ClaimClass::Payment, capture.date, capture.amount, outcome);
        // Case 7: a checkout never takes more than the order costs. On account it may (case 11).
        if i == last && short < 0 && order.paid_at_checkout {
            let over = Money::new(-short, order.currency);
            let detail = format!(
                "captured {over} more than order {} costs; the surplus stays unapplied",
                order.number
            );
            desk.hold(ReasonCode::OverOrUnderPayment, detail, over, &claim);
        }
    }
}

fn payment(
    desk: &Desk<'_>,
    order: &Order,
    capture: &Capture<'_>,
    id: &str,
    links: Vec<DocumentLink>,
) -> Result<Document, Stop> {
    if capture.amount.minor == 0 {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let suffix = format!("payment/{id}");
    let currency = capture.amount.currency;
    let mut document = desk.document(&suffix, DocumentKind::Payment, capture.date, currency);
    document.account = desk.clearing(capture.processor, capture.amount)?.to_owned();
    document.counter_account = Some(desk.rules.account(Role::Receivables).to_owned());
    document.number = Some(desk.number(&desk.rules.numbers.payment, &order.number, id));
    document.customer = Some(desk.customer());
    document.memo = format!("Payment of order {}", order.number);
    document.total_minor = capture.amount.minor;
    document.links = links;
    Ok(document)
}

/// The payment id; where one payment has several captures (case 8) the later keys are added, so
/// that a further capture renames nothing.
fn payment_suffix(tenders: &Tenders<'_>, index: usize) -> String {
    let capture = &tenders.money[index];
    let same = tenders.money.iter().filter(|c| c.id == capture.id);
    if same.map(|c| c.key).min() == Some(capture.key) {
        capture.id.to_owned()
    } else {
        format!("{}/{}", capture.id, capture.key)
    }
}

/// Case 12: a credit memo for a small rest, when the rules allow it.
fn small_difference(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
    short: i64,
) -> Option<(kernel::BusinessKey, i64)> {
    let last = tenders.money.last()?;
    if short <= 0 || short > desk.rules.small_difference_minor {
        return None;
    }
    let kind = DocumentKind::CreditMemo;
    let mut document = desk.document("small-difference", kind, last.date, order.currency);
    document.account = desk.rules.account(Role::Receivables).to_owned();
    document.number = Some(desk.number("{number}-D", &order.number, &order.number));
    document.customer = Some(desk.customer());
    document.memo = format!("Small difference of order {}", order.number);
    let account = desk.rules.role(Role::Rounding);
    Desk::fill(&mut document, vec![Part::plain(account, "Small difference", short)]);
    let key = document.key.clone();
    desk.post(document);
    Some((key, short))
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
    } else if order.credit || !at_once(desk, order, tenders) {
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

/// Whether the order is paid at checkout by one capture, so that one receipt tells of both.
fn at_once(desk: &Desk<'_>, order: &Order, tenders: &Tenders<'_>) -> bool {
    let payable = order.total_minor.saturating_sub(tenders.gift_minor());
    let covered = match tenders.money.as_slice() {
        [] => payable == 0,
        [one] => one.amount.minor == payable,
        _ => false,
    };
    desk.rules.sale == SaleMode::ByPayment && order.paid_at_checkout && covered
}

/// Whether an unknown order is only late (its own subject) or belongs to another source.
pub(crate) fn order_is_late(desk: &Desk<'_>) -> bool {
    desk.state.subject().kind == SubjectKind::Sale
}
