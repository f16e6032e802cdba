//! Names of QuickBooks' object types.

use kernel::{DocumentKind, ReferenceKind};

/// An object type Tieout writes or reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entity {
    /// A document.
    Document(DocumentKind),
    /// A list object.
    Reference(ReferenceKind),
}

impl Entity {
    /// The name in JSON and in queries.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Document(kind) => match kind {
                DocumentKind::SalesReceipt => "SalesReceipt",
                DocumentKind::Invoice => "Invoice",
                DocumentKind::Payment => "Payment",
                DocumentKind::CreditMemo => "CreditMemo",
                DocumentKind::RefundReceipt => "RefundReceipt",
                DocumentKind::Expense => "Purchase",
                DocumentKind::Transfer => "Transfer",
                DocumentKind::JournalEntry => "JournalEntry",
                DocumentKind::Deposit => "Deposit",
            },
            Self::Reference(kind) => match kind {
                ReferenceKind::Currency => "CompanyCurrency",
                ReferenceKind::Account => "Account",
                ReferenceKind::Item => "Item",
                ReferenceKind::Customer => "Customer",
                ReferenceKind::Location => "Department",
                ReferenceKind::Class => "Class",
            },
        }
    }

    /// The name in paths: lower case (quickbooks.md §2).
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Document(kind) => match kind {
                DocumentKind::SalesReceipt => "salesreceipt",
                DocumentKind::Invoice => "invoice",
                DocumentKind::Payment => "payment",
                DocumentKind::CreditMemo => "creditmemo",
                DocumentKind::RefundReceipt => "refundreceipt",
                DocumentKind::Expense => "purchase",
                DocumentKind::Transfer => "transfer",
                DocumentKind::JournalEntry => "journalentry",
                DocumentKind::Deposit => "deposit",
            },
            Self::Reference(kind) => match kind {
                ReferenceKind::Currency => "companycurrency",
                ReferenceKind::Account => "account",
                ReferenceKind::Item => "item",
                ReferenceKind::Customer => "customer",
                ReferenceKind::Location => "department",
                ReferenceKind::Class => "class",
            },
        }
    }

    /// The type with this name in JSON.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let documents = DocumentKind::ALL.into_iter().map(Self::Document);
        let references = ReferenceKind::ALL.into_iter().map(Self::Reference);
        documents.chain(references).find(|e| e.name() == name)
    }

    /// The property that holds the name of a list object.
    pub(crate) const fn name_property(kind: ReferenceKind) -> &'static str {
        match kind {
            ReferenceKind::Currency => "Code",
            ReferenceKind::Customer => "DisplayName",
            ReferenceKind::Account | ReferenceKind::Item => "Name",
            // The only name that can be filtered (quickbooks.md §3); with those above it.
            ReferenceKind::Location | ReferenceKind::Class => "FullyQualifiedName",
        }
    }
}

/// What a kind of document is in QuickBooks.
pub(crate) trait KindRules {
    /// Whether `DocNumber` can be filtered and is kept by every company (quickbooks.md §3, §8).
    fn has_filterable_number(self) -> bool;
    /// Lines name items rather than accounts.
    fn is_sales_form(self) -> bool;
    /// The object carries `CustomerRef`.
    fn has_customer(self) -> bool;
    /// The object carries `DepartmentRef` at its head; journal entries have one in each line.
    fn has_location(self) -> bool;
}

impl KindRules for DocumentKind {
    fn has_filterable_number(self) -> bool {
        self.is_sales_form() || self == Self::JournalEntry
    }

    fn is_sales_form(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::CreditMemo | Self::RefundReceipt)
    }

    fn has_customer(self) -> bool {
        self.is_sales_form() || matches!(self, Self::Payment | Self::Expense)
    }

    fn has_location(self) -> bool {
        self.is_sales_form() || matches!(self, Self::Expense | Self::Deposit)
    }
}
