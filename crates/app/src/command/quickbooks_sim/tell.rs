//! Sends webhooks, and takes snapshots between them.

use super::file::Keeper;
use super::{SharedHost, now_us};
use crate::adapter::clock::SystemClock;
use crate::adapter::http::HyperHttp;
use crate::command::stop_signal::StopSignal;
use crate::output;
use bytes::Bytes;
use futures_util::future::select;
use http::Request;
use ports::{Clock, Http};
use quickbooks_sim::Delivery;
use std::pin::pin;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How often somebody looks whether a notification is due, microseconds.
const LOOK_US: i64 = 50_000;

/// Works until `stop`; gives the keeper back.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
pub fn start(
    host: SharedHost,
    mut keeper: Option<Keeper>,
    stop: StopSignal,
) -> JoinHandle<Option<Keeper>> {
    tokio::spawn(async move {
        let http = Arc::new(HyperHttp::new(Arc::new(SystemClock), true));
        while !stop.is_set() {
            let due = host.lock().due(now_us());
            for delivery in due {
                tokio::spawn(send(host.clone(), Arc::clone(&http), delivery));
            }
            if let Some(keeper) = keeper.as_mut().filter(|k| k.is_due())
                && let Err(e) = keeper.save(&host.lock())
            {
                output::note(&format!("no snapshot could be written: {:#}", e.why));
            }
            let next = SystemClock.sleep_until(SystemClock.now().plus_micros(LOOK_US));
            select(next, pin!(stop.clone().wait())).await;
        }
        keeper
    })
}

async fn send(host: SharedHost, http: Arc<HyperHttp>, delivery: Delivery) {
    let status = match request(&delivery) {
        Ok(request) => {
            let timeout_us = i64::from(delivery.timeout_ms) * 1_000;
            let deadline = SystemClock.now().plus_micros(timeout_us);
            http.send(request, deadline).await.ok().map(|r| r.status().as_u16())
        }
        Err(_) => None,
    };
    host.lock().answered(delivery.id, status, now_us());
}

fn request(delivery: &Delivery) -> http::Result<Request<Bytes>> {
    let mut builder = Request::post(&delivery.url);
    for (name, value) in &delivery.headers {
        builder = builder.header(*name, value);
    }
    builder.body(delivery.body.clone())
}
