//! What a rules file may say, and what it is told otherwise.

use book::{PostingMode, Role, Rules};
use kernel::{AccountType, Currency, Reference, ReferenceKey, ReferenceKind};

fn error(text: &str) -> String {
    Rules::parse(text).expect_err(text).to_string()
}

fn refused(rows: Vec<(String, &str)>) {
    for (text, message) in rows {
        let error = error(&text);
        assert!(error.starts_with(message), "{text}\nexpected {message}\nfound    {error}");
    }
}

#[test]
fn mistakes_in_settings_are_refused_with_place_and_remedy() {
    let rows: Vec<(String, &str)> = vec![
        (String::new(), "line 1: missing field `version`; "),
        ("version = \"\"".to_owned(), "version: is empty; state one"),
        (
            "version = \"1\"\n[postings]".to_owned(),
            "line 2: unknown field `postings`; did you mean `posting`?",
        ),
        (
            "version = \"1\"\n[posting]\nmode = \"per_ordr\"".to_owned(),
            "line 3: unknown variant `per_ordr`; did you mean `per_order`?",
        ),
        (
            "version = \"1\"\n[accounts]\nrevenu = { name = \"x\" }".to_owned(),
            "line 3: unknown field `revenu`; did you mean `revenue`?",
        ),
        (
            "version = \"1\"\n[accounts]\nrevenue = { name = \"A:B\" }".to_owned(),
            "accounts.revenue: `A:B` is no name the ledger accepts; ",
        ),
        (
            "version = \"1\"\n[locations.channel]\npos = \"Berlin:\"".to_owned(),
            "locations.channel.pos: `Berlin:` is no name the ledger accepts; ",
        ),
        (
            "version = \"1\"\n[classes]\ndefualt = \"Retail\"".to_owned(),
            "line 3: unknown field `defualt`; did you mean `default`?",
        ),
        (
            "version = \"1\"\n[accounts]\ntips = { name = \"Sales\" }".to_owned(),
            "accounts.tips: account `Sales` is named before with another type; ",
        ),
        (
            "version = \"1\"\n[numbers]\nrefund = \"refunds-{number}-{id}\"".to_owned(),
            "numbers.refund: `refunds-{number}-{id}` cannot give unique numbers of at most 21",
        ),
        (
            "version = \"1\"\n[numbers]\nreceipt = \"{nr}\"".to_owned(),
            "numbers.receipt: `{nr}` has a placeholder nobody knows; use {number}",
        ),
        (
            "version = \"1\"\n[entries]\nloan = \"reserves\"".to_owned(),
            "line 3, entries.loan: `reserves` is no role; did you mean `reserve`?",
        ),
        (
            "version = \"1\"\n[posting]\nrevenue = \"at_sail\"".to_owned(),
            "line 3: unknown variant `at_sail`; did you mean `at_sale`?",
        ),
        (
            "version = \"1\"\n[tenders]\nloyalty = \"loyalti\"".to_owned(),
            "line 3, tenders.loyalty: `loyalti` is no role; did you mean `loyalty`?",
        ),
        (
            "version = \"1\"\n[clearing]\nloyalty = \"Miles\"\n[tenders]\nloyalty = \"loyalty\""
                .to_owned(),
            "line 5, tenders.loyalty: `loyalty` has a clearing account too; take it out of",
        ),
        (
            "version = \"1\"\n[customer]\nnamed_as = \"buyer\"".to_owned(),
            "customer.named_as: `buyer` does not name the buyer; use {name}",
        ),
        (
            "version = \"1\"\n[banks]\ncard = 5".to_owned(),
            "line 3: invalid type: integer `5`, expected the name of an account",
        ),
    ];
    refused(rows);
}

#[test]
fn mistakes_in_rules_are_refused_with_place_and_remedy() {
    let rule = |when: &str, then: &str| {
        format!("version = \"1\"\n[[rule]]\nname = \"r\"\nwhen = '{when}'\nthen = {then}\n")
    };
    let rows: Vec<(String, &str)> = vec![
        (
            rule("line.skuu == \"x\"", "{ role = \"tips\" }"),
            "line 4, rule \"r\": `line.skuu` is no variable of rules; did you mean `line.sku`?",
        ),
        (
            rule("sku == \"x\"", "{ role = \"tips\" }"),
            "line 4, rule \"r\": `sku` is no variable of rules; use one of line.kind",
        ),
        (
            rule("line.amount > 10.5", "{ role = \"tips\" }"),
            "line 4, rule \"r\": a number with a decimal point; amounts are whole minor units",
        ),
        (
            rule("line.sku", "{ role = \"tips\" }"),
            "line 4, rule \"r\": the condition does not work: it gives string instead of true",
        ),
        (
            rule("line.sku ==", "{ role = \"tips\" }"),
            "line 4, rule \"r\": the condition cannot be read: ",
        ),
        (
            rule("line.sku == \"x\" && fee.reason == \"y\"", "{ role = \"tips\" }"),
            "line 4, rule \"r\": the condition mixes variables of different things; ",
        ),
        (
            rule("line.sku == \"x\"", "{ role = \"tip\" }"),
            "line 4, rule \"r\": `tip` is no role; did you mean `tips`?",
        ),
        (
            rule("line.sku == \"x\"", "{ treat = \"exclude\" }"),
            "line 4, rule \"r\": an exclusion without a reason; add code",
        ),
        (
            rule("line.sku == \"x\"", "{ role = \"tips\", treat = \"hold\" }"),
            "line 4, rule \"r\": `then` must say exactly one thing; ",
        ),
        (
            rule("line.sku == \"x\"", "{ role = \"tips\", class = \"Retail\" }"),
            "line 4, rule \"r\": `then` must say exactly one thing; ",
        ),
        (
            rule("fee.reason == \"x\"", "{ class = \"Retail\" }"),
            "line 4, rule \"r\": only lines of orders and refunds have a class by rule; ",
        ),
        (
            rule("line.sku == \"x\"", "{ treat = \"hold\", code = \"XXX-001\" }"),
            "line 5: `XXX-001` is not a reason code",
        ),
    ];
    refused(rows);
}

#[test]
fn references_are_what_the_rules_name_and_any_customer() {
    let rules = Rules::parse(
        "version = \"7\"\n[posting]\nmode = \"daily_summary\"\n\
         [accounts]\nrevenue = { name = \"Shop sales\", item = \"Goods\" }\n\
         [clearing]\nstripe = \"Stripe Clearing\"\n",
    )
    .unwrap();
    assert_eq!((rules.version(), rules.mode()), ("7", PostingMode::DailySummary));
    assert_eq!(rules.account(Role::Revenue), "Shop sales");
    let reference =
        |kind, name: &str| rules.reference(&ReferenceKey { kind, name: name.to_owned() }, None);
    let account = |name: &str, account_type| Reference::Account {
        name: name.to_owned(),
        account_type,
        currency: None,
    };
    let sales = account("Shop sales", AccountType::Income);
    let item = Reference::Item { name: "Goods".to_owned(), account: "Shop sales".to_owned() };
    let clearing = account("Stripe Clearing", AccountType::Bank);
    assert_eq!(reference(ReferenceKind::Account, "Shop sales"), Some(sales));
    assert_eq!(reference(ReferenceKind::Item, "Goods"), Some(item));
    assert_eq!(reference(ReferenceKind::Item, "Shop sales"), None);
    assert_eq!(reference(ReferenceKind::Account, "Stripe Clearing"), Some(clearing.clone()));
    assert_eq!(reference(ReferenceKind::Account, "Sales"), None);
    let anyone = Reference::Customer { name: "Anyone".to_owned(), currency: None };
    assert_eq!(reference(ReferenceKind::Customer, "Anyone"), Some(anyone));
    assert!(rules.accounts().any(|a| *a == clearing));
    assert_eq!(rules.accounts().count(), Role::ALL.len() + 1);
}

#[test]
fn foreign_references_are_kept_in_their_currency() {
    let rules = Rules::parse(
        "version = \"1\"\n[clearing]\nstripe = \"Stripe\"\n\"stripe/GBP\" = \"Stripe UK\"\n",
    )
    .unwrap();
    let eur = Currency::EUR;
    let found = |name: &str, currency| {
        let key = ReferenceKey { kind: ReferenceKind::Account, name: name.to_owned() };
        match rules.reference(&key, Some(currency)) {
            Some(Reference::Account { account_type, currency, .. }) => {
                Some((account_type, currency))
            }
            _ => None,
        }
    };
    for (name, currency, expected) in [
        ("Stripe - EUR", eur, Some((AccountType::Bank, Some(eur)))),
        ("Stripe - EUR", Currency::GBP, None),
        ("Stripe UK", Currency::GBP, Some((AccountType::Bank, Some(Currency::GBP)))),
        (
            "Accounts Receivable (A/R) - EUR",
            eur,
            Some((AccountType::AccountsReceivable, Some(eur))),
        ),
        // Income takes every currency and is kept in the home currency.
        ("Sales", eur, Some((AccountType::Income, None))),
        ("Sales - EUR", eur, None),
    ] {
        assert_eq!(found(name, currency), expected, "{name} for {currency}");
    }
    let key = ReferenceKey { kind: ReferenceKind::Currency, name: "EUR".to_owned() };
    assert_eq!(rules.reference(&key, None), Some(Reference::Currency { currency: eur }));
    for (text, message) in [
        (
            "[currencies]\ncustomer = \"{name}\"",
            "currencies.customer: `{name}` gives no name for each currency",
        ),
        (
            "[clearing]\n\"a/EUR\" = \"X\"\n\"b/GBP\" = \"X\"",
            "clearing.b/GBP: account `X` is named for EUR before",
        ),
    ] {
        let error = error(&format!("version = \"1\"\n{text}"));
        assert!(error.starts_with(message), "{error}");
    }
}
