#![doc = include_str!("../README.md")]

mod access;
mod consent;
mod health;
mod notices;
mod problem;
mod read;
pub mod view;
mod webhook;

pub use access::Access;
pub use consent::callback_router;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use engine::{Consent, Engine, Intake};
use ports::NoticeSource;
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
    /// How the ledger is connected, and the address its consent page sends browsers back to.
    pub consent: Option<(Consent, String)>,
    /// The webhooks of the ledger.
    pub notices: Option<Arc<dyn NoticeSource>>,
}

impl AppState {
    /// State over `engine` with a door of its own and 30 seconds for a body.
    pub fn new(engine: Engine, access: Access) -> Self {
        let intake = Arc::new(Intake::new(engine.clone()));
        Self { engine, intake, access, body_seconds: 30, consent: None, notices: None }
    }

    /// Also connects the ledger. `redirect_uri` must lead to `/oauth/LEDGER/callback` of this
    /// service and be registered with the ledger's vendor letter by letter.
    pub fn with_consent(mut self, consent: Consent, redirect_uri: String) -> Self {
        self.consent = Some((consent, redirect_uri));
        self
    }

    /// Also takes webhooks of the ledger.
    pub fn with_notices(mut self, notices: Arc<dyn NoticeSource>) -> Self {
        self.notices = Some(notices);
        self
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
        .route("/webhooks/{source}", post(webhook::receive).options(webhook::handshake))
        .route("/oauth/{ledger}/connect", get(consent::connect))
        .route("/oauth/{ledger}/callback", get(consent::callback))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .nest("/v1", views)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .with_state(state)
}
