//! Bills, vendor credits, payments of bills, purchase orders.

use serde_json::Value;

use crate::support::{Company, company, company_of, key};
use quickbooks_sim::{CompanyPrefs, Config};

const VENDOR: &str = r#""VendorRef":{"value":"3"}"#;

fn expense(amount: &str) -> String {
    format!(
        r#"{{"Amount":{amount},"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"7"}}}}}}"#
    )
}

fn bill(amount: &str) -> String {
    format!(r#"{{{VENDOR},"Line":[{}]}}"#, expense(amount))
}

fn links(lines: &[(&str, &Value, &str)]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|(amount, target, kind)| {
            format!(
                r#"{{"Amount":{amount},"LinkedTxn":[{{"TxnId":{},"TxnType":"{kind}"}}]}}"#,
                target["Id"]
            )
        })
        .collect();
    format!("[{}]", lines.join(","))
}

fn check(total: &str, lines: &[(&str, &Value, &str)]) -> String {
    format!(
        r#"{{{VENDOR},"PayType":"Check","CheckPayment":{{"BankAccountRef":{{"value":"35"}}}},"TotalAmt":{total},"Line":{}}}"#,
        links(lines)
    )
}

fn vendor_balance(c: &mut Company) -> Value {
    c.get("vendor/3").entity("Vendor")["Balance"].clone()
}

fn read(c: &mut Company, name: &str, of: &Value) -> Value {
    let id = of["Id"].as_str().unwrap();
    c.get(&format!("{}/{id}", name.to_lowercase())).entity(name)
}

#[test]
fn a_bill_is_owed_until_a_check_pays_it() {
    fact!(
        "Bill",
        "create",
        Documented,
        "§8",
        "no number of its own, A/P account filled in, Balance follows the payments"
    );
    fact!("Bill", "create", Assumed, "§8", "without terms it is due on its date");
    fact!(
        "BillPayment",
        "create",
        Documented,
        "§8",
        "lowers the bill, which shows it as BillPaymentCheck"
    );
    fact!(
        "BillPayment",
        "void",
        Documented,
        "§2",
        "operation=update&include=void zeroes it and opens the bill again"
    );
    fact!("Vendor", "read", Assumed, "§8", "Balance is what is owed on the payable accounts");
    let mut c = company();
    let b = c.save("Bill", &bill("200"));
    assert_eq!((b["TotalAmt"].clone(), b["Balance"].clone()), ("200.00".into(), "200.00".into()));
    assert_eq!(b["APAccountRef"]["value"], "33");
    let detail = &b["Line"][0]["AccountBasedExpenseLineDetail"];
    assert_eq!(detail["BillableStatus"], "NotBillable");
    assert_eq!(detail["TaxCodeRef"]["value"], "NON");
    assert_eq!(b["DueDate"], b["TxnDate"], "no terms: due at once");
    assert!(b.get("DocNumber").is_none(), "bills are not numbered");
    assert_eq!(vendor_balance(&mut c), "200.00");
    assert_eq!((c.balance("Accounts Payable (A/P)"), c.balance("Advertising")), (-20_000, 20_000));

    let p = c.save("BillPayment", &check("150", &[("150", &b, "Bill")]));
    assert_eq!(p["CheckPayment"]["BankAccountRef"]["name"], "Checking");
    let b = read(&mut c, "Bill", &b);
    assert_eq!((b["Balance"].clone(), b["SyncToken"].clone()), ("50.00".into(), "1".into()));
    assert_eq!(b["LinkedTxn"][0]["TxnType"], "BillPaymentCheck");
    assert_eq!(b["LinkedTxn"][0]["TxnId"], p["Id"]);
    assert_eq!((c.balance("Checking"), c.balance("Accounts Payable (A/P)")), (-15_000, -5_000));

    let v = c
        .post(
            "billpayment?operation=update&include=void",
            &format!("{},\"sparse\":true}}", key(&p)),
        )
        .entity("BillPayment");
    assert_eq!((v["TotalAmt"].clone(), v["PrivateNote"].clone()), (0.into(), "Voided".into()));
    assert_eq!(read(&mut c, "Bill", &b)["Balance"], "200.00");
    assert_eq!(vendor_balance(&mut c), "200.00");
    let b = read(&mut c, "Bill", &b);
    c.post("bill?operation=delete", &format!("{}}}", key(&b))).entity("Bill");
    assert!(c.sim.trial_balance().is_empty());
}

#[test]
fn a_vendor_credit_pays_a_bill_and_a_card_the_rest() {
    fact!(
        "BillPayment",
        "create",
        Documented,
        "§8",
        "by card, with a vendor credit among its lines"
    );
    fact!("VendorCredit", "delete", Assumed, "§8", "a deleted credit opens the bill that it paid");
    let mut c = company();
    let b = c.save("Bill", &bill("100"));
    let credit = c.save("VendorCredit", &bill("30"));
    assert_eq!(credit["Balance"], "30.00");
    assert_eq!(vendor_balance(&mut c), "70.00");
    let body = format!(
        r#"{{{VENDOR},"PayType":"CreditCard","CreditCardPayment":{{"CCAccountRef":{{"value":"41"}}}},"TotalAmt":70,"Line":{}}}"#,
        links(&[("100", &b, "Bill"), ("30", &credit, "VendorCredit")])
    );
    let p = c.save("BillPayment", &body);
    assert_eq!(p["CreditCardPayment"]["CCAccountRef"]["name"], "Company Card");
    assert_eq!(read(&mut c, "Bill", &b)["Balance"], 0);
    let credit = read(&mut c, "VendorCredit", &credit);
    assert_eq!(credit["Balance"], 0);
    assert_eq!(credit["LinkedTxn"][0]["TxnType"], "BillPaymentCreditCard");
    assert_eq!((vendor_balance(&mut c), c.balance("Company Card")), (0.into(), -7_000));
    // deleting the credit takes the bill's share of it back
    c.post("vendorcredit?operation=delete", &format!("{}}}", key(&credit))).entity("VendorCredit");
    assert_eq!(read(&mut c, "Bill", &b)["Balance"], "30.00");
    assert_eq!(vendor_balance(&mut c), "30.00");
}

#[test]
fn updates_of_bills_follow_the_rules_of_all_transactions() {
    fact!(
        "Bill",
        "update",
        Documented,
        "§2",
        "sparse and full; a full update empties what it omits"
    );
    fact!("BillPayment", "update", Assumed, "§2", "sparse is not honoured, as with Payment");
    fact!("Bill", "create", Documented, "§8", "the term makes the due date");
    fact!("Bill", "query", Documented, "§3", "by VendorRef, DueDate and Balance");
    let mut c = company();
    let b = c.save("Bill", &bill("10"));
    let sparse =
        format!(r#"{},"sparse":true,"PrivateNote":"x","SalesTermRef":{{"value":"3"}}}}"#, key(&b));
    let b = c.save("Bill", &sparse);
    assert_eq!((b["TotalAmt"].clone(), b["PrivateNote"].clone()), ("10.00".into(), "x".into()));
    // what was read can be written back, and changes nothing
    let text = c.get(&format!("bill/{}", b["Id"].as_str().unwrap())).text;
    let object = text.split_once("{\"Bill\":").unwrap().1.rsplit_once(",\"time\"").unwrap().0;
    assert_eq!(c.post("bill", object).entity("Bill")["SyncToken"], b["SyncToken"]);
    let full = format!("{},{}", key(&b), &bill("12.50")[1..]);
    let b = c.save("Bill", &full);
    assert_eq!(b["Balance"], "12.50");
    assert!(b.get("PrivateNote").is_none() && b.get("SalesTermRef").is_none());
    // a payment of a bill is always read in full
    let p = c.save("BillPayment", &check("5", &[("5", &b, "Bill")]));
    let again = c.post("billpayment", &format!(r#"{},"sparse":true,"PrivateNote":"y"}}"#, key(&p)));
    assert_eq!(again.code(), "2020");
    // terms make the due date
    let due = c.save(
        "Bill",
        &format!(r#"{{"SalesTermRef":{{"value":"2"}},"TxnDate":"2026-03-01",{}"#, &bill("1")[1..]),
    );
    assert_eq!(due["DueDate"], "2026-03-16");
    assert_eq!(
        c.query("select * from Bill where DueDate = '2026-03-16'").body["QueryResponse"]["Bill"][0]
            ["Id"],
        due["Id"]
    );
    let found = c.query("select Id from Bill where VendorRef = '3' and Balance > '0'");
    assert_eq!(found.body["QueryResponse"]["maxResults"], 2);
}

#[test]
fn refusals_on_the_vendor_side() {
    fact!("Bill", "create", Documented, "§7", "2020, 2250, 2500, 6430, 2010 where they apply");
    fact!(
        "BillPayment",
        "create",
        Assumed,
        "§7",
        "620 for what is no bill or vendor credit, 6000 for another vendor or too little money"
    );
    let mut c = company();
    let b = c.save("Bill", &bill("10"));
    let invoice = c.save("Invoice", &crate::support::invoice("10"));
    for (path, body, code) in [
        ("bill", format!(r#"{{"Line":[{}]}}"#, expense("1")), "2020"),
        ("bill", format!("{{{VENDOR}}}"), "2020"),
        ("bill", format!(r#"{{{VENDOR},"Line":[]}}"#), "2250"),
        ("bill", r#"{"VendorRef":{"value":"1"},"Line":[]}"#.to_owned(), "2500"),
        ("bill", bill("-1"), "6000"),
        ("bill", format!(r#"{{"APAccountRef":{{"value":"35"}},{}"#, &bill("1")[1..]), "6430"),
        ("bill", format!(r#"{{"TotalTyped":1,{}"#, &bill("1")[1..]), "2010"),
        ("billpayment", check("10", &[("11", &b, "Bill"), ("1", &b, "Bill")]), ""),
        ("billpayment", check("1", &[("10", &b, "Bill")]), "6000"),
        ("billpayment", check("10", &[("10", &invoice, "Invoice")]), "620"),
        ("billpayment", check("10", &[("10", &b, "VendorCredit")]), "2500"),
        ("billpayment", check("10", &[]).replace("Check\"", "Cash\""), "2170"),
        ("billpayment", check("10", &[]).replace("\"35\"", "\"41\""), "6430"),
        ("billpayment", check("10", &[]).replace("CheckPayment", "CreditCardPayment"), "2020"),
        (
            "payment",
            format!(
                r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":10,"Line":{}}}"#,
                links(&[("10", &b, "Bill")])
            ),
            "620",
        ),
    ] {
        let answer = c.post(path, &body);
        if code.is_empty() {
            // the second line finds the bill already paid by the first
            let p = answer.entity("BillPayment");
            assert_eq!(p["Line"].as_array().unwrap().len(), 1);
            c.post("billpayment?operation=delete", &format!("{}}}", key(&p))).entity("BillPayment");
        } else {
            assert_eq!(answer.code(), code, "{path} {body}");
        }
    }
    let other = check("10", &[("10", &b, "Bill")]).replace(r#"{"value":"3"}"#, r#"{"value":"4"}"#);
    assert_eq!(c.post("billpayment", &other).code(), "6000");
}

#[test]
fn a_bill_number_is_unique_for_a_vendor_when_the_company_wants_it() {
    fact!(
        "Bill",
        "create",
        Documented,
        "§8",
        "duplicate numbers are refused only while WarnDuplicateBillNumber is on"
    );
    fact!("Bill", "create", Assumed, "§8", "the number is compared within one vendor");
    let numbered = |vendor: &str| {
        bill("1").replace(r#"{"value":"3"}"#, &format!(r#"{{"value":"{vendor}"}}"#)).replacen(
            '{',
            r#"{"DocNumber":"B-1","#,
            1,
        )
    };
    let mut c = company();
    c.save("Bill", &numbered("3"));
    c.save("Bill", &numbered("3"));
    let prefs = CompanyPrefs { warn_duplicate_bill_number: true, ..CompanyPrefs::default() };
    let mut c = company_of(Config { prefs, ..Config::default() });
    c.save("Bill", &numbered("3"));
    c.save("Bill", &numbered("4"));
    let again = c.post("bill", &numbered("3"));
    assert_eq!(again.code(), "6140");
    assert!(again.detail().contains("TxnType=Bill with TxnId=145"), "{}", again.detail());
    c.post("bill?include=allowduplicatedocnum", &numbered("3")).entity("Bill");
}

#[test]
fn journal_entries_and_expenses_on_control_accounts_are_open_items() {
    fact!(
        "Payment",
        "create",
        Documented,
        "§8",
        "links the credit line of a journal entry and an expense on receivable"
    );
    fact!(
        "Payment",
        "create",
        Assumed,
        "§8",
        "links the debit line of a journal entry like an invoice"
    );
    fact!(
        "BillPayment",
        "create",
        Documented,
        "§8",
        "links a journal entry and a deposit on payable"
    );
    let mut c = company();
    let journal = |debit: &str, credit: &str| {
        let line = |side: &str, account: &str| {
            let entity = match account {
                "84" => r#","Entity":{"Type":"Customer","EntityRef":{"value":"1"}}"#,
                "33" => r#","Entity":{"Type":"Vendor","EntityRef":{"value":"3"}}"#,
                _ => "",
            };
            format!(
                r#"{{"Amount":40,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}{entity}}}}}"#
            )
        };
        format!(r#"{{"Line":[{},{}]}}"#, line("Debit", debit), line("Credit", credit))
    };
    let pay = |lines: &str, total: &str| {
        format!(r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":{total},"Line":{lines}}}"#)
    };
    // a credit to a customer pays part of an invoice
    let credit = c.save("JournalEntry", &journal("7", "84"));
    let i = c.save("Invoice", &crate::support::invoice("50"));
    c.save(
        "Payment",
        &pay(&links(&[("50", &i, "Invoice"), ("40", &credit, "JournalEntry")]), "10"),
    );
    assert_eq!(read(&mut c, "Invoice", &i)["Balance"], 0);
    let credit = read(&mut c, "JournalEntry", &credit);
    assert_eq!(credit["LinkedTxn"][0]["TxnType"], "Payment");
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 0);
    // deleting the entry gives the invoice its balance back
    c.post("journalentry?operation=delete", &format!("{}}}", key(&credit))).entity("JournalEntry");
    assert_eq!(read(&mut c, "Invoice", &i)["Balance"], "40.00");
    assert_eq!(c.get("customer/1").entity("Customer")["Balance"], "40.00");

    // an expense on the receivable is settled like an invoice
    let expense = |kind: &str| {
        format!(
            r#"{{"AccountRef":{{"value":"35"}},"PaymentType":"{kind}","EntityRef":{{"value":"1","type":"Customer"}},"Line":[{{"Amount":15,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"84"}},"CustomerRef":{{"value":"1"}}}}}}]}}"#
        )
    };
    let cash = c.save("Purchase", &expense("Cash"));
    c.save("Payment", &pay(&links(&[("15", &cash, "Expense")]), "15"));
    assert_eq!(c.get("customer/1").entity("Customer")["Balance"], "40.00");
    let check = c.save("Purchase", &expense("Check"));
    assert_eq!(c.post("payment", &pay(&links(&[("15", &check, "Check")]), "15")).code(), "620");
    let nobody = expense("Cash")
        .replace(r#","CustomerRef":{"value":"1"}"#, "")
        .replace(r#""value":"1","type":"Customer""#, r#""value":"3","type":"Vendor""#);
    assert_eq!(c.post("purchase", &nobody).code(), "6000");

    // money back from a vendor, deposited on the payable, uses up a vendor credit
    let credit = c.save("VendorCredit", &bill("25"));
    let back = c.save(
        "Deposit",
        r#"{"DepositToAccountRef":{"value":"35"},"Line":[{"Amount":25,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"33"},"Entity":{"value":"3","type":"Vendor"}}}]}"#,
    );
    let both = [("25", &back, "Deposit"), ("25", &credit, "VendorCredit")];
    c.save("BillPayment", &self::check("0", &both));
    assert_eq!(read(&mut c, "VendorCredit", &credit)["Balance"], 0);
    assert_eq!(vendor_balance(&mut c), 0);

    // a journal entry on the payable is settled like a bill
    let owed = c.save("JournalEntry", &journal("7", "33"));
    assert_eq!(vendor_balance(&mut c), "40.00");
    let p = c.save("BillPayment", &self::check("40", &[("40", &owed, "JournalEntry")]));
    assert_eq!(p["Line"][0]["LinkedTxn"][0]["TxnType"], "JournalEntry");
    assert_eq!(read(&mut c, "JournalEntry", &owed)["LinkedTxn"][0]["TxnType"], "BillPaymentCheck");
    assert_eq!(vendor_balance(&mut c), 0);
}

#[test]
fn an_order_is_closed_by_the_bills_that_fulfil_it() {
    fact!(
        "PurchaseOrder",
        "create",
        Documented,
        "§8",
        "posts nothing; bills link to it at the head or line by line"
    );
    fact!(
        "PurchaseOrder",
        "read",
        Assumed,
        "§8",
        "closed when bills name all of every line, or the order as a whole"
    );
    fact!("PurchaseOrder", "create", Assumed, "§8", "numbered from a sequence of its own");
    let mut c = company();
    let order = format!(r#"{{{VENDOR},"Line":[{},{}]}}"#, expense("10"), expense("20"));
    let o = c.save("PurchaseOrder", &order);
    assert_eq!((o["POStatus"].clone(), o["DocNumber"].clone()), ("Open".into(), "1001".into()));
    assert!(c.sim.trial_balance().is_empty(), "an order posts nothing");
    let of_line = |line: usize, amount: &str| {
        let line = expense(amount).replacen(
            '{',
            &format!(
                r#"{{"LinkedTxn":[{{"TxnId":{},"TxnType":"PurchaseOrder","TxnLineId":{}}}],"#,
                o["Id"], o["Line"][line]["Id"]
            ),
            1,
        );
        format!(r#"{{{VENDOR},"Line":[{line}]}}"#)
    };
    let first = c.save("Bill", &of_line(0, "10"));
    assert_eq!(first["Line"][0]["LinkedTxn"][0]["TxnLineId"], o["Line"][0]["Id"]);
    let seen = read(&mut c, "PurchaseOrder", &o);
    assert_eq!(
        (seen["POStatus"].clone(), seen["LinkedTxn"][0]["TxnId"].clone()),
        ("Open".into(), first["Id"].clone())
    );
    let second = c.save("Bill", &of_line(1, "20"));
    assert_eq!(read(&mut c, "PurchaseOrder", &o)["POStatus"], "Closed");
    c.post("bill?operation=delete", &format!("{}}}", key(&second))).entity("Bill");
    assert_eq!(read(&mut c, "PurchaseOrder", &o)["POStatus"], "Open");
    // a bill that names the whole order closes it
    let whole = format!(
        r#"{{"LinkedTxn":[{{"TxnId":{},"TxnType":"PurchaseOrder"}}],{}"#,
        o["Id"],
        &bill("30")[1..]
    );
    let whole = c.save("Bill", &whole);
    assert_eq!(whole["LinkedTxn"][0]["TxnType"], "PurchaseOrder");
    assert_eq!(read(&mut c, "PurchaseOrder", &o)["POStatus"], "Closed");
    // the line of the order must be named, and the vendor be the same
    let unnamed = of_line(0, "1").replace(&format!(r#","TxnLineId":{}"#, o["Line"][0]["Id"]), "");
    assert_eq!(c.post("bill", &unnamed).code(), "2020");
    let other =
        of_line(0, "1").replace(r#""VendorRef":{"value":"3"}"#, r#""VendorRef":{"value":"4"}"#);
    assert_eq!(c.post("bill", &other).code(), "620");
    // closing by hand
    let o = c.save("PurchaseOrder", &order);
    let o = c.save("PurchaseOrder", &format!(r#"{},"sparse":true,"POStatus":"Closed"}}"#, key(&o)));
    assert_eq!(o["POStatus"], "Closed");
    c.post("purchaseorder?operation=delete", &format!("{}}}", key(&o))).entity("PurchaseOrder");
}

#[test]
fn a_deposit_takes_a_transfer_an_entry_and_a_payment_to_a_vendor_out_of_undeposited_funds() {
    fact!("Deposit", "create", Documented, "§8", "links Transfer, JournalEntry and BillPayment");
    let mut c = company();
    let transfer = c.save(
        "Transfer",
        r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"4"},"Amount":100}"#,
    );
    let line = |side: &str, account: &str| {
        format!(
            r#"{{"Amount":20,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}}}}}"#
        )
    };
    let entry = c.save(
        "JournalEntry",
        &format!(r#"{{"Line":[{},{}]}}"#, line("Credit", "36"), line("Debit", "4")),
    );
    let b = c.save("Bill", &bill("7"));
    let paid = c.save("BillPayment", &check("7", &[("7", &b, "Bill")]).replace("\"35\"", "\"4\""));
    let link = |of: &Value, kind: &str, at: &str| {
        format!(
            r#"{{"LinkedTxn":[{{"TxnId":{},"TxnType":"{kind}","TxnLineId":"{at}"}}]}}"#,
            of["Id"]
        )
    };
    let d = c.save(
        "Deposit",
        &format!(
            r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{},{},{}]}}"#,
            link(&transfer, "Transfer", "0"),
            link(&entry, "JournalEntry", "1"),
            link(&paid, "BillPayment", "0")
        ),
    );
    assert_eq!(d["TotalAmt"], "113.00");
    assert_eq!(d["Line"][2]["LinkedTxn"][0]["TxnType"], "BillPaymentCheck");
    assert_eq!((c.balance("Checking"), c.balance("Undeposited Funds")), (11_300, 0));
    assert_eq!(read(&mut c, "Transfer", &transfer)["LinkedTxn"][0]["TxnType"], "Deposit");
    let frozen = c
        .post("billpayment?operation=void", &format!(r#"{{"Id":{},"SyncToken":"1"}}"#, paid["Id"]));
    assert_eq!(frozen.code(), "6540");
}
