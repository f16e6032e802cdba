//! Known properties of attachments and budgets, in the order of Intuit's published schema
//! (Finance.xsd, 2026-07-17).

/// Attachable.
pub(super) const ATTACHABLE: &[&str] = &[
    "FileName",
    "FileAccessUri",
    "TempDownloadUri",
    "Size",
    "ContentType",
    "Category",
    "Lat",
    "Long",
    "PlaceName",
    "Note",
    "Tag",
    "ThumbnailFileAccessUri",
    "ThumbnailTempDownloadUri",
    "AttachableEx",
    "documentId",
];
/// AttachableRef.
pub(super) const ATTACHABLE_REF: &[&str] =
    &["EntityRef", "LineInfo", "IncludeOnSend", "CustomField", "AttachableRefEx"];
/// Budget.
pub(super) const BUDGET: &[&str] =
    &["Name", "StartDate", "EndDate", "BudgetType", "BudgetEntryType", "Active", "BudgetDetail"];
