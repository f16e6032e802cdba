//! Known properties of goods in stock and bundles, in the order of Intuit's published schema
//! (Finance.xsd, 2026-07-17).

/// InventoryAdjustment.
pub(super) const INVENTORY_ADJUSTMENT: &[&str] =
    &["ShippingAdjustment", "AdjustAccountRef", "CustomerRef"];
/// ItemAdjustmentLineDetail.
pub(super) const ITEM_ADJUSTMENT_LINE_DETAIL: &[&str] =
    &["ItemRef", "SalesPrice", "QtyDiff", "NewQty", "ClassRef"];
/// GroupLineDetail.
pub(super) const GROUP_LINE_DETAIL: &[&str] =
    &["GroupItemRef", "Quantity", "UOMRef", "ServiceDate", "Line", "GroupLineDetailEx"];
