//! What a sandbox company did in its first two months: every type of transaction, written through the
//! same rules as those of a caller.

#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "amounts are written with their cents apart"
)]

use std::fmt::Write as _;

use super::SEEDED;
use crate::books::Books;
use crate::budget::Budget;
use crate::clock::Date;
use crate::config::Limits;
use crate::json::{Json, Obj};
use crate::kind::{Entity, TxnKind};
use crate::service::{self, Op, Write};

/// Item, quantity, unit price in cents.
type Goods = &'static [(u32, i64, i64)];
/// Position of another row in the table, cents.
type Links = &'static [(usize, i64)];
/// Account, cents.
type Costs = &'static [(u32, i64)];

/// One transaction; the first number is a customer or vendor, the second the day of the year.
enum Row {
    Sale(TxnKind, u32, i64, Goods),
    Payment(u32, i64, i64, Links),
    Deposit(i64, &'static [usize]),
    Bill(u32, i64, Costs),
    Goods(TxnKind, u32, i64, Goods),
    Credit(u32, i64, Costs),
    PayBills(u32, i64, u32, Links),
    /// Paid from an account.
    Spend(u32, i64, u32, Costs),
    Journal(i64, u32, u32, i64),
    Transfer(i64, i64),
    Hours(u32, u32, i64, i64),
}

use Row::{Bill, Credit, Deposit, Hours, Journal, PayBills, Payment, Sale, Spend, Transfer};
use TxnKind::{CreditMemo, Estimate, Invoice, PurchaseOrder, RefundReceipt, SalesReceipt};

/// In the order of their ids. Positions in links count from zero.
const ROWS: &[Row] = &[
    Journal(1, 35, 34, 1_500_000),
    Journal(1, 37, 34, 1_349_500),
    Sale(Estimate, 24, 4, &[(4, 6, 75_00), (12, 4, 32_00)]),
    Row::Goods(PurchaseOrder, 47, 4, &[(5, 3, 125_00)]),
    Row::Goods(TxnKind::Bill, 47, 6, &[(5, 3, 125_00)]),
    Sale(Invoice, 1, 6, &[(4, 3, 75_00), (11, 4, 48_50)]),
    Sale(Invoice, 2, 7, &[(9, 2, 45_00)]),
    Sale(SalesReceipt, 18, 8, &[(11, 2, 48_50), (8, 2, 5_00)]),
    Spend(41, 8, 41, &[(23, 62_40)]),
    Bill(30, 9, &[(25, 114_09)]),
    Bill(40, 9, &[(17, 900_00)]),
    Sale(Invoice, 4, 10, &[(5, 1, 275_00), (7, 1, 25_00)]),
    Payment(1, 12, 419_00, &[(5, 419_00)]),
    Sale(Estimate, 14, 12, &[(18, 5, 90_00)]),
    Sale(SalesReceipt, 13, 13, &[(16, 6, 22_00)]),
    Hours(56, 8, 13, 4),
    PayBills(40, 14, 35, &[(10, 900_00)]),
    Deposit(15, &[7, 12, 14]),
    Sale(Invoice, 6, 15, &[(14, 8, 60_00)]),
    Bill(43, 16, &[(80, 205_00)]),
    Spend(33, 16, 35, &[(20, 47_18), (15, 19_99)]),
    Sale(Invoice, 8, 17, &[(2, 4, 50_00), (13, 3, 35_00)]),
    Sale(CreditMemo, 2, 18, &[(9, 1, 45_00)]),
    Payment(2, 18, 0, &[(6, 45_00), (22, 45_00)]),
    Sale(Invoice, 10, 19, &[(12, 10, 32_00), (6, 2, 50_00)]),
    Spend(42, 20, 41, &[(19, 83_25)]),
    Payment(4, 20, 150_00, &[(11, 150_00)]),
    Row::Goods(PurchaseOrder, 39, 21, &[(16, 20, 10_25), (12, 10, 14_00)]),
    Row::Goods(TxnKind::Bill, 39, 23, &[(16, 20, 10_60)]),
    Sale(Invoice, 11, 23, &[(16, 12, 22_00), (17, 4, 18_75)]),
    Credit(43, 24, &[(80, 25_00)]),
    PayBills(43, 25, 35, &[(19, 205_00), (30, 25_00)]),
    Sale(SalesReceipt, 23, 26, &[(17, 3, 18_75)]),
    Transfer(27, 500_00),
    Sale(Invoice, 16, 28, &[(18, 2, 90_00)]),
    Hours(57, 10, 28, 6),
    Payment(6, 29, 480_00, &[(18, 480_00)]),
    Sale(Invoice, 17, 30, &[(9, 3, 45_00), (3, 1, 36_40)]),
    Bill(44, 31, &[(29, 120_00)]),
    Bill(31, 31, &[(26, 56_50)]),
    Deposit(32, &[26, 36]),
    Bill(40, 32, &[(17, 900_00)]),
    Spend(45, 33, 35, &[(62, 75_00)]),
    Sale(Invoice, 19, 33, &[(15, 10, 15_00)]),
    Sale(Invoice, 20, 34, &[(10, 2, 40_00), (5, 1, 275_00)]),
    PayBills(40, 35, 35, &[(41, 900_00)]),
    Sale(RefundReceipt, 13, 35, &[(16, 1, 22_00)]),
    Payment(10, 36, 200_00, &[(24, 200_00)]),
    Sale(Invoice, 21, 37, &[(4, 5, 75_00), (11, 6, 48_50)]),
    Spend(41, 38, 41, &[(23, 54_10)]),
    Sale(Estimate, 27, 38, &[(6, 4, 50_00), (5, 2, 275_00)]),
    Bill(35, 40, &[(12, 241_23)]),
    Sale(SalesReceipt, 18, 41, &[(11, 3, 48_50)]),
    Payment(8, 42, 305_00, &[(21, 305_00)]),
    Row::Goods(PurchaseOrder, 53, 43, &[(5, 4, 130_00)]),
    Sale(Invoice, 24, 44, &[(4, 6, 75_00), (12, 4, 32_00)]),
    Spend(46, 45, 35, &[(6, 189_00)]),
    Bill(30, 46, &[(25, 97_61)]),
    PayBills(30, 47, 35, &[(9, 114_09)]),
    Hours(56, 14, 47, 3),
    Payment(21, 49, 666_00, &[(48, 666_00)]),
    Deposit(50, &[47, 52, 53]),
    Sale(Invoice, 28, 51, &[(11, 8, 48_50)]),
    PayBills(31, 52, 41, &[(39, 56_50)]),
    Sale(Invoice, 29, 54, &[(13, 6, 35_00), (7, 1, 25_00)]),
    Journal(58, 88, 38, 112_50),
];

fn money(cents: i64) -> String {
    crate::money::cents_text(cents)
}

/// `[a,b,...]` with lines made from rows.
fn lines<T: Copy>(rows: &[T], line: impl Fn(T) -> String) -> String {
    let lines: Vec<String> = rows.iter().map(|row| line(*row)).collect();
    format!("\"Line\":[{}]", lines.join(","))
}

fn sold((item, quantity, price): (u32, i64, i64)) -> String {
    format!(
        r#"{{"Amount":{},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{{},"TaxCodeRef":{{"value":"NON"}}}}}}"#,
        money(quantity * price),
        goods(item, quantity, price)
    )
}

fn goods(item: u32, quantity: i64, price: i64) -> String {
    format!(r#""ItemRef":{{"value":"{item}"}},"Qty":{quantity},"UnitPrice":{}"#, money(price))
}

fn bought((item, quantity, price): (u32, i64, i64)) -> String {
    format!(
        r#"{{"Amount":{},"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{{{}}}}}"#,
        money(quantity * price),
        goods(item, quantity, price)
    )
}

fn cost((account, cents): (u32, i64)) -> String {
    format!(
        r#"{{"Amount":{},"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"{account}"}}}}}}"#,
        money(cents)
    )
}

fn entry(side: &str, account: u32, cents: i64) -> String {
    format!(
        r#"{{"Amount":{},"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}}}}}"#,
        money(cents)
    )
}

/// The type of a row.
fn kind(row: &Row) -> TxnKind {
    match row {
        Sale(kind, ..) | Row::Goods(kind, ..) => *kind,
        Payment(..) => TxnKind::Payment,
        Deposit(..) => TxnKind::Deposit,
        Bill(..) => TxnKind::Bill,
        Credit(..) => TxnKind::VendorCredit,
        PayBills(..) => TxnKind::BillPayment,
        Spend(..) => TxnKind::Purchase,
        Journal(..) => TxnKind::JournalEntry,
        Transfer(..) => TxnKind::Transfer,
        Hours(..) => TxnKind::TimeActivity,
    }
}

/// Day of the year, and the JSON without its braces. `first` is the id of the first row.
fn body(row: &Row, first: u32) -> (i64, String) {
    let id = |at: usize| first + u32::try_from(at).unwrap_or(0);
    let link = |(at, cents): (usize, i64)| {
        let kind = ROWS.get(at).map_or("", |row| kind(row).name());
        format!(
            r#"{{"Amount":{},"LinkedTxn":[{{"TxnId":"{}","TxnType":"{kind}"}}]}}"#,
            money(cents),
            id(at)
        )
    };
    let customer = |id: u32| format!(r#""CustomerRef":{{"value":"{id}"}}"#);
    let vendor = |id: u32| format!(r#""VendorRef":{{"value":"{id}"}}"#);
    match row {
        Sale(kind, name, day, goods) => {
            let account = if *kind == RefundReceipt {
                r#","DepositToAccountRef":{"value":"35"}"#
            } else {
                ""
            };
            (*day, format!("{}{account},{}", customer(*name), lines(goods, sold)))
        }
        Payment(name, day, total, links) => {
            let lines = lines(links, link);
            (*day, format!(r#"{},"TotalAmt":{},{lines}"#, customer(*name), money(*total)))
        }
        Deposit(day, taken) => {
            let taken = lines(taken, |at| {
                let kind = ROWS.get(at).map_or("", |row| kind(row).name());
                format!(r#"{{"LinkedTxn":[{{"TxnId":"{}","TxnType":"{kind}"}}]}}"#, id(at))
            });
            (*day, format!(r#""DepositToAccountRef":{{"value":"35"}},{taken}"#))
        }
        Bill(name, day, costs) | Credit(name, day, costs) => {
            (*day, format!("{},{}", vendor(*name), lines(costs, cost)))
        }
        Row::Goods(_, name, day, goods) => {
            (*day, format!("{},{}", vendor(*name), lines(goods, bought)))
        }
        PayBills(name, day, account, links) => {
            let credit = |at: usize| matches!(ROWS.get(at), Some(Credit(..)));
            let total: i64 = links.iter().map(|(at, c)| if credit(*at) { -c } else { *c }).sum();
            let (way, key) = if *account == 41 {
                ("CreditCard", r#""CreditCardPayment":{"CCAccountRef""#)
            } else {
                ("Check", r#""CheckPayment":{"BankAccountRef""#)
            };
            (
                *day,
                format!(
                    r#"{},"PayType":"{way}",{key}:{{"value":"{account}"}}}},"TotalAmt":{},{}"#,
                    vendor(*name),
                    money(total),
                    lines(links, link)
                ),
            )
        }
        Spend(name, day, account, costs) => {
            let way = if *account == 41 { "CreditCard" } else { "Cash" };
            let mut text =
                format!(r#""AccountRef":{{"value":"{account}"}},"PaymentType":"{way}","#);
            let _ = write!(
                text,
                r#""EntityRef":{{"value":"{name}","type":"Vendor"}},{}"#,
                lines(costs, cost)
            );
            (*day, text)
        }
        Journal(day, debit, credit, cents) => {
            let both = [entry("Debit", *debit, *cents), entry("Credit", *credit, *cents)];
            (*day, format!("\"Line\":[{}]", both.join(",")))
        }
        Transfer(day, cents) => (
            *day,
            format!(
                r#""FromAccountRef":{{"value":"35"}},"ToAccountRef":{{"value":"36"}},"Amount":{}"#,
                money(*cents)
            ),
        ),
        Hours(employee, name, day, hours) => (
            *day,
            format!(
                r#""NameOf":"Employee","EmployeeRef":{{"value":"{employee}"}},{},"BillableStatus":"Billable","HourlyRate":50,"Hours":{hours},"Minutes":0"#,
                customer(*name)
            ),
        ),
    }
}

/// Writes the history and the budget.
pub(crate) fn write(books: &mut Books) {
    let limits = Limits::default();
    let first = books.peek_txn_id();
    let start = Date::of(2026, 1, 1);
    for row in ROWS {
        let (day, body) = body(row, first);
        let text = format!(r#"{{"TxnDate":"{}",{body}}}"#, start.plus(day - 1).text());
        let Ok(obj) = Obj::parse(&text) else { continue };
        let request = Write {
            entity: Entity::Txn(kind(row)),
            op: Op::Create,
            obj: &obj,
            allow_duplicate_number: false,
            void_paid_invoice: true,
            realm: "",
            limits: &limits,
            // Noon in the company's own zone, more or less.
            now_us: (SEEDED + (day - 1) * 86_400 + 72_000) * 1_000_000,
        };
        let written = service::write(books, &request, &mut Json::default());
        debug_assert!(written.is_ok(), "{text}: {written:?}");
    }
    budget(books, start);
}

/// Income, goods and rent, month by month.
fn budget(books: &mut Books, start: Date) {
    let months = (1..=12).map(|month| Date::of(2026, month, 1));
    let amounts = [(79, 1_200_00), (1, 800_00), (80, 500_00), (17, 900_00)];
    books.budgets.push(Budget {
        id: 1,
        name: "Operations 2026".into(),
        created: SEEDED,
        start,
        end: Date::of(2026, 12, 31),
        details: months
            .flat_map(|month| amounts.map(|(account, cents)| (month, account, cents)))
            .collect(),
    });
}
