//! Who may read the views.

use crate::AppState;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use ports::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Who may read `/v1`. Deliveries are not concerned: they prove themselves by their signature.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everybody on this machine; right only for a listener on a loopback address. Requests must
    /// name a loopback host, so that a web page cannot read the books through a browser
    /// (DNS rebinding).
    Loopback,
    /// Whoever shows this bearer token.
    Token(Secret),
    /// Nobody.
    Closed,
}

pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match judge(&state.access, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn judge(access: &Access, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    match access {
        Access::Loopback if text(header::HOST).is_none_or(is_loopback_host) => Ok(()),
        Access::Loopback => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "without a token the views answer only requests to localhost",
        )),
        Access::Token(token) => {
            let given = text(header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer "));
            // Digests have one length, so the comparison tells nothing about the token.
            let sum = |t: &str| Sha256::digest(t.trim().as_bytes());
            let right = given.is_some_and(|g| sum(g).ct_eq(&sum(token.reveal())).into());
            right.then_some(()).ok_or_else(|| {
                Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "show the token as `Authorization: Bearer …`",
                )
            })
        }
        Access::Closed => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "the views are closed on a public address; start `tieout serve` with --token-file",
        )),
    }
}

fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_was_led_here_under_another_name_is_refused() {
        let named = |host: &'static str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            judge(&Access::Loopback, &headers).is_ok()
        };
        assert!(named("localhost:8080") && named("127.0.0.1:8080") && named("[::1]:8080"));
        assert!(!named("evil.example:8080") && !named("127.0.0.1.evil.example"));
    }

    #[test]
    fn only_the_token_opens() {
        let with = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            judge(&Access::Token(Secret::new("s3cret")), &headers).is_ok()
        };
        assert!(with("Bearer s3cret"));
        assert!(!with("Bearer s3cre") && !with("Basic s3cret") && !with("Bearer "));
        assert!(judge(&Access::Token(Secret::new("s3cret")), &HeaderMap::new()).is_err());
        assert!(judge(&Access::Closed, &HeaderMap::new()).is_err());
    }
}
