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
    realm: String,
    sealer: Arc<dyn Sealer>,
}

impl Tokens {
    /// Tokens of `lane`, which keeps the books of company `realm`, sealed by `sealer`.
    pub fn new(store: Store, lane: String, realm: String, sealer: Arc<dyn Sealer>) -> Self {
        Self { store, lane, realm, sealer }
    }

    /// The company.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Stores tokens after a person's consent, whatever tokens of this company were there, and
    /// clears any need to reconnect.
    pub async fn consent(&self, pair: &TokenPair) -> Result<(), String> {
        let mut tx = self.store.write().await.map_err(text)?;
        self.consent_in(tx.as_mut(), pair).await?;
        tx.commit().await.map_err(text)
    }

    /// The same in a transaction of the caller.
    pub(crate) async fn consent_in(
        &self,
        tx: &mut dyn SqlTx,
        pair: &TokenPair,
    ) -> Result<(), String> {
        let (sealed, sum) = (self.seal(pair), sum(&pair.refresh));
        let new = self.row(pair, &sealed, &sum);
        let ours = store::token::consent(tx, &self.lane, new, pair.granted_at).await;
        if ours.map_err(text)? { Ok(()) } else { Err(self.other_company()) }
    }

    fn seal(&self, pair: &TokenPair) -> Vec<u8> {
        self.sealer.seal(&encode(pair), &context(&self.lane, &self.realm))
    }

    fn row<'a>(
        &'a self,
        pair: &TokenPair,
        sealed: &'a [u8],
        refresh_sha256: &'a [u8],
    ) -> store::token::New<'a> {
        store::token::New {
            realm: &self.realm,
            sealed,
            refresh_sha256,
            refresh_until: pair.refresh_expires_at,
            hard_until: pair.hard_expires_at,
        }
    }

    fn other_company(&self) -> String {
        format!(
            "the lane {} keeps the books of another company than {}; a lane never changes its \
             company: use a data directory of its own for another one",
            self.lane, self.realm
        )
    }

    /// Why a person has to reconnect, if one has to.
    pub async fn broken(&self) -> Result<Option<String>, String> {
        let mut tx = self.store.read().await.map_err(text)?;
        let row = store::token::get(tx.as_mut(), &self.lane).await.map_err(text)?;
        Ok(row.map(|r| r.broken).filter(|b| !b.is_empty()))
    }

    /// Why a person has to connect, for the first time or again, if one has to.
    pub async fn missing(&self) -> Result<Option<String>, String> {
        let mut tx = self.store.read().await.map_err(text)?;
        let row = store::token::get(tx.as_mut(), &self.lane).await.map_err(text)?;
        let Some(row) = row else {
            return Ok(Some("the company was never connected".to_owned()));
        };
        Ok(Some(row.broken).filter(|b| !b.is_empty()))
    }
}

impl TokenStore for Tokens {
    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<TokenPair>, String>> {
        Box::pin(async move {
            let mut tx = self.store.read().await.map_err(text)?;
            let row = store::token::get(tx.as_mut(), &self.lane).await.map_err(text)?;
            let Some(row) = row else { return Ok(None) };
            if row.realm != self.realm {
                return Err(self.other_company());
            }
            if !row.broken.is_empty() {
                return Ok(None);
            }
            let context = context(&self.lane, &self.realm);
            decode(&self.sealer.open(&row.sealed, &context)?).map(Some)
        })
    }

    fn replace<'a>(
        &'a self,
        old: Option<&'a Secret>,
        new: &'a TokenPair,
    ) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            let (sealed, sum, old) = (self.seal(new), sum(&new.refresh), old.map(sum));
            let row = self.row(new, &sealed, &sum);
            let mut tx = self.store.write().await.map_err(text)?;
            let swap =
                store::token::swap(tx.as_mut(), &self.lane, old.as_deref(), row, new.granted_at);
            let done = swap.await.map_err(text)?;
            tx.commit().await.map_err(text)?;
            if ports::canary!("secret-logged") {
                tracing::info!(token = new.access.reveal(), "tokens were renewed");
            }
            Ok(done)
        })
    }

    fn needs_reconnect<'a>(
        &'a self,
        refused: &'a Secret,
        why: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let mut tx = self.store.write().await.map_err(text)?;
            store::token::set_broken(tx.as_mut(), &self.lane, &sum(refused), why, now)
                .await
                .map_err(text)?;
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

    fn unlock<'a>(&'a self, until: Timestamp) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let mut tx: Box<dyn SqlTx + '_> = self.store.write().await.map_err(text)?;
            store::token::unlock(tx.as_mut(), &self.lane, until).await.map_err(text)?;
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

/// What sealed tokens are bound to: a row moved to another lane or company does not open.
pub(crate) fn context(lane: &str, realm: &str) -> Vec<u8> {
    format!("tokens\n{lane}\n{realm}").into_bytes()
}

/// Six lines: access, refresh, when they were granted, when each expires, and the hard end or
/// nothing (microseconds).
fn encode(pair: &TokenPair) -> Vec<u8> {
    format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        pair.access.reveal(),
        pair.refresh.reveal(),
        pair.granted_at.0,
        pair.access_expires_at.0,
        pair.refresh_expires_at.0,
        pair.hard_expires_at.map(|t| t.0.to_string()).unwrap_or_default(),
    )
    .into_bytes()
}

fn decode(plain: &[u8]) -> Result<TokenPair, String> {
    let damaged = || "the stored tokens are damaged; connect the company again".to_owned();
    let text = std::str::from_utf8(plain).map_err(|_| damaged())?;
    let lines: Vec<&str> = text.split('\n').collect();
    let [access, refresh, granted, access_until, refresh_until, hard] = lines[..] else {
        return Err(damaged());
    };
    let moment = |text: &str| text.parse().map(Timestamp).map_err(|_| damaged());
    Ok(TokenPair {
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        granted_at: moment(granted)?,
        access_expires_at: moment(access_until)?,
        refresh_expires_at: moment(refresh_until)?,
        hard_expires_at: if hard.is_empty() { None } else { Some(moment(hard)?) },
    })
}
