//! The vendors: many senders at once, through the same door as the webhooks.

use crate::command::demo::stage::Stage;
use crate::exit::Stop;
use engine::{Engine, Intake, Receipt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use workload::{Delivery, Shape};

/// Deliveries under way at once: as many share a commit.
const SENDERS: usize = 512;

/// What came of the deliveries at the door.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kept.
    pub kept: u64,
    /// Known already.
    pub duplicates: u64,
    /// Refused for their signature.
    pub refused: u64,
}

/// The stream of deliveries.
pub struct Feed {
    shape: Shape,
    kept: AtomicU64,
    duplicates: AtomicU64,
    refused: AtomicU64,
    /// Everything was delivered.
    pub done: AtomicBool,
    /// Deliver no more.
    pub cancelled: AtomicBool,
}

impl Feed {
    /// The deliveries of the stage's month.
    pub fn new(stage: &Stage) -> Self {
        Self {
            shape: stage.shape,
            kept: AtomicU64::default(),
            duplicates: AtomicU64::default(),
            refused: AtomicU64::default(),
            done: AtomicBool::default(),
            cancelled: AtomicBool::default(),
        }
    }

    /// What came of them so far.
    pub fn counts(&self) -> Counts {
        let get = |n: &AtomicU64| n.load(Ordering::SeqCst);
        Counts {
            kept: get(&self.kept),
            duplicates: get(&self.duplicates),
            refused: get(&self.refused),
        }
    }

    /// Delivers the whole month.
    pub async fn run(&self, engine: Engine) -> Result<(), Stop> {
        let intake = Intake::new(engine);
        let mut month = workload::month(&self.shape);
        let mut sending = FuturesUnordered::new();
        loop {
            while sending.len() < SENDERS {
                let Some(delivery) = month.next() else { break };
                sending.push(send(&intake, delivery));
            }
            let Some(receipt) = sending.next().await else { break };
            let counter = match receipt? {
                Receipt::Kept(_) => &self.kept,
                Receipt::Duplicate => &self.duplicates,
                Receipt::Refused { .. } => &self.refused,
            };
            counter.fetch_add(1, Ordering::SeqCst);
            if self.cancelled.load(Ordering::SeqCst) {
                break;
            }
        }
        self.done.store(true, Ordering::SeqCst);
        Ok(())
    }
}

async fn send(intake: &Intake, delivery: Delivery) -> engine::Result<Receipt> {
    intake.receive(&delivery.source, delivery.raw).await
}
