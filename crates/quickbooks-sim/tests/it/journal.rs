//! Journal entries and the trial balance report.

use crate::support::{company, invoice};

fn line(amount: &str, side: &str, account: &str, entity: &str) -> String {
    format!(
        r#"{{"Amount":{amount},"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}{entity}}}}}"#
    )
}

const CUSTOMER: &str = r#","Entity":{"Type":"Customer","EntityRef":{"value":"1"}}"#;

fn entry(lines: &[String]) -> String {
    format!(r#"{{"Line":[{}]}}"#, lines.join(","))
}

#[test]
fn a_balanced_entry_is_posted_and_its_lines_count_from_zero() {
    fact!("JournalEntry", "create", Recorded, "§8", "line ids start at 0");
    fact!(
        "JournalEntry",
        "create",
        Documented,
        "§8",
        "a receivable line moves the balance of its customer"
    );
    let mut c = company();
    let e = c.save(
        "JournalEntry",
        &entry(&[line("20", "Debit", "84", CUSTOMER), line("20.00", "Credit", "1", "")]),
    );
    assert_eq!(e["Line"][0]["Id"], "0");
    assert_eq!(e["Line"][1]["Id"], "1");
    assert_eq!(e["Line"][0]["JournalEntryLineDetail"]["Entity"]["EntityRef"]["value"], "1");
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 2_000);
    let customer = c.get("customer/1").entity("Customer");
    assert_eq!(customer["Balance"], "20.00");
}

#[test]
fn refusals_of_journal_entries() {
    fact!("JournalEntry", "create", Documented, "§7", "debits and credits that differ are 2300");
    fact!(
        "JournalEntry",
        "create",
        Documented,
        "§8",
        "a receivable line needs a customer, and there is at most one control line"
    );
    fact!(
        "JournalEntry",
        "create",
        Documented,
        "§7",
        "a negative line is 2290, fewer than two lines 2250"
    );
    let mut c = company();
    let (debit, credit) = (line("20", "Debit", "35", ""), line("20", "Credit", "1", ""));
    for (lines, code) in [
        (vec![debit.clone(), line("19.99", "Credit", "1", "")], "2300"),
        (vec![debit.clone()], "2250"),
        (vec![line("20", "Debit", "84", ""), credit.clone()], "6000"),
        (vec![line("20", "Debit", "84", CUSTOMER), line("20", "Credit", "33", CUSTOMER)], "6000"),
        (vec![line("-20", "Debit", "35", ""), credit.clone()], "2290"),
        (vec![line("20", "Sideways", "35", ""), credit.clone()], "2170"),
        (vec![line("20", "Debit", "999", ""), credit], "2500"),
    ] {
        assert_eq!(c.post("journalentry", &entry(&lines)).code(), code, "{lines:?}");
    }
    assert!(c.sim.trial_balance().is_empty());
}

#[test]
fn the_trial_balance_report_is_the_ledger_as_of_a_day() {
    fact!(
        "Reports",
        "TrialBalance",
        Documented,
        "§12",
        "the ledger as of end_date, with a total that balances"
    );
    let mut c = company();
    c.save("Invoice", &invoice("100"));
    c.save("Invoice", &format!(r#"{{"TxnDate":"2026-05-01",{}"#, &invoice("7")[1..]));
    let answer = c.get("reports/TrialBalance?end_date=2026-03-31");
    assert_eq!(answer.status, 200);
    let report = answer.body;
    assert_eq!(report["Header"]["ReportName"], "TrialBalance");
    assert_eq!(report["Header"]["EndPeriod"], "2026-03-31");
    let rows = report["Rows"]["Row"].as_array().unwrap();
    assert_eq!(rows[0]["ColData"][0]["value"], "Services");
    assert_eq!(rows[0]["ColData"][2]["value"], "100.00");
    let total = &rows.last().unwrap()["Summary"]["ColData"];
    assert_eq!((&total[1]["value"], &total[2]["value"]), (&"100.00".into(), &"100.00".into()));
}
