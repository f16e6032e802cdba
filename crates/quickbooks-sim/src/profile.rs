//! Companies by name: where a company is, what its home currency is, and which tax it charges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::{CompanyPrefs, Config};
use crate::zone::Zone;

/// A ready-made company (quickbooks.md §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// US company with Automated Sales Tax.
    UsAst,
    /// US company that charges no sales tax.
    UsNoTax,
    /// UK company with VAT.
    UkVat,
    /// Canadian company with GST, HST and QST.
    CaGst,
    /// Company of the euro area with VAT.
    Eu,
}

/// Where a company is, which cannot change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Region {
    /// Lines are TAX or NON.
    #[default]
    UnitedStates,
    /// VAT.
    UnitedKingdom,
    /// GST, HST and QST.
    Canada,
    /// VAT in euro; the Netherlands stand for all.
    Eurozone,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 5] = [Self::UsAst, Self::UsNoTax, Self::UkVat, Self::CaGst, Self::Eu];

    /// The name, e.g. `uk-vat`.
    pub fn name(self) -> &'static str {
        match self {
            Self::UsAst => "us-ast",
            Self::UsNoTax => "us-no-tax",
            Self::UkVat => "uk-vat",
            Self::CaGst => "ca-gst",
            Self::Eu => "eu",
        }
    }

    /// Where the company is.
    pub fn region(self) -> Region {
        match self {
            Self::UsAst | Self::UsNoTax => Region::UnitedStates,
            Self::UkVat => Region::UnitedKingdom,
            Self::CaGst => Region::Canada,
            Self::Eu => Region::Eurozone,
        }
    }

    /// Preferences of a fresh company of this profile.
    pub fn prefs(self) -> CompanyPrefs {
        let region = self.region();
        CompanyPrefs {
            company_name: format!("Harbour Lane Trading {}", region.company_form()),
            home_currency: region.home_currency().to_owned(),
            region,
            automated_sales_tax: self == Self::UsAst,
            using_sales_tax: self != Self::UsNoTax,
            ..CompanyPrefs::default()
        }
    }

    /// Configuration of a fresh company of this profile; everything else is the default.
    pub fn config(self) -> Config {
        Config { prefs: self.prefs(), ..Config::default() }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of [`Profile::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(pub String);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no company profile is called `{}`; choose one of", self.0)?;
        for (n, profile) in Profile::ALL.into_iter().enumerate() {
            write!(f, "{} {profile}", if n == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

impl Region {
    /// `CompanyInfo.Country`.
    pub fn country(self) -> &'static str {
        match self {
            Self::UnitedStates => "US",
            Self::UnitedKingdom => "GB",
            Self::Canada => "CA",
            Self::Eurozone => "NL",
        }
    }

    /// ISO code of the currency a company of the region keeps its books in.
    pub fn home_currency(self) -> &'static str {
        match self {
            Self::UnitedStates => "USD",
            Self::UnitedKingdom => "GBP",
            Self::Canada => "CAD",
            Self::Eurozone => "EUR",
        }
    }

    /// Whether lines are only TAX or NON and `GlobalTaxCalculation` is not known (quickbooks.md §8).
    pub fn is_us(self) -> bool {
        self == Self::UnitedStates
    }

    /// The time zone in which `TxnDate` is today.
    pub(crate) fn zone(self) -> Zone {
        match self {
            Self::UnitedStates => Zone::LosAngeles,
            Self::UnitedKingdom => Zone::London,
            Self::Canada => Zone::Toronto,
            Self::Eurozone => Zone::Amsterdam,
        }
    }

    /// Longest account number: 20 in Canada, 7 elsewhere (quickbooks.md §8; the euro area assumed).
    pub(crate) fn account_number_length(self) -> usize {
        if self == Self::Canada { 20 } else { 7 }
    }

    /// What the tax is called in "Make sure all your transactions have a VAT rate".
    pub(crate) fn tax_word(self) -> &'static str {
        match self {
            Self::UnitedStates => "sales tax",
            Self::UnitedKingdom | Self::Eurozone => "VAT",
            Self::Canada => "GST/HST",
        }
    }

    fn company_form(self) -> &'static str {
        match self {
            Self::UnitedStates => "Co.",
            Self::UnitedKingdom => "Ltd",
            Self::Canada => "Inc.",
            Self::Eurozone => "B.V.",
        }
    }
}
