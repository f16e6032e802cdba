//! HTTP over TLS.

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kernel::Timestamp;
use ports::{BoxFuture, Clock, Http, HttpFailure};
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Largest answer taken, bytes. A full page of a thousand documents stays below 10 MB.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// The client of the binary: HTTP/1.1 with kept connections, TLS by the roots of Mozilla.
pub struct HyperHttp {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    clock: Arc<dyn Clock>,
    answer_bytes_max: usize,
}

impl HyperHttp {
    /// A client on the time of `clock`. `plain_allowed` also takes `http://` addresses (a
    /// simulator on this machine).
    pub fn new(clock: Arc<dyn Clock>, plain_allowed: bool) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new().with_webpki_roots();
        let tls = if plain_allowed { tls.https_or_http() } else { tls.https_only() };
        let client =
            Client::builder(TokioExecutor::new()).build(tls.enable_http1().wrap_connector(tcp));
        Self { client, clock, answer_bytes_max: ANSWER_BYTES_MAX }
    }

    /// The same client for answers of at most `bytes`.
    pub fn limited(self, bytes: usize) -> Self {
        Self { answer_bytes_max: bytes, ..self }
    }
}

impl Http for HyperHttp {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            let exchange = async {
                let sent = self.client.request(request.map(Full::new)).await;
                let (head, body) = sent.map_err(|e| failed(&e))?.into_parts();
                let body = Limited::new(body, self.answer_bytes_max).collect().await;
                let body = body.map_err(|e| HttpFailure::Unknown(format!("the answer: {e}")))?;
                Ok(Response::from_parts(head, body.to_bytes()))
            };
            match select(pin!(exchange), self.clock.sleep_until(deadline)).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(_) => {
                    Err(HttpFailure::Unknown("no answer before the deadline".to_owned()))
                }
            }
        })
    }
}

/// Only a failure to connect proves that nothing was sent.
fn failed(error: &hyper_util::client::legacy::Error) -> HttpFailure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        text = format!("{text}: {e}");
        cause = e.source();
    }
    if error.is_connect() { HttpFailure::NotSent(text) } else { HttpFailure::Unknown(text) }
}
