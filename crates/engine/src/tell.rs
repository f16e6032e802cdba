//! Exceptions that follow from what is so now: opened when it becomes so, closed when it no longer
//! is, told anew only when something about it changed.

use crate::journal::{self, Actor};
use crate::{Engine, Result};
use ports::SqlTx;
use serde_json::json;
use store::exception::NewException;

/// Makes exactly `found` the open exceptions of `scopes`, each of which has one at most. Adds to
/// `entries` what has to stand in the audit log.
pub(crate) async fn exactly(
    engine: &Engine,
    tx: &mut dyn SqlTx,
    scopes: Vec<String>,
    found: &[NewException],
    entries: &mut Vec<String>,
) -> Result<()> {
    let now = engine.now();
    let gone: Vec<String> =
        scopes.into_iter().filter(|s| found.iter().all(|f| f.scope != *s)).collect();
    journal::close_scopes(tx, &gone, "no longer so", now, entries).await?;
    for new in found {
        let known = store::exception::of_scope(tx, &new.scope).await?;
        let is_told = known.iter().any(|e| {
            e.closed_at.is_none()
                && (e.code, &e.detail, e.amount) == (new.code, &new.detail, new.amount)
        });
        if is_told {
            continue;
        }
        store::exception::open(tx, std::slice::from_ref(new), now).await?;
        let amount = new.amount.map_or_else(String::new, |a| a.to_string());
        let fields = json!({
            "code": new.code.code(), "scope": new.scope, "detail": new.detail, "amount": amount,
        });
        entries.push(journal::entry(now, &Actor::System, "exception.opened", fields));
    }
    Ok(())
}
