//! The outermost object of an answer, and of each item of a batch answer.

use super::text::Text;
use super::txn::Txn;
use crate::entity::Entity;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// `{"Invoice":{…},"time":…}`, `{"Fault":{…}}`, `{"BatchItemResponse":[…]}` or
/// `{"QueryResponse":{…}}`.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    /// The object, by its type.
    pub(crate) object: Option<(Entity, Txn<'a>)>,
    /// The fault, raw.
    pub(crate) fault: Option<&'a RawValue>,
    /// Items of a batch; `None` when the answer is not of a batch.
    pub(crate) items: Option<Vec<Envelope<'a>>>,
    /// Which item of the batch this is.
    pub(crate) item_id: Option<Text<'a>>,
    /// Rows of a query; `None` when the answer is not of a query.
    pub(crate) rows: Option<Vec<Txn<'a>>>,
}

impl<'a> Envelope<'a> {
    /// Reads a whole body. The error says where reading stopped, never what stood there.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|e| {
            format!(
                "{} bytes that cannot be read ({:?} at line {} column {})",
                body.len(),
                e.classify(),
                e.line(),
                e.column()
            )
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer of QuickBooks")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut out = Envelope::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key {
                        "Fault" | "fault" => out.fault = map.next_value()?,
                        "BatchItemResponse" => out.items = map.next_value()?,
                        "bId" => out.item_id = map.next_value()?,
                        "QueryResponse" => {
                            out.rows = map.next_value::<Option<Rows<'de>>>()?.map(|r| r.0);
                        }
                        name => match Entity::named(name) {
                            Some(entity) => out.object = Some((entity, map.next_value()?)),
                            None => {
                                map.next_value::<IgnoredAny>()?;
                            }
                        },
                    }
                }
                Ok(out)
            }
        }
        d.deserialize_map(Keys)
    }
}

/// The content of `QueryResponse`: one array under the name of the type, or nothing.
struct Rows<'a>(Vec<Txn<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Rows<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rows of a query")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows<'de>, A::Error> {
                let mut rows = Vec::new();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if Entity::named(&key).is_some() {
                        rows.append(&mut map.next_value::<Vec<Txn<'de>>>()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Rows(rows))
            }
        }
        d.deserialize_map(Keys)
    }
}

/// The throttle answer of the gateway: XML even when JSON was asked for (quickbooks.md §6).
pub(crate) struct ThrottlePage;

impl ThrottlePage {
    /// Whether `body` is one.
    pub(crate) fn is(body: &[u8]) -> bool {
        let holds = |needle: &[u8]| body.windows(needle.len()).any(|w| w == needle);
        let first = body.iter().find(|b| !b.is_ascii_whitespace());
        first == Some(&b'<') && (holds(b"ThrottleExceeded") || holds(b"<Error code=\"3001\""))
    }
}
