//! The least that a program must do which reads a delivery by way of `serde_json::Value` (a table by
//! way of maps from column to text) and ends with the same facts: parse all of it, look up by name
//! every value that stands in a fact, turn each into what the fact holds (an amount into minor units
//! by way of `Decimal`, a date into a moment), and make the facts with all their texts.
//!
//! What it does not do makes it faster than any such program could be: it decides nothing, adds
//! nothing up, checks nothing, makes up no keys, and is told beforehand where each value stands.

use kernel::{Currency, Decimal, Fact, Timestamp};
use serde_json::Value;
use std::collections::HashMap;
use std::hint::black_box;
use std::str::FromStr;

/// One step down into a value.
enum Step {
    Key(String),
    Index(usize),
}

/// What becomes of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It stays text.
    Text,
    /// An exact number.
    Decimal,
    /// An amount in minor units, of a currency with so many decimals.
    Minor(u32),
    /// A moment.
    Moment,
}

/// How the facts of one delivery are had again.
pub struct Recipe {
    facts: Vec<Fact>,
    lookups: Vec<(Vec<Step>, Turn)>,
    form: Form,
}

/// What a delivery is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Document,
    /// A document in each line.
    Lines,
    Table,
}

impl Form {
    fn of(body: &[u8]) -> Self {
        let first = body.trim_ascii_start().first();
        match serde_json::from_slice::<Value>(body) {
            Ok(_) => Self::Document,
            Err(_) if first == Some(&b'{') => Self::Lines,
            Err(_) => Self::Table,
        }
    }
}

impl Recipe {
    /// Finds out where in `body` the values of `facts` stand.
    pub fn of(body: &[u8], facts: &[Fact]) -> serde_json::Result<Self> {
        let (form, mut lookups) = (Form::of(body), Vec::new());
        if form == Form::Document {
            let document = serde_json::from_slice::<Value>(body)?;
            for fact in facts {
                let money = fact.amount().map_or(Currency::USD, |m| m.currency);
                for (name, leaf) in leaves(&serde_json::to_value(fact)?) {
                    lookups.extend(find(&document, &name, &leaf, money.exponent()));
                }
            }
        }
        Ok(Self { facts: facts.to_vec(), lookups, form })
    }

    /// Whether there is less to look up than there are facts: then it would be no equal.
    pub fn is_idle(&self) -> bool {
        self.form == Form::Document && self.lookups.len() < self.facts.len()
    }

    /// Reads the delivery.
    pub fn read(&self, body: &[u8]) -> Vec<Fact> {
        match self.form {
            Form::Document => self.document(body),
            Form::Lines => lines(body),
            Form::Table => table(body),
        }
        self.facts.clone()
    }

    fn document(&self, body: &[u8]) {
        let Ok(document) = serde_json::from_slice::<Value>(body) else { return };
        for (path, turn) in &self.lookups {
            black_box(down(&document, path).is_some_and(|found| turn.is_done(found)));
        }
    }
}

impl Turn {
    /// How a field of a fact is had.
    fn of(name: &str, decimals: u32) -> Self {
        match name {
            "occurred_at" | "placed_at" => Self::Moment,
            "quantity" | "unit_price" | "rate" => Self::Decimal,
            _ if name.ends_with("_minor") => Self::Minor(decimals),
            _ => Self::Text,
        }
    }

    fn is_done(self, found: &Value) -> bool {
        match (self, found) {
            (Self::Text, Value::String(text)) => !black_box(text).is_empty(),
            (Self::Decimal, Value::String(text)) => black_box(Decimal::from_str(text)).is_ok(),
            (Self::Minor(decimals), Value::String(text)) => {
                black_box(minor(text, decimals)).is_some()
            }
            (Self::Moment, Value::String(text)) => black_box(Timestamp::parse(text)).is_ok(),
            _ => black_box(found.as_i64()).is_some(),
        }
    }

    /// Whether `found` means what `leaf` of a fact says.
    fn fits(self, found: &Value, leaf: &Value) -> bool {
        match (self, found, leaf) {
            (Self::Text, Value::String(a), Value::String(b)) => a == b,
            (Self::Text | Self::Decimal, Value::Number(a), Value::String(b)) => a.to_string() == *b,
            (Self::Decimal, Value::String(a), Value::String(b)) => {
                let (a, b) = (Decimal::from_str(a), Decimal::from_str(b));
                a.is_ok() && a == b
            }
            (Self::Minor(decimals), Value::String(a), b) => {
                minor(a, decimals).is_some_and(|a| Some(a) == b.as_i64())
            }
            (Self::Minor(_), Value::Number(a), b) => {
                a.as_i64().is_some() && a.as_i64() == b.as_i64()
            }
            (Self::Moment, Value::String(a), b) => {
                Timestamp::parse(a).is_ok_and(|a| Some(a.0) == b.as_i64())
            }
            (Self::Moment, Value::Number(a), b) => {
                a.as_i64().is_some_and(|a| Some(Timestamp::from_seconds(a).0) == b.as_i64())
            }
            _ => false,
        }
    }
}

/// Minor units by way of an exact decimal.
fn minor(text: &str, decimals: u32) -> Option<i64> {
    let scaled = Decimal::from_str(text).ok()?.checked_mul(Decimal::from(10_i64.pow(decimals)))?;
    i64::try_from(scaled.trunc().mantissa()).ok()
}

/// Every scalar with the name of the field that it stands in.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    gather(value, "", &mut found);
    found
}

fn gather(value: &Value, name: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, v)| gather(v, name, found)),
        Value::Array(list) => list.iter().for_each(|v| gather(v, name, found)),
        Value::Null | Value::Bool(_) => {}
        leaf => found.push((name.to_owned(), leaf.clone())),
    }
}

/// The first place in `document` that `leaf` can come from. Zero and empty are taken for absent.
fn find(document: &Value, name: &str, leaf: &Value, decimals: u32) -> Option<(Vec<Step>, Turn)> {
    let turn = Turn::of(name, decimals);
    let is_said = leaf.as_i64() != Some(0) && leaf.as_str() != Some("");
    let mut path = Vec::new();
    (is_said && search(document, leaf, turn, &mut path)).then_some((path, turn))
}

fn search(value: &Value, leaf: &Value, turn: Turn, path: &mut Vec<Step>) -> bool {
    let mut below = |step: Step, value: &Value| {
        path.push(step);
        let is_found = search(value, leaf, turn, path);
        if !is_found {
            path.pop();
        }
        is_found
    };
    match value {
        Value::Object(fields) => fields.iter().any(|(n, v)| below(Step::Key(n.clone()), v)),
        Value::Array(list) => list.iter().enumerate().any(|(n, v)| below(Step::Index(n), v)),
        found => turn.fits(found, leaf),
    }
}

fn down<'v>(document: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(document, |value, step| match step {
        Step::Key(name) => value.get(name),
        Step::Index(n) => value.get(n),
    })
}

/// Reads every line into a value, and the amount in it.
fn lines(body: &[u8]) {
    for line in String::from_utf8_lossy(body).lines() {
        let row = serde_json::from_str::<Value>(line).unwrap_or_default();
        black_box(row.get("UnitPrice").and_then(Value::as_str).and_then(|cell| minor(cell, 2)));
        black_box(row);
    }
}

/// Reads every row of a table into a map by the names of its columns, and every amount in it.
fn table(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let head = text.lines().next().unwrap_or_default();
    let separator = if head.contains('\t') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let Ok(names) = reader.headers().cloned() else { return };
    for record in reader.records().flatten() {
        let cells =
            names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), cell.to_owned()));
        let row: HashMap<String, String> = cells.collect();
        for name in names.iter().filter(|name| is_amount(name)) {
            black_box(row.get(name).filter(|cell| !cell.is_empty()).and_then(|c| minor(c, 2)));
        }
        black_box(row);
    }
}

/// Whether a column holds an amount, in the tables that are measured.
fn is_amount(column: &str) -> bool {
    ["amount", "(NC)", "(GC)", "UnitPrice"].iter().any(|end| column.ends_with(end))
}
