//! Names of things that must never be confused with one another.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Wraps the text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_key! {
    /// A connection to an order system or processor, `kind:name`, e.g. `shopify:acme`.
    SourceName
}
text_key! {
    /// Names one movement of money or one version of an order across all events that tell of it:
    /// `stripe/ch_1/capture`. Two facts with the same key and version are one fact.
    EconomicKey
}
text_key! {
    /// Names one thing the ledger should hold, stable over every edit:
    /// `shopify:acme/order/1001/receipt`. At most one live ledger object carries it.
    BusinessKey
}

impl BusinessKey {
    /// The marker that stands for this key in the ledger's memo field: 16 hexadecimal digits of
    /// FNV-1a over two seeds. Short, because the memo is read by people; it is compared together
    /// with kind and amount, never alone.
    pub fn marker(&self) -> String {
        let fnv = |seed: u64| {
            self.0.bytes().fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
        };
        let (a, b) = (fnv(0xcbf2_9ce4_8422_2325), fnv(0x8422_2325_cbf2_9ce4));
        format!("{:016x}", a ^ b.rotate_left(29))
    }
}

/// What a fact is about: the unit that is folded and decided as one.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Unique within the kind, prefixed by the source: `shopify:acme/order/1001`.
    pub key: String,
}

impl Subject {
    /// A subject of `kind` named `key`.
    pub fn new(kind: SubjectKind, key: impl Into<String>) -> Self {
        Self { kind, key: key.into() }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.key)
    }
}

/// Kinds of subject.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An order with its payments and refunds.
    Sale,
    /// Payments and refunds of a processor whose order is not (yet) known, by payment.
    Payment,
    /// A transfer from a processor to the bank with the entries it consists of.
    Payout,
    /// A forced reversal.
    Dispute,
    /// A fee that belongs to no payout we know.
    Fee,
    /// A correction a source declares.
    Adjustment,
    /// One summary journal of a day and channel (posting mode `daily_summary`).
    Summary,
}

impl SubjectKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Sale,
        Self::Payment,
        Self::Payout,
        Self::Dispute,
        Self::Fee,
        Self::Adjustment,
        Self::Summary,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Payment => "payment",
            Self::Payout => "payout",
            Self::Dispute => "dispute",
            Self::Fee => "fee",
            Self::Adjustment => "adjustment",
            Self::Summary => "summary",
        }
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}
