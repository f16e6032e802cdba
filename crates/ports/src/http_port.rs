//! One HTTP exchange.

use crate::BoxFuture;
use bytes::Bytes;
use http::{Request, Response};
use kernel::Timestamp;

/// Sends one request and returns the whole response.
pub trait Http: Send + Sync {
    /// Sends `request` (absolute URI) and collects the answer before `deadline`.
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>>;
}

/// How an exchange can end without a response. The difference decides whether a write may be
/// sent again at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpFailure {
    /// No byte of the request left this machine (name lookup, connect, TLS): nothing happened.
    #[error("the request was not sent: {0}")]
    NotSent(String),
    /// Something was sent and no complete answer came back: it may have happened.
    #[error("the request was sent and no complete answer came back: {0}")]
    Unknown(String),
}
