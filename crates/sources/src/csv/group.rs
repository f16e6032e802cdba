//! The rows of one invoice, credit note or adjustment, until it is whole.

use super::mapping::{GroupKind, Mapping};
use kernel::{
    Adjustment, Currency, Customer, EconomicKey, EventTime, Fact, FactBody, Money, Order,
    OrderLine, ReasonCode, Subject, SubjectKind, Timestamp,
};
use ports::{Normalised, SourceFault};

/// Longest reason of an adjustment, bytes.
const REASON_BYTES_MAX: usize = 500;

/// Why something cannot become a fact.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) code: ReasonCode,
    pub(super) line: u64,
    pub(super) detail: String,
}

impl Trouble {
    pub(super) fn malformed(line: u64, detail: impl Into<String>) -> Self {
        Self { code: ReasonCode::MalformedDelivery, line, detail: detail.into() }
    }

    pub(super) fn fault(self, subject: Option<Subject>, amount: Option<Money>) -> SourceFault {
        SourceFault {
            code: self.code,
            at: format!("line {}", self.line),
            detail: self.detail,
            amount,
            subject,
        }
    }
}

/// A group that may still get rows.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) key: String,
    pub(super) kind: GroupKind,
    pub(super) number: String,
    pub(super) channel: String,
    pub(super) customer: Option<Customer>,
    /// `None` when the currency cannot be read.
    pub(super) currency: Option<Currency>,
    /// The earliest moment of its rows.
    pub(super) placed_at: Option<Timestamp>,
    pub(super) first_line: u64,
    pub(super) last_line: u64,
    pub(super) rows: usize,
    /// Kept only while the group is sound.
    pub(super) lines: Vec<OrderLine>,
    pub(super) bytes: usize,
    /// Sum of the readable rows, minor units.
    pub(super) readable_minor: i128,
    /// Whether every row's amount is in `readable_minor`.
    pub(super) amount_known: bool,
    /// Where this group value stood before, when it had ended already.
    pub(super) before: Option<(u64, u64)>,
    pub(super) interleaved: bool,
    pub(super) held: Option<Trouble>,
    pub(super) more_troubles: u64,
}

/// The subject of a group value.
pub(super) fn subject(mapping: &Mapping, kind: GroupKind, key: &str) -> Subject {
    let source = mapping.name();
    match kind {
        GroupKind::Adjustment => {
            Subject::new(SubjectKind::Adjustment, format!("{source}/adjustment/{key}"))
        }
        GroupKind::Order | GroupKind::Credit => {
            Subject::new(SubjectKind::Sale, format!("{source}/order/{key}"))
        }
    }
}

impl Group {
    /// Holds the whole group. The first trouble is shown, later ones are counted.
    pub(super) fn hold(&mut self, trouble: Trouble) {
        if self.held.is_some() {
            self.more_troubles += 1;
        } else {
            self.held = Some(trouble);
            self.lines = Vec::new();
        }
    }

    /// The fact, or the fault that stands for the group.
    pub(super) fn close(mut self, mapping: &Mapping) -> Normalised {
        let total = i64::try_from(self.readable_minor).ok();
        if self.held.is_none() {
            self.check(total);
        }
        let subject = subject(mapping, self.kind, &self.key);
        let Some(mut trouble) = self.held.take() else {
            let fact = self.fact(mapping, subject, total.unwrap_or_default());
            return Normalised { facts: fact.into_iter().collect(), ..Normalised::default() };
        };
        if self.more_troubles > 0 {
            let more = format!("; {} more faults in this group", self.more_troubles);
            trouble.detail.push_str(&more);
        }
        let amount = match (self.amount_known, total, self.currency) {
            (true, Some(minor), Some(currency)) => Some(Money::new(minor, currency)),
            _ => None,
        };
        let faults = vec![trouble.fault(Some(subject), amount)];
        Normalised { faults, ..Normalised::default() }
    }

    fn check(&mut self, total: Option<i64>) {
        let line = self.first_line;
        let Some(total) = total else {
            return self.hold(Trouble::malformed(
                line,
                "the group adds up to more than 64-bit minor units hold; correct the amounts",
            ));
        };
        if self.kind == GroupKind::Credit && total > 0 {
            self.hold(Trouble::malformed(
                line,
                "marked as a credit, but adds up to a positive amount; credits are negative. \
                 Correct the sign at the source or the prefixes under [kind]",
            ));
        }
    }

    fn fact(self, mapping: &Mapping, subject: Subject, total_minor: i64) -> Option<Fact> {
        let (placed_at, currency) = (self.placed_at?, self.currency?);
        let business_date = placed_at.date_in(&mapping.moments.zone);
        let body = match self.kind {
            GroupKind::Adjustment => FactBody::AdjustmentRecorded(Adjustment {
                reason: reason(&self.lines),
                adjustment_id: self.number,
                channel: self.channel,
                amount_minor: total_minor,
                currency,
                business_date,
            }),
            kind => FactBody::OrderCreated(Order {
                number: self.number,
                placed_at,
                business_date,
                currency,
                channel: self.channel,
                customer: self.customer,
                lines: self.lines,
                taxes: Vec::new(),
                tax_included: false,
                rounding_minor: 0,
                total_minor,
                paid_at_checkout: !mapping.on_account,
                test: false,
                draft: false,
                credit: kind == GroupKind::Credit,
                changed_on: None,
            }),
        };
        Some(Fact {
            source: mapping.name().clone(),
            key: EconomicKey::new(subject.key.clone()),
            subject,
            version: 0,
            occurred_at: EventTime(placed_at),
            body,
        })
    }
}

/// The distinct titles (or stock codes) of an adjustment's rows, in their order.
fn reason(lines: &[OrderLine]) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut bytes = 0;
    for line in lines {
        let text = if line.title.is_empty() { &line.sku } else { &line.title };
        if !parts.contains(&text.as_str()) && bytes + text.len() <= REASON_BYTES_MAX {
            bytes += text.len() + 2;
            parts.push(text);
        }
    }
    parts.join("; ")
}
