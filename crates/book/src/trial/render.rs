//! Decisions as text that an accountant writes and reads.
//!
//! ```text
//! sales_receipt 2026-01-05 143.00
//!   Dr Stripe Clearing 143.00
//!   Cr Sales 143.00
//! hold PAY-003 10.00
//! pending order NOP-003 143.00
//! ```
//!
//! Lines inside a document may stand in any order. `number`, `customer`, `memo`, `applies` and
//! `line` inside a document, and `claim` outside, are compared only where the test mentions them.

use crate::desired::{ClaimOutcome, Desired};
use kernel::{Currency, Document, Money};
use std::fmt::Write;

/// Words whose lines count only when the test uses them.
const OPTIONAL: [&str; 6] = ["number", "customer", "memo", "applies", "line", "claim"];

/// Appends a decision.
pub(crate) fn desired(desired: &Desired, home: Currency, text: &mut String) {
    for document in &desired.documents {
        document_text(document, home, text);
    }
    for hold in &desired.holds {
        let amount = hold.amount.map_or_else(String::new, |a| amount(a, home));
        line(text, format_args!("hold {} {amount}", hold.code.code()));
    }
    for claim in &desired.claims {
        let (key, money) = (&claim.key, amount(claim.amount, home));
        let (word, code) = match &claim.outcome {
            ClaimOutcome::Held(code) => ("held", code),
            ClaimOutcome::Excluded(code) => ("excluded", code),
            ClaimOutcome::Pending(code) => ("pending", code),
            ClaimOutcome::Document(_) | ClaimOutcome::Summarised(_) => {
                line(text, format_args!("claim {key} {} {money}", claim.class.as_str()));
                continue;
            }
        };
        line(text, format_args!("{word} {key} {} {money}", code.code()));
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{words}");
}

fn amount(money: Money, home: Currency) -> String {
    if money.currency == home { money.to_text() } else { money.to_string() }
}

fn document_text(document: &Document, home: Currency, text: &mut String) {
    let money = |minor| Money::new(minor, document.currency);
    let total = amount(money(document.total_minor), home);
    line(text, format_args!("{} {} {total}", document.kind.as_str(), document.date));
    let postings = document.postings();
    let (debits, credits): (Vec<_>, Vec<_>) = postings.iter().partition(|p| p.amount_minor > 0);
    for (side, list) in [("Dr", debits), ("Cr", credits)] {
        for posting in list {
            let value = money(posting.amount_minor.saturating_abs()).to_text();
            line(text, format_args!("  {side} {} {value}", posting.account));
        }
    }
    if let Some(rate) = document.rate {
        line(text, format_args!("  rate {rate}"));
    }
    for (word, value) in [
        ("number", &document.number),
        ("customer", &document.customer),
        ("location", &document.location),
    ] {
        if let Some(value) = value {
            line(text, format_args!("  {word} {value}"));
        }
    }
    line(text, format_args!("  memo {}", document.memo));
    for link in &document.links {
        let (value, to) = (money(link.amount_minor).to_text(), &link.to);
        line(text, format_args!("  applies {value} to {to}"));
    }
    for item in &document.lines {
        let (what, value) = (&item.description, money(item.amount_minor).to_text());
        match (item.quantity, item.unit_price) {
            (Some(quantity), Some(price)) => {
                line(text, format_args!("  line {value} {quantity}x{price} {what}"));
            }
            _ => line(text, format_args!("  line {value} {what}")),
        }
        for (word, name) in [("class", &item.class), ("at", &item.location)] {
            if let Some(name) = name {
                line(text, format_args!("  {word} {name} {value} {what}"));
            }
        }
    }
}

/// A line that stands at the margin, with what is indented under it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    head: String,
    lines: Vec<String>,
}

impl Block {
    fn mentions(&self, word: &str) -> bool {
        self.lines.iter().any(|l| first(l) == word)
    }

    /// Without the optional lines that `other` does not use.
    fn only_like(&self, other: &Self) -> Self {
        let counts = |l: &&String| !OPTIONAL.contains(&first(l)) || other.mentions(first(l));
        Self { head: self.head.clone(), lines: self.lines.iter().filter(counts).cloned().collect() }
    }
}

fn first(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // What stands at the margin decides, so that the text of a test may be indented as a whole.
    let lines = || text.lines().filter(|l| !l.trim().is_empty() && !l.trim().starts_with('#'));
    let indent = |l: &str| l.len() - l.trim_start().len();
    let margin = lines().map(indent).min().unwrap_or_default();
    for line in lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match blocks.last_mut() {
            Some(block) if indent(line) > margin => block.lines.push(words),
            _ => blocks.push(Block { head: words, lines: Vec::new() }),
        }
    }
    for block in &mut blocks {
        block.lines.sort();
    }
    blocks
}

/// What is missing (`-`) and what is unexpected (`+`); empty when they agree.
pub(crate) fn difference(expected: &str, actual: &str) -> String {
    let mut missing = blocks(expected);
    let uses_claims = missing.iter().any(|b| first(&b.head) == "claim");
    let mut found = blocks(actual);
    found.retain(|b| uses_claims || first(&b.head) != "claim");
    let mut text = String::new();
    missing.retain(|want| match found.iter().position(|b| b.only_like(want) == *want) {
        Some(at) => {
            found.remove(at);
            false
        }
        None => true,
    });
    for want in missing {
        let near = found
            .iter()
            .position(|b| b.head == want.head)
            .or_else(|| found.iter().position(|b| first(&b.head) == first(&want.head)));
        let near = near.map(|at| found.remove(at).only_like(&want));
        compare(&want, near.as_ref(), &mut text);
    }
    for block in found {
        line(&mut text, format_args!("+ {}", block.head));
        for part in block.lines.iter().filter(|l| !OPTIONAL.contains(&first(l))) {
            line(&mut text, format_args!("+   {part}"));
        }
    }
    text
}

fn compare(want: &Block, near: Option<&Block>, text: &mut String) {
    let none = Block { head: String::new(), lines: Vec::new() };
    let near = near.unwrap_or(&none);
    if want.head == near.head {
        line(text, format_args!("  {}", want.head));
    } else {
        line(text, format_args!("- {}", want.head));
        if !near.head.is_empty() {
            line(text, format_args!("+ {}", near.head));
        }
    }
    let mut left = near.lines.clone();
    for part in &want.lines {
        match left.iter().position(|l| l == part) {
            Some(at) => {
                left.remove(at);
            }
            None => line(text, format_args!("-   {part}")),
        }
    }
    for part in left {
        line(text, format_args!("+   {part}"));
    }
}
