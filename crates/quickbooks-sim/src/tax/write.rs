//! Tax as the company shows it.

use super::{Calculation, Part, Taxed};
use crate::books::Books;
use crate::json::Json;
use crate::list::tax::Side;
use crate::txn::Txn;

/// `"GlobalTaxCalculation":"TaxExcluded"`; nothing in the US.
pub(crate) fn write_calculation(json: &mut Json, txn: &Txn) {
    let calculation = txn.taxed.as_ref().and_then(|taxed| taxed.calculation);
    if let Some(calculation) = calculation {
        json.field(
            "GlobalTaxCalculation",
            match calculation {
                Calculation::Excluded => "TaxExcluded",
                Calculation::Inclusive => "TaxInclusive",
                Calculation::NotApplicable => "NotApplicable",
            },
        );
    }
}

/// `"TxnTaxDetail":{...}`: always on sales forms, on purchases where there is tax, and never where
/// tax is not applicable.
pub(crate) fn write_detail(json: &mut Json, books: &Books, txn: &Txn, side: Side) {
    let taxed = txn.taxed.as_deref();
    let calculation = taxed.and_then(|taxed| taxed.calculation);
    if calculation == Some(Calculation::NotApplicable)
        || (taxed.is_none() && side == Side::Purchase)
    {
        return;
    }
    json.key("TxnTaxDetail");
    json.open();
    if !txn.tax_detail.is_empty() {
        json.raw(&txn.tax_detail);
    }
    if let Some(code) = taxed.map(|taxed| taxed.code).filter(|code| *code != 0) {
        json.key("TxnTaxCodeRef");
        json.open();
        json.field_id("value", code);
        json.close();
    }
    json.field_cents("TotalTax", txn.tax);
    if let Some(Taxed { parts, .. }) = taxed.filter(|taxed| !taxed.parts.is_empty()) {
        json.key("TaxLine");
        json.open_array();
        for part in parts {
            row(json, books, *part, calculation == Some(Calculation::Inclusive));
        }
        json.close_array();
    }
    json.close();
}

fn row(json: &mut Json, books: &Books, part: Part, inclusive: bool) {
    json.open();
    json.field_cents("Amount", part.amount);
    json.field("DetailType", "TaxLineDetail");
    json.key("TaxLineDetail");
    json.open();
    json.key("TaxRateRef");
    json.open();
    json.field_id("value", part.rate);
    json.close();
    json.field_bool("PercentBased", true);
    if let Some(rate) = books.tax_rate(part.rate) {
        json.field_decimal("TaxPercent", rate.percent);
    }
    json.field_cents("NetAmountTaxable", part.net);
    if inclusive {
        json.field_cents("TaxInclusiveAmount", part.net + part.amount);
    }
    if part.amount != part.computed {
        json.field_cents("OverrideDeltaAmount", part.amount - part.computed);
    }
    json.close();
    json.close();
}
