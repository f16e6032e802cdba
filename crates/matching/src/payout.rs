//! Whether the movements of a payout explain what reached the bank.

use kernel::{Money, PayoutEntry, ReasonCode};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A payout that is explained to the last minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PayoutTie {
    /// What reached the bank.
    pub net: Money,
    /// How many movements explain it.
    pub entries: u64,
    /// Totals per category of the processor.
    pub categories: BTreeMap<String, CategoryTotals>,
}

/// Movements of one category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CategoryTotals {
    /// How many.
    pub entries: u64,
    /// Gross, minor units, signed.
    pub gross_minor: i64,
    /// Fees, minor units, positive reduces.
    pub fee_minor: i64,
}

/// Why a payout is not explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayoutBreak {
    /// The movements add up to something else.
    #[error(
        "the payout is {payout}, its {entries} movements add up to {explained}: {difference} is \
         not explained; fetch the payout's movements again and look for the missing one"
    )]
    Difference {
        /// What reached the bank.
        payout: Money,
        /// How many movements there are.
        entries: u64,
        /// What they add up to.
        explained: Money,
        /// payout − explained.
        difference: Money,
    },
    /// A movement is listed twice; equal totals would then prove nothing.
    #[error("movement {0} is listed twice; fetch the payout's movements again")]
    Duplicate(String),
    /// The sum does not fit in 64 bits.
    #[error("the movements do not fit 64-bit minor units; correct the source")]
    Overflow,
}

impl PayoutBreak {
    /// The reason code under which it is reported.
    pub const fn code(&self) -> ReasonCode {
        match self {
            Self::Difference { .. } => ReasonCode::PayoutUnexplained,
            Self::Duplicate(_) | Self::Overflow => ReasonCode::MalformedDelivery,
        }
    }
}

/// Ties a payout to its movements, all of them in the payout's currency.
pub fn payout_tie_out(payout: Money, entries: &[PayoutEntry]) -> Result<PayoutTie, PayoutBreak> {
    let mut ids = BTreeSet::new();
    let mut categories: BTreeMap<String, CategoryTotals> = BTreeMap::new();
    let mut explained = 0_i64;
    let mut count = 0;
    let add = |a: i64, b: i64| a.checked_add(b).ok_or(PayoutBreak::Overflow);
    for entry in entries {
        if !ids.insert(entry.id.as_str()) {
            return Err(PayoutBreak::Duplicate(entry.id.clone()));
        }
        let net = entry.gross_minor.checked_sub(entry.fee_minor).ok_or(PayoutBreak::Overflow)?;
        explained = add(explained, net)?;
        count += 1;
        let totals = categories.entry(entry.category.clone()).or_default();
        totals.entries += 1;
        totals.gross_minor = add(totals.gross_minor, entry.gross_minor)?;
        totals.fee_minor = add(totals.fee_minor, entry.fee_minor)?;
    }
    let explained = Money::new(explained, payout.currency);
    let difference = payout.checked_sub(explained).map_err(|_| PayoutBreak::Overflow)?;
    if difference.minor == 0 {
        Ok(PayoutTie { net: payout, entries: count, categories })
    } else {
        Err(PayoutBreak::Difference { payout, entries: count, explained, difference })
    }
}
