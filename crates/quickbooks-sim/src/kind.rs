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
    /// Offer to a customer; does not post.
    Estimate,
    /// Expense on account.
    Bill,
    /// Money paid to a vendor.
    BillPayment,
    /// Credit received from a vendor.
    VendorCredit,
    /// Order to a vendor; does not post.
    PurchaseOrder,
    /// Hours worked; does not post.
    TimeActivity,
    /// Goods found, lost, or there from the beginning.
    InventoryAdjustment,
}

impl TxnKind {
    /// The type that `TxnType` of a link names. Payments of bills and expenses go by the way they
    /// were paid (quickbooks.md §8, linked-transaction matrix).
    pub(crate) fn of_link(name: &str) -> Option<Self> {
        match name {
            "BillPaymentCheck" | "BillPaymentCreditCard" => Some(Self::BillPayment),
            "Expense" | "Check" | "CreditCardCredit" => Some(Self::Purchase),
            _ => Self::ALL.into_iter().find(|kind| kind.name() == name),
        }
    }

    /// All types, in the order of declaration.
    pub const ALL: [Self; 16] = [
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::CreditMemo,
        Self::RefundReceipt,
        Self::JournalEntry,
        Self::Deposit,
        Self::Transfer,
        Self::Purchase,
        Self::Estimate,
        Self::Bill,
        Self::BillPayment,
        Self::VendorCredit,
        Self::PurchaseOrder,
        Self::TimeActivity,
        Self::InventoryAdjustment,
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
            Self::Estimate => "Estimate",
            Self::Bill => "Bill",
            Self::BillPayment => "BillPayment",
            Self::VendorCredit => "VendorCredit",
            Self::PurchaseOrder => "PurchaseOrder",
            Self::TimeActivity => "TimeActivity",
            Self::InventoryAdjustment => "InventoryAdjustment",
        }
    }

    /// Sales forms: item lines, discount, tax.
    pub(crate) fn is_sales_form(self) -> bool {
        matches!(
            self,
            Self::SalesReceipt
                | Self::Invoice
                | Self::CreditMemo
                | Self::RefundReceipt
                | Self::Estimate
        )
    }

    /// What a transaction is made from: the types of the links that it writes at its head
    /// (quickbooks.md §8, linked-transaction matrix).
    pub(crate) fn made_from(self) -> &'static [Self] {
        match self {
            Self::Invoice => &[Self::Estimate, Self::TimeActivity],
            Self::Bill => &[Self::PurchaseOrder],
            _ => &[],
        }
    }

    /// Whether the API offers a void (quickbooks.md §2).
    pub(crate) fn can_void(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::Payment | Self::BillPayment)
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
    /// A rate of exchange of one day; it has no id.
    ExchangeRate,
    /// Makes a tax code with its rates; only for writing.
    TaxService,
    /// A note or a file that belongs to other objects.
    Attachable,
    /// Amounts planned by account and month; only for reading.
    Budget,
}

impl Entity {
    /// Finds an entity by its name in any case: paths are lower case, queries are case-insensitive.
    pub(crate) fn find(name: &str) -> Option<Self> {
        TxnKind::ALL
            .into_iter()
            .map(Self::Txn)
            .chain(ListKind::ALL.into_iter().map(Self::List))
            .chain([Self::CompanyInfo, Self::Preferences, Self::ExchangeRate])
            .chain([Self::Attachable, Self::Budget])
            .find(|e| e.name().eq_ignore_ascii_case(name))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Txn(kind) => kind.name(),
            Self::List(kind) => kind.name(),
            Self::CompanyInfo => "CompanyInfo",
            Self::Preferences => "Preferences",
            Self::ExchangeRate => "ExchangeRate",
            Self::TaxService => "TaxService",
            Self::Attachable => "Attachable",
            Self::Budget => "Budget",
        }
    }
}
