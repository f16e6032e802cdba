//! The answer to a question for changes (quickbooks.md §5).

use super::text::Text;
use super::txn::Txn;
use crate::entity::Entity;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// `{"CDCResponse":[{"QueryResponse":[{…}, …]}],"time":…}`.
#[derive(Debug, Deserialize)]
pub(crate) struct ChangesBody<'a> {
    #[serde(borrow, rename = "CDCResponse")]
    responses: Vec<Response<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Response<'a> {
    #[serde(borrow, default, rename = "QueryResponse")]
    blocks: Vec<Block<'a>>,
    #[serde(borrow, default, rename = "Fault")]
    fault: Option<&'a serde_json::value::RawValue>,
}

/// The rows of one type.
#[derive(Debug, Default)]
pub(crate) struct Block<'a> {
    /// The type; none when nothing of it changed.
    pub(crate) entity: Option<Entity>,
    /// Objects as they are now, and the ids of deleted ones.
    pub(crate) rows: Vec<Txn<'a>>,
    /// How many rows there are to tell of; more than `rows` when the answer was full.
    pub(crate) total: u64,
}

impl<'a> ChangesBody<'a> {
    /// Reads a body. The error never says what stood there.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(body)
            .map_err(|e| format!("changes that cannot be read ({:?})", e.classify()))?;
        if read.responses.iter().any(|r| r.fault.is_some()) {
            return Err("a fault inside the changes".to_owned());
        }
        Ok(read)
    }

    pub(crate) fn time(&self) -> Option<&str> {
        self.time.as_deref()
    }

    pub(crate) fn blocks(self) -> impl Iterator<Item = Block<'a>> {
        self.responses.into_iter().flat_map(|r| r.blocks)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Block<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Block<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("changed objects of one type")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Block<'de>, A::Error> {
                let mut block = Block::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if let Some(entity) = Entity::named(&key) {
                        block.entity = Some(entity);
                        block.rows = map.next_value()?;
                    } else if &*key == "totalCount" {
                        block.total = map.next_value()?;
                    } else if &*key == "Fault" {
                        return Err(serde::de::Error::custom("a fault"));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(block)
            }
        }
        d.deserialize_map(Keys)
    }
}
