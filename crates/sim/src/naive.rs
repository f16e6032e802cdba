//! The baseline: the integration that a team would write first, in the same world.
//!
//! Each webhook is dealt with when it comes, from signature to ledger: the documents that this event
//! asks for are created, one call each; what fails is tried again, in place first, then by the vendor
//! who sends the webhook again. There is no key that would let the ledger know a repeated request,
//! no look at what it did after a lost answer, no memory of deliveries, no correction of what was
//! posted before the order was told in full, and no look back at the ledger.
//!
//! Everything else it is given: the rules, the sources and the connector of the product, with its one
//! refresher of tokens; a database that never fails and outlives every crash; versions of an order in
//! their order, whatever the order of deliveries; one delivery at a time in the order in which they
//! come, so that it has no races of its own; vendors who wait for an answer as long as it takes and try for four hours. So what it
//! does worse than the product comes from the way it posts alone, and when nothing goes wrong on the
//! way and nothing comes twice or out of order, its books are right (`tests/it/accuracy.rs`).

mod desk;
mod memory;

pub use memory::Memory;

use crate::accuracy::Accuracy;
use crate::bounds::Bounds;
use crate::executor::{SimClock, TaskId};
use crate::profile::Profile;
use crate::run::{self, Troubles};
use crate::tape::Tape;
use crate::trace::Trace;
use crate::world::vendors::{CutOff, Mailbag};
use crate::world::{Role, World};
use anyhow::Result;
use desk::Desk;
use engine::Engine;
use kernel::Timestamp;
use ports::Clock;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

/// How often a vendor sends a webhook again that was answered with an error: Shopify 8 times within
/// four hours (sources-and-cases.md).
const REDELIVERIES: u32 = 8;
/// Seconds until the first of them; each later one waits twice as long.
const REDELIVERY_SECONDS: i64 = 60;
/// More than all of them take, virtual seconds.
const QUIET_SECONDS: i64 = 12 * 3_600;

/// What became of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The books.
    pub accuracy: Accuracy,
    /// Requests the company saw.
    pub requests: u64,
    /// Webhooks that the vendor gave up.
    pub given_up: u64,
    /// What the rules hold or a source cannot read: a person has to see to it as in the product.
    pub holds: u64,
    /// Virtual seconds from the begin until the last document was made.
    pub posted_seconds: i64,
    /// Virtual seconds from the end of all faults until nothing more was sent.
    pub drain_seconds: i64,
    /// Everything that went wrong on purpose, by kind.
    pub troubles: BTreeMap<String, u64>,
}

/// The month of a tape within `bounds` through the baseline: the same deliveries at the same moments,
/// faults at the same rates, the same people.
///
/// # Errors
/// When the world could not be built, or does not come to an end.
pub fn run_in(bounds: &Bounds, tape: Tape) -> Result<Outcome> {
    let mut world = World::on(tape, |chance| Profile::within(bounds, chance), Trace::new(false))?;
    let memory = Memory::default();
    world.naive = Some(memory.clone());
    let logs = world.logs.clone();
    tracing::subscriber::with_default(logs, || live(&mut world, &memory))
}

fn live(world: &mut World, memory: &Memory) -> Result<Outcome> {
    let start = world.now();
    let operator = world.start_operator();
    let mut troubles = Troubles::new(world);
    run::chaos(world, start, &mut troubles, &mut Vec::new())?;
    let ended = world.now();
    quiet(world)?;
    world.executor.kill(operator);
    let names = memory.names();
    let office = Desk::new(world.engine.clone(), memory.clone());
    let requests = world.company().meter().requests;
    Ok(Outcome {
        accuracy: Accuracy::of(world, &names, |_| false),
        requests,
        given_up: memory.given_up(),
        holds: office.holds(),
        posted_seconds: memory.last_made().map_or(0, |at| (at.0 - start.0) / Timestamp::SECOND),
        drain_seconds: (world.now().0 - ended.0) / Timestamp::SECOND,
        troubles: troubles.all(world),
    })
}

/// Faults end and books are opened; what was answered with an error comes again until it is accepted
/// or given up.
fn quiet(world: &mut World) -> Result<()> {
    world.faults(world.profile.relentless);
    let people = world.profile.people;
    if people.ledger_closings > 0 || people.closings > 0 {
        world.open_books()?;
    }
    world.start_process(Role::INTAKE, 0);
    let until = world.now().plus_seconds(QUIET_SECONDS);
    while !world.mailbag().is_done() {
        if let Some(stop) = world.executor.step(until, run::STEPS_MAX) {
            anyhow::bail!("the baseline does not come to its end: {stop:?}");
        }
    }
    world.end_processes();
    world.faults(false);
    Ok(())
}

impl World {
    /// Every vendor delivers to this desk over one connection, so that nothing is overtaken there.
    pub(crate) fn open_desk(
        &mut self,
        engine: Engine,
        memory: &Memory,
        delay_s: u32,
    ) -> Vec<TaskId> {
        let opens = self.now().plus_seconds(i64::from(delay_s));
        let sources: Vec<String> = engine.sources.keys().cloned().collect();
        let desk = Arc::new(Desk::new(engine, memory.clone()));
        let mut tasks = Vec::new();
        for source in sources {
            let vendor = Vendor {
                source,
                desk: Arc::clone(&desk),
                bag: self.mailbag().clone(),
                clock: self.executor.clock(),
                chance: self.chance.clone(),
                cut: self.profile.processes.cut,
            };
            let task = async move {
                vendor.clock.sleep_until(opens).await;
                vendor.deliver().await;
            };
            tasks.push(self.executor.spawn("vendor", Box::pin(task)));
        }
        tasks
    }
}

/// One connection of a vendor.
struct Vendor {
    source: String,
    desk: Arc<Desk>,
    bag: Mailbag,
    clock: SimClock,
    chance: crate::chance::Chance,
    /// Connections that end while the delivery is dealt with, per mille.
    cut: u32,
}

impl Vendor {
    async fn deliver(&self) {
        while let Some((n, due, delivery)) = self.bag.next(&self.source) {
            self.clock.sleep_until(due).await;
            let polls =
                if self.chance.happens(self.cut) { Some(self.chance.below(12)) } else { None };
            let receiving = pin!(self.desk.receive(&delivery.source, &delivery.raw));
            let answer = CutOff { inner: receiving, polls }.await;
            let now = self.clock.now();
            match answer {
                Some(Ok(())) => self.bag.answer(n),
                None => self.bag.again(n, now.plus_seconds(1)),
                Some(Err(_)) => match self.bag.failed(n) {
                    before if before < REDELIVERIES => {
                        self.bag.again(n, now.plus_seconds(REDELIVERY_SECONDS << before));
                    }
                    _ => {
                        self.desk.memory.give_up();
                        self.bag.answer(n);
                    }
                },
            }
        }
    }
}
