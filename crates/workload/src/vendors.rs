//! With whom the company sells, and who pays it.

use crate::plan::{Course, Step};
use kernel::Currency;

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
    /// Square's events and orders; Square also pays out.
    Square,
    /// Amazon's settlement reports, which tell of orders, refunds, fees and the payout at once.
    Amazon,
    /// Delimited files of invoices, credit notes and adjustments; nobody tells of payments.
    Csv,
    /// The same with one JSON object on a line.
    Ndjson,
}

impl OrderSystem {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Shopify,
        Self::WooCommerce,
        Self::BigCommerce,
        Self::CloudEvents,
        Self::Square,
        Self::Amazon,
        Self::Csv,
        Self::Ndjson,
    ];

    /// The kind of its source: what stands before the colon in the name of the connection.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::BigCommerce => "bigcommerce",
            Self::CloudEvents => "cloudevents",
            Self::Square => "square",
            Self::Amazon => "amazon",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// Whether it tells everything by files, which somebody imports.
    pub const fn is_file(self) -> bool {
        matches!(self, Self::Csv | Self::Ndjson)
    }

    /// The one whose source is of this kind.
    pub fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.kind() == kind)
    }

    /// The processor that it brings along: nobody else pays out what it sold.
    pub const fn processor(self) -> Option<Processor> {
        match self {
            Self::Square => Some(Processor::Square),
            Self::Amazon => Some(Processor::Amazon),
            _ => None,
        }
    }

    /// The processor behind its own payments.
    pub(crate) const fn own_payments(self) -> &'static str {
        match self {
            Self::Shopify => "shopify_payments",
            // Its own payments have no account of ours: the usual rules do not know them.
            Self::WooCommerce => "manual",
            _ => "cash",
        }
    }

    /// The tender behind payments of another processor, where it knows none.
    pub(crate) const fn others(self) -> Option<&'static str> {
        match self {
            Self::Square => Some("cash"),
            _ => None,
        }
    }

    /// Whether buyers pay, and are paid back, by other means than the processor.
    pub(crate) const fn takes_other_tenders(self) -> bool {
        !matches!(self, Self::Amazon)
    }

    /// Whether an event of an unknown kind says what it is worth.
    pub(crate) const fn prices_the_unknown(self) -> bool {
        matches!(self, Self::Shopify | Self::WooCommerce | Self::Square)
    }

    /// Whether it knows test orders.
    pub(crate) const fn has_tests(self) -> bool {
        matches!(self, Self::Shopify | Self::CloudEvents)
    }

    /// Whether its webhooks about orders only name them.
    pub const fn names_orders(self) -> bool {
        matches!(self, Self::BigCommerce | Self::Square)
    }

    /// Whether two processors may pay one order.
    pub(crate) const fn splits(self) -> bool {
        matches!(self, Self::Shopify | Self::CloudEvents | Self::Square)
    }

    /// Whether an order may take this course. Where it may not, it is plainly paid.
    pub(crate) const fn knows(self, course: Course) -> bool {
        match self {
            Self::Amazon => {
                matches!(course, Course::Paid | Course::RefundedPart | Course::RefundedWhole)
            }
            Self::Csv | Self::Ndjson => matches!(
                course,
                Course::Paid
                    | Course::Free
                    | Course::Unfooting
                    | Course::Disputed
                    | Course::RefundedPart
                    | Course::RefundedWhole
            ),
            _ => true,
        }
    }

    /// Whether it knows tips and sells gift cards.
    pub(crate) const fn has_extras(self) -> bool {
        !matches!(self, Self::Amazon)
    }

    /// Whether it tells prices with the tax in them where the shop shows them so.
    pub(crate) const fn tells_tax_inside(self) -> bool {
        matches!(self, Self::Shopify | Self::CloudEvents | Self::Square)
    }

    /// Whether only a tax that was charged says that prices hold it.
    pub(crate) const fn infers_tax_inside(self) -> bool {
        matches!(self, Self::Square)
    }

    /// Whether it tells taxes. Where it does not, there are none.
    pub(crate) const fn tells_taxes(self) -> bool {
        !self.is_file()
    }

    /// Whether it keeps the tax in `currency` and pays it itself: it is told, and not handed on.
    pub(crate) fn withholds_tax(self, currency: Currency) -> bool {
        self == Self::Amazon && currency == Currency::USD
    }

    /// What lines and total may differ at most by for its source to take it for rounding, minor units.
    pub(crate) const fn rounding(self) -> i64 {
        match self {
            // Half a unit for each of at most eight lines.
            Self::WooCommerce | Self::BigCommerce => 4,
            _ => 0,
        }
    }

    /// Whether anything is ever told of `step`.
    pub(crate) const fn tells(self, step: Step) -> bool {
        match self {
            Self::Shopify | Self::CloudEvents => !step.is_refund_detail(),
            Self::WooCommerce => !matches!(step, Step::Voided),
            Self::BigCommerce | Self::Square => true,
            Self::Amazon => step.is_refund() || matches!(step, Step::Paid | Step::Unknown),
            // Who does not pay at all is given up when others would dispute.
            Self::Csv | Self::Ndjson => {
                step.is_refund() || matches!(step, Step::Created | Step::DisputeOpened)
            }
        }
    }

    /// Whether what moves money is told by the payouts alone: what no payout of the month holds is
    /// not told.
    pub(crate) const fn is_told_by_payouts(self) -> bool {
        matches!(self, Self::Amazon)
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
    /// Square's disputes and payouts with their entries.
    Square,
    /// Amazon, which pays out what it sold itself.
    Amazon,
}

impl Processor {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Stripe, Self::PayPal, Self::Adyen, Self::Square, Self::Amazon];

    /// The kind of its source, and its name in facts and rules.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::PayPal => "paypal",
            Self::Adyen => "adyen",
            Self::Square => "square",
            Self::Amazon => "amazon",
        }
    }

    /// The one whose source is of this kind.
    pub fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|processor| processor.kind() == kind)
    }

    /// Whether it pays out what other order systems sold.
    pub const fn serves_others(self) -> bool {
        !matches!(self, Self::Amazon)
    }

    /// The processor of payments of which nothing but the payment is told.
    pub(crate) const fn other(self) -> &'static str {
        match self {
            Self::PayPal => "stripe",
            _ => "paypal",
        }
    }

    /// Whether it tells of payments and refunds once more, after `orders` did. Square tells of those
    /// for its own orders; where another system sold, it is asked for disputes and payouts only.
    pub(crate) const fn tells_payments(self, orders: OrderSystem) -> bool {
        match self {
            Self::PayPal => true,
            Self::Square => matches!(orders, OrderSystem::Square),
            Self::Stripe | Self::Adyen | Self::Amazon => false,
        }
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

    /// Whether a payout tells its fees as one sum.
    pub(crate) const fn sums_fees(self) -> bool {
        matches!(self, Self::Amazon)
    }

    /// Whether opening a dispute costs anything.
    pub(crate) const fn charges_for_disputes(self) -> bool {
        !matches!(self, Self::Square)
    }
}
