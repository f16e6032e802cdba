//! Every accepted delivery has an explained outcome: it was normalised, what it told was decided, and
//! every amount is answered. The statement's difference is 0.00.

use crate::evidence::Evidence;
use crate::world::World;
use kernel::FactBody;
use std::collections::BTreeSet;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    out.extend(world.watched.breaks());
    out.extend(evidence.breaks.iter().cloned());
    out.extend(evidence.undone.iter().cloned());
    for id in evidence.faulted.difference(&evidence.excepted) {
        out.push(format!("delivery {id} was not understood, and no exception says so"));
    }
    let claimed: BTreeSet<&str> = evidence.claims.iter().map(|c| c.subject.as_str()).collect();
    for fact in &evidence.facts {
        let moves = matches!(
            fact.body,
            FactBody::OrderCreated(_)
                | FactBody::OrderUpdated(_)
                | FactBody::PaymentCaptured(_)
                | FactBody::RefundIssued(_)
                | FactBody::PayoutPaid(_)
                | FactBody::DisputeOpened(_)
        );
        if moves && !claimed.contains(fact.subject.key.as_str()) {
            out.push(format!("{} of {} is answered by no claim", fact.body.kind(), fact.subject));
        }
    }
}
