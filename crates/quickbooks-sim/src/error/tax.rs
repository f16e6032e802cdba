//! Refusals about tax and currency.

use super::Fault;

impl Fault {
    pub(crate) fn currency_type(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2220,
            "Invalid Currency Type",
            format!("The currency type is not valid. Supplied value:{supplied}"),
        )
        .at(element)
    }

    pub(crate) fn home_currency(code: &str) -> Self {
        Self::business(&format!("{code} is the home currency of the company"))
    }

    pub(crate) fn currency_in_use() -> Self {
        Self::business("The currency cannot be changed once it is used in a transaction")
            .at("CurrencyRef")
    }

    /// Assumed.
    pub(crate) fn foreign_income() -> Self {
        Self::business("Income and expense accounts are kept in the home currency")
            .at("CurrencyRef")
    }

    pub(crate) fn wrong_currency() -> Self {
        Self::business(
            "The currency of the transaction is invalid for customer / vendor / account.",
        )
        .at("CurrencyRef")
    }

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
