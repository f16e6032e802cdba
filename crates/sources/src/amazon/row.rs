//! Rows of both flat files as single movements: V2 states one amount in a row, V1 up to eight.

use super::file::{Format, columns, is_named, trimmed};
use super::value::{When, money, when};
use crate::kit::{Located, Parsed, malformed};
use kernel::time::Zone;
use kernel::{Currency, Money};
use std::borrow::Cow;
use std::fmt;

/// Most rows of one file.
const ROWS_MAX: usize = 500_000;

/// What a settlement says of itself: its first row.
#[derive(Debug)]
pub struct Head {
    pub id: String,
    pub currency: Currency,
    pub total: Money,
    pub end: When,
    pub deposited: When,
}

/// One amount.
#[derive(Debug)]
pub struct Movement<'t> {
    /// Line of the file.
    pub line: usize,
    /// `order`, `refund`, …: lower case, words apart by blanks.
    pub transaction: String,
    /// `itemprice`, `itemfees`, …: lower case, nothing between words.
    pub amount_type: Cow<'static, str>,
    /// What it is for, as written.
    pub description: &'t str,
    /// The same in lower case with nothing between words.
    pub name: String,
    pub amount_minor: i64,
    pub order_id: &'t str,
    pub adjustment_id: &'t str,
    pub item_code: &'t str,
    pub sku: &'t str,
    /// `Amazon.de`; empty where nothing is sold.
    pub marketplace: &'t str,
    pub quantity: &'t str,
    pub posted: Option<When>,
}

/// A settlement.
#[derive(Debug)]
pub struct Table<'t> {
    pub head: Head,
    pub movements: Vec<Movement<'t>>,
}

/// The columns that are read; each of the two files has most of them.
const COLUMNS: [&str; 17] = [
    "settlement-id",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "adjustment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "sku",
    "quantity-purchased",
];
const ID: usize = 0;
const END: usize = 1;
const DEPOSITED: usize = 2;
const TOTAL: usize = 3;
const CURRENCY: usize = 4;
const TRANSACTION: usize = 5;
const ORDER: usize = 6;
const ADJUSTMENT: usize = 7;
const MARKETPLACE: usize = 8;
const AMOUNT_TYPE: usize = 9;
const DESCRIPTION: usize = 10;
const AMOUNT: usize = 11;
const DAY: usize = 12;
const MOMENT: usize = 13;
const ITEM_CODE: usize = 14;
const SKU: usize = 15;
const QUANTITY: usize = 16;

/// Amounts of a V1 row: the column of the kind, the column of the amount, and as which type V2
/// states it.
const V1_AMOUNTS: [(&str, &str, &str); 9] = [
    ("shipment-fee-type", "shipment-fee-amount", "itemfees"),
    ("order-fee-type", "order-fee-amount", "itemfees"),
    ("price-type", "price-amount", "itemprice"),
    ("item-related-fee-type", "item-related-fee-amount", "itemfees"),
    ("misc-fee-amount", "misc-fee-amount", "itemfees"),
    ("other-fee-reason-description", "other-fee-amount", "otherfee"),
    ("promotion-type", "promotion-amount", "promotion"),
    ("direct-payment-type", "direct-payment-amount", "directpayment"),
    ("transaction-type", "other-amount", "other"),
];

/// Where the columns stand in the file that is read.
struct Places {
    columns: [Option<usize>; COLUMNS.len()],
    /// Kind and amount, as in [`V1_AMOUNTS`].
    amounts: [(Option<usize>, Option<usize>); V1_AMOUNTS.len()],
    /// How many columns there are.
    count: usize,
}

impl Places {
    fn of(names: &[&str]) -> Self {
        let place = |name: &str| names.iter().position(|n| is_named(n, name));
        Self {
            columns: COLUMNS.map(place),
            amounts: V1_AMOUNTS.map(|(kind, amount, _)| (place(kind), place(amount))),
            count: names.len(),
        }
    }
}

struct Line<'l, 't> {
    number: usize,
    fields: &'l [&'t str],
    places: &'l Places,
}

impl<'t> Line<'_, 't> {
    /// The field of a column; rows may be short.
    fn get(&self, column: usize) -> &'t str {
        self.field(self.places.columns[column])
    }

    fn field(&self, place: Option<usize>) -> &'t str {
        let field = place.and_then(|at| self.fields.get(at));
        field.map_or("", |f| f.trim().trim_matches('"'))
    }

    fn at(&self, column: usize) -> Place {
        Place { line: self.number, column: COLUMNS[column] }
    }

    fn when(&self, column: usize, zone: &Zone) -> Parsed<Option<When>> {
        match self.get(column) {
            "" => Ok(None),
            text => when(text, zone, self.at(column)).map(Some),
        }
    }
}

/// Reads a whole file.
pub fn read<'t>(text: &'t str, zone: &Zone) -> Parsed<Table<'t>> {
    let mut lines = trimmed(text).lines().enumerate();
    let (_, first) = lines.next().at("line 1")?;
    let names = columns(first);
    let format = Format::by(&names);
    if format == Format::Unknown {
        let shown: String = first.chars().take(120).collect();
        let detail = format!(
            "no settlement report: its columns are `{shown}`. Download the flat file (V1 or V2) \
             with English names of columns"
        );
        return Err(malformed("line 1", detail));
    }
    let places = Places::of(&names);
    let mut head = None;
    let mut movements = Vec::new();
    let mut fields = Vec::with_capacity(places.count);
    for (n, line) in lines {
        if line.trim().is_empty() {
            continue;
        }
        fields.clear();
        fields.extend(line.split('\t'));
        let line = Line { number: n + 1, fields: &fields, places: &places };
        if fields.len() > places.count || n > ROWS_MAX {
            let detail = format!("{} fields, {} columns", fields.len(), places.count);
            return Err(malformed(format!("line {}", line.number), detail));
        }
        let Some(known) = &head else {
            head = Some(header(&line, zone)?);
            continue;
        };
        let Head { id, currency, .. } = known;
        if line.get(ID) != id {
            let detail = format!("settlement `{}` in a file of {id}", line.get(ID));
            return Err(malformed(line.at(ID).to_string(), detail));
        }
        match format {
            Format::V1 => split(&line, *currency, zone, &mut movements)?,
            _ => movements.extend(one(&line, *currency, zone)?),
        }
    }
    let head = head.ok_or_else(|| malformed("line 2", "the row with the total is missing"))?;
    Ok(Table { head, movements })
}

fn header(line: &Line<'_, '_>, zone: &Zone) -> Parsed<Head> {
    let id = line.get(ID);
    let is_plain =
        !id.is_empty() && id.len() <= 60 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_plain {
        return Err(malformed(line.at(ID).to_string(), "the settlement has no usable id"));
    }
    let currency = line.get(CURRENCY).parse::<Currency>().at(line.at(CURRENCY))?;
    let end = line.when(END, zone)?.at(line.at(END))?;
    Ok(Head {
        id: id.to_owned(),
        currency,
        total: money(line.get(TOTAL), currency, line.at(TOTAL))?,
        end,
        deposited: line.when(DEPOSITED, zone)?.unwrap_or(end),
    })
}

/// `amount_type` as V2 states it, `description` as written.
fn movement<'t>(
    line: &Line<'_, 't>,
    zone: &Zone,
    (amount_type, description): (Cow<'static, str>, &'t str),
    amount_minor: i64,
) -> Parsed<Movement<'t>> {
    let time = if line.get(MOMENT).is_empty() { DAY } else { MOMENT };
    let transaction = line.get(TRANSACTION).to_lowercase();
    let is_joined = transaction.contains(['_', '-']);
    Ok(Movement {
        line: line.number,
        transaction: if is_joined { transaction.replace(['_', '-'], " ") } else { transaction },
        amount_type,
        description,
        name: squeezed(description),
        amount_minor,
        order_id: line.get(ORDER),
        adjustment_id: line.get(ADJUSTMENT),
        item_code: line.get(ITEM_CODE),
        sku: line.get(SKU),
        marketplace: line.get(MARKETPLACE),
        quantity: line.get(QUANTITY),
        posted: line.when(time, zone)?,
    })
}

fn one<'t>(line: &Line<'_, 't>, currency: Currency, zone: &Zone) -> Parsed<Option<Movement<'t>>> {
    let minor = money(line.get(AMOUNT), currency, line.at(AMOUNT))?.minor;
    let kind = (Cow::Owned(squeezed(line.get(AMOUNT_TYPE))), line.get(DESCRIPTION));
    let movement = movement(line, zone, kind, minor)?;
    Ok((minor != 0).then_some(movement))
}

fn split<'t>(
    line: &Line<'_, 't>,
    currency: Currency,
    zone: &Zone,
    movements: &mut Vec<Movement<'t>>,
) -> Parsed<()> {
    let places = line.places.amounts;
    for ((kind, amount, amount_type), (kind_at, amount_at)) in V1_AMOUNTS.into_iter().zip(places) {
        let text = line.field(amount_at);
        if text.is_empty() {
            continue;
        }
        let minor = money(text, currency, Place { line: line.number, column: amount })?.minor;
        let description = if kind == amount { "Miscellaneous fee" } else { line.field(kind_at) };
        let kind = (Cow::Borrowed(amount_type), description);
        let movement = movement(line, zone, kind, minor)?;
        if minor != 0 {
            movements.push(movement);
        }
    }
    Ok(())
}

/// Where in the file something stands, for people.
#[derive(Clone, Copy)]
pub struct Place {
    pub line: usize,
    pub column: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}", self.line, self.column)
    }
}

impl Movement<'_> {
    /// Where its amount stands.
    pub const fn place(&self) -> Place {
        Place { line: self.line, column: "amount" }
    }
}

/// Lower case without blanks, hyphens and underscores: marketplaces differ in these.
pub fn squeezed(text: &str) -> String {
    let plain = text.chars().filter(char::is_ascii_alphanumeric);
    plain.map(|c| c.to_ascii_lowercase()).collect()
}
