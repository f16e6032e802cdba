//! The views: what the commands print, as JSON.

use crate::AppState;
use crate::problem::Problem;
use crate::view::{ExceptionView, ExplanationView, StatementView, StatusView};
use axum::Json;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use serde::Deserialize;

/// Most exceptions in one answer.
const EXCEPTIONS_MAX: i64 = 10_000;

pub(crate) async fn status(State(state): State<AppState>) -> Result<Json<StatusView>, Problem> {
    let view = StatusView::load(&state.engine).await;
    view.map(Json).map_err(|e| Problem::unavailable(&e))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementQuery {
    period: Option<String>,
}

pub(crate) async fn statement(
    State(state): State<AppState>,
    Query(query): Query<StatementQuery>,
) -> Result<Json<StatementView>, Problem> {
    let statement = engine::statement(&state.engine.store).await;
    let statement = statement.map_err(|e| Problem::unavailable(&e))?;
    Ok(Json(StatementView::of(&statement, query.period.as_deref())))
}

pub(crate) async fn explain(
    State(state): State<AppState>,
    Path(word): Path<String>,
) -> Result<Json<Vec<ExplanationView>>, Problem> {
    let found = engine::explain(&state.engine.store, &word).await;
    let found = found.map_err(|e| Problem::unavailable(&e))?;
    if found.is_empty() {
        let word: String = word.chars().take(60).collect();
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            format!("nothing is known about `{word}`; give an order, payout or document number"),
        ));
    }
    Ok(Json(found.iter().map(ExplanationView::of).collect()))
}

pub(crate) async fn exceptions(
    State(state): State<AppState>,
) -> Result<Json<Vec<ExceptionView>>, Problem> {
    let listed = async {
        let mut tx = state.engine.store.read().await?;
        store::exception::list(tx.as_mut(), EXCEPTIONS_MAX).await
    };
    let listed = listed.await.map_err(|e| Problem::unavailable(&e))?;
    Ok(Json(listed.iter().map(ExceptionView::of).collect()))
}
