//! Rules and tests of rules made of arbitrary text: shared by the tests and by the fuzz target in
//! `fuzz/`.

use book::Rules;

/// A file of tests, whole enough to be damaged.
const TESTS: &str = include_str!("../../../../examples/online-retail/rules-test.toml");

/// The first byte chooses what is damaged: the built-in rules, settings over them, or a file of
/// tests; the second one the place. The rest is written there, or is the whole text.
pub fn drive(bytes: &[u8]) {
    let [which, place, rest @ ..] = bytes else { return };
    let seed = match which % 4 {
        0 => Rules::default_text(),
        1 => TESTS,
        _ => "",
    };
    let mut text = seed.as_bytes().to_vec();
    let at = text.len() * usize::from(*place) / 256;
    let end = (at + rest.len()).min(text.len());
    text.splice(at..end, rest.iter().copied());
    let text = String::from_utf8_lossy(&text).into_owned();
    let built_in = Rules::parse(Rules::default_text()).expect("the built-in rules are rules");
    let said = match which % 4 {
        1 => built_in.run_tests(&text).map(|_| ()),
        2 => built_in.with(&text).map(|rules| known(&rules)),
        _ => Rules::parse(&text).map(|rules| known(&rules)),
    };
    if let Err(error) = said {
        let told = error.to_string();
        assert!(!told.is_empty() && told.len() < 4_000, "{told}");
    }
}

/// Rules that were taken answer for every account they name.
fn known(rules: &Rules) {
    assert!(
        rules.accounts().all(|account| !account.key().name.is_empty()),
        "an account without a name"
    );
    let _ = (rules.version(), rules.mode());
}
