//! Stripe's objects, as far as money needs them. Amounts are integers in the smallest unit with
//! Stripe's own exceptions (sources-and-cases.md A2); a float in their place is refused.

use crate::kit::{Reference, Scalar, Text};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// What any answer of the API is, before it is read as one thing.
#[derive(Debug, Deserialize)]
pub struct Top<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub object: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub event_type: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub url: Option<Text<'a>>,
    pub has_more: Option<bool>,
    #[serde(borrow)]
    pub data: Option<Data<'a>>,
    pub livemode: Option<bool>,
    #[serde(borrow)]
    pub created: Option<&'a RawValue>,
    #[serde(borrow)]
    pub amount: Option<&'a RawValue>,
    #[serde(borrow)]
    pub amount_total: Option<&'a RawValue>,
    #[serde(borrow)]
    pub currency: Option<&'a RawValue>,
}

/// What stands under `data`, unparsed.
#[derive(Debug)]
pub enum Data<'a> {
    /// The object of an event.
    Object(&'a RawValue),
    /// The objects of a list.
    List(Vec<&'a RawValue>),
    /// Nothing that Stripe writes there.
    Neither,
}

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Data<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the object of an event or the objects of a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Data<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Data::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data<'de>, A::Error> {
                let mut object = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if key.as_str() != "object" {
                        map.next_value::<IgnoredAny>()?;
                    } else if object.replace(map.next_value()?).is_some() {
                        return Err(A::Error::duplicate_field("object"));
                    }
                }
                Ok(object.map_or(Data::Neither, Data::Object))
            }
        }
        d.deserialize_any(Each)
    }
}

/// Keys that merchants put on charges to name their order.
#[derive(Debug, Default, Deserialize)]
pub struct Metadata<'a> {
    #[serde(borrow)]
    pub order_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub order_key: Option<Text<'a>>,
}

/// The refunds of a charge.
#[derive(Debug, Deserialize)]
pub struct Refunds<'a> {
    #[serde(borrow)]
    pub data: Vec<Refund<'a>>,
    pub has_more: Option<bool>,
}

/// A charge.
#[derive(Debug, Deserialize)]
pub struct Charge<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    pub amount: i64,
    pub amount_captured: Option<i64>,
    pub captured: Option<bool>,
    pub created: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub livemode: Option<bool>,
    #[serde(borrow)]
    pub metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    pub payment_method_details: Option<PaymentMethodDetails<'a>>,
    #[serde(borrow)]
    pub refunds: Option<Refunds<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
}

/// How a charge was paid.
#[derive(Debug, Deserialize)]
pub struct PaymentMethodDetails<'a> {
    #[serde(borrow)]
    pub card: Option<Card<'a>>,
}

/// A card payment.
#[derive(Debug, Deserialize)]
pub struct Card<'a> {
    #[serde(borrow)]
    pub multicapture: Option<Multicapture<'a>>,
}

/// Whether a charge may be captured in several steps.
#[derive(Debug, Deserialize)]
pub struct Multicapture<'a> {
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
}

/// A payment intent.
#[derive(Debug, Deserialize)]
pub struct PaymentIntent<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    pub amount: i64,
    pub amount_capturable: Option<i64>,
    pub amount_received: Option<i64>,
    pub created: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
    #[serde(borrow)]
    pub latest_charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub charges: Option<Charges<'a>>,
    pub livemode: Option<bool>,
    #[serde(borrow)]
    pub metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
}

/// The charges of a payment intent in old API versions, newest first.
#[derive(Debug, Deserialize)]
pub struct Charges<'a> {
    #[serde(borrow)]
    pub data: Vec<Reference<'a>>,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub struct Refund<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    pub amount: i64,
    #[serde(borrow)]
    pub charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub payment_intent: Option<Reference<'a>>,
    pub created: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
    #[serde(borrow)]
    pub metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
}

/// A dispute.
#[derive(Debug, Deserialize)]
pub struct Dispute<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    pub amount: i64,
    #[serde(borrow)]
    pub balance_transactions: Option<Vec<BalanceTransaction<'a>>>,
    #[serde(borrow)]
    pub charge: Option<Reference<'a>>,
    pub created: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub livemode: Option<bool>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
}

/// A movement on the balance. `net` = `amount` − `fee`, all in the settlement currency.
#[derive(Debug, Deserialize)]
pub struct BalanceTransaction<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub object: Option<Text<'a>>,
    pub amount: i64,
    pub fee: Option<i64>,
    #[serde(borrow)]
    pub fee_details: Option<Vec<FeePart<'a>>>,
    pub net: Option<i64>,
    pub created: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
    #[serde(borrow)]
    pub reporting_category: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub movement_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub source: Option<Reference<'a>>,
    #[serde(borrow)]
    pub description: Option<Text<'a>>,
}

/// A part of a movement's fee: `stripe_fee`, `application_fee`, `tax`.
#[derive(Debug, Deserialize)]
pub struct FeePart<'a> {
    pub amount: i64,
    #[serde(borrow, rename = "type")]
    pub fee_type: Option<Text<'a>>,
}

/// A payout.
#[derive(Debug, Deserialize)]
pub struct Payout<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    pub amount: i64,
    pub arrival_date: Option<i64>,
    pub automatic: Option<bool>,
    pub created: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
    #[serde(borrow)]
    pub destination: Option<Reference<'a>>,
    pub livemode: Option<bool>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
}
