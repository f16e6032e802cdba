//! The operator: whoever looks at the product now and then and does what only a person may do.

use crate::executor::TaskId;
use crate::world::{World, pair};
use engine::{Engine, Resolution};
use kernel::{BusinessKey, ReasonCode, Timestamp};
use ports::{Clock, TokenStore};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use store::exception::Exception;

/// Seconds between two looks.
const ROUND_SECONDS: i64 = 300;

/// What is tried again once its cause may have passed: the pages of these codes say so.
const RETRIED: [ReasonCode; 2] = [ReasonCode::OutcomeUnknown, ReasonCode::WriteIgnored];

/// What is tried again once what it hung on is in order again.
const RETRIED_LATER: [ReasonCode; 1] = [ReasonCode::MissingInLedger];

/// What the ledger holds otherwise than we sent it, told by an edit or by an answer that showed one.
const DIFFERENT: [ReasonCode; 2] = [ReasonCode::LedgerEditedOutside, ReasonCode::ReadbackDivergent];

/// Why an operator writes our content over an edit.
const WHY: &str = "the document is right as we had it; the edit was a mistake";

/// Why an operator closes what a file told wrong.
const CORRECTED: &str = "the file was corrected and imported again";

/// Why an operator decides without need.
pub(crate) const IDLE_WHY: &str = "looked at it, and it seems fine to me";

impl World {
    /// Starts the operator, who gives consent again when the connection to the ledger needs it, and
    /// tries again what is held because the ledger gave no clear answer.
    pub fn start_operator(&mut self) -> TaskId {
        let (company, tokens) = (Arc::clone(&self.company), Arc::clone(&self.tokens));
        let (engine, clock, trace) =
            (self.engine.clone(), self.executor.clock(), self.trace.clone());
        let life = if self.profile.short_tokens { 400 } else { 3_600 };
        let task = async move {
            loop {
                if let Ok(Some(why)) = tokens.broken().await {
                    let now = clock.now();
                    let issued =
                        company.lock().unwrap_or_else(PoisonError::into_inner).issue_tokens(now.0);
                    let done = tokens.consent(&pair(issued, now, life)).await;
                    trace.note(now, "operator", || {
                        format!("connects the company again ({why}): {}", done.is_ok())
                    });
                }
                if let Ok(retried) = retry_held(&engine).await
                    && retried > 0
                {
                    trace.note(clock.now(), "operator", || {
                        format!("tries again what {retried} exceptions hold")
                    });
                }
                clock.sleep_until(clock.now().plus_seconds(ROUND_SECONDS)).await;
            }
        };
        self.executor.spawn("operator", Box::pin(task))
    }

    /// The operator decides whatever only waits for a decision, once: retries what the ledger left
    /// unclear, restores what people changed, and closes what a file told wrong and a later one right.
    /// How many there were.
    ///
    /// # Errors
    /// When the world cannot run it.
    pub fn decide_all(&mut self) -> anyhow::Result<usize> {
        let (engine, is_file) = (self.engine.clone(), self.shape.order_system.is_file());
        let (acts, trace, clock) = (self.acts.clone(), self.trace.clone(), self.executor.clock());
        self.ask(async move {
            let mut decided = retry_held(&engine).await.unwrap_or(0);
            let mut different = open(&engine, &DIFFERENT).await.unwrap_or_default();
            // What came out differently without anybody's doing is the product's fault, and stays.
            let touched: BTreeSet<String> = acts.edits().into_iter().map(|e| e.marker).collect();
            different.retain(|e| {
                let marker = BusinessKey::new(e.document.as_str()).marker();
                e.code == ReasonCode::LedgerEditedOutside || touched.contains(&marker)
            });
            for e in different {
                let resolved = engine.resolve(e.id, &Resolution::Restore, "operator", WHY).await;
                trace.note(clock.now(), "operator", || {
                    let how =
                        resolved.as_ref().err().map_or("restored".to_owned(), ToString::to_string);
                    format!("decides {} {}: {how}", e.code, e.scope)
                });
                if resolved.is_ok() {
                    acts.restored(&e.document);
                    decided += 1;
                }
            }
            for e in open(&engine, &RETRIED_LATER).await.unwrap_or_default() {
                let resolved = engine.resolve(e.id, &Resolution::Retry, "operator", "").await;
                decided += usize::from(resolved.is_ok());
            }
            if is_file {
                decided += close_corrected(&engine).await.unwrap_or(0);
            }
            decided
        })
    }

    /// The access token that the product uses now, for a person who works in the company.
    pub fn access_token(&mut self) -> String {
        let tokens = Arc::clone(&self.tokens);
        let found = self.ask(async move { tokens.load().await });
        match found {
            Ok(Ok(Some(pair))) => pair.access.reveal().to_owned(),
            _ => String::new(),
        }
    }
}

/// Open exceptions with these codes about documents.
async fn open(engine: &Engine, codes: &[ReasonCode]) -> engine::Result<Vec<Exception>> {
    open_about(engine, "document/", codes).await
}

/// The same about whatever begins so.
async fn open_about(
    engine: &Engine,
    scope: &str,
    codes: &[ReasonCode],
) -> engine::Result<Vec<Exception>> {
    let mut tx = engine.store.read().await?;
    let mut open = store::exception::list(tx.as_mut(), 10_000).await?;
    drop(tx);
    open.retain(|e| codes.contains(&e.code) && e.scope.starts_with(scope));
    Ok(open)
}

/// Closes what was wrong in files: the last file of the month tells all of it as it should be. How many
/// there were.
async fn close_corrected(engine: &Engine) -> engine::Result<usize> {
    let open = open_about(engine, "fault/", &[ReasonCode::MalformedDelivery]).await?;
    for exception in &open {
        engine.resolve(exception.id, &Resolution::Close, "operator", CORRECTED).await?;
    }
    Ok(open.len())
}

/// Retries every open exception that a person may simply try again. How many there were.
pub async fn retry_held(engine: &Engine) -> engine::Result<usize> {
    let open = open(engine, &RETRIED).await?;
    for exception in &open {
        engine.resolve(exception.id, &Resolution::Retry, "operator", "").await?;
    }
    Ok(open.len())
}

/// An operator decides without need: something is retried although nothing changed, or closed
/// although nothing was done.
pub(crate) async fn decide_idly(
    engine: &Engine,
    draw: &(dyn Fn(u64) -> u64 + Send + Sync),
) -> engine::Result<String> {
    let mut tx = engine.store.read().await?;
    let open = store::exception::list(tx.as_mut(), 1_000).await?;
    drop(tx);
    if open.is_empty() {
        return Ok("finds nothing to decide".to_owned());
    }
    let n = usize::try_from(draw(open.len() as u64)).unwrap_or(0);
    let e = &open[n];
    // What the ledger holds otherwise is accepted by closing it; that is a decision, and not idle.
    let close = draw(2) == 1 && !DIFFERENT.contains(&e.code);
    let how = if close { Resolution::Close } else { Resolution::Retry };
    let done = engine.resolve(e.id, &how, "operator", IDLE_WHY).await;
    let became = done.err().map_or("done".to_owned(), |e| e.to_string());
    Ok(format!("decides without need, {how:?} {} {}: {became}", e.code, e.scope))
}

/// The moment `seconds` from now.
pub(crate) fn later(now: Timestamp, seconds: u32) -> Timestamp {
    now.plus_seconds(i64::from(seconds))
}
