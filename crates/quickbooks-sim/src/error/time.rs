//! Faults of hours worked: codes 6290 to 6390.

use super::Fault;

impl Fault {
    /// Neither an employee nor a vendor is named.
    pub(crate) fn worker() -> Self {
        Self::validation(
            6290,
            "Invalid Employee or Vendor",
            "Specify either an employee or a vendor, and not both.",
        )
    }

    pub(crate) fn worker_kind() -> Self {
        Self::validation(
            6300,
            "Invalid Employee or Vendor Name",
            "NameOf is missing or invalid. It should be Employee or Vendor.",
        )
        .at("NameOf")
    }

    pub(crate) fn billable_customer() -> Self {
        Self::validation(
            6310,
            "Missing Customer",
            "A customer is required if the transaction is billable.",
        )
        .at("CustomerRef")
    }

    pub(crate) fn billable(supplied: &str) -> Self {
        Self::validation(6320, "Invalid Billable", format!("Invalid billable status: {supplied}"))
            .at("BillableStatus")
    }

    pub(crate) fn rate(supplied: &str) -> Self {
        Self::validation(6330, "Missing Billing Rate", format!("Invalid hourly rate: {supplied}"))
            .at("HourlyRate")
    }

    pub(crate) fn time_invalid(supplied: &str) -> Self {
        Self::validation(
            6340,
            "Invalid Time",
            format!("You must specify a time (hours:minutes): {supplied}"),
        )
    }

    pub(crate) fn time_missing() -> Self {
        Self::validation(6350, "Missing Time", "Time (hours:minutes) is missing.")
    }

    pub(crate) fn start_or_end() -> Self {
        Self::validation(
            6360,
            "Invalid Start or End Time",
            "Enter a valid start and end time. Breaks cannot be longer than the elapsed time.",
        )
    }

    pub(crate) fn start_after_end(start: &str) -> Self {
        Self::validation(
            6370,
            "Start Time After End Time",
            format!("The start time is after end time: {start}"),
        )
    }

    pub(crate) fn duration(supplied: &str) -> Self {
        Self::validation(
            6380,
            "Invalid Duration",
            format!("The time duration is not within the valid range: {supplied}"),
        )
    }

    pub(crate) fn two_durations() -> Self {
        Self::validation(
            6390,
            "Invalid Multiple Durations",
            "Specify either a total elapsed time (hours:minutes) or start and end time.",
        )
    }
}
