//! Faults: what could not become a fact, and why.

use kernel::currency::UnknownCurrency;
use kernel::decimal::DecimalError;
use kernel::time::DateError;
use kernel::{Money, MoneyError, ReasonCode, Subject};
use ports::SourceFault;
use std::fmt;

/// A part of a delivery, or the fault that stands for it.
pub type Parsed<T> = Result<T, SourceFault>;

/// The delivery cannot be read as the format that it claims to be (`SRC-007`).
pub fn malformed(at: impl Into<String>, detail: impl Into<String>) -> SourceFault {
    fault(ReasonCode::MalformedDelivery, at, detail)
}

/// The source speaks of something that has no rule here (`SRC-005`), with the amount at stake.
pub fn unknown(
    at: impl Into<String>,
    detail: impl Into<String>,
    amount: Option<Money>,
) -> SourceFault {
    SourceFault { amount, ..fault(ReasonCode::UnknownSchema, at, detail) }
}

/// A fault of `code` with neither amount nor subject.
pub fn fault(code: ReasonCode, at: impl Into<String>, detail: impl Into<String>) -> SourceFault {
    SourceFault { code, at: at.into(), detail: detail.into(), amount: None, subject: None }
}

/// Adds what else is known about a fault.
pub trait About {
    /// Names the subject that the fault then holds.
    fn about(self, subject: &Subject) -> Self;
    /// States the amount at stake.
    fn worth(self, amount: Option<Money>) -> Self;
}

impl About for SourceFault {
    fn about(mut self, subject: &Subject) -> Self {
        self.subject.get_or_insert_with(|| subject.clone());
        self
    }
    fn worth(mut self, amount: Option<Money>) -> Self {
        self.amount = self.amount.or(amount);
        self
    }
}

impl<T> About for Parsed<T> {
    fn about(self, subject: &Subject) -> Self {
        self.map_err(|f| f.about(subject))
    }
    fn worth(self, amount: Option<Money>) -> Self {
        self.map_err(|f| f.worth(amount))
    }
}

/// Turns the errors of the kernel into faults that say where. A path is written out for a fault only:
/// one that is made of parts is handed over as `format_args!`.
pub trait Located<T> {
    /// The value, or a fault at `path`.
    fn at(self, path: impl fmt::Display) -> Parsed<T>;
}

macro_rules! located {
    ($($error:ty),*) => {$(
        impl<T> Located<T> for Result<T, $error> {
            fn at(self, path: impl fmt::Display) -> Parsed<T> {
                self.map_err(|e| malformed(path.to_string(), e.to_string()))
            }
        }
    )*};
}
located!(MoneyError, DateError, UnknownCurrency, DecimalError);

impl<T> Located<T> for Option<T> {
    fn at(self, path: impl fmt::Display) -> Parsed<T> {
        self.ok_or_else(|| {
            malformed(path.to_string(), "this field is missing; ask the source to send it")
        })
    }
}
