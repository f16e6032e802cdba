//! Marks what a test shows about QuickBooks. `cargo xtask codegen` collects the marks into
//! `docs/reference/quickbooks-sim-conformance.md`; a mark outside a test is an error there.

/// How it is known that QuickBooks behaves so.
#[derive(Clone, Copy, Debug)]
pub enum Trust {
    /// Seen in a recorded answer, or reported by someone who tried it on a live company.
    Recorded,
    /// Written in Intuit's documentation, schema or SDK.
    Documented,
    /// Nobody has shown it; a live company may differ.
    Assumed,
}

/// Refuses an empty mark while compiling.
pub const fn check(topic: &str, operation: &str, _: Trust, source: &str, words: &str) {
    assert!(!topic.is_empty() && !operation.is_empty() && !source.is_empty() && words.len() > 9);
}

/// `fact!("Invoice", "create", Recorded, "§2", "the server adds the SubTotal line");`: topic (an
/// entity, or a part of the interface), operation, [`Trust`], section of the reference, and the
/// behaviour in a few words. It stands at the top of the test that fails without the behaviour.
macro_rules! fact {
    ($topic:literal, $operation:literal, $trust:ident, $source:literal, $words:literal) => {
        const _: () =
            crate::fact::check($topic, $operation, crate::fact::Trust::$trust, $source, $words);
    };
}
