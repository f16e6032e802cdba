//! Any sequence of operations keeps the books in balance and the documents consistent.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quickbooks_sim::{CompanyPrefs, Config, Limits, LiveTransaction, Simulator, TxnKind};
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
    Journal(u16, u8),
    Buy(u8, u16),
    PayVendor { amount: u16, picks: Vec<(u8, u16)> },
    Plan(u8, u16),
    FromPlan(u8, u16),
    Goods { form: u8, quantity: u8, amount: u16, day: u8 },
    Transfer(u16),
    Count(u8),
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
        2 => (1..9_000_u16, 0..5_u8).prop_map(|(a, k)| Step::Journal(a, k)),
        3 => (0..3_u8, 1..9_000_u16).prop_map(|(k, a)| Step::Buy(k, a)),
        3 => (0..9_000_u16, picks()).prop_map(|(amount, picks)| Step::PayVendor { amount, picks }),
        1 => (0..3_u8, 1..9_000_u16).prop_map(|(k, a)| Step::Plan(k, a)),
        1 => (any::<u8>(), 1..9_000_u16).prop_map(|(p, a)| Step::FromPlan(p, a)),
        3 => (0..8_u8, 0..9_u8, 1..9_000_u16, 0..9_u8)
            .prop_map(|(form, quantity, amount, day)| Step::Goods { form, quantity, amount, day }),
        1 => (1..9_000_u16).prop_map(Step::Transfer),
        1 => (0..9_u8).prop_map(Step::Count),
        1 => Just(Step::Again),
    ]
}

/// A day in one of two years.
fn day(n: u16) -> String {
    format!("{}-{:02}-{:02}", 2025 + n % 2, 1 + n % 12, 1 + n % 28)
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

/// Lines that settle picked open items, in the words of the link.
fn settling(c: &mut Company, picks: &[(u8, u16)], wanted: &[TxnKind]) -> String {
    let mut lines = Vec::new();
    for (which, part) in picks {
        if let Some((kind, t)) = pick(c, *which, wanted) {
            lines.push(format!(
                r#"{{"Amount":{},"LinkedTxn":[{{"TxnId":{},"TxnType":"{}"}}]}}"#,
                money(*part),
                t["Id"],
                if kind == TxnKind::Purchase { "Expense" } else { kind.name() }
            ));
        }
    }
    lines.join(",")
}

fn payment(c: &mut Company, head: &str, amount: u16, picks: &[(u8, u16)]) -> String {
    let wanted = [TxnKind::Invoice, TxnKind::CreditMemo, TxnKind::JournalEntry, TxnKind::Purchase];
    let lines = settling(c, picks, &wanted);
    format!(
        r#"{{{head}"CustomerRef":{{"value":"1"}},"TotalAmt":{},"Line":[{lines}]}}"#,
        money(amount),
    )
}

fn to_vendor(c: &mut Company, head: &str, amount: u16, picks: &[(u8, u16)]) -> String {
    let lines = settling(c, picks, &[TxnKind::Bill, TxnKind::VendorCredit, TxnKind::JournalEntry]);
    format!(
        r#"{{{head}"VendorRef":{{"value":"3"}},"PayType":"Check","CheckPayment":{{"BankAccountRef":{{"value":"35"}}}},"TotalAmt":{},"Line":[{lines}]}}"#,
        money(amount),
    )
}

/// One expense line; on the receivable for customer 1, or on the payable, or on an expense.
fn expense(account: &str, amount: u16) -> String {
    format!(
        r#"{{"Amount":{},"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"{account}"}},"CustomerRef":{{"value":"1"}}}}}}"#,
        money(amount)
    )
}

/// Item 19: tracked, nothing there at first.
const STOCKED: &str = r#"{"Name":"Mug","Type":"Inventory","TrackQtyOnHand":true,"QtyOnHand":0,"InvStartDate":"2026-01-01","PurchaseCost":3,"IncomeAccountRef":{"value":"79"},"ExpenseAccountRef":{"value":"80"},"AssetAccountRef":{"value":"81"}}"#;

/// Path and body of a step; none when there is nothing to do it to.
fn asked(c: &mut Company, step: &Step) -> Option<(String, String)> {
    let forms =
        [TxnKind::Invoice, TxnKind::CreditMemo, TxnKind::SalesReceipt, TxnKind::RefundReceipt];
    Some(match step {
        Step::Sale(kind, amount) => {
            let body = invoice(&money(*amount));
            let form = forms[usize::from(*kind)];
            let account = if form == TxnKind::RefundReceipt {
                r#""DepositToAccountRef":{"value":"4"},"#
            } else {
                ""
            };
            let date = day(*amount);
            (form.name().to_lowercase(), format!(r#"{{"TxnDate":"{date}",{account}{}"#, &body[1..]))
        }
        Step::Pay { amount, picks } => {
            let head = format!(r#""TxnDate":"{}","#, day(amount.wrapping_mul(7)));
            ("payment".to_owned(), payment(c, &head, *amount, picks))
        }
        Step::Repay { pick: which, amount, picks } => {
            let payments = [TxnKind::Payment, TxnKind::BillPayment];
            let (kind, p) = pick(c, *which, &payments)?;
            let head = format!("{},", &key(&p)[1..]);
            let body = if kind == TxnKind::Payment {
                payment(c, &head, *amount, picks)
            } else {
                to_vendor(c, &head, *amount, picks)
            };
            (kind.name().to_lowercase(), body)
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
                    &[
                        TxnKind::Payment,
                        TxnKind::SalesReceipt,
                        TxnKind::RefundReceipt,
                        TxnKind::Transfer,
                    ],
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
            let bought = [TxnKind::Bill, TxnKind::VendorCredit, TxnKind::PurchaseOrder];
            let (kind, t) = pick(c, *which, &[&forms[..], &bought].concat())?;
            let line = if bought.contains(&kind) {
                format!(r#""Line":[{}]"#, expense("7", *amount))
            } else {
                format!(
                    r#""Line":[{{"Amount":{},"DetailType":"SalesItemLineDetail"}}]"#,
                    money(*amount)
                )
            };
            (kind.name().to_lowercase(), format!(r#"{},"sparse":true,{line}}}"#, key(&t)))
        }
        Step::Void(which) => {
            let (kind, t) = pick(c, *which, &TxnKind::ALL)?;
            (format!("{}?operation=void", kind.name().to_lowercase()), format!("{}}}", key(&t)))
        }
        Step::Delete(which) => {
            let (kind, t) = pick(c, *which, &TxnKind::ALL)?;
            (format!("{}?operation=delete", kind.name().to_lowercase()), format!("{}}}", key(&t)))
        }
        other => return planned(c, other),
    })
}

/// The same for what concerns vendors, plans and journals.
fn planned(c: &mut Company, step: &Step) -> Option<(String, String)> {
    Some(match step {
        Step::Journal(amount, which) => {
            let (debit, credit) = [("4", "36"), ("7", "84"), ("84", "7"), ("33", "7"), ("7", "33")]
                [usize::from(*which)];
            let line = |side: &str, account: &str| {
                let entity = match account {
                    "84" => r#","Entity":{"Type":"Customer","EntityRef":{"value":"1"}}"#,
                    "33" => r#","Entity":{"Type":"Vendor","EntityRef":{"value":"3"}}"#,
                    _ => "",
                };
                format!(
                    r#"{{"Amount":{},"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"{account}"}}{entity}}}}}"#,
                    money(*amount)
                )
            };
            (
                "journalentry".to_owned(),
                format!(r#"{{"Line":[{},{}]}}"#, line("Debit", debit), line("Credit", credit)),
            )
        }
        Step::Buy(2, amount) => (
            "purchase".to_owned(),
            format!(
                r#"{{"AccountRef":{{"value":"35"}},"PaymentType":"Cash","Line":[{}]}}"#,
                expense(if amount % 2 == 0 { "84" } else { "7" }, *amount)
            ),
        ),
        Step::Buy(kind, amount) => (
            ["bill", "vendorcredit"][usize::from(*kind)].to_owned(),
            format!(r#"{{"VendorRef":{{"value":"3"}},"Line":[{}]}}"#, expense("7", *amount)),
        ),
        Step::PayVendor { amount, picks } => {
            ("billpayment".to_owned(), to_vendor(c, "", *amount, picks))
        }
        Step::Transfer(amount) => (
            "transfer".to_owned(),
            format!(
                r#"{{"FromAccountRef":{{"value":"36"}},"ToAccountRef":{{"value":"4"}},"Amount":{}}}"#,
                money(*amount)
            ),
        ),
        Step::Count(quantity) => {
            let item = c.get("item/19").entity("Item");
            let body = format!(r#"{},"sparse":true,"QtyOnHand":{quantity}}}"#, key(&item));
            ("item".to_owned(), body)
        }
        Step::Goods { form, quantity, amount, day } => goods(*form, *quantity, *amount, *day),
        Step::Plan(0, amount) => ("estimate".to_owned(), invoice(&money(*amount))),
        Step::Plan(1, amount) => (
            "purchaseorder".to_owned(),
            format!(r#"{{"VendorRef":{{"value":"3"}},"Line":[{}]}}"#, expense("7", *amount)),
        ),
        Step::Plan(_, amount) => (
            "timeactivity".to_owned(),
            format!(
                r#"{{"NameOf":"Employee","EmployeeRef":{{"value":"5"}},"CustomerRef":{{"value":"1"}},"Hours":{}}}"#,
                amount % 24
            ),
        ),
        Step::FromPlan(which, amount) => {
            let plans = [TxnKind::Estimate, TxnKind::TimeActivity, TxnKind::PurchaseOrder];
            let (kind, t) = pick(c, *which, &plans)?;
            let link =
                format!(r#""LinkedTxn":[{{"TxnId":{},"TxnType":"{}"}}],"#, t["Id"], kind.name());
            if kind == TxnKind::PurchaseOrder {
                let line = expense("7", *amount);
                let body = format!(r#"{{{link}"VendorRef":{{"value":"3"}},"Line":[{line}]}}"#);
                ("bill".to_owned(), body)
            } else {
                ("invoice".to_owned(), format!("{{{link}{}", &invoice(&money(*amount))[1..]))
            }
        }
        _ => return None,
    })
}

/// A transaction with the inventory item 19, some days before or after today.
fn goods(form: u8, quantity: u8, amount: u16, day: u8) -> (String, String) {
    let line = |detail: &str| {
        format!(
            r#"{{"Amount":{},"DetailType":"{detail}","{detail}":{{"ItemRef":{{"value":"19"}},"Qty":{quantity}}}}}"#,
            money(amount)
        )
    };
    let sale = line("SalesItemLineDetail");
    let buy = line("ItemBasedExpenseLineDetail");
    let adjust = format!(
        r#"{{"DetailType":"ItemAdjustmentLineDetail","ItemAdjustmentLineDetail":{{"ItemRef":{{"value":"19"}},"NewQty":{quantity}}}}}"#
    );
    let customer = r#""CustomerRef":{"value":"1"}"#;
    let vendor = r#""VendorRef":{"value":"3"}"#;
    let (name, head, line) = [
        ("invoice", customer, &sale),
        ("salesreceipt", customer, &sale),
        ("creditmemo", customer, &sale),
        ("refundreceipt", r#""DepositToAccountRef":{"value":"4"}"#, &sale),
        ("bill", vendor, &buy),
        ("vendorcredit", vendor, &buy),
        ("purchase", r#""AccountRef":{"value":"35"},"PaymentType":"Cash""#, &buy),
        ("inventoryadjustment", r#""AdjustAccountRef":{"value":"80"}"#, &adjust),
    ][usize::from(form)];
    (name.to_owned(), format!(r#"{{{head},"TxnDate":"2026-03-0{}","Line":[{line}]}}"#, day + 1))
}

fn run(c: &mut Company, step: &Step, last: &mut Option<(String, String)>) {
    let repeated = if matches!(step, Step::Again) { last.clone() } else { asked(c, step) };
    let Some((path, body)) = repeated else { return };
    let join = if path.contains('?') { '&' } else { '?' };
    let (full, body) = if path.contains("requestid") {
        (path, body)
    } else {
        (format!("{path}{join}requestid={}", c.now_us), body)
    };
    c.post(&full, &body);
    *last = Some((full, body));
}

/// Open items of the two sides: id, whether it is a credit, and its whole amount.
fn open_items(c: &mut Company, all: &[LiveTransaction]) -> BTreeMap<u32, (bool, bool, i64)> {
    let mut items = BTreeMap::new();
    for t in all {
        let control = match t.kind {
            TxnKind::Invoice => Some((true, false)),
            TxnKind::CreditMemo => Some((true, true)),
            TxnKind::Bill => Some((false, false)),
            TxnKind::VendorCredit => Some((false, true)),
            TxnKind::JournalEntry | TxnKind::Purchase => {
                let name = t.kind.name();
                let shown =
                    c.get(&format!("{}/{}", name.to_lowercase(), t.id)).entity(name).to_string();
                let debit_first = shown.find("Debit") < shown.find("Credit\"");
                match (shown.contains("Receivable"), shown.contains("Payable")) {
                    _ if t.kind == TxnKind::Purchase => {
                        shown.contains("Receivable").then_some((true, false))
                    }
                    (true, _) => Some((
                        true,
                        (shown.find("Receivable") > shown.find("Advertising")) == debit_first,
                    )),
                    (_, true) => Some((
                        false,
                        (shown.find("Payable") < shown.find("Advertising")) == debit_first,
                    )),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some((receivable, credit)) = control {
            items.insert(t.id, (receivable, credit, t.total));
        }
    }
    items
}

/// What must hold between documents and ledger.
fn check(c: &mut Company) -> Result<(), TestCaseError> {
    let balances = c.sim.trial_balance();
    prop_assert_eq!(balances.values().sum::<i64>(), 0);
    let all: Vec<_> = c.sim.transactions().collect();
    let items = open_items(c, &all);
    if c.get("item/19").entity("Item")["QtyOnHand"] == 0 {
        prop_assert_eq!(balances.get("Inventory Asset"), None, "nothing is worth nothing");
    }
    let payments = [TxnKind::Payment, TxnKind::BillPayment];
    // each control account: what is open equals what is posted, and what the documents say
    let (mut open, mut documents) = ([0_i64; 2], [0_i64; 2]);
    for t in &all {
        let sign = match items.get(&t.id) {
            Some((_, credit, _)) => {
                if *credit {
                    -1
                } else {
                    1
                }
            }
            None if payments.contains(&t.kind) => -1,
            None => continue,
        };
        let side = usize::from(!items.get(&t.id).map_or(t.kind == TxnKind::Payment, |i| i.0));
        open[side] += sign * t.open;
        documents[side] += sign * t.total;
    }
    let posted = [
        balances.get("Accounts Receivable (A/R)").copied().unwrap_or(0),
        -balances.get("Accounts Payable (A/P)").copied().unwrap_or(0),
    ];
    prop_assert_eq!(posted, open);
    prop_assert_eq!(posted, documents);
    for (path, name, side) in [("customer/1", "Customer", 0), ("vendor/3", "Vendor", 1)] {
        let shown = c.get(path).entity(name)["Balance"].to_string().replace(['.', '"'], "");
        prop_assert_eq!(shown.parse::<i64>().unwrap(), posted[side]);
    }
    for t in &all {
        // a payment may carry more than its own money: credits it uses without a debt
        prop_assert!(t.open >= 0 && (payments.contains(&t.kind) || t.open <= t.total), "{:?}", t);
        prop_assert!(!t.voided || t.total == 0, "{:?}", t);
    }
    // what each item says is settled is what the payments say they settle
    let mut applied: BTreeMap<u32, i64> = BTreeMap::new();
    for t in all.iter().filter(|t| payments.contains(&t.kind)) {
        let name = t.kind.name();
        let p = c.get(&format!("{}/{}", name.to_lowercase(), t.id)).entity(name);
        let mut used = 0;
        for line in p["Line"].as_array().unwrap() {
            let cents: i64 = line["Amount"].as_str().unwrap().replace('.', "").parse().unwrap();
            let target: u32 = line["LinkedTxn"][0]["TxnId"].as_str().unwrap().parse().unwrap();
            prop_assert!(cents > 0);
            *applied.entry(target).or_default() += cents;
            used += if items[&target].1 { -cents } else { cents };
        }
        prop_assert_eq!(t.open, t.total - used, "{}", p);
    }
    for t in all.iter().filter(|t| items.contains_key(&t.id)) {
        prop_assert_eq!(t.total - t.open, applied.remove(&t.id).unwrap_or(0), "{:?}", t);
    }
    prop_assert!(applied.is_empty(), "{:?}", applied);
    // links are told on both sides
    for t in &all {
        for other in &t.links {
            let back = all.iter().find(|o| o.id == *other);
            prop_assert!(back.is_some_and(|o| o.links.contains(&t.id)), "{:?} {:?}", t, back);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_stay_in_balance_and_can_be_rebuilt(
        steps in prop::collection::vec(step(), 1..30),
        auto_apply_credit in any::<bool>(),
    ) {
        fact!("Books", "all", Documented, "§12", "debits equal credits, and open documents equal the receivable, after any sequence of writes");
        let limits = Limits { lifted: true, ..Limits::default() };
        let prefs = CompanyPrefs { auto_apply_credit, ..CompanyPrefs::default() };
        let config = Config { limits, prefs, ..Config::default() };
        let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut c = company_of(config.clone());
        let sink = std::sync::Arc::clone(&log);
        c.sim = Simulator::with_log(
            config.clone(),
            Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)),
        );
        (c.token, c.refresh) = c.sim.issue_tokens(c.now_us);
        c.save("Item", STOCKED);
        let mut last = None;
        for step in &steps {
            run(&mut c, step, &mut last);
            check(&mut c)?;
        }
        for end in ["2025-06-30", "2025-12-31", "2026-03-15", "2026-12-31"] {
            crate::reports_tie::tie(&mut c, end);
        }
        let (mut again, _) = Simulator::replay(config, &log.lock().unwrap().clone());
        prop_assert_eq!(again.trial_balance(), c.sim.trial_balance());
        for name in TxnKind::ALL.map(TxnKind::name) {
            let path = format!("query?query=select%20*%20from%20{name}");
            let req = request(http::Method::GET, &path, &c.token, "");
            let (a, b) = (again.handle(&req, c.now_us), c.sim.handle(&req, c.now_us));
            prop_assert_eq!(a.body(), b.body());
            prop_assert_eq!(a.headers(), b.headers());
        }
    }
}
