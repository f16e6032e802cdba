//! With whom the company sells, and who pays it.

/// The system that tells of orders, payments and refunds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderSystem {
    /// Shopify's webhooks.
    #[default]
    Shopify,
}

impl OrderSystem {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Shopify];

    /// The kind of its source: what stands before the colon in the name of the connection.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
        }
    }

    /// The one whose source is of this kind.
    pub fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.kind() == kind)
    }

    /// The processor behind its own payments.
    pub(crate) const fn own_payments(self) -> &'static str {
        match self {
            Self::Shopify => "shopify_payments",
        }
    }
}

/// The processor that holds the money and pays it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Processor {
    /// Stripe's events, and the itemisation of its payouts.
    #[default]
    Stripe,
}

impl Processor {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Stripe];

    /// The kind of its source, and its name in facts and rules.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
        }
    }

    /// The one whose source is of this kind.
    pub fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|processor| processor.kind() == kind)
    }

    /// The processor of payments of which nothing but the payment is told.
    pub(crate) const fn other(self) -> &'static str {
        match self {
            Self::Stripe => "paypal",
        }
    }
}
