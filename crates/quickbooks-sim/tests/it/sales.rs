//! Sales forms: what the company computes, and where it posts.

use crate::support::{company, invoice, key};

#[test]
fn a_minimal_invoice_is_completed_and_posted() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§2",
        "number, dates, line ids, SubTotal line, tax and totals are added"
    );
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§2",
        "amounts have two decimals, zero is 0, times are US Pacific"
    );
    let mut c = company();
    let answer = c.post("invoice", &invoice("100.0"));
    let i = answer.entity("Invoice");
    assert_eq!(i["Id"], "145");
    assert_eq!(i["SyncToken"], "0");
    assert_eq!(i["DocNumber"], "1038");
    assert_eq!(i["TxnDate"], "2026-03-02");
    assert_eq!(i["DueDate"], "2026-04-01");
    assert_eq!(i["CustomerRef"]["name"], "Walk-in Customer");
    assert_eq!(i["Line"][0]["Id"], "1");
    assert_eq!(i["Line"][0]["LineNum"], 1);
    assert_eq!(i["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]["value"], "NON");
    assert_eq!(i["Line"][1]["DetailType"], "SubTotalLineDetail");
    assert!(i["Line"][1].get("Id").is_none());
    assert!(answer.text.contains(r#""TotalAmt":100.00"#), "{}", answer.text);
    assert!(answer.text.contains(r#""TotalTax":0}"#), "{}", answer.text);
    assert_eq!(i["MetaData"]["CreateTime"], "2026-03-02T10:00:01-08:00");
    assert!(answer.text.ends_with(r#""time":"2026-03-02T10:00:01.000-08:00"}"#), "{}", answer.text);
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 10_000);
    assert_eq!(c.balance("Services"), -10_000);
}

#[test]
fn delete_takes_the_postings_back_and_void_keeps_the_object() {
    fact!("Invoice", "delete", Recorded, "§2", "answers Id and status Deleted; a read is then 610");
    fact!(
        "Invoice",
        "void",
        Recorded,
        "§2",
        "amounts become 0, the note Voided, the SyncToken rises; the object stays"
    );
    let mut c = company();
    let a = c.save("Invoice", &invoice("10"));
    let b = c.save("Invoice", &invoice("20"));
    let gone = c.post("invoice?operation=delete", &format!("{}}}", key(&a))).entity("Invoice");
    assert_eq!(gone.to_string(), r#"{"Id":"145","domain":"QBO","status":"Deleted"}"#);
    assert_eq!(c.get("invoice/145").code(), "610");
    let void = c.post("invoice?operation=void", &format!("{}}}", key(&b))).entity("Invoice");
    assert_eq!(void["PrivateNote"], "Voided");
    assert_eq!(void["SyncToken"], "1");
    assert_eq!(void["TotalAmt"], 0);
    assert_eq!(void["Line"][0]["Amount"], 0);
    assert!(c.sim.trial_balance().is_empty());
}

const SALE: &str = r#"{"Amount":50,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"3"},"TaxCodeRef":{"value":"TAX"}}}"#;
const GIFT: &str = r#"{"Amount":-20,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"5"}}}"#;
const DISCOUNT: &str = r#"{"Amount":5.00,"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":true,"DiscountPercent":10,"DiscountAccountRef":{"value":"86"}}}"#;

#[test]
fn a_sales_receipt_goes_to_undeposited_funds_and_each_line_to_its_items_account() {
    fact!(
        "SalesReceipt",
        "create",
        Documented,
        "§8",
        "Undeposited Funds unless said otherwise, each line to the account of its item"
    );
    fact!("SalesReceipt", "create", Recorded, "§2", "a sent TotalAmt is ignored");
    fact!(
        "SalesReceipt",
        "create",
        Recorded,
        "§8",
        "a percent discount is computed from the lines and comes after the SubTotal"
    );
    let mut c = company();
    let r = c.save(
        "SalesReceipt",
        &format!(r#"{{"Line":[{SALE},{GIFT},{DISCOUNT}],"TxnTaxDetail":{{"TotalTax":4.13}},"TotalAmt":173.7}}"#),
    );
    // 50 - 20 = 30, less 10 % = 27, plus tax 4.13; the sent total is ignored
    assert_eq!(r["TotalAmt"], "31.13");
    assert_eq!(r["Balance"], 0);
    assert_eq!(r["DepositToAccountRef"]["value"], "4");
    assert_eq!(r["TxnTaxDetail"]["TotalTax"], "4.13");
    let types: Vec<_> =
        r["Line"].as_array().unwrap().iter().map(|l| l["DetailType"].clone()).collect();
    assert_eq!(types[2], "SubTotalLineDetail");
    assert_eq!(types[3], "DiscountLineDetail");
    assert_eq!(r["Line"][3]["Amount"], "3.00");
    assert_eq!(c.balance("Undeposited Funds"), 3_113);
    assert_eq!(c.balance("Sales of Product Income"), -5_000);
    assert_eq!(c.balance("Gift Card Liability"), 2_000);
    assert_eq!(c.balance("Discounts given"), 300);
    assert_eq!(c.balance("Sales Tax Payable"), -413);
}

#[test]
fn credit_memo_and_refund_receipt_turn_the_signs_around() {
    fact!(
        "CreditMemo",
        "create",
        Documented,
        "§8",
        "lowers income and receivable, RemainingCredit is what is open"
    );
    fact!(
        "RefundReceipt",
        "create",
        Documented,
        "§8",
        "pays out of DepositToAccountRef, which is required: 2020"
    );
    let mut c = company();
    let lines = format!(r#""CustomerRef":{{"value":"2"}},"Line":[{SALE}]"#);
    let memo = c.save("CreditMemo", &format!("{{{lines}}}"));
    assert_eq!(memo["RemainingCredit"], "50.00");
    assert_eq!(c.balance("Accounts Receivable (A/R)"), -5_000);
    let missing = c.post("refundreceipt", &format!("{{{lines}}}"));
    assert_eq!(missing.code(), "2020");
    assert!(missing.detail().contains("DepositToAccountRef"));
    c.save("RefundReceipt", &format!(r#"{{{lines},"DepositToAccountRef":{{"value":"35"}}}}"#));
    assert_eq!(c.balance("Checking"), -5_000);
    assert_eq!(c.balance("Sales of Product Income"), 10_000);
}

#[test]
fn a_refund_that_waits_to_be_printed_says_so_in_place_of_its_number() {
    fact!(
        "RefundReceipt",
        "create",
        Documented,
        "§8",
        "PaymentRefNum is To Print while PrintStatus is NeedToPrint and no number was sent"
    );
    fact!("RefundReceipt", "create", Documented, "§8", "PaymentRefNum holds 100 characters");
    let mut c = company();
    let form = |more: &str| {
        format!(
            r#"{{"CustomerRef":{{"value":"2"}},"Line":[{SALE}],"DepositToAccountRef":{{"value":"35"}}{more}}}"#
        )
    };
    let made = c.save("RefundReceipt", &form(""));
    assert_eq!(
        (&made["PrintStatus"], &made["PaymentRefNum"]),
        (&"NeedToPrint".into(), &"To Print".into())
    );
    let same = c.save("RefundReceipt", &made.to_string());
    assert_eq!(same["SyncToken"], "0", "written back as it was read, nothing changes");
    let printed = c.save("RefundReceipt", &form(r#","PrintStatus":"PrintComplete""#));
    assert!(printed.get("PaymentRefNum").is_none(), "{printed}");
    let numbered = c.save("RefundReceipt", &form(&format!(r#","PaymentRefNum":"{:0100}""#, 7)));
    assert_eq!(numbered["PaymentRefNum"].as_str().map(str::len), Some(100));
    let long = c.post("refundreceipt", &form(&format!(r#","PaymentRefNum":"{:0101}""#, 7)));
    assert_eq!(long.code(), "2050");
}

#[test]
fn a_due_date_lies_on_a_day_that_can_be_written() {
    fact!("Invoice", "create", Assumed, "§8", "a due date ends with the year 9999");
    let mut c = company();
    let late = invoice("10").replacen('{', r#"{"TxnDate":"9999-12-20","#, 1);
    let made = c.save("Invoice", &late);
    assert_eq!((&made["TxnDate"], &made["DueDate"]), (&"9999-12-20".into(), &"9999-12-31".into()));
    let beyond = invoice("10").replacen('{', r#"{"TxnDate":"10000-01-01","#, 1);
    assert_eq!(c.post("invoice", &beyond).code(), "2060");
}

#[test]
fn two_zeros_are_no_quantity_and_no_price() {
    fact!(
        "Invoice",
        "create",
        Assumed,
        "§8",
        "Qty 0 and UnitPrice 0 beside an amount count as not sent"
    );
    let mut c = company();
    let line = r#"{"Amount":100,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1"},"Qty":0,"UnitPrice":0}}"#;
    let made = c.save("Invoice", &format!(r#"{{"CustomerRef":{{"value":"1"}},"Line":[{line}]}}"#));
    assert_eq!(made["TotalAmt"], "100.00");
    assert!(made["Line"][0]["SalesItemLineDetail"].get("Qty").is_none(), "{made}");
    let one = line.replace("\"Qty\":0", "\"Qty\":1");
    let refused =
        c.post("invoice", &format!(r#"{{"CustomerRef":{{"value":"1"}},"Line":[{one}]}}"#));
    assert_eq!(refused.code(), "6070");
}

#[test]
fn refusals_of_sales_forms() {
    fact!("Invoice", "create", Documented, "§7", "Amount that is not Qty x UnitPrice is 6070");
    fact!(
        "Invoice",
        "create",
        Documented,
        "§7",
        "a US line with a tax code that is neither TAX nor NON is 6100"
    );
    fact!(
        "Invoice",
        "create",
        Documented,
        "§7",
        "missing customer, line, type or amount is 2020, a bad reference 2500"
    );
    fact!("Invoice", "create", Documented, "§8", "DocNumber has 21 characters: 2050");
    fact!("Invoice", "create", Documented, "§8", "one discount line at most");
    let mut c = company();
    let customer = r#""CustomerRef":{"value":"1"}"#;
    let detail = |inner: &str| {
        format!(
            r#"{{{customer},"Line":[{{"Amount":10,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{{inner}}}}}]}}"#
        )
    };
    let table = [
        (format!(r#"{{"Line":[{SALE}]}}"#), "2020", "CustomerRef"),
        (format!("{{{customer}}}"), "2020", "Line"),
        (format!(r#"{{{customer},"Line":[]}}"#), "2020", "Line"),
        (format!(r#"{{{customer},"Line":[{{"Amount":1}}]}}"#), "2020", "DetailType"),
        (
            format!(r#"{{{customer},"Line":[{{"DetailType":"SalesItemLineDetail"}}]}}"#),
            "2020",
            "Amount",
        ),
        (detail(r#""Qty":3,"UnitPrice":3.33"#), "6070", "Amount is not equal to UnitPrice * Qty"),
        (detail(r#""TaxCodeRef":{"value":"7"}"#), "6100", "TAX or NON"),
        (detail(r#""ItemRef":{"value":"99"}"#), "2500", "99"),
        (detail(r#""ItemRef":{"value":"SHIPPING_ITEM_ID"}"#), "6000", "Shipping"),
        (detail(r#""Nonsense":1"#), "2010", "SalesItemLineDetail"),
        (
            format!(r#"{{"CustomerRef":{{"value":"77"}},"Line":[{SALE}]}}"#),
            "2500",
            "Names element id 77",
        ),
        (format!(r#"{{{customer},"Line":[{GIFT}]}}"#), "6000", "0 or greater"),
        (format!(r#"{{{customer},"Line":[{SALE}],"TxnDate":"2026-02-30"}}"#), "2070", "2026-02-30"),
        (
            format!(r#"{{{customer},"Line":[{SALE}],"DocNumber":"1234567890123456789012"}}"#),
            "2050",
            "Max:21",
        ),
        (
            format!(r#"{{{customer},"Line":[{SALE}],"CurrencyRef":{{"value":"EUR"}}}}"#),
            "6000",
            "Multi Currency",
        ),
        (format!(r#"{{{customer},"Line":[{SALE},{DISCOUNT},{DISCOUNT}]}}"#), "6000", "discount"),
    ];
    for (body, code, words) in table {
        let answer = c.post("invoice", &body);
        assert_eq!((answer.status, answer.code()), (400, code), "{body}\n{}", answer.text);
        assert!(answer.detail().contains(words), "{body}\n{}", answer.text);
    }
    assert!(c.sim.trial_balance().is_empty());
    assert_eq!(c.sim.transactions().count(), 0);
}

#[test]
fn an_unknown_property_is_refused_in_the_words_of_the_parser() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§2",
        "an unknown property is 2010 in the words of the JSON parser"
    );
    let mut c = company();
    let answer = c.post("invoice", r#"{"BadJson":1}"#);
    assert_eq!(answer.code(), "2010");
    assert!(
        answer.detail().contains(
            r#"Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Invoice), not marked as ignorable ("#
        ),
        "{}",
        answer.text
    );
}

#[test]
fn a_line_without_item_becomes_the_default_item() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "a line without ItemRef becomes item 1 with its amount"
    );
    let mut c = company();
    let i = c.save(
        "Invoice",
        r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":7.005,"DetailType":"SalesItemLineDetail"}]}"#,
    );
    assert_eq!(i["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"], "1");
    assert_eq!(i["TotalAmt"], "7.01");
}

#[test]
fn automated_sales_tax_drops_the_sent_tax_without_an_address() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "with automated sales tax a sent tax is dropped for a customer without address"
    );
    let mut c = company();
    let mut prefs = c.sim.prefs().clone();
    prefs.automated_sales_tax = true;
    c.sim.set_prefs(prefs, c.now_us);
    let body = |address: &str| {
        format!(
            r#"{{"CustomerRef":{{"value":"1"}},"Line":[{SALE}],"TxnTaxDetail":{{"TotalTax":4.13}}{address}}}"#
        )
    };
    assert_eq!(c.save("Invoice", &body(""))["TotalAmt"], "50.00");
    let with = c.save("Invoice", &body(r#","ShipAddr":{"PostalCode":"94043"}"#));
    assert_eq!(with["TotalAmt"], "54.13");
    assert_eq!(with["ShipAddr"]["PostalCode"], "94043");
}

#[test]
fn addresses_come_from_the_customer_and_due_dates_from_the_term() {
    fact!("Invoice", "create", Recorded, "§2", "addresses are copied from the customer");
    fact!("Invoice", "create", Documented, "§8", "the due date follows the term");
    let mut c = company();
    let customer = c.save(
        "Customer",
        r#"{"DisplayName":"Ada","BillAddr":{"Line1":"1 High St","PostalCode":"12345"}}"#,
    );
    let i = c.save(
        "Invoice",
        &format!(
            r#"{{"CustomerRef":{{"value":{}}},"SalesTermRef":{{"value":"2"}},"TxnDate":"2026-01-31","Line":[{SALE}]}}"#,
            customer["Id"]
        ),
    );
    assert_eq!(i["BillAddr"]["Line1"], "1 High St");
    assert_eq!(i["DueDate"], "2026-02-15");
}
