//! The line between a process and the company: every call is carried, delayed, lost or spoilt as the
//! tape says.

use crate::chance::Chance;
use crate::clock::ProcessClock;
use crate::executor::SimClock;
use crate::explain;
use crate::refreshes::Refreshes;
use crate::trace::Trace;
use bytes::Bytes;
use http::{Request, Response};
use kernel::Timestamp;
use ports::{BoxFuture, Clock, Http, HttpFailure};
use quickbooks_sim::{Carried, Shared};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Every token that ever travelled: none of them may stand in a log.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<BTreeSet<String>>>);

impl Secrets {
    /// Adds one.
    pub fn add(&self, secret: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
    }

    /// All of them.
    pub fn all(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn of_answer(&self, answer: &Result<Response<Bytes>, HttpFailure>) {
        let Ok(answer) = answer else { return };
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        for name in ["access_token", "refresh_token"] {
            if let Some(token) = body.get(name).and_then(serde_json::Value::as_str) {
                self.add(token);
            }
        }
    }
}

/// The HTTP port of one process.
pub struct Line {
    /// Who calls.
    pub who: Arc<str>,
    /// Who answers.
    pub company: Shared,
    /// The world's time, in which answers travel.
    pub truth: SimClock,
    /// The caller's time, in which deadlines are set.
    pub clock: ProcessClock,
    /// What befalls a call.
    pub chance: Chance,
    /// What happened.
    pub trace: Trace,
    /// Tokens that travel.
    pub secrets: Secrets,
    /// Exchanges in which they are refreshed.
    pub refreshes: Refreshes,
}

impl Line {
    async fn travel(&self, micros: i64) {
        if micros > 0 {
            self.truth.sleep_until(self.truth.now().plus_micros(micros)).await;
        }
    }

    async fn carry(
        &self,
        request: &Request<Bytes>,
        patience_us: i64,
    ) -> Result<Response<Bytes>, HttpFailure> {
        let carried = {
            let mut company = self.company.lock().unwrap_or_else(PoisonError::into_inner);
            company.call_drawn(request, self.truth.now().0, &mut |n| self.chance.below(n))
        };
        match carried {
            Carried::NotSent => Err(HttpFailure::NotSent("the connection was refused".to_owned())),
            Carried::Lost => {
                self.travel(patience_us).await;
                Err(HttpFailure::Unknown("no answer before the deadline".to_owned()))
            }
            Carried::Reply { after_us, .. } if after_us > patience_us => {
                self.travel(patience_us).await;
                Err(HttpFailure::Unknown("the answer came after the deadline".to_owned()))
            }
            Carried::Reply { after_us, response } => {
                self.travel(after_us).await;
                Ok(response)
            }
            Carried::Broken { after_us } => {
                self.travel(after_us.min(patience_us)).await;
                Err(HttpFailure::Unknown("the connection broke".to_owned()))
            }
            Carried::Cut { after_us, .. } => {
                self.travel(after_us).await;
                Err(HttpFailure::Unknown("the answer was cut off".to_owned()))
            }
        }
    }
}

impl Http for Line {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            let asked = self.trace.keeps().then(|| explain::request(&request));
            if let Some(asked) = &asked {
                self.trace.note(self.truth.now(), &self.who, || format!("asks {asked}"));
            }
            let (sent, patience_us) = (self.truth.now(), deadline.0 - self.clock.now().0);
            let until = sent.plus_micros(patience_us.max(0));
            let refresh = self.refreshes.begin(&self.who, &request, sent, until);
            let answer = self.carry(&request, patience_us).await;
            if let Some(number) = refresh {
                self.refreshes.end(number, self.truth.now());
            }
            if request.uri().path().contains("/tokens/") {
                self.secrets.of_answer(&answer);
            }
            if let Some(asked) = asked {
                self.trace.note(self.truth.now(), &self.who, || {
                    format!("hears {} to {asked}", explain::answer(&answer))
                });
            }
            answer
        })
    }
}
