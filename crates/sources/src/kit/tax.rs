//! Tax of many lines, merged per jurisdiction and rate.

use super::{Located, Parsed, total};
use kernel::{Currency, Decimal, TaxLine};

/// Tax gathered so far, in order of first appearance.
pub struct Taxes {
    currency: Currency,
    lines: Vec<TaxLine>,
}

/// One separately rounded amount of tax.
pub struct TaxPart<'a> {
    /// Name of the tax.
    pub title: &'a str,
    /// Rate as a fraction.
    pub rate: Option<Decimal>,
    /// Minor units.
    pub amount: i64,
    /// A marketplace collects and remits it (`channel_liable`).
    pub marketplace: bool,
}

impl Taxes {
    /// No tax yet.
    pub const fn new(currency: Currency) -> Self {
        Self { currency, lines: Vec::new() }
    }

    /// Adds the tax of one line whose net amount is `net`; with `included` the net still holds
    /// the tax. A positive rate that gave no tax means that nothing was taxable (an exempt buyer).
    pub fn add_line(
        &mut self,
        parts: &[TaxPart<'_>],
        net: Option<i64>,
        included: bool,
        at: &str,
    ) -> Parsed<()> {
        let inside = if included { self.sum(parts.iter().map(|p| p.amount), at)? } else { 0 };
        let base = net.map(|n| n.checked_sub(inside).at(at)).transpose()?;
        for part in parts {
            let exempt = part.amount == 0 && part.rate.is_some_and(|r| !r.is_zero());
            self.add(part, if exempt { base.map(|_| 0) } else { base }, at)?;
        }
        Ok(())
    }

    fn add(&mut self, part: &TaxPart<'_>, base: Option<i64>, at: &str) -> Parsed<()> {
        let same = |line: &&mut TaxLine| {
            line.rate == part.rate
                && line.marketplace == part.marketplace
                && line.jurisdiction == part.title
        };
        let Some(line) = self.lines.iter_mut().find(same) else {
            self.lines.push(TaxLine {
                jurisdiction: part.title.to_owned(),
                rate: part.rate,
                base_minor: base,
                amount_minor: part.amount,
                parts: 1,
                marketplace: part.marketplace,
            });
            return Ok(());
        };
        line.amount_minor = line.amount_minor.checked_add(part.amount).at(at)?;
        line.base_minor = match (line.base_minor, base) {
            (Some(a), Some(b)) => Some(a.checked_add(b).at(at)?),
            _ => None,
        };
        line.parts = line.parts.saturating_add(1);
        Ok(())
    }

    /// Tax collected by us and by marketplaces, minor units.
    pub fn totals(&self, at: &str) -> Parsed<(i64, i64)> {
        let of = |marketplace| {
            let lines = self.lines.iter().filter(|l| l.marketplace == marketplace);
            self.sum(lines.map(|l| l.amount_minor), at)
        };
        Ok((of(false)?, of(true)?))
    }

    /// The merged lines.
    pub fn into_lines(self) -> Vec<TaxLine> {
        self.lines
    }

    fn sum(&self, amounts: impl Iterator<Item = i64>, at: &str) -> Parsed<i64> {
        total(self.currency, amounts, at)
    }
}
