//! What a ledger says about the company whose books it keeps.

use kernel::{BusinessDate, Currency};
use serde::{Deserialize, Serialize};

/// A company as its ledger describes it, and how it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// The ledger's id of the company.
    pub realm: String,
    /// Its name.
    pub name: String,
    /// Its country in the ledger's words, usually ISO 3166 (`US`); empty when not stated.
    pub country: String,
    /// Its time zone (IANA name); empty when not stated.
    pub zone: String,
    /// Currency of its books, when stated.
    pub home_currency: Option<Currency>,
    /// Whether its books hold other currencies too.
    pub multi_currency: bool,
    /// Whether the ledger refuses a document number that was used before.
    pub unique_numbers: bool,
    /// Whether the ledger computes sales tax by itself.
    pub computes_tax: bool,
    /// Whether its documents have locations.
    pub tracks_locations: bool,
    /// Whether the lines of its documents have classes.
    pub tracks_classes: bool,
    /// Whether the ledger applies open credits to new invoices by itself.
    pub applies_credits: bool,
    /// The last day of closed books.
    pub closed_until: Option<BusinessDate>,
    /// Every setting that changes what Tieout does, for people.
    pub settings: Vec<CompanySetting>,
}

/// One setting in the ledger's words, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanySetting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What Tieout does because of it.
    pub follows: String,
}
