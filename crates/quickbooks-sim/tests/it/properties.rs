//! Any sequence of operations keeps the books in balance and the documents consistent.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quickbooks_sim::{Config, Limits, Simulator, TxnKind};
use serde_json::Value;

use crate::support::{Company, company_of, invoice, key, request};

#[derive(Clone, Debug)]
enum Step {
    Sale(u8, u16),
    Pay { amount: u16, picks: Vec<(u8, u16)> },
    Repay { pick: u8, amount: u16, picks: Vec<(u8, u16)> },
    Deposit(Vec<u8>, i16),
    Resize(u8, u16),
    Void(u8),
    Delete(u8),
    Journal(u16),
    Again,
}

fn step() -> impl Strategy<Value = Step> {
    let picks = || prop::collection::vec((any::<u8>(), 0..9_000_u16), 0..3);
    prop_oneof![
        4 => (0..4_u8, 1..9_000_u16).prop_map(|(k, a)| Step::Sale(k, a)),
        4 => (0..9_000_u16, picks()).prop_map(|(amount, picks)| Step::Pay { amount, picks }),
        2 => (any::<u8>(), 0..9_000_u16, picks())
            .prop_map(|(pick, amount, picks)| Step::Repay { pick, amount, picks }),
        2 => (prop::collection::vec(any::<u8>(), 0..3), -500..500_i16).prop_map(|(p, f)| Step::Deposit(p, f)),
        2 => (any::<u8>(), 1..9_000_u16).prop_map(|(p, a)| Step::Resize(p, a)),
        1 => any::<u8>().prop_map(Step::Void),
        1 => any::<u8>().prop_map(Step::Delete),
        1 => (1..9_000_u16).prop_map(Step::Journal),
        1 => Just(Step::Again),
    ]
}

fn money(cents: u16) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The pick-th live transaction of the wanted types, as the API shows it.
fn pick(c: &mut Company, pick: u8, wanted: &[TxnKind]) -> Option<(TxnKind, Value)> {
    let live: Vec<_> = c.sim.transactions().filter(|t| wanted.contains(&t.kind)).collect();
    let chosen = live.get(usize::from(pick) % live.len().max(1))?;
    let name = chosen.kind.name();
    let answer = c.get(&format!("{}/{}", name.to_lowercase(), chosen.id));
    Some((chosen.kind, answer.entity(name)))
}

fn payment(c: &mut Company, head: &str, amount: u16, picks: &[(u8, u16)]) -> String {
    let mut lines = Vec::new();
    for (which, part) in picks {
        if let Some((kind, t)) = pick(c, *which, &[TxnKind::Invoice, TxnKind::CreditMemo]) {
            lines.push(format!(
                r#"{{"Amount":{},"LinkedTxn":[{{"TxnId":{},"TxnType":"{}"}}]}}"#,
                money(*part),
                t["Id"],
                kind.name()
            ));
        }
    }
    format!(
        r#"{{{head}"CustomerRef":{{"value":"1"}},"TotalAmt":{},"Line":[{}]}}"#,
        money(amount),
        lines.join(",")
    )
}

fn run(c: &mut Company, step: &Step, last: &mut Option<(String, String)>) {
    let forms =
        [TxnKind::Invoice, TxnKind::CreditMemo, TxnKind::SalesReceipt, TxnKind::RefundReceipt];
    let (path, body) = match step {
        Step::Sale(kind, amount) => {
            let body = invoice(&money(*amount));
            let form = forms[usize::from(*kind)];
            let account = if form == TxnKind::RefundReceipt {
                r#""DepositToAccountRef":{"value":"4"},"#
            } else {
                ""
            };
            (form.name().to_lowercase(), format!("{{{account}{}", &body[1..]))
        }
        Step::Pay { amount, picks } => ("payment".to_owned(), payment(c, "", *amount, picks)),
        Step::Repay { pick: which, amount, picks } => {
            let Some((_, p)) = pick(c, *which, &[TxnKind::Payment]) else { return };
            let head = format!("{},", &key(&p)[1..]);
            ("payment".to_owned(), payment(c, &head, *amount, picks))
        }
        Step::Deposit(picks, fee) => {
            let mut lines = vec![format!(
                r#"{{"Amount":{}{}.{:02},"DetailType":"DepositLineDetail","DepositLineDetail":{{"AccountRef":{{"value":"11"}}}}}}"#,
                if *fee < 0 { "-" } else { "" },
                fee.abs() / 100,
                fee.abs() % 100
            )];
            for which in picks {
                if let Some((kind, t)) = pick(
                    c,
                    *which,
                    &[TxnKind::Payment, TxnKind::SalesReceipt, TxnKind::RefundReceipt],
                ) {
                    lines.push(format!(
                        r#"{{"LinkedTxn":[{{"TxnId":{},"TxnType":"{}"}}]}}"#,
                        t["Id"],
                        kind.name()
                    ));
                }
            }
            (
                "deposit".to_owned(),
                format!(
                    r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{}]}}"#,
                    lines.join(",")
                ),
            )
        }
        Step::Resize(which, amount) => {
            let Some((kind, t)) = pick(c, *which, &forms) else { return };
            let line = format!(
                r#""Line":[{{"Amount":{},"DetailType":"SalesItemLineDetail"}}]"#,
                money(*amount)
            );
            (kind.name().to_lowercase(), format!(r#"{},"sparse":true,{line}}}"#, key(&t)))
        }
        Step::Void(which) => {
            let Some((kind, t)) = pick(c, *which, &TxnKind::ALL) else { return };
            (format!("{}?operation=void", kind.name().to_lowercase()), format!("{}}}", key(&t)))
        }
        Step::Delete(which) => {
            let Some((kind, t)) = pick(c, *which, &TxnKind::ALL) else { return };
            (format!("{}?operation=delete", kind.name().to_lowercase()), format!("{}}}", key(&t)))
        }
        Step::Journal(amount) => {
            let line = |side: &str, account: &str| {
                format!(
                    r#"{{"Amount":{},"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}}}}}"#,
                    money(*amount)
                )
            };
            (
                "journalentry".to_owned(),
                format!(r#"{{"Line":[{},{}]}}"#, line("Debit", "4"), line("Credit", "36")),
            )
        }
        Step::Again => match last.clone() {
            Some(repeat) => repeat,
            None => return,
        },
    };
    let join = if path.contains('?') { '&' } else { '?' };
    let (full, body) = if path.contains("requestid") {
        (path, body)
    } else {
        (format!("{path}{join}requestid={}", c.now_us), body)
    };
    c.post(&full, &body);
    *last = Some((full, body));
}

/// What must hold between documents and ledger.
fn check(c: &mut Company) -> Result<(), TestCaseError> {
    let balances = c.sim.trial_balance();
    prop_assert_eq!(balances.values().sum::<i64>(), 0);
    let all: Vec<_> = c.sim.transactions().collect();
    let sum = |kind: TxnKind, open: bool| -> i64 {
        all.iter().filter(|t| t.kind == kind).map(|t| if open { t.open } else { t.total }).sum()
    };
    // receivable: what is open equals what is posted
    let receivable = balances.get("Accounts Receivable (A/R)").copied().unwrap_or(0);
    let open =
        sum(TxnKind::Invoice, true) - sum(TxnKind::CreditMemo, true) - sum(TxnKind::Payment, true);
    prop_assert_eq!(receivable, open);
    let documents = sum(TxnKind::Invoice, false)
        - sum(TxnKind::CreditMemo, false)
        - sum(TxnKind::Payment, false);
    prop_assert_eq!(receivable, documents);
    for t in &all {
        // a payment may carry more than its own money: credit memos it uses without an invoice
        prop_assert!(t.open >= 0 && (t.kind == TxnKind::Payment || t.open <= t.total), "{:?}", t);
        prop_assert!(!t.voided || t.total == 0, "{:?}", t);
    }
    // what each invoice says is settled is what the payments say they settle
    let mut applied: BTreeMap<u32, i64> = BTreeMap::new();
    for t in all.iter().filter(|t| t.kind == TxnKind::Payment) {
        let p = c.get(&format!("payment/{}", t.id)).entity("Payment");
        let mut used = 0;
        for line in p["Line"].as_array().unwrap() {
            let cents: i64 = line["Amount"].as_str().unwrap().replace('.', "").parse().unwrap();
            let link = &line["LinkedTxn"][0];
            let target: u32 = link["TxnId"].as_str().unwrap().parse().unwrap();
            prop_assert!(cents > 0);
            *applied.entry(target).or_default() += cents;
            used += if link["TxnType"] == "Invoice" { cents } else { -cents };
        }
        prop_assert_eq!(t.open, t.total - used, "{}", p);
    }
    for t in all.iter().filter(|t| matches!(t.kind, TxnKind::Invoice | TxnKind::CreditMemo)) {
        prop_assert_eq!(t.total - t.open, applied.remove(&t.id).unwrap_or(0), "{:?}", t);
    }
    prop_assert!(applied.is_empty(), "{:?}", applied);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_stay_in_balance_and_can_be_rebuilt(steps in prop::collection::vec(step(), 1..30)) {
        fact!("Books", "all", Documented, "§12", "debits equal credits, and open documents equal the receivable, after any sequence of writes");
        let limits = Limits { lifted: true, ..Limits::default() };
        let config = Config { limits, ..Config::default() };
        let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut c = company_of(config.clone());
        let sink = std::sync::Arc::clone(&log);
        c.sim = Simulator::with_log(
            config.clone(),
            Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)),
        );
        (c.token, c.refresh) = c.sim.issue_tokens(c.now_us);
        let mut last = None;
        for step in &steps {
            run(&mut c, step, &mut last);
            check(&mut c)?;
        }
        let (mut again, _) = Simulator::replay(config, &log.lock().unwrap().clone());
        prop_assert_eq!(again.trial_balance(), c.sim.trial_balance());
        for name in ["Invoice", "Payment", "Deposit", "CreditMemo"] {
            let path = format!("query?query=select%20*%20from%20{name}");
            let req = request(http::Method::GET, &path, &c.token, "");
            let (a, b) = (again.handle(&req, c.now_us), c.sim.handle(&req, c.now_us));
            prop_assert_eq!(a.body(), b.body());
            prop_assert_eq!(a.headers(), b.headers());
        }
    }
}
