//! What a rules file may say, and what it is told otherwise.

use book::{PostingMode, Role, Rules};
use kernel::{AccountType, Reference, ReferenceKey, ReferenceKind};

fn error(text: &str) -> String {
    Rules::parse(text).expect_err(text).to_string()
}

#[test]
fn mistakes_are_refused_with_place_and_remedy() {
    let rule = |when: &str, then: &str| {
        format!("version = \"1\"\n[[rule]]\nname = \"r\"\nwhen = '{when}'\nthen = {then}\n")
    };
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
            rule("line.sku == \"x\"", "{ treat = \"hold\", code = \"XXX-001\" }"),
            "line 5: `XXX-001` is not a reason code",
        ),
    ];
    for (text, message) in rows {
        let error = error(&text);
        assert!(error.starts_with(message), "{text}\nexpected {message}\nfound    {error}");
    }
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
        |kind, name: &str| rules.reference(&ReferenceKey { kind, name: name.to_owned() });
    let sales =
        Reference::Account { name: "Shop sales".to_owned(), account_type: AccountType::Income };
    let item = Reference::Item { name: "Goods".to_owned(), account: "Shop sales".to_owned() };
    let clearing =
        Reference::Account { name: "Stripe Clearing".to_owned(), account_type: AccountType::Bank };
    assert_eq!(reference(ReferenceKind::Account, "Shop sales"), Some(sales));
    assert_eq!(reference(ReferenceKind::Item, "Goods"), Some(item));
    assert_eq!(reference(ReferenceKind::Item, "Shop sales"), None);
    assert_eq!(reference(ReferenceKind::Account, "Stripe Clearing"), Some(clearing.clone()));
    assert_eq!(reference(ReferenceKind::Account, "Sales"), None);
    let anyone = Reference::Customer { name: "Anyone".to_owned() };
    assert_eq!(reference(ReferenceKind::Customer, "Anyone"), Some(anyone));
    assert!(rules.accounts().any(|a| *a == clearing));
    assert_eq!(rules.accounts().count(), Role::ALL.len() + 1);
}
