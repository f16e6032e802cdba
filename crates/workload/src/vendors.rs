//! With whom the company sells, and who pays it.

use crate::plan::Step;

/// The system that tells of orders, payments and refunds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderSystem {
    /// Shopify's webhooks.
    #[default]
    Shopify,
    /// WooCommerce's webhooks, and its refunds as its API answers them.
    WooCommerce,
    /// BigCommerce's orders, as they are read when a webhook names them.
    BigCommerce,
    /// An order system of one's own, which sends canonical facts as CloudEvents.
    CloudEvents,
}

impl OrderSystem {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Shopify, Self::WooCommerce, Self::BigCommerce, Self::CloudEvents];

    /// The kind of its source: what stands before the colon in the name of the connection.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::BigCommerce => "bigcommerce",
            Self::CloudEvents => "cloudevents",
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
            // Its own payments have no account of ours: the usual rules do not know them.
            Self::WooCommerce => "manual",
            Self::BigCommerce | Self::CloudEvents => "cash",
        }
    }

    /// Whether an event of an unknown kind says what it is worth.
    pub(crate) const fn prices_the_unknown(self) -> bool {
        matches!(self, Self::Shopify | Self::WooCommerce)
    }

    /// Whether it knows test orders.
    pub(crate) const fn has_tests(self) -> bool {
        !matches!(self, Self::WooCommerce | Self::BigCommerce)
    }

    /// Whether two processors may pay one order.
    pub(crate) const fn splits(self) -> bool {
        !matches!(self, Self::WooCommerce | Self::BigCommerce)
    }

    /// Whether it tells prices with the tax in them where the shop shows them so.
    pub(crate) const fn tells_tax_inside(self) -> bool {
        !matches!(self, Self::WooCommerce | Self::BigCommerce)
    }

    /// What lines and total may differ at most by for its source to take it for rounding, minor units.
    pub(crate) const fn rounding(self) -> i64 {
        match self {
            Self::Shopify | Self::CloudEvents => 0,
            // Half a unit for each of at most eight lines.
            Self::WooCommerce | Self::BigCommerce => 4,
        }
    }

    /// Whether anything is told of `step` at all.
    pub(crate) const fn tells(self, step: Step) -> bool {
        match self {
            Self::Shopify | Self::CloudEvents => !step.is_refund_detail(),
            Self::WooCommerce => !matches!(step, Step::Voided),
            Self::BigCommerce => true,
        }
    }

    /// Whether an order that was authorised only is a draft.
    pub(crate) const fn drafts_the_unpaid(self) -> bool {
        matches!(self, Self::BigCommerce)
    }
}

/// The processor that holds the money and pays it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Processor {
    /// Stripe's events, and the itemisation of its payouts.
    #[default]
    Stripe,
    /// PayPal's events, which tell of payments and refunds too, and its movements.
    PayPal,
    /// Adyen's disputes, and the settlement reports of its payouts.
    Adyen,
}

impl Processor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stripe, Self::PayPal, Self::Adyen];

    /// The kind of its source, and its name in facts and rules.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::PayPal => "paypal",
            Self::Adyen => "adyen",
        }
    }

    /// The one whose source is of this kind.
    pub fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|processor| processor.kind() == kind)
    }

    /// The processor of payments of which nothing but the payment is told.
    pub(crate) const fn other(self) -> &'static str {
        match self {
            Self::Stripe | Self::Adyen => "paypal",
            Self::PayPal => "stripe",
        }
    }

    /// Whether it tells of payments and refunds, beside the order system.
    pub(crate) const fn tells_payments(self) -> bool {
        matches!(self, Self::PayPal)
    }

    /// Whether its payouts are itemised. What their movements cost is told by them; else it is told by
    /// the movements themselves.
    pub const fn itemises(self) -> bool {
        !matches!(self, Self::PayPal)
    }

    /// Whether a dispute itself says what opening it costs. If not, what tells of the payout does.
    pub(crate) const fn tells_dispute_fees(self) -> bool {
        matches!(self, Self::Stripe)
    }
}
