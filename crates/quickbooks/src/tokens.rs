//! The one refresher of a connection.
//!
//! Two refreshes with the same token can end a connection for good (quickbooks.md §1). So only
//! the holder of the store's lock refreshes, looks again at the store before it does, and stores
//! both new tokens before either is used.

use crate::errors;
use crate::oauth::{self, GrantFailure};
use crate::settings::Settings;
use kernel::Timestamp;
use ports::{Clock, Http, Secret, TargetFault, TokenPair, TokenStore};
use std::sync::{Arc, Mutex, PoisonError};

/// An access token with less life than this is renewed before it is used, seconds.
const RENEW_BELOW_SECONDS: i64 = 300;

/// How long the right to refresh is held at most, seconds; longer than the exchange may take.
const LOCK_SECONDS: i64 = 60;

/// How long one exchange with the token endpoint may take, seconds. Independent of the caller's
/// deadline: a lost reply costs the new refresh token.
const EXCHANGE_SECONDS: i64 = 30;

/// Why there is no access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAccess {
    /// Try later.
    NotNow(String),
    /// A person must act.
    Disconnected(Box<TargetFault>),
}

pub(crate) struct Tokens {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    store: Arc<dyn TokenStore>,
    /// The pair used last, so that a call need not ask the store.
    cache: Mutex<Option<TokenPair>>,
}

impl Tokens {
    pub(crate) fn new(
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        store: Arc<dyn TokenStore>,
    ) -> Self {
        Self { http, clock, store, cache: Mutex::new(None) }
    }

    /// An access token for one request, renewed first when it is due.
    pub(crate) async fn access(&self, settings: &Settings) -> Result<Secret, NoAccess> {
        let now = self.clock.now();
        let due =
            |pair: &TokenPair| pair.access_expires_at <= now.plus_seconds(RENEW_BELOW_SECONDS);
        if let Some(pair) = self.cached().filter(|p| !due(p)) {
            return Ok(pair.access);
        }
        let pair = self.load().await?;
        if !due(&pair) {
            return Ok(self.keep(pair));
        }
        match self.renew(settings, &pair, now).await {
            // The old token still works while somebody else renews it.
            Err(NoAccess::NotNow(_)) if pair.access_expires_at > now => Ok(pair.access),
            other => other,
        }
    }

    /// Another access token after QuickBooks answered 401 to `used`.
    pub(crate) async fn access_after_401(
        &self,
        settings: &Settings,
        used: &Secret,
    ) -> Result<Secret, NoAccess> {
        self.forget();
        let now = self.clock.now();
        let pair = self.load().await?;
        if pair.access != *used && pair.access_expires_at > now {
            return Ok(self.keep(pair));
        }
        self.renew(settings, &pair, now).await
    }

    async fn renew(
        &self,
        settings: &Settings,
        old: &TokenPair,
        now: Timestamp,
    ) -> Result<Secret, NoAccess> {
        let until = now.plus_seconds(LOCK_SECONDS);
        let locked = self.store.try_lock(now, until).await;
        let locked = locked.map_err(|e| not_now(&format!("the token store failed: {e}")))?;
        if !locked && !ports::canary!("refresh-raced") {
            // The other refresher may just have finished.
            let pair = self.load().await?;
            return if pair.access == old.access {
                Err(not_now("the access token is being renewed by another worker"))
            } else {
                Ok(self.keep(pair))
            };
        }
        let result = self.renew_locked(settings, old, now).await;
        // A lock that cannot be given back runs out by itself.
        let _ = self.store.unlock(until).await;
        result
    }

    async fn renew_locked(
        &self,
        settings: &Settings,
        old: &TokenPair,
        now: Timestamp,
    ) -> Result<Secret, NoAccess> {
        let current = self.load().await?;
        let renewed = current.access != old.access && current.access_expires_at > now;
        if renewed && !ports::canary!("refresh-raced") {
            return Ok(self.keep(current));
        }
        let mut deadline = now.plus_seconds(EXCHANGE_SECONDS);
        if ports::canary!("refreshed-after-the-lock") {
            deadline = self.clock.now().plus_seconds(EXCHANGE_SECONDS);
        }
        if self.clock.now() >= deadline {
            // This process stood still: the lock may be in other hands, and a refresh token that is
            // shown twice ends the connection.
            return Err(not_now("the lock on the tokens was held for too long to renew them"));
        }
        let http = self.http.as_ref();
        match oauth::refresh(settings, http, &current, now, deadline).await {
            Ok(new) => self.persist(&current, new).await,
            Err(GrantFailure::InvalidGrant) => self.grant_refused(&current, now).await,
            Err(GrantFailure::Misconfigured(what)) => Err(gone(
                &what,
                "Intuit refuses the app's client id, client secret or token request",
            )),
            Err(failure @ GrantFailure::NoAnswer(_)) => Err(not_now(&failure.to_string())),
        }
    }

    /// Stores before use: a pair that exists only in memory dies with the process.
    async fn persist(&self, old: &TokenPair, new: TokenPair) -> Result<Secret, NoAccess> {
        let mut stored = self.store.replace(Some(&old.refresh), &new).await;
        if stored.is_err() {
            // The old refresh token may be dead already, so a second try is worth more than order.
            stored = self.store.replace(Some(&old.refresh), &new).await;
        }
        match stored {
            Ok(true) => Ok(self.keep(new)),
            Ok(false) => Ok(self.keep(self.load().await?)),
            Err(e) => Err(not_now(&format!("the new tokens could not be stored: {e}"))),
        }
    }

    async fn grant_refused(&self, used: &TokenPair, now: Timestamp) -> Result<Secret, NoAccess> {
        let current = self.load().await?;
        if current.refresh != used.refresh {
            return Ok(self.keep(current));
        }
        self.forget();
        let why = "Intuit answered invalid_grant to the refresh token";
        let marked = self.store.needs_reconnect(&used.refresh, why, now).await;
        marked.map_err(|e| not_now(&format!("the token store failed: {e}")))?;
        Err(gone("invalid_grant", "Intuit no longer accepts the refresh token"))
    }

    async fn load(&self) -> Result<TokenPair, NoAccess> {
        match self.store.load().await {
            Ok(Some(pair)) => Ok(pair),
            Ok(None) => {
                self.forget();
                Err(gone("not connected", "the company was never connected or was disconnected"))
            }
            Err(e) => Err(not_now(&format!("the token store failed: {e}"))),
        }
    }

    fn cached(&self) -> Option<TokenPair> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, pair: TokenPair) -> Secret {
        let access = pair.access.clone();
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(pair);
        access
    }

    fn forget(&self) {
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn not_now(why: &str) -> NoAccess {
    NoAccess::NotNow(why.to_owned())
}

fn gone(upstream: &str, summary: &str) -> NoAccess {
    NoAccess::Disconnected(Box::new(errors::disconnected(upstream, summary, summary, "")))
}
