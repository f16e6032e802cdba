//! What processors call payments and refunds: order systems tell it, and the processor does.

use crate::json::Json;
use crate::plan::{Gateway, Plan, World};

/// What is called something.
#[derive(Clone, Copy)]
pub enum Of {
    /// The payment by tender `n`.
    Payment(usize),
    /// The capture of that payment, where it has an id of its own.
    Capture(usize),
    /// What goes back.
    Refund,
    /// The dispute about it.
    Dispute,
}

impl Of {
    /// Its number among those of an order.
    const fn number(self) -> usize {
        match self {
            Self::Payment(n) => n,
            Self::Refund => 3,
            Self::Dispute => 4,
            Self::Capture(n) => 6 + n,
        }
    }
}

/// The processor's id, which no other shop, seed or order has; `None` where nobody gives one.
pub fn reference(world: &World, plan: &Plan, gateway: Gateway, of: Of) -> Option<String> {
    let mut json = Json::new(world, 32);
    match (gateway, world.processor(gateway)) {
        (Gateway::Manual | Gateway::GiftCard, _) => return None,
        (Gateway::Bogus, _) => {
            json.put("53433");
        }
        (Gateway::Processor, "paypal") => json.capitals(number(plan.index, of), 9),
        (Gateway::Processor, "adyen") => json.capitals(number(plan.index, of), 8),
        (Gateway::Processor, "square") => match of {
            Of::Payment(n) | Of::Capture(n) => numbered(&mut json, "SQP", plan.index, n),
            Of::Refund => numbered(&mut json, "SQR", plan.index, 0),
            Of::Dispute => numbered(&mut json, "SQD", plan.index, 0),
        },
        (_, "paypal") => {
            json.put("PP").put(&world.tag).padded(plan.transaction_id(of.number()), 16);
        }
        // Stripe, and those that stand on it.
        _ => match of {
            Of::Payment(n) | Of::Capture(n) => numbered(&mut json, "ch_3", plan.index, n),
            Of::Refund => numbered(&mut json, "re_3", plan.index, 0),
            Of::Dispute => numbered(&mut json, "du_3", plan.index, 0),
        },
    }
    Some(json.text)
}

const fn number(index: u32, of: Of) -> u64 {
    index as u64 * 8 + of.number() as u64
}

/// PayPal's id of payout `number`.
pub fn transfer(world: &World, number: u64) -> String {
    let mut json = Json::new(world, 17);
    // Beyond the numbers of all orders.
    json.capitals((1 << 40) + number, 9);
    json.text
}

impl Json<'_> {
    /// The shop's tag and a number in capitals and digits, of which the number has `width`.
    fn capitals(&mut self, number: u64, width: u32) {
        let world = self.world;
        for letter in world.tag.chars() {
            self.text.push(letter.to_ascii_uppercase());
        }
        for place in (0..width).rev() {
            let digit = u32::try_from(number / 36_u64.pow(place) % 36).unwrap_or(0);
            let digit = char::from_digit(digit, 36).unwrap_or('0');
            self.text.push(digit.to_ascii_uppercase());
        }
    }
}

/// An id made of a prefix, the shop's tag and numbers.
pub fn numbered(json: &mut Json<'_>, prefix: &str, index: u32, n: usize) {
    let tag = &json.world.tag;
    json.put(prefix).put(tag).padded(u64::from(index), 10).int(n as u64);
}
