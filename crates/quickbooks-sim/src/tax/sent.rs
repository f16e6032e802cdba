//! `TxnTaxDetail` as a caller sends it.

use crate::error::{Fault, Result};
use crate::json::{Obj, is_null};
use crate::schema;
use crate::txn::input::{self, Input, ref_value};

/// What a request says about tax.
pub(super) struct Sent<'a> {
    pub obj: Obj<'a>,
    pub total: Option<i64>,
    /// TxnTaxCodeRef as text.
    pub code: Option<String>,
    /// Rate id as text, and cents.
    pub rows: Vec<(String, i64)>,
}

impl<'a> Sent<'a> {
    /// None when the request has no TxnTaxDetail, or null.
    pub(super) fn read(input: &Input<'a>) -> Result<Option<Self>> {
        let Some(raw) = input.obj.get("TxnTaxDetail").filter(|raw| !is_null(raw)) else {
            return Ok(None);
        };
        let obj = Obj::parse(raw.get())
            .map_err(|e| Fault::invalid_property(format!("Property Name:TxnTaxDetail {e}")))?;
        schema::TXN_TAX_DETAIL.kept(&obj)?;
        let total = input::cents(&obj, "TotalTax", "TotalTax")?;
        if let Some(total) = total.filter(|t| *t < 0) {
            return Err(Fault::number_range("TotalTax", &crate::money::cents_text(total)));
        }
        let mut rows = Vec::new();
        if let Some(raw) = obj.get("TaxLine").filter(|raw| !is_null(raw)) {
            let lines: Vec<Obj<'_>> = serde_json::from_str(raw.get())
                .map_err(|e| Fault::invalid_property(format!("Property Name:TaxLine {e}")))?;
            for line in &lines {
                schema::LINE.kept(line)?;
                let Some(detail) = line.object("TaxLineDetail") else { continue };
                schema::TAX_LINE_DETAIL.kept(&detail)?;
                if let (Some(rate), Some(amount)) = (
                    ref_value(&detail, "TaxRateRef"),
                    input::cents(line, "Amount", "TaxLine.Amount")?,
                ) {
                    rows.push((rate.into_owned(), amount));
                }
            }
        }
        let code = ref_value(&obj, "TxnTaxCodeRef").map(std::borrow::Cow::into_owned);
        Ok(Some(Self { obj, total, code, rows }))
    }
}
