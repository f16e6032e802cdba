//! Currencies with their ISO 4217 exponents and the vendors' own exceptions.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An ISO 4217 alphabetic code that is in the table below.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// ISO 4217 active codes whose exponent is 2, in alphabetic order. Source: ISO 4217 list one.
const TWO_DECIMALS: &[u8] =
    b"AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBMDBNDBOBBOVBRLBSDBTNBWPBYN\
BZDCADCDFCHECHFCHWCNYCOPCOUCRCCUPCVECZKDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHTGHUF\
IDRILSINRIRRJMDKESKGSKHRKPWKYDKZTLAKLBPLKRLRDLSLMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGN\
NIONOKNPRNZDPABPENPGKPHPPKRPLNQARRONRSDRUBSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTOP\
TRYTTDTWDTZSUAHUSDUSNUYUUZSVEDVESWSTXCDXCGYERZARZMWZWG";

/// How a vendor writes amounts of a currency as integers, where that differs from ISO 4217
/// (sources-and-cases.md A2 and A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyConvention {
    /// ISO 4217 minor units.
    Iso,
    /// Stripe: MGA is zero-decimal; ISK and UGX are sent with two decimals that must be 00.
    Stripe,
    /// Adyen: CLP and ISK with two decimals, CVE and IDR with none.
    Adyen,
}

/// Which currencies the books of a company hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currencies {
    /// Nobody says: every document is taken to be in the home currency.
    Unknown,
    /// The home currency and no other.
    Only(Currency),
    /// The home currency given here, and others beside it.
    Several(Currency),
}

impl Currencies {
    /// Whether `currency` is another than the home currency.
    pub fn is_foreign(self, currency: Currency) -> bool {
        match self {
            Self::Unknown => false,
            Self::Only(home) | Self::Several(home) => home != currency,
        }
    }

    /// What the books are kept in, where somebody says.
    pub const fn home(self) -> Option<Currency> {
        match self {
            Self::Unknown => None,
            Self::Only(home) | Self::Several(home) => Some(home),
        }
    }
}

/// The text is not a currency that Tieout knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an active ISO 4217 currency code; use three letters such as USD")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The code, e.g. `USD`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency is three ASCII letters")
    }

    /// Digits after the decimal point by ISO 4217.
    pub fn exponent(&self) -> u32 {
        self.listed_exponent().unwrap_or(2)
    }

    /// The exponent of the active codes that do not have two decimals (ISO 4217 list one).
    const fn listed_exponent(&self) -> Option<u32> {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => Some(0),
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => Some(3),
            b"CLF" | b"UYW" => Some(4),
            _ => None,
        }
    }

    /// Digits after the decimal point in the integers of a vendor.
    pub fn vendor_exponent(&self, convention: MoneyConvention) -> u32 {
        match (convention, self.code()) {
            (MoneyConvention::Stripe, "MGA") | (MoneyConvention::Adyen, "CVE" | "IDR") => 0,
            (MoneyConvention::Stripe, "ISK" | "UGX") | (MoneyConvention::Adyen, "CLP" | "ISK") => 2,
            _ => self.exponent(),
        }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Accepts lower case, since Stripe writes `usd`.
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let unknown = || UnknownCurrency(text.chars().take(12).collect());
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| unknown())?;
        if !bytes.iter().all(u8::is_ascii_alphabetic) {
            return Err(unknown());
        }
        let upper = Self(bytes.map(|b| b.to_ascii_uppercase()));
        let (codes, _) = TWO_DECIMALS.as_chunks::<3>();
        let known = upper.listed_exponent().is_some() || codes.binary_search(&upper.0).is_ok();
        if known { Ok(upper) } else { Err(unknown()) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 alphabetic code"
        })
    }
}
