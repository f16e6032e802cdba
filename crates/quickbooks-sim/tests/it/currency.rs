//! Several currencies: lists, rates, documents, payments at other rates, deposits.

use quickbooks_sim::{CompanyPrefs, Config};
use serde_json::Value;

use crate::support::{Company, company, company_of, invoice, key};

const EUR: &str = r#""CurrencyRef":{"value":"EUR"}"#;

/// A US company with euro on, euro customer 58, euro vendor 59 and euro bank account `Euro Bank`.
fn several() -> Company {
    let prefs = CompanyPrefs { multi_currency: true, ..CompanyPrefs::default() };
    let mut c = company_of(Config { prefs, ..Config::default() });
    c.save("CompanyCurrency", r#"{"Code":"EUR"}"#);
    c.save("Customer", &format!(r#"{{"DisplayName":"Käufer",{EUR}}}"#));
    c.save("Vendor", &format!(r#"{{"DisplayName":"Lieferant",{EUR}}}"#));
    c.save("Account", &format!(r#"{{"Name":"Euro Bank","AccountType":"Bank",{EUR}}}"#));
    c
}

fn account(c: &mut Company, name: &str) -> String {
    let found = c.query(&format!("select * from Account where Name = '{name}'")).body;
    found["QueryResponse"]["Account"][0]["Id"].as_str().unwrap().to_owned()
}

/// An invoice of one line to the euro customer.
fn euros(amount: &str, rate: &str) -> String {
    format!(
        r#"{{"CustomerRef":{{"value":"58"}},{EUR},"ExchangeRate":{rate},"Line":[{{"Amount":{amount},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"3"}}}}}}]}}"#
    )
}

fn paid(total: &str, rate: &str, lines: &[(&str, &Value, &str)], rest: &str) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|(amount, target, kind)| {
            format!(
                r#"{{"Amount":{amount},"LinkedTxn":[{{"TxnId":{},"TxnType":"{kind}"}}]}}"#,
                target["Id"]
            )
        })
        .collect();
    format!(
        r#"{{"CustomerRef":{{"value":"58"}},{EUR},"ExchangeRate":{rate},"TotalAmt":{total},"Line":[{}]{rest}}}"#,
        lines.join(",")
    )
}

fn read(c: &mut Company, name: &str, object: &Value) -> Value {
    c.get(&format!("{}/{}", name.to_lowercase(), object["Id"].as_str().unwrap())).entity(name)
}

const RECEIVABLE: &str = "Accounts Receivable (A/R) - EUR";
const GAIN: &str = "Exchange Gain or Loss";

#[test]
fn currencies_are_listed_and_stay_on() {
    fact!(
        "Preferences",
        "update",
        Documented,
        "§8",
        "MultiCurrencyEnabled is irreversible once on"
    );
    fact!("CompanyCurrency", "create", Documented, "§8", "Code is required");
    fact!(
        "CompanyCurrency",
        "create",
        Assumed,
        "§7",
        "not a currency: 2220; the home currency: 6000"
    );
    let mut c = company();
    assert_eq!(c.post("companycurrency", r#"{"Code":"EUR"}"#).code(), "6000");
    assert_eq!(c.get("exchangerate?sourcecurrencycode=EUR").code(), "6000");
    let customer = format!(r#"{{"DisplayName":"Käufer",{EUR}}}"#);
    assert_eq!(c.post("customer", &customer).code(), "6000");
    let on = CompanyPrefs { multi_currency: true, ..c.sim.prefs().clone() };
    c.sim.set_prefs(on, c.now_us);
    let off = CompanyPrefs { multi_currency: false, ..c.sim.prefs().clone() };
    c.sim.set_prefs(off, c.now_us);
    let prefs = c.get("preferences").entity("Preferences");
    assert_eq!(prefs["CurrencyPrefs"]["MultiCurrencyEnabled"], true);
    assert_eq!(c.post("customer", &customer).code(), "2500", "not on the list yet");
    let euro = c.save("CompanyCurrency", r#"{"Code":"eur"}"#);
    assert_eq!(
        (&euro["Code"], &euro["Name"], &euro["Active"]),
        (&"EUR".into(), &"Euro".into(), &true.into())
    );
    for (body, code) in [
        ("{}", "2020"),
        (r#"{"Code":"XXQ"}"#, "2220"),
        (r#"{"Code":"USD"}"#, "6000"),
        (r#"{"Code":"EUR"}"#, "6240"),
    ] {
        assert_eq!(c.post("companycurrency", body).code(), code, "{body}");
    }
    assert_eq!(c.save("CompanyCurrency", &euro.to_string()), euro, "nothing changes");
    let made = c.save("Customer", &customer);
    assert_eq!(c.save("Customer", &made.to_string()), made, "nothing changes");
    assert_eq!(made["CurrencyRef"]["name"], "Euro");
    let home = c.get("customer/1").entity("Customer");
    assert_eq!(home["CurrencyRef"]["value"], "USD");
    let off = format!(r#"{},"sparse":true,"Active":false}}"#, key(&euro));
    c.save("CompanyCurrency", &off);
    assert_eq!(c.post("vendor", &format!(r#"{{"DisplayName":"V",{EUR}}}"#)).code(), "2500");
    let listed = c.query("select * from CompanyCurrency where Active = false").body;
    assert_eq!(listed["QueryResponse"]["CompanyCurrency"][0]["Code"], "EUR");
}

#[test]
fn a_rate_is_kept_by_currency_and_day() {
    fact!(
        "ExchangeRate",
        "update",
        Documented,
        "§8",
        "key is currency and day; SourceCurrencyCode, AsOfDate and Rate are required"
    );
    fact!("ExchangeRate", "read", Documented, "§2", "GET /exchangerate by currency and day");
    fact!(
        "ExchangeRate",
        "query",
        Documented,
        "§3",
        "AsOfDate and SourceCurrencyCode can be filtered"
    );
    fact!("Invoice", "create", Documented, "§8", "the rate is that of the day, else 1");
    let mut c = several();
    let rate = |day: &str, rate: &str| {
        format!(r#"{{"SourceCurrencyCode":"EUR","AsOfDate":"{day}","Rate":{rate}}}"#)
    };
    let set = c.save("ExchangeRate", &rate("2026-03-01", "1.0825"));
    assert_eq!((&set["Rate"], &set["TargetCurrencyCode"]), (&"1.0825".into(), &"USD".into()));
    let same = c.save("ExchangeRate", &rate("2026-03-01", "1.08250"));
    assert_eq!(same, set);
    let other = c.save("ExchangeRate", &rate("2026-03-01", "1.0826"));
    assert_eq!(other["SyncToken"], "1");
    c.save("ExchangeRate", &rate("2026-03-02", "1.09"));
    for (path, want) in [
        ("exchangerate?sourcecurrencycode=EUR&asofdate=2026-03-01", "1.0826"),
        // today is 2026-03-02
        ("exchangerate?sourcecurrencycode=EUR", "1.09"),
        ("exchangerate?sourcecurrencycode=EUR&asofdate=2026-03-03", "1"),
    ] {
        let shown = c.get(path).entity("ExchangeRate")["Rate"].to_string();
        assert_eq!(shown.trim_matches('"'), want, "{path}");
    }
    let asked =
        "select * from ExchangeRate where SourceCurrencyCode = 'EUR' and AsOfDate >= '2026-03-02'";
    let found = c.query(asked).body;
    assert_eq!(found["QueryResponse"]["ExchangeRate"].as_array().map(Vec::len), Some(1));
    for (body, code) in [
        (r#"{"AsOfDate":"2026-03-01","Rate":1}"#.to_owned(), "2020"),
        (r#"{"SourceCurrencyCode":"EUR","Rate":1}"#.to_owned(), "2020"),
        (r#"{"SourceCurrencyCode":"EUR","AsOfDate":"2026-03-01"}"#.to_owned(), "2020"),
        (rate("2026-02-30", "1"), "2070"),
        (rate("2026-03-01", "0"), "2110"),
        (rate("2026-03-01", "-1"), "2110"),
        (rate("2026-03-01", "1").replace("EUR", "USD"), "6000"),
        (rate("2026-03-01", "1").replace("EUR", "XXQ"), "2220"),
    ] {
        assert_eq!(c.post("exchangerate", &body).code(), code, "{body}");
    }
    assert_eq!(c.get("exchangerate").code(), "2020");
    assert_eq!(c.post("exchangerate?operation=delete", &rate("2026-03-01", "1")).code(), "500");
    for (day, home) in
        [("2026-03-01", "108.26"), ("2026-03-02", "109.00"), ("2026-03-05", "100.00")]
    {
        let body =
            euros("100", "1").replace(r#""ExchangeRate":1,"#, &format!(r#""TxnDate":"{day}","#));
        assert_eq!(c.save("Invoice", &body)["HomeTotalAmt"], home, "{day}");
    }
}

#[test]
fn a_document_keeps_the_currency_of_its_customer() {
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "several currencies: CurrencyRef is required and equals the customer's"
    );
    fact!("Customer", "update", Documented, "§8", "the currency cannot change once it is used");
    fact!(
        "Account",
        "create",
        Documented,
        "§8",
        "a foreign customer has a receivable account of its currency"
    );
    fact!(
        "Account",
        "create",
        Assumed,
        "§8",
        "named \"Accounts Receivable (A/R) - EUR\"; income and expense stay in home currency"
    );
    let mut c = several();
    let i = c.save("Invoice", &euros("100.00", "1.0825"));
    assert_eq!(i["CurrencyRef"], serde_json::json!({"value":"EUR","name":"Euro"}));
    assert_eq!((&i["TotalAmt"], &i["HomeTotalAmt"]), (&"100.00".into(), &"108.25".into()));
    assert_eq!((&i["Balance"], &i["HomeBalance"]), (&"100.00".into(), &"108.25".into()));
    assert_eq!(i["ExchangeRate"], "1.0825");
    assert_eq!((c.balance(RECEIVABLE), c.balance("Sales of Product Income")), (10_825, -10_825));
    let shown = account(&mut c, RECEIVABLE);
    let shown = c.get(&format!("account/{shown}")).entity("Account");
    assert_eq!(
        (&shown["CurrentBalance"], &shown["CurrencyRef"]["value"]),
        (&"100.00".into(), &"EUR".into())
    );
    let customer = c.get("customer/58").entity("Customer");
    assert_eq!(customer["Balance"], "100.00");
    assert_eq!(c.save("Invoice", &i.to_string()), i, "written back unchanged, nothing changes");
    // a home document shows both too
    let home =
        c.save("Invoice", &format!(r#"{{"CurrencyRef":{{"value":"USD"}},{}"#, &invoice("7")[1..]));
    assert_eq!((&home["ExchangeRate"], &home["HomeTotalAmt"]), (&1.into(), &"7.00".into()));
    for (body, code) in [
        (invoice("1"), "2020"),
        (euros("1", "1").replace("58", "1"), "6000"),
        (
            format!(r#"{{"CurrencyRef":{{"value":"USD"}},{}"#, &invoice("1")[1..])
                .replace(r#""value":"1"},"Line"#, r#""value":"58"},"Line"#),
            "6000",
        ),
        (euros("1", "1").replace("EUR", "GBP"), "2500"),
        (euros("1", "1").replace("EUR", "??"), "2220"),
        (euros("1", "0"), "2110"),
        (euros("99999999999", "999999"), "2240"),
    ] {
        assert_eq!(c.post("invoice", &body).code(), code, "{body}");
    }
    let dollars = format!(r#"{},"sparse":true,"CurrencyRef":{{"value":"USD"}}}}"#, key(&customer));
    assert_eq!(c.post("customer", &dollars).code(), "6000");
    let vendor = c.get("vendor/59").entity("Vendor");
    let unused = format!(r#"{},"sparse":true,"CurrencyRef":{{"value":"USD"}}}}"#, key(&vendor));
    assert_eq!(c.save("Vendor", &unused)["CurrencyRef"]["value"], "USD");
    let income = format!(r#"{{"Name":"Euro Income","AccountType":"Income",{EUR}}}"#);
    assert_eq!(c.post("account", &income).code(), "6000");
    // an account of another currency
    let bank = account(&mut c, "Euro Bank");
    let receipt = format!(
        r#"{{"CurrencyRef":{{"value":"USD"}},"DepositToAccountRef":{{"value":"{bank}"}},{}"#,
        &invoice("1")[1..]
    );
    assert_eq!(c.post("salesreceipt", &receipt).code(), "6000");
}

#[test]
fn a_payment_at_another_rate_leaves_nothing_behind() {
    fact!(
        "Payment",
        "create",
        Documented,
        "§12",
        "a payment at another rate: the difference is exchange gain or loss"
    );
    fact!(
        "Payment",
        "create",
        Assumed,
        "§8",
        "payments share the home amount of a document in their order, the last takes the rest"
    );
    let mut c = several();
    for (total, rate, payments, gain) in [
        // in full, the euro rose: 5.00 gained
        ("100.00", "1.10", vec![("100.00", "1.15")], -500),
        // in full, the euro fell: 5.00 lost
        ("100.00", "1.10", vec![("100.00", "1.05")], 500),
        // 33.33 at 1.1111 is 37.03; 100.00 is 111.11, thirds of it 37.03, 37.03, 37.05
        (
            "100.00",
            "1.1111",
            vec![("33.33", "1.1111"), ("33.33", "1.1111"), ("33.34", "1.1111")],
            0,
        ),
        ("0.03", "0.3333", vec![("0.01", "0.3333"), ("0.01", "0.3333"), ("0.01", "0.3333")], 1),
    ] {
        let before = c.balance(GAIN);
        let i = c.save("Invoice", &euros(total, rate));
        for (amount, at) in &payments {
            c.save("Payment", &paid(amount, at, &[(amount, &i, "Invoice")], ""));
        }
        let now = read(&mut c, "Invoice", &i);
        assert_eq!((&now["Balance"], &now["HomeBalance"]), (&0.into(), &0.into()), "{now}");
        assert_eq!(c.balance(RECEIVABLE), 0, "{total} at {rate}");
        assert!((c.balance(GAIN) - before - gain).abs() <= 1, "{total} at {rate}");
    }
    let owed = c.get("customer/58").entity("Customer");
    assert_eq!(owed["Balance"], 0);
    // part, then the rate of the invoice changes, then the first payment goes
    let i = c.save("Invoice", &euros("100", "1.10"));
    let first = c.save("Payment", &paid("40", "1.20", &[("40", &i, "Invoice")], ""));
    let now = read(&mut c, "Invoice", &i);
    assert_eq!((&now["Balance"], &now["HomeBalance"]), (&"60.00".into(), &"66.00".into()));
    assert_eq!(c.balance(RECEIVABLE), 6_600);
    c.save("Payment", &paid("60", "1.20", &[("60", &i, "Invoice")], ""));
    assert_eq!(c.balance(RECEIVABLE), 0);
    let now = read(&mut c, "Invoice", &i);
    c.save("Invoice", &format!(r#"{},"sparse":true,"ExchangeRate":1.2222}}"#, key(&now)));
    assert_eq!(c.balance(RECEIVABLE), 0, "the payments follow the document");
    c.post("payment?operation=delete", &format!("{}}}", key(&first))).entity("Payment");
    let now = read(&mut c, "Invoice", &i);
    assert_eq!((&now["Balance"], &now["HomeBalance"]), (&"40.00".into(), &"48.89".into()));
    assert_eq!(c.balance(RECEIVABLE), 4_889);
    let void = c.post("invoice?operation=void", &format!("{}}}", key(&now))).entity("Invoice");
    assert_eq!((&void["HomeTotalAmt"], &void["HomeBalance"]), (&0.into(), &0.into()));
    // what is left is a payment of 60 at 1.20 that nothing uses
    assert_eq!(c.balance(RECEIVABLE), -7_200);
}

#[test]
fn credits_and_overpayments_settle_in_their_own_currency() {
    let mut c = several();
    let i = c.save("Invoice", &euros("50", "1.10"));
    let m = c.save("CreditMemo", &euros("50", "1.20"));
    assert_eq!(c.balance(RECEIVABLE), 5_500 - 6_000);
    c.save("Payment", &paid("0", "1", &[("50", &i, "Invoice"), ("50", &m, "CreditMemo")], ""));
    assert_eq!((c.balance(RECEIVABLE), c.balance(GAIN)), (0, -500));
    // 30 paid on 5: 25 unapplied at the rate of the payment
    let i = c.save("Invoice", &euros("5", "1.10"));
    let p = c.save("Payment", &paid("30", "1.30", &[("30", &i, "Invoice")], ""));
    assert_eq!(p["UnappliedAmt"], "25.00");
    assert_eq!(c.balance(RECEIVABLE), -3_250);
    assert_eq!(c.balance(GAIN), -500 - 100);
    let owed = c.get("customer/58").entity("Customer");
    assert_eq!(owed["Balance"], "-25.00");
    // the same for vendors
    let bill = c.save("Bill", &format!(
        r#"{{"VendorRef":{{"value":"59"}},{EUR},"ExchangeRate":1.10,"Line":[{{"Amount":100,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"15"}}}}}}]}}"#
    ));
    assert_eq!((&bill["HomeTotalAmt"], &bill["HomeBalance"]), (&Value::Null, &"110.00".into()));
    assert_eq!(c.balance("Accounts Payable (A/P) - EUR"), -11_000);
    let before = c.balance(GAIN);
    let bank = account(&mut c, "Euro Bank");
    c.save("BillPayment", &format!(
        r#"{{"VendorRef":{{"value":"59"}},{EUR},"ExchangeRate":1.25,"PayType":"Check","CheckPayment":{{"BankAccountRef":{{"value":"{bank}"}}}},"TotalAmt":100,"Line":[{{"Amount":100,"LinkedTxn":[{{"TxnId":{},"TxnType":"Bill"}}]}}]}}"#,
        bill["Id"]
    ));
    assert_eq!(c.balance("Accounts Payable (A/P) - EUR"), 0);
    assert_eq!(c.balance("Euro Bank"), -12_500);
    // what cost 110 was paid with 125
    assert_eq!(c.balance(GAIN) - before, 1_500);
}

#[test]
fn money_in_another_currency_waits_at_its_rate() {
    fact!(
        "Deposit",
        "create",
        Assumed,
        "§8",
        "deposited money leaves Undeposited Funds at the rate it came in with"
    );
    fact!("Transfer", "create", Assumed, "§8", "both accounts move at the rate of the transfer");
    let mut c = several();
    let bank = account(&mut c, "Euro Bank");
    let p = c.save("Payment", &paid("100", "1.10", &[], ""));
    assert_eq!(c.balance("Undeposited Funds"), 11_000);
    let deposit = |currency: &str, fee: &str| {
        format!(
            r#"{{"DepositToAccountRef":{{"value":"{bank}"}},"CurrencyRef":{{"value":"{currency}"}},"ExchangeRate":1.20,"Line":[{{"LinkedTxn":[{{"TxnId":{},"TxnType":"Payment"}}]}}{fee}]}}"#,
            p["Id"]
        )
    };
    let fee = r#",{"Amount":-2.50,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"11"}}}"#;
    assert_eq!(c.post("deposit", &deposit("USD", fee)).code(), "6000");
    let d = c.save("Deposit", &deposit("EUR", fee));
    assert_eq!((&d["TotalAmt"], &d["HomeTotalAmt"]), (&"97.50".into(), &"117.00".into()));
    assert_eq!(c.balance("Undeposited Funds"), 0);
    assert_eq!((c.balance("Euro Bank"), c.balance("Merchant Fees")), (11_700, 300));
    assert_eq!(c.balance(GAIN), -1_000);
    let shown = c.get(&format!("account/{bank}")).entity("Account");
    assert_eq!(shown["CurrentBalance"], "97.50");
    let transfer = |from: &str, to: &str, currency: &str| {
        format!(
            r#"{{"FromAccountRef":{{"value":"{from}"}},"ToAccountRef":{{"value":"{to}"}},"Amount":97.50,"CurrencyRef":{{"value":"{currency}"}},"ExchangeRate":1.20}}"#
        )
    };
    assert_eq!(c.post("transfer", &transfer(&bank, "35", "USD")).code(), "6000");
    c.save("Transfer", &transfer(&bank, "35", "EUR"));
    assert_eq!((c.balance("Euro Bank"), c.balance("Checking")), (0, 11_700));
    let shown = c.get(&format!("account/{bank}")).entity("Account");
    assert_eq!(shown["CurrentBalance"], 0);
    // a journal entry in euro: 33.33 three times against 99.99
    let side = |amount: &str, side: &str, account: &str| {
        format!(
            r#"{{"Amount":{amount},"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}}}}}"#
        )
    };
    let lines = [
        side("33.33", "Debit", "7"),
        side("33.33", "Debit", "8"),
        side("33.33", "Debit", "15"),
        side("99.99", "Credit", &bank),
    ];
    let j = c.save(
        "JournalEntry",
        &format!(r#"{{{EUR},"ExchangeRate":1.115,"Line":[{}]}}"#, lines.join(",")),
    );
    assert_eq!(j["HomeTotalAmt"], "111.49");
    assert_eq!(c.sim.trial_balance().values().sum::<i64>(), 0);
    // 33.33 at 1.115 is 37.163, 99.99 is 111.489
    let spent: i64 =
        ["Advertising", "Bank Charges", "Office Expenses"].iter().map(|n| c.balance(n)).sum();
    assert!((spent - 11_149).abs() <= 2, "{spent}");
}

#[test]
fn tax_and_reports_of_foreign_documents_are_in_home_currency() {
    fact!(
        "Reports",
        "AgedReceivables",
        Assumed,
        "§12",
        "documents in another currency count at their rate"
    );
    use quickbooks_sim::Profile;
    let prefs = CompanyPrefs { multi_currency: true, ..Profile::UkVat.prefs() };
    let mut c = company_of(Config { prefs, ..Config::default() });
    c.save("CompanyCurrency", r#"{"Code":"EUR"}"#);
    c.save("Customer", &format!(r#"{{"DisplayName":"Käufer",{EUR}}}"#));
    let body =
        euros("100", "0.85").replace(r#""ItemRef""#, r#""TaxCodeRef":{"value":"2"},"ItemRef""#);
    let i = c.save("Invoice", &body);
    assert_eq!((&i["TotalAmt"], &i["HomeTotalAmt"]), (&"120.00".into(), &"102.00".into()));
    assert_eq!(c.balance("VAT Control"), -1_700);
    c.save("Payment", &paid("50", "0.90", &[("50", &i, "Invoice")], ""));
    let report = c.get("reports/AgedReceivables").text;
    // 120 - 50 at 0.85
    assert!(report.contains("59.50"), "{report}");
    assert_eq!(c.balance(RECEIVABLE), 5_950);
}

#[test]
fn credits_that_the_company_applies_leave_nothing_behind() {
    fact!(
        "Payment",
        "create",
        Assumed,
        "§8",
        "AutoApplyCredit in another currency: the payment of nothing takes the day's rate"
    );
    let mut c = several();
    c.sim.set_prefs(CompanyPrefs { auto_apply_credit: true, ..c.sim.prefs().clone() }, c.now_us);
    c.save("CreditMemo", &euros("50", "1.20"));
    let i = c.save("Invoice", &euros("50", "1.10"));
    assert_eq!((&i["Balance"], &i["HomeBalance"]), (&0.into(), &0.into()));
    assert_eq!((c.balance(RECEIVABLE), c.balance(GAIN)), (0, -500));
    let made = c.query("select * from Payment").body["QueryResponse"]["Payment"][0].clone();
    assert_eq!((&made["CurrencyRef"]["value"], &made["TotalAmt"]), (&"EUR".into(), &0.into()));
    // money that waits at 1.30 goes to an invoice at 1.10
    c.save("Payment", &paid("30", "1.30", &[], ""));
    c.save("Invoice", &euros("30", "1.10"));
    assert_eq!((c.balance(RECEIVABLE), c.balance(GAIN)), (0, -500 - 600));
}
