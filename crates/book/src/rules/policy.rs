//! Where accountants may differ: one named setting each, with what most do as its default.

use super::text::PostingText;
use serde::Deserialize;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$other_doc:meta])* $other:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[$first_doc])* #[default] $first,
            $($(#[$other_doc])* $other,)*
        }
    )*};
}

choices! {
    /// When a sale becomes revenue.
    RevenueAt {
        /// On the date of the order.
        AtSale,
        /// When the goods leave; what is paid before is a deposit (case 23).
        AtFulfilment,
    }
    /// What a change of a paid order does.
    Edits {
        /// Its documents are written anew.
        Rewrite,
        /// They stay, and the difference gets a document of its own (cases 94 to 96).
        Delta,
    }
    /// What would fall into a closed period.
    ClosedPeriod {
        /// A person decides (PER-001, PER-002).
        Hold,
        /// It is booked on the first open day and says its true date (case 138).
        NextOpenDay,
    }
    /// The date of a refund's documents.
    RefundDate {
        /// The day on which it was given.
        Refund,
        /// The day of the sale.
        Sale,
    }
    /// Tax that a marketplace collects and remits.
    MarketplaceTax {
        /// Stays out (case 41).
        Net,
        /// In and out on one account (case 42).
        Gross,
    }
    /// Where rounding to cash units goes.
    CashRounding {
        /// To `rounding`.
        Rounding,
        /// To `revenue`.
        Revenue,
    }
    /// Tax on processors' fees.
    FeeTax {
        /// Part of the fee.
        Cost,
        /// Given back by the authorities (case 102).
        Recoverable,
    }
    /// Tax inside of what is lost to a dispute or never paid.
    LossTax {
        /// Still owed.
        Keep,
        /// No longer owed: relief for bad debts (cases 127 and 164).
        Relief,
    }
    /// Whose sales a platform books, once it hands shares on to sellers.
    Platform {
        /// Its own; sellers' shares are its costs (case 166).
        Principal,
        /// The sellers'; what it keeps is its fee (case 165).
        Agent,
    }
}

/// The policies of a set of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) revenue: RevenueAt,
    pub(crate) edits: Edits,
    pub(crate) closed_period: ClosedPeriod,
    pub(crate) refund_date: RefundDate,
    pub(crate) marketplace_tax: MarketplaceTax,
    pub(crate) cash_rounding: CashRounding,
    pub(crate) fee_tax: FeeTax,
    pub(crate) loss_tax: LossTax,
    pub(crate) platform: Platform,
}

impl Policy {
    pub(super) const fn of(text: &PostingText) -> Self {
        Self {
            revenue: text.revenue,
            edits: text.edits,
            closed_period: text.closed_period,
            refund_date: text.refund_date,
            marketplace_tax: text.marketplace_tax,
            cash_rounding: text.cash_rounding,
            fee_tax: text.fee_tax,
            loss_tax: text.loss_tax,
            platform: text.platform,
        }
    }
}
