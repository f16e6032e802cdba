//! Real connections in front of the companies, broken where a fault says so.

use super::{SharedHost, now_us};
use crate::adapter::clock::SystemClock;
use crate::command::stop_signal::StopSignal;
use crate::exit::Stop;
use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt as _};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ports::Clock;
use quickbooks_sim::Carried;
use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::pin::pin;
use tokio::net::TcpListener;

/// Largest request taken, bytes.
const REQUEST_BYTES_MAX: usize = 64 << 20;
/// How long connections may take to end, microseconds.
const END_US: i64 = 5_000_000;
/// Between the last byte of a cut answer and the end of its connection, microseconds.
const CUT_US: i64 = 20_000;

type Body = UnsyncBoxBody<Bytes, Error>;

/// Answers connections until `stop`; then the requests under way.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
pub async fn serve(listener: TcpListener, host: SharedHost, stop: StopSignal) -> Result<(), Stop> {
    let graceful = GracefulShutdown::new();
    let mut stopped = Box::pin(stop.clone().wait());
    loop {
        let stream = match select(pin!(listener.accept()), &mut stopped).await {
            Either::Left((Ok((stream, _)), _)) => stream,
            // A connection that failed before it began is nobody's.
            Either::Left((Err(_), _)) => continue,
            Either::Right(_) => break,
        };
        // Answers are small: waiting to fill a packet only makes them late.
        let _ = stream.set_nodelay(true);
        let (host, stop) = (host.clone(), stop.clone());
        let service = service_fn(move |request| answer(host.clone(), stop.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        // A connection that ends early is a fault on purpose, or the client's own doing.
        tokio::spawn(async move {
            let _ = watched.await;
        });
    }
    let end = SystemClock.sleep_until(SystemClock.now().plus_micros(END_US));
    select(pin!(graceful.shutdown()), end).await;
    Ok(())
}

async fn answer(
    host: SharedHost,
    stop: StopSignal,
    request: Request<Incoming>,
) -> Result<Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_BYTES_MAX).collect().await else {
        let mut response = Response::new(whole(Bytes::new()));
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(response);
    };
    let request = Request::from_parts(head, body.to_bytes());
    let (carried, most) = {
        let mut host = host.lock();
        let carried = host.call(&request, now_us());
        (carried, host.config().limits.request_seconds)
    };
    let broken = || Error::new(ErrorKind::ConnectionAborted, "a fault of the simulated line");
    match carried {
        Carried::Reply { after_us, response } => {
            wait(after_us, stop).await;
            Ok(response.map(whole))
        }
        Carried::NotSent => Err(broken()),
        Carried::Lost => {
            wait(i64::from(most) * 1_000_000, stop).await;
            Err(broken())
        }
        Carried::Broken { after_us } => {
            wait(after_us, stop).await;
            Err(broken())
        }
        Carried::Cut { after_us, partial, status } => {
            wait(after_us, stop).await;
            // The head promises more than there will be.
            let promised = HeaderValue::from(partial.len() + 1);
            let end = async move {
                // Time for the first part to leave.
                SystemClock.sleep_until(SystemClock.now().plus_micros(CUT_US)).await;
                Err(broken())
            };
            let parts = stream::iter([Ok(Frame::data(partial))]).chain(stream::once(end));
            let body = StreamBody::new(parts).boxed_unsync();
            let mut response = Response::new(body);
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_LENGTH, promised);
            Ok(response)
        }
    }
}

fn whole(body: Bytes) -> Body {
    Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Waits, but not beyond the end of the process.
async fn wait(after_us: i64, stop: StopSignal) {
    if after_us > 0 {
        let later = SystemClock.sleep_until(SystemClock.now().plus_micros(after_us));
        select(later, pin!(stop.wait())).await;
    }
}
