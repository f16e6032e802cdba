//! The least that a program must do which reads a delivery by way of `serde_json::Value` (a table by
//! way of maps from column to text) and ends with the same facts: parse all of it, look up by name
//! every value that stands in a fact, turn each into what the fact holds (an amount into minor units
//! by way of `Decimal`, a date into a moment), and make the facts with all their texts.
//!
//! What it does not do makes it faster than any such program could be: it decides nothing, adds
//! nothing up, checks nothing, makes up no keys, and is told beforehand where each value stands.

use kernel::time::Zone;
use kernel::{Currency, Decimal, Fact, Timestamp};
use serde_json::Value;
use std::collections::HashMap;
use std::hint::black_box;
use std::str::FromStr;

/// One step down into a value.
#[derive(PartialEq, Eq)]
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

/// What is looked up in a value, each object on the way once however much is taken from it.
#[derive(Default)]
struct Lookups {
    turns: Vec<Turn>,
    below: Vec<(Step, Self)>,
}

/// How the facts of one delivery are had again.
pub struct Recipe {
    facts: Vec<Fact>,
    lookups: Lookups,
    count: usize,
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
        let (form, mut lookups, mut count) = (Form::of(body), Lookups::default(), 0);
        if form == Form::Document {
            let document = serde_json::from_slice::<Value>(body)?;
            for fact in facts {
                let money = fact.amount().map_or(Currency::USD, |m| m.currency);
                for (name, leaf) in leaves(&serde_json::to_value(fact)?) {
                    if let Some((path, turn)) = find(&document, &name, &leaf, money.exponent()) {
                        lookups.add(path, turn);
                        count += 1;
                    }
                }
            }
        }
        Ok(Self { facts: facts.to_vec(), lookups, count, form })
    }

    /// Whether there is less to look up than there are facts: then it would be no equal.
    pub fn is_idle(&self) -> bool {
        self.form == Form::Document && self.count < self.facts.len()
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
        self.lookups.follow(&document);
    }
}

impl Lookups {
    fn add(&mut self, path: Vec<Step>, turn: Turn) {
        let mut here = self;
        for step in path {
            let known = here.below.iter().position(|(known, _)| *known == step);
            let at = known.unwrap_or(here.below.len());
            if known.is_none() {
                here.below.push((step, Self::default()));
            }
            here = &mut here.below[at].1;
        }
        here.turns.push(turn);
    }

    fn follow(&self, value: &Value) {
        for turn in &self.turns {
            black_box(turn.is_done(value));
        }
        for (step, below) in &self.below {
            let found = match step {
                Step::Key(name) => value.get(name),
                Step::Index(n) => value.get(n),
            };
            if let Some(value) = found {
                below.follow(value);
            }
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

/// Reads every line into a value, and what of it is no text in a fact.
fn lines(body: &[u8]) {
    for line in String::from_utf8_lossy(body).lines() {
        let row = serde_json::from_str::<Value>(line).unwrap_or_default();
        for column in ["UnitPrice", "Quantity", "InvoiceDate"] {
            black_box(row.get(column).and_then(Value::as_str).is_some_and(|c| is_read(column, c)));
        }
        black_box(row);
    }
}

/// Reads every row of a table into a map by the names of its columns, and what of it is no text in a
/// fact.
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
        for name in &names {
            black_box(row.get(name).filter(|c| !c.is_empty()).is_some_and(|c| is_read(name, c)));
        }
        black_box(row);
    }
}

/// Reads a cell that is no text in a fact: amounts of all tables, and of lists of invoice lines the
/// quantity and the moment of each line.
fn is_read(column: &str, cell: &str) -> bool {
    match column {
        "Quantity" => black_box(Decimal::from_str(cell)).is_ok(),
        "InvoiceDate" => black_box(Zone::UTC.local(cell)).is_ok(),
        _ if ["amount", "(NC)", "(GC)", "UnitPrice"].iter().any(|end| column.ends_with(end)) => {
            black_box(minor(cell, 2)).is_some()
        }
        _ => false,
    }
}
