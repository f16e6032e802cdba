//! An account that rules name.

use kernel::AccountType;

/// An account and the product/service item that posts to it on sales forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) item: String,
    pub(crate) account_type: AccountType,
}
