//! Faults of inventory: codes 6270 and 6520.

use super::Fault;

impl Fault {
    /// A transaction from before the day on which the quantity of its item began to be tracked.
    pub(crate) fn before_inventory() -> Self {
        Self::validation(
            6270,
            "Transaction date is prior to start date for inventory item",
            "Transactions with inventory items that have a quantity on hand cannot be dated earlier \
             than the InventoryStartDate of the item.",
        )
        .at("TxnDate")
    }

    pub(crate) fn quantity_missing() -> Self {
        Self::validation(
            6520,
            "Missing Tracked Inventory Item Quantity",
            "The tracked inventory item must have a quantity.",
        )
        .at("Qty")
    }

    /// Tracking cannot be switched on or off for an item that exists.
    pub(crate) fn item_type(supplied: &str) -> Self {
        Self::validation(
            2120,
            "Invalid Type",
            format!("The type of the item cannot be changed to {supplied}."),
        )
        .at("Type")
    }
}
