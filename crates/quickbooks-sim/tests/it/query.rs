//! The query endpoint: grammar, filters, order, paging, escaping, refusals.

use serde_json::Value;

use crate::support::{Company, company, invoice, key, request};
use http::Method;

fn ids(answer: &Value, entity: &str) -> Vec<String> {
    answer["QueryResponse"][entity]
        .as_array()
        .map(|rows| rows.iter().map(|r| r["Id"].as_str().unwrap_or("").to_owned()).collect())
        .unwrap_or_default()
}

/// Five invoices 145 to 149 of 10 to 50.
fn five() -> Company {
    let mut c = company();
    for n in 1..=5 {
        c.save(
            "Invoice",
            &format!(
                r#"{{"TxnDate":"2026-03-0{n}","DocNumber":"N{n}",{}"#,
                &invoice(&format!("{n}0"))[1..]
            ),
        );
    }
    c
}

#[test]
fn filters_order_and_pages() {
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "keywords, properties and values in any case; ORDERBY, ORDER BY; paging in either order"
    );
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "maxResults counts this page, an empty answer is {}, count gives totalCount alone"
    );
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "without ORDERBY the newest change of a transaction comes first"
    );
    fact!("Query", "all", Recorded, "§3", "POST takes the query as its body");
    let mut c = five();
    for (query, want) in [
        ("select * from Invoice", "149 148 147 146 145"),
        ("SELECT * FROM Invoice ORDERBY Id", "145 146 147 148 149"),
        ("SELECT * FROM Invoice ORDER BY TxnDate DESC, Id ASC MAXRESULTS 2", "149 148"),
        ("SELECT * FROM Invoice ORDERBY Id STARTPOSITION 2 MAXRESULTS 2", "146 147"),
        ("SELECT * FROM Invoice ORDERBY Id MAXRESULTS 2 STARTPOSITION 5", "149"),
        ("SELECT * FROM Invoice WHERE Id IN ('145', '149', '7')", "149 145"),
        ("select * from invoice where id = '147'", "147"),
        ("SELECT * FROM Invoice WHERE DocNumber = 'n3'", "147"),
        ("SELECT * FROM Invoice WHERE DocNumber IN ('N3','N4') AND TotalAmt > '30.00'", "148"),
        ("SELECT * FROM Invoice WHERE DocNumber LIKE '%5'", "149"),
        ("SELECT * FROM Invoice WHERE TxnDate >= '2026-03-04' ORDERBY Id", "148 149"),
        ("SELECT * FROM Invoice WHERE TxnDate < '2026-03-02'", "145"),
        ("SELECT * FROM Invoice WHERE Balance = 20", "146"),
        ("SELECT * FROM Invoice WHERE CustomerRef = '1' AND TotalAmt <= 10.0", "145"),
        ("SELECT * FROM Invoice WHERE CustomerRef = '2'", ""),
        (
            "SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime > '2026-03-02T10:00:03-08:00' ORDERBY Id",
            "148 149",
        ),
        ("SELECT * FROM Invoice WHERE MetaData.CreateTime <= '2026-03-02T18:00:01Z'", "145"),
        ("SELECT * FROM Payment", ""),
    ] {
        let answer = c.query(query);
        assert_eq!(answer.status, 200, "{query}\n{}", answer.text);
        assert_eq!(ids(&answer.body, "Invoice").join(" "), want, "{query}");
    }
    let page = c.query("SELECT * FROM Invoice ORDERBY Id STARTPOSITION 4 MAXRESULTS 10").body;
    assert_eq!(page["QueryResponse"]["startPosition"], 4);
    assert_eq!(page["QueryResponse"]["maxResults"], 2);
    let none = c.query("SELECT * FROM Payment");
    assert!(none.text.starts_with(r#"{"QueryResponse":{},"time":"#), "{}", none.text);
    let count = c.query("select count(*) from Invoice where TotalAmt > 20");
    assert!(
        count.text.starts_with(r#"{"QueryResponse":{"totalCount":3},"time":"#),
        "{}",
        count.text
    );
    let columns = c.query("SELECT Id, DocNumber FROM Invoice WHERE Id = '145'").body;
    let row = &columns["QueryResponse"]["Invoice"][0];
    assert_eq!((&row["DocNumber"], row.get("Line")), (&"N1".into(), None));
    let posted = request(Method::POST, "query", &c.token, "select * from Invoice where Id = '145'");
    assert_eq!(ids(&c.send(&posted).body, "Invoice"), ["145"]);
}

#[test]
fn the_default_page_is_a_hundred_and_the_largest_a_thousand() {
    fact!("Query", "all", Documented, "§3", "a page has 100 rows, 1000 at most");
    fact!("Query", "all", Assumed, "§3", "MAXRESULTS above 1000 is 4001");
    let mut c = company();
    for n in 0..105 {
        c.save("Customer", &format!(r#"{{"DisplayName":"C{n}"}}"#));
    }
    let page = c.query("SELECT * FROM Customer").body;
    assert_eq!(page["QueryResponse"]["maxResults"], 100);
    assert_eq!(
        c.query("SELECT * FROM Customer MAXRESULTS 1000").body["QueryResponse"]["maxResults"],
        107
    );
    let many = c.query("SELECT * FROM Customer MAXRESULTS 1001");
    assert_eq!(
        (many.code(), many.detail()),
        ("4001", "QueryValidationError: value 1001 is too large. Max allowed value is 1000")
    );
}

#[test]
fn inactive_objects_show_only_when_asked_for_and_names_sort() {
    fact!(
        "Query",
        "all",
        Documented,
        "§3",
        "inactive list objects are hidden unless Active is asked for"
    );
    fact!(
        "Query",
        "all",
        Documented,
        "§3",
        "a quote is escaped by a backslash, and so is a backslash"
    );
    fact!("Query", "all", Recorded, "§3", "without ORDERBY lists are sorted by name");
    let mut c = company();
    let b = c.save("Customer", r#"{"DisplayName":"bert"}"#);
    c.save("Customer", r#"{"DisplayName":"Ada's \"Shop\" \\ Co"}"#);
    c.save("Customer", &format!(r#"{},"sparse":true,"Active":false}}"#, key(&b)));
    assert_eq!(ids(&c.query("SELECT * FROM Customer").body, "Customer"), ["59", "1", "2"]);
    let all = c.query("SELECT * FROM Customer WHERE Active IN (true, false)").body;
    assert_eq!(ids(&all, "Customer"), ["59", "58", "1", "2"]);
    assert_eq!(
        ids(&c.query("SELECT * FROM Customer WHERE Active = false").body, "Customer"),
        ["58"]
    );
    for name in [r#"'Ada\'s "Shop" \\ Co'"#, r#"'ada\'s "SHOP" \\ co'"#] {
        let answer = c.query(&format!("SELECT * FROM Customer WHERE DisplayName = {name}"));
        assert_eq!(ids(&answer.body, "Customer"), ["59"], "{}", answer.text);
    }
    let accounts = c.query("SELECT * FROM Account WHERE AccountType = 'Bank' ORDERBY Name").body;
    assert_eq!(ids(&accounts, "Account"), ["35", "36"]);
}

#[test]
fn refusals_of_queries() {
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "4000 names the token, its line and column, and what was expected"
    );
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "4001 for an unknown entity, an unknown property, one that cannot be filtered, and STARTPOSITION 0"
    );
    fact!("Query", "all", Recorded, "§3", "an empty Id is 2030; Id takes only = and IN");
    let mut c = company();
    for (query, code, detail) in [
        (
            "select * from Custmoer",
            "4001",
            "QueryValidationError: invalid context declaration: Custmoer",
        ),
        (
            "select * from Customer where Email = 'x'",
            "4001",
            "QueryValidationError: Property Email not found for Entity Customer",
        ),
        (
            "select * from Vendor where PrimaryEmailAddr = 'x'",
            "4001",
            "QueryValidationError: property 'PrimaryEmailAddr' is not queryable",
        ),
        (
            "select * from Invoice where PrivateNote = 'x'",
            "4001",
            "QueryValidationError: property 'PrivateNote' is not queryable",
        ),
        (
            "select * from Customer startposition 0",
            "4001",
            "QueryValidationError: value 0 is too small. Min allowed value is 1",
        ),
    ] {
        let answer = c.query(query);
        assert_eq!((answer.status, answer.code(), answer.detail()), (400, code, detail), "{query}");
    }
    let quoted = c.query("SELECT * FROM Customer WHERE DisplayName = 'Ada's shop'");
    assert_eq!(quoted.code(), "4000");
    assert!(
        quoted.detail().starts_with(
            "QueryParserError: Encountered \" <IDENTIFIER> \"s \"\" at line 1, column 49.\nWas expecting one of:\n    <EOF> "
        ),
        "{}",
        quoted.detail()
    );
    for query in [
        "",
        "SELECT",
        "SELECT * FROM",
        "SELECT * FROM Customer WHERE",
        "SELECT * FROM Customer WHERE NOT Active = true",
        "SELECT * FROM Customer WHERE Active != true",
        "SELECT * FROM Customer WHERE Id IN ()",
        "SELECT * FROM Customer; DROP",
        "SELECT * FROM Customer WHERE DisplayName = 'open",
        "SELECT * FROM Customer MAXRESULTS ten",
    ] {
        assert_eq!(c.query(query).code(), "4000", "{query}");
    }
    assert_eq!(c.query("SELECT * FROM Customer WHERE Id = ''").code(), "2030");
    assert_eq!(c.query("SELECT * FROM Customer WHERE Id > '1'").code(), "4001");
}
