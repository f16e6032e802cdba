//! Any document and any name survive the way to the ledger and back.

use super::documents::{document, line};
use super::support::{deadline, run};
use super::world::{World, applied};
use kernel::{
    BusinessKey, Currency, Decimal, Document, DocumentKind, Money, Reference, ReferenceKind,
};
use ports::{
    Act, ApplyOutcome, FindKey, FindOutcome, LedgerTarget, ReadOutcome, TargetOp, TargetSubject,
};
use proptest::prelude::*;
use quickbooks::quickbooks_name;

/// A sales form whose lines may have quantities that multiply out, or not.
fn sales_form() -> impl Strategy<Value = Document> {
    let kinds = prop_oneof![
        Just(DocumentKind::SalesReceipt),
        Just(DocumentKind::Invoice),
        Just(DocumentKind::CreditMemo),
        Just(DocumentKind::RefundReceipt),
    ];
    let lines = prop::collection::vec(
        (0..2_000_000_i64, 1..5_000_i64, 0..7_u32, any::<bool>(), "\\PC{0,12}"),
        1..8,
    );
    (kinds, lines, "\\PC{0,30}", 0..400_i32, "[A-Za-z0-9#-]{1,21}").prop_map(
        |(kind, lines, memo, day, number)| {
            let mut out = document(kind);
            out.key = BusinessKey::new(format!("{memo}/{day}/{number}"));
            (out.memo, out.number) = (memo, Some(number));
            out.date = out.date.plus_days(-day);
            out.lines = lines
                .into_iter()
                .map(|(price, quantity, scale, exact, text)| {
                    let quantity = Decimal::new(quantity, scale);
                    let price = Decimal::new(price, 3);
                    let product = Money::round(quantity * price, Currency::USD).unwrap();
                    let off = i64::from(!exact);
                    let mut line = line(Some("Mug"), "Sales", product.minor + off);
                    line.description = text;
                    (line.quantity, line.unit_price) = (Some(quantity), Some(price));
                    line
                })
                .collect();
            out.total_minor = out.lines.iter().map(|l| l.amount_minor).sum();
            out
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sales_form_compares_equal_after_the_way_there_and_back(form in sales_form()) {
        let mut world = World::new();
        let snapshot = world.create(&form);
        prop_assert_eq!(world.compare(&form, &snapshot), vec![]);
        let found = world.find(&[&form]);
        prop_assert!(
            matches!(&found[0], FindOutcome::Found(s) if s.ledger.id == snapshot.ledger.id)
        );
    }

    #[test]
    fn any_name_is_found_under_the_text_it_was_created_with(name in "\\PC{0,130}|[a-c:'\"\\\\\t%_ ]{0,12}") {
        let mut world = World::new();
        for subject in [
            Reference::Customer { name: name.clone(), currency: None },
            Reference::Item { name: name.clone(), account: "Sales".to_owned() },
        ] {
            let key = subject.key();
            let op = TargetOp {
                key: BusinessKey::new(name.clone()),
                act: Act::Create,
                subject: TargetSubject::Reference(subject),
                ledger: None,
                anew: false,
                stood: None,
            };
            let made = world.one(op);
            let outcome = run(world.target.find(&[FindKey::Reference(key.clone())], deadline()));
            let ReadOutcome::Read(found) = outcome else { panic!("{outcome:?}") };
            if quickbooks_name(key.kind, &name).is_empty() {
                prop_assert!(matches!(made, ApplyOutcome::Refused(_)));
                prop_assert_eq!(&found[0], &FindOutcome::Absent);
            } else {
                let id = applied(made).ledger.id;
                prop_assert!(
                    matches!(&found[0], FindOutcome::Found(s) if s.ledger.id == id),
                    "{:?}: {:?}", name, found
                );
            }
        }
    }

    #[test]
    fn clean_names_stay_as_they_are(name in "\\PC{0,130}") {
        for kind in [ReferenceKind::Account, ReferenceKind::Item, ReferenceKind::Customer] {
            let once = quickbooks_name(kind, &name);
            prop_assert!(once.chars().count() <= quickbooks::NAME_CHARS_MAX);
            prop_assert_eq!(&quickbooks_name(kind, &once), &once);
        }
    }
}
