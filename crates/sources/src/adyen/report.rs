//! The settlement details report: what a batch consists of, and what it paid out. Amounts are
//! decimal text in the net currency, which is the one that is paid out (sources-and-cases.md A6).
//! What webhooks did not tell of payments and refunds, its rows do (`settled.rs`).

use super::account::{Account, PROCESSOR, key};
use super::settled;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, malformed};
use csv::StringRecord;
use kernel::fact::PayoutItems;
use kernel::{
    BusinessDate, Currency, Dispute, FactBody, Money, Payout, PayoutEntry, Subject, SubjectKind,
    Timestamp,
};
use std::collections::BTreeMap;
use std::fmt;

/// The columns that are read, by their names in the file.
const COLUMNS: [&str; 13] = [
    "Merchant Account",
    "Psp Reference",
    "Creation Date",
    "Type",
    "Modification Reference",
    "Net Currency",
    "Net Debit (NC)",
    "Net Credit (NC)",
    "Commission (NC)",
    "Markup (NC)",
    "Scheme Fees (NC)",
    "Interchange (NC)",
    "Batch Number",
];
const MERCHANT: usize = 0;
const PSP: usize = 1;
const DATE: usize = 2;
const TYPE: usize = 3;
const MODIFICATION: usize = 4;
const CURRENCY: usize = 5;
const DEBIT: usize = 6;
const CREDIT: usize = 7;
const FEES: [usize; 4] = [8, 9, 10, 11];
const BATCH: usize = 12;

/// Columns that tell of a payment what its webhook does. A report made without them still itemises
/// its payout.
const MORE: [&str; 5] = [
    "Merchant Reference",
    "Modification Merchant Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
];

/// Most rows of one report.
const ROWS_MAX: usize = 200_000;

/// Whether `text` begins like the report. A mark of byte order may stand before it.
pub fn is_report(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.trim_start_matches('"').starts_with("Company Account")
}

/// Where the columns stand in the report that is read.
struct Places {
    columns: [usize; COLUMNS.len()],
    /// Those of `MORE`, if the report has them all.
    more: Option<[usize; MORE.len()]>,
}

impl Places {
    fn of(headers: &StringRecord) -> Parsed<Self> {
        let place = |name: &str| headers.iter().position(|h| h.trim() == name);
        let mut columns = [0; COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = place(name).at(format_args!("line 1, {name}"))?;
        }
        let more = MORE.map(place);
        let more = more.iter().all(Option::is_some).then(|| more.map(Option::unwrap_or_default));
        Ok(Self { columns, more })
    }
}

/// One row.
pub struct Row<'p> {
    record: StringRecord,
    places: &'p Places,
}

/// Where in the report something stands, for people.
struct Place {
    line: u64,
    column: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}", self.line, self.column)
    }
}

impl Row<'_> {
    fn field(&self, place: usize) -> &str {
        self.record.get(place).unwrap_or_default().trim()
    }

    fn get(&self, column: usize) -> &str {
        self.field(self.places.columns[column])
    }

    /// A column of `MORE`; empty where the report lacks them.
    fn more(&self, column: usize) -> &str {
        self.places.more.map_or("", |places| self.field(places[column]))
    }

    fn place(&self, column: &'static str) -> Place {
        Place { line: self.record.position().map_or(0, csv::Position::line), column }
    }

    fn at(&self, column: usize) -> Place {
        self.place(COLUMNS[column])
    }

    fn money(&self, column: usize, currency: Currency) -> Parsed<Money> {
        amount(self.get(column), currency, self.at(column))
    }

    /// The order's reference: of what was done to a payment its own, else the payment's.
    pub fn merchant_reference(&self) -> &str {
        let own = self.more(1);
        if own.is_empty() { self.more(0) } else { own }
    }

    /// What the buyer paid, or with `back` got back, in the currency of the payment.
    pub fn gross(&self, back: bool) -> Parsed<Option<Money>> {
        if self.places.more.is_none() {
            return Ok(None);
        }
        let at = |n: usize| self.place(MORE[n]);
        let currency: Currency = self.more(2).parse::<Currency>().at(at(2))?;
        let debit = amount(self.more(3), currency, at(3))?;
        let credit = amount(self.more(4), currency, at(4))?;
        let (more, less) = if back { (debit, credit) } else { (credit, debit) };
        Ok(Some(more.checked_sub(less).at(at(4))?))
    }

    /// The payment.
    pub fn payment(&self) -> &str {
        self.get(PSP)
    }

    /// What kind of movement it is.
    pub fn kind(&self) -> &str {
        self.get(TYPE)
    }

    /// What the balance gained, fees taken off, and these fees.
    fn amounts(&self, currency: Currency) -> Parsed<(Money, Money)> {
        let (debit, credit) = (self.money(DEBIT, currency)?, self.money(CREDIT, currency)?);
        let net = credit.checked_sub(debit).at(self.at(CREDIT))?;
        let mut fee = Money::zero(currency);
        for column in FEES {
            fee = fee.checked_add(self.money(column, currency)?).at(self.at(column))?;
        }
        Ok((net, fee))
    }

    /// The day it was made.
    pub fn date(&self) -> Parsed<BusinessDate> {
        let day = self.get(DATE).get(..10).unwrap_or_default();
        day.parse::<BusinessDate>().at(self.at(DATE))
    }

    /// The moment it was made, in the zone of the connection.
    pub fn moment(&self, account: &Account<'_>) -> Parsed<Timestamp> {
        account.settings.zone.local(self.get(DATE)).at(self.at(DATE))
    }

    /// The movement's own reference, else the payment's.
    pub fn reference(&self) -> &str {
        let own = self.get(MODIFICATION);
        if own.is_empty() { self.get(PSP) } else { own }
    }
}

/// Decimal text; nothing is zero.
fn amount(text: &str, currency: Currency, at: Place) -> Parsed<Money> {
    match text {
        "" => Ok(Money::zero(currency)),
        text => Money::parse(text, currency).at(at),
    }
}

/// Reads a whole report.
pub fn read(account: &Account<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| malformed("line 1", e.to_string()))?;
    let places = Places::of(headers)?;
    let mut rows = Vec::new();
    for (n, record) in reader.into_records().enumerate() {
        let record = record.map_err(|e| malformed(format!("row {}", n + 1), e.to_string()))?;
        if n >= ROWS_MAX {
            return Err(malformed("body", format!("more than {ROWS_MAX} rows; split the report")));
        }
        rows.push(Row { record, places: &places });
    }
    let mut batches: BTreeMap<(&str, &str, &str), Vec<&Row<'_>>> = BTreeMap::new();
    for row in &rows {
        let batch = (row.get(MERCHANT), row.get(BATCH), row.get(CURRENCY));
        batches.entry(batch).or_default().push(row);
    }
    if batches.is_empty() {
        out.ignore("a settlement report without rows");
    }
    for ((merchant, batch, currency), rows) in batches {
        let id = format!("{merchant}-{batch}-{currency}");
        let subject = account.subject(SubjectKind::Payout, &id);
        out.attempt(|out| read_batch(account, &id, &subject, &rows, out).about(&subject));
    }
    Ok(())
}

fn read_batch(
    account: &Account<'_>,
    id: &str,
    subject: &Subject,
    rows: &[&Row<'_>],
    out: &mut Outcome,
) -> Parsed<()> {
    let first = *rows.first().at("body")?;
    if first.get(BATCH).is_empty() || first.get(MERCHANT).is_empty() {
        return Err(malformed(
            first.at(BATCH).to_string(),
            "a row of no batch; fetch the whole report again",
        ));
    }
    let currency: Currency = first.get(CURRENCY).parse::<Currency>().at(first.at(CURRENCY))?;
    let mut entries = Vec::with_capacity(rows.len());
    let mut disputes = Vec::new();
    let mut paid: Option<(Money, &Row<'_>)> = None;
    for row in rows {
        let (net, fee) = row.amounts(currency)?;
        let kind = row.get(TYPE);
        if kind == "MerchantPayout" || kind == "MerchantPayin" {
            let before = paid.map_or(Money::zero(currency), |(sum, _)| sum);
            paid = Some((before.checked_sub(net).at(row.at(DEBIT))?, row));
            continue;
        }
        let gross = net.checked_add(fee).at(row.at(CREDIT))?;
        let (category, of) = meaning(account, kind, row);
        if category == "dispute" {
            disputes.push((kind, row, gross, fee));
        }
        if category.is_empty() {
            let detail =
                format!("a row of type `{kind}` has no rule here; the batch waits for one");
            return Err(unknown(row.at(TYPE).to_string(), detail, Some(net)));
        }
        entries.push(PayoutEntry {
            fee_tax_minor: 0,
            id: format!("{}-{}", entries.len(), row.reference()),
            category: category.to_owned(),
            gross_minor: gross.minor,
            fee_minor: fee.minor,
            of,
        });
    }
    settled::tell(account, rows, out)?;
    for (kind, row, gross, fee) in disputes {
        dispute(account, kind, row, (gross, fee), out)?;
    }
    let mut last = first.moment(account)?;
    for row in rows {
        last = last.max(row.moment(account)?);
    }
    let items = PayoutItems {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        currency,
        entries,
    };
    // A longer report of a batch is a later one.
    let version = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let body = FactBody::PayoutItemised(items);
    out.fact(account.fact(subject, key(id, "items"), version, last, body));
    let Some((amount, row)) = paid else { return Ok(()) };
    let body = FactBody::PayoutPaid(Payout {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        amount_minor: amount.minor,
        currency,
        business_date: row.date()?,
        itemised: true,
        destination: String::new(),
    });
    out.fact(account.fact(subject, key(id, "paid"), 0, row.moment(account)?, body));
    Ok(())
}

/// Category and economic key of a row by its type; an empty category has no rule.
fn meaning(
    account: &Account<'_>,
    kind: &str,
    row: &Row<'_>,
) -> (&'static str, Option<kernel::EconomicKey>) {
    let by_request = account.settings.captures_by_request;
    let captured = if by_request { row.reference() } else { row.get(PSP) };
    match kind {
        "Settled" => ("charge", Some(key(captured, "capture"))),
        "Refunded" | "RefundedReversed" => ("refund", Some(key(row.reference(), "refund"))),
        "Chargeback" => ("dispute", Some(key(row.reference(), "opened"))),
        "ChargebackReversed" => ("dispute", Some(key(row.reference(), "won"))),
        "SecondChargeback" => ("dispute", Some(key(row.reference(), "lost"))),
        "Fee" | "PaymentCost" | "InvoiceDeduction" => ("fee", None),
        "ReserveAdjustment" => ("reserve", None),
        "DepositCorrection" | "ManualCorrected" => ("adjustment", None),
        "Balancetransfer" => ("balance_transfer", None),
        _ => ("", None),
    }
}

/// The report knows the fee of a dispute; the webhook before it does not.
fn dispute(
    account: &Account<'_>,
    kind: &str,
    row: &Row<'_>,
    (gross, fee): (Money, Money),
    out: &mut Outcome,
) -> Parsed<()> {
    let (verb, body): (_, fn(Dispute) -> FactBody) = match kind {
        "ChargebackReversed" => ("won", FactBody::DisputeWon),
        "SecondChargeback" => ("lost", FactBody::DisputeLost),
        _ => ("opened", FactBody::DisputeOpened),
    };
    let amount = if verb == "won" { gross } else { gross.checked_neg().at(row.at(DEBIT))? };
    let reference = row.reference();
    let dispute = Dispute {
        processor: PROCESSOR.to_owned(),
        dispute_id: reference.to_owned(),
        of: Some(key(row.get(PSP), "capture")).filter(|_| !row.get(PSP).is_empty()),
        amount_minor: amount.minor,
        fee_minor: fee.minor,
        currency: gross.currency,
        business_date: row.date()?,
        reason: kind.to_owned(),
    };
    let subject = account.subject(SubjectKind::Dispute, reference);
    let at = row.moment(account)?;
    out.fact(account.fact(&subject, key(reference, verb), 1, at, body(dispute)));
    Ok(())
}
