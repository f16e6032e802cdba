//! The fields of one JSON object, by name: what a payload is when nothing else says so.

use super::Text;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Most fields one object may have; an order has about 100.
const FIELDS_MAX: usize = 1_000;

/// The fields of one object in their order, each once.
#[derive(Debug)]
pub struct Fields<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Whether the object has a field `name`.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of field `name`, unparsed.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The first names, for people: at most 120 characters.
    pub fn shown(&self) -> String {
        let names = self.iter().map(|(n, _)| n).take(5).collect::<Vec<_>>();
        names.join(", ").chars().take(120).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Vec<(Text<'de>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Self::Value = Vec::new();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    if fields.len() >= FIELDS_MAX || fields.iter().any(|(n, _)| *n == name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    fields.push((name, map.next_value()?));
                }
                Ok(fields)
            }
        }
        d.deserialize_map(Each).map(Self)
    }
}
