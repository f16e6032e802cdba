//! What an element name says about its content, from Intuit's published schema (2026-07-17): XML has
//! no types of its own.

/// Elements of decimal or integer type.
const NUMBERS: &[&str] = &[
    "Amount",
    "AmountPaid",
    "AvgCost",
    "Balance",
    "BalanceWithJobs",
    "BillRate",
    "BreakHours",
    "BreakMinutes",
    "BreakSeconds",
    "BuildPoint",
    "CcExpiryMonth",
    "CcExpiryYear",
    "CostRate",
    "CreditLimit",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "DayOfMonth",
    "DayOfMonthDue",
    "Deposit",
    "DiscountAmt",
    "DiscountDayOfMonth",
    "DiscountDays",
    "DiscountPercent",
    "DiscountRate",
    "DueDays",
    "DueNextMonthDays",
    "ExchangeRate",
    "HomeBalance",
    "HomeTotalAmt",
    "HomeTotalCostAmount",
    "HourlyRate",
    "Hours",
    "Level",
    "LineNum",
    "Minutes",
    "NetAmountTaxable",
    "NumberValue",
    "OpeningBalance",
    "OverDueBalance",
    "OverrideDeltaAmount",
    "Percent",
    "PurchaseCost",
    "Qty",
    "QtyDiff",
    "QtyOnHand",
    "QtyOnPurchaseOrder",
    "QtyOnSalesOrder",
    "Rate",
    "RatePercent",
    "RateValue",
    "RemainingCredit",
    "ReorderPoint",
    "RetainageAmount",
    "ReverseChargeRate",
    "Seconds",
    "Size",
    "TaxAmount",
    "TaxInclusiveAmount",
    "TaxInclusiveAmt",
    "TaxOnTaxOrder",
    "TaxOrder",
    "TaxPercent",
    "TotalAmt",
    "TotalCostAmount",
    "TotalTax",
    "UnappliedAmt",
    "UnitCostPrice",
    "UnitPrice",
];

/// Elements that may stand more than once.
const LISTS: &[&str] = &[
    "AssociatedValues",
    "AttachableRef",
    "BatchItemRequest",
    "BudgetDetail",
    "CustomField",
    "EffectiveTaxRate",
    "ItemAssemblyLine",
    "ItemGroupLine",
    "Line",
    "LinkedTxn",
    "NameValue",
    "OtherAddr",
    "OtherContactInfo",
    "Tag",
    "TaxLine",
    "TaxRateDetail",
    "TaxRateDetails",
];

/// References whose name does not end in `Ref`, and the memo, which JSON writes like one.
const REFERENCES: &[&str] = &[
    "CustomerMemo",
    "DefaultTerms",
    "DropShipToEntity",
    "Entity",
    "HomeCurrency",
    "OriginalTaxRate",
    "ShipTo",
];

pub(super) fn is_number(name: &str) -> bool {
    NUMBERS.binary_search(&name).is_ok()
}

pub(super) fn is_list(name: &str) -> bool {
    LISTS.binary_search(&name).is_ok()
}

/// Whether an element without children is an id with the attribute `name`.
pub(super) fn is_reference(name: &str) -> bool {
    let own_type = matches!(name, "AttachableRef" | "UOMRef");
    !own_type && (name.ends_with("Ref") || REFERENCES.binary_search(&name).is_ok())
}

/// Properties of an object that XML writes as attributes.
pub(super) fn attributes(element: &str, is_entity: bool) -> &'static [&'static str] {
    match element {
        "QueryResponse" => &["startPosition", "maxResults", "totalCount"],
        "BatchItemResponse" => &["bId"],
        "Fault" => &["type"],
        "Error" => &["code", "element"],
        "ColData" => &["value", "id", "href"],
        "Row" => &["type", "group"],
        _ if is_entity => &["domain", "sparse", "status"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for table in [NUMBERS, LISTS, REFERENCES] {
            assert!(table.is_sorted_by(|a, b| a < b), "{table:?}");
        }
    }
}
