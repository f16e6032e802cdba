//! OAuth 2.0: consent, tokens with expiry and rotation, revocation, discovery (quickbooks.md §1).

pub(crate) mod endpoints;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::faults::mix;

const SECOND_US: i64 = 1_000_000;
/// A code is good for minutes.
const CODE_US: i64 = 300 * SECOND_US;

/// The tokens of the one connection between the app and the company.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OAuth {
    seed: u64,
    made: u64,
    /// Code, its end of life, the redirect address it was given to.
    codes: BTreeMap<String, (i64, String)>,
    spent_codes: BTreeSet<String>,
    /// Access token and its end of life.
    access: BTreeMap<String, i64>,
    refresh: Option<Refresh>,
    /// Refresh tokens that were rotated away.
    retired: BTreeSet<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Refresh {
    token: String,
    issued_us: i64,
    ends_us: i64,
    connected_us: i64,
}

/// A pair of tokens just issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub access: String,
    pub refresh: String,
    pub expires_in: i64,
    pub refresh_expires_in: i64,
    pub hard_expires_in: i64,
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
            spent_codes: BTreeSet::new(),
            access: BTreeMap::new(),
            refresh: None,
            retired: BTreeSet::new(),
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
    pub(crate) fn consent(&mut self, redirect: &str, now_us: i64) -> String {
        let code = self.token("XAB1", 3);
        self.codes.insert(code.clone(), (now_us + CODE_US, redirect.to_owned()));
        code
    }

    fn end(&mut self) {
        self.access.clear();
        if let Some(refresh) = self.refresh.take() {
            self.retired.insert(refresh.token);
        }
    }

    /// Ends the connection from the company's side.
    pub(crate) fn disconnect(&mut self) {
        self.end();
    }

    /// Starts a new connection, ending the one before.
    pub(crate) fn connect(&mut self, config: &Config, now_us: i64) -> Issued {
        self.end();
        let token = self.token("AB11", 3);
        self.refresh = Some(Refresh {
            token,
            issued_us: now_us,
            ends_us: now_us + config.refresh_token_seconds * SECOND_US,
            connected_us: now_us,
        });
        self.issue(config, now_us)
    }

    fn issue(&mut self, config: &Config, now_us: i64) -> Issued {
        // What ended over an hour ago is forgotten; it is refused either way.
        self.access.retain(|_, ends| *ends + 3_600 * SECOND_US > now_us);
        let access = self.token("eyJlbmMiOiJBMTI4Q0JDIn0.", 6);
        self.access.insert(access.clone(), now_us + config.access_token_seconds * SECOND_US);
        let (refresh, refresh_ends, hard_ends) = match &self.refresh {
            Some(r) => {
                (r.token.clone(), r.ends_us, r.connected_us + config.connection_seconds * SECOND_US)
            }
            None => (String::new(), now_us, now_us),
        };
        Issued {
            access,
            refresh,
            expires_in: config.access_token_seconds,
            refresh_expires_in: (refresh_ends.min(hard_ends) - now_us) / SECOND_US,
            hard_expires_in: (hard_ends - now_us) / SECOND_US,
        }
    }

    /// Exchanges a code, once. A second exchange ends the connection it made.
    pub(crate) fn exchange(
        &mut self,
        code: &str,
        redirect: &str,
        config: &Config,
        now_us: i64,
    ) -> Option<Issued> {
        if self.spent_codes.contains(code) {
            if config.reuse_kills_connection {
                self.end();
            }
            return None;
        }
        let (ends, expected) = self.codes.get(code)?;
        if *ends < now_us || expected != redirect {
            return None;
        }
        self.codes.remove(code);
        self.spent_codes.insert(code.to_owned());
        Some(self.connect(config, now_us))
    }

    /// Whether a token was valid once and is not any more.
    pub(crate) fn is_retired(&self, token: &str) -> bool {
        self.retired.contains(token)
    }

    /// Refreshes. The value rotates; using an old value may end the connection.
    pub(crate) fn refresh(&mut self, token: &str, config: &Config, now_us: i64) -> Option<Issued> {
        let current = self.refresh.as_ref().filter(|r| r.token == token);
        let Some(current) = current else {
            if self.retired.contains(token) && config.reuse_kills_connection {
                self.end();
            }
            return None;
        };
        let hard_ends = current.connected_us + config.connection_seconds * SECOND_US;
        if now_us >= current.ends_us.min(hard_ends) {
            return None;
        }
        let age = now_us - current.issued_us;
        let connected_us = current.connected_us;
        if age >= config.refresh_rotates_after_seconds * SECOND_US {
            self.retired.insert(token.to_owned());
            let token = self.token("AB11", 3);
            self.refresh = Some(Refresh {
                token,
                issued_us: now_us,
                ends_us: now_us + config.refresh_token_seconds * SECOND_US,
                connected_us,
            });
        } else if let Some(current) = &mut self.refresh {
            current.ends_us = now_us + config.refresh_token_seconds * SECOND_US;
        }
        Some(self.issue(config, now_us))
    }

    /// Revokes either token; revoking the refresh token ends the connection. False: unknown token.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        if self.refresh.as_ref().is_some_and(|r| r.token == token) {
            self.end();
            return true;
        }
        self.access.remove(token).is_some()
    }

    /// Checks an access token.
    pub(crate) fn check(&self, token: &str, now_us: i64) -> Result<(), BadToken> {
        match self.access.get(token) {
            Some(ends) if now_us < *ends => Ok(()),
            Some(_) => Err(BadToken::Expired),
            None => Err(BadToken::Unknown),
        }
    }
}
