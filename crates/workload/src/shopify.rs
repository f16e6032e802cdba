//! Shopify's webhooks.

mod order;
mod parts;
mod refund;
mod transaction;

use crate::content::Content;
use crate::draw::Salt;
use crate::json::Json;
use crate::plan::{Plan, Step, World};
use crate::refund::Refund;

/// The body and topic of the webhook for `step`; `None` for steps of which Stripe tells.
pub fn webhook(world: &World, index: u32, step: Step) -> Option<(&'static str, String)> {
    let plan = Plan::of(world, index);
    let at = plan.placed + step.lag();
    Some(match step {
        Step::Created => ("orders/create", order::body(world, &plan, order::State::created(&plan))),
        Step::Edited | Step::Updated => {
            ("orders/updated", order::body(world, &plan, order::State::later(step, at)))
        }
        Step::Stale => ("orders/updated", order::body(world, &plan, order::State::created(&plan))),
        Step::Cancelled => {
            ("orders/cancelled", order::body(world, &plan, order::State::later(step, at)))
        }
        Step::Paid | Step::PaidEdited | Step::PaidSecond | Step::PaidSecondEdited => {
            let n = usize::from(matches!(step, Step::PaidSecond | Step::PaidSecondEdited));
            let tender = Content::of(world, &plan).tenders(world, &plan)[n];
            let mut json = Json::new(world, 1_600);
            transaction::payment(&mut json, &plan, (n, tender), at);
            ("order_transactions/create", json.text)
        }
        Step::Voided => {
            let tender = Content::of(world, &plan).tenders(world, &plan)[0];
            let mut json = Json::new(world, 1_600);
            transaction::void(&mut json, &plan, tender, at);
            ("order_transactions/create", json.text)
        }
        Step::RefundEarly | Step::RefundMiddle | Step::RefundLate => {
            let content = Content::of(world, &plan);
            let refund = Refund::of(world, &plan, &content)?;
            ("refunds/create", refund::body(world, &plan, &content, &refund, at))
        }
        Step::Unknown => (UNKNOWN_TOPIC, unknown(world, &plan, at)),
        Step::DisputeOpened | Step::DisputeClosed => return None,
    })
}

/// A topic with money in it that no rule knows.
const UNKNOWN_TOPIC: &str = "store_credit_account_transactions/create";

fn unknown(world: &World, plan: &Plan, at: i64) -> String {
    let mut json = Json::new(world, 300);
    json.put("{\"id\":").int(77_000_000_000 + u64::from(plan.index));
    json.put(",\"kind\":\"credit\",\"amount\":").money(unknown_amount(world, plan));
    json.put(",\"currency\":\"").put(world.shape.currency.code());
    json.put("\",\"created_at\":").time(at).put("}");
    json.text
}

/// What the webhook of an unknown topic is worth, minor units.
pub fn unknown_amount(world: &World, plan: &Plan) -> i64 {
    let units = plan.draws.below(Salt::UnknownAmount, 40);
    i64::try_from(units + 1).unwrap_or(1) * 250 * world.hundredth
}
