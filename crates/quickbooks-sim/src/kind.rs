//! The entity types of the company.

use serde::{Deserialize, Serialize};

/// Transaction types. They share one id sequence (quickbooks.md §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TxnKind {
    /// Sale paid on the spot.
    SalesReceipt,
    /// Sale on account.
    Invoice,
    /// Money received from a customer.
    Payment,
    /// Credit given to a customer.
    CreditMemo,
    /// Money given back to a customer.
    RefundReceipt,
    /// Balanced debits and credits.
    JournalEntry,
    /// Money put into a bank account.
    Deposit,
    /// Money moved between two of the company's accounts.
    Transfer,
    /// Expense paid on the spot.
    Purchase,
}

impl TxnKind {
    /// All types, in the order of declaration.
    pub const ALL: [Self; 9] = [
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::CreditMemo,
        Self::RefundReceipt,
        Self::JournalEntry,
        Self::Deposit,
        Self::Transfer,
        Self::Purchase,
    ];

    /// The name in JSON, queries and links, e.g. `SalesReceipt`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::Payment => "Payment",
            Self::CreditMemo => "CreditMemo",
            Self::RefundReceipt => "RefundReceipt",
            Self::JournalEntry => "JournalEntry",
            Self::Deposit => "Deposit",
            Self::Transfer => "Transfer",
            Self::Purchase => "Purchase",
        }
    }

    /// Invoice, sales receipt, credit memo, refund receipt: item lines and a shared numbering.
    pub(crate) fn is_sales_form(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::CreditMemo | Self::RefundReceipt)
    }

    /// Whether the API offers a void (quickbooks.md §2).
    pub(crate) fn can_void(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::Payment)
    }
}

/// List objects: they are made inactive, never deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ListKind {
    /// Account of the chart of accounts.
    Account,
    /// Customer or sub-customer.
    Customer,
    /// Vendor.
    Vendor,
    /// Employee; only occupies names.
    Employee,
    /// Product or service.
    Item,
    /// Class, a dimension.
    Class,
    /// Department, called location in the product; a dimension.
    Department,
    /// Payment method.
    PaymentMethod,
    /// Terms of payment.
    Term,
    /// What a line is taxed with: none, one or several rates.
    TaxCode,
    /// A percentage that goes to one agency.
    TaxRate,
    /// Who tax is paid to.
    TaxAgency,
    /// A currency in use next to the home currency.
    CompanyCurrency,
}

impl ListKind {
    pub(crate) const ALL: [Self; 13] = [
        Self::Account,
        Self::Customer,
        Self::Vendor,
        Self::Employee,
        Self::Item,
        Self::Class,
        Self::Department,
        Self::PaymentMethod,
        Self::Term,
        Self::TaxCode,
        Self::TaxRate,
        Self::TaxAgency,
        Self::CompanyCurrency,
    ];

    /// The name in JSON and queries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Customer => "Customer",
            Self::Vendor => "Vendor",
            Self::Employee => "Employee",
            Self::Item => "Item",
            Self::Class => "Class",
            Self::Department => "Department",
            Self::PaymentMethod => "PaymentMethod",
            Self::Term => "Term",
            Self::TaxCode => "TaxCode",
            Self::TaxRate => "TaxRate",
            Self::TaxAgency => "TaxAgency",
            Self::CompanyCurrency => "CompanyCurrency",
        }
    }

    /// The word used in "Invalid Reference Id : ... element id 9 not found".
    pub(crate) fn reference_word(self) -> &'static str {
        match self {
            Self::Account => "Accounts",
            Self::Customer | Self::Vendor | Self::Employee => "Names",
            Self::Item => "Item",
            Self::Class => "Class",
            Self::Department => "Department",
            Self::PaymentMethod => "PaymentMethod",
            Self::Term => "Term",
            Self::TaxCode => "TaxCode",
            Self::TaxRate => "TaxRate",
            Self::TaxAgency => "TaxAgency",
            Self::CompanyCurrency => "CompanyCurrency",
        }
    }

    /// Whether change data tells about this type (quickbooks.md §5, "Not available").
    pub(crate) fn has_change_data(self) -> bool {
        !matches!(self, Self::TaxCode | Self::TaxRate | Self::TaxAgency)
    }

    /// Customers, vendors and employees share one namespace and one id sequence
    /// (quickbooks.md §7 code 6240, §8).
    pub(crate) fn is_name(self) -> bool {
        matches!(self, Self::Customer | Self::Vendor | Self::Employee)
    }
}

/// Anything with a path of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Entity {
    Txn(TxnKind),
    List(ListKind),
    CompanyInfo,
    Preferences,
    /// Makes a tax code with its rates; only for writing.
    TaxService,
}

impl Entity {
    /// Finds an entity by its name in any case: paths are lower case, queries are case-insensitive.
    pub(crate) fn find(name: &str) -> Option<Self> {
        TxnKind::ALL
            .into_iter()
            .map(Self::Txn)
            .chain(ListKind::ALL.into_iter().map(Self::List))
            .chain([Self::CompanyInfo, Self::Preferences])
            .find(|e| e.name().eq_ignore_ascii_case(name))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Txn(kind) => kind.name(),
            Self::List(kind) => kind.name(),
            Self::CompanyInfo => "CompanyInfo",
            Self::Preferences => "Preferences",
            Self::TaxService => "TaxService",
        }
    }
}
