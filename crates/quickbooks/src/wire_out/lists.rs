//! Accounts, items, customers, locations and classes.

use super::parts::Ref;
use super::{Lookup, Unfit, unfit};
use crate::names::quickbooks_name;
use crate::settings::Region;
use kernel::{ReasonCode, Reference, ReferenceKind};
use ports::{LedgerRef, RefMap};
use serde::Serialize;

/// A list object. Lists honour sparse updates (quickbooks.md §2), so what people added stays.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_token: Option<&'a str>,
    #[serde(rename = "sparse", skip_serializing_if = "Option::is_none")]
    sparse: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_type: Option<&'static str>,
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    item_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    income_account_ref: Option<Ref<'a>>,
    /// Of a currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// What customers and accounts are kept in for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    /// List objects are never deleted; they become inactive (quickbooks.md §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
}

pub(super) fn list_object<'a>(
    reference: &'a Reference,
    refs: &'a RefMap,
    handle: Option<&'a LedgerRef>,
    retire: bool,
) -> Result<ListObject<'a>, Unfit> {
    let mut out = ListObject {
        id: handle.map(|h| h.id.as_str()),
        sync_token: handle.map(|h| h.version.as_str()),
        sparse: handle.map(|_| true),
        name: None,
        display_name: None,
        account_type: None,
        item_type: None,
        income_account_ref: None,
        code: None,
        currency_ref: None,
        active: retire.then_some(false),
    };
    if retire {
        return Ok(out);
    }
    match reference {
        Reference::Currency { currency } => out.code = Some(currency.code()),
        Reference::Account { name, account_type, currency } => {
            out.name = Some(cleaned(ReferenceKind::Account, name)?);
            out.account_type = Some(account_type.quickbooks_name());
            out.currency_ref = currency.as_ref().map(|c| Ref { value: c.code() });
        }
        Reference::Item { name, account } => {
            out.name = Some(cleaned(ReferenceKind::Item, name)?);
            out.item_type = Some("Service");
            out.income_account_ref =
                Some(Lookup { refs, region: Region::default(), stood: None }.account(account)?);
        }
        Reference::Customer { name, currency } => {
            out.display_name = Some(cleaned(ReferenceKind::Customer, name)?);
            out.currency_ref = currency.as_ref().map(|c| Ref { value: c.code() });
        }
        Reference::Location { name } => {
            out.name = Some(topmost(ReferenceKind::Location, name)?);
        }
        Reference::Class { name } => out.name = Some(topmost(ReferenceKind::Class, name)?),
    }
    Ok(out)
}

/// The name of a location or class that stands below none: only people know what the one above
/// it is for.
fn topmost(kind: ReferenceKind, name: &str) -> Result<String, Unfit> {
    let name = cleaned(kind, name)?;
    if name.contains(':') {
        let word = kind.as_str();
        return Err(unfit(
            ReasonCode::MappingTargetInactive,
            format!("there is no {word} `{name}` in QuickBooks; make it there and retry"),
        ));
    }
    Ok(name)
}

fn cleaned(kind: ReferenceKind, name: &str) -> Result<String, Unfit> {
    let name = quickbooks_name(kind, name);
    if name.is_empty() {
        return Err(unfit(
            ReasonCode::FieldMissing,
            format!("the name of the {} has no character QuickBooks can store", kind.as_str()),
        ));
    }
    Ok(name)
}
