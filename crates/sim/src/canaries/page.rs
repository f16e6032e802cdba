//! The page about the planted bugs.

use super::{CANARIES, Canary, Found, MASKED, REAL, SEEDS};
use std::fmt::Write as _;

/// Where the page is, from the root of the repository.
pub const PAGE: &str = "docs/reference/sim-canaries.md";

const HEAD: &str = "# Planted bugs that the simulation finds

<!-- Written by `sim canaries --write`. -->

A simulation that finds nothing proves something only if it would find what is wrong. So bugs are
planted in the product, one at a time, and runs must find each: `cargo xtask test` plants them all
(step `canaries`), and fails when one is not found. By hand:

```
cargo run --release -p sim --features canary -- canaries                     # all of them
cargo run --release -p sim --features canary -- canaries lane-lock-missing   # one
```

A site in the product reads `ports::canary!(\"name\")`, which is the constant `false` in a normal
build; the program `tieout` refuses to be built with them. A bug counts as found when the judge named
here finds something in one of the first seeds of the profile, and the same seed is clean without the
bug. The seeds below are those of the day on which the page was written; they move whenever the
product draws otherwise. `--planted BUG` plants one in any run of `sim run`, `replay`, `explain` and
`minimise`.
";

const MASKED_HEAD: &str = "
## Bugs that another layer makes harmless

These are not planted: something else holds, and there is nothing to find.

| bug | what holds |
|---|---|
";

/// The page; `found` runs beside [`CANARIES`].
///
/// # Panics
/// Never: writing to a string does not fail.
#[expect(clippy::unwrap_used, reason = "writing to a string does not fail")]
pub fn page(found: &[(Canary, Found)]) -> String {
    let mut out = HEAD.to_owned();
    write!(
        out,
        "\nEach of the {} has {SEEDS} seeds at most, but for {} that were real once: of those the\n\
         [bugbase](../../crates/sim/bugbase/README.md) has a tape, which finds them at once. Where it is\n\
         stale, seeds of its profile must.\n",
        CANARIES.len(),
        REAL.len()
    )
    .unwrap();
    out.push_str("\n| bug | what is broken | found in | by | in seed | also found by |\n");
    out.push_str("|---|---|---|---|---:|---|\n");
    for (canary, found) in found {
        let Canary { name, wrong, profile, judge } = canary;
        let others: Vec<_> = found.judges.iter().copied().filter(|j| j != judge).collect();
        let others = others.join(", ");
        let place = match found.seed {
            Some(seed) if REAL.contains(name) => {
                format!("profile of its tape | {judge} | {seed}")
            }
            Some(seed) => format!("`{profile}` | {judge} | {seed}"),
            None => format!("its tape | {judge} |"),
        };
        writeln!(out, "| `{name}` | {wrong} | {place} | {others} |").unwrap();
    }
    out.push_str(MASKED_HEAD);
    for (bug, why) in MASKED {
        writeln!(out, "| {bug} | {why} |").unwrap();
    }
    out
}
