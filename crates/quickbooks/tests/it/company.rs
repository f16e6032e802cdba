//! What the company says about itself, and what follows.

use super::support::{EXPIRED, THROTTLED, deadline, reply, run, scripted, settings};
use super::world::World;
use kernel::Currency;
use ports::{Clock, Company, Http, LedgerTarget, ReadOutcome};
use quickbooks::{QuickBooks, Settings};
use quickbooks_sim::CompanyPrefs;
use std::sync::Arc;

fn read(world: &World) -> Company {
    match run(world.target.company(deadline())) {
        ReadOutcome::Read(company) => company,
        other => panic!("{other:?}"),
    }
}

fn follows<'a>(company: &'a Company, name: &str) -> (&'a str, &'a str) {
    let found = company.settings.iter().find(|s| s.name == name);
    let found = found.unwrap_or_else(|| panic!("no {name}"));
    (&found.value, &found.follows)
}

#[test]
fn a_fresh_company_is_described_with_what_follows() {
    let company = read(&World::new());
    assert_eq!(company.name, CompanyPrefs::default().company_name);
    assert_eq!((company.country.as_str(), company.zone.as_str()), ("US", "America/Los_Angeles"));
    assert_eq!((company.home_currency, company.closed_until), (Some(Currency::USD), None));
    assert!(!company.unique_numbers && !company.computes_tax && !company.applies_credits);
    let (value, says) = follows(&company, "Custom transaction numbers");
    assert_eq!(value, "off");
    assert!(says.contains("not unique in this company: Tieout looks by its marker"), "{says}");
    assert_eq!(follows(&company, "Closing date").0, "none");
    assert_eq!(follows(&company, "Sales tax").0, "manual");
}

#[test]
fn preferences_that_change_what_is_done_are_read() {
    let prefs = CompanyPrefs {
        custom_txn_numbers: true,
        automated_sales_tax: true,
        book_close_date: Some("2026-03-31".to_owned()),
        ..CompanyPrefs::default()
    };
    let company = read(&World::with(prefs));
    assert!(company.unique_numbers && company.computes_tax);
    assert_eq!(company.closed_until, Some("2026-03-31".parse().unwrap()));
    let (value, says) = follows(&company, "Closing date");
    assert_eq!(value, "2026-03-31");
    assert!(says.contains("PER-001") && says.contains("never"), "{says}");
    assert_eq!(follows(&company, "Sales tax").0, "automated");
}

#[test]
fn both_objects_are_read_tolerantly_and_in_two_calls() {
    let info = r#"{"CompanyInfo":{"CompanyName":"A","Country":"GB","NameValue":[{"Name":"SubscriptionStatus","Value":"SUSPENDED"}],"New":7},"time":"x"}"#;
    let preferences = r#"{"Preferences":{"SalesFormsPrefs":{"CustomTxnNumbers":"true","AutoApplyCredit":true},"CurrencyPrefs":{"MultiCurrencyEnabled":true,"HomeCurrency":{"value":"GBP"}},"AccountingInfoPrefs":{"BookCloseDate":"2026-01-31T00:00:00-08:00"}},"time":"x"}"#;
    let (target, script) = scripted([reply(200, info), reply(200, preferences)]);
    let ReadOutcome::Read(company) = run(target.company(deadline())) else { panic!("not read") };
    assert!(company.unique_numbers && company.multi_currency && company.applies_credits);
    assert_eq!(company.home_currency, Some(Currency::GBP));
    assert_eq!(company.closed_until, Some("2026-01-31".parse().unwrap()));
    assert_eq!(follows(&company, "Subscription").0, "SUSPENDED");
    assert!(follows(&company, "Country").1.contains("outside"));
    let urls: Vec<String> = script.seen().into_iter().map(|s| s.url).collect();
    assert!(urls[0].ends_with("/companyinfo/9130350000000001"), "{urls:?}");
    assert!(urls[1].ends_with("/preferences"), "{urls:?}");
}

#[test]
fn a_company_of_another_currency_is_refused_before_anything_is_written() {
    let world = World::new();
    let wire = Arc::clone(&world.wire);
    let clock = Arc::clone(&wire.clock);
    let app = |home| Settings { home_currency: Some(home), ..settings() };
    let target = |home| {
        let (http, tokens) = (Arc::clone(&wire) as Arc<dyn Http>, Arc::clone(&world.tokens));
        QuickBooks::new(app(home), http, Arc::clone(&clock) as Arc<dyn Clock>, tokens)
    };
    assert!(matches!(run(target(Currency::USD).company(deadline())), ReadOutcome::Read(_)));
    let outcome = run(target(Currency::GBP).company(deadline()));
    let ReadOutcome::Disconnected(fault) = outcome else { panic!("{outcome:?}") };
    assert_eq!(fault.code.code(), "FXC-003");
    assert!(fault.summary.contains("USD") && fault.summary.contains("GBP"), "{}", fault.summary);
}

#[test]
fn properties_without_a_value_are_as_if_left_out() {
    let info = r#"{"CompanyInfo":{"CompanyName":"A","Country":null,"DefaultTimeZone":null,"NameValue":null}}"#;
    let preferences = r#"{"Preferences":{"AccountingInfoPrefs":{"BookCloseDate":null},"SalesFormsPrefs":null,"TaxPrefs":{},"CurrencyPrefs":{"HomeCurrency":null}}}"#;
    let (target, _) = scripted([reply(200, info), reply(200, preferences)]);
    let ReadOutcome::Read(company) = run(target.company(deadline())) else { panic!("not read") };
    assert_eq!((company.name.as_str(), company.country.as_str()), ("A", ""));
    assert_eq!((company.home_currency, company.closed_until), (None, None));
}

#[test]
fn what_cannot_be_read_is_no_company() {
    for body in ["{}", r#"{"CompanyInfo":7}"#, "<html>", r#"{"CompanyInfo":{"CompanyName":[]}}"#] {
        let (target, _) = scripted([reply(200, body)]);
        let outcome = run(target.company(deadline()));
        assert!(matches!(outcome, ReadOutcome::Failed(_)), "{body}: {outcome:?}");
    }
    let (target, _) = scripted([reply(429, THROTTLED)]);
    assert_eq!(run(target.company(deadline())), ReadOutcome::Throttled);
    let (target, _) = scripted([reply(403, EXPIRED.replace("3200", "3100"))]);
    assert!(matches!(run(target.company(deadline())), ReadOutcome::Disconnected(_)));
}

#[test]
fn what_documents_are_counted_under_is_told() {
    let of = |locations, per_line, per_transaction| {
        let company = read(&World::with(CompanyPrefs {
            track_departments: locations,
            class_tracking_per_line: per_line,
            class_tracking_per_transaction: per_transaction,
            ..CompanyPrefs::default()
        }));
        let value = |name| follows(&company, name).0.to_owned();
        ((company.tracks_locations, company.tracks_classes), [value("Locations"), value("Classes")])
    };
    let told = |location: &str, class: &str| [location.to_owned(), class.to_owned()];
    assert_eq!(of(true, true, false), ((true, true), told("on", "one to each row")));
    let whole = told("on", "one to entire transaction");
    assert_eq!(of(true, false, true), ((true, false), whole));
    assert_eq!(of(false, false, false), ((false, false), told("off", "off")));
}
