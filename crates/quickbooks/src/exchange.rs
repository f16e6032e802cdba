//! One authorised exchange with the data API.

use crate::errors::{self, Ending};
use crate::target::QuickBooks;
use crate::tokens::NoAccess;
use crate::wire_in::{Envelope, ThrottlePage};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use kernel::Timestamp;
use ports::{CallCost, HttpFailure, Secret, TargetFault};

/// The request without its authorisation.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Bytes,
    /// What a repetition costs.
    pub(crate) cost: CallCost,
}

/// A complete answer that was not a 401.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    /// `intuit_tid`; empty when the answer has none.
    pub(crate) tid: String,
}

/// How an exchange ends without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nothing reached the ledger.
    NotSent(String),
    /// It may have.
    Unknown(String),
    /// A person must act.
    Disconnected(Box<TargetFault>),
}

/// Sends `call`. A 401 means the request was not looked at: the token is renewed and the same
/// request, with the same request id, goes out once more (quickbooks.md §7) as soon as one more may
/// be sent.
pub(crate) async fn send(
    target: &QuickBooks,
    call: Call,
    deadline: Timestamp,
) -> Result<Answer, NoAnswer> {
    let (settings, tokens) = (&target.settings, &target.tokens);
    let permitted_at = target.clock.now();
    let token = tokens.access(settings).await.map_err(no_access)?;
    if !target.renew(call.cost, permitted_at, deadline).await {
        let why = "the access token was long in coming, and no permit was left to send it then";
        return Err(NoAnswer::NotSent(why.to_owned()));
    }
    let first = once(target, &call, &token, deadline).await?;
    if first.status() != StatusCode::UNAUTHORIZED {
        return Ok(answer(first));
    }
    let token = tokens.access_after_401(settings, &token).await.map_err(no_access)?;
    if !target.permit(call.cost, deadline).await {
        // Under its own id, when there is room again.
        let why = "the access token was renewed, and no permit was left to send it again";
        return Err(NoAnswer::Unknown(errors::with_tid(why, &tid(&first))));
    }
    let second = once(target, &call, &token, deadline).await?;
    if second.status() != StatusCode::UNAUTHORIZED {
        return Ok(answer(second));
    }
    let why = "QuickBooks refuses a fresh access token (401)";
    Err(NoAnswer::NotSent(errors::with_tid(why, &tid(&second))))
}

/// Nothing is sent after its deadline: a process that stood still meanwhile cannot surprise whoever
/// looked for the outcome since.
async fn once(
    target: &QuickBooks,
    call: &Call,
    token: &Secret,
    deadline: Timestamp,
) -> Result<Response<Bytes>, NoAnswer> {
    let request = request(call, token).map_err(NoAnswer::NotSent)?;
    if target.clock.now() >= deadline {
        return Err(NoAnswer::NotSent("its time was over before it could be sent".to_owned()));
    }
    target.http.send(request, deadline).await.map_err(|failure| match failure {
        HttpFailure::NotSent(why) => NoAnswer::NotSent(why),
        HttpFailure::Unknown(why) => NoAnswer::Unknown(why),
    })
}

fn request(call: &Call, token: &Secret) -> Result<Request<Bytes>, String> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.reveal()))
        .map_err(|_| "the access token holds characters no header can carry".to_owned())?;
    bearer.set_sensitive(true);
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(&call.url)
        .header(AUTHORIZATION, bearer)
        .header(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(content_type) = call.content_type {
        request = request.header(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    request.body(call.body.clone()).map_err(|_| "the address of QuickBooks is no URL".to_owned())
}

fn no_access(failure: NoAccess) -> NoAnswer {
    match failure {
        NoAccess::NotNow(why) => NoAnswer::NotSent(why),
        NoAccess::Disconnected(fault) => NoAnswer::Disconnected(fault),
    }
}

fn tid(response: &Response<Bytes>) -> String {
    response.headers().get("intuit_tid").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned()
}

fn answer(response: Response<Bytes>) -> Answer {
    let tid = tid(&response);
    Answer { status: response.status(), body: response.into_body(), tid }
}

/// What an answer says as a whole, before its content is looked at.
pub(crate) enum Said<'a> {
    /// It carries content; faults inside are the reader's.
    Content(Box<Envelope<'a>>),
    /// A fault about the whole request.
    Fault(errors::Verdict),
    /// Nothing certain.
    Nothing(String),
}

impl Answer {
    /// Reads the answer. `503` and the codes 130 and 150 are transient (quickbooks.md §7); a
    /// write they answer is asked about again under the same request id like any other doubt.
    pub(crate) fn read(&self) -> Said<'_> {
        if self.status == StatusCode::TOO_MANY_REQUESTS || ThrottlePage::is(&self.body) {
            return Said::Fault(self.without_text(Ending::Throttled, "3001"));
        }
        match Envelope::read(&self.body) {
            Ok(envelope) => self.judge(envelope),
            Err(_) if self.status == StatusCode::FORBIDDEN => {
                Said::Fault(self.without_text(Ending::Disconnected, "3100"))
            }
            Err(_) if self.status == StatusCode::PAYLOAD_TOO_LARGE => {
                Said::Fault(self.without_text(Ending::Refused, "10100"))
            }
            Err(why) => Said::Nothing(self.note(&format!("HTTP {} with {why}", self.status))),
        }
    }

    fn judge<'a>(&self, envelope: Envelope<'a>) -> Said<'a> {
        let Some(raw) = envelope.fault else {
            return if self.status.is_success() {
                Said::Content(Box::new(envelope))
            } else if self.status == StatusCode::FORBIDDEN {
                Said::Fault(self.without_text(Ending::Disconnected, "3100"))
            } else {
                Said::Nothing(self.note(&format!("HTTP {} without a fault", self.status)))
            };
        };
        let mut verdict = errors::judge(raw.get(), &self.tid);
        if self.status.is_server_error() || self.status == StatusCode::REQUEST_TIMEOUT {
            verdict.ending = Ending::Unknown;
        } else if self.status == StatusCode::FORBIDDEN && verdict.ending == Ending::Refused {
            verdict.ending = Ending::Disconnected;
        }
        Said::Fault(verdict)
    }

    /// A verdict by status alone, in the words of the code that the status stands for.
    fn without_text(&self, ending: Ending, code: &str) -> errors::Verdict {
        let found = errors::entry(code);
        errors::Verdict {
            ending,
            fault: TargetFault {
                upstream: self.status.as_u16().to_string(),
                code: found.code,
                class: found.class,
                summary: self.note(found.summary),
                raw: String::new(),
                conflicting_id: None,
            },
        }
    }

    /// Adds the tracing id.
    pub(crate) fn note(&self, text: &str) -> String {
        errors::with_tid(text, &self.tid)
    }
}
