//! What changed in the company, whoever changed it (quickbooks.md §5).

use crate::entity::Entity;
use crate::exchange::{self, Call, Said};
use crate::query;
use crate::read::{self, NoRead};
use crate::target::QuickBooks;
use crate::wire_in::{self, Block, ChangesBody};
use bytes::Bytes;
use http::Method;
use kernel::{DocumentKind, Timestamp};
use ports::{ChangedPage, Changes};

/// Most objects of one answer, over all types; there is no second page (quickbooks.md §5).
const OBJECTS_MAX: usize = 1_000;

/// Changes of every type we write.
pub(crate) async fn changes(
    target: &QuickBooks,
    since: Timestamp,
    deadline: Timestamp,
) -> Result<Changes, NoRead> {
    let names: Vec<&str> =
        DocumentKind::ALL.into_iter().map(|kind| Entity::Document(kind).name()).collect();
    let mut url = target.settings.company_url("cdc?entities=");
    url.push_str(&names.join(","));
    url.push_str("&changedSince=");
    // An instant in UTC has no character that needs escaping but the colon, which is allowed.
    url.push_str(&since.to_string());
    let call = Call { method: Method::GET, url, content_type: None, body: Bytes::new() };
    let answer =
        exchange::send(&target.settings, &target.tokens, target.http.as_ref(), call, deadline)
            .await?;
    match answer.read() {
        Said::Content(_) => {
            read_changes(&answer.body).map_err(|why| NoRead::Failed(answer.note(&why)))
        }
        Said::Fault(verdict) => Err(verdict.into()),
        Said::Nothing(why) => Err(NoRead::Failed(why)),
    }
}

fn read_changes(body: &[u8]) -> Result<Changes, String> {
    let body = ChangesBody::read(body)?;
    let time = body.time().ok_or("changes without a time")?;
    let until = Timestamp::parse(time).map_err(|_| "changes with a time that is none")?;
    let mut out = Changes { objects: Vec::new(), removed: Vec::new(), truncated: false, until };
    let mut told = 0;
    for Block { entity, rows, total } in body.blocks() {
        told += rows.len();
        out.truncated |= u64::try_from(rows.len()).is_ok_and(|n| n < total);
        let Some(Entity::Document(kind)) = entity else { continue };
        for row in &rows {
            if row.status.as_deref() == Some("Deleted") {
                if let Some(id) = row.id.as_deref() {
                    out.removed.push((kind, id.to_owned()));
                }
            } else {
                out.objects.extend(wire_in::legible(kind, row));
            }
        }
    }
    out.truncated |= told >= OBJECTS_MAX;
    Ok(out)
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
    let rows = read::rows(target, text, deadline, |txn| Ok(wire_in::legible(kind, txn))).await?;
    let more = rows.len() >= query::ROWS_MAX;
    Ok(ChangedPage { objects: rows.into_iter().flatten().collect(), more })
}
