//! Known properties of estimates and hours, in the order of Intuit's published schema (Finance.xsd, 2026-07-17).

/// Estimate.
pub(super) const ESTIMATE: &[&str] =
    &["ExpirationDate", "AcceptedBy", "AcceptedDate", "EstimateEx"];
/// TimeActivity; not a transaction in the schema.
pub(super) const TIME_ACTIVITY: &[&str] = &[
    "TimeZone",
    "TxnDate",
    "NameOf",
    "EmployeeRef",
    "VendorRef",
    "OtherNameRef",
    "CustomerRef",
    "DepartmentRef",
    "ItemRef",
    "ClassRef",
    "PayrollItemRef",
    "ProjectRef",
    "TimeChargeId",
    "BillableStatus",
    "Taxable",
    "HourlyRate",
    "CostRate",
    "Hours",
    "Minutes",
    "Seconds",
    "BreakHours",
    "BreakMinutes",
    "BreakSeconds",
    "StartTime",
    "EndTime",
    "Description",
    "TimeActivityEx",
    "HoursInEmployeeTimeZone",
];
