//! Kinds whose lines name accounts: expense (Purchase), journal entry, deposit, transfer.

use super::added::{self, Added};
use super::parts::{self, Ref};
use super::{Lookup, Unfit, unfit};
use crate::amount::Unit;
use crate::entity::KindRules;
use kernel::{Document, DocumentKind, DocumentLine, ReasonCode};
use ports::LedgerRef;
use serde::Serialize;
use serde_json::value::RawValue;

/// One of the four; the unused fields are left out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_number: Option<&'a str>,
    txn_date: String,
    #[serde(flatten)]
    head: Head<'a>,
    /// Of expenses and deposits.
    #[serde(skip_serializing_if = "Option::is_none")]
    department_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<Box<RawValue>>,
    /// Of expenses; the other three hold no tax unless they say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    global_tax_calculation: Option<&'static str>,
    private_note: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    line: Vec<Line<'a>>,
}

/// What differs before the lines.
#[derive(Serialize)]
#[serde(untagged)]
enum Head<'a> {
    #[serde(rename_all = "PascalCase")]
    Purchase {
        payment_type: &'static str,
        account_ref: Ref<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        entity_ref: Option<TypedRef<'a>>,
    },
    #[serde(rename_all = "PascalCase")]
    Deposit {
        deposit_to_account_ref: Ref<'a>,
    },
    #[serde(rename_all = "PascalCase")]
    Transfer {
        from_account_ref: Ref<'a>,
        to_account_ref: Ref<'a>,
        amount: Box<RawValue>,
    },
    Journal {},
}

/// A reference that says what it refers to.
#[derive(Serialize)]
struct TypedRef<'a> {
    value: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    amount: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    detail_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_based_expense_line_detail: Option<AccountDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_line_detail: Option<AccountDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal_entry_line_detail: Option<JournalDetail<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountDetail<'a> {
    account_ref: Ref<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class_ref: Option<Ref<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JournalDetail<'a> {
    posting_type: &'static str,
    account_ref: Ref<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<JournalEntity<'a>>,
}

/// Receivables lines of journal entries name their customer (quickbooks.md §8).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JournalEntity<'a> {
    r#type: &'static str,
    entity_ref: Ref<'a>,
}

pub(super) fn entry<'a>(
    document: &'a Document,
    look: Lookup<'a>,
    handle: Option<&'a LedgerRef>,
) -> Result<Entry<'a>, Unfit> {
    let kind = document.kind;
    let lines = match kind {
        DocumentKind::Transfer => Vec::new(),
        _ => lines(document, look)?,
    };
    Ok(Entry {
        id: handle.map(|h| h.id.as_str()),
        sync_token: handle.map(|h| h.version.as_str()),
        doc_number: if kind == DocumentKind::Transfer { None } else { document.number.as_deref() },
        txn_date: document.date.to_string(),
        head: head(document, look)?,
        department_ref: if kind.has_location() { look.location(document)? } else { None },
        currency_ref: look.currency(document),
        exchange_rate: look.rate(document)?,
        global_tax_calculation: if kind == DocumentKind::Expense {
            look.tax_calculation()
        } else {
            None
        },
        private_note: parts::note(document),
        line: lines,
    })
}

/// A journal line of zero is neither a debit nor a credit and is not sent.
pub(crate) fn kept(kind: DocumentKind, line: &DocumentLine) -> bool {
    kind != DocumentKind::JournalEntry || line.amount_minor != 0
}

fn head<'a>(document: &'a Document, look: Lookup<'a>) -> Result<Head<'a>, Unfit> {
    Ok(match document.kind {
        DocumentKind::Expense => Head::Purchase {
            payment_type: "Cash",
            account_ref: look.account(&document.account)?,
            entity_ref: parts::customer(document, look)?
                .map(|r| TypedRef { value: r.value, kind: "Customer" }),
        },
        DocumentKind::Deposit => {
            Head::Deposit { deposit_to_account_ref: look.account(&document.account)? }
        }
        DocumentKind::Transfer => {
            let to = document.counter_account.as_deref().ok_or_else(|| {
                unfit(ReasonCode::AccountUnmapped, "the transfer names no account to go to")
            })?;
            Head::Transfer {
                from_account_ref: look.account(&document.account)?,
                to_account_ref: look.account(to)?,
                amount: Unit::of(document.currency).number(document.total_minor),
            }
        }
        _ => Head::Journal {},
    })
}

fn lines<'a>(document: &'a Document, look: Lookup<'a>) -> Result<Vec<Line<'a>>, Unfit> {
    let kind = document.kind;
    let lines = || document.lines.iter().filter(move |l| kept(kind, l));
    let accounts = lines().map(|l| look.account(&l.account)).collect::<Result<Vec<_>, _>>()?;
    let amounts = lines().map(|l| l.amount_minor);
    let sent: Vec<(&str, i64)> = accounts.iter().map(|a| a.value).zip(amounts).collect();
    let added = added::to_lines(look.stood, &sent);
    let of = accounts.into_iter().zip(added);
    lines().zip(of).map(|(l, of)| line(document, l, of, look)).collect()
}

fn line<'a>(
    document: &'a Document,
    line: &'a DocumentLine,
    (account_ref, added): (Ref<'a>, Added<'a>),
    look: Lookup<'a>,
) -> Result<Line<'a>, Unfit> {
    let unit = Unit::of(document.currency);
    let class_ref = look.class(line, added)?;
    let mut out = Line {
        amount: unit.number(line.amount_minor),
        description: parts::description(&line.description),
        detail_type: "AccountBasedExpenseLineDetail",
        account_based_expense_line_detail: None,
        deposit_line_detail: None,
        journal_entry_line_detail: None,
    };
    match document.kind {
        DocumentKind::JournalEntry => {
            let amount_minor = line
                .amount_minor
                .checked_abs()
                .ok_or_else(|| unfit(ReasonCode::ValueInvalid, "a journal line is too large"))?;
            out.amount = unit.number(amount_minor);
            out.detail_type = "JournalEntryLineDetail";
            out.journal_entry_line_detail = Some(JournalDetail {
                posting_type: if line.amount_minor > 0 { "Debit" } else { "Credit" },
                account_ref,
                class_ref,
                department_ref: look.location_of(line, added)?,
                entity: line
                    .customer
                    .as_deref()
                    .map(|name| look.customer(name))
                    .transpose()?
                    .map(|entity_ref| JournalEntity { r#type: "Customer", entity_ref }),
            });
        }
        DocumentKind::Deposit => {
            out.detail_type = "DepositLineDetail";
            out.deposit_line_detail = Some(AccountDetail { account_ref, class_ref });
        }
        _ => out.account_based_expense_line_detail = Some(AccountDetail { account_ref, class_ref }),
    }
    Ok(out)
}
