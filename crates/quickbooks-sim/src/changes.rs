//! What the last call changed, in the words of webhooks.

use serde::{Deserialize, Serialize};

use crate::kind::{Entity, TxnKind};

/// What happened to an object (quickbooks.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operation {
    /// Made.
    Create,
    /// Changed, also by another object: a payment changes the invoice it pays.
    Update,
    /// Removed.
    Delete,
    /// Two names became one; only people do that.
    Merge,
    /// Voided.
    Void,
    /// Sent by mail.
    Emailed,
}

impl Operation {
    /// The word of the older notifications, e.g. `Create`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::Merge => "Merge",
            Self::Void => "Void",
            Self::Emailed => "Emailed",
        }
    }

    /// The word of CloudEvents, e.g. `created`.
    pub fn past(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
            Self::Merge => "merged",
            Self::Void => "voided",
            Self::Emailed => "emailed",
        }
    }
}

/// One object that a call changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The type's name, e.g. `Invoice`.
    pub entity: &'static str,
    /// The object's id.
    pub id: u32,
    /// What happened.
    pub operation: Operation,
    /// Of a merge, the object that is no more.
    pub merged: Option<u32>,
}

/// Collects the changes of one call: each object once.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    objects: Vec<(Entity, u32, Operation)>,
    /// What the one merge of the call took away.
    merged: Option<u32>,
}

impl Changes {
    pub(crate) fn clear(&mut self) {
        self.objects.clear();
        self.merged = None;
    }

    /// The merge that was noted took this object away.
    pub(crate) fn merged(&mut self, id: u32) {
        self.merged = Some(id);
    }

    pub(crate) fn note(&mut self, entity: Entity, id: u32, operation: Operation) {
        match self.objects.iter_mut().find(|(e, i, _)| *e == entity && *i == id) {
            // Made and changed in one call is made; what came last says more otherwise.
            Some((_, _, Operation::Create)) if operation == Operation::Update => {}
            Some((_, _, known)) => *known = operation,
            None => self.objects.push((entity, id, operation)),
        }
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = Change> {
        self.objects.iter().map(|(entity, id, operation)| Change {
            entity: entity.name(),
            id: *id,
            operation: match entity {
                // Only some types have an event for a void (quickbooks.md §5).
                Entity::Txn(kind) if *operation == Operation::Void && !has_void_event(*kind) => {
                    Operation::Update
                }
                _ => *operation,
            },
            merged: self.merged.filter(|_| *operation == Operation::Merge),
        })
    }
}

fn has_void_event(kind: TxnKind) -> bool {
    matches!(
        kind.name(),
        "BillPayment"
            | "CreditMemo"
            | "Invoice"
            | "Payment"
            | "Purchase"
            | "RefundReceipt"
            | "SalesReceipt"
            | "Transfer"
    )
}
