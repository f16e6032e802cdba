//! What is sent, byte for byte.

use super::documents::{RECEIVABLES, document, key, line};
use super::support::{CALL, deadline, fault, op, refs, reply, run, scripted};
use kernel::{
    AccountType, BusinessKey, Decimal, DocumentKind, DocumentLink, Reference, ReferenceKey,
    ReferenceKind,
};
use ports::{Act, ApplyOutcome, LedgerRef, LedgerTarget, TargetOp, TargetSubject};

/// The address after the company and the body of one write.
fn sent(op: TargetOp) -> (String, String) {
    let (target, script) = scripted([reply(400, fault("2020", ""))]);
    let outcomes = run(target.apply(CALL, &[op], &refs(), deadline()));
    assert!(matches!(outcomes[0], ApplyOutcome::Refused(_)), "{outcomes:?}");
    let seen = script.seen();
    assert_eq!(seen.len(), 1, "a single write is a single request");
    assert_eq!(
        (seen[0].method.as_str(), seen[0].content_type.as_str()),
        ("POST", "application/json")
    );
    assert_eq!(seen[0].bearer, "Bearer access-1");
    let base = "https://qbo.test/v3/company/9130350000000001/";
    (seen[0].url.strip_prefix(base).unwrap().to_owned(), seen[0].body.clone())
}

fn created(kind: DocumentKind) -> String {
    let (url, body) = sent(op(Act::Create, document(kind), None));
    let path = match kind {
        DocumentKind::Expense => "purchase".to_owned(),
        kind => kind.as_str().replace('_', ""),
    };
    assert_eq!(url, format!("{path}?requestid={CALL}"));
    body.replace(&key(kind).marker(), "<marker>")
}

const SALES_LINES: &str = r#""Line":[{"Amount":25.98,"Description":"Mug \"blue\"","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"200"},"Qty":2,"UnitPrice":12.99,"TaxCodeRef":{"value":"NON"}}},{"Amount":-2.59,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"201"},"TaxCodeRef":{"value":"NON"}}},{"Amount":1.52,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"202"},"TaxCodeRef":{"value":"NON"}}}]"#;

#[test]
fn every_kind_of_document_has_its_golden_body() {
    let paid = format!(
        r#"{{"DocNumber":"SO-1001","TxnDate":"2026-09-14","CustomerRef":{{"value":"300"}},"DepositToAccountRef":{{"value":"100"}},"PrivateNote":"Order 1001 tieout:<marker>",{SALES_LINES}}}"#
    );
    let owed = format!(
        r#"{{"DocNumber":"SO-1001","TxnDate":"2026-09-14","CustomerRef":{{"value":"300"}},"PrivateNote":"Order 1001 tieout:<marker>",{SALES_LINES}}}"#
    );
    for (kind, expected) in [
        (DocumentKind::SalesReceipt, paid.as_str()),
        (DocumentKind::RefundReceipt, paid.as_str()),
        (DocumentKind::Invoice, owed.as_str()),
        (DocumentKind::CreditMemo, owed.as_str()),
        (
            DocumentKind::Payment,
            r#"{"PaymentRefNum":"SO-1001","TxnDate":"2026-09-14","CustomerRef":{"value":"300"},"TotalAmt":24.91,"DepositToAccountRef":{"value":"100"},"PrivateNote":"Order 1001 tieout:<marker>","Line":[{"Amount":24.91,"LinkedTxn":[{"TxnId":"69","TxnType":"Invoice"}]}]}"#,
        ),
        (
            DocumentKind::Expense,
            r#"{"DocNumber":"SO-1001","TxnDate":"2026-09-14","PaymentType":"Cash","AccountRef":{"value":"100"},"PrivateNote":"Order 1001 tieout:<marker>","Line":[{"Amount":26.00,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"105"}}},{"Amount":-1.09,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"107"}}}]}"#,
        ),
        (
            DocumentKind::Transfer,
            r#"{"TxnDate":"2026-09-14","FromAccountRef":{"value":"100"},"ToAccountRef":{"value":"101"},"Amount":24.91,"PrivateNote":"Order 1001 tieout:<marker>"}"#,
        ),
        (
            DocumentKind::JournalEntry,
            r#"{"DocNumber":"SO-1001","TxnDate":"2026-09-14","PrivateNote":"Order 1001 tieout:<marker>","Line":[{"Amount":24.91,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"100"}}},{"Amount":23.39,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"102"}}},{"Amount":1.52,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"104"}}}]}"#,
        ),
        (
            DocumentKind::Deposit,
            r#"{"DocNumber":"SO-1001","TxnDate":"2026-09-14","DepositToAccountRef":{"value":"101"},"PrivateNote":"Order 1001 tieout:<marker>","Line":[{"Amount":26.00,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"100"}}},{"Amount":-1.09,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"105"}}}]}"#,
        ),
    ] {
        assert_eq!(created(kind), expected, "{kind:?}");
    }
}

#[test]
fn quantity_and_price_travel_only_when_they_make_the_amount() {
    for (quantity, price, amount_minor, travels) in [
        ("3", "3.33", 999, true),
        ("1.5", "0.99", 149, true),  // 1.485, half away from zero
        ("1.5", "0.99", 148, false), // 6070 otherwise
        ("3", "0.333333", 100, false),
        ("0", "5", 0, false),
        ("-1", "5", -500, false),
    ] {
        let mut receipt = document(DocumentKind::SalesReceipt);
        let mut only = line(Some("Mug"), "Sales", amount_minor);
        only.quantity = Some(quantity.parse::<Decimal>().unwrap());
        only.unit_price = Some(price.parse::<Decimal>().unwrap());
        let rest = line(Some("Mug"), "Sales", 1_000);
        receipt.total_minor = amount_minor + 1_000;
        receipt.lines = vec![only, rest];
        let (_, body) = sent(op(Act::Create, receipt, None));
        assert_eq!(body.contains("\"Qty\""), travels, "{quantity} x {price} = {amount_minor}");
        assert_eq!(body.contains("\"UnitPrice\""), travels);
    }
}

#[test]
fn changes_voids_and_deletes_use_the_operation_of_the_kind() {
    let handle = Some(("17", "3"));
    let call = |act, kind| sent(op(act, document(kind), handle));
    let (url, body) = call(Act::Update, DocumentKind::SalesReceipt);
    assert_eq!(url, format!("salesreceipt?requestid={CALL}"));
    assert!(body.starts_with(r#"{"Id":"17","SyncToken":"3","DocNumber":"SO-1001","#), "{body}");
    assert!(body.contains(SALES_LINES), "an update replaces the content in full");

    let bare = r#"{"Id":"17","SyncToken":"3"}"#.to_owned();
    let voided = |path: &str, operation: &str| format!("{path}?requestid={CALL}&{operation}");
    assert_eq!(
        call(Act::Void, DocumentKind::Invoice),
        (voided("invoice", "operation=void"), bare.clone())
    );
    assert_eq!(
        call(Act::Void, DocumentKind::SalesReceipt),
        (
            voided("salesreceipt", "operation=update&include=void"),
            r#"{"Id":"17","SyncToken":"3","sparse":true}"#.to_owned()
        )
    );
    let (url, body) = call(Act::Void, DocumentKind::Payment);
    assert_eq!(url, voided("payment", "operation=update&include=void"));
    assert!(body.starts_with(r#"{"Id":"17","SyncToken":"3","PaymentRefNum""#), "{body}");
    for (kind, path) in [
        (DocumentKind::CreditMemo, "creditmemo"),
        (DocumentKind::RefundReceipt, "refundreceipt"),
        (DocumentKind::JournalEntry, "journalentry"),
        (DocumentKind::Expense, "purchase"),
        (DocumentKind::Transfer, "transfer"),
        (DocumentKind::Deposit, "deposit"),
    ] {
        assert_eq!(call(Act::Void, kind), (voided(path, "operation=delete"), bare.clone()));
    }
    for kind in DocumentKind::ALL {
        let (url, body) = call(Act::Delete, kind);
        assert!(url.ends_with("&operation=delete"), "{url}");
        assert_eq!(body, bare);
    }
}

#[test]
fn a_payment_of_nothing_names_no_account_and_may_use_up_a_journal_entry() {
    let mut payment = document(DocumentKind::Payment);
    payment.total_minor = 0;
    payment.account = String::new();
    payment.links.push(DocumentLink { to: key(DocumentKind::JournalEntry), amount_minor: 2_491 });
    let (_, body) = sent(op(Act::Create, payment, None));
    assert!(!body.contains("DepositToAccountRef"), "{body}");
    assert!(body.contains(r#"{"TxnId":"71","TxnType":"JournalEntry"}"#), "{body}");
}

#[test]
fn a_credit_memo_is_used_up_by_a_payment_of_zero() {
    let mut payment = document(DocumentKind::Payment);
    payment.total_minor = 0;
    payment.links.push(DocumentLink { to: key(DocumentKind::CreditMemo), amount_minor: 2_491 });
    let (_, body) = sent(op(Act::Create, payment, None));
    assert!(body.contains(r#""TotalAmt":0.00"#), "{body}");
    assert!(body.ends_with(
        r#""Line":[{"Amount":24.91,"LinkedTxn":[{"TxnId":"69","TxnType":"Invoice"}]},{"Amount":24.91,"LinkedTxn":[{"TxnId":"70","TxnType":"CreditMemo"}]}]}"#
    ));
}

#[test]
fn a_receivables_line_of_a_journal_entry_names_its_customer() {
    let mut entry = document(DocumentKind::JournalEntry);
    entry.lines[0] = line(None, RECEIVABLES, 2_491);
    entry.lines[0].customer = Some("Web Shop".to_owned());
    let (_, body) = sent(op(Act::Create, entry, None));
    assert!(body.contains(
        r#"{"PostingType":"Debit","AccountRef":{"value":"106"},"Entity":{"Type":"Customer","EntityRef":{"value":"300"}}}"#
    ), "{body}");
}

#[test]
fn list_objects_are_created_with_clean_names_and_retired_by_a_flag() {
    let reference = |act, subject: Reference, ledger: Option<LedgerRef>| {
        sent(TargetOp {
            key: BusinessKey::new("shop:test/list"),
            act,
            subject: TargetSubject::Reference(subject),
            ledger,
            anew: false,
            stood: None,
        })
    };
    let account = Reference::Account {
        name: "Fees: \"Stripe\"".to_owned(),
        account_type: AccountType::OtherCurrentLiability,
        currency: None,
    };
    let item = Reference::Item { name: "Mug\tblue".to_owned(), account: "Sales".to_owned() };
    let customer = Reference::Customer { name: "Ann: Lee".to_owned(), currency: None };
    assert_eq!(
        reference(Act::Create, account, None),
        (
            format!("account?requestid={CALL}"),
            r#"{"Name":"Fees- 'Stripe'","AccountType":"Other Current Liability"}"#.to_owned()
        )
    );
    assert_eq!(
        reference(Act::Create, item.clone(), None).1,
        r#"{"Name":"Mug blue","Type":"Service","IncomeAccountRef":{"value":"102"}}"#
    );
    assert_eq!(reference(Act::Create, customer, None).1, r#"{"DisplayName":"Ann- Lee"}"#);
    let ledger = LedgerRef { id: "5".to_owned(), version: "1".to_owned() };
    assert_eq!(
        reference(Act::Void, item, Some(ledger)).1,
        r#"{"Id":"5","SyncToken":"1","sparse":true,"Active":false}"#
    );
}

#[test]
fn a_batch_numbers_its_items_by_their_place() {
    let (target, script) = scripted([reply(200, r#"{"BatchItemResponse":[],"time":"x"}"#)]);
    let mut unfit = document(DocumentKind::Invoice);
    unfit.customer = None;
    let ops = [
        op(Act::Void, document(DocumentKind::Invoice), Some(("17", "3"))),
        op(Act::Create, unfit, None),
        op(Act::Void, document(DocumentKind::Transfer), Some(("18", "0"))),
    ];
    let outcomes = run(target.apply(CALL, &ops, &refs(), deadline()));
    assert!(matches!(&outcomes[1], ApplyOutcome::Refused(f) if f.upstream == "not sent"));
    assert!(matches!(outcomes[0], ApplyOutcome::Unknown(_)));
    let seen = script.seen();
    assert!(seen[0].url.ends_with(&format!("/batch?requestid={CALL}")));
    assert_eq!(
        seen[0].body,
        r#"{"BatchItemRequest":[{"bId":"1","operation":"update","optionsData":"void","Invoice":{"Id":"17","SyncToken":"3"}},{"bId":"3","operation":"delete","Transfer":{"Id":"18","SyncToken":"0"}}]}"#
    );
}

#[test]
fn what_quickbooks_cannot_hold_is_refused_before_anything_is_sent() {
    let (target, script) = scripted([]);
    let receipt = || document(DocumentKind::SalesReceipt);
    let invoice = || document(DocumentKind::Invoice);
    let mut cases = Vec::new();
    let mut case =
        |why: &'static str, code: &'static str, document| cases.push((why, code, document));
    case("number", "VAL-002", kernel::Document { number: Some("x".repeat(22)), ..receipt() });
    case("total", "AMT-003", kernel::Document { total_minor: 2_492, ..receipt() });
    case("customer", "MAP-006", kernel::Document { customer: None, ..invoice() });
    case(
        "unknown customer",
        "MAP-006",
        kernel::Document { customer: Some("?".into()), ..receipt() },
    );
    case("account", "MAP-002", kernel::Document { account: "?".into(), ..receipt() });
    case("item", "MAP-001", {
        let mut d = receipt();
        d.lines[0].item = None;
        d
    });
    case("negative", "VAL-002", {
        let mut d = receipt();
        d.total_minor = -1;
        d
    });
    case("unbalanced", "AMT-003", {
        let mut d = document(DocumentKind::JournalEntry);
        d.lines[0].amount_minor += 1;
        d
    });
    case("link", "MTC-001", {
        let mut d = document(DocumentKind::Payment);
        d.links[0].to = BusinessKey::new("?");
        d
    });
    case("transfer to nowhere", "MAP-002", {
        let mut d = document(DocumentKind::Transfer);
        d.counter_account = None;
        d
    });
    for (why, code, document) in cases {
        let customer = document.customer.clone().unwrap_or_default();
        let outcomes =
            run(target.apply(CALL, &[op(Act::Create, document, None)], &refs(), deadline()));
        let ApplyOutcome::Refused(fault) = &outcomes[0] else { panic!("{why}: {outcomes:?}") };
        assert_eq!(fault.code.code(), code, "{why}");
        assert!(customer.is_empty() || !fault.summary.contains(&customer), "{}", fault.summary);
    }
    let no_handle =
        run(target.apply(CALL, &[op(Act::Update, receipt(), None)], &refs(), deadline()));
    assert!(matches!(no_handle[0], ApplyOutcome::Refused(_)));
    assert!(script.seen().is_empty());
}

#[test]
fn every_reference_a_body_needs_is_announced() {
    let (target, _) = scripted([]);
    for kind in DocumentKind::ALL {
        let document = document(kind);
        let mut known = refs();
        let needed = target.references(&document);
        known.references.retain(|key, _| needed.contains(key));
        let (target, _) = scripted([reply(400, fault("2020", ""))]);
        let outcomes =
            run(target.apply(CALL, &[op(Act::Create, document, None)], &known, deadline()));
        assert!(
            matches!(&outcomes[0], ApplyOutcome::Refused(f) if f.upstream == "2020"),
            "{kind:?}: {outcomes:?}"
        );
    }
    let receipt = target.references(&document(DocumentKind::SalesReceipt));
    let income = ReferenceKey { kind: ReferenceKind::Account, name: "Sales".to_owned() };
    assert!(receipt.contains(&income), "an item needs its account to be created");
}

#[test]
fn a_long_memo_never_costs_the_marker() {
    let mut receipt = document(DocumentKind::SalesReceipt);
    receipt.memo = "é".repeat(5_000);
    let marker = receipt.key.marker();
    let (_, body) = sent(op(Act::Create, receipt, None));
    let note = body.split("\"PrivateNote\":\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(note.chars().count(), 4_000);
    assert!(note.ends_with(&format!(" tieout:{marker}")));
}
