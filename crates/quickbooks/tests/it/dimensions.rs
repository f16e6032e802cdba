//! Locations and classes against a simulated company.

use super::documents::{document, key};
use super::support::{NOW, deadline, run};
use super::world::{World, applied};
use kernel::{BusinessKey, Document, DocumentKind, Reference, ReferenceKey, ReferenceKind};
use ports::{
    Act, ApplyOutcome, FindKey, FindOutcome, LedgerTarget, ReadOutcome, Snapshot, TargetOp,
    TargetSubject,
};
use quickbooks_sim::{CompanyPrefs, PersonEdit};

const KINDS: [DocumentKind; 7] = [
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::CreditMemo,
    DocumentKind::RefundReceipt,
    DocumentKind::Expense,
    DocumentKind::Deposit,
    DocumentKind::JournalEntry,
];

/// The test document of `kind` at a location, the first of its lines in a class.
fn placed(kind: DocumentKind) -> Document {
    let mut out = document(kind);
    out.lines.retain(|line| line.amount_minor != 0);
    let location = Some("Berlin".to_owned());
    if kind == DocumentKind::JournalEntry {
        out.lines.iter_mut().for_each(|line| line.location.clone_from(&location));
    } else {
        out.location = location;
    }
    out.lines[0].class = Some("Retail".to_owned());
    out
}

fn location(name: &str) -> Reference {
    Reference::Location { name: name.to_owned() }
}

fn class(name: &str) -> Reference {
    Reference::Class { name: name.to_owned() }
}

fn find(world: &World, reference: &Reference) -> FindOutcome {
    let found = run(world.target.find(&[FindKey::Reference(reference.key())], deadline()));
    let ReadOutcome::Read(mut found) = found else { panic!("{found:?}") };
    found.remove(0)
}

fn make(world: &mut World, reference: Reference) -> ApplyOutcome {
    world.one(TargetOp {
        key: BusinessKey::new(format!("list/{}", reference.key().name)),
        act: Act::Create,
        subject: TargetSubject::Reference(reference),
        ledger: None,
        anew: false,
        stood: None,
    })
}

fn furnished(prefs: CompanyPrefs) -> World {
    let mut world = World::with(prefs);
    for reference in [location("Berlin"), location("Hamburg"), class("Retail"), class("Lamps")] {
        assert_eq!(find(&world, &reference), FindOutcome::Absent);
        let made = applied(make(&mut world, reference.clone()));
        let FindOutcome::Found(found) = find(&world, &reference) else { panic!("{reference:?}") };
        assert_eq!(found.ledger.id, made.ledger.id);
        world.refs.references.insert(reference.key(), made.ledger.id);
    }
    world
}

fn fields(world: &World, want: &Document, got: &Snapshot) -> Vec<String> {
    world.compare(want, got).into_iter().map(|m| m.field).collect()
}

#[test]
fn every_kind_that_has_one_is_written_and_read_back_with_location_and_class() {
    let mut world = furnished(CompanyPrefs::default());
    world.create(&document(DocumentKind::Invoice));
    for kind in KINDS {
        let key = BusinessKey::new(format!("{}/placed", key(kind)));
        let want = Document { key, number: Some(format!("P{}", kind as u8)), ..placed(kind) };
        let names = world.target.references(&want);
        for (kind, name) in [(ReferenceKind::Location, "Berlin"), (ReferenceKind::Class, "Retail")]
        {
            assert!(names.contains(&ReferenceKey { kind, name: name.to_owned() }), "{names:?}");
        }
        let got = world.create(&want);
        assert_eq!(fields(&world, &want, &got), [""; 0], "{kind:?}");
        let mut other = want.clone();
        other.lines[0].class = Some("Lamps".to_owned());
        other.lines[1].class = Some("Retail".to_owned());
        let mut expected = vec!["Line[1].ClassRef".to_owned(), "Line[2].ClassRef".to_owned()];
        if kind == DocumentKind::JournalEntry {
            other.lines[0].location = Some("Hamburg".to_owned());
            expected.insert(1, "Line[1].DepartmentRef".to_owned());
        } else {
            other.location = Some("Hamburg".to_owned());
            expected.insert(0, "DepartmentRef".to_owned());
        }
        assert_eq!(fields(&world, &other, &got), expected, "{kind:?}");
        let changed = applied(world.change(Act::Update, &other, &got));
        assert_eq!(fields(&world, &other, &changed), [""; 0], "{kind:?}");
    }
}

#[test]
fn a_location_that_a_person_gives_is_a_difference_where_we_gave_one() {
    let mut world = furnished(CompanyPrefs::default());
    let want = document(DocumentKind::SalesReceipt);
    let id = world.create(&want).ledger.id;
    let berlin = &world.refs.references[&location("Berlin").key()];
    let by_hand = PersonEdit::Change(format!(r#"{{"DepartmentRef":{{"value":"{berlin}"}}}}"#));
    let mut company = world.wire.simulator.lock().unwrap();
    company.edit_by_person(id.parse().unwrap(), &by_hand, NOW.0).unwrap();
    drop(company);
    let got = world.read(want.kind, &id).remove(0);
    assert_eq!(got.location.as_deref(), Some(berlin.as_str()));
    assert_eq!(fields(&world, &want, &got), [""; 0]);
    let elsewhere = Document { location: Some("Hamburg".to_owned()), ..want };
    assert_eq!(fields(&world, &elsewhere, &got), ["DepartmentRef"]);
}

#[test]
fn what_people_gave_where_we_give_none_stays_with_an_update() {
    let mut world = furnished(CompanyPrefs::default());
    world.create(&document(DocumentKind::Invoice));
    for kind in KINDS {
        // As if a person had given all of it: the rules give nothing.
        let by_hand = placed(kind);
        let mut ours = by_hand.clone();
        ours.location = None;
        for line in &mut ours.lines {
            (line.location, line.class) = (None, None);
        }
        let key = BusinessKey::new(format!("{}/added", key(kind)));
        let number = Some(format!("A{}", kind as u8));
        let (by_hand, ours) = (
            Document { key: key.clone(), number: number.clone(), ..by_hand },
            Document { key, number, ..ours },
        );
        let stands = world.create(&by_hand);
        assert_eq!(fields(&world, &ours, &stands), [""; 0], "{kind:?}: people may");
        let later = Document { date: ours.date.plus_days(1), ..ours.clone() };
        let kept = applied(world.change_of(&later, &stands));
        assert_eq!(fields(&world, &later, &kept), [""; 0], "{kind:?}");
        let moved = Document { date: later.date, ..by_hand };
        assert_eq!(fields(&world, &moved, &kept), [""; 0], "{kind:?}: it is all there");
        // What is not known to stand there is cleared: so does a full update.
        let bare = applied(world.change(Act::Update, &ours, &kept));
        assert!(bare.location.is_none() && bare.lines.iter().all(|l| l.class.is_none()));
    }
}

#[test]
fn what_the_company_leaves_out_is_a_difference() {
    let prefs = CompanyPrefs {
        track_departments: false,
        class_tracking_per_line: false,
        class_tracking_per_transaction: true,
        ..CompanyPrefs::default()
    };
    let mut world = furnished(prefs);
    let want = placed(DocumentKind::SalesReceipt);
    let got = world.create(&want);
    assert_eq!(fields(&world, &want, &got), ["DepartmentRef", "Line[1].ClassRef"]);
}

#[test]
fn below_another_none_is_made() {
    let mut world = furnished(CompanyPrefs::default());
    let below = class("Retail:Lamps");
    let ApplyOutcome::Refused(fault) = make(&mut world, below.clone()) else { panic!("made") };
    assert_eq!(fault.code.code(), "MAP-004");
    assert!(fault.summary.contains("no class `Retail:Lamps` in QuickBooks"), "{}", fault.summary);
    assert_eq!(find(&world, &below), FindOutcome::Absent);
}
