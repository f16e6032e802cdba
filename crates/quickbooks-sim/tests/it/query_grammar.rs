//! The query language word by word: what is understood, and the complaints of the parser.

use serde_json::Value;

use crate::support::{Company, company, company_of, invoice};
use quickbooks_sim::{Config, Limits};

fn ids(c: &mut Company, query: &str) -> String {
    let answer = c.query(query);
    assert_eq!(answer.status, 200, "{query}\n{}", answer.text);
    let rows = answer.body["QueryResponse"].as_object().unwrap();
    let rows = rows.values().find_map(Value::as_array).cloned().unwrap_or_default();
    let ids: Vec<_> = rows.iter().map(|row| row["Id"].as_str().unwrap_or("-")).collect();
    ids.join(" ")
}

/// Invoices 145 to 147 of 10, 20 and 30 on the first three days of March.
fn three() -> Company {
    let mut c = company();
    for n in 1..=3 {
        c.save(
            "Invoice",
            &format!(
                r#"{{"TxnDate":"2026-03-0{n}","DocNumber":"N-{n}",{}"#,
                &invoice(&format!("{n}0"))[1..]
            ),
        );
    }
    c
}

#[test]
fn between_contains_and_today() {
    fact!("Query", "all", Assumed, "§3", "between takes both ends, contains any part of a text");
    fact!("Query", "all", Assumed, "§3", "CURRENT_DATE is today in the company's time zone");
    let mut c = three();
    for (condition, want) in [
        ("TxnDate between '2026-03-01' and '2026-03-02'", "145 146"),
        ("TotalAmt BETWEEN 20 AND 30.00 AND DocNumber = 'n-3'", "147"),
        ("DocNumber contains '-2'", "146"),
        ("DocNumber CONTAINS 'N-'", "145 146 147"),
        ("TxnDate < CURRENT_DATE", "145"),
        ("TxnDate = current_date", "146"),
        ("DueDate between CURRENT_DATE and '2026-04-01'", "145 146"),
    ] {
        assert_eq!(
            ids(&mut c, &format!("select * from Invoice where {condition} orderby Id")),
            want,
            "{condition}"
        );
    }
}

#[test]
fn values_are_quoted_or_bare_and_names_are_in_any_case() {
    fact!("Query", "all", Documented, "§3", "dates, amounts and booleans are quoted or bare");
    let mut c = three();
    for (query, want) in [
        ("select * from Invoice where TxnDate = 2026-03-02", "146"),
        ("select * from Invoice where totalamt = '20.00'", "146"),
        ("select * from Invoice where TOTALAMT=20", "146"),
        ("select * from Customer where Active = 'true' orderby id", "1 2"),
        ("Select * From customer Where active=TRUE OrderBy DISPLAYNAME desc", "2 1"),
        ("select * from invoice where metadata.createtime >= 2026-03-02T10:00:03-08:00", "147"),
        ("select * from Invoice where Balance > -5 order by TxnDate desc", "147 146 145"),
        ("select\t*\nfrom Invoice\r\nwhere Id='145'", "145"),
    ] {
        assert_eq!(ids(&mut c, query), want, "{query}");
    }
}

#[test]
fn quotes_of_every_kind() {
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "a curly quote belongs to a name, outside one it is a lexical error"
    );
    let mut c = company();
    for name in ["O\u{2019}Neil \u{2013} Co", "Back\\slash", "Ann's \"A\" % _", "Zoë \u{1f600}"] {
        let sent = serde_json::json!({ "DisplayName": name }).to_string();
        let made = c.save("Customer", &sent);
        let literal = name.replace('\\', "\\\\").replace('\'', "\\'");
        let found = ids(&mut c, &format!("select * from Customer where DisplayName = '{literal}'"));
        assert_eq!(made["Id"], found, "{name}");
        let found =
            ids(&mut c, &format!("select * from Customer where DisplayName in ('{literal}','x')"));
        assert_eq!(made["Id"], found, "{name}");
    }
    assert_eq!(ids(&mut c, "select * from Customer where DisplayName like '%n\\'s \"A%'"), "60");
    let curly = c.query("select * from Customer where DisplayName = \u{2018}Ann\u{2019}");
    assert_eq!(
        (curly.code(), curly.detail()),
        (
            "4000",
            "QueryParserError: Invalid content. Lexical error at line 1, column 44.  Encountered: \
             \"\\u2018\" (8216), after : \"\""
        )
    );
}

#[test]
fn a_column_list_drops_what_holds_lists() {
    fact!(
        "Query",
        "all",
        Recorded,
        "§3",
        "a column list drops nested parts, a star beside it drops nothing"
    );
    let mut c = three();
    c.save("Item", r#"{"Name":"Mug","Sku":"M-1","IncomeAccountRef":{"value":"79"}}"#);
    let row = |c: &mut Company, query: &str, entity: &str| {
        c.query(query).body["QueryResponse"][entity][0].clone()
    };
    let star = row(&mut c, "select *, Sku from Item where Sku = 'm-1'", "Item");
    assert_eq!((&star["Sku"], &star["Name"]), (&"M-1".into(), &"Mug".into()));
    let some = row(
        &mut c,
        "select Id, DocNumber, CustomerRef, Line, TxnTaxDetail, MetaData.CreateTime from Invoice \
         where Id = '145'",
        "Invoice",
    );
    assert_eq!(
        some,
        serde_json::json!({
            "CustomerRef": {"value": "1", "name": "Walk-in Customer"},
            "DocNumber": "N-1",
            "Id": "145",
            "MetaData": {"CreateTime": "2026-03-02T10:00:01-08:00"},
            "TxnTaxDetail": {"TotalTax": 0},
            "domain": "QBO",
            "sparse": true,
        })
    );
    let unknown = c.query("select Id, Nonsense from Invoice");
    assert_eq!(
        (unknown.code(), unknown.detail()),
        ("4001", "QueryValidationError: Property Nonsense not found for Entity Invoice")
    );
}

/// What the recorded list after a property or a value begins with.
const OPERAND: &str = "<EOF> \n    \".\" ...\n    <AND> ...\n    \"between\" ...\n    \"contains\" ...\n    \"=\" ...\n";

/// Query, what was encountered where, what was expected.
const COMPLAINTS: &[(&str, &str, &str)] = &[
    ("", "\"<EOF>\" at line 0, column 0.", "Was expecting:\n    \"select\" ...\n    "),
    (
        "delete from Customer",
        "\" <IDENTIFIER> \"delete \"\" at line 1, column 1.",
        "Was expecting:\n    \"select\" ...",
    ),
    ("select * from", "\"<EOF>\" at line 1, column 13.", "Was expecting:\n    <IDENTIFIER> ..."),
    (
        "select from Customer x",
        "\" <IDENTIFIER> \"Customer \"\" at line 1, column 13.",
        "Was expecting one of:\n    \",\" ...\n    \"from\" ...",
    ),
    (
        "select *\nfrom Customer\n  where Active true",
        "\" <IDENTIFIER> \"true \"\" at line 3, column 16.",
        OPERAND,
    ),
    (
        "select * from Customer where DisplayName = 'Ada's shop'",
        "\" <IDENTIFIER> \"s \"\" at line 1, column 49.",
        OPERAND,
    ),
    (
        "select * from Customer where Id = and",
        "\" <AND> \"and \"\" at line 1, column 35.",
        "<STRING> ...",
    ),
    (
        "select * from Customer where Id in '1'",
        "\" <STRING> \"\\'1\\' \"\" at line 1, column 36.",
        "Was expecting:\n    \"(\" ...",
    ),
    (
        "select * from Customer where Id in ()",
        "\" \")\" \") \"\" at line 1, column 37.",
        "<STRING> ...",
    ),
    (
        "select * from Customer maxresults 'ten'",
        "\" <STRING> \"\\'ten\\' \"\" at line 1, column 35.",
        "<INTEGER> ...",
    ),
    (
        "select * from Customer maxresults 1 maxresults 2",
        "\" \"maxresults\" \"maxresults \"\" at line 1, column 37.",
        "<EOF>",
    ),
    (
        "select * from Customer maxresults 1 orderby Id",
        "\" \"orderby\" \"orderby \"\" at line 1, column 37.",
        "<EOF>",
    ),
    (
        "select * from Customer where Active = true and",
        "\"<EOF>\" at line 1, column 46.",
        "<IDENTIFIER> ...",
    ),
    (
        "select count(Id) from Customer",
        "\" <IDENTIFIER> \"Id \"\" at line 1, column 14.",
        "\"*\" ...",
    ),
];

#[test]
fn complaints_name_the_token_the_place_and_what_was_expected() {
    fact!("Query", "all", Recorded, "§3", "an empty query is 4000 at line 0, column 0");
    fact!("Query", "all", Recorded, "§3", "an unknown character is a lexical error with its code");
    let mut c = company();
    for (query, encountered, expected) in COMPLAINTS {
        let answer = c.query(query);
        assert_eq!(
            (answer.status, answer.code(), &answer.body["Fault"]["Error"][0]["Message"]),
            (400, "4000", &"Error parsing query".into()),
            "{query}"
        );
        let want = format!("QueryParserError: Encountered {encountered}\nWas expecting");
        assert!(answer.detail().starts_with(&want), "{query}\n{}", answer.detail());
        assert!(answer.detail().contains(expected), "{query}\n{}", answer.detail());
    }
    for (query, lexical) in [
        (
            "select * from Customer; drop",
            "line 1, column 23.  Encountered: \";\" (59), after : \"\"",
        ),
        (
            "select * from Customer where Active != true",
            "line 1, column 37.  Encountered: \"!\" (33), after : \"\"",
        ),
        (
            "select * from Customer where DisplayName = 'open",
            "line 1, column 48.  Encountered: <EOF> after : \"\\'open\"",
        ),
    ] {
        let want = format!("QueryParserError: Invalid content. Lexical error at {lexical}");
        assert_eq!(c.query(query).detail(), want, "{query}");
    }
    assert_eq!(c.get("query").detail(), c.query("").detail());
}

#[test]
fn or_is_refused_after_the_parser() {
    fact!(
        "Query",
        "all",
        Assumed,
        "§3",
        "OR is 4001: the parser's own list expects it, the language has none"
    );
    let mut c = company();
    let or = c.query("select * from Customer where Active = true or Active = false");
    assert_eq!(or.code(), "4001");
}

#[test]
fn an_answer_too_large_is_refused() {
    fact!("Errors", "10100", Documented, "§7", "a result that is too large");
    let limits = Limits { answer_bytes: 2_000, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    assert_eq!(c.query("select * from Account maxresults 2").status, 200);
    let many = c.query("select * from Account");
    assert_eq!((many.status, many.code()), (400, "10100"));
    assert_eq!(c.query("select count(*) from Account").status, 200);
}
