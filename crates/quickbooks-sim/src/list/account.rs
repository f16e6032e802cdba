//! Account types and what follows from them (quickbooks.md §8, enumerations of the schema).

use serde::{Deserialize, Serialize};

/// The fifteen account types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AccountType {
    Bank,
    AccountsReceivable,
    OtherCurrentAsset,
    FixedAsset,
    OtherAsset,
    AccountsPayable,
    CreditCard,
    OtherCurrentLiability,
    LongTermLiability,
    Equity,
    Income,
    CostOfGoodsSold,
    Expense,
    OtherIncome,
    OtherExpense,
}

/// Type, its name, classification, and the subtype given when none is sent.
const TABLE: [(AccountType, &str, &str, &str); 15] = [
    (AccountType::Bank, "Bank", "Asset", "CashOnHand"),
    (AccountType::AccountsReceivable, "Accounts Receivable", "Asset", "AccountsReceivable"),
    (AccountType::OtherCurrentAsset, "Other Current Asset", "Asset", "EmployeeCashAdvances"),
    (AccountType::FixedAsset, "Fixed Asset", "Asset", "FurnitureAndFixtures"),
    (AccountType::OtherAsset, "Other Asset", "Asset", "Licenses"),
    (AccountType::AccountsPayable, "Accounts Payable", "Liability", "AccountsPayable"),
    (AccountType::CreditCard, "Credit Card", "Liability", "CreditCard"),
    (
        AccountType::OtherCurrentLiability,
        "Other Current Liability",
        "Liability",
        "OtherCurrentLiabilities",
    ),
    (AccountType::LongTermLiability, "Long Term Liability", "Liability", "NotesPayable"),
    (AccountType::Equity, "Equity", "Equity", "OpeningBalanceEquity"),
    (AccountType::Income, "Income", "Revenue", "ServiceFeeIncome"),
    (AccountType::CostOfGoodsSold, "Cost of Goods Sold", "Expense", "SuppliesMaterialsCogs"),
    (AccountType::Expense, "Expense", "Expense", "Travel"),
    (AccountType::OtherIncome, "Other Income", "Revenue", "OtherInvestmentIncome"),
    (AccountType::OtherExpense, "Other Expense", "Expense", "Depreciation"),
];

impl AccountType {
    fn row(self) -> (&'static str, &'static str, &'static str) {
        TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or(("Bank", "Asset", "CashOnHand"), |row| (row.1, row.2, row.3))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == text).map(|row| row.0)
    }

    /// The type that a subtype alone implies; only the usual ones are known.
    pub(crate) fn of_subtype(subtype: &str) -> Option<Self> {
        let extra = [
            ("Checking", Self::Bank),
            ("Savings", Self::Bank),
            ("UndepositedFunds", Self::OtherCurrentAsset),
            ("Inventory", Self::OtherCurrentAsset),
            ("SalesTaxPayable", Self::OtherCurrentLiability),
            ("SalesOfProductIncome", Self::Income),
            ("DiscountsRefundsGiven", Self::Income),
            ("BankCharges", Self::Expense),
        ];
        TABLE
            .iter()
            .find(|row| row.3 == subtype)
            .map(|row| row.0)
            .or_else(|| extra.iter().find(|(name, _)| *name == subtype).map(|(_, kind)| *kind))
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().0
    }

    pub(crate) fn classification(self) -> &'static str {
        self.row().1
    }

    pub(crate) fn default_subtype(self) -> &'static str {
        self.row().2
    }

    /// Accounts that carry a balance from year to year.
    pub(crate) fn is_balance_sheet(self) -> bool {
        matches!(self.classification(), "Asset" | "Liability" | "Equity")
    }

    /// Accounts whose balance is shown as a positive number when it is a credit.
    pub(crate) fn is_credit_normal(self) -> bool {
        matches!(self.classification(), "Liability" | "Equity" | "Revenue")
    }
}
