//! How a company is connected: a person is asked for consent, and what the browser brings back is
//! believed once, for a short time, and only for the company of the lane.

use crate::journal::{self, Actor};
use crate::{Engine, Result, Tokens};
use kernel::Timestamp;
use ports::{Callback, Grants, Sealer, SqlTx, TokenStore};
use serde_json::json;
use std::sync::Arc;

/// How long a person may take on the consent page, seconds.
const STATE_SECONDS: i64 = 600;
/// How far our clock may step back between question and answer, seconds.
const SKEW_SECONDS: i64 = 120;
/// Requests of a lane that wait for an answer at most: asking is open to every browser. Whoever asks
/// at the machine itself is let in beyond that, as often again.
const PENDING_MAX: i64 = 100;
/// How long answered requests stay, for whoever waits for their outcome, seconds.
const KEPT_SECONDS: i64 = 86_400;
/// How long the exchange of the code may take, seconds.
const EXCHANGE_SECONDS: i64 = 30;
/// How long the ledger may take to end a connection, seconds.
const REVOKE_SECONDS: i64 = 30;
/// Bytes of the random part of a state.
const NONCE_BYTES: usize = 16;

/// The door through which a company is connected to one lane.
#[derive(Clone)]
pub struct Consent {
    engine: Engine,
    tokens: Arc<Tokens>,
    grants: Arc<dyn Grants>,
    sealer: Arc<dyn Sealer>,
}

/// Where consent is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFrom {
    /// By whoever opens the connect address.
    Browser,
    /// At the machine itself.
    Machine,
}

/// Consent asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The address that the person opens.
    pub url: String,
    /// Names the request in [`Consent::outcome`].
    pub nonce: [u8; NONCE_BYTES],
    /// Until when it may be answered.
    pub expires_at: Timestamp,
}

/// The company is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The company.
    pub realm: String,
    /// When the connection ends unless it is used.
    pub refresh_until: Timestamp,
    /// When it ends whatever is done, where that is known.
    pub hard_until: Option<Timestamp>,
}

/// Why a company was not connected. Nothing has changed; what was connected before still is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConnected {
    /// The person, or the ledger on the person's behalf, said no.
    #[error(
        "consent was not given ({0}): whoever opened the page declined, or has no right to connect \
         apps; ask an administrator of the company and start again"
    )]
    Denied(String),
    /// The ledger answered with another of OAuth's errors.
    #[error("the consent page answered `{0}`; check the app's keys, scopes and redirect address")]
    PageError(String),
    /// The answer is not to a question of this installation.
    #[error(
        "the answer does not belong to a request of this lane: the address was changed or cut, or \
         another installation or key asked; start again with `tieout connect`"
    )]
    ForeignState,
    /// The question is too old.
    #[error(
        "the request ran out: consent must be given within 10 minutes; start again with \
         `tieout connect`"
    )]
    Expired,
    /// The question is from the future.
    #[error(
        "the request was made {0} seconds after now: the clock of this machine was set back; set it \
         right (NTP) and start again"
    )]
    ClockSkew(i64),
    /// The question was answered before.
    #[error(
        "this answer was used already; each consent counts once. If the company does not show as \
         connected in `tieout status`, start again with `tieout connect`"
    )]
    Used,
    /// The address holds neither code nor error.
    #[error("the address holds no `code`; open the consent page again and let it finish")]
    NoCode,
    /// Consent was given for another company.
    #[error(
        "consent was given for company {given}, but this lane keeps the books of {ours}; choose \
         that company on the consent page. For another company use a data directory of its own"
    )]
    OtherCompany {
        /// The company chosen.
        given: String,
        /// The company of the lane.
        ours: String,
    },
    /// The ledger did not take the code.
    #[error("{0}")]
    Refused(String),
    /// Our own side failed; the person did nothing wrong.
    #[error("the answer could not be stored ({0}); start again in a moment")]
    Unavailable(String),
}

impl Consent {
    /// A door for the lane of `engine`.
    pub fn new(
        engine: Engine,
        tokens: Arc<Tokens>,
        grants: Arc<dyn Grants>,
        sealer: Arc<dyn Sealer>,
    ) -> Self {
        Self { engine, tokens, grants, sealer }
    }

    /// Asks for consent: records the question and returns where the person answers it.
    /// `redirect_uri` must be registered for the app letter by letter.
    pub async fn ask(&self, redirect_uri: &str, by: &Actor, from: AskedFrom) -> Result<Asked> {
        let now = self.engine.now();
        let expires_at = now.plus_seconds(STATE_SECONDS);
        let mut nonce = [0; NONCE_BYTES];
        self.engine.entropy.fill(&mut nonce);
        let mut tx = self.engine.store.write().await?;
        store::consent::forget(tx.as_mut(), now.plus_seconds(-KEPT_SECONDS)).await?;
        let most = match from {
            AskedFrom::Browser => PENDING_MAX,
            AskedFrom::Machine => PENDING_MAX * 2,
        };
        if store::consent::pending(tx.as_mut(), &self.engine.lane, now).await? >= most {
            return Err(crate::Error::Refused(
                "too many requests for consent wait for an answer; try again in 10 minutes"
                    .to_owned(),
            ));
        }
        let lane = &self.engine.lane;
        store::consent::ask(tx.as_mut(), lane, &nonce, redirect_uri, (now, expires_at)).await?;
        let fields = json!({ "lane": lane, "realm": self.tokens.realm() });
        self.commit(tx, now, by, "consent.asked", fields).await?;
        let plain = [nonce.as_slice(), &now.0.to_be_bytes(), &expires_at.0.to_be_bytes()].concat();
        let state = hex::encode(self.sealer.seal(&plain, &self.context()));
        Ok(Asked { url: self.grants.consent_url(redirect_uri, &state), nonce, expires_at })
    }

    /// Takes what the browser brought back (the query, or the whole address) and connects the
    /// company, or says why not. Every question is answered once, whatever comes of it.
    pub async fn answer(&self, query: &str) -> std::result::Result<Connected, NotConnected> {
        let callback = self.grants.callback(query);
        let nonce = self.check(&callback.state)?;
        let now = self.engine.now();
        let redirect_uri = self.spend(&nonce, now).await?;
        let done = self.connect(&callback, &redirect_uri, now).await;
        let outcome = match &done {
            Ok(_) => "connected".to_owned(),
            Err(why) => why.to_string(),
        };
        tracing::info!(lane = self.engine.lane, connected = done.is_ok(), "consent was answered");
        // Whoever waits learns the outcome; if that fails they run into the end of their patience.
        if let Ok(mut tx) = self.engine.store.write().await
            && store::consent::finish(tx.as_mut(), &nonce, &outcome).await.is_ok()
        {
            let _ = tx.commit().await;
        }
        done
    }

    /// What came of a question; `None` while it is not answered.
    pub async fn outcome(&self, asked: &Asked) -> Result<Option<std::result::Result<(), String>>> {
        let mut tx = self.engine.store.read().await?;
        let request = store::consent::get(tx.as_mut(), &asked.nonce).await?;
        Ok(request
            .map(|r| r.outcome)
            .filter(|o| !o.is_empty())
            .map(|o| if o == "connected" { Ok(()) } else { Err(o) }))
    }

    /// Takes consent back: the connection is ended at the ledger, the tokens are wiped, the lane waits
    /// for a person. What was posted, and what waits to be, stays as it is. Where the ledger cannot
    /// be reached nothing changes, unless `anyway`. Returns whether the ledger confirmed.
    pub async fn take_back(&self, by: &Actor, anyway: bool) -> Result<bool> {
        if let Some(why) = self.tokens.missing().await.map_err(crate::Error::Refused)? {
            return Err(crate::Error::Refused(format!("there is no connection to end: {why}")));
        }
        let now = self.engine.now();
        let until = now.plus_seconds(REVOKE_SECONDS * 2);
        // Nobody may renew what is about to be revoked.
        if !self.tokens.try_lock(now, until).await.map_err(crate::Error::Refused)? {
            return Err(crate::Error::Refused(
                "the tokens are being renewed just now; run the command again".to_owned(),
            ));
        }
        let done = self.take_back_locked(by, anyway, now).await;
        // A lock that cannot be given back runs out by itself.
        let _ = self.tokens.unlock(until).await;
        done
    }

    async fn take_back_locked(&self, by: &Actor, anyway: bool, now: Timestamp) -> Result<bool> {
        let deadline = now.plus_seconds(REVOKE_SECONDS);
        let revoked = match self.tokens.load().await {
            Ok(Some(pair)) => self.grants.revoke(&pair.refresh, deadline).await,
            Ok(None) => Ok(()),
            Err(why) => Err(why),
        };
        if let (Err(why), false) = (&revoked, anyway) {
            return Err(crate::Error::Refused(format!(
                "the ledger did not confirm that the connection has ended ({why}); nothing was \
                 changed. Try again, or wipe the tokens here with --force and take the app out in \
                 the ledger yourself"
            )));
        }
        let person = match by {
            Actor::Person(name) => name.as_str(),
            Actor::System => "the system",
        };
        let mut tx = self.engine.store.write().await?;
        let why = format!("disconnected by {person}");
        store::token::disconnect(tx.as_mut(), &self.engine.lane, &why, now).await?;
        let fields = json!({
            "lane": self.engine.lane, "realm": self.tokens.realm(), "revoked": revoked.is_ok(),
        });
        self.commit(tx, now, by, "ledger.disconnected", fields).await?;
        tracing::info!(lane = self.engine.lane, "the company was disconnected");
        Ok(revoked.is_ok())
    }

    /// The nonce of a state that we made, for this lane, not long ago.
    fn check(&self, state: &str) -> std::result::Result<[u8; NONCE_BYTES], NotConnected> {
        let sealed = hex::decode(state).map_err(|_| NotConnected::ForeignState)?;
        let plain =
            self.sealer.open(&sealed, &self.context()).map_err(|_| NotConnected::ForeignState)?;
        let (nonce, times) =
            plain.split_first_chunk::<NONCE_BYTES>().ok_or(NotConnected::ForeignState)?;
        let (asked, expires) = times.split_first_chunk::<8>().ok_or(NotConnected::ForeignState)?;
        let expires: [u8; 8] = expires.try_into().map_err(|_| NotConnected::ForeignState)?;
        let now = self.engine.now();
        let asked = Timestamp(i64::from_be_bytes(*asked));
        if now > Timestamp(i64::from_be_bytes(expires)) {
            return Err(NotConnected::Expired);
        }
        let ahead = asked.seconds() - now.seconds();
        if ahead > SKEW_SECONDS { Err(NotConnected::ClockSkew(ahead)) } else { Ok(*nonce) }
    }

    /// Marks the question as answered and returns its redirect address.
    async fn spend(
        &self,
        nonce: &[u8],
        now: Timestamp,
    ) -> std::result::Result<String, NotConnected> {
        let spent = async {
            let mut tx = self.engine.store.write().await?;
            let found = store::consent::spend(tx.as_mut(), &self.engine.lane, nonce, now).await?;
            tx.commit().await?;
            Ok::<_, crate::Error>(found)
        };
        let found = spent.await.map_err(|e| NotConnected::Unavailable(e.to_string()))?;
        found.map(|request| request.redirect_uri).ok_or(NotConnected::Used)
    }

    async fn connect(
        &self,
        callback: &Callback,
        redirect_uri: &str,
        now: Timestamp,
    ) -> std::result::Result<Connected, NotConnected> {
        match callback.error.as_str() {
            "" => {}
            "access_denied" => return Err(NotConnected::Denied(callback.error.clone())),
            other => return Err(NotConnected::PageError(other.chars().take(60).collect())),
        }
        if callback.code.is_empty() {
            return Err(NotConnected::NoCode);
        }
        if callback.realm != self.tokens.realm() {
            // The code is not exchanged: the other company does not become connected either.
            return Err(NotConnected::OtherCompany {
                given: callback.realm.chars().take(60).collect(),
                ours: self.tokens.realm().to_owned(),
            });
        }
        let deadline = now.plus_seconds(EXCHANGE_SECONDS);
        let exchange = self.grants.exchange(&callback.code, redirect_uri, now, deadline);
        let pair = exchange.await.map_err(NotConnected::Refused)?;
        let stored = async {
            let mut tx = self.engine.store.write().await.map_err(|e| e.to_string())?;
            let known = store::token::get(tx.as_mut(), &self.engine.lane).await;
            let again = known.map_err(|e| e.to_string())?.is_some();
            self.tokens.consent_in(tx.as_mut(), &pair).await?;
            let fields = json!({
                "lane": self.engine.lane, "realm": self.tokens.realm(), "again": again,
            });
            let system = Actor::System;
            let done = self.commit(tx, now, &system, "ledger.connected", fields).await;
            done.map_err(|e| e.to_string())
        };
        stored.await.map_err(NotConnected::Unavailable)?;
        Ok(Connected {
            realm: self.tokens.realm().to_owned(),
            refresh_until: pair.refresh_expires_at,
            hard_until: pair.hard_expires_at,
        })
    }

    async fn commit(
        &self,
        mut tx: Box<dyn SqlTx + '_>,
        now: Timestamp,
        by: &Actor,
        kind: &str,
        fields: serde_json::Value,
    ) -> Result<()> {
        let body = journal::entry(now, by, kind, fields);
        store::audit::append(tx.as_mut(), &self.engine.origin, &[body]).await?;
        Ok(tx.commit().await?)
    }

    /// What a state is bound to.
    fn context(&self) -> Vec<u8> {
        format!("consent\n{}\n{}", self.engine.lane, self.tokens.realm()).into_bytes()
    }
}
