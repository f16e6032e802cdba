//! What people and programs see: one shape for the API and for `--json`.
//!
//! Amounts are integers in minor units of the currency beside them; moments are RFC 3339 text.

mod connection;
mod exception;
mod explanation;
mod statement;
mod status;

pub use connection::{ClosingView, CompanyView, ConnectionView, SettingView};
pub use exception::{ExceptionView, GroupView};
pub use explanation::{
    AttemptView, ClaimView, DeliveryView, DocumentView, ExplanationView, FactView, PostingView,
};
pub use statement::{ReasonTerm, RowView, StatementView, TotalView};
pub use status::{CallView, ComparedView, CountView, DeliveryCount, StatusView};
