//! Reports of what is owed: by customers and to vendors, by name, document and age.

use crate::reports::{busy, dated, report, shown};
use crate::support::company;
use serde_json::json;

#[test]
fn what_customers_owe_by_name_document_and_age() {
    fact!(
        "Reports",
        "CustomerBalance",
        Documented,
        "§12",
        "a row for each customer who owes, and the grand total"
    );
    fact!(
        "Reports",
        "CustomerBalanceDetail",
        Assumed,
        "§12",
        "open documents under their customers"
    );
    fact!(
        "Reports",
        "AgedReceivables",
        Documented,
        "§12",
        "Current, 1 - 30 to 91 and over; report_date, aging_period, num_periods, aging_method"
    );
    fact!(
        "Reports",
        "AgedReceivableDetail",
        Assumed,
        "§12",
        "open documents under their age, the oldest first"
    );
    let mut c = busy();
    c.save("Customer", r#"{"DisplayName":"Branch","Job":true,"ParentRef":{"value":"1"}}"#);
    c.save(
        "CreditMemo",
        &dated("2026-03-10", "5").replace(r#""value":"1"},"Line"#, r#""value":"58"},"Line"#),
    );
    let balance = report(&mut c, "CustomerBalance", "report_date=2026-03-31");
    assert_eq!(
        shown(&balance),
        "Walk-in Customer|80.00\n  Branch|-5.00\nTotal Walk-in Customer|75.00\nTOTAL|75.00"
    );
    assert_eq!(
        balance["Rows"]["Row"][0]["Rows"]["Row"][0],
        json!({"ColData":[{"value":"Branch","id":"58"},{"value":"-5.00"}]})
    );
    assert_eq!(balance["Header"]["Option"][0], json!({"Name":"report_date","Value":"2026-03-31"}));
    let one = report(&mut c, "CustomerBalance", "report_date=2026-03-31&customer=58");
    assert_eq!(
        (shown(&one).as_str(), &one["Header"]["Customer"]),
        (
            "Walk-in Customer|0.00\n  Branch|-5.00\nTotal Walk-in Customer|-5.00\nTOTAL|-5.00",
            &"58".into()
        )
    );
    // due 2026-01-19 and 2026-02-14
    let aged = report(&mut c, "AgedReceivables", "report_date=2026-03-31&customer=1");
    assert_eq!(
        shown(&aged),
        "Walk-in Customer|||50.00|30.00||80.00\nTOTAL|0.00|0.00|50.00|30.00|0.00|80.00"
    );
    let titles: Vec<_> =
        aged["Columns"]["Column"].as_array().unwrap().iter().map(|c| &c["ColTitle"]).collect();
    assert_eq!(
        json!(titles),
        json!(["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"])
    );
    // before the payment, in weeks, aged to today (2026-03-02)
    let weeks = report(
        &mut c,
        "AgedReceivables",
        "report_date=2026-02-01&aging_period=7&num_periods=3&aging_method=Current",
    );
    assert_eq!(
        shown(&weeks),
        "Walk-in Customer||||130.00|130.00\nTOTAL|0.00|0.00|0.00|130.00|130.00"
    );
    let detail = report(&mut c, "CustomerBalanceDetail", "report_date=2026-03-31&customer=1");
    assert_eq!(
        shown(&detail),
        "Walk-in Customer||||||\n  2025-12-20|Invoice|1038|2026-01-19|30.00|30.00|30.00\n  \
         2026-01-15|Invoice|1039|2026-02-14|100.00|50.00|80.00\nTotal for Walk-in \
         Customer||||130.00|80.00|\nTOTAL|||||80.00|"
    );
    let detail = report(
        &mut c,
        "AgedReceivableDetail",
        "report_date=2026-02-10&columns=doc_num,nat_open_bal",
    );
    assert_eq!(
        shown(&detail),
        "1 - 30 days past due|\n  1038|30.00\nTotal for 1 - 30 days past due|30.00\nCurrent|\n  \
         1039|50.00\nTotal for Current|50.00\nTOTAL|80.00"
    );
}

#[test]
fn what_is_owed_to_vendors() {
    fact!(
        "Reports",
        "VendorBalance",
        Documented,
        "§12",
        "a row for each vendor, from bills, credits and payments"
    );
    fact!("Reports", "AgedPayables", Documented, "§12", "bills by days past due");
    let mut c = company();
    let line = |amount: &str| {
        format!(
            r#"[{{"Amount":{amount},"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"7"}}}}}}]"#
        )
    };
    let bill = c.save("Bill", &format!(r#"{{"TxnDate":"2026-01-01","DueDate":"2026-01-11","VendorRef":{{"value":"3"}},"Line":{}}}"#, line("40")));
    c.save(
        "VendorCredit",
        &format!(r#"{{"TxnDate":"2026-02-01","VendorRef":{{"value":"4"}},"Line":{}}}"#, line("7")),
    );
    c.save(
        "BillPayment",
        &format!(
            r#"{{"TxnDate":"2026-01-20","VendorRef":{{"value":"3"}},"PayType":"Check","CheckPayment":{{"BankAccountRef":{{"value":"35"}}}},"TotalAmt":15,"Line":[{{"Amount":15,"LinkedTxn":[{{"TxnId":{},"TxnType":"Bill"}}]}}]}}"#,
            bill["Id"]
        ),
    );
    let balance = report(&mut c, "VendorBalance", "report_date=2026-02-10");
    assert_eq!(shown(&balance), "Card Processor|25.00\nParcel Carrier|-7.00\nTOTAL|18.00");
    let aged = report(&mut c, "AgedPayables", "report_date=2026-02-10&vendor=3");
    assert_eq!(
        shown(&aged),
        "Card Processor||25.00||||25.00\nTOTAL|0.00|25.00|0.00|0.00|0.00|25.00"
    );
    let detail = report(
        &mut c,
        "AgedPayableDetail",
        "report_date=2026-01-15&columns=txn_type,vend_name,subt_nat_amount,nat_open_bal",
    );
    assert_eq!(
        shown(&detail),
        "1 - 30 days past due|||\n  Bill|Card Processor|40.00|40.00\nTotal for 1 - 30 days past \
         due||40.00|40.00\nTOTAL|||40.00"
    );
}

#[test]
fn receivables_need_a_customer_wherever_they_come_from() {
    fact!(
        "Deposit",
        "create",
        Documented,
        "§8",
        "a line on a receivable account needs a customer, on a payable account a vendor"
    );
    let mut c = company();
    let direct = |account: &str, entity: &str| {
        format!(
            r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{{"Amount":4,"DetailType":"DepositLineDetail","DepositLineDetail":{{"AccountRef":{{"value":"{account}"}}{entity}}}}}]}}"#
        )
    };
    assert_eq!(c.post("deposit", &direct("84", "")).code(), "6000");
    assert_eq!(c.post("deposit", &direct("84", r#","Entity":{"value":"3"}"#)).code(), "6000");
    assert_eq!(c.post("deposit", &direct("33", r#","Entity":{"value":"1"}"#)).code(), "6000");
    c.save("Deposit", &direct("84", r#","Entity":{"value":"1"}"#));
    let balance = report(&mut c, "CustomerBalance", "");
    assert_eq!(shown(&balance), "Walk-in Customer|-4.00\nTOTAL|-4.00");
}
