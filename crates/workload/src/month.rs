//! The deliveries of a month.

use crate::draw::{Draws, Salt};
use crate::event::What;
use crate::faults::{Arrivals, Attempt};
use crate::letter::Sending;
use crate::plan::World;
use crate::shape::{Connections, Shape, sources};
use crate::sign::Signer;
use crate::vendors::{OrderSystem, Processor};
use crate::{adyen, amazon, bigcommerce, own, paypal, shopify, square, stripe, woocommerce};
use kernel::Timestamp;
use ports::RawDelivery;
use std::sync::Arc;

/// One delivery with the name of the connection that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The connection, e.g. `shopify:demo`; shared by all its deliveries.
    pub source: Arc<str>,
    /// What arrives: headers, body and when.
    pub raw: RawDelivery,
}

/// The deliveries of a month, in order of arrival. Lazy: its memory depends on the number of days
/// and on how late deliveries may be, never on the number of orders.
pub struct Month {
    world: Arc<World>,
    arrivals: Arrivals,
    orders: Door,
    processor: Door,
    /// When the last delivery arrived, microseconds.
    clock: i64,
}

/// Where one vendor delivers.
struct Door {
    source: Arc<str>,
    signer: Signer,
}

/// The month of `shape`: equal shapes give equal bytes in the same order. What an order system tells by
/// files is not among it; see [`files`](crate::files).
///
/// # Panics
/// When the zone is unknown or the month is not 1 to 366 days long.
pub fn month(shape: &Shape) -> Month {
    let world = Arc::new(World::new(shape));
    let Connections { orders, processor, .. } = sources(shape);
    let door = |name: String, secret| Door { source: Arc::from(name), signer: Signer::new(secret) };
    Month {
        arrivals: Arrivals::new(&world),
        orders: door(orders, shape.order_secret),
        processor: door(processor, shape.processor_secret),
        world,
        clock: i64::MIN,
    }
}

impl Iterator for Month {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        let arrival = self.arrivals.next()?;
        let (happened, what) = (arrival.event.at, &arrival.event.what);
        let at = Timestamp::from_seconds(happened).0;
        self.clock = at.max(self.clock.saturating_add(1));
        let received_at = Timestamp(self.clock);
        let order = match what {
            What::Order { index, step } if !step.is_told_by_processor() => Some((*index, *step)),
            _ => None,
        };
        let door = if order.is_some() { &self.orders } else { &self.processor };
        let sending = Sending {
            happened,
            sent: received_at.seconds(),
            token: Draws::of(self.world.seed, what.identity()).number(Salt::Token),
            is_spoilt: arrival.attempt == Attempt::Spoilt,
            signer: &door.signer,
        };
        let shape = &self.world.shape;
        let letter = match (order, shape.order_system, shape.processor) {
            (Some((index, step)), OrderSystem::Shopify, _) => {
                shopify::letter(&self.world, index, step, &sending)
            }
            (Some((index, step)), OrderSystem::WooCommerce, _) => {
                woocommerce::letter(&self.world, index, step, &sending)
            }
            (Some((index, step)), OrderSystem::BigCommerce, _) => {
                bigcommerce::letter(&self.world, index, step, &sending)
            }
            (Some((index, step)), OrderSystem::CloudEvents, _) => {
                own::letter(&self.world, index, step, &sending)
            }
            (Some((index, step)), OrderSystem::Square, _) => {
                square::letter(&self.world, index, step, &sending)
            }
            (Some((index, _)), OrderSystem::Amazon, _) => {
                amazon::unknown(&self.world, index, &sending)
            }
            (Some(_), OrderSystem::Csv | OrderSystem::Ndjson, _) => {
                unreachable!("what files tell is delivered by nobody")
            }
            (None, _, Processor::Stripe) => stripe::letter(&self.world, what, &sending),
            (None, _, Processor::PayPal) => paypal::letter(&self.world, what, &sending),
            (None, _, Processor::Adyen) => adyen::letter(&self.world, what, &sending),
            (None, _, Processor::Amazon) => amazon::letter(&self.world, what, &sending),
            (None, _, Processor::Square) => square::told(&self.world, what, &sending),
        };
        let raw = RawDelivery { headers: letter.headers, body: letter.body, received_at };
        Some(Delivery { source: Arc::clone(&door.source), raw })
    }
}
