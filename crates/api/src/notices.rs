//! Webhooks of the ledger: kept as hints before the answer, which must not take three seconds
//! (quickbooks.md §5).

use crate::AppState;
use crate::problem::Problem;
use crate::webhook::{plain, read};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, select};
use http::{HeaderMap, StatusCode};
use kernel::ReasonCode;
use ports::RawDelivery;
use serde::Serialize;
use std::pin::pin;

/// How long keeping may take before the ledger is asked to send again, microseconds.
const KEEP_US: i64 = 2_000_000;

#[derive(Serialize)]
struct Kept {
    status: &'static str,
    new: usize,
    known: usize,
    foreign: usize,
    unreadable: usize,
}

/// Keeps what the ledger tells. Events that cannot be read or belong to others do not spoil the
/// delivery: it would come again whole, for ever.
pub(crate) async fn receive(state: &AppState, headers: &HeaderMap, body: Body) -> Response {
    let Some(port) = &state.notices else {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "webhooks of the ledger are not taken: no verifier token is configured \
             (ledger.webhook_verifiers)",
        )
        .into_response();
    };
    let body = match read(state, body, port.body_bytes_max()).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let clock = &state.engine.clock;
    let raw = RawDelivery { headers: plain(headers), body, received_at: clock.now() };
    let told = match port.read(&raw) {
        Ok(told) => told,
        Err(refusal) => {
            tracing::warn!(code = refusal.code.code(), "a webhook of the ledger was refused");
            let status = match refusal.code {
                ReasonCode::BatchLimit => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::UNAUTHORIZED,
            };
            return Problem::new(status, refusal.detail).with_code(refusal.code).into_response();
        }
    };
    let late = clock.sleep_until(clock.now().plus_micros(KEEP_US));
    match select(pin!(state.engine.keep_notices(&told)), late).await {
        Either::Left((Ok(kept), _)) => Json(Kept {
            status: "kept",
            new: kept.new,
            known: kept.known,
            foreign: kept.foreign,
            unreadable: kept.unreadable,
        })
        .into_response(),
        Either::Left((Err(e), _)) => Problem::unavailable(&e).into_response(),
        Either::Right(_) => Problem::unavailable(&"keeping took too long").into_response(),
    }
}
