//! The vendors: every delivery is sent until it is answered.

use crate::chance::Chance;
use crate::executor::{SimClock, TaskId};
use crate::trace::Trace;
use crate::world::World;
use engine::{Intake, Receipt};
use kernel::{Fact, Id, Timestamp};
use ports::{Clock, EventSource};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use workload::Delivery;

/// Connections of each vendor at once.
const CONNECTIONS: usize = 2;

/// What the vendors have still to deliver, and what was answered.
#[derive(Clone, Default)]
pub struct Mailbag(Arc<Mutex<Bag>>);

#[derive(Default)]
struct Bag {
    letters: Vec<Letter>,
    answered: Vec<Id>,
}

struct Letter {
    due: Timestamp,
    delivery: Delivery,
    state: State,
    /// How often it was answered with an error.
    failures: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    UnderWay,
    Answered,
}

impl Mailbag {
    fn lock(&self) -> MutexGuard<'_, Bag> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The door is gone: whatever was under way has to be sent again.
    pub fn cut_off(&self) {
        for letter in &mut self.lock().letters {
            if letter.state == State::UnderWay {
                letter.state = State::Waiting;
            }
        }
    }

    /// Whether every delivery was answered, be it with an error.
    pub fn is_empty(&self) -> bool {
        self.lock().letters.iter().all(|l| l.state == State::Answered || l.failures > 0)
    }

    /// Whether nothing will be sent any more.
    pub(crate) fn is_done(&self) -> bool {
        self.lock().letters.iter().all(|l| l.state == State::Answered)
    }

    /// All deliveries, whatever became of them.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.lock().letters.iter().map(|l| l.delivery.clone()).collect()
    }

    /// Ids of the deliveries that the product said it keeps.
    pub fn answered(&self) -> Vec<Id> {
        self.lock().answered.clone()
    }

    /// The next letter of a vendor: its number, when it is due, and what it is.
    pub(crate) fn next(&self, source: &str) -> Option<(usize, Timestamp, Delivery)> {
        let mut bag = self.lock();
        let waits = |l: &Letter| l.state == State::Waiting && &*l.delivery.source == source;
        let waiting = bag.letters.iter_mut().enumerate().filter(|(_, l)| waits(l));
        let (n, letter) = waiting.min_by_key(|(_, l)| l.due)?;
        letter.state = State::UnderWay;
        Some((n, letter.due, letter.delivery.clone()))
    }

    pub(crate) fn answer(&self, n: usize) {
        self.lock().letters[n].state = State::Answered;
    }

    /// Letter `n` comes again at `due`.
    pub(crate) fn again(&self, n: usize, due: Timestamp) {
        let letter = &mut self.lock().letters[n];
        (letter.state, letter.due) = (State::Waiting, due);
    }

    /// Letter `n` was answered with an error. How often that happened to it before.
    pub(crate) fn failed(&self, n: usize) -> u32 {
        let failures = &mut self.lock().letters[n].failures;
        *failures += 1;
        *failures - 1
    }

    fn kept(&self, id: Id) {
        self.lock().answered.push(id);
    }
}

impl World {
    /// Gives the vendors the deliveries of the month, spread over time; some come long after.
    pub fn fill_mailbag(&mut self) {
        let month: Vec<Delivery> = workload::month(&self.shape).collect();
        let pause = u64::from(self.profile.spread_s) * 2_000_000 / (month.len() as u64).max(1);
        let mut due = self.now();
        let mut letters = Vec::with_capacity(month.len());
        let mut listing = self.listing();
        for (n, delivery) in month.into_iter().enumerate() {
            due = due.plus_micros(self.chance.below(pause + 1).cast_signed());
            let late = if self.chance.happens(self.profile.delayed) {
                i64::from(self.chance.within([1, self.profile.delay_s.max(1)]))
            } else {
                0
            };
            let due = due.plus_seconds(late);
            if listing.as_mut().is_some_and(|listing| listing.loses(n, &delivery, due)) {
                self.trace.note(due, &delivery.source, || {
                    format!("a delivery of {} bytes never comes", delivery.raw.body.len())
                });
                continue;
            }
            letters.push(Letter { due, delivery, state: State::Waiting, failures: 0 });
        }
        letters.sort_by_key(|l| l.due);
        *self.mailbag.lock() = Bag { letters, answered: Vec::new() };
        self.lists = listing.map(|listing| Arc::new(listing.lists));
    }

    /// What the vendors have still to deliver, and what was answered.
    pub fn mailbag(&self) -> &Mailbag {
        &self.mailbag
    }

    /// What each delivery and each group of a file says whose signature fits, whatever became of it.
    pub(crate) fn told(&self) -> Vec<Vec<Fact>> {
        let sources = &self.maker.sources;
        let told = self.mailbag.deliveries().into_iter().filter_map(|d| {
            let source = sources.get(&*d.source)?;
            source.accept(&d.raw).ok()?;
            Some(source.normalise(&d.raw).facts)
        });
        told.chain(self.told_by_files()).collect()
    }

    /// Every vendor delivers to this door over its connections.
    pub(crate) fn open_door(&mut self, intake: &Arc<Intake>, delay_s: u32) -> Vec<TaskId> {
        let opens = self.now().plus_seconds(i64::from(delay_s));
        let sources: Vec<String> = self.maker.sources.keys().cloned().collect();
        let mut tasks = Vec::new();
        for source in sources {
            for _ in 0..CONNECTIONS {
                let (door, source) = (self.door(intake), source.clone());
                let bag = self.mailbag.clone();
                let task = async move {
                    door.clock.sleep_until(opens).await;
                    while let Some((n, due, delivery)) = bag.next(&source) {
                        door.clock.sleep_until(due).await;
                        door.deliver(&delivery, Some(&bag)).await;
                        bag.answer(n);
                    }
                };
                tasks.push(self.executor.spawn("vendor", Box::pin(task)));
            }
        }
        tasks
    }

    fn door(&self, intake: &Arc<Intake>) -> Door {
        Door {
            intake: Arc::clone(intake),
            clock: self.executor.clock(),
            trace: self.trace.clone(),
            chance: self.chance.clone(),
            cut: self.profile.processes.cut,
            sources: Arc::clone(&self.maker.sources),
        }
    }

    /// One connection delivers the whole month, one by one.
    pub fn start_vendors(&mut self) -> TaskId {
        self.start_vendors_with(workload::month(&self.shape).collect())
    }

    /// The same with other deliveries than those of the month.
    pub fn start_vendors_with(&mut self, deliveries: Vec<Delivery>) -> TaskId {
        let door = self.door(&Arc::new(Intake::new(self.engine.clone())));
        let task = async move {
            for delivery in deliveries {
                let pause = door.chance.below(3_000_000).cast_signed();
                door.clock.sleep_until(door.clock.now().plus_micros(pause)).await;
                door.deliver(&delivery, None).await;
            }
        };
        self.executor.spawn("vendors", Box::pin(task))
    }
}

/// The door of one process, seen from outside.
struct Door {
    intake: Arc<Intake>,
    clock: SimClock,
    trace: Trace,
    chance: Chance,
    /// Connections that end while the delivery is stored or its answer travels, per mille.
    cut: u32,
    sources: Arc<BTreeMap<String, Arc<dyn EventSource>>>,
}

impl Door {
    /// Sends one delivery until it is answered. Where the connection is cut the vendor knows nothing
    /// and sends it again.
    async fn deliver(&self, d: &Delivery, bag: Option<&Mailbag>) {
        loop {
            let polls =
                if self.chance.happens(self.cut) { Some(self.chance.below(12)) } else { None };
            let receiving = pin!(self.intake.receive(&d.source, d.raw.clone()));
            let receipt = CutOff { inner: receiving, polls }.await;
            self.trace.note(self.clock.now(), &d.source, || {
                let source = self.sources.get(&*d.source);
                let topic = source.map_or_else(String::new, |source| source.topic(&d.raw));
                let became = match &receipt {
                    None => "is cut off: it comes again",
                    Some(Ok(Receipt::Kept(_))) => "is kept",
                    Some(Ok(Receipt::Duplicate)) => "was kept before",
                    Some(Ok(Receipt::Refused { .. })) => "is refused",
                    Some(Err(_)) => "is not stored: it comes again",
                };
                format!("{topic}, {} bytes: {became}", d.raw.body.len())
            });
            if let Some(Ok(receipt)) = receipt {
                if let (Receipt::Kept(id), Some(bag)) = (receipt, bag) {
                    bag.kept(id);
                }
                return;
            }
            self.clock.sleep_until(self.clock.now().plus_seconds(1)).await;
        }
    }
}

/// Drops a future after some polls.
pub(crate) struct CutOff<'a, F> {
    pub(crate) inner: Pin<&'a mut F>,
    pub(crate) polls: Option<u64>,
}

impl<F: Future> Future for CutOff<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.polls {
            Some(0) => return Poll::Ready(None),
            Some(n) => *n -= 1,
            None => {}
        }
        self.inner.as_mut().poll(cx).map(Some)
    }
}
