//! Connections of `tieout serve`: bounded in number, and in the time their requests may take to
//! arrive.

use crate::adapter::clock::SystemClock;
use crate::command::stop_signal::StopSignal;
use axum::Router;
use futures_util::future::{Either, select};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ports::Clock;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections open at once; further ones wait to be accepted. Half of what a process may usually
/// open.
const OPEN_MAX: usize = 512;
/// How long the head of a request may take to arrive, also on a connection that is kept.
const HEAD: Duration = Duration::from_secs(30);
/// How long a connection may live: a body that trickles in ends with it. Vendors open a new one.
const LIFE_S: i64 = 600;
/// How long requests under way may take at the end, seconds.
const END_S: i64 = 30;
/// Pause after a connection could not be accepted: the process may be out of handles.
const REFUSED_US: i64 = 50_000;

/// Answers by `router` until `stop`; then the requests under way.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
pub async fn serve(listener: TcpListener, router: Router, stop: StopSignal) {
    let (graceful, open) = (GracefulShutdown::new(), Arc::new(Semaphore::new(OPEN_MAX)));
    let mut stopped = Box::pin(stop.wait());
    loop {
        let next = async {
            let permit = Arc::clone(&open).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = match select(pin!(next), &mut stopped).await {
            Either::Left((next, _)) => next,
            Either::Right(_) => break,
        };
        let Ok((stream, _)) = accepted else {
            SystemClock.sleep_until(SystemClock.now().plus_micros(REFUSED_US)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // How it ends is the other side's business: what was received is stored by then.
            let life = SystemClock.sleep_until(SystemClock.now().plus_seconds(LIFE_S));
            select(pin!(watched), life).await;
            drop(permit);
        });
    }
    let end = SystemClock.sleep_until(SystemClock.now().plus_seconds(END_S));
    select(pin!(graceful.shutdown()), end).await;
}
