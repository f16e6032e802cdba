//! Known properties of what is bought, in the order of Intuit's published schema (Finance.xsd, 2026-07-17).

/// Every purchase from a vendor on account.
pub(super) const BY_VENDOR: &[&str] = &[
    "VendorRef",
    "APAccountRef",
    "TotalAmt",
    "BillEmail",
    "ReplyEmail",
    "Memo",
    "GlobalTaxCalculation",
];
/// Bill.
pub(super) const BILL: &[&str] = &[
    "PayerRef",
    "SalesTermRef",
    "DueDate",
    "RemitToAddr",
    "ShipAddr",
    "VendorAddr",
    "Balance",
    "HomeBalance",
    "BillEx",
    "LessCIS",
    "IncludeInAnnualTPAR",
];
/// BillPayment.
pub(super) const BILL_PAYMENT: &[&str] = &[
    "VendorRef",
    "VendorAddr",
    "APAccountRef",
    "PayType",
    "CheckPayment",
    "CreditCardPayment",
    "TotalAmt",
    "BillPaymentEx",
];
/// VendorCredit.
pub(super) const VENDOR_CREDIT: &[&str] =
    &["VendorAddr", "VendorCreditEx", "Balance", "IncludeInAnnualTPAR"];
/// PurchaseOrder.
pub(super) const PURCHASE_ORDER: &[&str] = &[
    "TaxCodeRef",
    "ClassRef",
    "ReimbursableInfoRef",
    "SalesTermRef",
    "DueDate",
    "ExpectedDate",
    "VendorAddr",
    "ShipTo",
    "DropShipToEntity",
    "InventorySiteRef",
    "ShipAddr",
    "ShipMethodRef",
    "FOB",
    "POEmail",
    "TemplateRef",
    "PrintStatus",
    "EmailStatus",
    "ManuallyClosed",
    "POStatus",
    "PurchaseOrderEx",
];
