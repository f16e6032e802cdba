#![doc = include_str!("../README.md")]

mod access;
mod health;
mod problem;
mod read;
pub mod view;
mod webhook;

pub use access::Access;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use engine::{Engine, Intake};
use std::sync::Arc;

/// What every request may use. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The engine.
    pub engine: Engine,
    /// The door for deliveries; one per process, so that its commits are shared.
    pub intake: Arc<Intake>,
    /// Who may read the views.
    pub access: Access,
    /// How long a sender may take to send the body of a delivery, seconds.
    pub body_seconds: i64,
}

impl AppState {
    /// State over `engine` with a door of its own and 30 seconds for a body.
    pub fn new(engine: Engine, access: Access) -> Self {
        let intake = Arc::new(Intake::new(engine.clone()));
        Self { engine, intake, access, body_seconds: 30 }
    }
}

/// Every route.
pub fn router(state: AppState) -> Router {
    let views = Router::new()
        .route("/status", get(read::status))
        .route("/statement", get(read::statement))
        .route("/explain/{*word}", get(read::explain))
        .route("/exceptions", get(read::exceptions))
        .layer(from_fn_with_state(state.clone(), access::guard));
    Router::new()
        .route("/webhooks/{source}", post(webhook::receive))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .nest("/v1", views)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .with_state(state)
}
