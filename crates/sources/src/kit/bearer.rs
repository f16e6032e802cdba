//! Access tokens that are asked for, kept until they are refused, and asked for again.

use super::poll::{check, credential, is_at, json};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use ports::{Finding, PollFault, PollRun, Polled};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// How the token of one connection is had and shown.
#[derive(Debug)]
pub struct Bearer {
    ask: Request<Bytes>,
    /// The header that carries it, and what stands before it there.
    header: &'static str,
    prefix: &'static str,
    /// The one address at which it is shown.
    base: String,
    held: Mutex<Option<HeaderValue>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

impl Bearer {
    /// A token that `ask` is answered with, shown at `base` in `header` behind `prefix`.
    pub const fn new(
        ask: Request<Bytes>,
        header: &'static str,
        prefix: &'static str,
        base: String,
    ) -> Self {
        Self { ask, header, prefix, base, held: Mutex::new(None) }
    }

    fn held(&self) -> Option<HeaderValue> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, value: Option<HeaderValue>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }

    fn granted(&self, answer: &Response<Bytes>) -> Result<(), PollFault> {
        if answer.status() == StatusCode::BAD_REQUEST {
            // OAuth answers so when it no longer knows the client or the refresh token.
            return Err(PollFault::Denied(
                "the vendor grants no access token (400); see whether id, secret and consent are \
                 still good"
                    .to_owned(),
            ));
        }
        check(answer)?;
        let granted: Granted = json(answer)?;
        let value = credential(&format!("{}{}", self.prefix, granted.access_token));
        self.hold(Some(value.map_err(PollFault::Failed)?));
        Ok(())
    }
}

/// A run whose requests are shown the token, which is asked for where there is none. The requests
/// of the run inside carry no credential.
pub struct Authorised<R> {
    run: R,
    bearer: Arc<Bearer>,
    /// What was asked last: the token itself, or with the token.
    asked: Asked,
    /// The token was granted just now: refused at once, it is no use to ask for another.
    is_fresh: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Token,
    With,
    Without,
}

impl<R: PollRun> Authorised<R> {
    /// `run` by the tokens of `bearer`.
    pub const fn new(run: R, bearer: Arc<Bearer>) -> Self {
        Self { run, bearer, asked: Asked::Nothing, is_fresh: false }
    }
}

impl<R: PollRun> PollRun for Authorised<R> {
    fn ask(&mut self) -> Option<Request<Bytes>> {
        let mut request = self.run.ask()?;
        if !is_at(request.uri(), &self.bearer.base) {
            self.asked = Asked::Without;
            return Some(request);
        }
        let Some(value) = self.bearer.held() else {
            self.asked = Asked::Token;
            return Some(self.bearer.ask.clone());
        };
        self.asked = Asked::With;
        request.headers_mut().insert(self.bearer.header, value);
        Some(request)
    }

    fn take(&mut self, answer: &Response<Bytes>) -> Result<Vec<Polled>, PollFault> {
        match self.asked {
            Asked::Token => {
                self.bearer.granted(answer)?;
                self.is_fresh = true;
                Ok(Vec::new())
            }
            Asked::With if answer.status() == StatusCode::UNAUTHORIZED && !self.is_fresh => {
                // It has ended; the next request is for another.
                self.bearer.hold(None);
                Ok(Vec::new())
            }
            Asked::With if answer.status() == StatusCode::UNAUTHORIZED => {
                self.bearer.hold(None);
                self.run.take(answer)
            }
            _ => {
                let taken = self.run.take(answer)?;
                self.is_fresh = false;
                Ok(taken)
            }
        }
    }

    fn place(&self) -> String {
        self.run.place()
    }

    fn findings(&self) -> Vec<Finding> {
        self.run.findings()
    }
}
