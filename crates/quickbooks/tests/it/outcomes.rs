//! What each shape of answer means for a write.

use super::documents::{document, key};
use super::support::{
    CALL, EXPIRED, NOW, Reply, THROTTLED, TID, deadline, fault, op, refs, reply, run, scripted,
};
use kernel::DocumentKind;
use ports::{Act, ApplyOutcome, FaultClass, HttpFailure, LedgerTarget, TargetOp};

const NEW_TOKENS: &str = r#"{"token_type":"bearer","access_token":"access-2","refresh_token":"refresh-2","expires_in":3600,"x_refresh_token_expires_in":8726400}"#;

fn receipt_json() -> String {
    let marker = key(DocumentKind::SalesReceipt).marker();
    format!(
        r#"{{"SalesReceipt":{{"domain":"QBO","sparse":false,"Id":"145","SyncToken":"0","MetaData":{{"CreateTime":"2026-09-21T05:00:00-07:00"}},"CustomField":[],"DocNumber":"SO-1001","TxnDate":"2026-09-14","CurrencyRef":{{"value":"USD","name":"United States Dollar"}},"PrivateNote":"Order 1001 tieout:{marker}","Line":[{{"Id":"1","LineNum":1,"Description":"Mug","Amount":25.98,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"200","name":"Mug"}},"UnitPrice":12.99,"Qty":2,"TaxCodeRef":{{"value":"NON"}}}}}},{{"Id":"2","LineNum":2,"Amount":-2.59,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"201"}},"TaxCodeRef":{{"value":"NON"}}}}}},{{"Id":"3","LineNum":3,"Amount":1.52,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"202"}}}}}},{{"Amount":24.91,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{{}}}}],"TxnTaxDetail":{{"TotalTax":0}},"CustomerRef":{{"value":"300","name":"Web Shop"}},"TotalAmt":24.91,"Balance":0,"DepositToAccountRef":{{"value":"100"}}}},"time":"2026-09-21T05:00:00.300-07:00"}}"#
    )
}

fn create() -> TargetOp {
    op(Act::Create, document(DocumentKind::SalesReceipt), None)
}

/// The outcome of one write under a script of answers, and the number of requests.
fn outcome_of(op: TargetOp, replies: Vec<Reply>) -> (ApplyOutcome, usize) {
    let (target, script) = scripted(replies);
    let mut outcomes = run(target.apply(CALL, &[op], &refs(), deadline()));
    assert_eq!(outcomes.len(), 1);
    (outcomes.remove(0), script.seen().len())
}

#[test]
fn the_recorded_answer_becomes_a_snapshot_that_compares_equal() {
    let (outcome, _) = outcome_of(create(), vec![reply(200, receipt_json())]);
    let ApplyOutcome::Applied(snapshot) = outcome else { panic!("{outcome:?}") };
    assert_eq!((snapshot.ledger.id.as_str(), snapshot.ledger.version.as_str()), ("145", "0"));
    assert_eq!((snapshot.total_minor, snapshot.lines.len()), (2_491, 3));
    let (target, _) = scripted([]);
    assert_eq!(target.compare(&document(DocumentKind::SalesReceipt), &snapshot, &refs()), []);
}

#[test]
fn every_failure_shape_ends_as_the_reference_says() {
    let long = receipt_json();
    let cut = &long[..long.len() / 2];
    let unknown: Vec<Reply> = vec![
        reply(200, cut),
        reply(200, ""),
        reply(200, "<html><body>It works</body></html>"),
        reply(200, r#"{"time":"x"}"#),
        reply(200, long.replace("\"SalesReceipt\":", "\"Invoice\":")),
        reply(200, long.replace("\"Id\":\"145\",", "")),
        reply(200, long.replace("\"Id\":\"145\",", "\"Id\":\"\",")),
        reply(200, long.replace("\"SyncToken\":\"0\"", "\"SyncToken\":\"\"")),
        reply(408, ""),
        reply(500, fault("10000", "java.lang.NullPointerException")),
        reply(500, fault("6000", "")),
        reply(502, "<html>Bad gateway</html>"),
        reply(503, "Service Unavailable"),
        reply(504, ""),
        reply(400, fault("10000", "")),
        reply(400, fault("130", "")),
        reply(400, fault("150", "")),
        reply(400, "<html>"),
        Err(HttpFailure::Unknown("connection reset".to_owned())),
    ];
    for (n, shape) in unknown.into_iter().enumerate() {
        let (outcome, requests) = outcome_of(create(), vec![shape]);
        assert!(matches!(outcome, ApplyOutcome::Unknown(_)), "shape {n}: {outcome:?}");
        assert_eq!(requests, 1, "shape {n} is not retried here");
    }
    for shape in [
        reply(429, THROTTLED),
        reply(403, THROTTLED),
        reply(200, THROTTLED),
        reply(429, ""),
        reply(400, fault("3001", "")),
        reply(400, fault("003001", "")),
    ] {
        assert_eq!(outcome_of(create(), vec![shape]).0, ApplyOutcome::Throttled);
    }
    let (outcome, _) = outcome_of(create(), vec![Err(HttpFailure::NotSent("no route".to_owned()))]);
    assert_eq!(outcome, ApplyOutcome::NotSent("no route".to_owned()));
    for (status, code) in [(200, "2020"), (400, "2020"), (404, "2020")] {
        let (outcome, _) = outcome_of(create(), vec![reply(status, fault(code, ""))]);
        assert!(matches!(outcome, ApplyOutcome::Refused(f) if f.upstream == code));
    }
}

#[test]
fn a_forbidden_company_needs_a_person() {
    let wrong_realm = EXPIRED.replace("3200", "3100").replace("AUTHENTICATION", "SERVICE");
    for (status, body, reason) in [
        (403, wrong_realm, "CON-002"),
        (403, fault("6190", "ended"), "CON-003"),
        (400, fault("6190", "ended"), "CON-003"),
        (403, "<html>forbidden</html>".to_owned(), "CON-002"),
        (400, fault("120", ""), "CON-002"),
    ] {
        let (outcome, _) = outcome_of(create(), vec![reply(status, body)]);
        let ApplyOutcome::Disconnected(fault) = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!(fault.code.code(), reason);
    }
}

#[test]
fn nothing_is_sent_once_its_time_is_over() {
    for late in [0, 1] {
        let (target, script) = scripted([reply(200, receipt_json())]);
        let over = NOW.plus_seconds(-late);
        let outcomes = run(target.apply(CALL, &[create()], &refs(), over));
        assert!(matches!(outcomes[0], ApplyOutcome::NotSent(_)), "{outcomes:?}");
        assert_eq!(script.seen().len(), 0);
    }
}

#[test]
fn a_refused_token_is_renewed_and_the_same_request_goes_out_again() {
    let (target, script) =
        scripted([reply(401, EXPIRED), reply(200, NEW_TOKENS), reply(200, receipt_json())]);
    let outcomes = run(target.apply(CALL, &[create()], &refs(), deadline()));
    assert!(matches!(outcomes[0], ApplyOutcome::Applied(_)), "{outcomes:?}");
    let seen = script.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!((&seen[0].url, &seen[0].body), (&seen[2].url, &seen[2].body));
    assert_eq!(
        (seen[0].bearer.as_str(), seen[2].bearer.as_str()),
        ("Bearer access-1", "Bearer access-2")
    );
    let (outcome, requests) = outcome_of(
        create(),
        vec![reply(401, EXPIRED), reply(200, NEW_TOKENS), reply(401, EXPIRED)],
    );
    assert!(matches!(outcome, ApplyOutcome::NotSent(_)), "{outcome:?}");
    assert_eq!(requests, 3);
}

#[test]
fn faults_carry_their_text_only_where_people_may_read_it() {
    let detail =
        "Ann Lee owes 12.00. DocNumber=SO-1001 is assigned to TxnType=Invoice with TxnId=17984";
    let (outcome, _) = outcome_of(create(), vec![reply(400, fault("6140", detail))]);
    let ApplyOutcome::Refused(fault) = outcome else { panic!("{outcome:?}") };
    assert_eq!(fault.class, FaultClass::Ambiguous);
    assert_eq!(fault.conflicting_id.as_deref(), Some("17984"));
    assert!(fault.raw.contains("Ann Lee") && !fault.summary.contains("Ann"), "{}", fault.summary);
    let (outcome, _) = outcome_of(create(), vec![reply(400, super::support::fault("Ann Lee", ""))]);
    assert!(
        matches!(outcome, ApplyOutcome::Refused(f) if f.upstream == "unknown"),
        "no code at all"
    );
    assert!(fault.summary.contains(TID), "support asks for the tracing id: {}", fault.summary);
}

#[test]
fn the_text_decides_where_the_code_alone_cannot() {
    let class = |code, detail| {
        let (outcome, _) = outcome_of(create(), vec![reply(400, fault(code, detail))]);
        let ApplyOutcome::Refused(fault) = outcome else { panic!("{outcome:?}") };
        (fault.class, fault.code.code())
    };
    assert_eq!(
        class("6000", "Unexpected Internal Error (-30003)"),
        (FaultClass::Ambiguous, "CON-005")
    );
    assert_eq!(class("6000", "Select a bank account"), (FaultClass::Structural, "VAL-004"));
    assert_eq!(class("5010", "Stale Object Error"), (FaultClass::Stale, "VAL-003"));
    assert_eq!(class("5010", "The account period has closed"), (FaultClass::Structural, "PER-001"));
    let two = r#"{"Fault":{"Error":[{"Message":"a","Detail":null,"code":"2020"},{"Message":"b","code":"6140","Detail":"TxnId=9"}],"type":"ValidationFault"}}"#;
    let (outcome, _) = outcome_of(create(), vec![reply(400, two)]);
    assert!(matches!(outcome, ApplyOutcome::Refused(f) if f.upstream == "6140"), "doubt wins");
    let (outcome, _) = outcome_of(create(), vec![reply(400, r#"{"Fault":{}}"#)]);
    assert!(matches!(outcome, ApplyOutcome::Refused(f) if f.class == FaultClass::Structural));
}

#[test]
fn a_delete_is_believed_only_with_its_own_id_and_status() {
    let delete = || op(Act::Delete, document(DocumentKind::JournalEntry), Some(("17", "3")));
    let said = |id: &str, status: &str| {
        format!(
            r#"{{"JournalEntry":{{"domain":"QBO","status":"{status}","Id":"{id}"}},"time":"x"}}"#
        )
    };
    let (outcome, _) = outcome_of(delete(), vec![reply(200, said("17", "Deleted"))]);
    let ApplyOutcome::Applied(snapshot) = outcome else { panic!("{outcome:?}") };
    assert!(snapshot.voided && snapshot.ledger.id == "17");
    for wrong in [said("18", "Deleted"), said("17", "Draft")] {
        let (outcome, _) = outcome_of(delete(), vec![reply(200, wrong)]);
        assert!(matches!(outcome, ApplyOutcome::Unknown(_)), "{outcome:?}");
    }
    let (outcome, _) = outcome_of(delete(), vec![reply(400, fault("610", ""))]);
    assert!(matches!(outcome, ApplyOutcome::Applied(s) if s.voided), "already gone is done");
    let update = op(Act::Update, document(DocumentKind::JournalEntry), Some(("17", "3")));
    let (outcome, _) = outcome_of(update, vec![reply(400, fault("610", ""))]);
    assert!(matches!(outcome, ApplyOutcome::Refused(f) if f.code.code() == "MAP-004"));
}

#[test]
fn an_update_answered_with_another_object_proves_nothing() {
    let update = op(Act::Update, document(DocumentKind::SalesReceipt), Some(("7", "3")));
    let (outcome, _) = outcome_of(update, vec![reply(200, receipt_json())]);
    assert!(matches!(outcome, ApplyOutcome::Unknown(_)), "{outcome:?}");
}

#[test]
fn batch_items_are_matched_by_their_id() {
    let body = receipt_json();
    let object = body.strip_prefix('{').unwrap().split(",\"time\"").next().unwrap();
    let refused = fault("6240", "The name supplied already exists. : Id=42");
    let refused = refused.strip_prefix('{').unwrap().split(",\"time\"").next().unwrap();
    let throttled = fault("3001", "");
    let throttled = throttled.strip_prefix('{').unwrap().split(",\"time\"").next().unwrap();
    let answer = format!(
        r#"{{"BatchItemResponse":[{{{throttled},"bId":"4"}},{{{refused},"bId":"3"}},{{{object},"bId":"1"}}],"time":"x"}}"#
    );
    let (target, _) = scripted([reply(200, answer)]);
    let ops = [create(), create(), create(), create()];
    let outcomes = run(target.apply(CALL, &ops, &refs(), deadline()));
    assert!(matches!(&outcomes[0], ApplyOutcome::Applied(s) if s.ledger.id == "145"));
    assert!(matches!(&outcomes[1], ApplyOutcome::Unknown(_)), "missing: {:?}", outcomes[1]);
    assert!(
        matches!(&outcomes[2], ApplyOutcome::Refused(f) if f.conflicting_id.as_deref() == Some("42"))
    );
    assert_eq!(outcomes[3], ApplyOutcome::Throttled);
}

#[test]
fn a_failure_of_the_whole_batch_is_the_outcome_of_every_item() {
    let ops = [create(), op(Act::Delete, document(DocumentKind::Transfer), Some(("9", "0")))];
    let all = |shape: Reply| {
        let (target, _) = scripted([shape]);
        run(target.apply(CALL, &ops, &refs(), deadline()))
    };
    let throttled = all(reply(429, THROTTLED));
    assert_eq!(throttled, [ApplyOutcome::Throttled, ApplyOutcome::Throttled]);
    for shape in [reply(200, "{\"BatchItemRes"), reply(200, "{}"), reply(500, "")] {
        assert!(all(shape).iter().all(|o| matches!(o, ApplyOutcome::Unknown(_))));
    }
    // Not found, said of the batch, does not prove that the transfer is gone.
    let refused = all(reply(400, fault("610", "")));
    assert!(refused.iter().all(|o| matches!(o, ApplyOutcome::Refused(_))), "{refused:?}");
}
