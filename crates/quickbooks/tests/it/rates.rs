//! Exchange rates that documents state, against a simulated company.

use super::documents::{document, line};
use super::support::{NOW, deadline, run};
use super::world::{World, applied};
use kernel::{
    AccountType, BusinessKey, Currencies, Currency, Decimal, Document, DocumentKind, Money,
    Reference,
};
use ports::{Act, LedgerTarget, ReadOutcome};
use quickbooks::Region;
use quickbooks_sim::{PersonEdit, Profile};

const EURO: &str = "Clearing - EUR";

/// A US company with a euro account.
fn company() -> World {
    let mut config = Profile::UsNoTax.config();
    config.prefs.multi_currency = true;
    let mut world = World::of(config, Region { united_states: true, multi_currency: true });
    world.ensure(Reference::Currency { currency: Currency::EUR });
    world.ensure(Reference::Account {
        name: EURO.to_owned(),
        account_type: AccountType::Bank,
        currency: Some(Currency::EUR),
    });
    world
}

/// Euro that leave at a rate of our own.
fn entry(n: usize, minor: i64, rate: &str) -> Document {
    let mut out = document(DocumentKind::JournalEntry);
    out.key = BusinessKey::new(format!("shop:test/conversion/{n}"));
    out.number = Some(format!("J-{n}"));
    out.currency = Currency::EUR;
    out.rate = Some(rate.parse().unwrap());
    out.lines = vec![line(None, "Fees", minor), line(None, EURO, -minor)];
    out.total_minor = minor;
    out
}

fn balance(world: &World, account: &str) -> i64 {
    let outcome = run(world.target.trial_balance("2026-12-31".parse().unwrap(), deadline()));
    let ReadOutcome::Read(balances) = outcome else { panic!("{outcome:?}") };
    balances.get(account).copied().unwrap_or_default()
}

#[test]
fn what_leaves_at_a_stated_rate_is_worth_that_to_the_cent() {
    let mut world = company();
    assert_eq!(world.target.currencies(), Currencies::Several(Currency::USD));
    let mut expected = 0;
    for (n, (minor, rate)) in [
        (10_000, "1.085"),
        (33_333, "1.07098"),
        (1, "0.5"),
        (3, "1.5"),
        (99_999_999, "1.000000001"),
        (7_777_777, "0.999999999"),
        (12_345_678, "1.123456789"),
        (100, "1"),
    ]
    .into_iter()
    .enumerate()
    {
        let want = entry(n, minor, rate);
        let got = world.create(&want);
        assert_eq!(got.rate, want.rate);
        assert_eq!(world.compare(&want, &got), [], "{minor} at {rate}");
        let read = world.read(want.kind, &got.ledger.id);
        assert_eq!(world.compare(&want, &read[0]), [], "{minor} at {rate}");
        let left = Money::new(minor, Currency::EUR);
        expected += left.exchanged(want.rate.unwrap(), Currency::USD).unwrap().minor;
        assert_eq!(balance(&world, "Fees"), expected, "{minor} at {rate}");
        assert_eq!(balance(&world, EURO), -expected, "{minor} at {rate}");
    }
}

#[test]
fn another_rate_is_a_difference_where_it_makes_one() {
    let mut world = company();
    let want = entry(1, 10_000, "1.085");
    let got = world.create(&want);
    let id = got.ledger.id.parse().unwrap();
    for (rate, fields) in [("1.08503", vec![]), ("1.0851", vec!["ExchangeRate"])] {
        let edit = PersonEdit::Change(format!(r#"{{"ExchangeRate":{rate}}}"#));
        world.wire.simulator.lock().unwrap().edit_by_person(id, &edit, NOW.0).unwrap();
        let read = world.read(want.kind, &got.ledger.id).remove(0);
        assert_eq!(read.rate, Some(rate.parse::<Decimal>().unwrap()));
        let found: Vec<_> = world.compare(&want, &read).into_iter().map(|m| m.field).collect();
        assert_eq!(found, fields, "{rate}");
    }
    // What is written again has the rate that is stated now.
    let read = world.read(want.kind, &got.ledger.id).remove(0);
    let again = Document { rate: Some("1.09".parse().unwrap()), ..want };
    let changed = applied(world.change(Act::Update, &again, &read));
    assert_eq!(world.compare(&again, &changed), []);
    assert_eq!(balance(&world, "Fees"), 10_900);
}
