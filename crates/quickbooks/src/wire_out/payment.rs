//! Payments, which settle invoices and use up credit memos.

use super::parts::{self, Ref};
use super::{Lookup, Unfit, unfit};
use crate::amount::Unit;
use kernel::{Document, ReasonCode};
use ports::LedgerRef;
use serde::Serialize;
use serde_json::value::RawValue;

/// A payment. The number goes to `PaymentRefNum`: payments have no `DocNumber`
/// (quickbooks.md §3).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Payment<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_ref_num: Option<&'a str>,
    txn_date: String,
    customer_ref: Ref<'a>,
    total_amt: Box<RawValue>,
    /// None where no money comes: one document settles another.
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_to_account_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<Box<RawValue>>,
    private_note: String,
    /// An update with no lines takes the payment off its invoices (quickbooks.md §8), so the
    /// array is always there.
    line: Vec<Line<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    amount: Box<RawValue>,
    linked_txn: [LinkedTxn<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LinkedTxn<'a> {
    txn_id: &'a str,
    txn_type: &'static str,
}

pub(super) fn payment<'a>(
    document: &'a Document,
    look: Lookup<'a>,
    handle: Option<&'a LedgerRef>,
    voiding: bool,
) -> Result<Payment<'a>, Unfit> {
    let unit = Unit::of(document.currency);
    let mut line = Vec::with_capacity(document.links.len());
    for link in &document.links {
        if link.amount_minor < 0 {
            return Err(unfit(ReasonCode::ValueInvalid, "a link has a negative amount"));
        }
        match parts::linked(look.refs, &link.to)? {
            Some((txn_type, txn_id)) => line.push(Line {
                amount: unit.number(link.amount_minor),
                linked_txn: [LinkedTxn { txn_id, txn_type }],
            }),
            None if voiding || ports::canary!("payment-before-invoice") => {}
            None => {
                return Err(unfit(
                    ReasonCode::MissingInLedger,
                    "the ledger id of a document this payment settles is not known",
                ));
            }
        }
    }
    let deposit_to_account_ref = match document.account.as_str() {
        "" if document.moves_nothing() => None,
        account => Some(look.account(account)?),
    };
    Ok(Payment {
        id: handle.map(|h| h.id.as_str()),
        sync_token: handle.map(|h| h.version.as_str()),
        payment_ref_num: document.number.as_deref(),
        txn_date: document.date.to_string(),
        customer_ref: parts::required_customer(document, look)?,
        total_amt: unit.number(document.total_minor),
        deposit_to_account_ref,
        currency_ref: look.currency(document),
        exchange_rate: look.rate(document)?,
        private_note: parts::note(document),
        line,
    })
}
