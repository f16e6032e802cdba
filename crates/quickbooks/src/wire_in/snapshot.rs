//! From an object of the answer to the ledger-neutral snapshot.

use super::text::Text;
use super::txn::{Line, Ref, Txn};
use crate::amount::Unit;
use crate::entity::{Entity, KindRules};
use kernel::{BusinessDate, Currency, Decimal, DocumentKind};
use ports::{LedgerRef, Snapshot, SnapshotLine};
use serde_json::value::RawValue;

/// Stands before the marker in `PrivateNote`.
pub(crate) const MARKER_PREFIX: &str = "tieout:";

/// Digits of a marker.
const MARKER_CHARS: usize = 16;

/// What `txn` holds. `home` is the currency assumed when the object names none: companies without
/// multi-currency may leave it out.
pub(crate) fn snapshot(entity: Entity, txn: &Txn<'_>, home: Currency) -> Result<Snapshot, String> {
    let (id, version) = handle(txn)?;
    let kind = match entity {
        Entity::Document(kind) => kind,
        Entity::Reference(_) => {
            let mut out = empty(None, id, version);
            out.voided = txn.active == Some(false);
            out.currency = value(txn.currency_ref.as_ref()).and_then(|code| code.parse().ok());
            return Ok(out);
        }
    };
    let stated = match value(txn.currency_ref.as_ref()) {
        Some(code) if code == home.code() => Some(home),
        Some(code) => Some(code.parse::<Currency>().map_err(|e| e.to_string())?),
        None => None,
    };
    let unit = Unit::of(stated.unwrap_or(home));
    let date = match txn.txn_date.as_deref() {
        Some(text) => Some(text.parse::<BusinessDate>().map_err(|_| "a TxnDate that is no date")?),
        None => None,
    };
    let lines = lines(kind, txn, unit)?;
    let total_minor = match kind {
        // Journal entries state no total, or one of another meaning: their debits are the total.
        DocumentKind::JournalEntry => debits(&lines)?,
        DocumentKind::Transfer => money(txn.amount, unit)?,
        _ => money(txn.total_amt, unit)?,
    };
    let open = match kind {
        DocumentKind::Payment => txn.unapplied_amt,
        DocumentKind::CreditMemo => txn.remaining_credit.or(txn.balance),
        _ => txn.balance,
    };
    let note = txn.private_note.as_deref().unwrap_or_default();
    Ok(Snapshot {
        kind: Some(kind),
        ledger: LedgerRef { id: id.to_owned(), version: version.to_owned() },
        number: number(kind, txn).map(str::to_owned),
        date,
        currency: stated,
        rate: txn.exchange_rate.map(rate).transpose()?,
        total_minor,
        balance_minor: money(open, unit)?,
        customer: match kind {
            DocumentKind::Expense => owned(txn.entity_ref.as_ref()),
            _ => owned(txn.customer_ref.as_ref()),
        },
        location: owned(txn.department_ref.as_ref()).filter(|_| kind.has_location()),
        account: account(kind, txn),
        marker: marker(note),
        // A void leaves the object with zeros and says so in the note (quickbooks.md §2, §5).
        voided: !ports::canary!("void-not-seen")
            && total_minor == 0
            && note.starts_with("Voided")
            && lines.iter().all(|l| l.amount_minor == 0),
        lines,
    })
}

/// The same of an object that a person may have made into something ours never are: where its content
/// cannot be read it is an object without content, which equals nothing we wrote. `None` without an
/// id and a version.
pub(crate) fn legible(kind: DocumentKind, txn: &Txn<'_>, home: Currency) -> Option<Snapshot> {
    snapshot(Entity::Document(kind), txn, home).ok().or_else(|| {
        let (id, version) = handle(txn).ok()?;
        Some(empty(Some(kind), id, version))
    })
}

/// The id and the version, without which nothing can be done with an object.
fn handle<'t>(txn: &'t Txn<'_>) -> Result<(&'t str, &'t str), &'static str> {
    let said = |text: &'t Option<Text<'_>>| text.as_deref().filter(|text| !text.is_empty());
    let id = said(&txn.id).ok_or("an object without Id")?;
    Ok((id, said(&txn.sync_token).ok_or("an object without SyncToken")?))
}

/// What is left of an object that was deleted: its name.
pub(crate) fn deleted(kind: Option<DocumentKind>, id: &str, version: &str) -> Snapshot {
    Snapshot { voided: true, ..empty(kind, id, version) }
}

fn empty(kind: Option<DocumentKind>, id: &str, version: &str) -> Snapshot {
    Snapshot {
        kind,
        ledger: LedgerRef { id: id.to_owned(), version: version.to_owned() },
        number: None,
        date: None,
        currency: None,
        rate: None,
        total_minor: 0,
        balance_minor: 0,
        customer: None,
        location: None,
        account: None,
        lines: Vec::new(),
        marker: None,
        voided: false,
    }
}

fn value<'t>(reference: Option<&'t Ref<'_>>) -> Option<&'t str> {
    reference.and_then(|r| r.value.as_deref()).filter(|v| !v.is_empty())
}

fn owned(reference: Option<&Ref<'_>>) -> Option<String> {
    value(reference).map(str::to_owned)
}

fn money(raw: Option<&RawValue>, unit: Unit) -> Result<i64, String> {
    // The amount itself is customer data and stays out of the text.
    raw.map_or(Ok(0), |raw| {
        unit.minor(raw.get()).map_err(|_| "an amount that is no number of the currency".to_owned())
    })
}

fn rate(raw: &RawValue) -> Result<Decimal, String> {
    kernel::decimal::parse_decimal(raw.get().trim_matches('"'))
        .map_err(|_| "an ExchangeRate that is no number".to_owned())
}

fn number<'t>(kind: DocumentKind, txn: &'t Txn<'_>) -> Option<&'t str> {
    match kind {
        DocumentKind::Payment => txn.payment_ref_num.as_deref(),
        _ => txn.doc_number.as_deref(),
    }
}

fn account(kind: DocumentKind, txn: &Txn<'_>) -> Option<String> {
    owned(match kind {
        DocumentKind::SalesReceipt
        | DocumentKind::RefundReceipt
        | DocumentKind::Payment
        | DocumentKind::Deposit => txn.deposit_to_account_ref.as_ref(),
        DocumentKind::Expense => txn.account_ref.as_ref(),
        DocumentKind::Transfer => txn.from_account_ref.as_ref(),
        DocumentKind::Invoice | DocumentKind::CreditMemo | DocumentKind::JournalEntry => None,
    })
}

fn lines(kind: DocumentKind, txn: &Txn<'_>, unit: Unit) -> Result<Vec<SnapshotLine>, String> {
    if kind == DocumentKind::Transfer {
        return Ok(vec![SnapshotLine {
            target: owned(txn.to_account_ref.as_ref()),
            amount_minor: money(txn.amount, unit)?,
            class: None,
            location: None,
        }]);
    }
    let mut out = Vec::with_capacity(txn.line.len());
    for line in &txn.line {
        if let Some(read) = self::line(line, unit)? {
            out.push(read);
        }
    }
    Ok(out)
}

/// A line that carries an amount; `None` for text and for the subtotal the server adds.
/// What a journal entry moves.
fn debits(lines: &[SnapshotLine]) -> Result<i64, String> {
    lines
        .iter()
        .try_fold(0_i64, |sum, line| sum.checked_add(line.amount_minor.max(0)))
        .ok_or_else(|| "a journal entry whose debits exceed 64 bits".to_owned())
}

fn line(line: &Line<'_>, unit: Unit) -> Result<Option<SnapshotLine>, String> {
    let amount_minor = money(line.amount, unit)?;
    let detail = line.detail.as_ref();
    let item_or_account = || {
        detail.and_then(|d| owned(d.item_ref.as_ref()).or_else(|| owned(d.account_ref.as_ref())))
    };
    let (target, amount_minor) = match line.detail_type.as_deref() {
        Some("SubTotalLineDetail") => return Ok(None),
        Some("DescriptionOnly") if amount_minor == 0 => return Ok(None),
        // Stated positive, subtracts (quickbooks.md §8).
        Some("DiscountLineDetail") => {
            (detail.and_then(|d| owned(d.discount_account_ref.as_ref())), -amount_minor)
        }
        Some("JournalEntryLineDetail") => {
            let credit =
                detail.and_then(|d| d.posting_type.as_deref()).is_some_and(|p| p == "Credit");
            (item_or_account(), if credit { -amount_minor } else { amount_minor })
        }
        Some(
            "SalesItemLineDetail"
            | "DepositLineDetail"
            | "AccountBasedExpenseLineDetail"
            | "ItemBasedExpenseLineDetail",
        ) => (item_or_account(), amount_minor),
        // Lines of payments and linked lines of deposits have no detail.
        _ => {
            let linked = line.linked_txn.first().and_then(|l| l.txn_id.as_deref());
            (linked.map(str::to_owned), amount_minor)
        }
    };
    let class = detail.and_then(|d| owned(d.class_ref.as_ref()));
    let location = detail.and_then(|d| owned(d.department_ref.as_ref()));
    Ok(Some(SnapshotLine { target, amount_minor, class, location }))
}

/// The last marker in `note`: what a person writes behind ours does not hide it.
fn marker(note: &str) -> Option<String> {
    let at = note.rfind(MARKER_PREFIX)? + MARKER_PREFIX.len();
    let digits = note.get(at..at + MARKER_CHARS)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| digits.to_owned())
}
