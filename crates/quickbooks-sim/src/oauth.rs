//! OAuth 2.0: consent, tokens with expiry and rotation, revocation, discovery (quickbooks.md §1).
//!
//! One app is connected to any number of companies, each by a connection of its own.

mod consent;
pub(crate) mod endpoints;
mod identity;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::faults::mix;

pub(crate) const SECOND_US: i64 = 1_000_000;
/// A code is good for minutes.
const CODE_US: i64 = 300 * SECOND_US;

/// The scope of the Accounting API; it reads and writes.
pub(crate) const ACCOUNTING: &str = "com.intuit.quickbooks.accounting";
/// What a connection without a consent page is given.
pub(crate) const ALL_SCOPES: &str =
    "com.intuit.quickbooks.accounting openid profile email phone address";

/// The tokens of one app.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OAuth {
    seed: u64,
    made: u64,
    codes: BTreeMap<String, Code>,
    spent_codes: BTreeMap<String, String>,
    access: BTreeMap<String, Access>,
    /// One connection per company, by realm.
    connections: BTreeMap<String, Connection>,
    /// Refresh tokens that were rotated away or ended, and the realm they belonged to.
    retired: BTreeMap<String, String>,
}

/// What a person agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub realm: String,
    /// Separated by spaces.
    pub scopes: String,
}

impl Grant {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.split(' ').any(|s| s == scope)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Code {
    grant: Grant,
    redirect: String,
    ends_us: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Access {
    grant: Grant,
    ends_us: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Connection {
    grant: Grant,
    refresh: String,
    issued_us: i64,
    ends_us: i64,
    connected_us: i64,
}

/// A pair of tokens just issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub grant: Grant,
    pub access: String,
    pub refresh: String,
    pub expires_in: i64,
    pub refresh_expires_in: i64,
    pub hard_expires_in: i64,
}

/// A connection as the control API shows it.
pub(crate) struct ConnectionView<'o> {
    pub grant: &'o Grant,
    pub refresh: &'o str,
    pub ends_us: i64,
    /// Access tokens and when each ends.
    pub access: Vec<(&'o str, i64)>,
}

/// Why an access token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    Unknown,
    Expired,
}

impl OAuth {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            made: 0,
            codes: BTreeMap::new(),
            spent_codes: BTreeMap::new(),
            access: BTreeMap::new(),
            connections: BTreeMap::new(),
            retired: BTreeMap::new(),
        }
    }

    fn token(&mut self, prefix: &str, words: u64) -> String {
        self.made += 1;
        let mut token = prefix.to_owned();
        for word in 0..words {
            let _ = write!(token, "{:016x}", mix(self.seed ^ 0x0a07 ^ word, self.made));
        }
        token
    }

    /// What the consent page hands to the redirect address.
    pub(crate) fn consent(&mut self, grant: Grant, redirect: &str, now_us: i64) -> String {
        let code = self.token("XAB1", 3);
        let kept = Code { grant, redirect: redirect.to_owned(), ends_us: now_us + CODE_US };
        self.codes.insert(code.clone(), kept);
        code
    }

    /// Ends the connection of a company: every token of it is dead.
    pub(crate) fn disconnect(&mut self, realm: &str) {
        self.access.retain(|_, a| a.grant.realm != realm);
        if let Some(connection) = self.connections.remove(realm) {
            self.retired.insert(connection.refresh, realm.to_owned());
        }
    }

    /// Starts a new connection, ending the one before.
    pub(crate) fn connect(&mut self, grant: Grant, config: &Config, now_us: i64) -> Issued {
        self.disconnect(&grant.realm);
        let connection = Connection {
            refresh: self.token("AB11", 3),
            issued_us: now_us,
            ends_us: now_us + config.refresh_token_seconds * SECOND_US,
            connected_us: now_us,
            grant,
        };
        self.issue(connection, config, now_us)
    }

    /// Keeps a connection and issues an access token on it.
    fn issue(&mut self, connection: Connection, config: &Config, now_us: i64) -> Issued {
        // What ended over an hour ago is forgotten; it is refused either way.
        self.access.retain(|_, a| a.ends_us + 3_600 * SECOND_US > now_us);
        let access = self.token("eyJlbmMiOiJBMTI4Q0JDIn0.", 6);
        let grant = connection.grant.clone();
        let ends_us = now_us + config.access_token_seconds * SECOND_US;
        self.access.insert(access.clone(), Access { grant: grant.clone(), ends_us });
        let hard_ends = connection.connected_us + config.connection_seconds * SECOND_US;
        let issued = Issued {
            access,
            refresh: connection.refresh.clone(),
            expires_in: config.access_token_seconds,
            refresh_expires_in: (connection.ends_us.min(hard_ends) - now_us) / SECOND_US,
            hard_expires_in: (hard_ends - now_us) / SECOND_US,
            grant,
        };
        self.connections.insert(issued.grant.realm.clone(), connection);
        issued
    }

    /// Exchanges a code, once. A second exchange ends the connection it made.
    pub(crate) fn exchange(
        &mut self,
        code: &str,
        redirect: &str,
        config: &Config,
        now_us: i64,
    ) -> Option<Issued> {
        if let Some(realm) = self.spent_codes.get(code).cloned() {
            if config.reuse_kills_connection {
                self.disconnect(&realm);
            }
            return None;
        }
        let kept = self.codes.get(code)?;
        if kept.ends_us < now_us || kept.redirect != redirect {
            return None;
        }
        let kept = self.codes.remove(code)?;
        self.spent_codes.insert(code.to_owned(), kept.grant.realm.clone());
        Some(self.connect(kept.grant, config, now_us))
    }

    /// Whether a token was valid once and is not any more.
    pub(crate) fn is_retired(&self, token: &str) -> bool {
        self.retired.contains_key(token)
    }

    fn realm_of(&self, refresh: &str) -> Option<String> {
        let found = self.connections.iter().find(|(_, c)| c.refresh == refresh);
        found.map(|(realm, _)| realm.clone())
    }

    /// Refreshes. The value rotates; using an old value may end the connection.
    pub(crate) fn refresh(&mut self, token: &str, config: &Config, now_us: i64) -> Option<Issued> {
        let Some(realm) = self.realm_of(token) else {
            if let Some(realm) = self.retired.get(token).cloned()
                && config.reuse_kills_connection
            {
                self.disconnect(&realm);
            }
            return None;
        };
        let connection = self.connections.get(&realm)?;
        let hard_ends = connection.connected_us + config.connection_seconds * SECOND_US;
        if now_us >= connection.ends_us.min(hard_ends) {
            return None;
        }
        let mut connection = self.connections.remove(&realm)?;
        connection.ends_us = now_us + config.refresh_token_seconds * SECOND_US;
        if now_us - connection.issued_us >= config.refresh_rotates_after_seconds * SECOND_US {
            self.retired.insert(token.to_owned(), realm);
            connection.refresh = self.token("AB11", 3);
            connection.issued_us = now_us;
        }
        Some(self.issue(connection, config, now_us))
    }

    /// Revokes either token; revoking the refresh token ends the connection. False: unknown token.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        if let Some(realm) = self.realm_of(token) {
            self.disconnect(&realm);
            return true;
        }
        self.access.remove(token).is_some()
    }

    /// Lets access tokens end now: one, or all of a realm. How many there were.
    pub(crate) fn expire(&mut self, token: Option<&str>, realm: &str, now_us: i64) -> usize {
        let mut expired = 0;
        for (value, access) in &mut self.access {
            let named = token.map_or(access.grant.realm == realm, |t| t == value);
            if named && access.ends_us > now_us {
                access.ends_us = now_us;
                expired += 1;
            }
        }
        expired
    }

    /// Checks an access token and gives what it permits.
    pub(crate) fn check(&self, token: &str, now_us: i64) -> Result<&Grant, BadToken> {
        match self.access.get(token) {
            Some(access) if now_us < access.ends_us => Ok(&access.grant),
            Some(_) => Err(BadToken::Expired),
            None => Err(BadToken::Unknown),
        }
    }

    /// Every connection and its access tokens.
    pub(crate) fn view(&self) -> impl Iterator<Item = ConnectionView<'_>> {
        self.connections.values().map(|c| ConnectionView {
            grant: &c.grant,
            refresh: &c.refresh,
            ends_us: c.ends_us,
            access: self
                .access
                .iter()
                .filter(|(_, a)| a.grant.realm == c.grant.realm)
                .map(|(token, a)| (token.as_str(), a.ends_us))
                .collect(),
        })
    }

    /// Realms with a connection.
    pub(crate) fn connected(&self) -> BTreeSet<&str> {
        self.connections.keys().map(String::as_str).collect()
    }
}
