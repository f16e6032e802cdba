//! What a file adds up to, counted while it is read.

use super::number::Exact;
use kernel::{Currency, Decimal};
use std::collections::BTreeMap;

/// Control totals of a file: what was read, before any rule or ledger touched it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlTotals {
    /// Rows that were not blank, without the header.
    pub lines: u64,
    /// Rows whose quantity × price could not be computed; they are in no sum.
    pub lines_unreadable: u64,
    /// Distinct groups that are orders, held or not.
    pub orders: u64,
    /// Distinct groups that are credits, held or not.
    pub credits: u64,
    /// Distinct groups that are adjustments, held or not.
    pub adjustments: u64,
    /// Groups that became a fault in place of a fact, those that appeared again included.
    pub groups_held: u64,
    /// Groups with rows of another group between their own (within the declared window).
    pub groups_interleaved: u64,
    /// Sums per currency. Groups that are still open count.
    pub amounts: BTreeMap<Currency, AmountTotals>,
    /// Set when the file could not be read to its end.
    pub incomplete: Option<Incomplete>,
}

impl ControlTotals {
    /// Distinct groups.
    pub fn groups(&self) -> u64 {
        self.orders + self.credits + self.adjustments
    }
}

/// Why and where reading stopped before the end of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// Byte of the text (after decompression) at which it broke off; 0 when the limit of groups
    /// stopped it, whose fault names the line.
    pub byte: u64,
    /// What happened.
    pub why: String,
}

/// Sums of one currency. Always exact = booked + residue and booked = delivered + held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AmountTotals {
    pub(super) sum: Exact,
    /// Sum of the lines as booked, each rounded to minor units.
    pub booked_minor: i128,
    /// The part of `booked_minor` in groups that are held (or whose group is unknown).
    pub held_minor: i128,
    /// Lines whose amount had more decimals than the currency.
    pub lines_rounded: u64,
    pub(super) exponent: u32,
}

impl AmountTotals {
    /// Sum of quantity × price, exact, major units.
    pub fn exact(&self) -> Decimal {
        self.sum.value()
    }

    /// What rounding each line left out: exact − booked, major units. At most half a minor unit
    /// for each of `lines_rounded`.
    pub fn residue(&self) -> Decimal {
        (self.exact() - self.booked()).normalize()
    }

    /// The sum of the lines as booked, major units.
    pub fn booked(&self) -> Decimal {
        Decimal::try_from_i128_with_scale(self.booked_minor, self.exponent)
            .expect("the exact sum fits 96 bits, so the rounded one does to within its half cents")
    }

    /// The part of `booked_minor` that went into facts.
    pub fn delivered_minor(&self) -> i128 {
        self.booked_minor - self.held_minor
    }
}
