//! One document of every kind, and what they refer to.

use kernel::{BusinessKey, Currency, Decimal, Document, DocumentKind, DocumentLine, DocumentLink};

pub const ACCOUNTS: &[&str] =
    &["Clearing", "Checking", "Sales", "Discounts", "Sales tax", "Fees", RECEIVABLES, "Tips"];
/// QuickBooks makes this account itself.
pub const RECEIVABLES: &str = "Accounts Receivable (A/R)";
pub const ITEMS: &[&str] = &["Mug", "Discount", "Sales tax collected"];
pub const CUSTOMERS: &[&str] = &["Web Shop"];

/// The business key of the test document of `kind`.
pub fn key(kind: DocumentKind) -> BusinessKey {
    BusinessKey::new(format!("shop:test/{}/1", kind.as_str()))
}

pub fn line(item: Option<&str>, account: &str, amount_minor: i64) -> DocumentLine {
    DocumentLine {
        item: item.map(str::to_owned),
        account: account.to_owned(),
        description: String::new(),
        quantity: None,
        unit_price: None,
        amount_minor,
        customer: None,
        class: None,
        location: None,
    }
}

fn sales_lines() -> Vec<DocumentLine> {
    let mut mugs = line(Some("Mug"), "Sales", 2_598);
    "Mug \"blue\"".clone_into(&mut mugs.description);
    mugs.quantity = Some(Decimal::from(2));
    mugs.unit_price = Some(Decimal::new(1_299, 2));
    vec![
        mugs,
        line(Some("Discount"), "Discounts", -259),
        line(Some("Sales tax collected"), "Sales tax", 152),
    ]
}

/// The test document of `kind`: 24.91 for sales, dated 2026-09-14.
pub fn document(kind: DocumentKind) -> Document {
    let mut out = Document {
        key: key(kind),
        kind,
        date: "2026-09-14".parse().unwrap(),
        currency: Currency::USD,
        rate: None,
        number: Some("SO-1001".to_owned()),
        customer: Some("Web Shop".to_owned()),
        location: None,
        lines: Vec::new(),
        account: "Clearing".to_owned(),
        counter_account: None,
        links: Vec::new(),
        memo: "Order 1001".to_owned(),
        total_minor: 2_491,
    };
    match kind {
        DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => out.lines = sales_lines(),
        DocumentKind::Invoice | DocumentKind::CreditMemo => {
            out.lines = sales_lines();
            RECEIVABLES.clone_into(&mut out.account);
        }
        DocumentKind::Payment => {
            out.counter_account = Some(RECEIVABLES.to_owned());
            out.links = vec![DocumentLink { to: key(DocumentKind::Invoice), amount_minor: 2_491 }];
        }
        DocumentKind::Expense => {
            out.customer = None;
            out.lines = vec![line(None, "Fees", 2_600), line(None, "Tips", -109)];
        }
        DocumentKind::Transfer => {
            out.customer = None;
            out.number = None;
            out.counter_account = Some("Checking".to_owned());
        }
        DocumentKind::JournalEntry => {
            out.customer = None;
            out.lines = vec![
                line(None, "Clearing", 2_491),
                line(None, "Tips", 0),
                line(None, "Sales", -2_339),
                line(None, "Sales tax", -152),
            ];
        }
        DocumentKind::Deposit => {
            out.customer = None;
            "Checking".clone_into(&mut out.account);
            out.lines = vec![line(None, "Clearing", 2_600), line(None, "Fees", -109)];
        }
    }
    out
}
