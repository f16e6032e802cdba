//! One settlement: its orders, its refunds, everything else, and what it paid out. It is told as a
//! whole or not at all: rows that do not come to the stated total are held (case 143).

use super::category::{self, Part};
use super::row::{self, Head, Movement, Table};
use super::sale::{self, Goods};
use super::value::When;
use crate::kit::fault::{About, fault};
use crate::kit::{Located, Outcome, Parsed, total};
use kernel::fact::PayoutItems;
use kernel::time::Zone;
use kernel::{
    EconomicKey, EventTime, Fact, FactBody, Fulfilment, Money, Order, Payment, Payout, PayoutEntry,
    ReasonCode, Refund, SourceName, Subject, SubjectKind,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The processor's name in facts and at the start of economic keys.
const PROCESSOR: &str = "amazon";

/// The settlement that is read.
struct Settlement<'s> {
    source: &'s SourceName,
    head: &'s Head,
    entries: Vec<PayoutEntry>,
    facts: Vec<Fact>,
}

/// Reads a whole file.
pub fn read(source: &SourceName, zone: &Zone, text: &str, out: &mut Outcome) -> Parsed<()> {
    let Table { head, movements } = row::read(text, zone)?;
    let subject = Subject::new(SubjectKind::Payout, format!("{source}/payout/{}", head.id));
    let told = foots(&head, &movements).and_then(|()| whole(source, &head, &subject, &movements));
    for fact in told.about(&subject).worth(Some(head.total))? {
        out.fact(fact);
    }
    Ok(())
}

/// The rows must come to the total, to the cent.
fn foots(head: &Head, movements: &[Movement<'_>]) -> Parsed<()> {
    let rows = total(head.currency, movements.iter().map(|m| m.amount_minor), "amount")?;
    if rows == head.total.minor {
        return Ok(());
    }
    let detail = format!(
        "{} rows of settlement {} come to {}, but its total is {}; download the file again, it may \
         be cut off",
        movements.len(),
        head.id,
        Money::new(rows, head.currency),
        head.total
    );
    Err(fault(ReasonCode::SourceNotFooting, "line 2, total-amount", detail))
}

fn whole(
    source: &SourceName,
    head: &Head,
    subject: &Subject,
    movements: &[Movement<'_>],
) -> Parsed<Vec<Fact>> {
    let mut sales: BTreeMap<&str, Vec<&Movement<'_>>> = BTreeMap::new();
    let mut refunds: BTreeMap<(&str, &str), Vec<&Movement<'_>>> = BTreeMap::new();
    let mut others: BTreeMap<Cow<'static, str>, i64> = BTreeMap::new();
    for movement in movements {
        let order = movement.order_id;
        match category::part(movement) {
            Part::Sale => sales.entry(order).or_default().push(movement),
            Part::Refund => {
                let id = (order, movement.adjustment_id);
                refunds.entry(id).or_default().push(movement);
            }
            Part::Other => {
                add(&mut others, category::of(movement), movement.amount_minor)?;
            }
        }
    }
    let mut told = Settlement { source, head, entries: Vec::new(), facts: Vec::new() };
    for (order, rows) in sales {
        let goods = sale::read(&rows, head.currency, 1)?;
        if goods.total < 0 {
            add(&mut others, Cow::Borrowed("order correction"), goods.total)?;
        } else {
            told.sale(order, &rows, goods);
        }
    }
    for ((order, adjustment), rows) in refunds {
        let goods = sale::read(&rows, head.currency, -1)?;
        if goods.total <= 0 {
            let back = goods.total.checked_neg().at("amount")?;
            add(&mut others, Cow::Borrowed("refund correction"), back)?;
        } else {
            told.refund(order, adjustment, &rows, goods);
        }
    }
    // What comes to nothing needs no rule: tax handed on and withheld again.
    for (category, gross_minor) in others.into_iter().filter(|(_, minor)| *minor != 0) {
        let category = category.into_owned();
        told.entries.push(PayoutEntry {
            id: category.clone(),
            category,
            gross_minor,
            fee_minor: 0,
            fee_tax_minor: 0,
            of: None,
        });
    }
    Ok(told.finish(subject))
}

fn add(
    sums: &mut BTreeMap<Cow<'static, str>, i64>,
    category: Cow<'static, str>,
    minor: i64,
) -> Parsed<()> {
    let sum = sums.entry(category).or_default();
    *sum = sum.checked_add(minor).at("amount")?;
    Ok(())
}

impl Settlement<'_> {
    fn key(&self, id: &str, verb: &str) -> EconomicKey {
        EconomicKey([PROCESSOR, &self.head.id, id, verb].join("/"))
    }

    fn order(&self, order: &str) -> Subject {
        Subject::new(SubjectKind::Sale, [self.source.as_str(), "order", order].join("/"))
    }

    fn say(&mut self, subject: Subject, key: EconomicKey, version: i64, at: When, body: FactBody) {
        let source = self.source.clone();
        self.facts.push(Fact {
            source,
            subject,
            key,
            version,
            occurred_at: EventTime(at.at),
            body,
        });
    }

    fn posted(&self, rows: &[&Movement<'_>]) -> When {
        let days = rows.iter().filter_map(|r| r.posted);
        days.min_by_key(|w| w.at).unwrap_or(self.head.end)
    }

    fn payment(&self, id: &str, minor: i64, when: When) -> Payment {
        Payment {
            processor: PROCESSOR.to_owned(),
            payment_id: format!("{}-{id}", self.head.id),
            amount_minor: minor,
            currency: self.head.currency,
            business_date: when.date,
            test: false,
        }
    }

    fn sale(&mut self, order: &str, rows: &[&Movement<'_>], goods: Goods) {
        let when = self.posted(rows);
        let channel = rows.iter().map(|r| r.marketplace).find(|m| !m.is_empty());
        let body = FactBody::OrderUpdated(Order {
            number: order.to_owned(),
            placed_at: when.at,
            business_date: when.date,
            currency: self.head.currency,
            channel: channel.unwrap_or("default").to_owned(),
            customer: None,
            taxes: goods.taxes(true),
            lines: goods.lines,
            tax_included: false,
            rounding_minor: 0,
            total_minor: goods.total,
            paid_at_checkout: true,
            test: false,
            draft: false,
            credit: false,
            changed_on: None,
        });
        let subject = self.order(order);
        let key = EconomicKey(subject.key.clone());
        // A later settlement of the same order is a later word.
        self.say(subject.clone(), key, self.head.end.at.0, when, body);
        if goods.total == 0 {
            return self.sent(subject, when);
        }
        let paid = self.key(order, "capture");
        let body = FactBody::PaymentCaptured(self.payment(order, goods.total, when));
        self.say(subject.clone(), paid.clone(), 0, when, body);
        self.sent(subject, when);
        self.entries.push(PayoutEntry {
            id: format!("order/{order}"),
            category: "charge".to_owned(),
            gross_minor: goods.total,
            fee_minor: 0,
            fee_tax_minor: 0,
            of: Some(paid),
        });
    }

    /// A settlement holds what was sent; the first one that does counts.
    fn sent(&mut self, subject: Subject, when: When) {
        let key = EconomicKey(format!("{}/sent", subject.key));
        let body = FactBody::OrderFulfilled(Fulfilment {
            fulfilment_id: "sent".to_owned(),
            currency: self.head.currency,
            business_date: when.date,
            lines: Vec::new(),
            taxes: Vec::new(),
        });
        let first_told = self.head.end.at.0.saturating_neg();
        self.say(subject, key, first_told, when, body);
    }

    fn refund(&mut self, order: &str, adjustment: &str, rows: &[&Movement<'_>], goods: Goods) {
        let when = self.posted(rows);
        let id = if adjustment.is_empty() { order } else { adjustment };
        let key = self.key(id, "refund");
        let body = FactBody::RefundIssued(Refund {
            refund_id: format!("{}-{id}", self.head.id),
            currency: self.head.currency,
            business_date: when.date,
            taxes: goods.taxes(false),
            lines: goods.lines,
            payments: vec![self.payment(id, goods.total, when)],
            total_minor: goods.total,
            test: false,
        });
        self.say(self.order(order), key.clone(), 0, when, body);
        self.entries.push(PayoutEntry {
            id: format!("refund/{order}/{id}"),
            category: "refund".to_owned(),
            gross_minor: goods.total.saturating_neg(),
            fee_minor: 0,
            fee_tax_minor: 0,
            of: Some(key),
        });
    }

    fn finish(mut self, subject: &Subject) -> Vec<Fact> {
        let head = self.head;
        let items = FactBody::PayoutItemised(PayoutItems {
            processor: PROCESSOR.to_owned(),
            payout_id: head.id.clone(),
            currency: head.currency,
            entries: std::mem::take(&mut self.entries),
        });
        let key = |verb: &str| EconomicKey(format!("{PROCESSOR}/{}/{verb}", head.id));
        self.say(subject.clone(), key("items"), 0, head.end, items);
        let paid = FactBody::PayoutPaid(Payout {
            processor: PROCESSOR.to_owned(),
            payout_id: head.id.clone(),
            amount_minor: head.total.minor,
            currency: head.currency,
            business_date: head.deposited.date,
            itemised: true,
            destination: String::new(),
        });
        self.say(subject.clone(), key("paid"), 0, head.deposited, paid);
        self.facts
    }
}
