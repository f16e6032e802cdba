//! What a person does in the product's own screens, behind the API's back.

use crate::config::Limits;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::merge;
use crate::state::State;
use crate::txn;
use crate::txn::input::Input;

/// An edit made by a person: no token is needed and no app is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonEdit {
    /// Changes the named properties, a JSON object as in a sparse update, e.g.
    /// `{"PrivateNote":"changed"}`.
    Change(String),
    /// Voids; any transaction type except a deposited one.
    Void,
    /// Deletes.
    Delete,
    /// Merges a customer or a vendor, not a transaction, into another of its kind.
    Merge {
        /// Id of the one that stays.
        into: u32,
    },
}

impl PersonEdit {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Change(_) => "PERSON-CHANGE",
            Self::Void => "PERSON-VOID",
            Self::Delete => "PERSON-DELETE",
            Self::Merge { .. } => "PERSON-MERGE",
        }
    }

    /// What a log keeps beside name and object.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Change(fields) => fields.clone(),
            Self::Merge { into } => into.to_string(),
            Self::Void | Self::Delete => String::new(),
        }
    }

    pub(crate) fn parse(name: &str, body: &str) -> Option<Self> {
        match name {
            "PERSON-CHANGE" => Some(Self::Change(body.to_owned())),
            "PERSON-VOID" => Some(Self::Void),
            "PERSON-DELETE" => Some(Self::Delete),
            "PERSON-MERGE" => body.parse().ok().map(|into| Self::Merge { into }),
            _ => None,
        }
    }
}

/// Applies an edit to a transaction, or merges two names. False: nothing changed.
pub(crate) fn edit(
    state: &mut State,
    limits: &Limits,
    id: u32,
    edit: &PersonEdit,
    now_us: i64,
) -> Result<bool> {
    let free = |state: &State| match state.books.txn(id) {
        None => Err(Fault::not_found()),
        Some(old) if old.deposit != 0 => Err(Fault::deposited()),
        Some(old) => Ok(old.clone()),
    };
    match edit {
        PersonEdit::Merge { into } => {
            merge::merge(&mut state.books, id, *into, now_us)?;
            Ok(true)
        }
        PersonEdit::Delete => {
            free(state)?;
            state.books.remove(id, now_us);
            Ok(true)
        }
        PersonEdit::Void => {
            free(state)?;
            state.books.void(id, now_us);
            Ok(true)
        }
        PersonEdit::Change(fields) => {
            let old = free(state)?;
            let obj = Obj::parse(fields).map_err(|e| Fault::malformed(e.to_string()))?;
            let input = Input {
                books: &state.books,
                obj: &obj,
                old: Some(&old),
                sparse: true,
                today: state.books.today(now_us),
                max_lines: limits.txn_lines,
            };
            let new = txn::read(old.kind, &input)?;
            Ok(state.books.replace(new, now_us))
        }
    }
}
