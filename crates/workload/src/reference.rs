//! What processors call payments and refunds: order systems tell it, and the processor does.

use crate::json::Json;
use crate::plan::{Gateway, Plan, World};

/// What is called something.
#[derive(Clone, Copy)]
pub enum Of {
    /// The payment by tender `n`.
    Payment(usize),
    /// What goes back.
    Refund,
}

/// The processor's id, which no other shop, seed or order has; `None` where nobody gives one.
pub fn reference(world: &World, plan: &Plan, gateway: Gateway, of: Of) -> Option<String> {
    let mut json = Json::new(world, 32);
    match (gateway, world.processor(gateway)) {
        (Gateway::Manual | Gateway::GiftCard, _) => return None,
        (Gateway::Bogus, _) => {
            json.put("53433");
        }
        (_, "paypal") => {
            let n = match of {
                Of::Payment(n) => n,
                Of::Refund => 3,
            };
            json.put("PP").put(&world.tag).padded(plan.transaction_id(n), 16);
        }
        // Stripe, and those that stand on it.
        _ => match of {
            Of::Payment(n) => stripe(&mut json, "ch_3", plan.index, n),
            Of::Refund => stripe(&mut json, "re_3", plan.index, 0),
        },
    }
    Some(json.text)
}

/// An id of Stripe's.
pub fn stripe(json: &mut Json<'_>, prefix: &str, index: u32, n: usize) {
    let tag = &json.world.tag;
    json.put(prefix).put(tag).padded(u64::from(index), 10).int(n as u64);
}
