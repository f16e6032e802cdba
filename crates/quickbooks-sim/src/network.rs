//! One call through an unreliable network.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};

use crate::error::Fault;
use crate::exchange::{self, Answer, Incoming};
use crate::faults::{Carried, FaultKind, mix};
use crate::gateway;
use crate::simulator::Simulator;

/// Seen from a proxy in front of the company.
const PAGE: &str = "<html><head><title>Service unavailable</title></head><body><center><h1>Service \
                    unavailable</h1></center><hr><center>nginx</center></body></html>";

/// Carries a request there and its answer back.
pub(crate) fn call(simulator: &mut Simulator, req: &Request<Bytes>, now_us: i64) -> Carried {
    simulator.calls += 1;
    let (seed, number) = (simulator.config.seed, simulator.calls);
    let after_us = simulator.config.faults.travel_us(seed, number);
    let Some(kind) = simulator.config.faults.draw(seed, number) else {
        return Carried::Reply { after_us, response: simulator.handle(req, now_us) };
    };
    *simulator.faults_drawn.entry(kind).or_default() += 1;
    let is_company = req.uri().path().starts_with("/v3/company/");
    let response = match kind {
        FaultKind::Refused => return Carried::NotSent,
        FaultKind::LostBefore => return Carried::Lost,
        FaultKind::LostAfter => {
            simulator.handle(req, now_us);
            return Carried::Lost;
        }
        FaultKind::Late => {
            let response = simulator.handle(req, now_us);
            return Carried::Reply { after_us: simulator.config.faults.late_us, response };
        }
        FaultKind::Cut => {
            let response = simulator.handle(req, now_us);
            let whole = response.body();
            let length = u64::try_from(whole.len()).unwrap_or(0).max(1);
            let cut = usize::try_from(mix(seed ^ 0xfa04, number) % length).unwrap_or(0);
            let partial = whole.slice(..cut.min(whole.len()));
            return Carried::Cut { after_us, partial, status: response.status() };
        }
        FaultKind::Garbage => {
            simulator.handle(req, now_us);
            page(StatusCode::OK)
        }
        FaultKind::Unauthorized if is_company => {
            own(simulator, Answer::unauthorized("Token expired: AB0..", now_us), req, now_us)
        }
        FaultKind::Throttled if is_company => {
            own(simulator, Answer::throttled(now_us), req, now_us)
        }
        FaultKind::ServerErrorBefore | FaultKind::Unauthorized | FaultKind::Throttled => {
            page(StatusCode::SERVICE_UNAVAILABLE)
        }
        FaultKind::ServerErrorAfter => {
            simulator.handle(req, now_us);
            if mix(seed ^ 0xfa05, number) & 1 == 0 {
                page(StatusCode::GATEWAY_TIMEOUT)
            } else {
                let body = Fault::application_error().envelope(now_us);
                let answer = Answer::json(StatusCode::INTERNAL_SERVER_ERROR, body);
                own(simulator, answer, req, now_us)
            }
        }
        FaultKind::OkFault => {
            let body = Fault::application_error().envelope(now_us);
            own(simulator, Answer::json(StatusCode::OK, body), req, now_us)
        }
        FaultKind::AmbiguousFault => {
            simulator.handle(req, now_us);
            let fault = Fault::business("Unexpected Internal Error. (-30003)");
            let answer = Answer::json(StatusCode::BAD_REQUEST, fault.envelope(now_us));
            own(simulator, answer, req, now_us)
        }
        FaultKind::SilentNoop => silent(simulator, req, now_us),
    };
    Carried::Reply { after_us, response }
}

/// An answer of the gateway itself, with its headers.
fn own(
    simulator: &Simulator,
    answer: Answer,
    req: &Request<Bytes>,
    now_us: i64,
) -> Response<Bytes> {
    let converted = exchange::converted(req);
    let incoming = Incoming::new(req, converted.as_ref(), now_us);
    let tid = exchange::tracing_id(simulator.config.seed, simulator.state.changes, &incoming);
    answer.formatted(&incoming).into_response(&tid)
}

fn page(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(PAGE.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// Answers an update with the object as it was; anything else goes through.
fn silent(simulator: &mut Simulator, req: &Request<Bytes>, now_us: i64) -> Response<Bytes> {
    let converted = exchange::converted(req);
    let incoming = Incoming::new(req, converted.as_ref(), now_us);
    let body = gateway::unchanged(&simulator.state, &simulator.config, &incoming);
    match body {
        Some(body) => own(simulator, Answer::json(StatusCode::OK, body), req, now_us),
        None => simulator.handle(req, now_us),
    }
}
