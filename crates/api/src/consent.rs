//! Where the consent page of the ledger sends the browser back to, and where it is sent from.

use crate::AppState;
use crate::problem::Problem;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use engine::{Actor, AskedFrom, Consent, NotConnected};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Headers of every page: it may hold nothing of others, and its address, which holds a code, is
/// not told to anybody.
const SAFE: [(HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
];

/// A router that takes the answer at any address: for a command that waits for one consent.
pub fn callback_router(consent: Consent) -> Router {
    Router::new().fallback(answer_anywhere).with_state(consent)
}

async fn answer_anywhere(State(consent): State<Consent>, RawQuery(query): RawQuery) -> Response {
    match query.filter(|q| q.contains("state=")) {
        Some(query) => answer(&consent, &query).await,
        // A browser also asks for its icon.
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Takes the answer of the consent page.
pub(crate) async fn callback(
    State(state): State<AppState>,
    Path(ledger): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match door(&state, &ledger) {
        Ok((consent, _)) => answer(consent, &query.unwrap_or_default()).await,
        Err(problem) => problem.into_response(),
    }
}

/// Sends the browser to the consent page: the address to register with the ledger's vendor for
/// reconnecting. It gives nothing away; only an administrator of the right company gets further.
pub(crate) async fn connect(State(state): State<AppState>, Path(ledger): Path<String>) -> Response {
    let (consent, redirect_uri) = match door(&state, &ledger) {
        Ok(found) => found,
        Err(problem) => return problem.into_response(),
    };
    let by = Actor::Person("whoever opened the connect address".to_owned());
    match consent.ask(redirect_uri, &by, AskedFrom::Browser).await {
        Ok(asked) => match HeaderValue::try_from(asked.url) {
            Ok(to) => {
                let fresh = HeaderValue::from_static("no-store");
                let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, fresh)];
                (StatusCode::SEE_OTHER, headers).into_response()
            }
            Err(_) => Problem::unavailable(&"the consent address is no header").into_response(),
        },
        Err(engine::Error::Refused(why)) => page(StatusCode::TOO_MANY_REQUESTS, "Not now", &why),
        Err(e) => Problem::unavailable(&e).into_response(),
    }
}

fn door<'a>(state: &'a AppState, ledger: &str) -> Result<(&'a Consent, &'a str), Problem> {
    let ours = ledger == state.engine.target.manifest().kind;
    match &state.consent {
        Some((consent, redirect_uri)) if ours => Ok((consent, redirect_uri)),
        _ => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "no ledger of that kind is connected through this service",
        )),
    }
}

async fn answer(consent: &Consent, query: &str) -> Response {
    match consent.answer(query).await {
        Ok(connected) => page(
            StatusCode::OK,
            "Connected",
            &format!(
                "Company {} is connected. Work that waited goes on by itself. You can close this \
                 page.",
                connected.realm
            ),
        ),
        Err(why) => {
            let status = match &why {
                NotConnected::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            page(status, "Not connected", &format!("{why}."))
        }
    }
}

/// A page for a person.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let text = escaped(text);
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} · Tieout</title>\
         <body style=\"font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; \
         padding: 0 1rem\"><h1>{title}</h1><p>{text}</p></body></html>\n"
    );
    let mut response = (status, body).into_response();
    for (name, value) in SAFE {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
