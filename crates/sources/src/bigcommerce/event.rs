//! Webhooks: they name an object and nothing else, so what they name is fetched.

use crate::kit::fault::unknown;
use crate::kit::scalar::loose;
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, body};
use serde::Deserialize;

/// A webhook.
#[derive(Debug, Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    scope: Text<'a>,
    #[serde(borrow)]
    hash: Text<'a>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Debug, Deserialize)]
struct Data<'a> {
    #[serde(borrow, default, deserialize_with = "loose")]
    id: Option<Scalar<'a>>,
    /// Of a transaction's webhook.
    #[serde(borrow, default, deserialize_with = "loose")]
    order_id: Option<Scalar<'a>>,
}

/// Scopes below `store/`, up to the next slash, that say nothing about money, and why.
const SILENT: &[(&str, &str)] = &[
    ("app", "the app itself: no money"),
    ("brand", "a catalogue change: no money"),
    ("cart", "a cart: the order made of it is told"),
    ("category", "a catalogue change: no money"),
    ("channel", "a storefront: no money"),
    ("customer", "a customer record: no money"),
    ("information", "a setting: no money"),
    ("inventory", "stock: no money"),
    ("metafield", "notes of apps: no money"),
    ("modifier", "a catalogue change: no money"),
    ("option", "a catalogue change: no money"),
    ("priceList", "prices: they show on the orders that use them"),
    ("product", "a catalogue change: no money"),
    ("script", "a storefront: no money"),
    ("shipment", "a shipment: money follows orders and payments"),
    ("sku", "a catalogue change: no money"),
    ("subscriber", "a newsletter: no money"),
    ("theme", "a storefront: no money"),
];

/// Why a webhook about an order says nothing by itself.
const NAMED: &str = "a webhook names the order only: what it says is fetched";

/// What repeats of one event have in common; nothing for what is no webhook. The vendor's examples
/// have one `hash` under several scopes, so the scope and the object belong to it.
pub fn identity(body: &[u8]) -> Option<String> {
    let event: Event<'_> = serde_json::from_slice(body).ok()?;
    let id = event.data.id.as_ref().map_or("", Scalar::as_str);
    let fits = |text: &str| (1..=200).contains(&text.len());
    let (scope, hash) = (event.scope.as_str(), event.hash.as_str());
    (fits(scope) && fits(hash)).then(|| format!("{scope}/{id}/{hash}"))
}

/// Reads a webhook.
pub fn read(text: &str, out: &mut Outcome) -> Parsed<()> {
    let event: Event<'_> = body::json(text, "body")?;
    let scope = event.scope.as_str();
    let below = scope.strip_prefix("store/").unwrap_or_default();
    let family = below.split('/').next().unwrap_or_default();
    if let Some((_, why)) = SILENT.iter().find(|(name, _)| *name == family) {
        out.ignore(format!("{scope}: {why}"));
        return Ok(());
    }
    let id = match below {
        "order/message/created" => {
            out.ignore("a message about an order: no money");
            return Ok(());
        }
        "order/transaction/created" | "order/transaction/updated" => {
            event.data.order_id.as_ref().or(event.data.id.as_ref()).at("data.order_id")?
        }
        "order/created"
        | "order/updated"
        | "order/archived"
        | "order/statusUpdated"
        | "order/refund/created" => event.data.id.as_ref().at("data.id")?,
        _ => {
            let shown: String = scope.chars().take(100).collect();
            let detail = format!("the scope `{shown}` has no rule here; delete that webhook");
            return Err(unknown("scope", detail, None));
        }
    };
    out.wanted(super::poll::order_name(id.as_str()).at("data.id")?);
    out.ignore(NAMED);
    Ok(())
}
