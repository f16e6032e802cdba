//! The parts that accounts play.

use crate::rules::AccountText;
use kernel::AccountType;
use serde::Deserialize;

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident, $field:ident, $name:literal, $kind:ident;)*) => {
        /// A part that an account plays; `[accounts.<role>]` in the rules names the account.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])* $variant,)* }

        impl Role {
            /// All roles.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in rules, e.g. `returns_unmatched`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field),)* }
            }

            /// Account name and type when the rules name none.
            pub(crate) const fn built_in(self) -> (&'static str, AccountType) {
                match self { $(Self::$variant => ($name, AccountType::$kind),)* }
            }
        }

        /// The table `[accounts]`.
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct AccountsText { $($field: Option<AccountText>,)* }

        impl AccountsText {
            /// What the text says per role, in the order of [`Role::ALL`].
            pub(crate) fn into_roles(self) -> Vec<(Role, Option<AccountText>)> {
                vec![$((Role::$variant, self.$field),)*]
            }
        }
    };
}

roles! {
    /// Trade receivables.
    Receivables, receivables, "Accounts Receivable (A/R)", AccountsReceivable;
    /// Goods and services sold, gross of discounts.
    Revenue, revenue, "Sales", Income;
    /// Shipping charged to buyers.
    Shipping, shipping, "Shipping Income", Income;
    /// Discounts given (contra income).
    Discounts, discounts, "Discounts Given", Income;
    /// Returns of goods with a known sale (contra income).
    Returns, returns, "Sales Returns", Income;
    /// Credits for which no earlier sale was found (contra income).
    ReturnsUnmatched, returns_unmatched, "Unmatched Credits", Income;
    /// Sales tax or VAT owed to authorities.
    SalesTax, sales_tax, "Sales Tax Collected", OtherCurrentLiability;
    /// Gift cards sold and not yet used.
    GiftCards, gift_cards, "Gift Cards Outstanding", OtherCurrentLiability;
    /// Tips owed to staff.
    Tips, tips, "Tips Payable", OtherCurrentLiability;
    /// Duties and import charges collected.
    Duties, duties, "Duties Payable", OtherCurrentLiability;
    /// Fees and surcharges charged to buyers.
    FeeIncome, fee_income, "Fees Charged to Customers", Income;
    /// Rounding to cash units, small differences.
    Rounding, rounding, "Rounding Differences", OtherExpense;
    /// Money nobody could place yet.
    Suspense, suspense, "Suspense", OtherCurrentAsset;
    /// Fees of payment processors.
    ProcessorFees, processor_fees, "Payment Processing Fees", Expense;
    /// Money taken for open disputes.
    DisputesReceivable, disputes_receivable, "Disputes Receivable", OtherCurrentAsset;
    /// Disputes lost.
    DisputeLosses, dispute_losses, "Dispute Losses", Expense;
    /// Fees for disputes.
    DisputeFees, dispute_fees, "Dispute Fees", Expense;
    /// Money a processor keeps as security.
    Reserve, reserve, "Processor Reserve", OtherCurrentAsset;
    /// Corrections a processor makes in a payout.
    PayoutAdjustments, payout_adjustments, "Payout Adjustments", OtherIncome;
    /// The bank account that payouts reach.
    Bank, bank, "Checking", Bank;
    /// Refunds that failed and are still owed.
    RefundsPayable, refunds_payable, "Refunds Payable", OtherCurrentLiability;
    /// Receivables given up.
    BadDebt, bad_debt, "Bad Debt", Expense;
    /// Price reductions on goods that the buyer keeps (contra income).
    Allowances, allowances, "Sales Allowances", Income;
    /// Money for goods that have not left yet.
    CustomerDeposits, customer_deposits, "Customer Deposits", OtherCurrentLiability;
    /// Money for services that are still to be rendered.
    DeferredRevenue, deferred_revenue, "Deferred Revenue", OtherCurrentLiability;
    /// Credit that buyers hold against us without a card.
    StoreCredit, store_credit, "Store Credit Outstanding", OtherCurrentLiability;
    /// Loyalty points that buyers may pay with.
    Loyalty, loyalty, "Loyalty Points Outstanding", OtherCurrentLiability;
    /// Credit, cards and points given away.
    Promotions, promotions, "Marketing and Promotions", Expense;
    /// Tax on fees that the authorities give back.
    InputTax, input_tax, "Input Tax Recoverable", OtherCurrentAsset;
    /// Tax that a marketplace collects and remits, in and out.
    MarketplaceTax, marketplace_tax, "Marketplace Tax", OtherCurrentLiability;
    /// Differences between what the books expected of another currency and what it came to.
    Exchange, exchange, "Exchange Differences", OtherExpense;
    /// What a platform owes its sellers.
    SellersPayable, sellers_payable, "Sellers Payable", OtherCurrentLiability;
    /// What a platform pays its sellers for what it sells as its own.
    SellerCosts, seller_costs, "Cost of Sellers", CostOfGoodsSold;
    /// What a platform earns as an agent.
    PlatformFees, platform_fees, "Platform Fees", Income;
    /// Loans that are paid back out of sales.
    Loans, loans, "Loans Payable", OtherCurrentLiability;
    /// Interest and fees of loans.
    Interest, interest, "Interest Paid", Expense;
    /// Advertising taken out of a settlement.
    Advertising, advertising, "Advertising", Expense;
    /// Storage and shipping that a marketplace does for us.
    FulfilmentFees, fulfilment_fees, "Fulfilment Fees", Expense;
    /// What a marketplace pays for goods it lost or damaged.
    Reimbursements, reimbursements, "Marketplace Reimbursements", OtherIncome;
}

impl Role {
    /// Reads the name used in rules.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.as_str() == text)
    }
}
