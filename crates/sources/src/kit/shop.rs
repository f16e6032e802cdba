//! One shop: names of what it tells, and its facts.

use super::Scalar;
use kernel::time::Zone;
use kernel::{EconomicKey, EventTime, Fact, FactBody, SourceName, Subject, SubjectKind, Timestamp};

/// The shop whose delivery is read.
pub struct Shop<'s> {
    /// Its connection, e.g. `shopify:acme`: the prefix of its keys.
    pub source: &'s SourceName,
    /// Its time zone: decides the business date of everything.
    pub zone: &'s Zone,
}

impl Shop<'_> {
    /// `<source>/<noun>/<id>`.
    pub fn key(&self, noun: &str, id: &Scalar<'_>) -> String {
        [self.source.as_str(), noun, plain_id(id)].join("/")
    }

    /// The subject of an order and of all its money.
    pub fn sale(&self, order_id: &Scalar<'_>) -> Subject {
        Subject::new(SubjectKind::Sale, self.key("order", order_id))
    }

    /// A fact of this shop.
    pub fn fact(
        &self,
        subject: &Subject,
        key: String,
        version: i64,
        occurred_at: Timestamp,
        body: FactBody,
    ) -> Fact {
        fact(self.source, subject, EconomicKey(key), version, occurred_at, body)
    }
}

/// A fact that `source` tells.
pub fn fact(
    source: &SourceName,
    subject: &Subject,
    key: EconomicKey,
    version: i64,
    occurred_at: Timestamp,
    body: FactBody,
) -> Fact {
    Fact {
        source: source.clone(),
        subject: subject.clone(),
        key,
        version,
        occurred_at: EventTime(occurred_at),
        body,
    }
}

/// `<source>/<kind>/<id>`: what a processor tells of by its own id.
pub fn subject(source: &SourceName, kind: SubjectKind, id: &str) -> Subject {
    Subject::new(kind, [source.as_str(), kind.as_str(), id].join("/"))
}

/// The number of an id, also of a global one: `gid://shopify/Order/1` is `1`.
pub fn plain_id<'i>(id: &'i Scalar<'_>) -> &'i str {
    id.as_str().rsplit('/').next().unwrap_or_default()
}
