//! Refusals about tax and currency.

use super::Fault;

impl Fault {
    pub(crate) fn one_currency() -> Self {
        Self::business("Multi Currency should be enabled to perform this operation")
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
