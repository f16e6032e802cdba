//! JSON scalars read from their text: no binary float ever stands between a source and an amount.

use kernel::decimal::parse_decimal;
use kernel::{Currency, Decimal, Money, MoneyError};
use memchr::memchr;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Longest id or amount, bytes. Ids become parts of keys, which are stored with every fact.
pub const SCALAR_BYTES_MAX: usize = 255;

/// The text of a JSON string or number: ids and amounts, which vendors write both ways
/// (Shopify: `"price": "199.00"` but `"subtotal": 195.67`, sources-and-cases.md A1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar<'a>(Cow<'a, str>);

impl<'a> Scalar<'a> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An exact amount of `currency`.
    pub fn money(&self, currency: Currency) -> Result<Money, MoneyError> {
        let mut money = Money::parse(&self.0, currency)?;
        if ports::canary!("amounts-as-floats") {
            money.minor = ports::canary::by_float(money.minor);
        }
        Ok(money)
    }

    /// An exact decimal: a rate, a quantity or a unit price.
    pub fn decimal(&self) -> Result<Decimal, kernel::decimal::DecimalError> {
        parse_decimal(&self.0)
    }

    /// From the JSON of a string or a number.
    fn read<E: Error>(raw: &'a str) -> Result<Self, E> {
        match raw.as_bytes().first() {
            Some(b'"') if memchr(b'\\', raw.as_bytes()).is_none() => {
                Self::checked(Cow::Borrowed(&raw[1..raw.len() - 1]))
            }
            Some(b'"') => {
                let text: String = serde_json::from_str(raw).map_err(E::custom)?;
                Self::checked(Cow::Owned(text))
            }
            Some(b'-' | b'0'..=b'9') => Self::checked(Cow::Borrowed(raw)),
            _ => Err(E::custom("expected a string or a number")),
        }
    }

    fn checked<E: Error>(text: Cow<'a, str>) -> Result<Self, E> {
        if text.len() > SCALAR_BYTES_MAX || text.is_empty() {
            return Err(E::custom(format_args!(
                "a value of {} bytes; at least 1 and at most {SCALAR_BYTES_MAX} make sense here",
                text.len()
            )));
        }
        Ok(Self(text))
    }
}

impl<'a> From<&'a str> for Scalar<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::read(<&'de RawValue>::deserialize(d)?.get())
    }
}

/// Borrowed text where the source has no escapes in it, owned otherwise. Unlike a bare `Cow` it
/// also borrows inside an `Option`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A scalar, or nothing where a vendor writes an empty string.
pub fn filled<'de: 'a, 'a, D: Deserializer<'de>>(d: D) -> Result<Option<Scalar<'a>>, D::Error> {
    match Option::<&'de RawValue>::deserialize(d)?.map(RawValue::get) {
        None | Some("\"\"") => Ok(None),
        Some(raw) => Scalar::read(raw).map(Some),
    }
}

/// Like [`filled`], and nothing also where a vendor writes `{}`.
pub fn loose<'de: 'a, 'a, D: Deserializer<'de>>(d: D) -> Result<Option<Scalar<'a>>, D::Error> {
    match Option::<&'de RawValue>::deserialize(d)?.map(RawValue::get) {
        None | Some("\"\"" | "{}") => Ok(None),
        Some(raw) => Scalar::read(raw).map(Some),
    }
}

/// The text, or nothing.
pub fn owned(text: &Option<Text<'_>>) -> String {
    text.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default()
}

/// The text in lower case, or nothing.
pub fn lower<'t>(text: &'t Option<Text<'_>>) -> Cow<'t, str> {
    let text = text.as_ref().map_or("", Text::as_str);
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The id of another object, given alone (`"ch_1"`) or with the whole object (`{"id": "ch_1"}`):
/// Stripe expands references on demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a>(Cow<'a, str>);

impl Reference<'_> {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Reference<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Scalar<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id or an object with an id")
            }
            fn visit_borrowed_str<E: Error>(self, id: &'de str) -> Result<Scalar<'de>, E> {
                Scalar::checked(Cow::Borrowed(id))
            }
            fn visit_str<E: Error>(self, id: &str) -> Result<Scalar<'de>, E> {
                Scalar::checked(Cow::Owned(id.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
                let mut id = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if key.as_str() != "id" {
                        map.next_value::<IgnoredAny>()?;
                    } else if id.replace(map.next_value::<Scalar<'de>>()?).is_some() {
                        return Err(A::Error::duplicate_field("id"));
                    }
                }
                id.ok_or_else(|| A::Error::missing_field("id"))
            }
        }
        d.deserialize_any(Either).map(|id| Self(id.0))
    }
}
