//! Payments, credits, deposits, transfers and purchases.

use serde_json::Value;

use crate::support::{Company, company, company_of, invoice, key};
use quickbooks_sim::Config;

fn pay(c: &mut Company, total: &str, lines: &[(&str, &Value, &str)]) -> Value {
    let lines: Vec<_> = lines
        .iter()
        .map(|(amount, target, kind)| {
            format!(
                r#"{{"Amount":{amount},"LinkedTxn":[{{"TxnId":{},"TxnType":"{kind}"}}]}}"#,
                target["Id"]
            )
        })
        .collect();
    c.save(
        "Payment",
        &format!(
            r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":{total},"PaymentRefNum":"ch_1","Line":[{}]}}"#,
            lines.join(",")
        ),
    )
}

fn read(c: &mut Company, name: &str, object: &Value) -> Value {
    c.get(&format!("{}/{}", name.to_lowercase(), object["Id"].as_str().unwrap())).entity(name)
}

fn full_payment(p: &Value, rest: &str) -> String {
    format!(r#"{},"CustomerRef":{{"value":"1"}},"TotalAmt":{},{rest}}}"#, key(p), p["TotalAmt"])
}

#[test]
fn a_payment_settles_an_invoice_and_bumps_its_token() {
    fact!(
        "Payment",
        "create",
        Recorded,
        "§2",
        "the invoice's balance falls, its SyncToken rises and it links back"
    );
    fact!(
        "Payment",
        "create",
        Recorded,
        "§8",
        "without DepositToAccountRef the money waits in Undeposited Funds"
    );
    fact!(
        "Payment",
        "create",
        Recorded,
        "§8",
        "lines carry txnId, txnOpenBalance and txnReferenceNumber"
    );
    fact!("Payment", "update", Recorded, "§8", "an empty Line un-applies everything");
    let mut c = company();
    let i = c.save("Invoice", &invoice("100"));
    let p = pay(&mut c, "40", &[("40", &i, "Invoice")]);
    assert_eq!(p["UnappliedAmt"], 0);
    assert_eq!(p["DepositToAccountRef"]["value"], "4");
    assert_eq!(p["Line"][0]["LineEx"]["any"][1]["value"]["Value"], "60.00");
    let now = read(&mut c, "Invoice", &i);
    assert_eq!(now["Balance"], "60.00");
    assert_eq!(now["SyncToken"], "1");
    assert_eq!(now["LinkedTxn"][0]["TxnId"], p["Id"]);
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 6_000);
    assert_eq!(c.balance("Undeposited Funds"), 4_000);
    // writing with the token from the create is stale now
    assert_eq!(c.post("invoice?operation=delete", &format!("{}}}", key(&i))).code(), "5010");
    // taking the lines off opens the invoice again
    let p = c.save("Payment", &full_payment(&p, r#""Line":[]"#));
    assert_eq!(p["UnappliedAmt"], "40.00");
    let now = read(&mut c, "Invoice", &i);
    assert_eq!(
        (now["Balance"].clone(), &now["LinkedTxn"]),
        ("100.00".into(), &Value::Array(vec![]))
    );
    assert_eq!(now["SyncToken"], "2");
}

#[test]
fn overpaying_is_accepted_and_becomes_credit() {
    fact!(
        "Payment",
        "create",
        Recorded,
        "§8",
        "more than the open balance is accepted and stays as UnappliedAmt"
    );
    let mut c = company();
    let i = c.save("Invoice", &invoice("5"));
    let p = pay(&mut c, "30", &[("30", &i, "Invoice")]);
    assert_eq!(p["UnappliedAmt"], "25.00");
    assert_eq!(read(&mut c, "Invoice", &i)["Balance"], 0);
    assert_eq!(read(&mut c, "Customer", &serde_json::json!({"Id":"1"}))["Balance"], "-25.00");
}

#[test]
fn a_credit_memo_is_applied_by_an_empty_payment() {
    fact!(
        "Payment",
        "create",
        Documented,
        "§8",
        "a credit memo settles an invoice through a payment's two positive lines"
    );
    fact!("CreditMemo", "delete", Assumed, "§8", "what it had settled is open again");
    let mut c = company();
    let i = c.save("Invoice", &invoice("80"));
    let m = c.save("CreditMemo", &invoice("55"));
    let p = pay(&mut c, "25", &[("80", &i, "Invoice"), ("55", &m, "CreditMemo")]);
    assert_eq!(p["UnappliedAmt"], 0);
    assert_eq!(read(&mut c, "Invoice", &i)["Balance"], 0);
    assert_eq!(read(&mut c, "CreditMemo", &m)["RemainingCredit"], 0);
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 0);
    // without the credit memo the payment covers only its own 25
    let m = read(&mut c, "CreditMemo", &m);
    c.post("creditmemo?operation=delete", &format!("{}}}", key(&m))).entity("CreditMemo");
    assert_eq!(read(&mut c, "Invoice", &i)["Balance"], "55.00");
    assert_eq!(read(&mut c, "Payment", &p)["UnappliedAmt"], 0);
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 5_500);
}

#[test]
fn refusals_of_payments() {
    fact!("Payment", "create", Documented, "§8", "customer and amount are required: 2020");
    fact!("Payment", "create", Documented, "§8", "a negative line is 2290, a negative total 2240");
    fact!("Payment", "create", Assumed, "§8", "lines above money and credits are 6000");
    fact!("Payment", "create", Documented, "§8", "PaymentRefNum has 21 characters: 2050");
    fact!("Payment", "sparse update", Recorded, "§2", "is read as a full update: 2020");
    let mut c = company();
    let i = c.save("Invoice", &invoice("80"));
    let line = |amount: &str, id: &Value, kind: &str| {
        format!(r#"{{"Amount":{amount},"LinkedTxn":[{{"TxnId":{id},"TxnType":"{kind}"}}]}}"#)
    };
    let payment = |total: &str, customer: &str, line: &str| {
        format!(r#"{{"CustomerRef":{{"value":"{customer}"}},"TotalAmt":{total},"Line":[{line}]}}"#)
    };
    for (body, code) in [
        (r#"{"TotalAmt":1}"#.to_owned(), "2020"),
        (r#"{"CustomerRef":{"value":"1"}}"#.to_owned(), "2020"),
        (payment("-1", "1", ""), "2240"),
        (payment("10", "1", &line("-5", &i["Id"], "Invoice")), "2290"),
        (payment("10", "1", &line("20", &i["Id"], "Invoice")), "6000"),
        (payment("10", "2", &line("10", &i["Id"], "Invoice")), "6000"),
        (payment("10", "1", &line("10", &i["Id"], "CreditMemo")), "2500"),
        (payment("10", "1", r#"{"Amount":10}"#), "2020"),
        (
            r#"{"CustomerRef":{"value":"1"},"TotalAmt":1,"PaymentRefNum":"1234567890123456789012"}"#
                .to_owned(),
            "2050",
        ),
    ] {
        assert_eq!(c.post("payment", &body).code(), code, "{body}");
    }
    // a sparse update of a payment is read as a full one
    let p = pay(&mut c, "10", &[]);
    let sparse = format!(r#"{},"sparse":true,"PrivateNote":"x"}}"#, key(&p));
    assert_eq!(c.post("payment", &sparse).code(), "2020");
}

#[test]
fn voiding_a_paid_invoice_frees_the_payment_or_is_refused_by_switch() {
    fact!(
        "Invoice",
        "void",
        Recorded,
        "§2",
        "a paid invoice is voided and the payment unapplied, or refused: a switch, sources differ"
    );
    let mut c = company();
    let i = c.save("Invoice", &invoice("80"));
    let p = pay(&mut c, "80", &[("80", &i, "Invoice")]);
    let i = read(&mut c, "Invoice", &i);
    let v = c.post("invoice?operation=void", &format!("{}}}", key(&i))).entity("Invoice");
    assert_eq!((v["TotalAmt"].clone(), v["Balance"].clone()), (0.into(), 0.into()));
    assert_eq!(read(&mut c, "Payment", &p)["UnappliedAmt"], "80.00");
    assert_eq!(c.balance("Accounts Receivable (A/R)"), -8_000);

    let mut c = company_of(Config { void_paid_invoice: false, ..Config::default() });
    let i = c.save("Invoice", &invoice("80"));
    pay(&mut c, "80", &[("80", &i, "Invoice")]);
    let i = read(&mut c, "Invoice", &i);
    assert_eq!(c.post("invoice?operation=void", &format!("{}}}", key(&i))).code(), "6000");
}

#[test]
fn lowering_a_paid_invoice_leaves_the_rest_unapplied() {
    fact!(
        "Invoice",
        "update",
        Assumed,
        "§8",
        "what was paid beyond a lowered total becomes unapplied"
    );
    let mut c = company();
    let i = c.save("Invoice", &invoice("80"));
    let p = pay(&mut c, "80", &[("80", &i, "Invoice")]);
    let i = read(&mut c, "Invoice", &i);
    let body = format!("{},{}", key(&i), &invoice("50")[1..]);
    let i = c.save("Invoice", &body);
    assert_eq!((i["TotalAmt"].clone(), i["Balance"].clone()), ("50.00".into(), 0.into()));
    assert_eq!(read(&mut c, "Payment", &p)["UnappliedAmt"], "30.00");
}

#[test]
fn every_form_of_void_is_taken() {
    fact!(
        "Payment",
        "void",
        Recorded,
        "§2",
        "operation=void, operation=update with include=void, and include=void alone"
    );
    fact!("CreditMemo", "void", Documented, "§2", "there is none: 500");
    let mut c = company();
    for (path, body) in [
        ("payment?operation=void", ""),
        ("payment?operation=update&include=void", r#","sparse":true"#),
        ("payment?include=void", ""),
    ] {
        let i = c.save("Invoice", &invoice("10"));
        let p = pay(&mut c, "10", &[("10", &i, "Invoice")]);
        let v = c.post(path, &format!("{}{body}}}", key(&p))).entity("Payment");
        assert_eq!((v["TotalAmt"].clone(), v["PrivateNote"].clone()), (0.into(), "Voided".into()));
        assert_eq!(read(&mut c, "Invoice", &i)["Balance"], "10.00", "{path}");
    }
    let memo = c.save("CreditMemo", &invoice("10"));
    assert_eq!(c.post("creditmemo?operation=void", &format!("{}}}", key(&memo))).code(), "500");
}

#[test]
fn a_deposit_nets_the_fee_out_and_freezes_what_it_holds() {
    fact!("Deposit", "create", Recorded, "§8", "a negative line takes a fee out of the payout");
    fact!("Deposit", "create", Recorded, "§8", "a linked line comes back without DetailType");
    fact!(
        "Deposit",
        "create",
        Documented,
        "§7",
        "what a deposit holds cannot be changed, voided or deleted: 6540"
    );
    fact!("Deposit", "create", Assumed, "§7", "a transaction in another deposit is 620");
    fact!("Deposit", "delete", Documented, "§7", "frees what it held");
    let mut c = company();
    let p = pay(&mut c, "262", &[]);
    let linked = format!(
        r#"{{"Amount":262,"LinkedTxn":[{{"TxnId":{},"TxnType":"Payment","TxnLineId":"0"}}]}}"#,
        p["Id"]
    );
    let fee = r#"{"Amount":-62.50,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"11"},"Entity":{"value":"3","type":"Vendor"}}}"#;
    let d = c.save(
        "Deposit",
        &format!(r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{linked},{fee}]}}"#),
    );
    assert_eq!(d["TotalAmt"], "199.50");
    assert!(d["Line"][0].get("DetailType").is_none());
    assert_eq!(d["Line"][0]["LinkedTxn"][0]["TxnType"], "Payment");
    assert_eq!(c.balance("Checking"), 19_950);
    assert_eq!(c.balance("Merchant Fees"), 6_250);
    assert_eq!(c.balance("Undeposited Funds"), 0);

    let p = read(&mut c, "Payment", &p);
    assert_eq!(p["LinkedTxn"][0]["TxnType"], "Deposit");
    for path in ["payment?operation=delete", "payment?operation=void", "payment"] {
        assert_eq!(c.post(path, &full_payment(&p, r#""Line":[]"#)).code(), "6540", "{path}");
    }
    // in a second deposit
    let again = format!(r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{linked}]}}"#);
    assert_eq!(c.post("deposit", &again).code(), "620");
    // deleting the deposit thaws
    c.post("deposit?operation=delete", &format!("{}}}", key(&d))).entity("Deposit");
    assert_eq!(c.balance("Undeposited Funds"), 26_200);
    let p = read(&mut c, "Payment", &p);
    c.post("payment?operation=delete", &format!("{}}}", key(&p))).entity("Payment");
    assert!(c.sim.trial_balance().is_empty());
}

#[test]
fn refusals_of_deposits() {
    fact!(
        "Deposit",
        "create",
        Recorded,
        "§8",
        "a linked line with DetailType misses its AccountRef: 2020"
    );
    fact!(
        "Deposit",
        "create",
        Recorded,
        "§8",
        "money that does not wait in Undeposited Funds is 6000"
    );
    fact!("Deposit", "create", Assumed, "§7", "an account of a type that does not fit is 6430");
    fact!("Deposit", "sparse update", Recorded, "§2", "is read as a full update: 2020");
    let mut c = company();
    let p = pay(&mut c, "10", &[]);
    let bank = c.save(
        "SalesReceipt",
        r#"{"DepositToAccountRef":{"value":"35"},"Line":[{"Amount":3,"DetailType":"SalesItemLineDetail"}]}"#,
    );
    let link = |id: &Value, kind: &str, more: &str| {
        format!(
            r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{{"Amount":10,"LinkedTxn":[{{"TxnId":{id},"TxnType":"{kind}"}}]{more}}}]}}"#
        )
    };
    for (body, code) in [
        (r#"{"Line":[]}"#.to_owned(), "2020"),
        (r#"{"DepositToAccountRef":{"value":"35"}}"#.to_owned(), "2020"),
        (r#"{"DepositToAccountRef":{"value":"35"},"Line":[]}"#.to_owned(), "2250"),
        (r#"{"DepositToAccountRef":{"value":"1"},"Line":[]}"#.to_owned(), "6430"),
        (link(&p["Id"], "Payment", r#","DetailType":"DepositLineDetail""#), "2020"),
        (link(&bank["Id"], "SalesReceipt", ""), "6000"),
        (link(&p["Id"], "SalesReceipt", ""), "2500"),
    ] {
        assert_eq!(c.post("deposit", &body).code(), code, "{body}");
    }
    // sparse is not honoured
    let d = c.save("Deposit", &link(&p["Id"], "Payment", ""));
    let sparse = format!(r#"{},"sparse":true,"PrivateNote":"x"}}"#, key(&d));
    assert_eq!(c.post("deposit", &sparse).code(), "2020");
}

#[test]
fn transfers_and_purchases_post_to_both_accounts() {
    fact!("Transfer", "create", Assumed, "§7", "an account that holds no money is 6430");
    fact!(
        "Purchase",
        "create",
        Documented,
        "§8",
        "expense accounts against the account that pays; a credit turns the signs"
    );
    fact!(
        "Purchase",
        "create",
        Assumed,
        "§7",
        "a payment type that does not fit its account is 6430"
    );
    let mut c = company();
    c.save(
        "Transfer",
        r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":630.70}"#,
    );
    assert_eq!((c.balance("Checking"), c.balance("Savings")), (63_070, -63_070));
    assert_eq!(
        c.post(
            "transfer",
            r#"{"FromAccountRef":{"value":"1"},"ToAccountRef":{"value":"35"},"Amount":1}"#
        )
        .code(),
        "6430"
    );
    let expense = r#""Line":[{"Amount":4.45,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]"#;
    let buy = c.save(
        "Purchase",
        &format!(r#"{{"AccountRef":{{"value":"35"}},"PaymentType":"Cash","EntityRef":{{"value":"3","type":"Vendor"}},{expense}}}"#),
    );
    assert_eq!(buy["EntityRef"]["name"], "Card Processor");
    assert_eq!(c.balance("Merchant Fees"), 445);
    c.save(
        "Purchase",
        &format!(r#"{{"AccountRef":{{"value":"41"}},"PaymentType":"CreditCard","Credit":true,{expense}}}"#),
    );
    assert_eq!((c.balance("Merchant Fees"), c.balance("Company Card")), (0, 445));
    let wrong =
        format!(r#"{{"AccountRef":{{"value":"35"}},"PaymentType":"CreditCard",{expense}}}"#);
    assert_eq!(c.post("purchase", &wrong).code(), "6430");
}
