//! Refusals of values and of who asks for what (quickbooks.md §7; texts as in the published list).

use super::{Fault, Text};
use crate::config::Condition;

impl Fault {
    /// The company or its user is in a condition in which nothing works.
    pub(crate) fn condition(condition: Condition) -> Option<Self> {
        let (status, code, message, detail, kind) = match condition {
            Condition::Normal => return None,
            Condition::UserRemoved => (
                403,
                120,
                "Authorization Failure",
                "AuthorizationFailure: -11014",
                "AuthorizationFault",
            ),
            Condition::WrongCluster => (
                503,
                130,
                "Accessing Wrong Cluster",
                "WrongClusterError: company moved, statusCode: 503",
                "SystemFault",
            ),
            Condition::LockedOut => (
                403,
                140,
                "Company Locked Out",
                "CompanyLockedOut: company locked, statusCode: 403",
                "AuthorizationFault",
            ),
            Condition::UnderMaintenance => (
                503,
                150,
                "Company Under Maintenance",
                "CompanyUnderMaintenance: company in maintenance, statusCode: 503",
                "SystemFault",
            ),
        };
        let mut fault = Self::system(status, code, message, detail);
        fault.0.kind = kind;
        Some(fault)
    }

    pub(crate) fn parent_invalid(supplied: &str) -> Self {
        Self::validation(
            700,
            "Parent Reference Invalid",
            format!("The parent is not a valid reference. Supplied value:{supplied}"),
        )
        .at("ParentRef")
    }

    pub(crate) fn own_parent() -> Self {
        Self::validation(
            900,
            "Parent cannot be child",
            "The same object cannot be the parent or child of itself.",
        )
        .at("ParentRef")
    }

    pub(crate) fn content_type(supplied: &str) -> Self {
        Self::validation(
            1050,
            "Invalid Content Type",
            format!("Content type {supplied} is not supported: only XML and JSON are."),
        )
    }

    /// 2080: no number at all; 2090: one that cannot be.
    pub(crate) fn number(code: u16, element: &str, supplied: &str) -> Self {
        let message = if code == 2080 { "Invalid Number Format" } else { "Invalid Number" };
        let detail = format!("The number is not valid. Supplied value:{supplied}");
        Self::validation(code, message, detail).at(element.to_owned())
    }

    pub(crate) fn date_range(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2190,
            "Invalid Date Range",
            format!("The date range is not valid. Supplied value:{supplied}"),
        )
        .at(element)
    }

    pub(crate) fn web_address(supplied: &str) -> Self {
        Self::validation(
            2200,
            "Malformed Website Address Format",
            format!("The URL is not in the correct format. Supplied value:{supplied}"),
        )
        .at("WebAddr.URI")
    }

    pub(crate) fn email(element: &str, supplied: &str) -> Self {
        Self::validation(
            2210,
            "Invalid Email Address Format",
            format!(
                "The email address does not conform to the RFC 822 syntax rules. Supplied \
                 value:{supplied}"
            ),
        )
        .at(element.to_owned())
    }

    pub(crate) fn boolean(element: &str, supplied: &str) -> Self {
        Self::validation(
            2230,
            "Invalid Boolean",
            format!("The boolean value is not valid. Supplied value:{supplied}"),
        )
        .at(element.to_owned())
    }

    pub(crate) fn custom_field(id: &str) -> Self {
        Self::validation(
            3000,
            "Invalid Custom Field",
            format!("The custom field is not valid. DefinitionId:{id}"),
        )
        .at("CustomField")
    }

    pub(crate) fn parent_required(flag: &'static str) -> Self {
        Self::validation(
            6150,
            "ParentRef Required Validation Error",
            format!("ParentRef is required if {flag} is true."),
        )
        .at("ParentRef")
    }

    pub(crate) fn no_email() -> Self {
        Self::validation(
            6420,
            "Email address is required",
            "An email address is required for this customer since the delivery type is email.",
        )
        .at("BillEmail")
    }

    pub(crate) fn raw_card() -> Self {
        Self::validation(
            6530,
            "Found raw Credit Card Number in request",
            "Raw credit card numbers cannot be entered. Use a token for the card.",
        )
    }

    /// A date: 2060 when it does not look like one, 2070 when there is no such day.
    pub(crate) fn date(element: &'static str, supplied: &str) -> Self {
        let looks = supplied.len() >= 10
            && supplied.bytes().take(10).enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let (code, message) =
            if looks { (2070, "Invalid Date") } else { (2060, "Invalid Date Format") };
        let detail: Text =
            format!("The date format is not valid. Supplied value:{supplied}").into();
        Self::validation(code, message, detail).at(element)
    }
}
