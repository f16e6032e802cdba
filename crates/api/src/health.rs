//! Whether the process lives and can do its work.

use crate::AppState;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and is set up.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let looked = async {
        let mut tx = state.engine.store.read().await?;
        store::lane::get(tx.as_mut(), &state.engine.lane).await
    };
    match looked.await {
        Ok(Some(_)) => "ready\n".into_response(),
        Ok(None) => Problem::unavailable(&"the lane does not exist").into_response(),
        Err(e) => Problem::unavailable(&e).into_response(),
    }
}
