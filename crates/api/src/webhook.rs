//! Deliveries of vendors: durable before the answer.

use crate::AppState;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::Receipt;
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::ReasonCode;
use ports::{Answer, Answers, RawDelivery, Refusal};
use serde::Serialize;
use std::pin::pin;

/// Headers that may carry credentials of the sender's network and mean nothing to a source.
const NEVER_KEPT: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

#[derive(Serialize)]
struct Kept {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<String>,
}

/// Keeps one delivery. 2xx only once it is durable; 5xx makes the vendor send it again.
pub(crate) async fn receive(
    State(state): State<AppState>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if source == state.engine.target.manifest().kind {
        return crate::notices::receive(&state, &headers, body).await;
    }
    let Some(port) = state.engine.sources.get(&source) else {
        let name: String = source.chars().take(60).collect();
        return Problem::new(StatusCode::NOT_FOUND, format!("no source is called `{name}`"))
            .into_response();
    };
    let body = match read(&state, body, port.manifest().body_bytes_max).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let raw = RawDelivery { headers: plain(&headers), body, received_at: state.engine.clock.now() };
    let mut receipts = Vec::new();
    for part in port.split(raw) {
        match state.intake.receive(&source, part).await {
            Ok(receipt) => receipts.push(receipt),
            Err(e) => return Problem::unavailable(&e).into_response(),
        }
    }
    respond(port.manifest().answers, receipts)
}

/// Whether a sender may deliver here at all: the handshake of CloudEvents (HTTP webhooks 1.0 §4). It
/// may wherever a source is configured, because what counts is the signature of each delivery.
pub(crate) async fn handshake(
    State(state): State<AppState>,
    Path(source): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !state.engine.sources.contains_key(&source) {
        let name: String = source.chars().take(60).collect();
        return Problem::new(StatusCode::NOT_FOUND, format!("no source is called `{name}`"))
            .into_response();
    }
    let Some(origin) = headers.get("webhook-request-origin") else {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "the header WebHook-Request-Origin is missing; say who asks".to_owned(),
        )
        .into_response();
    };
    let mut answer = StatusCode::OK.into_response();
    let allowed = answer.headers_mut();
    allowed.insert(http::header::ALLOW, HeaderValue::from_static("POST"));
    allowed.insert("webhook-allowed-origin", origin.clone());
    // What is too fast is kept back by the answer to each delivery, not by an agreed rate.
    allowed.insert("webhook-allowed-rate", HeaderValue::from_static("*"));
    answer
}

/// The answer to a delivery by what became of its parts: the first that is refused decides, then
/// the first that is new.
fn respond(answers: Answers, receipts: Vec<Receipt>) -> Response {
    let mut new = None;
    for receipt in receipts {
        match (receipt, answers.refused) {
            (Receipt::Refused { kept: true, .. }, Some(answer)) => {
                return say(answer, &Kept { status: "refused", delivery: None });
            }
            (Receipt::Refused { refusal, .. }, _) => return refuse(refusal),
            (Receipt::Kept(id), _) => new = new.or(Some(id)),
            (Receipt::Duplicate, _) => {}
        }
    }
    match new {
        Some(id) => say(answers.kept, &Kept { status: "kept", delivery: Some(id.to_string()) }),
        None => say(answers.repeated, &Kept { status: "duplicate", delivery: None }),
    }
}

fn say(answer: Answer, kept: &Kept) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    match answer.text {
        Some(text) => (status, text).into_response(),
        None => (status, Json(kept)).into_response(),
    }
}

fn refuse(refusal: Refusal) -> Response {
    let status = match refusal.code {
        ReasonCode::BatchLimit => StatusCode::PAYLOAD_TOO_LARGE,
        ReasonCode::MalformedDelivery => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNAUTHORIZED,
    };
    Problem::new(status, refusal.detail).with_code(refusal.code).into_response()
}

pub(crate) async fn read(state: &AppState, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let clock = &state.engine.clock;
    let deadline = clock.sleep_until(clock.now().plus_seconds(state.body_seconds));
    let body = pin!(Limited::new(body, limit).collect());
    match select(body, deadline).await {
        Either::Left((Ok(whole), _)) => Ok(whole.to_bytes()),
        Either::Left((Err(e), _)) if e.is::<LengthLimitError>() => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body has more than {limit} bytes; this source accepts no more"),
        )
        .with_code(ReasonCode::BatchLimit)),
        Either::Left((Err(_), _)) => {
            Err(Problem::new(StatusCode::BAD_REQUEST, "the body breaks off; send it again"))
        }
        Either::Right(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body did not arrive within {} seconds", state.body_seconds),
        )),
    }
}

pub(crate) fn plain(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !NEVER_KEPT.contains(&name.as_str()))
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}
