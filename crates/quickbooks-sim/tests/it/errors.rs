//! The catalogue of errors: what a client does to get each code, and what it then sees.

#![expect(clippy::too_many_lines, reason = "each test is one table of refusals")]

use http::Method;
use serde_json::Value;

use crate::support::{Answer, Company, company, company_of, invoice, key, request};
use quickbooks_sim::{CompanyPrefs, Condition, Config};

/// The one error of a refusal: status, fault type, code, message, element.
#[track_caller]
fn told(answer: &Answer) -> (u16, String, String, String, String) {
    let fault = &answer.body["Fault"];
    let errors = fault["Error"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    assert_eq!(errors.len(), 1, "{}", answer.text);
    assert!(answer.text.contains(r#""time":""#), "{}", answer.text);
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    assert!(!text(&errors[0]["Detail"]).is_empty(), "{}", answer.text);
    (
        answer.status,
        text(&fault["type"]),
        text(&errors[0]["code"]),
        text(&errors[0]["Message"]),
        text(&errors[0]["element"]),
    )
}

/// Path, body; code, message and element of a validation fault.
type Row = (&'static str, String, &'static str, &'static str, &'static str);

fn refused(c: &mut Company, rows: &[Row]) {
    let before = (c.sim.trial_balance(), c.sim.transactions().count());
    for (path, body, code, message, element) in rows {
        let answer = c.post(path, body);
        let want =
            (400, "ValidationFault".into(), (*code).into(), (*message).into(), (*element).into());
        assert_eq!(told(&answer), want, "{path} {body}\n{}", answer.text);
    }
    assert_eq!((c.sim.trial_balance(), c.sim.transactions().count()), before);
}

fn sale(head: &str, line: &str) -> String {
    format!(
        r#"{{"CustomerRef":{{"value":"1"}}{head},"Line":[{{"Amount":10,"DetailType":"SalesItemLineDetail"{line}}}]}}"#
    )
}

fn customer(rest: &str) -> String {
    format!(r#"{{"DisplayName":"Ada"{rest}}}"#)
}

#[test]
fn values_that_a_property_cannot_hold() {
    fact!("Errors", "2030", Recorded, "§2", "an id that is no number, at Id");
    fact!("Errors", "2040", Documented, "§7", "a colon in a name");
    fact!(
        "Errors",
        "2050",
        Documented,
        "§7",
        "a text beyond its length, with Min, Max and what was supplied"
    );
    fact!("Errors", "2060", Documented, "§7", "a text that is no date");
    fact!("Errors", "2070", Documented, "§7", "a day that does not exist");
    fact!("Errors", "2080", Documented, "§7", "a text where a whole number belongs");
    fact!("Errors", "2090", Documented, "§7", "a whole number that cannot be");
    fact!("Errors", "2100", Documented, "§7", "an amount that is no number");
    fact!("Errors", "2110", Documented, "§7", "an amount beyond 15 digits");
    fact!("Errors", "2150", Documented, "§7", "a percentage above 100");
    fact!("Errors", "2170", Documented, "§7", "a value that the enumeration does not have");
    fact!("Errors", "2200", Documented, "§7", "a web address that is none");
    fact!("Errors", "2210", Documented, "§7", "an e-mail address that is none");
    fact!("Errors", "2230", Documented, "§7", "a text that is neither true nor false");
    fact!("Errors", "2240", Documented, "§7", "a negative total");
    let mut c = company();
    let long = "x".repeat(22);
    let discount = r#"},{"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":true,"DiscountPercent":100.5}"#;
    refused(
        &mut c,
        &[
            ("invoice", sale(r#","Id":"1.5""#, ""), "2030", "Invalid ID", "Id"),
            (
                "customer",
                r#"{"DisplayName":"a:b"}"#.into(),
                "2040",
                "Invalid String. The string may have unsupported characters",
                "DisplayName",
            ),
            (
                "invoice",
                sale(&format!(r#","DocNumber":"{long}""#), ""),
                "2050",
                "String length is either shorter or longer than supported by specification",
                "DocNumber",
            ),
            (
                "invoice",
                sale(r#","TxnDate":"tomorrow""#, ""),
                "2060",
                "Invalid Date Format",
                "TxnDate",
            ),
            ("invoice", sale(r#","TxnDate":"2026-02-30""#, ""), "2070", "Invalid Date", "TxnDate"),
            (
                "term",
                r#"{"Name":"T","DueDays":"soon"}"#.into(),
                "2080",
                "Invalid Number Format",
                "DueDays",
            ),
            (
                "term",
                r#"{"Name":"T","DayOfMonthDue":32}"#.into(),
                "2090",
                "Invalid Number",
                "DayOfMonthDue",
            ),
            (
                "payment",
                r#"{"CustomerRef":{"value":"1"},"TotalAmt":"ten"}"#.into(),
                "2100",
                "Invalid Decimal Format",
                "TotalAmt",
            ),
            (
                "payment",
                r#"{"CustomerRef":{"value":"1"},"TotalAmt":1234567890123456}"#.into(),
                "2110",
                "Invalid Decimal",
                "TotalAmt",
            ),
            ("invoice", sale("", discount), "2150", "Invalid Percent", "DiscountPercent"),
            (
                "account",
                r#"{"Name":"P","AccountType":"Piggy"}"#.into(),
                "2170",
                "Invalid Enumeration",
                "AccountType",
            ),
            (
                "customer",
                customer(r#","WebAddr":{"URI":"not a page"}"#),
                "2200",
                "Malformed Website Address Format",
                "WebAddr.URI",
            ),
            (
                "customer",
                customer(r#","PrimaryEmailAddr":{"Address":"ada"}"#),
                "2210",
                "Invalid Email Address Format",
                "PrimaryEmailAddr.Address",
            ),
            (
                "invoice",
                sale(r#","BillEmail":{"Address":"a b@example.com"}"#, ""),
                "2210",
                "Invalid Email Address Format",
                "BillEmail.Address",
            ),
            ("customer", customer(r#","Active":"maybe""#), "2230", "Invalid Boolean", "Active"),
            ("customer", customer(r#","Taxable":7"#), "2230", "Invalid Boolean", "Taxable"),
            (
                "payment",
                r#"{"CustomerRef":{"value":"1"},"TotalAmt":-1}"#.into(),
                "2240",
                "Invalid Number Range",
                "TotalAmt",
            ),
        ],
    );
    // what the same properties can hold
    let good = customer(
        r#","Active":"true","Taxable":null,"WebAddr":{"URI":"https://ada.example.com"},"PrimaryEmailAddr":{"Address":"a@example.com, b@example.com"},"Job":false"#,
    );
    c.save("Customer", &good);
    c.save("Term", r#"{"Name":"T","DueDays":"7","DayOfMonthDue":null}"#);
}

#[test]
fn requests_that_are_put_together_wrongly() {
    fact!("Errors", "500", Recorded, "§2", "an operation that does not exist");
    fact!("Errors", "620", Documented, "§7", "a payment to what nobody owes");
    fact!("Errors", "700", Assumed, "§7", "an account below one of another type");
    fact!(
        "Errors",
        "900",
        Documented,
        "§7",
        "an object that is its own parent, also through others"
    );
    fact!("Errors", "1050", Assumed, "§7", "a content type that is neither JSON nor XML");
    fact!("Errors", "2000", Documented, "§7", "an entity that does not exist, in a batch");
    fact!("Errors", "2010", Recorded, "§2", "a property that the class does not have");
    fact!(
        "Errors",
        "2020",
        Documented,
        "§7",
        "a required property that is missing, named by element"
    );
    fact!("Errors", "2250", Documented, "§7", "a journal entry of one line");
    fact!("Errors", "2260", Documented, "§7", "a journal line without posting type");
    fact!("Errors", "2290", Documented, "§7", "a negative line where none may be");
    fact!("Errors", "2300", Documented, "§7", "debits and credits that differ");
    fact!("Errors", "2500", Documented, "§7", "a reference to what is not there, named by element");
    fact!("Errors", "3000", Documented, "§7", "a custom field beyond the three");
    fact!("Errors", "6010", Documented, "§7", "an account without type and subtype");
    fact!("Errors", "6070", Documented, "§7", "an amount that is not quantity times price");
    fact!("Errors", "6080", Documented, "§7", "a person without any name");
    fact!("Errors", "6090", Documented, "§7", "a discount of nothing");
    fact!("Errors", "6150", Documented, "§7", "a part that does not say of what");
    fact!("Errors", "6180", Documented, "§7", "a sixth level of parents");
    fact!("Errors", "6430", Documented, "§7", "an account of a type that does not fit");
    fact!("Errors", "6530", Documented, "§7", "a card number in the clear");
    let mut c = company();
    let top = c.save("Class", r#"{"Name":"Top"}"#);
    let below =
        c.save("Class", &format!(r#"{{"Name":"Below","ParentRef":{{"value":{}}}}}"#, top["Id"]));
    let under = |parent: &Value| {
        format!(r#"{},"sparse":true,"ParentRef":{{"value":{parent}}}}}"#, key(&top))
    };
    let line = |side: &str, amount: &str| {
        format!(
            r#"{{"Amount":{amount},"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{{side}"AccountRef":{{"value":"35"}}}}}}"#
        )
    };
    let (debit, credit) = (r#""PostingType":"Debit","#, r#""PostingType":"Credit","#);
    let card = r#"{"CustomerRef":{"value":"1"},"TotalAmt":1,"CreditCardPayment":{"CreditChargeInfo":{"Number":"4111 1111 1111 1111"}}}"#;
    let tip = c.save("Estimate", &invoice("3"));
    refused(
        &mut c,
        &[
            ("invoice?operation=explode", "{}".into(), "500", "Unsupported Operation", ""),
            (
                "payment",
                format!(
                    r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":1,"Line":[{{"Amount":1,"LinkedTxn":[{{"TxnId":{},"TxnType":"Estimate"}}]}}]}}"#,
                    tip["Id"]
                ),
                "620",
                "Transaction cannot be linked",
                "",
            ),
            (
                "account",
                r#"{"Name":"Below","AccountType":"Income","ParentRef":{"value":"35"}}"#.into(),
                "700",
                "Parent Reference Invalid",
                "ParentRef",
            ),
            ("class", under(&top["Id"]), "900", "Parent cannot be child", "ParentRef"),
            ("class", under(&below["Id"]), "900", "Parent cannot be child", "ParentRef"),
            (
                "invoice",
                r#"{"BadJson":1}"#.into(),
                "2010",
                "Request has invalid or unsupported property",
                "",
            ),
            (
                "invoice",
                r#"{"CustomerRef":[]}"#.into(),
                "2010",
                "Request has invalid or unsupported property",
                "",
            ),
            (
                "invoice",
                r#"{"CustomerRef":{"value":"1"},"Line":{"Amount":1}}"#.into(),
                "2010",
                "Request has invalid or unsupported property",
                "",
            ),
            (
                "invoice",
                r#"{"Line":[]}"#.into(),
                "2020",
                "Required param missing, need to supply the required value for the API",
                "CustomerRef",
            ),
            (
                "journalentry",
                format!(r#"{{"Line":[{}]}}"#, line(debit, "1")),
                "2250",
                "Missing Lines",
                "Line",
            ),
            (
                "journalentry",
                format!(r#"{{"Line":[{}]}}"#, line("", "1")),
                "2260",
                "Missing Posting Type",
                "PostingType",
            ),
            (
                "journalentry",
                format!(r#"{{"Line":[{}]}}"#, line(debit, "-1")),
                "2290",
                "Negative Amount",
                "Line.Amount",
            ),
            (
                "journalentry",
                format!(r#"{{"Line":[{},{}]}}"#, line(debit, "1"), line(credit, "2")),
                "2300",
                "Amount on debits not equal to credits",
                "",
            ),
            (
                "invoice",
                sale(r#","SalesTermRef":{"value":"99"}"#, ""),
                "2500",
                "Invalid Reference Id",
                "SalesTermRef",
            ),
            (
                "invoice",
                sale(r#","CustomField":[{"DefinitionId":"9","StringValue":"x"}]"#, ""),
                "3000",
                "Invalid Custom Field",
                "CustomField",
            ),
            (
                "account",
                r#"{"Name":"Typeless"}"#.into(),
                "6010",
                "Invalid Account.AccountType && Account.SubType",
                "",
            ),
            (
                "invoice",
                sale("", r#","SalesItemLineDetail":{"Qty":3,"UnitPrice":3}"#),
                "6070",
                "Amount calculation incorrect in the request",
                "",
            ),
            ("customer", r#"{"Notes":"nobody"}"#.into(), "6080", "No Name Provided", ""),
            (
                "invoice",
                sale("", r#"},{"DetailType":"DiscountLineDetail","DiscountLineDetail":{}"#),
                "6090",
                "Discount Line missing required info",
                "",
            ),
            (
                "customer",
                customer(r#","Job":true"#),
                "6150",
                "ParentRef Required Validation Error",
                "ParentRef",
            ),
            (
                "account",
                r#"{"Name":"S","AccountType":"Bank","SubAccount":true}"#.into(),
                "6150",
                "ParentRef Required Validation Error",
                "ParentRef",
            ),
            (
                "deposit",
                r#"{"DepositToAccountRef":{"value":"1"},"Line":[]}"#.into(),
                "6430",
                "Invalid account type used",
                "DepositToAccountRef",
            ),
            ("payment", card.into(), "6530", "Found raw Credit Card Number in request", ""),
        ],
    );
    let mut parent = below;
    for level in 3..=5 {
        parent = c.save(
            "Class",
            &format!(r#"{{"Name":"L{level}","ParentRef":{{"value":{}}}}}"#, parent["Id"]),
        );
    }
    let sixth = format!(r#"{{"Name":"L6","ParentRef":{{"value":{}}}}}"#, parent["Id"]);
    refused(&mut c, &[("class", sixth, "6180", "Sub Level Limit", "")]);
    let item =
        c.post("batch", r#"{"BatchItemRequest":[{"bId":"1","operation":"create","Nonsense":{}}]}"#);
    assert_eq!(item.body["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "2000");
    // a masked card number is no card number
    c.save("Payment", &card.replace("4111 1111 1111 1111", "xxxxxxxxxxxx1111"));
    // content types
    let mut typed = |content: &str| {
        let mut req = request(Method::POST, "customer", &c.token, &customer(""));
        req.headers_mut().insert("content-type", content.parse().unwrap());
        c.send(&req)
    };
    assert_eq!(told(&typed("text/plain")).2, "1050");
    assert_eq!(told(&typed("application/x-www-form-urlencoded")).2, "1050");
    assert_eq!(typed("application/json; charset=utf-8").status, 200);
}

#[test]
fn what_the_books_refuse() {
    fact!("Errors", "610", Recorded, "§2", "an object that is not there");
    fact!("Errors", "5010", Recorded, "§2", "a stale SyncToken");
    fact!("Errors", "6000", Documented, "§7", "a rule of the business, told in Detail");
    fact!("Errors", "6140", Recorded, "§7", "a number in use, with the transaction that has it");
    fact!("Errors", "6200", Documented, "§7", "closed books without a password");
    fact!("Errors", "6220", Documented, "§7", "making inactive what has a balance");
    fact!("Errors", "6240", Recorded, "§7", "a name in use, also by another kind of name");
    fact!("Errors", "6540", Documented, "§7", "a change to what a deposit holds");
    let prefs = CompanyPrefs { custom_txn_numbers: true, ..CompanyPrefs::default() };
    let mut c = company_of(Config { prefs, ..Config::default() });
    let numbered = format!(r#"{{"DocNumber":"7",{}"#, &invoice("5")[1..]);
    let i = c.save("Invoice", &numbered);
    let p = c.save("Payment", r#"{"CustomerRef":{"value":"1"},"TotalAmt":9}"#);
    c.save(
        "Deposit",
        &format!(r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{{"Amount":9,"LinkedTxn":[{{"TxnId":{},"TxnType":"Payment"}}]}}]}}"#, p["Id"]),
    );
    let paid = c.get("payment/146").entity("Payment");
    let walk_in = c.get("customer/1").entity("Customer");
    refused(
        &mut c,
        &[
            (
                "invoice?operation=delete",
                r#"{"Id":"999","SyncToken":"0"}"#.into(),
                "610",
                "Object Not Found",
                "",
            ),
            (
                "payment?operation=delete",
                format!("{}}}", key(&p)),
                "5010",
                "Stale Object Error",
                "",
            ),
            (
                "invoice",
                sale("", r#","SalesItemLineDetail":{"ItemRef":{"value":"SHIPPING_ITEM_ID"}}"#),
                "6000",
                "A business validation error has occurred while processing your request",
                "",
            ),
            ("invoice", numbered.clone(), "6140", "Duplicate Document Number Error", ""),
            (
                "customer",
                format!(r#"{},"sparse":true,"Active":false}}"#, key(&walk_in)),
                "6220",
                "Delete Entity Has Balance Error",
                "",
            ),
            (
                "vendor",
                r#"{"DisplayName":"Walk-in Customer"}"#.into(),
                "6240",
                "Duplicate Name Exists Error",
                "",
            ),
            (
                "payment?operation=delete",
                format!("{}}}", key(&paid)),
                "6540",
                "Deposited Transaction cannot be changed",
                "",
            ),
        ],
    );
    let mut prefs = c.sim.prefs().clone();
    prefs.book_close_date = Some("2026-12-31".to_owned());
    prefs.book_close_password = false;
    c.sim.set_prefs(prefs, c.now_us);
    refused(
        &mut c,
        &[(
            "invoice?operation=delete",
            format!("{}}}", key(&i)),
            "6200",
            "Account Period Closed Error",
            "",
        )],
    );
}

#[test]
fn conditions_in_which_nothing_works() {
    fact!(
        "Errors",
        "120",
        Assumed,
        "§7",
        "the user who connected is gone: 403, AuthorizationFault"
    );
    fact!("Errors", "130", Assumed, "§7", "the wrong cluster: 503, SystemFault");
    fact!("Errors", "140", Assumed, "§7", "a company locked out: 403, AuthorizationFault");
    fact!("Errors", "150", Assumed, "§7", "a company under maintenance: 503, SystemFault");
    let mut c = company();
    for (condition, status, kind, code) in [
        (Condition::UserRemoved, 403, "AuthorizationFault", "120"),
        (Condition::WrongCluster, 503, "SystemFault", "130"),
        (Condition::LockedOut, 403, "AuthorizationFault", "140"),
        (Condition::UnderMaintenance, 503, "SystemFault", "150"),
    ] {
        let prefs = CompanyPrefs { condition, ..c.sim.prefs().clone() };
        c.sim.set_prefs(prefs, c.now_us);
        for answer in [c.post("invoice", &invoice("5")), c.get("preferences")] {
            let (a, b, d, ..) = told(&answer);
            assert_eq!((a, b.as_str(), d.as_str()), (status, kind, code));
        }
    }
    c.sim.set_prefs(CompanyPrefs::default(), c.now_us);
    c.save("Invoice", &invoice("5"));
    assert_eq!(c.sim.transactions().count(), 1);
}

#[test]
fn bodies_that_cannot_be_read() {
    fact!(
        "Errors",
        "400",
        Assumed,
        "§7",
        "no JSON, no object, cut, not UTF-8 or nested beyond reason: MalformedRequest, SystemFault"
    );
    fact!("Requests", "create", Assumed, "§2", "of a property sent twice the last one counts");
    let mut c = company();
    let deep = format!(r#"{{"CustomerMemo":{}1{}}}"#, "[".repeat(100), "]".repeat(100));
    for body in
        ["", "{", "null", "[]", "7", "\"text\"", "{}{}", r#"{"a":}"#, "<Invoice/>", "\u{0}", &deep]
    {
        for path in ["invoice", "customer", "batch"] {
            let (status, kind, code, message, _) = told(&c.post(path, body));
            assert_eq!((status, code.as_str()), (400, "400"), "{path} {body}");
            assert_eq!(
                (kind.as_str(), message.as_str()),
                ("SystemFault", "MalformedRequest"),
                "{body}"
            );
        }
    }
    let mut req = request(Method::POST, "customer", &c.token, "");
    *req.body_mut() = bytes::Bytes::from_static(b"{\"DisplayName\":\"\xff\xfe\"}");
    assert_eq!(told(&c.send(&req)).2, "400");
    let twice =
        c.save("Customer", r#"{"DisplayName":"A","Notes":"one","DisplayName":"B","Notes":"two"}"#);
    assert_eq!((&twice["DisplayName"], &twice["Notes"]), (&"B".into(), &"two".into()));
}

#[test]
fn the_minor_version_makes_no_difference() {
    fact!("Requests", "all", Documented, "§2", "any minorversion answers as 75, and so does none");
    let mut c = company();
    c.save("Invoice", &invoice("5"));
    let at = c.now_us;
    let mut ask = |version: &str| {
        c.now_us = at;
        c.get(&format!("invoice/145{version}")).text
    };
    let plain = ask("");
    for version in ["?minorversion=1", "?minorversion=70", "?minorversion=75", "?minorversion=999"]
    {
        assert_eq!(ask(version), plain, "{version}");
    }
}
