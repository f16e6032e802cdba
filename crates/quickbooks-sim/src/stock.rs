//! Quantity and cost of inventory items: first in, first out, by date and then by transaction.
//!
//! Quantities are whole hundred-thousandths, the five decimals that the company stores. A movement
//! that comes late by its date changes the cost of every later one, as in QuickBooks Online.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};

use crate::clock::Date;

/// Five decimals.
const SCALE: u32 = 5;

/// Where a movement stands: day, transaction, position among the movements of the transaction.
pub(crate) type At = (Date, u32, u32);

/// One movement of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    /// Into stock positive, in hundred-thousandths.
    pub quantity: i64,
    /// Cents that came in with the goods; none when the company finds the cost itself.
    pub value: Option<i64>,
    /// Unit cost to assume while nothing better is known, in hundred-thousandths of the currency.
    pub assumed: i64,
}

/// A quantity as stored.
pub(crate) fn scaled(quantity: Decimal) -> i64 {
    let mut quantity = quantity;
    quantity.rescale(SCALE);
    quantity.mantissa().to_i64().unwrap_or(i64::MAX)
}

/// A stored quantity as a number.
pub(crate) fn unscaled(quantity: i64) -> Decimal {
    Decimal::new(quantity, SCALE).normalize()
}

/// Rounds half away from zero; `by` is positive.
fn divide(amount: i128, by: i128) -> i64 {
    let half = if amount < 0 { -by / 2 } else { by / 2 };
    i64::try_from((amount + half) / by).unwrap_or(i64::MAX)
}

/// The share of `part` in the cost of `whole`.
fn prorate(cost: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { divide(i128::from(cost) * i128::from(part), i128::from(whole)) }
}

/// Cents of a quantity at a unit cost, both in hundred-thousandths.
fn at_unit_cost(quantity: i64, unit: i64) -> i64 {
    divide(i128::from(quantity) * i128::from(unit), 100_000_000)
}

/// What lies on the shelf after some movements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Shelf {
    /// (quantity, cents), oldest first.
    layers: VecDeque<(i64, i64)>,
    /// Sold before it was there: (quantity, cents assumed).
    short: (i64, i64),
    /// The latest goods that came in: (quantity, cents).
    last_in: Option<(i64, i64)>,
    /// The latest goods that went out: (quantity, cents).
    last_out: Option<(i64, i64)>,
}

impl Shelf {
    /// Cents of a quantity at the unit cost of a layer, if there is one.
    fn like(layer: Option<(i64, i64)>, quantity: i64) -> Option<i64> {
        layer.map(|(whole, cost)| prorate(cost, quantity, whole))
    }

    /// Applies a movement and gives the cents by which the value of the stock changes.
    fn apply(&mut self, change: &Move) -> i64 {
        if change.quantity < 0 { -self.take(-change.quantity, change) } else { self.put(change) }
    }

    /// Goods out, the oldest first. What is not there is assumed to cost what the latest goods did.
    fn take(&mut self, quantity: i64, change: &Move) -> i64 {
        let (mut left, mut cost) = (quantity, 0);
        while left > 0 {
            let Some((held, value)) = self.layers.pop_front() else { break };
            if held <= left {
                left -= held;
                cost += value;
            } else {
                let part = prorate(value, left, held);
                self.layers.push_front((held - left, value - part));
                cost += part;
                left = 0;
            }
        }
        if left > 0 {
            let assumed = Self::like(self.last_in, left)
                .unwrap_or_else(|| at_unit_cost(left, change.assumed));
            self.short.0 += left;
            self.short.1 += assumed;
            cost += assumed;
        }
        if quantity > 0 {
            self.last_out = Some((quantity, cost));
        }
        cost
    }

    /// Goods in. What was sold too early is made good first: its true cost replaces the assumed one.
    fn put(&mut self, change: &Move) -> i64 {
        let quantity = change.quantity;
        // Goods that come back cost what they left at.
        let value = change.value.unwrap_or_else(|| {
            Self::like(self.last_out, quantity)
                .or_else(|| Self::like(self.last_in, quantity))
                .unwrap_or_else(|| at_unit_cost(quantity, change.assumed))
        });
        if quantity == 0 {
            return 0;
        }
        let filled = quantity.min(self.short.0);
        let (true_cost, assumed) =
            (prorate(value, filled, quantity), prorate(self.short.1, filled, self.short.0));
        self.short.0 -= filled;
        self.short.1 -= assumed;
        if quantity > filled {
            self.layers.push_back((quantity - filled, value - true_cost));
        }
        self.last_in = Some((quantity, value));
        value - true_cost + assumed
    }

    fn quantity(&self) -> i64 {
        self.layers.iter().map(|(held, _)| held).sum::<i64>() - self.short.0
    }
}

/// One item: its movements and what they leave.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Item {
    /// Movement, and the cents by which it changed the value of the stock.
    moves: BTreeMap<At, (Move, i64)>,
    shelf: Shelf,
}

impl Item {
    /// Computes every cost anew; gives the transactions whose cost changed.
    fn replay(&mut self) -> BTreeSet<u32> {
        let mut changed = BTreeSet::new();
        let mut shelf = Shelf::default();
        for (at, (change, value)) in &mut self.moves {
            let now = shelf.apply(change);
            if now != *value {
                *value = now;
                changed.insert(at.1);
            }
        }
        self.shelf = shelf;
        changed
    }
}

/// All inventory items.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stock {
    items: BTreeMap<u32, Item>,
}

impl Stock {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Tracks an item from now on.
    pub(crate) fn track(&mut self, item: u32) {
        self.items.entry(item).or_default();
    }

    /// Quantity on hand, in hundred-thousandths; negative when more was sold than there was.
    pub(crate) fn on_hand(&self, item: u32) -> i64 {
        self.items.get(&item).map_or(0, |i| i.shelf.quantity())
    }

    /// Quantity at the end of a day.
    pub(crate) fn on_hand_at(&self, item: u32, day: Date) -> i64 {
        let upto = ..=(day, u32::MAX, u32::MAX);
        self.items.get(&item).map_or(0, |i| i.moves.range(upto).map(|(_, m)| m.0.quantity).sum())
    }

    /// Cents by which a movement changed the value of the stock.
    pub(crate) fn value(&self, item: u32, at: At) -> i64 {
        self.items.get(&item).and_then(|i| i.moves.get(&at)).map_or(0, |(_, value)| *value)
    }

    /// Replaces the movements of one transaction and gives the transactions whose cost changed.
    pub(crate) fn replace(&mut self, old: &[(u32, At)], new: &[(u32, At, Move)]) -> BTreeSet<u32> {
        let mut changed = BTreeSet::new();
        let mut replay = BTreeSet::new();
        for (item, at) in old {
            if let Some(item_moves) = self.items.get_mut(item)
                && item_moves.moves.remove(at).is_some()
            {
                replay.insert(*item);
            }
        }
        for (id, at, change) in new {
            let item = self.items.entry(*id).or_default();
            let last = item.moves.last_key_value().is_none_or(|(last, _)| last < at);
            if last && !replay.contains(id) {
                // The usual case: after everything else, so nothing else changes.
                let value = item.shelf.apply(change);
                item.moves.insert(*at, (*change, value));
            } else {
                item.moves.insert(*at, (*change, 0));
                replay.insert(*id);
            }
        }
        for id in replay {
            if let Some(item) = self.items.get_mut(&id) {
                changed.append(&mut item.replay());
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(quantity: i64, value: Option<i64>) -> Move {
        Move { quantity: quantity * 100_000, value, assumed: 700_000 }
    }

    fn values(moves: &[Move]) -> Vec<i64> {
        let mut shelf = Shelf::default();
        moves.iter().map(|m| shelf.apply(m)).collect()
    }

    #[test]
    fn the_oldest_goods_leave_first() {
        let bought = [unit(10, Some(1_000)), unit(5, Some(750))];
        for (sold, cost) in [(4, 400), (10, 1_000), (12, 1_300), (15, 1_750)] {
            let all = [bought[0], bought[1], unit(-sold, None)];
            assert_eq!(values(&all)[2], -cost, "{sold} sold");
        }
    }

    #[test]
    fn cents_are_shared_without_loss() {
        let thirds = [unit(3, Some(100)), unit(-1, None), unit(-1, None), unit(-1, None)];
        assert_eq!(values(&thirds), [100, -33, -34, -33]);
    }

    #[test]
    fn goods_sold_too_early_get_their_true_cost_when_they_come() {
        // assumed: the unit cost of the item, then of the latest goods
        let early = [unit(-2, None), unit(5, Some(5_000)), unit(-4, None), unit(2, Some(3_000))];
        // 2 at 7.00 assumed; 5 at 10.00 of which 2 make good: 50.00 - 20.00 + 14.00;
        // 3 at 10.00 and 1 assumed at 10.00; 2 at 15.00 of which 1 makes good: 30.00 - 15.00 + 10.00
        assert_eq!(values(&early), [-1_400, 4_400, -4_000, 2_500]);
        assert_eq!(values(&early).iter().sum::<i64>(), 1_500, "one is left at 15.00");
    }

    #[test]
    fn goods_come_back_at_what_they_left_at() {
        let back = [unit(2, Some(1_000)), unit(2, Some(3_000)), unit(-1, None), unit(1, None)];
        assert_eq!(values(&back), [1_000, 3_000, -500, 500]);
    }

    #[test]
    fn a_movement_in_the_past_changes_what_came_after() {
        let mut stock = Stock::default();
        let at = |day, txn| (Date(day), txn, 0);
        stock.replace(&[], &[(1, at(1, 1), unit(1, Some(100)))]);
        stock.replace(&[], &[(1, at(3, 2), unit(1, Some(300)))]);
        stock.replace(&[], &[(1, at(5, 3), unit(-1, None))]);
        assert_eq!(stock.value(1, at(5, 3)), -100);
        let changed = stock.replace(&[], &[(1, at(0, 4), unit(1, Some(50)))]);
        assert_eq!(changed, BTreeSet::from([3, 4]));
        assert_eq!((stock.value(1, at(5, 3)), stock.on_hand(1)), (-50, 200_000));
        assert_eq!(stock.on_hand_at(1, Date(4)), 300_000);
        let changed = stock.replace(&[(1, at(0, 4)), (1, at(1, 1))], &[]);
        assert_eq!(changed, BTreeSet::from([3]));
        assert_eq!(stock.value(1, at(5, 3)), -300);
    }
}
