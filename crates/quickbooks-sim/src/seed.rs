//! The lists of a fresh US company: our own names, the ids that integrations expect
//! (quickbooks.md §8: Undeposited Funds 4, Checking 35, items from 1, terms 30 days).

mod history;
pub(crate) mod sandbox;
pub(crate) mod tax;

use std::collections::BTreeMap;

use crate::books::{Books, Roles};
use crate::kind::ListKind;
use crate::list::{AccountType, Facts, Record};
use crate::schema;

/// Creation time of the seed lists: 2026-01-01T00:00:00Z.
pub(crate) const SEEDED: i64 = 1_767_225_600;

/// First id of new objects per type; names, items and transactions as in a US sandbox.
pub(crate) fn first_ids() -> BTreeMap<ListKind, u32> {
    BTreeMap::from([
        (ListKind::Account, 92),
        (ListKind::Customer, 58),
        (ListKind::Item, 19),
        (ListKind::Class, 1),
        (ListKind::Department, 1),
        (ListKind::PaymentMethod, 8),
        (ListKind::Term, 5),
        (ListKind::TaxCode, 2),
    ])
}

const ACCOUNTS: &[(u32, &str, AccountType, &str)] = &[
    (1, "Services", AccountType::Income, "ServiceFeeIncome"),
    (4, "Undeposited Funds", AccountType::OtherCurrentAsset, "UndepositedFunds"),
    (7, "Advertising", AccountType::Expense, "AdvertisingPromotional"),
    (8, "Bank Charges", AccountType::Expense, "BankCharges"),
    (11, "Merchant Fees", AccountType::Expense, "BankCharges"),
    (15, "Office Expenses", AccountType::Expense, "OfficeGeneralAdministrativeExpenses"),
    (33, "Accounts Payable (A/P)", AccountType::AccountsPayable, "AccountsPayable"),
    (34, "Opening Balance Equity", AccountType::Equity, "OpeningBalanceEquity"),
    (35, "Checking", AccountType::Bank, "Checking"),
    (36, "Savings", AccountType::Bank, "Savings"),
    (41, "Company Card", AccountType::CreditCard, "CreditCard"),
    (42, "Loan Payable", AccountType::LongTermLiability, "NotesPayable"),
    (79, "Sales of Product Income", AccountType::Income, "SalesOfProductIncome"),
    (80, "Cost of Goods Sold", AccountType::CostOfGoodsSold, "SuppliesMaterialsCogs"),
    (81, "Inventory Asset", AccountType::OtherCurrentAsset, "Inventory"),
    (82, "Shipping Income", AccountType::Income, "OtherPrimaryIncome"),
    (83, "Tips Payable", AccountType::OtherCurrentLiability, "OtherCurrentLiabilities"),
    (84, "Accounts Receivable (A/R)", AccountType::AccountsReceivable, "AccountsReceivable"),
    (86, "Discounts given", AccountType::Income, "DiscountsRefundsGiven"),
    (89, "Retained Earnings", AccountType::Equity, "RetainedEarnings"),
    (90, "Sales Tax Payable", AccountType::OtherCurrentLiability, "SalesTaxPayable"),
    (91, "Gift Card Liability", AccountType::OtherCurrentLiability, "OtherCurrentLiabilities"),
];

const ITEMS: &[(u32, &str, &str, u32, u32)] = &[
    (1, "Services", "Service", 1, 0),
    (2, "Hours", "Service", 1, 0),
    (3, "Goods", "NonInventory", 79, 80),
    (4, "Shipping", "Service", 82, 0),
    (5, "Gift Card", "Service", 91, 0),
];

const NAMES: &[(ListKind, u32, &str)] = &[
    (ListKind::Customer, 1, "Walk-in Customer"),
    (ListKind::Customer, 2, "Web Shop Customer"),
    (ListKind::Vendor, 3, "Card Processor"),
    (ListKind::Vendor, 4, "Parcel Carrier"),
    (ListKind::Employee, 5, "Shop Manager"),
];

const METHODS: &[(u32, &str, &str)] = &[
    (1, "Cash", "NON_CREDIT_CARD"),
    (2, "Check", "NON_CREDIT_CARD"),
    (3, "Visa", "CREDIT_CARD"),
    (4, "MasterCard", "CREDIT_CARD"),
    (5, "Discover", "CREDIT_CARD"),
    (6, "American Express", "CREDIT_CARD"),
    (7, "Wallet", "NON_CREDIT_CARD"),
];

const TERMS: &[(u32, &str, u32)] =
    &[(1, "Due on receipt", 0), (2, "Net 15", 15), (3, "Net 30", 30), (4, "Net 60", 60)];

fn record(kind: ListKind, id: u32, name: &str, facts: Facts) -> Record {
    Record { id, created: SEEDED, updated: SEEDED, ..Record::new(kind, name, facts) }
}

/// Puts the seed lists into empty books.
pub(crate) fn fill(books: &mut Books) {
    for (id, name, kind, subtype) in ACCOUNTS {
        let facts = Facts::Account { kind: *kind, subtype: (*subtype).into() };
        books.put_list(record(ListKind::Account, *id, name, facts));
    }
    for (id, name, service, income, expense) in ITEMS {
        let facts = Facts::Item {
            service: (*service).into(),
            category: false,
            income: *income,
            expense: *expense,
            asset: 0,
        };
        books.put_list(record(ListKind::Item, *id, name, facts));
    }
    for (kind, id, name) in NAMES {
        books.put_list(record(*kind, *id, name, Facts::Plain));
    }
    let class = schema::list(ListKind::PaymentMethod);
    for (id, name, method) in METHODS {
        let mut row = record(ListKind::PaymentMethod, *id, name, Facts::Plain);
        class.add_extra(&mut row.extras, "Type", &format!("\"{method}\""));
        books.put_list(row);
    }
    let class = schema::list(ListKind::Term);
    for (id, name, days) in TERMS {
        let mut row = record(ListKind::Term, *id, name, Facts::Plain);
        class.add_extra(&mut row.extras, "Type", "\"STANDARD\"");
        class.add_extra(&mut row.extras, "DueDays", &days.to_string());
        books.put_list(row);
    }
    books.roles = Roles {
        receivable: 84,
        payable: 33,
        undeposited: 4,
        sales_tax: 90,
        discounts: 86,
        shipping: 82,
        gratuity: 83,
        opening_equity: 34,
        exchange: 0,
    };
    tax::fill(books);
}
