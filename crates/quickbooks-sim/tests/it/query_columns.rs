//! Which properties can be filtered and sorted, entity by entity.

use crate::support::{Company, company};

/// Entity, properties that sort and filter, properties that only filter. Id and the two times of
/// MetaData do both everywhere.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "Invoice",
        "DocNumber TxnDate DueDate Balance",
        "TotalAmt CustomerRef SalesTermRef ProjectRef",
    ),
    ("Payment", "TxnDate TotalAmt PaymentRefNum", "CustomerRef ProjectRef PaymentMethodRef"),
    ("CreditMemo", "TxnDate DocNumber TotalAmt Balance", "CustomerRef SalesTermRef ProjectRef"),
    ("RefundReceipt", "TxnDate DocNumber Balance PaymentType", "CustomerRef ProjectRef"),
    ("SalesReceipt", "TxnDate DocNumber Balance", "TotalAmt CustomerRef ProjectRef"),
    (
        "Customer",
        "DisplayName FullyQualifiedName CompanyName PrintOnCheckName Active Balance",
        "GivenName MiddleName FamilyName PrimaryEmailAddr",
    ),
    ("Item", "Name Type", "FullyQualifiedName Sku Active Taxable SubItem Description"),
    (
        "Account",
        "Name FullyQualifiedName AccountType AccountSubType Classification CurrentBalance Active",
        "",
    ),
    ("JournalEntry", "DocNumber TxnDate", ""),
    ("Deposit", "TxnDate", "DepositToAccountRef"),
    ("Term", "", "Name Active"),
    ("PaymentMethod", "", "Name Active"),
    ("Department", "FullyQualifiedName", "Active"),
    ("Class", "FullyQualifiedName", "Active"),
];

fn value(property: &str) -> &'static str {
    match property {
        "Active" | "Taxable" | "SubItem" => "true",
        "TxnDate" | "DueDate" => "'2026-03-02'",
        p if p.starts_with("MetaData") => "'2026-03-02T10:00:00Z'",
        "Balance" | "TotalAmt" | "CurrentBalance" => "'1.00'",
        p if p.ends_with("Ref") || p == "Id" => "'1'",
        _ => "'x'",
    }
}

fn filtered(c: &mut Company, entity: &str, property: &str) -> (u16, String) {
    let answer = c.query(&format!("select * from {entity} where {property} = {}", value(property)));
    (answer.status, answer.detail().to_owned())
}

fn sorted(c: &mut Company, entity: &str, property: &str) -> (u16, String) {
    let answer = c.query(&format!("select * from {entity} orderby {property}"));
    (answer.status, answer.detail().to_owned())
}

#[test]
fn properties_filter_and_sort_as_the_table_says() {
    fact!(
        "Query",
        "all",
        Documented,
        "§3",
        "each entity filters and sorts by its own properties and no others"
    );
    fact!("Query", "all", Assumed, "§3", "ORDERBY a property that only filters is 4001");
    let mut c = company();
    for (entity, both, only) in TABLE {
        let both = both.split_whitespace();
        for property in both.chain(["Id", "MetaData.CreateTime", "MetaData.LastUpdatedTime"]) {
            let ok = (200, String::new());
            assert_eq!(filtered(&mut c, entity, property), ok, "{entity} {property}");
            assert_eq!(sorted(&mut c, entity, property), ok, "{entity} {property}");
        }
        for property in only.split_whitespace() {
            assert_eq!(filtered(&mut c, entity, property).0, 200, "{entity} {property}");
            let refused = format!("QueryValidationError: property '{property}' is not sortable");
            assert_eq!(sorted(&mut c, entity, property), (400, refused), "{entity} {property}");
        }
    }
}

#[test]
fn what_is_filterable_nowhere() {
    fact!(
        "Query",
        "all",
        Documented,
        "§3",
        "notes, custom fields, lines and links are never filterable"
    );
    fact!(
        "Vendor",
        "query",
        Recorded,
        "§3",
        "PrimaryEmailAddr is not queryable, on Customer it is"
    );
    let mut c = company();
    for (entity, property) in [
        ("Invoice", "PrivateNote"),
        ("Invoice", "CustomField"),
        ("Invoice", "Line"),
        ("Invoice", "Line.Amount"),
        ("Invoice", "LinkedTxn"),
        ("Payment", "Line"),
        ("RefundReceipt", "TotalAmt"),
        ("Customer", "Notes"),
        ("Vendor", "PrimaryEmailAddr"),
        ("Class", "Name"),
    ] {
        let refused = format!("QueryValidationError: property '{property}' is not queryable");
        assert_eq!(filtered(&mut c, entity, property), (400, refused.clone()), "{entity}");
        assert_eq!(sorted(&mut c, entity, property), (400, refused), "{entity}");
    }
    for (entity, property) in [("Payment", "DocNumbers"), ("Deposit", "CustomerRef")] {
        let refused =
            format!("QueryValidationError: Property {property} not found for Entity {entity}");
        assert_eq!(filtered(&mut c, entity, property), (400, refused), "{entity}");
    }
    for query in [
        "select * from Customer where Id like '1%'",
        "select * from Customer where Id between '1' and '2'",
        "select * from Invoice where TxnDate like '2026%'",
        "select * from Invoice where TotalAmt contains '1'",
        "select * from Invoice where TxnDate = 'yesterday'",
        "select * from Invoice where TotalAmt = 'much'",
        "select * from Customer where Active = 'maybe'",
    ] {
        assert_eq!(c.query(query).code(), "4001", "{query}");
    }
}
