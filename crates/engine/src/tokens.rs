//! OAuth tokens of a lane in the store: sealed, compare-and-set, one refresher at a time.

use kernel::Timestamp;
use ports::{BoxFuture, Sealer, Secret, SqlTx, TokenPair, TokenStore};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::Store;

/// The token store of one lane.
pub struct Tokens {
    store: Store,
    lane: String,
    sealer: Arc<dyn Sealer>,
}

impl Tokens {
    /// Tokens of `lane`, sealed by `sealer`.
    pub fn new(store: Store, lane: String, sealer: Arc<dyn Sealer>) -> Self {
        Self { store, lane, sealer }
    }

    /// Stores tokens after a person's consent, whatever was there, and clears any need to
    /// reconnect.
    pub async fn consent(&self, pair: &TokenPair) -> Result<(), String> {
        let sealed = self.sealer.seal(&encode(pair));
        let mut tx = self.store.write().await.map_err(text)?;
        store::token::overwrite(tx.as_mut(), &self.lane, &sealed, &sum(&pair.refresh))
            .await
            .map_err(text)?;
        tx.commit().await.map_err(text)
    }

    /// Why a person has to reconnect, if one has to.
    pub async fn broken(&self) -> Result<Option<String>, String> {
        let mut tx = self.store.read().await.map_err(text)?;
        let row = store::token::get(tx.as_mut(), &self.lane).await.map_err(text)?;
        Ok(row.map(|r| r.broken).filter(|b| !b.is_empty()))
    }
}

impl TokenStore for Tokens {
    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<TokenPair>, String>> {
        Box::pin(async move {
            let mut tx = self.store.read().await.map_err(text)?;
            let row = store::token::get(tx.as_mut(), &self.lane).await.map_err(text)?;
            let Some(row) = row else { return Ok(None) };
            decode(&self.sealer.open(&row.sealed)?).map(Some)
        })
    }

    fn replace<'a>(
        &'a self,
        old: Option<&'a Secret>,
        new: &'a TokenPair,
    ) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            let sealed = self.sealer.seal(&encode(new));
            let old = old.map(sum);
            let mut tx = self.store.write().await.map_err(text)?;
            let done = store::token::swap(
                tx.as_mut(),
                &self.lane,
                old.as_deref(),
                &sealed,
                &sum(&new.refresh),
            )
            .await
            .map_err(text)?;
            tx.commit().await.map_err(text)?;
            Ok(done)
        })
    }

    fn needs_reconnect<'a>(&'a self, why: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let mut tx = self.store.write().await.map_err(text)?;
            store::token::set_broken(tx.as_mut(), &self.lane, why).await.map_err(text)?;
            tx.commit().await.map_err(text)
        })
    }

    fn try_lock<'a>(
        &'a self,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            let mut tx = self.store.write().await.map_err(text)?;
            let done =
                store::token::lock(tx.as_mut(), &self.lane, now, until).await.map_err(text)?;
            tx.commit().await.map_err(text)?;
            Ok(done)
        })
    }

    fn unlock<'a>(&'a self) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let mut tx: Box<dyn SqlTx + '_> = self.store.write().await.map_err(text)?;
            store::token::unlock(tx.as_mut(), &self.lane).await.map_err(text)?;
            tx.commit().await.map_err(text)
        })
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn sum(secret: &Secret) -> Vec<u8> {
    Sha256::digest(secret.reveal().as_bytes()).to_vec()
}

/// Four lines: access, refresh, and when each expires (microseconds).
fn encode(pair: &TokenPair) -> Vec<u8> {
    format!(
        "{}\n{}\n{}\n{}",
        pair.access.reveal(),
        pair.refresh.reveal(),
        pair.access_expires_at.0,
        pair.refresh_expires_at.0
    )
    .into_bytes()
}

fn decode(plain: &[u8]) -> Result<TokenPair, String> {
    let damaged = || "the stored tokens are damaged; reconnect".to_owned();
    let text = std::str::from_utf8(plain).map_err(|_| damaged())?;
    let lines: Vec<&str> = text.split('\n').collect();
    let [access, refresh, access_until, refresh_until] = lines[..] else { return Err(damaged()) };
    let moment = |text: &str| text.parse().map(Timestamp).map_err(|_| damaged());
    Ok(TokenPair {
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        access_expires_at: moment(access_until)?,
        refresh_expires_at: moment(refresh_until)?,
    })
}
