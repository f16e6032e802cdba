//! Adyen's webhooks, as far as money needs them (sources-and-cases.md A6).

use crate::kit::{Scalar, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A standard webhook: up to six items.
#[derive(Debug, Deserialize)]
pub struct Standard<'a> {
    #[serde(borrow)]
    pub live: Option<&'a RawValue>,
    #[serde(borrow, rename = "notificationItems")]
    pub items: Option<Vec<&'a RawValue>>,
}

/// An item inside its wrapper.
#[derive(Debug, Deserialize)]
pub struct Wrapped<'a> {
    #[serde(borrow, rename = "NotificationRequestItem")]
    pub item: Item<'a>,
}

/// One item. The first eight fields are signed, all others only hint.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item<'a> {
    #[serde(borrow)]
    pub psp_reference: Option<Text<'a>>,
    #[serde(borrow)]
    pub original_reference: Option<Text<'a>>,
    #[serde(borrow)]
    pub merchant_account_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub merchant_reference: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub event_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub success: Option<&'a RawValue>,
    #[serde(borrow)]
    pub event_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub additional_data: Option<Additional<'a>>,
}

/// What else an item says; depends on the account's settings.
#[derive(Debug, Deserialize)]
pub struct Additional<'a> {
    #[serde(borrow, rename = "hmacSignature")]
    pub signature: Option<Text<'a>>,
    #[serde(borrow, rename = "modification.action")]
    pub action: Option<Text<'a>>,
    #[serde(borrow, rename = "capturePspReference")]
    pub capture: Option<Text<'a>>,
    #[serde(borrow, rename = "disputeStatus")]
    pub dispute_status: Option<Text<'a>>,
}

/// Money in the vendor's minor unit.
#[derive(Debug, Clone, Deserialize)]
pub struct Amount<'a> {
    pub value: i64,
    #[serde(borrow)]
    pub currency: Text<'a>,
}

/// A webhook of the balance platform.
#[derive(Debug, Deserialize)]
pub struct Platform<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub environment: Option<Text<'a>>,
    #[serde(borrow)]
    pub timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    pub data: Option<Transfer<'a>>,
    /// Set by the older platform instead of `type`.
    #[serde(borrow, rename = "eventType")]
    pub event_type: Option<Text<'a>>,
    pub live: Option<bool>,
}

/// What a platform webhook is about; a transfer has all of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub category: Option<Text<'a>>,
    #[serde(borrow)]
    pub direction: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub creation_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub counterparty: Option<Counterparty<'a>>,
    #[serde(borrow)]
    pub events: Option<Vec<TransferEvent<'a>>>,
}

/// Where a transfer goes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counterparty<'a> {
    #[serde(borrow)]
    pub transfer_instrument_id: Option<Text<'a>>,
}

/// A step of a transfer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferEvent<'a> {
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub booking_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub value_date: Option<Text<'a>>,
}
