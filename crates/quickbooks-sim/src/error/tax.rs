//! Refusals about tax and currency.

use super::Fault;

impl Fault {
    pub(crate) fn one_currency() -> Self {
        Self::business("Multi Currency should be enabled to perform this operation")
    }

    /// Seen live from UK and Canadian companies.
    pub(crate) fn no_tax_rate(word: &str) -> Self {
        Self::business(&format!(
            "Make sure all your transactions have a {word} rate before you save."
        ))
    }

    pub(crate) fn global_tax() -> Self {
        Self::business("GlobalTaxCalculation is not supported for companies in the United States")
            .at("GlobalTaxCalculation")
    }

    pub(crate) fn too_many_taxable_lines(most: usize) -> Self {
        Self::business(&format!("A form with sales tax can have at most {most} taxable lines"))
    }

    pub(crate) fn tax_detail() -> Self {
        Self::validation(
            6170,
            "Invalid TxnTaxDetail Error",
            "TxnTaxDetail is not allowed when GlobalTaxCalculation is NotApplicable.",
        )
        .at("TxnTaxDetail")
    }

    pub(crate) fn percent(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2150,
            "Invalid Percent",
            format!("The percent is not valid. Supplied value:{supplied}"),
        )
        .at(element)
    }
}
