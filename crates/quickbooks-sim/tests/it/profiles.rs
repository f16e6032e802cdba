//! Companies by name.

use quickbooks_sim::Profile;

use crate::support::{START_US, company_of, invoice};

#[test]
fn a_profile_is_found_by_the_name_it_prints() {
    for profile in Profile::ALL {
        assert_eq!(profile.to_string().parse(), Ok(profile));
    }
    let names: Vec<_> = Profile::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["us-ast", "us-no-tax", "uk-vat", "ca-gst", "eu"]);
    let unknown = "mars".parse::<Profile>().unwrap_err().to_string();
    assert!(unknown.contains("`mars`") && unknown.contains("uk-vat"), "{unknown}");
}

#[test]
fn each_profile_has_its_country_currency_and_tax() {
    fact!(
        "Profiles",
        "all",
        Documented,
        "§12",
        "us-ast, us-no-tax, uk-vat, ca-gst, eu: country, home currency, kind of tax"
    );
    for (profile, country, currency, zone, using, automated) in [
        (Profile::UsAst, "US", "USD", "America/Los_Angeles", true, true),
        (Profile::UsNoTax, "US", "USD", "America/Los_Angeles", false, false),
        (Profile::UkVat, "GB", "GBP", "Europe/London", true, false),
        (Profile::CaGst, "CA", "CAD", "America/Toronto", true, false),
        (Profile::Eu, "NL", "EUR", "Europe/Amsterdam", true, false),
    ] {
        let mut c = company_of(profile.config());
        let info = c.get("companyinfo/9130350000000001").entity("CompanyInfo");
        assert_eq!((&info["Country"], &info["DefaultTimeZone"]), (&country.into(), &zone.into()));
        let prefs = c.get("preferences").entity("Preferences");
        assert_eq!(prefs["CurrencyPrefs"]["HomeCurrency"]["value"], currency);
        assert_eq!(prefs["TaxPrefs"]["UsingSalesTax"], using, "{profile}");
        assert_eq!(prefs["TaxPrefs"]["PartnerTaxEnabled"], automated, "{profile}");
        assert!(c.sim.trial_balance().is_empty());
    }
}

#[test]
fn today_is_the_day_where_the_company_is() {
    fact!(
        "Profiles",
        "all",
        Documented,
        "§9",
        "TxnDate defaults to today in the company's zone; times stay US Pacific"
    );
    // 2026-03-03 at 04:00 UTC
    let night = START_US + 10 * 3_600_000_000;
    for (profile, today) in [
        (Profile::UsNoTax, "2026-03-02"),
        (Profile::CaGst, "2026-03-02"),
        (Profile::UkVat, "2026-03-03"),
        (Profile::Eu, "2026-03-03"),
    ] {
        let mut c = company_of(profile.config());
        (c.token, c.refresh) = c.sim.issue_tokens(night);
        c.now_us = night;
        let transfer =
            r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":1}"#;
        let made = c.save("Transfer", transfer);
        assert_eq!(made["TxnDate"], today, "{profile}");
        // times are US Pacific everywhere
        assert_eq!(made["MetaData"]["CreateTime"], "2026-03-02T20:00:01-08:00");
    }
    assert_eq!(company_of(Profile::UsNoTax.config()).post("invoice", &invoice("1")).status, 200);
}

#[test]
fn account_numbers_are_longer_in_canada() {
    fact!(
        "Account",
        "create",
        Documented,
        "§8",
        "AcctNum: 7 characters in the US and UK, 20 in Canada"
    );
    for (profile, most) in [(Profile::UsAst, 7), (Profile::UkVat, 7), (Profile::CaGst, 20)] {
        let mut c = company_of(profile.config());
        let account = |digits: usize| {
            format!(
                r#"{{"Name":"A{digits}","AccountType":"Bank","AcctNum":"{}"}}"#,
                "1".repeat(digits)
            )
        };
        c.save("Account", &account(most));
        assert_eq!(c.post("account", &account(most + 1)).code(), "2050", "{profile}");
    }
}
