//! Rows of both flat files as single movements: V2 states one amount in a row, V1 up to eight.

use super::file::{Format, columns, trimmed};
use super::value::{When, money, when};
use crate::kit::{Located, Parsed, malformed};
use kernel::time::Zone;
use kernel::{Currency, Money};

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
pub struct Movement {
    /// Line of the file.
    pub line: usize,
    /// `order`, `refund`, …: lower case, words apart by blanks.
    pub transaction: String,
    /// `itemprice`, `itemfees`, …: lower case, nothing between words.
    pub amount_type: String,
    /// What it is for, as written.
    pub description: String,
    pub amount_minor: i64,
    pub order_id: String,
    pub adjustment_id: String,
    pub item_code: String,
    pub sku: String,
    /// `Amazon.de`; empty where nothing is sold.
    pub marketplace: String,
    pub quantity: String,
    pub posted: Option<When>,
}

/// A settlement.
#[derive(Debug)]
pub struct Table {
    pub head: Head,
    pub movements: Vec<Movement>,
}

/// Amounts of a V1 row: the column of the kind, the column of the amount, and as which type V2
/// states it.
const V1_AMOUNTS: [(&str, &str, &str); 8] = [
    ("shipment-fee-type", "shipment-fee-amount", "itemfees"),
    ("order-fee-type", "order-fee-amount", "itemfees"),
    ("price-type", "price-amount", "itemprice"),
    ("item-related-fee-type", "item-related-fee-amount", "itemfees"),
    ("misc-fee-amount", "misc-fee-amount", "itemfees"),
    ("other-fee-reason-description", "other-fee-amount", "otherfee"),
    ("promotion-type", "promotion-amount", "promotion"),
    ("direct-payment-type", "direct-payment-amount", "directpayment"),
];

struct Names(Vec<String>);

impl Names {
    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|n| n == name)
    }
}

struct Line<'t> {
    number: usize,
    fields: Vec<&'t str>,
    names: &'t Names,
}

impl<'t> Line<'t> {
    /// The field of a column; rows may be short.
    fn get(&self, name: &str) -> &'t str {
        let field = self.names.place(name).and_then(|at| self.fields.get(at));
        field.map_or("", |f| f.trim().trim_matches('"'))
    }

    fn at(&self, name: &str) -> String {
        format!("line {}, {name}", self.number)
    }

    fn when(&self, name: &str, zone: &Zone) -> Parsed<Option<When>> {
        match self.get(name) {
            "" => Ok(None),
            text => when(text, zone, &self.at(name)).map(Some),
        }
    }
}

/// Reads a whole file.
pub fn read(text: &str, zone: &Zone) -> Parsed<Table> {
    let format = Format::of(text);
    let mut lines = trimmed(text).lines().enumerate();
    let (_, first) = lines.next().at("line 1")?;
    let names = Names(columns(first));
    if format == Format::Unknown {
        let shown: String = first.chars().take(120).collect();
        let detail = format!(
            "no settlement report: its columns are `{shown}`. Download the flat file (V1 or V2) \
             with English names of columns"
        );
        return Err(malformed("line 1", detail));
    }
    let mut head = None;
    let mut movements = Vec::new();
    for (n, line) in lines {
        if line.trim().is_empty() {
            continue;
        }
        let line = Line { number: n + 1, fields: line.split('\t').collect(), names: &names };
        if line.fields.len() > names.0.len() || n > ROWS_MAX {
            let detail = format!("{} fields, {} columns", line.fields.len(), names.0.len());
            return Err(malformed(format!("line {}", line.number), detail));
        }
        let Some(known) = &head else {
            head = Some(header(&line, zone)?);
            continue;
        };
        let Head { id, currency, .. } = known;
        if line.get("settlement-id") != id {
            let detail = format!("settlement `{}` in a file of {id}", line.get("settlement-id"));
            return Err(malformed(line.at("settlement-id"), detail));
        }
        match format {
            Format::V1 => split(&line, *currency, zone, &mut movements)?,
            _ => movements.extend(one(&line, *currency, zone)?),
        }
    }
    let head = head.ok_or_else(|| malformed("line 2", "the row with the total is missing"))?;
    Ok(Table { head, movements })
}

fn header(line: &Line<'_>, zone: &Zone) -> Parsed<Head> {
    let id = line.get("settlement-id");
    let is_plain =
        !id.is_empty() && id.len() <= 60 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_plain {
        return Err(malformed(line.at("settlement-id"), "the settlement has no usable id"));
    }
    let at = line.at("currency");
    let currency = line.get("currency").parse::<Currency>().at(&at)?;
    let end = line.when("settlement-end-date", zone)?.at(&line.at("settlement-end-date"))?;
    Ok(Head {
        id: id.to_owned(),
        currency,
        total: money(line.get("total-amount"), currency, &line.at("total-amount"))?,
        end,
        deposited: line.when("deposit-date", zone)?.unwrap_or(end),
    })
}

fn base(line: &Line<'_>, zone: &Zone) -> Parsed<Movement> {
    let time =
        if line.get("posted-date-time").is_empty() { "posted-date" } else { "posted-date-time" };
    let transaction = line.get("transaction-type").to_lowercase();
    Ok(Movement {
        line: line.number,
        transaction: transaction.replace(['_', '-'], " "),
        amount_type: String::new(),
        description: String::new(),
        amount_minor: 0,
        order_id: line.get("order-id").to_owned(),
        adjustment_id: line.get("adjustment-id").to_owned(),
        item_code: line.get("order-item-code").to_owned(),
        sku: line.get("sku").to_owned(),
        marketplace: line.get("marketplace-name").to_owned(),
        quantity: line.get("quantity-purchased").to_owned(),
        posted: line.when(time, zone)?,
    })
}

fn one(line: &Line<'_>, currency: Currency, zone: &Zone) -> Parsed<Option<Movement>> {
    let amount = money(line.get("amount"), currency, &line.at("amount"))?;
    let mut movement = base(line, zone)?;
    movement.amount_type = squeezed(line.get("amount-type"));
    line.get("amount-description").clone_into(&mut movement.description);
    movement.amount_minor = amount.minor;
    Ok((amount.minor != 0).then_some(movement))
}

fn split(
    line: &Line<'_>,
    currency: Currency,
    zone: &Zone,
    movements: &mut Vec<Movement>,
) -> Parsed<()> {
    let other = ("transaction-type", "other-amount", "other");
    for (kind, amount, amount_type) in V1_AMOUNTS.into_iter().chain([other]) {
        let text = line.get(amount);
        if text.is_empty() {
            continue;
        }
        let minor = money(text, currency, &line.at(amount))?.minor;
        let mut movement = base(line, zone)?;
        movement.amount_type = amount_type.to_owned();
        let description = if kind == amount { "Miscellaneous fee" } else { line.get(kind) };
        description.clone_into(&mut movement.description);
        movement.amount_minor = minor;
        if minor != 0 {
            movements.push(movement);
        }
    }
    Ok(())
}

/// Lower case without blanks, hyphens and underscores: marketplaces differ in these.
pub fn squeezed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
