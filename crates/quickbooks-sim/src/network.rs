//! One call through an unreliable network.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};

use crate::config::{Config, Limits};
use crate::error::Fault;
use crate::exchange::{self, Answer, Incoming};
use crate::faults::{Carried, FaultKind, mix};
use crate::gateway;
use crate::silent::{self, Lost};
use crate::simulator::Simulator;

/// Seen from a proxy in front of the company.
const PAGE: &str = "<html><head><title>Service unavailable</title></head><body><center><h1>Service \
                    unavailable</h1></center><hr><center>nginx</center></body></html>";

/// Requests on their way that nobody waits for any more, each with the moment at which it is handled.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Vec<(i64, Request<Bytes>)>);

impl UnderWay {
    fn push(&mut self, at_us: i64, req: &Request<Bytes>) {
        self.0.push((at_us, req.clone()));
        self.0.sort_by_key(|(at_us, _)| *at_us);
    }

    fn due(&mut self, now_us: i64) -> Option<(i64, Request<Bytes>)> {
        let is_due = self.0.first().is_some_and(|(at_us, _)| *at_us <= now_us);
        is_due.then(|| self.0.remove(0))
    }
}

/// Who answers at the far end.
pub(crate) trait FarEnd {
    fn config(&self) -> &Config;
    /// How many requests changed something: part of tracing ids.
    fn changes(&self) -> u64;
    fn answer(&mut self, req: &Request<Bytes>, now_us: i64) -> Response<Bytes>;
    fn under_way(&mut self) -> &mut UnderWay;
    /// What is lost of a request whose changes of stored objects are silently lost.
    fn lost(&self, req: &Incoming<'_>) -> Option<Lost>;
}

impl FarEnd for Simulator {
    fn config(&self) -> &Config {
        &self.config
    }

    fn changes(&self) -> u64 {
        self.state.changes
    }

    fn answer(&mut self, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
        self.handle(req, now_us)
    }

    fn under_way(&mut self) -> &mut UnderWay {
        &mut self.under_way
    }

    fn lost(&self, req: &Incoming<'_>) -> Option<Lost> {
        gateway::authenticate(&self.state.oauth, req).ok()?;
        silent::lost(&self.state, &self.config, req)
    }
}

/// Handles what was held up until now.
pub(crate) fn arrive(end: &mut impl FarEnd, now_us: i64) {
    while let Some((at_us, req)) = end.under_way().due(now_us) {
        end.answer(&req, at_us);
    }
}

/// Carries call `number` there and its answer back, through the fault it met.
pub(crate) fn carry(
    end: &mut impl FarEnd,
    (number, fault): (u64, Option<FaultKind>),
    req: &Request<Bytes>,
    now_us: i64,
) -> Carried {
    let seed = end.config().seed;
    let after_us = end.config().faults.travel_us(seed, number);
    carry_for(end, (number, fault), after_us, req, now_us)
}

/// The same with the travel time given.
pub(crate) fn carry_for(
    end: &mut impl FarEnd,
    (number, fault): (u64, Option<FaultKind>),
    after_us: i64,
    req: &Request<Bytes>,
    now_us: i64,
) -> Carried {
    arrive(end, now_us);
    let carried = match fault {
        None => Carried::Reply { after_us, response: end.answer(req, now_us) },
        Some(kind) => meet(end, (number, kind), after_us, req, now_us),
    };
    ended_by_server(carried, &end.config().limits)
}

/// The server ends what takes too long; whether it was done stays open.
fn ended_by_server(carried: Carried, limits: &Limits) -> Carried {
    let most_us = i64::from(limits.request_seconds) * 1_000_000;
    match carried {
        Carried::Reply { after_us, .. } if after_us > most_us => {
            Carried::Reply { after_us: most_us, response: page(StatusCode::GATEWAY_TIMEOUT) }
        }
        other => other,
    }
}

fn meet(
    end: &mut impl FarEnd,
    (number, kind): (u64, FaultKind),
    after_us: i64,
    req: &Request<Bytes>,
    now_us: i64,
) -> Carried {
    let seed = end.config().seed;
    let is_company = req.uri().path().starts_with("/v3/company/");
    let response = match kind {
        FaultKind::Refused => return Carried::NotSent,
        FaultKind::LostBefore => return Carried::Lost,
        FaultKind::LostAfter => {
            end.answer(req, now_us);
            return Carried::Lost;
        }
        FaultKind::HeldUp if is_company => {
            let at_us = now_us + end.config().faults.held_us(seed, number);
            end.under_way().push(at_us, req);
            return Carried::Broken { after_us };
        }
        FaultKind::HeldUp => return Carried::Broken { after_us },
        FaultKind::Late => {
            let response = end.answer(req, now_us);
            return Carried::Reply { after_us: end.config().faults.late_us, response };
        }
        FaultKind::Cut => {
            let response = end.answer(req, now_us);
            let whole = response.body();
            let length = u64::try_from(whole.len()).unwrap_or(0).max(1);
            let cut = usize::try_from(mix(seed ^ 0xfa04, number) % length).unwrap_or(0);
            let partial = whole.slice(..cut.min(whole.len()));
            return Carried::Cut { after_us, partial, status: response.status() };
        }
        FaultKind::Garbage => {
            end.answer(req, now_us);
            page(StatusCode::OK)
        }
        FaultKind::Unauthorized if is_company => {
            own(end, Answer::unauthorized("Token expired: AB0..", now_us), req, now_us)
        }
        FaultKind::Throttled if is_company => own(end, Answer::throttled(now_us), req, now_us),
        FaultKind::ServerErrorBefore | FaultKind::Unauthorized | FaultKind::Throttled => {
            page(StatusCode::SERVICE_UNAVAILABLE)
        }
        FaultKind::ServerErrorAfter => {
            end.answer(req, now_us);
            if mix(seed ^ 0xfa05, number) & 1 == 0 {
                page(StatusCode::GATEWAY_TIMEOUT)
            } else {
                let body = Fault::application_error().envelope(now_us);
                let answer = Answer::json(StatusCode::INTERNAL_SERVER_ERROR, body);
                own(end, answer, req, now_us)
            }
        }
        FaultKind::OkFault => {
            let body = Fault::application_error().envelope(now_us);
            own(end, Answer::json(StatusCode::OK, body), req, now_us)
        }
        FaultKind::AmbiguousFault => {
            end.answer(req, now_us);
            let fault = Fault::business("Unexpected Internal Error. (-30003)");
            let answer = Answer::json(StatusCode::BAD_REQUEST, fault.envelope(now_us));
            own(end, answer, req, now_us)
        }
        FaultKind::SilentNoop => silently(end, req, now_us),
    };
    Carried::Reply { after_us, response }
}

/// An answer of the gateway itself, with its headers.
fn own(end: &impl FarEnd, answer: Answer, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
    let converted = exchange::converted(req);
    let incoming = Incoming::new(req, converted.as_ref(), now_us);
    let tid = exchange::tracing_id(end.config().seed, end.changes(), &incoming);
    answer.formatted(&incoming).into_response(&tid)
}

fn page(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(PAGE.as_bytes()));
    *response.status_mut() = status;
    let html = header::HeaderValue::from_static("text/html");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}

/// Answers changes of stored objects with the objects as they are; anything else goes through.
fn silently(end: &mut impl FarEnd, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
    let converted = exchange::converted(req);
    let incoming = Incoming::new(req, converted.as_ref(), now_us);
    let (answers, rest) = match end.lost(&incoming) {
        None => return end.answer(req, now_us),
        Some(Lost::Write(body)) => {
            return own(end, Answer::json(StatusCode::OK, body), req, now_us);
        }
        Some(Lost::Items { answers, rest }) => (answers, rest),
    };
    // Read and answered in JSON here, whatever the caller speaks.
    let others = rest.map(|rest| {
        let mut others = req.clone().map(|_| Bytes::from(rest));
        let json = header::HeaderValue::from_static("application/json");
        others.headers_mut().insert(header::CONTENT_TYPE, json.clone());
        others.headers_mut().insert(header::ACCEPT, json);
        end.answer(&others, now_us)
    });
    let told = others.as_ref().map(|r| std::str::from_utf8(r.body()).unwrap_or_default());
    match (silent::joined(told, &answers, now_us), others) {
        (None, Some(refused)) => refused,
        (body, _) => own(end, Answer::json(StatusCode::OK, body.unwrap_or_default()), req, now_us),
    }
}
