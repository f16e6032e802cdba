//! Revenue when goods leave: what is paid before is a deposit (case 23).

use super::Desk;
use super::receive::{self, Open, payment_suffix};
use super::sale::{self, Capture, ORDER, Tenders};
use crate::compose::{self, Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::state::{Slot, State};
use kernel::{
    BusinessDate, Document, DocumentKind, FactBody, Fulfilment, Money, Order, ReasonCode, Refund,
};

/// What left at once, as an order of its own.
struct Parcel<'a> {
    id: &'a str,
    date: BusinessDate,
    order: Order,
}

/// Something that happened to the order, in order of date; money comes before goods.
enum Event<'a> {
    Money(usize),
    Held(&'a Capture<'a>),
    Goods(Box<Parcel<'a>>),
}

/// Deposits, then what they pay for. What has not left is pending.
pub(crate) fn make(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
) -> Result<(), ClaimOutcome> {
    // A sale that cannot be placed is held before anything of it is posted.
    let whole = sale::parts(desk, order).map_err(|stop| desk.stop(stop, ORDER))?;
    if whole.iter().all(|p| p.amount == 0) {
        return Err(ClaimOutcome::Excluded(ReasonCode::ZeroValue));
    }
    let parcels = parcels(desk, order).map_err(|stop| desk.stop(stop, ORDER))?;
    let left: i64 = parcels.iter().map(|p| p.order.total_minor).sum();
    let mut events: Vec<(BusinessDate, u8, Event<'_>)> = Vec::new();
    events.extend(tenders.money.iter().enumerate().map(|(i, c)| (c.date, 0, Event::Money(i))));
    events.extend(tenders.gift_cards.iter().map(|c| (c.date, 1, Event::Held(c))));
    events.extend(parcels.into_iter().map(|p| (p.date, 2, Event::Goods(Box::new(p)))));
    events.sort_by_key(|(date, rank, _)| (*date, *rank));
    let mut open = Open::new();
    let mut parcels_before = 0;
    for (_, _, event) in events {
        match event {
            Event::Money(i) => money(desk, order, tenders, i, &mut open),
            Event::Held(card) => held(desk, order, card),
            Event::Goods(parcel) => {
                goods(desk, &parcel, parcels_before, &mut open);
                parcels_before += 1;
            }
        }
    }
    desk.open = open;
    let rest = order.total_minor.saturating_sub(left);
    if rest != 0 {
        let cancelled = desk.state.cancelled();
        let outcome = if cancelled {
            ClaimOutcome::Excluded(ReasonCode::CancelledBeforeCapture)
        } else {
            ClaimOutcome::Pending(ReasonCode::NotFulfilled)
        };
        let rest = Money::new(rest, order.currency);
        desk.claim(ORDER, ClaimClass::Sale, order.business_date, rest, outcome);
    }
    Ok(())
}

/// What left, by date; never more than was ordered.
fn parcels<'a>(desk: &Desk<'a>, order: &Order) -> Result<Vec<Parcel<'a>>, Stop> {
    let mut told: Vec<&'a Fulfilment> = desk
        .state
        .of(Slot::Fulfilled)
        .filter_map(|f| match &f.body {
            FactBody::OrderFulfilled(f) => Some(f),
            _ => None,
        })
        .collect();
    told.sort_by_key(|f| (&f.fulfilment_id, f.business_date));
    told.dedup_by_key(|f| &f.fulfilment_id);
    told.sort_by_key(|f| (f.business_date, &f.fulfilment_id));
    let mut left = order.clone();
    let mut parcels = Vec::with_capacity(told.len());
    for fulfilment in told {
        let hold = |code, detail| Stop::Hold {
            code,
            detail,
            amount: Money::new(order.total_minor, order.currency),
        };
        if fulfilment.currency != order.currency {
            let detail = format!(
                "order {} is in {}, what left in {}",
                order.number, order.currency, fulfilment.currency
            );
            return Err(hold(ReasonCode::CurrencyMismatch, detail));
        }
        let part = part(order, &left, fulfilment);
        left = compose::difference(&left, &part);
        if left.total_minor < 0 || part.total_minor < 0 {
            let detail = format!(
                "more of order {} left than was ordered ({}); correct the source",
                order.number, fulfilment.fulfilment_id
            );
            return Err(hold(ReasonCode::AllocationMismatch, detail));
        }
        if part.lines.is_empty() && part.taxes.is_empty() {
            continue;
        }
        let (id, date) = (fulfilment.fulfilment_id.as_str(), fulfilment.business_date);
        parcels.push(Parcel { id, date, order: part });
    }
    Ok(parcels)
}

/// Whether the refund names goods that have left.
pub(crate) fn is_delivered(state: &State, refund: &Refund) -> bool {
    state.of(Slot::Fulfilled).any(|fact| match &fact.body {
        FactBody::OrderFulfilled(f) if f.lines.is_empty() => !refund.lines.is_empty(),
        FactBody::OrderFulfilled(f) => {
            refund.lines.iter().any(|back| f.lines.iter().any(|left| left.id == back.id))
        }
        _ => false,
    })
}

/// What left with one fulfilment: what it says, or all that had not left before.
fn part(order: &Order, left: &Order, fulfilment: &Fulfilment) -> Order {
    if fulfilment.lines.is_empty() && fulfilment.taxes.is_empty() {
        return left.clone();
    }
    let lines = fulfilment.lines.iter().map(kernel::OrderLine::net_minor);
    let taxes = fulfilment.taxes.iter().filter(|t| !order.tax_included && !t.marketplace);
    let worth = lines.chain(taxes.map(|t| t.amount_minor)).fold(0, i64::saturating_add);
    Order {
        lines: fulfilment.lines.clone(),
        taxes: fulfilment.taxes.clone(),
        rounding_minor: 0,
        total_minor: worth,
        ..order.clone()
    }
}

/// Money before goods is a deposit, money after goods pays what is open.
fn money(desk: &mut Desk<'_>, order: &Order, tenders: &Tenders<'_>, index: usize, open: &mut Open) {
    let capture = &tenders.money[index];
    let id = payment_suffix(tenders, index);
    let claim = format!("payment/{id}");
    let made = if open.iter().any(|(_, left)| *left > 0) {
        receive::receive(desk, order, tenders, index, open, None)
    } else {
        deposit(desk, order, capture, &id).map(|document| {
            desk.deposits = desk.deposits.saturating_add(capture.amount.minor);
            desk.post(document)
        })
    };
    let outcome = match made {
        Ok(outcome) => outcome,
        Err(stop) => desk.stop(stop, &claim),
    };
    desk.claim(claim, ClaimClass::Payment, capture.date, capture.amount, outcome);
}

fn deposit(
    desk: &Desk<'_>,
    order: &Order,
    capture: &Capture<'_>,
    id: &str,
) -> Result<Document, Stop> {
    if capture.amount.minor == 0 {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let kind = DocumentKind::SalesReceipt;
    let currency = capture.amount.currency;
    let mut document = desk.document(&format!("deposit/{id}"), kind, capture.date, currency);
    document.account = desk.clearing(capture.processor, capture.amount)?.to_owned();
    document.number = Some(desk.number(&desk.rules.numbers.payment, &order.number, id));
    document.customer = Some(desk.customer());
    document.memo = format!("Deposit on order {}", order.number);
    let text = format!("Deposit on order {}", order.number);
    let account = desk.rules.role(Role::CustomerDeposits);
    let mut parts = vec![Part::plain(account, text, capture.amount.minor)];
    let off = desk.state.exchange(capture.key, capture.processor);
    if off != 0 {
        parts.push(sale::exchanged(desk, off));
    }
    Desk::fill(&mut document, parts);
    Ok(document)
}

/// A gift card that pays before the goods leave turns one liability into another.
fn held(desk: &mut Desk<'_>, order: &Order, card: &Capture<'_>) {
    let Some(account) = desk.rules.tender(card.processor) else { return };
    let off = desk.state.exchange(card.key, card.processor);
    let (exchange, deposits) =
        (desk.rules.account(Role::Exchange), desk.rules.account(Role::CustomerDeposits));
    let text = format!("Deposit on order {}", order.number);
    let lines = [
        (account.name.as_str(), text.as_str(), card.amount.minor.saturating_add(off)),
        (exchange, text.as_str(), off.saturating_neg()),
        (deposits, text.as_str(), card.amount.minor.saturating_neg()),
    ];
    let suffix = format!("journal/deposit/{}", card.key);
    let journal = desk.journal(&suffix, card.date, card.amount.currency, &lines, text.clone());
    if let Some(document) = journal {
        desk.deposits = desk.deposits.saturating_add(card.amount.minor);
        let outcome = desk.post(document);
        let claim = format!("deposit/{}", card.key);
        // The order's own claim answers for what cards pay, as everywhere.
        let nothing = Money::zero(card.amount.currency);
        desk.claim(claim, ClaimClass::Payment, card.date, nothing, outcome);
    }
}

/// The sale of one parcel: paid from the deposits, the rest on an invoice.
fn goods(desk: &mut Desk<'_>, parcel: &Parcel<'_>, before: usize, open: &mut Open) {
    let claim = format!("fulfilment/{}", parcel.id);
    let order = &parcel.order;
    let amount = Money::new(order.total_minor, order.currency);
    let outcome = match sold(desk, parcel, before) {
        Ok((document, covered)) => {
            desk.deposits -= covered;
            if document.kind == DocumentKind::Invoice {
                open.push((document.key.clone(), document.total_minor));
            }
            desk.post(document)
        }
        Err(stop) => desk.stop(stop, &claim),
    };
    desk.claim(claim, ClaimClass::Sale, parcel.date, amount, outcome);
}

fn sold(desk: &Desk<'_>, parcel: &Parcel<'_>, before: usize) -> Result<(Document, i64), Stop> {
    let order = &parcel.order;
    let mut parts = sale::parts(desk, order)?;
    if parts.iter().all(|p| p.amount == 0) {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let covered = desk.deposits.clamp(0, order.total_minor);
    if covered != 0 {
        let account = desk.rules.role(Role::CustomerDeposits);
        parts.push(Part::plain(account, "Deposit used", -covered));
    }
    let number =
        if before == 0 { order.number.clone() } else { format!("{}-{}", order.number, before + 1) };
    let (kind, account) = if covered == order.total_minor {
        (DocumentKind::SalesReceipt, Role::Bank)
    } else {
        (DocumentKind::Invoice, Role::Receivables)
    };
    let suffix = format!("fulfilment/{}/{}", parcel.id, kind.as_str());
    let mut document = desk.document(&suffix, kind, parcel.date, order.currency);
    document.account = desk.rules.account(account).to_owned();
    document.number = Some(desk.number(&desk.rules.numbers.receipt, &number, parcel.id));
    document.customer = Some(desk.customer());
    document.memo = format!("Order {}, delivery {}", order.number, parcel.id);
    Desk::fill(&mut document, parts);
    Ok((document, covered))
}
