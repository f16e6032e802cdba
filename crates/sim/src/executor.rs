//! A seeded executor with a virtual clock.
//!
//! Among the tasks that are ready it polls one at random. When none is ready the clock jumps to
//! the next timer. A task that is killed is dropped wherever it waits: that is a crash.

use crate::chance::Chance;
use crate::trace::Digest;
use kernel::Timestamp;
use ports::{BoxFuture, Clock};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Identity of a task.
pub type TaskId = u64;

/// What the executor and the clock share.
struct Shared {
    now: i64,
    timers: BTreeMap<(i64, u64), Waker>,
    timer_seq: u64,
    ready: BTreeSet<TaskId>,
}

/// The virtual clock.
#[derive(Clone)]
pub struct SimClock(Arc<Mutex<Shared>>);

impl SimClock {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.lock().now)
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(Sleep { clock: self.clone(), at: at.0, key: None })
    }
}

struct Sleep {
    clock: SimClock,
    at: i64,
    key: Option<(i64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut shared = clock.lock();
        if shared.now >= self.at {
            if let Some(key) = self.key.take() {
                shared.timers.remove(&key);
            }
            return Poll::Ready(());
        }
        let key = self.key.unwrap_or_else(|| {
            shared.timer_seq += 1;
            (self.at, shared.timer_seq)
        });
        self.key = Some(key);
        shared.timers.insert(key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.clock.lock().timers.remove(&key);
        }
    }
}

struct TaskWaker {
    id: TaskId,
    clock: SimClock,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.clock.lock().ready.insert(self.id);
    }
}

/// Why the executor stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Every task is done.
    Finished,
    /// Tasks are left and nothing will ever wake them.
    Stuck,
    /// The step limit was reached: something spins.
    Steps,
    /// The virtual time limit was reached.
    Time,
}

/// Polls tasks in a seeded order.
pub struct Executor {
    clock: SimClock,
    chance: Chance,
    tasks: BTreeMap<TaskId, (&'static str, BoxFuture<'static, ()>)>,
    next: TaskId,
    steps: u64,
    digest: Digest,
    /// Tasks that get no turn until a moment: a process that the system has suspended.
    paused: BTreeMap<TaskId, i64>,
}

impl Executor {
    /// An executor whose clock starts at `start`.
    pub fn new(start: Timestamp, chance: Chance) -> Self {
        let shared =
            Shared { now: start.0, timers: BTreeMap::new(), timer_seq: 0, ready: BTreeSet::new() };
        Self {
            clock: SimClock(Arc::new(Mutex::new(shared))),
            chance,
            tasks: BTreeMap::new(),
            next: 0,
            steps: 0,
            digest: Digest::default(),
            paused: BTreeMap::new(),
        }
    }

    /// The clock.
    pub fn clock(&self) -> SimClock {
        self.clock.clone()
    }

    /// Adds a task.
    pub fn spawn(&mut self, name: &'static str, task: BoxFuture<'static, ()>) -> TaskId {
        self.next += 1;
        self.tasks.insert(self.next, (name, task));
        self.clock.lock().ready.insert(self.next);
        self.next
    }

    /// Drops a task wherever it waits. False when it was done already.
    pub fn kill(&mut self, id: TaskId) -> bool {
        self.clock.lock().ready.remove(&id);
        let killed = self.tasks.remove(&id).is_some();
        if killed {
            self.note(0xdead, id);
        }
        killed
    }

    /// Gives these tasks no turn until `until`, whatever wakes them.
    pub fn pause(&mut self, ids: &[TaskId], until: Timestamp) {
        for id in ids {
            self.paused.insert(*id, until.0);
            self.note(0x9a05, *id);
        }
    }

    /// Whether a task still runs.
    pub fn is_alive(&self, id: TaskId) -> bool {
        self.tasks.contains_key(&id)
    }

    /// Names of the tasks that are left.
    pub fn names(&self) -> Vec<&'static str> {
        self.tasks.values().map(|(name, _)| *name).collect()
    }

    /// Polls made so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Digest of everything that happened: which task was polled when, in which order.
    pub fn digest(&self) -> u64 {
        self.digest.0
    }

    fn note(&mut self, kind: u64, id: TaskId) {
        let now = self.clock.lock().now;
        for word in [kind, id, now.cast_unsigned()] {
            self.digest.word(word);
        }
    }

    /// Polls one ready task, or jumps to the next timer. `None`: go on.
    pub fn step(&mut self, until: Timestamp, steps_max: u64) -> Option<Stop> {
        if self.steps >= steps_max {
            return Some(Stop::Steps);
        }
        let Some(id) = self.choose() else { return self.jump(until) };
        let (_, task) = self.tasks.get_mut(&id)?;
        let waker = Waker::from(Arc::new(TaskWaker { id, clock: self.clock.clone() }));
        let done = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        self.steps += 1;
        self.note(u64::from(done), id);
        if done {
            self.tasks.remove(&id);
        }
        None
    }

    /// Takes one of the ready tasks; a single one needs no draw.
    fn choose(&mut self) -> Option<TaskId> {
        let mut shared = self.clock.lock();
        let now = shared.now;
        self.paused.retain(|_, until| *until > now);
        let id = if self.paused.is_empty() {
            let n = self.chance.below(shared.ready.len() as u64);
            shared.ready.iter().nth(usize::try_from(n).unwrap_or(0)).copied()
        } else {
            let awake = shared.ready.iter().filter(|id| !self.paused.contains_key(id));
            let awake: Vec<TaskId> = awake.copied().collect();
            if awake.is_empty() { None } else { Some(self.chance.pick(&awake)) }
        };
        if let Some(id) = id {
            shared.ready.remove(&id);
        }
        id
    }

    fn jump(&mut self, until: Timestamp) -> Option<Stop> {
        if self.tasks.is_empty() {
            return Some(Stop::Finished);
        }
        let mut shared = self.clock.lock();
        let timer = shared.timers.first_key_value().map(|(&(at, _), _)| at);
        let wakes = self.paused.iter().filter(|(id, _)| shared.ready.contains(id));
        let wakes = wakes.map(|(_, at)| *at).min();
        let Some(at) = timer.into_iter().chain(wakes).min() else {
            return Some(Stop::Stuck);
        };
        if at > until.0 {
            return Some(Stop::Time);
        }
        shared.now = shared.now.max(at);
        let later = shared.timers.split_off(&(at, u64::MAX));
        let due = std::mem::replace(&mut shared.timers, later);
        drop(shared);
        for (_, waker) in due {
            waker.wake();
        }
        None
    }
}

/// Gives other tasks a turn; a place where a crash may happen.
pub async fn turn() {
    let mut given = false;
    std::future::poll_fn(move |cx| {
        if given {
            return Poll::Ready(());
        }
        given = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(seed: u64) -> (Vec<(u8, i64)>, u64) {
        let mut executor = Executor::new(Timestamp(0), Chance::new(seed));
        let seen = Arc::new(Mutex::new(Vec::new()));
        for n in 0..5_u8 {
            let (clock, seen) = (executor.clock(), Arc::clone(&seen));
            let task = async move {
                for round in 1..4 {
                    clock.sleep_until(Timestamp(round * 10)).await;
                    turn().await;
                    seen.lock().unwrap().push((n, clock.now().0));
                }
            };
            executor.spawn("counter", Box::pin(task));
        }
        let stop = loop {
            if let Some(stop) = executor.step(Timestamp(1_000), 10_000) {
                break stop;
            }
        };
        assert_eq!(stop, Stop::Finished);
        (Arc::try_unwrap(seen).unwrap().into_inner().unwrap(), executor.digest())
    }

    #[test]
    fn a_seed_decides_the_order_and_time_only_jumps_to_timers() {
        let (order, digest) = trace(7);
        assert_eq!((order.clone(), digest), trace(7));
        assert!((0..20).any(|seed| trace(seed).0 != order), "another seed, another order");
        assert!(order.iter().all(|(_, at)| [10, 20, 30].contains(at)));
        assert_eq!(order.len(), 15);
    }

    #[test]
    fn a_paused_task_gets_no_turn_and_goes_on_afterwards() {
        let mut executor = Executor::new(Timestamp(0), Chance::new(1));
        let clock = executor.clock();
        let done = Arc::new(Mutex::new(None));
        let (slot, time) = (Arc::clone(&done), executor.clock());
        let sleeper = async move {
            clock.sleep_until(Timestamp(10)).await;
            *slot.lock().unwrap() = Some(clock.now().0);
        };
        let id = executor.spawn("sleeper", Box::pin(sleeper));
        executor.pause(&[id], Timestamp(70));
        while executor.step(Timestamp(100), 10).is_none() {}
        assert_eq!((*done.lock().unwrap(), time.now().0), (Some(70), 70));
    }

    #[test]
    fn a_killed_task_is_dropped_where_it_waits_and_a_stuck_one_is_seen() {
        let mut executor = Executor::new(Timestamp(0), Chance::new(1));
        let clock = executor.clock();
        let id = executor.spawn(
            "sleeper",
            Box::pin(async move {
                clock.sleep_until(Timestamp(50)).await;
                unreachable!("it is killed before");
            }),
        );
        assert_eq!(executor.step(Timestamp(100), 10), None);
        assert!(executor.kill(id));
        assert_eq!(executor.step(Timestamp(100), 10), Some(Stop::Finished));
        executor.spawn("stuck", Box::pin(std::future::pending()));
        assert_eq!(executor.step(Timestamp(100), 10), None);
        assert_eq!(executor.step(Timestamp(100), 10), Some(Stop::Stuck));
    }
}
