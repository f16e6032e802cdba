//! What tests do with a world.

use bytes::Bytes;
use kernel::Timestamp;
use ports::{BoxFuture, Clock};
use serde_json::Value;
use sim::world::World;
use std::sync::{Arc, Mutex};

/// Longer than anything takes that comes to an end, seconds.
const NEVER_S: i64 = 60 * 86_400;

pub fn now(world: &World) -> Timestamp {
    world.executor.clock().now()
}

/// Runs until a task is done.
pub fn finish(world: &mut World, task: u64) {
    let far = now(world).plus_seconds(NEVER_S);
    while world.executor.is_alive(task) {
        assert!(world.executor.step(far, u64::MAX).is_none(), "it never ends");
    }
}

/// Does some work within the world.
pub fn done<T: Send + 'static>(world: &mut World, work: BoxFuture<'static, T>) -> T {
    let slot = Arc::new(Mutex::new(None));
    let result = Arc::clone(&slot);
    let task = world
        .executor
        .spawn("test", Box::pin(async move { *result.lock().unwrap() = Some(work.await) }));
    finish(world, task);
    slot.lock().unwrap().take().unwrap()
}

/// Lets everything run for some virtual time.
pub fn run(world: &mut World, seconds: i64) {
    let clock = world.executor.clock();
    let until = clock.now().plus_seconds(seconds);
    world.executor.spawn("time", Box::pin(async move { clock.sleep_until(until).await }));
    while world.executor.step(until, u64::MAX).is_none() {}
}

/// A worker does all that is to be done.
pub fn drain(world: &mut World) {
    let worker = world.start_worker(true);
    finish(world, worker);
}

/// The accountant asks the company for something; `null` is no body.
pub fn ask(world: &mut World, method: &str, path: &str, body: &Value) -> Value {
    let token = world.access_token();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = http::Request::builder()
        .method(method)
        .uri(format!("/v3/company/9130350000000001/{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Bytes::from(body))
        .unwrap();
    let at = now(world).0;
    let answer = world.company().handle(&request, at);
    assert!(answer.status().is_success(), "{answer:?}");
    serde_json::from_slice(answer.body()).unwrap()
}
