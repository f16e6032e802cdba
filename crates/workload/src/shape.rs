//! What month to make.

use crate::vendors::{OrderSystem, Processor};
use kernel::{BusinessDate, Currency};

/// The month of one shop. Equal shapes give equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Orders placed.
    pub orders: u32,
    /// Decides everything that is left open; months of different seeds share no payment id.
    pub seed: u64,
    /// First day of the month in the shop's zone.
    pub start: BusinessDate,
    /// Length in days, 1 to 366. Payouts start on the third day.
    pub days: u32,
    /// Time zone of the shop, IANA name.
    pub zone: &'static str,
    /// The one currency of shop and processor.
    pub currency: Currency,
    /// Name of both connections: `demo` makes `shopify:demo` and `stripe:demo`.
    pub shop: &'static str,
    /// Who tells of orders.
    pub order_system: OrderSystem,
    /// Who pays out.
    pub processor: Processor,
    /// What signs the order system's deliveries.
    pub order_secret: &'static str,
    /// What signs the processor's deliveries; Stripe's begin with `whsec_`.
    pub processor_secret: &'static str,
    /// Webhooks about orders only name them, where the order system's do: whoever receives them has to
    /// read the orders.
    pub thin_webhooks: bool,
    /// What goes wrong on the way.
    pub faults: DeliveryFaults,
    /// What happens in the shop.
    pub features: Features,
}

impl Default for Shape {
    /// 1,000 orders of January 2026 in New York, in US dollars, over a lossy line.
    fn default() -> Self {
        Self {
            orders: 1_000,
            seed: 1,
            // 2026-01-01.
            start: BusinessDate::from_days(20_454),
            days: 31,
            zone: "America/New_York",
            currency: Currency::USD,
            shop: "demo",
            order_system: OrderSystem::Shopify,
            processor: Processor::Stripe,
            order_secret: "shpss_tieout_demo",
            processor_secret: "whsec_tieout_demo",
            thin_webhooks: false,
            faults: DeliveryFaults::default(),
            features: Features::default(),
        }
    }
}

/// What goes wrong on the way, per 1,000. Nothing is ever lost: whatever is delayed, spoilt or
/// overtaken arrives in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryFaults {
    /// Deliveries that come again later with the same id and the same body.
    pub duplicated_per_mille: u16,
    /// Deliveries that others overtake.
    pub reordered_per_mille: u16,
    /// How many events at most may happen before a delayed, repeated or retried delivery comes, at
    /// least one. A repeat counts from the delayed delivery.
    pub reordered_by_max: u16,
    /// Orders of which an old version is told once more after the newest.
    pub stale_update_per_mille: u16,
    /// Deliveries that first arrive with a signature that does not fit, then properly.
    pub wrong_signature_per_mille: u16,
    /// Paid orders whose stated total is not what their lines come to; they must end held.
    pub unfooting_per_mille: u16,
    /// Extra webhooks of a topic that no rule knows, per 1,000 orders.
    pub unknown_topic_per_mille: u16,
}

impl DeliveryFaults {
    /// A perfect line and a shop whose orders all foot.
    pub const fn none() -> Self {
        Self {
            duplicated_per_mille: 0,
            reordered_per_mille: 0,
            reordered_by_max: 0,
            stale_update_per_mille: 0,
            wrong_signature_per_mille: 0,
            unfooting_per_mille: 0,
            unknown_topic_per_mille: 0,
        }
    }
}

impl Default for DeliveryFaults {
    /// A lossy line: every twentieth delivery comes again, every tenth late.
    fn default() -> Self {
        Self {
            duplicated_per_mille: 50,
            reordered_per_mille: 100,
            reordered_by_max: 24,
            stale_update_per_mille: 20,
            wrong_signature_per_mille: 2,
            unfooting_per_mille: 2,
            unknown_topic_per_mille: 1,
        }
    }
}

/// What happens in the shop, per 1,000 orders. An order takes one course: test, free, unpaid,
/// cancelled, unfooting, gift card, split tender, disputed, refunded, or plainly paid, in this
/// order of precedence when the numbers add up to more than 1,000. Discounts, tips, gift-card
/// lines, edits and updates come on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Orders with a discount code.
    pub discounts_per_mille: u16,
    /// Orders that sell a gift card beside goods.
    pub gift_cards_sold_per_mille: u16,
    /// Orders that a gift card pays wholly or in part.
    pub gift_cards_redeemed_per_mille: u16,
    /// Orders with a tip.
    pub tips_per_mille: u16,
    /// Orders of which one line comes back.
    pub partial_refunds_per_mille: u16,
    /// Orders that come back whole (but for the tip).
    pub full_refunds_per_mille: u16,
    /// Orders cancelled within the hour, before anything was captured.
    pub cancellations_per_mille: u16,
    /// Test orders.
    pub test_orders_per_mille: u16,
    /// Orders that a discount of 100 % makes free.
    pub zero_total_per_mille: u16,
    /// Payments that the buyer disputes six days later.
    pub disputes_per_mille: u16,
    /// Orders sent where several jurisdictions tax them.
    pub multiple_taxes_per_mille: u16,
    /// Orders paid by two processors.
    pub split_tender_per_mille: u16,
    /// Orders that were authorised and never captured.
    pub unpaid_per_mille: u16,
    /// Orders edited before the capture: their first version has another total.
    pub edits_per_mille: u16,
    /// Orders told of again, a day later, when they are fulfilled.
    pub updates_per_mille: u16,
    /// Single-tender payments that do not go through the processor: another one, the order system's own,
    /// manual.
    pub other_gateways_per_mille: u16,
    /// Prices hold the tax.
    pub taxes_included: bool,
    /// Whether the processor pays out (every one to three days) and itemises.
    pub payouts: bool,
}

impl Features {
    /// Plainly paid orders and payouts.
    pub const fn plain() -> Self {
        Self {
            discounts_per_mille: 0,
            gift_cards_sold_per_mille: 0,
            gift_cards_redeemed_per_mille: 0,
            tips_per_mille: 0,
            partial_refunds_per_mille: 0,
            full_refunds_per_mille: 0,
            cancellations_per_mille: 0,
            test_orders_per_mille: 0,
            zero_total_per_mille: 0,
            disputes_per_mille: 0,
            multiple_taxes_per_mille: 0,
            split_tender_per_mille: 0,
            unpaid_per_mille: 0,
            edits_per_mille: 0,
            updates_per_mille: 0,
            other_gateways_per_mille: 0,
            taxes_included: false,
            payouts: true,
        }
    }

    /// Everything often, so that a few dozen orders meet every case.
    pub const fn dense() -> Self {
        Self {
            discounts_per_mille: 350,
            gift_cards_sold_per_mille: 120,
            gift_cards_redeemed_per_mille: 90,
            tips_per_mille: 200,
            partial_refunds_per_mille: 120,
            full_refunds_per_mille: 90,
            cancellations_per_mille: 70,
            test_orders_per_mille: 50,
            zero_total_per_mille: 60,
            disputes_per_mille: 70,
            multiple_taxes_per_mille: 600,
            split_tender_per_mille: 80,
            unpaid_per_mille: 60,
            edits_per_mille: 200,
            updates_per_mille: 600,
            other_gateways_per_mille: 200,
            taxes_included: false,
            payouts: true,
        }
    }
}

impl Default for Features {
    /// An ordinary shop.
    fn default() -> Self {
        Self {
            discounts_per_mille: 180,
            gift_cards_sold_per_mille: 12,
            gift_cards_redeemed_per_mille: 15,
            tips_per_mille: 30,
            partial_refunds_per_mille: 25,
            full_refunds_per_mille: 20,
            cancellations_per_mille: 10,
            test_orders_per_mille: 2,
            zero_total_per_mille: 4,
            disputes_per_mille: 2,
            multiple_taxes_per_mille: 500,
            split_tender_per_mille: 8,
            unpaid_per_mille: 4,
            edits_per_mille: 15,
            updates_per_mille: 300,
            other_gateways_per_mille: 120,
            taxes_included: false,
            payouts: true,
        }
    }
}

/// The two connections that a month is delivered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Name of the order system's connection, e.g. `shopify:demo`; also the order source of the
    /// processor.
    pub orders: String,
    /// What signs its deliveries.
    pub order_secret: &'static str,
    /// Name of the processor's connection, e.g. `stripe:demo`.
    pub processor: String,
    /// What signs its deliveries.
    pub processor_secret: &'static str,
    /// Time zone of both.
    pub zone: &'static str,
}

/// What has to be configured to receive the month.
pub fn sources(shape: &Shape) -> Connections {
    Connections {
        orders: format!("{}:{}", shape.order_system.kind(), shape.shop),
        order_secret: shape.order_secret,
        processor: format!("{}:{}", shape.processor.kind(), shape.shop),
        processor_secret: shape.processor_secret,
        zone: shape.zone,
    }
}
