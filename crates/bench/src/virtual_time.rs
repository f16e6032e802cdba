//! A clock that jumps: one thread, one future, and when nothing is ready the next sleeper wakes.

use anyhow::{Result, bail};
use kernel::Timestamp;
use ports::{BoxFuture, Clock};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The clock.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<State>>);

struct State {
    now: Timestamp,
    made: u64,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

impl VirtualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State { now: start, made: 0, sleepers: BTreeMap::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `future` to its end. Fails when it waits for something that will never happen.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        let mut future = pin!(future);
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            while woken.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Ok(done);
                }
            }
            let next = self.lock().sleepers.pop_first();
            let Some(((at, _), sleeper)) = next else { bail!("nothing will ever happen again") };
            let mut state = self.lock();
            state.now = state.now.max(at);
            drop(state);
            sleeper.wake();
        }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut state = self.lock();
        state.made += 1;
        Box::pin(Sleep { clock: self.clone(), key: (at, state.made) })
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Sleep {
    clock: VirtualClock,
    key: (Timestamp, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, join_all, select};

    #[test]
    fn sleepers_wake_in_order_and_time_stands_still_for_work() {
        let clock = VirtualClock::new(Timestamp(5));
        let order = Mutex::new(Vec::new());
        let sleepers = [30, 10, 20].map(|at| {
            let (clock, order) = (&clock, &order);
            async move {
                clock.sleep_until(Timestamp(at)).await;
                order.lock().unwrap().push((at, clock.now().0));
            }
        });
        clock.run(join_all(sleepers)).unwrap();
        assert_eq!(*order.lock().unwrap(), [(10, 10), (20, 20), (30, 30)]);
        let past = clock.sleep_until(Timestamp(1));
        clock.run(past).unwrap();
        assert_eq!(clock.now(), Timestamp(30));
    }

    #[test]
    fn a_sleeper_that_is_dropped_does_not_move_time_and_a_dead_end_is_seen() {
        let clock = VirtualClock::new(Timestamp(0));
        let race = select(clock.sleep_until(Timestamp(10)), clock.sleep_until(Timestamp(99)));
        let _ = clock.run(join(race, async {})).unwrap();
        assert_eq!(clock.now(), Timestamp(10));
        assert!(clock.run(std::future::pending::<()>()).is_err());
    }
}
