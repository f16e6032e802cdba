//! Faults of attachments: codes 6030 to 6050.

use super::Fault;

impl Fault {
    pub(crate) fn upload_too_large(most: usize) -> Self {
        Self::validation(
            6030,
            "Upload request size exceeds allowed limit",
            format!("The file is larger than the allowed {most} bytes."),
        )
    }

    /// The description of an uploaded file is something else.
    pub(crate) fn not_attachable() -> Self {
        Self::validation(
            6040,
            "The file metadata must be of Attachable type",
            "The submitted file metadata must be the JSON of an Attachable.",
        )
        .at("file_metadata")
    }

    pub(crate) fn invalid_file(name: &str) -> Self {
        Self::validation(
            6041,
            "Invalid Uploaded File",
            format!("The type of the uploaded file is not supported. File: {name}"),
        )
    }

    pub(crate) fn cannot_attach_to(kind: &str) -> Self {
        Self::validation(
            6050,
            "The entity reference type is unsupported for Attachable",
            format!("The entity reference type {kind} is not supported for Attachable."),
        )
        .at("EntityRef")
    }
}
