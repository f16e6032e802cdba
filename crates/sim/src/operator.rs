//! The operator: whoever looks at the product now and then and does what only a person may do.

use crate::world::{World, pair};
use engine::{Engine, Resolution};
use kernel::{ReasonCode, Timestamp};
use ports::{Clock, TokenStore};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds between two looks.
const ROUND_SECONDS: i64 = 300;

/// What is tried again once its cause may have passed: the pages of these codes say so.
const RETRIED: [ReasonCode; 2] = [ReasonCode::OutcomeUnknown, ReasonCode::WriteIgnored];

impl World {
    /// Starts the operator, who gives consent again when the connection to the ledger needs it, and
    /// tries again what is held because the ledger gave no clear answer.
    pub fn start_operator(&mut self) -> u64 {
        let (company, tokens) = (Arc::clone(&self.company), Arc::clone(&self.tokens));
        let (engine, clock, trace) =
            (self.engine.clone(), self.executor.clock(), self.trace.clone());
        let task = async move {
            loop {
                if let Ok(Some(_)) = tokens.broken().await {
                    let now = clock.now();
                    let (access, refresh) =
                        company.lock().unwrap_or_else(PoisonError::into_inner).issue_tokens(now.0);
                    let done = tokens.consent(&pair(access, refresh, now)).await;
                    trace.note(now, &format!("operator reconnects: {}", done.is_ok()));
                }
                if let Ok(retried) = retry_held(&engine).await
                    && retried > 0
                {
                    trace.note(clock.now(), &format!("operator retries {retried}"));
                }
                clock.sleep_until(clock.now().plus_seconds(ROUND_SECONDS)).await;
            }
        };
        self.executor.spawn("operator", Box::pin(task))
    }
}

impl World {
    /// The operator retries what is held, once. How many there were.
    pub(crate) fn retry_once(&mut self, until: Timestamp) -> anyhow::Result<usize> {
        let (engine, slot) = (self.engine.clone(), Arc::new(AtomicUsize::new(0)));
        let place = Arc::clone(&slot);
        let task = async move {
            let retried = retry_held(&engine).await.unwrap_or(0);
            place.store(retried, Ordering::Relaxed);
        };
        let task = self.executor.spawn("person", Box::pin(task));
        crate::run::finish(self, task, until)?;
        Ok(slot.load(Ordering::Relaxed))
    }
}

impl World {
    /// The access token that the product uses now, for a person who works in the company.
    pub fn access_token(&mut self) -> String {
        let (tokens, slot) = (Arc::clone(&self.tokens), Arc::new(Mutex::new(String::new())));
        let place = Arc::clone(&slot);
        let task = async move {
            if let (Ok(Some(pair)), Ok(mut place)) = (tokens.load().await, place.lock()) {
                pair.access.reveal().clone_into(&mut place);
            }
        };
        self.executor.spawn("person", Box::pin(task));
        let until = self.executor.clock().now().plus_seconds(1);
        while self.executor.step(until, 1_000_000).is_none() {}
        slot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Retries every open exception that a person may simply try again. How many there were.
pub async fn retry_held(engine: &Engine) -> engine::Result<usize> {
    let mut tx = engine.store.read().await?;
    let mut open = store::exception::list(tx.as_mut(), 1_000).await?;
    drop(tx);
    open.retain(|e| RETRIED.contains(&e.code) && e.scope.starts_with("document/"));
    for exception in &open {
        engine.resolve(exception.id, &Resolution::Retry, "operator", "").await?;
    }
    Ok(open.len())
}
