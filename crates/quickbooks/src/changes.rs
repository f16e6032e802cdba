//! What changed in the company, whoever changed it (quickbooks.md §5).

use crate::entity::Entity;
use crate::exchange::{self, Call, Said};
use crate::query;
use crate::read::{self, NoRead};
use crate::target::{MANIFEST, QuickBooks};
use crate::wire_in::{self, Block, ChangesBody, Txn};
use bytes::Bytes;
use http::Method;
use kernel::{Currency, DocumentKind, ReferenceKind, Timestamp};
use ports::{CallCost, ChangedPage, ChangedReference, Changes};

/// Most objects of one answer, over all types; there is no second page (quickbooks.md §5).
const OBJECTS_MAX: usize = 1_000;

/// Changes of every type we write or name; documents first, where the answer may be cut.
pub(crate) async fn changes(
    target: &QuickBooks,
    since: Timestamp,
    deadline: Timestamp,
) -> Result<Changes, NoRead> {
    let documents = DocumentKind::ALL.into_iter().map(Entity::Document);
    let references = ReferenceKind::ALL.into_iter().map(Entity::Reference);
    let names: Vec<&str> = documents.chain(references).map(Entity::name).collect();
    ask(target, &names, target.home(), since, deadline).await
}

/// The same of one kind of document; `None` for what is longer ago than the ledger tells changes. Objects
/// that name no currency are in `home`.
pub(crate) async fn of_kind(
    target: &QuickBooks,
    kind: DocumentKind,
    home: Currency,
    since: Timestamp,
    deadline: Timestamp,
) -> Result<Option<Changes>, NoRead> {
    let oldest = target.clock.now().plus_seconds(-MANIFEST.changes_days * 86_400);
    if since <= oldest {
        return Ok(None);
    }
    read::further(target, deadline).await?;
    ask(target, &[Entity::Document(kind).name()], home, since, deadline).await.map(Some)
}

async fn ask(
    target: &QuickBooks,
    names: &[&str],
    home: Currency,
    since: Timestamp,
    deadline: Timestamp,
) -> Result<Changes, NoRead> {
    let mut url = target.settings.company_url("cdc?entities=");
    url.push_str(&names.join(","));
    url.push_str("&changedSince=");
    // An instant in UTC has no character that needs escaping but the colon, which is allowed.
    url.push_str(&since.to_string());
    let call = Call {
        method: Method::GET,
        url,
        content_type: None,
        body: Bytes::new(),
        cost: CallCost::Read,
    };
    let answer = exchange::send(target, call, deadline).await?;
    match answer.read() {
        Said::Content(_) => {
            read_changes(&answer.body, home).map_err(|why| NoRead::Failed(answer.note(&why)))
        }
        Said::Fault(verdict) => Err(verdict.into()),
        Said::Nothing(why) => Err(NoRead::Failed(why)),
    }
}

fn read_changes(body: &[u8], home: Currency) -> Result<Changes, String> {
    let body = ChangesBody::read(body)?;
    let time = body.time().ok_or("changes without a time")?;
    let until = Timestamp::parse(time).map_err(|_| "changes with a time that is none")?;
    let mut out = Changes {
        objects: Vec::new(),
        removed: Vec::new(),
        references: Vec::new(),
        truncated: false,
        until,
    };
    let mut told = 0;
    for Block { entity, rows, total } in body.blocks() {
        told += rows.len();
        out.truncated |= u64::try_from(rows.len()).is_ok_and(|n| n < total);
        let kind = match entity {
            Some(Entity::Document(kind)) => kind,
            Some(Entity::Reference(kind)) => {
                out.references.extend(rows.iter().filter_map(|row| changed_reference(kind, row)));
                continue;
            }
            None => continue,
        };
        for row in &rows {
            if row.status.as_deref() == Some("Deleted") {
                if let Some(id) = row.id.as_deref() {
                    out.removed.push((kind, id.to_owned()));
                }
            } else {
                out.objects.extend(wire_in::legible(kind, row, home));
            }
        }
    }
    out.truncated |= told >= OBJECTS_MAX;
    out.truncated &= !ports::canary!("changes-truncated");
    Ok(out)
}

fn changed_reference(kind: ReferenceKind, row: &Txn<'_>) -> Option<ChangedReference> {
    let gone = row.status.as_deref() == Some("Deleted");
    let version = row.sync_token.as_deref().filter(|_| !gone).map(str::to_owned);
    Some(ChangedReference { kind, id: row.id.as_deref()?.to_owned(), version })
}

/// A page of changed objects of one type.
pub(crate) async fn page(
    target: &QuickBooks,
    kind: DocumentKind,
    since: Timestamp,
    position: usize,
    deadline: Timestamp,
) -> Result<ChangedPage, NoRead> {
    let text = query::select_changed(Entity::Document(kind).name(), since);
    let text = query::paged(text, position.saturating_add(1));
    let rows =
        read::rows(target, text, deadline, |txn| Ok(wire_in::legible(kind, txn, target.home())))
            .await?;
    let more = rows.len() >= query::ROWS_MAX;
    Ok(ChangedPage { objects: rows.into_iter().flatten().collect(), more })
}
