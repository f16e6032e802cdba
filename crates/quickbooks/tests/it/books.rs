//! Against a simulated company with its own general ledger.

use super::documents::{CUSTOMERS, document, key, line};
use super::support::{CALL, NOW, deadline, op, run};
use super::world::{World, applied};
use kernel::{
    AccountType, BusinessKey, Currency, Document, DocumentKind, DocumentLink, Reference,
    ReferenceKind,
};
use ports::{
    Act, ApplyOutcome, FaultClass, FindKey, FindOutcome, LedgerTarget, ReadOutcome, Snapshot,
    TargetOp, TargetSubject,
};
use quickbooks::Region;
use quickbooks_sim::{CompanyPrefs, FaultKind, PersonEdit, Profile};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Documents of every kind, each after what it settles.
fn all() -> Vec<Document> {
    DocumentKind::ALL.into_iter().map(document).collect()
}

#[test]
fn every_kind_is_created_found_and_read_back_equal() {
    let mut world = World::new();
    for document in all() {
        let snapshot = world.create(&document);
        assert_eq!(world.compare(&document, &snapshot), [], "{:?}", document.kind);
        let read = world.read(document.kind, &snapshot.ledger.id);
        assert_eq!(read.len(), 1);
        assert_eq!(world.compare(&document, &read[0]), [], "{:?} read back", document.kind);
        let found = world.find(&[&document]);
        assert!(
            matches!(&found[0], FindOutcome::Found(s) if s.ledger.id == snapshot.ledger.id),
            "{:?}: {found:?}",
            document.kind
        );
    }
}

#[test]
fn what_people_renumber_and_move_to_another_day_is_found_by_when_it_was_made() {
    let mut world = World::new();
    for (kind, edit) in [
        (DocumentKind::Transfer, r#"{"TxnDate":"2026-08-01"}"#),
        (DocumentKind::Expense, r#"{"TxnDate":"2026-08-01"}"#),
        (DocumentKind::SalesReceipt, r#"{"DocNumber":"BY HAND","TxnDate":"2026-08-01"}"#),
    ] {
        let document = document(kind);
        let id = world.create(&document).ledger.id;
        let by_hand = PersonEdit::Change(edit.to_owned());
        let mut company = world.wire.simulator.lock().unwrap();
        company.edit_by_person(id.parse().unwrap(), &by_hand, NOW.0).unwrap();
        drop(company);
        assert_eq!(world.find(&[&document]), [FindOutcome::Absent], "{kind:?} by number and date");
        let since = |sent| [FindKey::Document(Arc::new(document.clone()), Some(sent))];
        let ReadOutcome::Read(found) = run(world.target.find(&since(NOW), deadline())) else {
            panic!("{kind:?} cannot be looked for");
        };
        assert!(
            matches!(&found[0], FindOutcome::Found(s) if s.ledger.id == id),
            "{kind:?}: {found:?}"
        );
        // What was made before it may have been sent is another one, such as a copy's original.
        let later = since(NOW.plus_seconds(2 * 3_600));
        let found = run(world.target.find(&later, deadline()));
        assert_eq!(found, ReadOutcome::Read(vec![FindOutcome::Absent]), "{kind:?}");
    }
}

#[test]
fn what_was_deleted_before_it_was_found_is_not_taken_for_never_made() {
    for kind in [DocumentKind::Transfer, DocumentKind::SalesReceipt] {
        let mut world = World::new();
        let document = document(kind);
        let since = |sent| [FindKey::Document(Arc::new(document.clone()), sent)];
        let look = |world: &World, sent| run(world.target.find(&since(sent), deadline()));
        let absent = ReadOutcome::Read(vec![FindOutcome::Absent]);
        assert_eq!(look(&world, Some(NOW)), absent, "{kind:?}: nobody deleted anything");
        let id = world.create(&document).ledger.id;
        let mut company = world.wire.simulator.lock().unwrap();
        company.edit_by_person(id.parse().unwrap(), &PersonEdit::Delete, NOW.0).unwrap();
        drop(company);
        let deleted = ReadOutcome::Read(vec![FindOutcome::Deleted(vec![id])]);
        assert_eq!(look(&world, Some(NOW)), deleted, "{kind:?}");
        assert_eq!(look(&world, None), absent, "{kind:?}: it was never sent");
        let later = NOW.plus_seconds(2 * 3_600);
        assert_eq!(look(&world, Some(later)), absent, "{kind:?}: deleted before it was sent");
        let month_later = NOW.plus_seconds(31 * 86_400);
        world.wire.clock.0.store(month_later.0, Ordering::Relaxed);
        let late = run(world.target.find(&since(Some(NOW)), month_later.plus_seconds(120)));
        assert_eq!(late, absent, "{kind:?}: the ledger remembers 30 days");
    }
}

#[test]
fn a_number_that_a_voided_document_keeps_does_not_stand_in_the_way_of_making_it_anew() {
    for others in [0_u32, 2] {
        let mut world =
            World::with(CompanyPrefs { custom_txn_numbers: true, ..CompanyPrefs::default() });
        let receipt = document(DocumentKind::SalesReceipt);
        let first = world.create(&receipt);
        world.change(Act::Void, &receipt, &first);
        let mut ops = vec![op(Act::Create, receipt.clone(), None)];
        ops.extend(numbered(others).into_iter().map(|d| op(Act::Create, d, None)));
        let mut make = |ops: &[TargetOp]| {
            let call = world.call_id();
            run(world.target.apply(&call, ops, &world.refs, deadline())).remove(0)
        };
        let refused = make(&ops);
        let is_used =
            |o: &ApplyOutcome| matches!(o, ApplyOutcome::Refused(f) if f.upstream == "6140");
        assert!(is_used(&refused), "{refused:?}");
        ops[0].anew = true;
        ops.truncate(1);
        ops.extend(
            numbered(5).into_iter().skip(3).take(others as usize).map(|d| op(Act::Create, d, None)),
        );
        let again = applied(make(&ops));
        assert_ne!(again.ledger.id, first.ledger.id);
        assert_eq!(again.number, first.number);
    }
}

type Edit = fn(&mut Document);

/// A change of one field, the field that must be reported, and the kinds it concerns.
fn edits(kind: DocumentKind) -> Vec<(Edit, Vec<&'static str>)> {
    use DocumentKind as K;
    let sales = matches!(kind, K::SalesReceipt | K::Invoice | K::CreditMemo | K::RefundReceipt);
    let mut out: Vec<(Edit, Vec<&'static str>)> = vec![
        (|d| d.date = d.date.plus_days(1), vec!["TxnDate"]),
        (|d| d.currency = Currency::EUR, vec!["CurrencyRef"]),
        (|d| d.key = BusinessKey::new("another"), vec!["PrivateNote"]),
    ];
    match kind {
        K::Transfer => out.push((|d| d.total_minor += 1, vec!["Amount"])),
        K::Payment => out.push((|d| d.total_minor += 1, vec!["TotalAmt", "UnappliedAmt"])),
        _ => out.push((|d| d.total_minor += 1, vec!["TotalAmt"])),
    }
    match kind {
        K::Transfer => {}
        K::Payment => out.push((|d| d.number = Some("SO-2".into()), vec!["PaymentRefNum"])),
        _ => out.push((|d| d.number = Some("SO-2".into()), vec!["DocNumber"])),
    }
    if sales || kind == K::Payment {
        out.push((|d| d.customer = Some("Somebody: else".into()), vec!["CustomerRef"]));
    }
    match kind {
        K::Expense => {
            out.push((|d| d.customer = Some("Web Shop".into()), vec!["EntityRef"]));
            out.push((|d| d.account = "Checking".into(), vec!["AccountRef"]));
        }
        K::Transfer => {
            out.push((|d| d.account = "Tips".into(), vec!["FromAccountRef"]));
            out.push((|d| d.counter_account = Some("Tips".into()), vec!["ToAccountRef"]));
        }
        K::SalesReceipt | K::RefundReceipt | K::Payment | K::Deposit => {
            out.push((|d| d.account = "Tips".into(), vec!["DepositToAccountRef"]));
        }
        K::Invoice | K::CreditMemo | K::JournalEntry => {}
    }
    if sales {
        out.push((|d| d.lines[1].item = Some("Mug".into()), vec!["Line[2].ItemRef"]));
    }
    match kind {
        K::Payment => {
            out.push((
                |d| d.links[0].amount_minor -= 1,
                vec!["LinkedTxn[?].Amount", "UnappliedAmt"],
            ));
            out.push((|d| d.links.clear(), vec!["LinkedTxn[?].Amount", "UnappliedAmt"]));
        }
        K::Transfer => {}
        _ => {
            out.push((|d| d.lines[0].amount_minor += 1, vec!["Line[1].Amount"]));
            out.push((|d| d.lines.truncate(1), vec!["Line.count"]));
            if !sales {
                out.push((|d| d.lines[0].account = "Sales tax".into(), vec!["Line[1].AccountRef"]));
            }
        }
    }
    out
}

#[test]
fn compare_reports_exactly_the_field_that_differs() {
    let mut world = World::new();
    for document in all() {
        let snapshot = world.create(&document);
        let wanted = edits(document.kind);
        assert!(wanted.len() >= 6);
        for (edit, expected) in wanted {
            let mut other = document.clone();
            edit(&mut other);
            let fields: Vec<_> = world
                .compare(&other, &snapshot)
                .into_iter()
                .map(|m| match m.field.split_once('[') {
                    Some(("LinkedTxn", _)) => "LinkedTxn[?].Amount".to_owned(),
                    _ => m.field,
                })
                .collect();
            assert_eq!(fields, expected, "{:?}", document.kind);
        }
        let voided = Snapshot { voided: true, ..snapshot.clone() };
        let fields: Vec<_> =
            world.compare(&document, &voided).into_iter().map(|m| m.field).collect();
        assert_eq!(fields, ["Status"]);
    }
}

#[test]
fn an_update_replaces_the_content_and_an_old_version_is_refused() {
    let mut world = World::new();
    for document in all() {
        let first = world.create(&document);
        let mut edited = document.clone();
        edited.memo = "Corrected".to_owned();
        edited.date = edited.date.plus_days(1);
        match document.kind {
            DocumentKind::Payment => {
                edited.links.clear();
            }
            DocumentKind::Transfer => edited.total_minor += 100,
            DocumentKind::JournalEntry => {
                edited.lines = vec![line(None, "Fees", 50), line(None, "Clearing", -50)];
                edited.total_minor = 50;
            }
            _ => {
                edited.lines.truncate(1);
                edited.lines[0].quantity = None;
                edited.total_minor = edited.lines[0].amount_minor;
            }
        }
        // A payment bumps the version of its invoice (quickbooks.md §2).
        let current = world.read(document.kind, &first.ledger.id).remove(0);
        let second = applied(world.change(Act::Update, &edited, &current));
        assert_eq!(second.ledger.id, first.ledger.id);
        assert_ne!(second.ledger.version, first.ledger.version);
        assert_eq!(world.compare(&edited, &second), [], "{:?}", document.kind);
        let stale = world.change(Act::Update, &document, &first);
        assert!(
            matches!(&stale, ApplyOutcome::Refused(f) if f.class == FaultClass::Stale),
            "{stale:?}"
        );
    }
}

#[test]
fn voids_and_deletes_leave_nothing_in_the_books() {
    let mut world = World::new();
    let mut made: Vec<_> = all().into_iter().map(|d| (world.create(&d), d)).collect();
    made.reverse(); // what settles goes before what is settled
    for (_, document) in &made {
        let id = world.refs.documents[&document.key].1.clone();
        let current = world.read(document.kind, &id).remove(0);
        let gone = applied(world.change(Act::Void, document, &current));
        assert!(gone.voided, "{:?}: {gone:?}", document.kind);
        assert!(!world.compare(document, &gone).is_empty());
        let left = world.read(document.kind, &id);
        let voidable = matches!(
            document.kind,
            DocumentKind::SalesReceipt | DocumentKind::Invoice | DocumentKind::Payment
        );
        assert_eq!(left.len(), usize::from(voidable), "{:?}", document.kind);
        assert!(left.iter().all(|s| s.voided && s.total_minor == 0));
        let found = world.find(&[document]);
        let shape = match &found[0] {
            FindOutcome::Absent => !voidable,
            FindOutcome::Found(s) => voidable && s.voided,
            FindOutcome::Several(_) | FindOutcome::Deleted(_) => false,
        };
        assert!(shape, "{:?}: {found:?}", document.kind);
        if !voidable {
            let again = applied(world.change(Act::Delete, document, &current));
            assert!(again.voided, "deleting twice is deleting once");
        }
    }
    assert_eq!(world.wire.simulator.lock().unwrap().trial_balance(), BTreeMap::new());
    assert_eq!(world.live(), 0);
}

#[test]
fn every_fault_of_the_network_leaves_one_object() {
    use FaultKind as F;
    for kind in [
        F::Refused,
        F::LostBefore,
        F::LostAfter,
        F::Late,
        F::Cut,
        F::Garbage,
        F::Unauthorized,
        F::Throttled,
        F::ServerErrorBefore,
        F::ServerErrorAfter,
        F::OkFault,
        F::AmbiguousFault,
    ] {
        let world = World::new();
        let receipt = document(DocumentKind::SalesReceipt);
        let ops = [op(Act::Create, receipt.clone(), None)];
        world.next_call(kind);
        let first = run(world.target.apply(CALL, &ops, &world.refs, deadline())).remove(0);
        world.calm();
        let expected = match kind {
            F::Refused | F::Unauthorized => matches!(first, ApplyOutcome::NotSent(_)),
            F::Late => matches!(first, ApplyOutcome::Applied(_)),
            F::Throttled => first == ApplyOutcome::Throttled,
            F::AmbiguousFault => {
                matches!(&first, ApplyOutcome::Refused(f) if f.class == FaultClass::Ambiguous)
            }
            _ => matches!(first, ApplyOutcome::Unknown(_)),
        };
        assert!(expected, "{kind:?}: {first:?}");
        let looked = world.find(&[&receipt]).remove(0);
        let snapshot = match looked {
            FindOutcome::Found(snapshot) => *snapshot,
            FindOutcome::Absent => {
                applied(run(world.target.apply(CALL, &ops, &world.refs, deadline())).remove(0))
            }
            FindOutcome::Several(_) | FindOutcome::Deleted(_) => panic!("{kind:?}"),
        };
        assert_eq!(world.compare(&receipt, &snapshot), [], "{kind:?}");
        let again = run(world.target.apply(CALL, &ops, &world.refs, deadline())).remove(0);
        assert_eq!(
            applied(again).ledger.id,
            snapshot.ledger.id,
            "{kind:?}: same call, same answer"
        );
        assert_eq!(world.live(), 1, "{kind:?}");
    }
}

#[test]
fn a_silently_ignored_update_shows_in_the_comparison() {
    let mut world = World::new();
    let receipt = document(DocumentKind::SalesReceipt);
    let first = world.create(&receipt);
    let edited = Document { date: receipt.date.plus_days(1), ..receipt };
    world.next_call(FaultKind::SilentNoop);
    let second = applied(world.change(Act::Update, &edited, &first));
    let fields: Vec<_> = world.compare(&edited, &second).into_iter().map(|m| m.field).collect();
    assert_eq!(fields, ["TxnDate"]);
}

#[test]
fn a_list_object_is_found_by_its_name_and_then_by_the_id_it_had() {
    let world = World::new();
    let key =
        |name: &str| kernel::ReferenceKey { kind: ReferenceKind::Customer, name: name.to_owned() };
    let name = CUSTOMERS[0];
    let id = world.refs.references[&key(name)].clone();
    let asked = [
        FindKey::Known(key(name), "99999".to_owned()),
        FindKey::Known(key("Renamed since"), id.clone()),
        FindKey::Known(key("Merged away"), "99999".to_owned()),
        FindKey::Reference(key("Never there")),
    ];
    let found = run(world.target.find(&asked, deadline()));
    let ReadOutcome::Read(found) = found else { panic!("{found:?}") };
    for outcome in &found[..2] {
        assert!(matches!(outcome, FindOutcome::Found(s) if s.ledger.id == id), "{outcome:?}");
    }
    assert_eq!(found[2..], [FindOutcome::Absent, FindOutcome::Absent]);
}

#[test]
fn a_list_object_that_is_inactive_is_found_by_the_name_that_it_keeps() {
    let mut world = World::new();
    let name = "Retired".to_owned();
    for reference in [
        Reference::Account {
            name: name.clone(),
            account_type: AccountType::Expense,
            currency: None,
        },
        Reference::Item { name: name.clone(), account: "Sales".to_owned() },
        Reference::Customer { name: name.clone(), currency: None },
        Reference::Location { name: name.clone() },
        Reference::Class { name: name.clone() },
    ] {
        let key = reference.key();
        let write = |act, ledger| TargetOp {
            key: BusinessKey::new("list/retired"),
            act,
            subject: TargetSubject::Reference(reference.clone()),
            ledger,
            anew: false,
            stood: None,
        };
        let made = applied(world.one(write(Act::Create, None))).ledger;
        applied(world.one(write(Act::Void, Some(made.clone()))));
        let taken = world.one(write(Act::Create, None));
        assert!(matches!(&taken, ApplyOutcome::Refused(f) if f.upstream == "6240"), "{taken:?}");
        let found = run(world.target.find(&[FindKey::Reference(key)], deadline()));
        let ReadOutcome::Read(found) = found else { panic!("{found:?}") };
        let FindOutcome::Found(found) = &found[0] else { panic!("{reference:?}: {found:?}") };
        assert_eq!((found.ledger.id.as_str(), found.voided), (made.id.as_str(), true));
    }
}

#[test]
fn a_lost_batch_answer_is_asked_again_under_the_same_call() {
    let mut world = World::new();
    let ops: Vec<_> = numbered(30).into_iter().map(|d| op(Act::Create, d, None)).collect();
    world.next_call(FaultKind::LostAfter);
    let lost = run(world.target.apply(CALL, &ops, &world.refs, deadline()));
    assert!(lost.iter().all(|o| matches!(o, ApplyOutcome::Unknown(_))));
    world.calm();
    let again = run(world.target.apply(CALL, &ops, &world.refs, deadline()));
    assert!(again.iter().all(|o| matches!(o, ApplyOutcome::Applied(_))));
    assert_eq!(world.live(), 30);
    let call = world.call_id();
    let elsewhere = run(world.target.apply(&call, &ops[..1], &world.refs, deadline()));
    assert!(matches!(elsewhere[0], ApplyOutcome::Applied(_)), "another call is another request");
}

/// `n` receipts that differ in key and number.
fn numbered(n: u32) -> Vec<Document> {
    (1..=n)
        .map(|i| {
            let mut d = document(DocumentKind::SalesReceipt);
            d.key = BusinessKey::new(format!("shop:test/order/{i}/receipt"));
            d.number = Some(format!("SO-{i}"));
            d
        })
        .collect()
}

#[test]
fn one_bad_item_does_not_spoil_its_batch() {
    let mut world = World::new();
    let mut documents = numbered(30);
    // The ledger knows no such id: 2500.
    world.refs.references.insert(
        kernel::ReferenceKey { kind: ReferenceKind::Item, name: "Ghost".to_owned() },
        "99999".to_owned(),
    );
    documents[16].lines[0].item = Some("Ghost".to_owned());
    let ops: Vec<_> = documents.iter().map(|d| op(Act::Create, d.clone(), None)).collect();
    let outcomes = run(world.target.apply(CALL, &ops, &world.refs, deadline()));
    for (n, (outcome, document)) in outcomes.into_iter().zip(&documents).enumerate() {
        if n == 16 {
            assert!(matches!(&outcome, ApplyOutcome::Refused(f) if f.upstream == "2500"));
        } else {
            assert_eq!(world.compare(document, &applied(outcome)), []);
        }
    }
    assert_eq!(world.live(), 29);
    let wanted: Vec<_> = documents.iter().collect();
    let found = world.find(&wanted);
    let present = found.iter().filter(|f| matches!(f, FindOutcome::Found(_))).count();
    assert_eq!((present, &found[16]), (29, &FindOutcome::Absent));
}

#[test]
fn a_used_number_and_a_used_name_point_to_what_is_there() {
    let mut world =
        World::with(CompanyPrefs { custom_txn_numbers: true, ..CompanyPrefs::default() });
    let receipt = document(DocumentKind::SalesReceipt);
    let first = world.create(&receipt);
    let second = world.one(op(Act::Create, receipt, None));
    let ApplyOutcome::Refused(fault) = second else { panic!("{second:?}") };
    assert_eq!((fault.upstream.as_str(), fault.class), ("6140", FaultClass::Ambiguous));
    assert_eq!(fault.conflicting_id, Some(first.ledger.id));
    let name = world.one(TargetOp {
        key: BusinessKey::new("x"),
        act: Act::Create,
        subject: TargetSubject::Reference(Reference::Customer {
            name: "WEB shop".to_owned(),
            currency: None,
        }),
        ledger: None,
        anew: false,
        stood: None,
    });
    assert!(matches!(&name, ApplyOutcome::Refused(f) if f.code.code() == "DUP-002"), "{name:?}");
}

#[test]
fn a_closed_period_and_an_ended_subscription_are_told_apart() {
    let closed =
        CompanyPrefs { book_close_date: Some("2026-09-30".to_owned()), ..CompanyPrefs::default() };
    let mut world = World::with(closed);
    let outcome = world.one(op(Act::Create, document(DocumentKind::SalesReceipt), None));
    assert!(matches!(&outcome, ApplyOutcome::Refused(f) if f.code.code() == "PER-001"));
    let ended = CompanyPrefs { subscription_ended: true, ..CompanyPrefs::default() };
    world.wire.simulator.lock().unwrap().set_prefs(ended, NOW.0);
    let outcome = world.one(op(Act::Create, document(DocumentKind::SalesReceipt), None));
    assert!(matches!(&outcome, ApplyOutcome::Disconnected(f) if f.code.code() == "CON-003"));
}

#[test]
fn the_trial_balance_is_the_sum_of_all_postings() {
    let mut world = World::new();
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    let mut documents = all();
    documents.extend(numbered(7));
    let mut credit = document(DocumentKind::Payment);
    credit.key = BusinessKey::new("use of credit");
    credit.total_minor = 0;
    credit.links = vec![
        DocumentLink { to: key(DocumentKind::Invoice), amount_minor: 0 },
        DocumentLink { to: key(DocumentKind::CreditMemo), amount_minor: 0 },
    ];
    documents.push(credit);
    for document in &documents {
        world.create(document);
        for posting in document.postings() {
            *expected.entry(posting.account).or_default() += posting.amount_minor;
        }
    }
    expected.retain(|_, amount| *amount != 0);
    let outcome = run(world.target.trial_balance("2026-12-31".parse().unwrap(), deadline()));
    let ReadOutcome::Read(balances) = outcome else { panic!("{outcome:?}") };
    assert_eq!(balances, expected);
    assert!(balances.len() >= 6);
}

/// A company of each profile, with and without multi-currency.
fn companies() -> impl Iterator<Item = (String, World, Currency)> {
    let with = |profile: Profile, multi_currency| {
        let mut config = profile.config();
        config.prefs.multi_currency = multi_currency;
        let currency = config.prefs.home_currency.parse().unwrap();
        let united_states = matches!(profile, Profile::UsAst | Profile::UsNoTax);
        let world = World::of(config, Region { united_states, multi_currency });
        (format!("{profile}, multi-currency {multi_currency}"), world, currency)
    };
    Profile::ALL.into_iter().flat_map(move |p| [with(p, false), with(p, true)])
}

#[test]
fn every_company_takes_every_kind_and_keeps_it_as_it_was_meant() {
    for (name, mut world, currency) in companies() {
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        for mut document in all() {
            document.currency = currency;
            let snapshot = world.create(&document);
            assert_eq!(world.compare(&document, &snapshot), [], "{name}, {:?}", document.kind);
            let read = world.read(document.kind, &snapshot.ledger.id);
            assert_eq!(world.compare(&document, &read[0]), [], "{name}, {:?}", document.kind);
            for posting in document.postings() {
                *expected.entry(posting.account).or_default() += posting.amount_minor;
            }
            // An update in full keeps it as it was.
            let again = applied(world.change(Act::Update, &document, &read[0]));
            assert_eq!(world.compare(&document, &again), [], "{name}, {:?}", document.kind);
        }
        expected.retain(|_, amount| *amount != 0);
        let outcome = run(world.target.trial_balance("2026-12-31".parse().unwrap(), deadline()));
        let ReadOutcome::Read(balances) = outcome else { panic!("{name}: {outcome:?}") };
        assert_eq!(balances, expected, "{name}");
    }
}

#[test]
fn tokens_are_renewed_through_an_hour_of_work() {
    let mut world = World::new();
    let before = world.tokens.pair.lock().unwrap().clone();
    for (n, document) in numbered(5).into_iter().enumerate() {
        let hours = i64::try_from(n).unwrap() * 3_600;
        world.wire.clock.0.store(NOW.plus_seconds(hours).0, Ordering::Relaxed);
        world.create(&document);
    }
    assert_ne!(*world.tokens.pair.lock().unwrap(), before);
    world.wire.simulator.lock().unwrap().disconnect(NOW.plus_seconds(5 * 3_600).0);
    let outcome = world.one(op(Act::Create, document(DocumentKind::SalesReceipt), None));
    assert!(matches!(&outcome, ApplyOutcome::Disconnected(f) if f.upstream == "invalid_grant"));
    assert!(world.tokens.reconnect.lock().unwrap().is_some());
}
