//! Webhook topics: what each one is, and what the silent ones say.

use super::order::Telling;
use super::shop::Shop;
use super::{dispute, order, payment, refund, shape, wire};
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Outcome, Parsed, Scalar, body};
use kernel::ReasonCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Topics, or the part of them before the slash, that say nothing about money, and why.
const SILENT: &[(&str, &str)] = &[
    ("app", "the app itself: no money"),
    ("app_purchases_one_time", "a charge of an app, on Shopify's bill to the shop"),
    ("app_subscriptions", "a charge of an app, on Shopify's bill to the shop"),
    ("audit_events", "an audit event of the shop: no money"),
    ("bulk_operations", "the end of a bulk operation: its result is fetched"),
    ("carts", "a cart: nothing is sold yet"),
    ("channels", "a sales channel: no money"),
    ("checkouts", "a checkout: nothing is sold until the order is made"),
    ("collection_listings", "a catalogue change: no money"),
    ("collection_publications", "a catalogue change: no money"),
    ("collections", "a catalogue change: no money"),
    ("companies", "a company record: no money"),
    ("company_contact_roles", "a company record: no money"),
    ("company_contacts", "a company record: no money"),
    ("company_locations", "a company record: no money"),
    ("customer_account_settings", "a setting: no money"),
    ("customer_groups", "a customer group: no money"),
    ("customer_payment_methods", "a stored payment method: no money"),
    ("customer", "a customer record: no money"),
    ("customers", "a customer record: no money"),
    ("customers_email_marketing_consent", "a consent: no money"),
    ("customers_marketing_consent", "a consent: no money"),
    ("discounts", "a discount rule: it shows on the orders that use it"),
    ("domains", "a domain: no money"),
    ("draft_orders", "a draft order: nothing is sold until the order is made"),
    ("fulfillment_events", "a shipment: money follows orders and payments"),
    ("fulfillment_holds", "a shipment: money follows orders and payments"),
    ("fulfillment_orders", "a shipment: money follows orders and payments"),
    ("fulfillments", "a shipment: money follows orders and payments"),
    ("inventory_items", "stock: no money"),
    ("inventory_levels", "stock: no money"),
    ("inventory_shipments", "stock: no money"),
    ("inventory_transfers", "stock: no money"),
    ("locales", "a setting: no money"),
    ("locations", "a location: no money"),
    ("markets", "a setting: no money"),
    ("metafield_definitions", "a custom field: no money"),
    ("metaobjects", "a custom object: no money"),
    ("order_edit", "an edit of an order: the order itself follows"),
    ("orders/link_requested", "a request for a link: no money"),
    ("orders/risk_assessment_changed", "a risk rating: no money"),
    ("orders/shopify_protect_eligibility_changed", "a risk rating: no money"),
    ("payment_schedules", "a due date: the payment itself is a transaction"),
    ("payment_terms", "payment terms: the order carries them"),
    ("product_feeds", "a catalogue change: no money"),
    ("product_listings", "a catalogue change: no money"),
    ("product_publications", "a catalogue change: no money"),
    ("products", "a catalogue change: no money"),
    ("profiles", "a delivery profile: no money"),
    ("publications", "a catalogue change: no money"),
    ("returns", "a return of goods: money follows as a refund"),
    ("reverse_deliveries", "a return of goods: money follows as a refund"),
    ("reverse_fulfillment_orders", "a return of goods: money follows as a refund"),
    ("scheduled_product_listings", "a catalogue change: no money"),
    ("segments", "a customer segment: no money"),
    ("selling_plan_groups", "a selling plan: it shows on the orders that use it"),
    ("shop", "the shop's own record: no money"),
    ("subscription_billing_attempts", "a billing attempt: the order and its transaction follow"),
    ("subscription_billing_cycle_edits", "a subscription: the orders made from it follow"),
    ("subscription_billing_cycles", "a subscription: the orders made from it follow"),
    ("subscription_contracts", "a subscription: the orders made from it follow"),
    ("tax_services", "a setting: no money"),
    ("tax_summaries", "a tax report: the orders carry the tax"),
    ("tender_transactions", "the same money as order transactions, told a second time"),
    ("themes", "a theme: no money"),
    ("variants", "stock: no money"),
];

/// Reads a webhook of `topic`.
pub fn read(shop: &Shop<'_>, topic: &str, text: &str, out: &mut Outcome) -> Parsed<()> {
    let topic = topic.to_ascii_lowercase();
    let family = topic.split('/').next().unwrap_or_default();
    if let Some((_, reason)) = SILENT.iter().find(|(name, _)| *name == topic || *name == family) {
        body::json::<IgnoredAny>(text, "body")?;
        out.ignore(format!("{topic}: {reason}"));
        return Ok(());
    }
    match topic.as_str() {
        "orders/delete" => deleted(shop, text),
        "orders/create" => order(shop, text, Telling::Created, out),
        _ if family == "orders" => order(shop, text, Telling::Updated, out),
        "order_transactions/create" | "order_transactions/update" => {
            object(shop, text, out, |tx: wire::Transaction<'_>, out| {
                payment::read(shop, &tx, &mut payment::Captures::default(), out)
            })
        }
        "refunds/create" | "refunds/update" => {
            object(shop, text, out, |refund: wire::Refund<'_>, out| {
                refund::read(shop, &refund, &refund::Known::default(), out)
            })
        }
        "disputes/create" | "disputes/update" => {
            object(shop, text, out, |wire: wire::Dispute<'_>, out| dispute::read(shop, &wire, out))
        }
        _ => {
            body::json::<IgnoredAny>(text, "body")?;
            let detail = format!(
                "the topic `{}` has no rule here; unsubscribe from it or add a rule",
                topic.chars().take(100).collect::<String>()
            );
            Err(unknown("x-shopify-topic", detail, shape::worth(text)))
        }
    }
}

fn order(shop: &Shop<'_>, text: &str, telling: Telling, out: &mut Outcome) -> Parsed<()> {
    object(shop, text, out, |wire: wire::Order<'_>, out| {
        order::read(shop, &wire, telling, out);
        Ok(())
    })
}

/// Parses the bare object of a webhook. A poller may hand over the object as the API answers it,
/// wrapped (`{"order": …}`), under the same topic.
fn object<'t, T: Deserialize<'t>>(
    shop: &Shop<'_>,
    text: &'t str,
    out: &mut Outcome,
    read: impl FnOnce(T, &mut Outcome) -> Parsed<()>,
) -> Parsed<()> {
    if shape::is_wrapped(text) {
        return shape::read(shop, text, false, out);
    }
    match body::json::<T>(text, "body") {
        Ok(wire) => read(wire, out),
        Err(fault) => Err(fault.worth(shape::worth(text))),
    }
}

/// A deleted order leaves no amounts behind; what is in the books has to be looked at.
fn deleted(shop: &Shop<'_>, text: &str) -> Parsed<()> {
    #[derive(Deserialize)]
    struct Deleted<'a> {
        #[serde(borrow)]
        id: Scalar<'a>,
    }
    let gone: Deleted<'_> = body::json(text, "body")?;
    let detail = "the order was deleted in Shopify; if it is in the books, reverse it";
    Err(fault(ReasonCode::SourceEditedAfterPosting, "id", detail)).about(&shop.sale(&gone.id))
}
