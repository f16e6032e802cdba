//! Reading back, searching and the trial balance, against scripted answers.

use super::documents::{document, key};
use super::support::{EXPIRED, Reply, THROTTLED, deadline, fault, refs, reply, run, scripted};
use kernel::{BusinessKey, Document, DocumentKind, ReferenceKey, ReferenceKind};
use ports::{FindKey, FindOutcome, LedgerTarget, ReadOutcome};
use std::fmt::Write as _;
use std::sync::Arc;

fn transfer(id: u32, note: &str, amount: &str) -> String {
    format!(
        r#"{{"Id":"{id}","SyncToken":"0","TxnDate":"2026-09-14","Amount":{amount},"FromAccountRef":{{"value":"100"}},"ToAccountRef":{{"value":"101"}},"PrivateNote":"{note}"}}"#
    )
}

fn page(name: &str, rows: &[String]) -> Reply {
    reply(
        200,
        format!(
            r#"{{"QueryResponse":{{"{name}":[{}],"startPosition":1,"maxResults":{}}},"time":"x"}}"#,
            rows.join(","),
            rows.len()
        ),
    )
}

fn find(kind: DocumentKind, replies: Vec<Reply>) -> (ReadOutcome<Vec<FindOutcome>>, Vec<String>) {
    find_all(&[document(kind)], replies)
}

fn find_all(
    documents: &[Document],
    replies: Vec<Reply>,
) -> (ReadOutcome<Vec<FindOutcome>>, Vec<String>) {
    let (target, script) = scripted(replies);
    let keys: Vec<_> =
        documents.iter().map(|d| FindKey::Document(Arc::new(d.clone()), None)).collect();
    let outcome = run(target.find(&keys, deadline()));
    (outcome, script.seen().into_iter().map(|s| s.body).collect())
}

fn found(outcome: &ReadOutcome<Vec<FindOutcome>>) -> &FindOutcome {
    let ReadOutcome::Read(outcomes) = outcome else { panic!("{outcome:?}") };
    &outcomes[0]
}

#[test]
fn ids_are_read_back_in_one_query() {
    let (target, script) = scripted([page("Transfer", &[transfer(7, "n", "1.00")])]);
    let ids = ["7".to_owned(), "8".to_owned()];
    let outcome = run(target.read_back(DocumentKind::Transfer, &ids, deadline()));
    let ReadOutcome::Read(snapshots) = outcome else { panic!("{outcome:?}") };
    assert_eq!(snapshots.len(), 1, "what is gone is absent");
    let seen = &script.seen()[0];
    assert_eq!(seen.body, "SELECT * FROM Transfer WHERE Id IN ('7','8') MAXRESULTS 1000");
    assert_eq!(seen.content_type, "application/text");
    assert!(seen.url.ends_with("/9130350000000001/query"));
}

#[test]
fn reads_fail_without_harm() {
    let outcome_of = |replies: Vec<Reply>| {
        let (target, _) = scripted(replies);
        run(target.read_back(DocumentKind::Invoice, &["1".to_owned()], deadline()))
    };
    for shape in [reply(200, "{"), reply(500, ""), reply(400, fault("4000", "x")), reply(200, "{}")]
    {
        let outcome = outcome_of(vec![shape]);
        assert!(matches!(outcome, ReadOutcome::Failed(_)), "{outcome:?}");
    }
    assert_eq!(outcome_of(vec![reply(429, THROTTLED)]), ReadOutcome::Throttled);
    let forbidden = EXPIRED.replace("3200", "3100");
    assert!(matches!(outcome_of(vec![reply(403, forbidden)]), ReadOutcome::Disconnected(_)));
}

#[test]
fn numbers_find_numbered_kinds_and_dates_the_others() {
    for kind in DocumentKind::ALL {
        let (outcome, queries) = find(kind, vec![reply(200, r#"{"QueryResponse":{}}"#)]);
        assert_eq!(found(&outcome), &FindOutcome::Absent);
        let by = match kind {
            DocumentKind::SalesReceipt
            | DocumentKind::Invoice
            | DocumentKind::CreditMemo
            | DocumentKind::RefundReceipt
            | DocumentKind::JournalEntry => "WHERE DocNumber IN ('SO-1001')",
            _ => "WHERE TxnDate >= '2026-09-14' AND TxnDate <= '2026-09-14'",
        };
        let tail = "ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000";
        assert!(queries[0].contains(by) && queries[0].ends_with(tail), "{}", queries[0]);
    }
    let mut unnumbered = document(DocumentKind::Invoice);
    unnumbered.number = None;
    let (_, queries) = find_all(
        &[document(DocumentKind::Invoice), unnumbered],
        vec![reply(200, r#"{"QueryResponse":{}}"#)],
    );
    assert!(queries[0].contains("TxnDate >="), "one without a number: dates find both");
}

#[test]
fn only_our_marker_makes_a_find() {
    let ours = format!("Payout tieout:{}", key(DocumentKind::Transfer).marker());
    let voided = format!("Voided - {ours}");
    let other = "tieout:0000000000000000".to_owned();
    let search = |rows: &[(u32, &str, &str)]| {
        let rows: Vec<_> = rows.iter().map(|(id, note, amt)| transfer(*id, note, amt)).collect();
        let (outcome, _) = find(DocumentKind::Transfer, vec![page("Transfer", &rows)]);
        found(&outcome).clone()
    };
    assert_eq!(search(&[(7, &other, "24.91"), (8, "no marker", "24.91")]), FindOutcome::Absent);
    let one = search(&[(7, &other, "1.00"), (8, &ours, "24.91"), (9, &voided, "0")]);
    assert!(matches!(one, FindOutcome::Found(s) if s.ledger.id == "8" && !s.voided));
    let dead = search(&[(9, &voided, "0"), (10, &voided, "0")]);
    assert!(matches!(dead, FindOutcome::Found(s) if s.ledger.id == "10" && s.voided));
    // Another program writes into the company what we cannot read: it is not ours.
    let (finer, unknown) = ("100.505", "1e400");
    assert_eq!(search(&[(7, "not ours", finer), (6, "", unknown)]), FindOutcome::Absent);
    let beside = search(&[(7, "not ours", unknown), (8, &ours, "24.91")]);
    assert!(matches!(beside, FindOutcome::Found(s) if s.ledger.id == "8"));
    let copies = search(&[(8, &ours, "24.91"), (11, &ours, "24.91")]);
    assert!(matches!(copies, FindOutcome::Several(refs) if refs.len() == 2));
}

#[test]
fn a_full_page_is_split_by_date_and_then_paged() {
    let full = |first: u32| -> Reply {
        let rows: Vec<_> = (first..first + 1_000).map(|id| transfer(id, "", "1")).collect();
        page("Transfer", &rows)
    };
    let mut later = document(DocumentKind::Transfer);
    later.key = BusinessKey::new("other");
    later.date = "2026-09-17".parse().unwrap();
    let hit = transfer(9_999, &format!("tieout:{}", later.key.marker()), "24.91");
    let empty = || page("Transfer", &[]);
    let (outcome, queries) = find_all(
        &[document(DocumentKind::Transfer), later],
        // 14..17 full; 14..15 full; 14 empty; 16..17 full; 17 full; 17 again from row 901.
        vec![full(1), full(1), empty(), full(2_000), full(2_000), page("Transfer", &[hit])],
    );
    let ReadOutcome::Read(outcomes) = &outcome else { panic!("{outcome:?}") };
    assert_eq!(outcomes[0], FindOutcome::Absent);
    assert!(matches!(&outcomes[1], FindOutcome::Found(s) if s.ledger.id == "9999"));
    let shown: Vec<String> = queries
        .iter()
        .map(|q| {
            let day = |mark: &str| q.split(mark).nth(1).unwrap()[..10][8..].to_owned();
            let start = q.split("STARTPOSITION ").nth(1).unwrap().split(' ').next().unwrap();
            format!("{}..{} from {start}", day(">= '"), day("<= '"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "14..17 from 1",
            "14..15 from 1",
            "14..14 from 1",
            "16..17 from 1",
            "17..17 from 1",
            "17..17 from 901"
        ]
    );
}

#[test]
fn a_search_has_an_end() {
    let rows: Vec<_> = (0..1_000).map(|id| transfer(id, "", "1")).collect();
    let (outcome, queries) =
        find(DocumentKind::Transfer, (0..100).map(|_| page("Transfer", &rows)).collect());
    assert!(matches!(outcome, ReadOutcome::Failed(_)));
    assert_eq!(queries.len(), 24);
}

#[test]
fn keys_of_two_kinds_are_a_mistake_of_the_caller() {
    let (outcome, queries) =
        find_all(&[document(DocumentKind::Invoice), document(DocumentKind::Payment)], Vec::new());
    assert!(matches!(outcome, ReadOutcome::Failed(_)));
    assert!(queries.is_empty());
}

#[test]
fn names_are_found_as_they_were_cleaned_inactive_ones_too() {
    let rows = r#"{"QueryResponse":{"Customer":[{"Id":"5","SyncToken":"2","DisplayName":"ann o'neil- x","Active":false}]},"time":"x"}"#;
    let (target, script) = scripted([reply(200, rows)]);
    let names = ["Ann O'Neil: x", "Nobody\\"];
    let keys = names.map(|name| {
        FindKey::Reference(ReferenceKey { kind: ReferenceKind::Customer, name: name.to_owned() })
    });
    let outcome = run(target.find(&keys, deadline()));
    let ReadOutcome::Read(outcomes) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(&outcomes[0], FindOutcome::Found(s) if s.ledger.id == "5"));
    assert_eq!(outcomes[1], FindOutcome::Absent);
    assert_eq!(
        script.seen()[0].body,
        r"SELECT * FROM Customer WHERE DisplayName IN ('Ann O\'Neil- x','Nobody\\','Ann O\'Neil- x (deleted)','Nobody\\ (deleted)') AND Active IN (true,false) ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
    );
}

#[test]
fn the_trial_balance_is_read_through_its_sections() {
    let mut rows = String::new();
    for (name, debit, credit) in [("Checking", "4151.74", ""), ("Sales", "", "4,000.00")] {
        let _ = write!(
            rows,
            r#"{{"ColData":[{{"value":"{name}","id":"1"}},{{"value":"{debit}"}},{{"value":"{credit}"}}]}},"#
        );
    }
    let body = format!(
        r#"{{"Header":{{"ReportName":"TrialBalance","Currency":"USD"}},"Columns":{{"Column":[{{"ColTitle":"","ColType":"Account"}},{{"ColTitle":"Debit","ColType":"Money"}},{{"ColTitle":"Credit","ColType":"Money"}}]}},"Rows":{{"Row":[{rows}{{"Header":{{"ColData":[{{"value":"Fees"}},{{"value":"1.00"}},{{"value":""}}]}},"Rows":{{"Row":[{{"ColData":[{{"value":"Card fees"}},{{"value":""}},{{"value":"152.74"}}]}}]}},"Summary":{{"ColData":[{{"value":"Total Fees"}},{{"value":""}},{{"value":"151.74"}}]}},"type":"Section"}},{{"Summary":{{"ColData":[{{"value":"TOTAL"}},{{"value":"4152.74"}},{{"value":"4152.74"}}]}},"type":"Section","group":"GrandTotal"}}]}}}}"#
    );
    let (target, script) = scripted([reply(200, body)]);
    let outcome = run(target.trial_balance("2026-12-31".parse().unwrap(), deadline()));
    let ReadOutcome::Read(balances) = outcome else { panic!("{outcome:?}") };
    let shown: Vec<_> = balances.iter().map(|(n, a)| (n.as_str(), *a)).collect();
    assert_eq!(
        shown,
        [("Card fees", -15_274), ("Checking", 415_174), ("Fees", 100), ("Sales", -400_000)]
    );
    assert_eq!(balances.values().sum::<i64>(), 0);
    assert_eq!(script.seen()[0].method, "GET");
    let (target, _) = scripted([reply(200, r#"{"Header":{}}"#)]);
    assert!(matches!(
        run(target.trial_balance("2026-12-31".parse().unwrap(), deadline())),
        ReadOutcome::Failed(_)
    ));
}

#[test]
fn documents_that_settle_are_compared_as_a_set() {
    let (target, _) = scripted([]);
    let payment = document(DocumentKind::Payment);
    let marker = payment.key.marker();
    let body = format!(
        r#"{{"QueryResponse":{{"Payment":[{{"Id":"9","SyncToken":"0","TxnDate":"2026-09-14","PaymentRefNum":"SO-1001","CustomerRef":{{"value":"300"}},"DepositToAccountRef":{{"value":"100"}},"PrivateNote":"tieout:{marker}","TotalAmt":24.91,"UnappliedAmt":20.00,"Line":[{{"Amount":4.91,"LinkedTxn":[{{"TxnId":"69","TxnType":"Invoice"}}]}}]}}]}}}}"#
    );
    let (reader, _) = scripted([reply(200, body)]);
    let outcome = run(reader.read_back(DocumentKind::Payment, &["9".to_owned()], deadline()));
    let ReadOutcome::Read(snapshots) = outcome else { panic!("{outcome:?}") };
    let fields: Vec<_> =
        target.compare(&payment, &snapshots[0], &refs()).into_iter().map(|m| m.field).collect();
    assert_eq!(fields, ["LinkedTxn[69].Amount", "UnappliedAmt"], "a silent overpayment shows");
}
