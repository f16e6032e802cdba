//! Changes of a paid order where its documents stay: the difference gets a document of its own
//! (cases 94 to 96).

use super::Desk;
use super::receive::Open;
use super::sale::Tenders;
use crate::compose::{self, Part, Stop, Way};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::Edits;
use crate::state::{Edited, Slot, State};
use kernel::{BusinessDate, Document, DocumentKind, EventTime, Money, Order, ReasonCode, validate};

/// One change of an order: when, and how the order stood before and after it.
pub(crate) struct Change<'a> {
    id: String,
    date: BusinessDate,
    before: &'a Order,
    after: &'a Order,
}

/// The order that the first document tells of, and the changes after it. What was changed before
/// anything was paid belongs to the first document (case 97); where the rules say `rewrite` all of
/// it does.
pub(crate) fn split<'a>(
    desk: &Desk<'a>,
    order: &'a Order,
    tenders: &Tenders<'_>,
) -> (&'a Order, Vec<Change<'a>>) {
    let delta = desk.rules.policy.edits == Edits::Delta;
    let Some((mut base, edits)) = desk.state.edits().filter(|_| delta) else {
        return (order, Vec::new());
    };
    let paid = paid(desk.state, tenders);
    let mut changes: Vec<Change<'a>> = Vec::with_capacity(edits.len());
    let mut last = base;
    for edit in edits {
        // An invoice on account says the first word before anything is paid.
        let is_unpaid = paid.is_none_or(|paid| (edit.date, edit.at) < paid);
        if changes.is_empty() && (base.draft || base.paid_at_checkout && is_unpaid) {
            base = edit.order;
        } else {
            let Edited { id, date, order: after, .. } = edit;
            changes.push(Change { id, date, before: last, after });
        }
        last = edit.order;
    }
    // The last word on the order counts, also when it came as a plain version.
    match changes.last_mut() {
        Some(change) => change.after = order,
        None => base = order,
    }
    if base.total_minor < 0 || !changes.iter().all(Change::is_plain) {
        return (order, Vec::new());
    }
    (base, changes)
}

/// When the first money came.
fn paid(state: &State, tenders: &Tenders<'_>) -> Option<(BusinessDate, EventTime)> {
    let captures = tenders.money.iter().chain(&tenders.gift_cards);
    let first = captures.min_by_key(|c| (c.date, c.key))?;
    let mut facts = state.of(Slot::Payment).filter(|f| f.key == *first.key);
    Some((first.date, facts.next()?.occurred_at))
}

impl Change<'_> {
    /// Whether the two can be told as one and the difference: both foot, and mean their amounts
    /// alike.
    fn is_plain(&self) -> bool {
        let alike = |o: &Order| (o.currency, o.tax_included, o.credit);
        let foots = |o: &Order| validate::order(o).is_empty();
        alike(self.before) == alike(self.after)
            && !self.after.credit
            && foots(self.before)
            && foots(self.after)
    }
}

/// Posts what each change added or took away; what is owed for it joins the `open` invoices.
pub(crate) fn make(desk: &mut Desk<'_>, order: &Order, changes: &[Change<'_>], open: &mut Open) {
    for change in changes {
        let difference = compose::difference(change.after, change.before);
        let claim = format!("edit/{}", change.id);
        let amount = Money::new(difference.total_minor, order.currency);
        let outcome = match document(desk, order, change, &difference) {
            Ok(document) => {
                if document.kind == DocumentKind::Invoice {
                    open.push((document.key.clone(), document.total_minor));
                }
                desk.post(document)
            }
            Err(stop) => desk.stop(stop, &claim),
        };
        let says_nothing = outcome == ClaimOutcome::Excluded(ReasonCode::ZeroValue);
        if !says_nothing || amount.minor != 0 {
            desk.claim(claim, ClaimClass::Sale, change.date, amount, outcome);
        }
    }
}

/// An invoice for more, a credit memo for less, a receipt of zero for a swap.
fn document(
    desk: &Desk<'_>,
    order: &Order,
    change: &Change<'_>,
    difference: &Order,
) -> Result<Document, Stop> {
    let is_less = difference.total_minor < 0;
    let mut parts = if is_less {
        compose::whole_return(desk.rules, difference, -1, &desk.elsewhere())?
    } else {
        compose::sale(desk.rules, difference, Way::Edit, &desk.elsewhere())?
    };
    // Tax inside of prices that changed alone comes out of the revenue.
    let sum = parts.iter().fold(0_i64, |sum, p| sum.saturating_add(p.amount));
    let off = difference.total_minor.saturating_abs().saturating_sub(sum);
    if off != 0 {
        let role = if is_less { Role::Returns } else { Role::Revenue };
        parts.push(Part::plain(desk.rules.role(role), "Tax inside of prices", off));
    }
    parts.retain(|p| p.amount != 0);
    if parts.is_empty() {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let (kind, account) = match difference.total_minor {
        0 => (DocumentKind::SalesReceipt, Role::Bank),
        ..0 => (DocumentKind::CreditMemo, Role::Receivables),
        _ => (DocumentKind::Invoice, Role::Receivables),
    };
    let suffix = format!("edit/{}/{}", change.id, kind.as_str());
    let mut document = desk.document(&suffix, kind, change.date, order.currency);
    document.account = desk.rules.account(account).to_owned();
    let number = format!("{}-{}", order.number, change.id);
    document.number = Some(desk.number("{number}", &number, &change.id));
    document.customer = Some(desk.customer());
    document.memo = format!("Change of order {}", order.number);
    Desk::fill(&mut document, parts);
    Ok(document)
}
