//! What holds in several currencies whatever happens, in whatever order.

use proptest::prelude::*;
use quickbooks_sim::{CompanyPrefs, Config, Limits, Simulator, TxnKind};
use serde_json::Value;

use crate::support::{Company, company_of, key, request};

#[derive(Clone, Debug)]
enum Step {
    /// Cents, rate in ten-thousandths, lines.
    Invoice(i64, i64, u8),
    Credit(i64, i64),
    /// Which documents, how much of each in percent, rate, more than is needed.
    Pay(Vec<(u8, u8)>, i64, bool),
    /// Which document, new rate.
    Rate(u8, i64),
    /// Which document, new cents.
    Resize(u8, i64),
    Void(u8),
    Delete(u8),
    /// Which payment, rate.
    Deposit(u8, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let cents = 1_i64..500_000;
    let rate = 1_i64..30_000;
    prop_oneof![
        4 => (cents.clone(), rate.clone(), 1_u8..4).prop_map(|(a, r, n)| Step::Invoice(a, r, n)),
        1 => (cents.clone(), rate.clone()).prop_map(|(a, r)| Step::Credit(a, r)),
        4 => (prop::collection::vec((any::<u8>(), 1_u8..101), 1..4), rate.clone(), any::<bool>())
            .prop_map(|(d, r, over)| Step::Pay(d, r, over)),
        1 => (any::<u8>(), rate.clone()).prop_map(|(w, r)| Step::Rate(w, r)),
        1 => (any::<u8>(), cents).prop_map(|(w, a)| Step::Resize(w, a)),
        1 => any::<u8>().prop_map(Step::Void),
        1 => any::<u8>().prop_map(Step::Delete),
        1 => (any::<u8>(), rate).prop_map(|(w, r)| Step::Deposit(w, r)),
    ]
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn rate(ten_thousandths: i64) -> String {
    format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000)
}

fn head(at: i64) -> String {
    format!(
        r#""CustomerRef":{{"value":"58"}},"CurrencyRef":{{"value":"EUR"}},"ExchangeRate":{}"#,
        rate(at)
    )
}

fn lines(cents: i64, count: u8) -> String {
    let line =
        |cents| format!(r#"{{"Amount":{},"DetailType":"SalesItemLineDetail"}}"#, money(cents));
    let part = cents / i64::from(count);
    let all: Vec<String> = (0..count)
        .map(|n| line(if n == 0 { cents - part * i64::from(count - 1) } else { part }))
        .collect();
    format!(r#""Line":[{}]"#, all.join(","))
}

fn pick(c: &mut Company, which: u8, kinds: &[TxnKind]) -> Option<(TxnKind, Value)> {
    let all: Vec<_> = c.sim.transactions().filter(|t| kinds.contains(&t.kind)).collect();
    let chosen = all.get(usize::from(which) % all.len().max(1))?;
    let (kind, id) = (chosen.kind, chosen.id);
    Some((kind, c.get(&format!("{}/{id}", kind.name().to_lowercase())).entity(kind.name())))
}

fn run(c: &mut Company, step: &Step) {
    const DOCUMENTS: [TxnKind; 2] = [TxnKind::Invoice, TxnKind::CreditMemo];
    const ALL: [TxnKind; 4] =
        [TxnKind::Invoice, TxnKind::CreditMemo, TxnKind::Payment, TxnKind::Deposit];
    match step {
        Step::Invoice(cents, at, count) => {
            c.post("invoice", &format!("{{{},{}}}", head(*at), lines(*cents, *count)));
        }
        Step::Credit(cents, at) => {
            c.post("creditmemo", &format!("{{{},{}}}", head(*at), lines(*cents, 1)));
        }
        Step::Pay(documents, at, over) => {
            let (mut applied, mut total) = (Vec::new(), 0_i64);
            for (which, percent) in documents {
                let Some((kind, document)) = pick(c, *which, &DOCUMENTS) else { continue };
                let open = document["Balance"].as_str().unwrap_or("0").replace('.', "");
                let part = open.parse::<i64>().unwrap_or(0) * i64::from(*percent) / 100;
                total += if kind == TxnKind::Invoice { part } else { -part };
                applied.push(format!(
                    r#"{{"Amount":{},"LinkedTxn":[{{"TxnId":{},"TxnType":"{}"}}]}}"#,
                    money(part),
                    document["Id"],
                    kind.name()
                ));
            }
            let total = total.max(0) + if *over { 777 } else { 0 };
            let body = format!(
                r#"{{{},"TotalAmt":{},"Line":[{}]}}"#,
                head(*at),
                money(total),
                applied.join(",")
            );
            c.post("payment", &body);
        }
        Step::Rate(which, at) => {
            let Some((kind, t)) = pick(c, *which, &DOCUMENTS) else { return };
            let body = format!(r#"{},"sparse":true,"ExchangeRate":{}}}"#, key(&t), rate(*at));
            c.post(&kind.name().to_lowercase(), &body);
        }
        Step::Resize(which, cents) => {
            let Some((kind, t)) = pick(c, *which, &DOCUMENTS) else { return };
            let body = format!(r#"{},"sparse":true,{}}}"#, key(&t), lines(*cents, 2));
            c.post(&kind.name().to_lowercase(), &body);
        }
        Step::Void(which) => {
            let Some((kind, t)) = pick(c, *which, &ALL) else { return };
            let path = format!("{}?operation=void", kind.name().to_lowercase());
            c.post(&path, &format!("{}}}", key(&t)));
        }
        Step::Delete(which) => {
            let Some((kind, t)) = pick(c, *which, &ALL) else { return };
            let path = format!("{}?operation=delete", kind.name().to_lowercase());
            c.post(&path, &format!("{}}}", key(&t)));
        }
        Step::Deposit(which, at) => {
            let Some((_, t)) = pick(c, *which, &[TxnKind::Payment]) else { return };
            let body = format!(
                r#"{{"DepositToAccountRef":{{"value":"35"}},"CurrencyRef":{{"value":"EUR"}},"ExchangeRate":{},"Line":[{{"LinkedTxn":[{{"TxnId":{},"TxnType":"Payment"}}]}}]}}"#,
                rate(*at),
                t["Id"]
            );
            c.post("deposit", &body);
        }
    }
}

fn cents(value: &Value) -> i64 {
    value.as_str().map_or(0, |text| text.replace('.', "").parse().unwrap())
}

/// A rate in ten-thousandths: `1.0825` is 10,825.
fn ten_thousandths(value: &Value) -> i64 {
    let text = value.to_string();
    let text = text.trim_matches('"');
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    whole.parse::<i64>().unwrap() * 10_000 + format!("{rest:0<4}").parse::<i64>().unwrap()
}

const RECEIVABLE: &str = "Accounts Receivable (A/R) - EUR";

fn check(c: &mut Company) -> Result<(), TestCaseError> {
    let balances = c.sim.trial_balance();
    prop_assert_eq!(balances.values().sum::<i64>(), 0);
    prop_assert!(!balances.contains_key("Accounts Receivable (A/R)"));
    let all: Vec<_> = c.sim.transactions().collect();
    let (mut home, mut open) = (0, 0);
    for t in &all {
        let sign = if t.kind == TxnKind::Invoice { 1 } else { -1 };
        match t.kind {
            TxnKind::Invoice | TxnKind::CreditMemo => {
                let shown = c
                    .get(&format!("{}/{}", t.kind.name().to_lowercase(), t.id))
                    .entity(t.kind.name());
                prop_assert_eq!(cents(&shown["HomeTotalAmt"]), t.home_total);
                let left = cents(&shown["HomeBalance"]);
                prop_assert!(t.open != 0 || left == 0, "settled leaves nothing: {}", shown);
                prop_assert!(t.open != t.total || left == t.home_total, "{}", shown);
                home += sign * left;
                open += sign * t.open;
            }
            TxnKind::Payment => {
                // what is unapplied stands at the rate of the payment
                let shown = c.get(&format!("payment/{}", t.id)).entity("Payment");
                let at = ten_thousandths(&shown["ExchangeRate"]);
                home -= (t.open * at + 5_000).div_euclid(10_000);
                open -= t.open;
            }
            _ => {}
        }
    }
    prop_assert_eq!(balances.get(RECEIVABLE).copied().unwrap_or(0), home);
    let customer = c.get("customer/58").entity("Customer");
    prop_assert_eq!(cents(&customer["Balance"]), open, "in euro too");
    // money that is neither deposited nor gone waits in home currency
    let waiting: i64 = all
        .iter()
        .filter(|t| t.kind == TxnKind::Payment && !deposited(&all, t.id))
        .map(|t| t.home_total)
        .sum();
    prop_assert_eq!(balances.get("Undeposited Funds").copied().unwrap_or(0), waiting);
    Ok(())
}

fn deposited(all: &[quickbooks_sim::LiveTransaction], id: u32) -> bool {
    all.iter().any(|t| t.kind == TxnKind::Deposit && t.links.contains(&id))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn home_books_balance_and_settled_documents_leave_nothing(
        steps in prop::collection::vec(step(), 1..30),
        auto_apply_credit in any::<bool>(),
    ) {
        let limits = Limits { lifted: true, ..Limits::default() };
        let prefs = CompanyPrefs {
            multi_currency: true,
            auto_apply_credit,
            ..CompanyPrefs::default()
        };
        let config = Config { limits, prefs, ..Config::default() };
        let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut c = company_of(config.clone());
        let sink = std::sync::Arc::clone(&log);
        c.sim = Simulator::with_log(
            config.clone(),
            Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)),
        );
        (c.token, c.refresh) = c.sim.issue_tokens(c.now_us);
        c.save("CompanyCurrency", r#"{"Code":"EUR"}"#);
        c.save("Customer", r#"{"DisplayName":"Abroad","CurrencyRef":{"value":"EUR"}}"#);
        for step in &steps {
            run(&mut c, step);
            check(&mut c)?;
        }
        let (mut again, _) = Simulator::replay(config, &log.lock().unwrap().clone());
        prop_assert_eq!(again.trial_balance(), c.sim.trial_balance());
        let resumed = Simulator::resume(again.config().clone(), &c.sim.save().unwrap());
        prop_assert_eq!(resumed.unwrap().trial_balance(), c.sim.trial_balance());
        for name in ["Invoice", "Payment", "Account", "Customer"] {
            let path = format!("query?query=select%20*%20from%20{name}");
            let req = request(http::Method::GET, &path, &c.token, "");
            let (a, b) = (again.handle(&req, c.now_us), c.sim.handle(&req, c.now_us));
            prop_assert_eq!(a.body(), b.body());
        }
    }
}
