//! Rows, their aims, and how they are printed.

use crate::machine::Machine;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A rule under the header and nothing else: reads well and pastes well.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// What one scenario measured.
#[derive(Default, Serialize, Deserialize)]
pub struct Row {
    /// The name of the scenario.
    pub name: String,
    /// Orders in it.
    pub orders: u64,
    /// How long it took, seconds.
    pub seconds: f64,
    /// Time on the cores, all threads, seconds: moves less with the load than `seconds` does.
    pub cpu_seconds: Option<f64>,
    /// Whether those are seconds of a virtual clock.
    pub virtual_time: bool,
    /// Things per unit of time: value and unit.
    pub rates: Vec<(f64, String)>,
    /// Requests to the ledger, OAuth left out.
    pub calls: Option<u64>,
    /// Metered reads of the ledger.
    pub metered: Option<u64>,
    /// Calls for tokens.
    pub oauth: Option<u64>,
    /// Peak memory of the process, MiB.
    pub peak_mib: Option<f64>,
    /// What it was to reach.
    pub aims: Vec<Aim>,
    /// Where the time in the database went, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub statements: String,
    /// Where the outcome is wrong; a number beside a fault is worth nothing.
    pub faults: Vec<String>,
}

/// One aim.
#[derive(Serialize, Deserialize)]
pub struct Aim {
    /// What is limited, with its unit.
    pub what: String,
    /// What was measured.
    pub measured: f64,
    /// The limit.
    pub limit: f64,
    /// The measured value must not be smaller (else: not greater).
    pub at_least: bool,
}

impl Aim {
    /// `measured` is to be `limit` or more.
    pub fn at_least(limit: f64, what: &str, measured: f64) -> Self {
        Self { what: what.to_owned(), measured, limit, at_least: true }
    }

    /// `measured` is to be `limit` or less.
    pub fn at_most(limit: f64, what: &str, measured: f64) -> Self {
        Self { what: what.to_owned(), measured, limit, at_least: false }
    }

    /// Whether it is reached.
    pub fn is_met(&self) -> bool {
        if self.at_least { self.measured >= self.limit } else { self.measured <= self.limit }
    }

    fn line(&self) -> String {
        let mark = if self.is_met() { "✓" } else { "✗" };
        let sign = if self.at_least { '≥' } else { '≤' };
        format!("{mark} {} {} ({sign} {})", short(self.measured), self.what, short(self.limit))
    }
}

impl Row {
    /// Calls of the ledger per order.
    pub fn calls_per_order(&self) -> Option<f64> {
        self.calls.map(|n| ratio(n, self.orders))
    }

    /// Metered reads per order.
    pub fn metered_per_order(&self) -> Option<f64> {
        self.metered.map(|n| ratio(n, self.orders))
    }

    fn cells(&self) -> Vec<String> {
        let per_order = |n: Option<f64>| n.map_or_else(|| "-".to_owned(), |n| format!("{n:.4}"));
        let time = if self.virtual_time {
            format!("{} min virtual", short(self.seconds / 60.0))
        } else {
            let cpu = self.cpu_seconds.map(|s| format!("\n{} s cpu", short(s)));
            format!("{} s{}", short(self.seconds), cpu.unwrap_or_default())
        };
        let rates: Vec<String> =
            self.rates.iter().map(|(n, unit)| format!("{} {unit}", short(*n))).collect();
        let aims: Vec<String> = self.aims.iter().map(Aim::line).collect();
        vec![
            self.name.clone(),
            grouped(self.orders),
            time,
            rates.join("\n"),
            per_order(self.calls_per_order()),
            per_order(self.metered_per_order()),
            self.peak_mib.map_or_else(|| "-".to_owned(), short),
            aims.join("\n"),
        ]
    }
}

/// Everything as text for people.
pub fn screen(machine: &Machine, rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "scenario",
        "orders",
        "time",
        "rate",
        "calls/order",
        "metered/order",
        "peak MiB",
        "aims",
    ]);
    for column in [1, 2, 3, 4, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in rows {
        table.add_row(row.cells());
    }
    let mut text = format!("{}\n\n{}\n", machine.line(), table.trim_fmt());
    for row in rows {
        for fault in &row.faults {
            let _ = write!(text, "\nWRONG {}: {fault}", row.name);
        }
    }
    text
}

/// `a` by `b`.
pub fn ratio(a: u64, b: u64) -> f64 {
    float(a) / float(b.max(1))
}

/// A count as a measurement.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub const fn float(n: u64) -> f64 {
    n as f64
}

/// Three or four digits that matter.
fn short(n: f64) -> String {
    match n {
        n if n >= 1_000.0 => grouped(whole(n)),
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => trimmed(&format!("{n:.1}")),
        n if n >= 1.0 => trimmed(&format!("{n:.2}")),
        n => trimmed(&format!("{n:.4}")),
    }
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "printed values are positive and far below 2^52"
)]
fn whole(n: f64) -> u64 {
    n.round() as u64
}

/// `1234567` as `1,234,567`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let texts = [0.0, 0.0343, 0.9, 1.5, 71.25, 312.4, 999.6, 1_658.2, 1_234_567.0].map(short);
        let want = ["0", "0.0343", "0.9", "1.5", "71.2", "312", "1000", "1,658", "1,234,567"];
        assert_eq!(texts, want);
    }

    #[test]
    fn aims_include_their_limit() {
        assert!(Aim::at_least(95.0, "%", 95.0).is_met());
        assert!(!Aim::at_least(95.0, "%", 94.9).is_met());
        assert!(Aim::at_most(0.0, "429s", 0.0).is_met());
        assert!(!Aim::at_most(0.0, "429s", 1.0).is_met());
        assert_eq!(Aim::at_most(30.0, "s", 31.5).line(), "✗ 31.5 s (≤ 30)");
    }
}
