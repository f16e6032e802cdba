//! One object of the ledger: the union of the fields Tieout reads of all types.

use super::text::Text;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A transaction or list object; absent fields belong to other types.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Txn<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) sync_token: Option<Text<'a>>,
    /// `Deleted` in the answer to a delete; lower case in the wire format (quickbooks.md §2).
    #[serde(borrow, rename = "status")]
    pub(crate) status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) doc_number: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) payment_ref_num: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) txn_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) currency_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) customer_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) entity_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) department_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) deposit_to_account_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) account_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) from_account_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) to_account_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) private_note: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) total_amt: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) amount: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) balance: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) unapplied_amt: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) remaining_credit: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) line: Vec<Line<'a>>,
    /// Name of an account or item.
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    /// Name of a location or class behind those above it.
    #[serde(borrow)]
    pub(crate) fully_qualified_name: Option<Text<'a>>,
    /// Code of a currency.
    #[serde(borrow)]
    pub(crate) code: Option<Text<'a>>,
    /// Home units for one unit of the currency.
    #[serde(borrow)]
    pub(crate) exchange_rate: Option<&'a RawValue>,
    /// Name of a customer.
    #[serde(borrow)]
    pub(crate) display_name: Option<Text<'a>>,
    /// Of list objects; absent means true.
    pub(crate) active: Option<bool>,
}

/// A reference; `name` is ignored, ids decide (quickbooks.md §9.27).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Ref<'a> {
    #[serde(borrow)]
    pub(crate) value: Option<Text<'a>>,
}

/// One line; which detail is present depends on `detail_type`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Line<'a> {
    #[serde(borrow)]
    pub(crate) amount: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) detail_type: Option<Text<'a>>,
    /// The detail of whichever type; a line has one.
    #[serde(
        borrow,
        rename = "SalesItemLineDetail",
        alias = "DiscountLineDetail",
        alias = "JournalEntryLineDetail",
        alias = "DepositLineDetail",
        alias = "AccountBasedExpenseLineDetail",
        alias = "ItemBasedExpenseLineDetail"
    )]
    pub(crate) detail: Option<Detail<'a>>,
    #[serde(borrow, default)]
    pub(crate) linked_txn: Vec<LinkedTxn<'a>>,
}

/// The fields of all line details that Tieout compares.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Detail<'a> {
    #[serde(borrow)]
    pub(crate) item_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) account_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) discount_account_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) class_ref: Option<Ref<'a>>,
    /// Of journal entries.
    #[serde(borrow)]
    pub(crate) department_ref: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(crate) posting_type: Option<Text<'a>>,
}

/// A link to another transaction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LinkedTxn<'a> {
    #[serde(borrow)]
    pub(crate) txn_id: Option<Text<'a>>,
}
