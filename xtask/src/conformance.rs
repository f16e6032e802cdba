//! The conformance page of the QuickBooks simulator, from the `fact!` marks in its tests.
//!
//! A mark stands inside a test, so there is no row without a test that holds it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, bail, ensure};

const CRATE: &str = "crates/quickbooks-sim";
/// Where marks are looked for, and the file that must name each of those files as a module.
const TESTS: &str = "crates/quickbooks-sim/tests/it";
const ROOT: &str = "crates/quickbooks-sim/tests/it.rs";
/// The generated page.
pub const PAGE: &str = "docs/reference/quickbooks-sim-conformance.md";

/// The parts of the interface that are no entity, in the order of the page.
const INTERFACE: [&str; 16] = [
    "Connection",
    "Requests",
    "Answers",
    "Request ids",
    "Query",
    "XML",
    "Batch",
    "Change data",
    "Reports",
    "Webhooks",
    "Errors",
    "Limits",
    "Faults",
    "Books",
    "Profiles",
    "Control",
];
/// The usual operations first, others follow by name.
const OPERATIONS: [&str; 14] = [
    "create",
    "read",
    "update",
    "sparse update",
    "delete",
    "deactivate",
    "void",
    "send",
    "pdf",
    "query",
    "change data",
    "batch",
    "request id",
    "stale token",
];
/// The test that tries every operation on every entity.
const MATRIX: &str = "matrix";
const TRUSTS: [(&str, &str); 3] = [
    (
        "Recorded",
        "seen in a recorded answer, or reported by someone who tried it on a live company",
    ),
    ("Documented", "written in Intuit's documentation, schema or SDK"),
    ("Assumed", "nobody has shown it; a live company may differ"),
];
/// What the sections of the reference are about, for readers who do not have it.
const SECTIONS: &str = "§1 OAuth · §2 basics of the API and request ids · §3 queries · §4 batches ·\n\
    §5 change data and webhooks · §6 limits and metering · §7 errors · §8 entities ·\n\
    §9 pitfalls · §12 duties of a simulator";

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    topic: String,
    operation: String,
    /// Position in `TRUSTS`.
    trust: usize,
    source: String,
    words: String,
    /// File name without its extension.
    module: String,
    test: String,
}

/// An entity, and what can be done with it.
#[derive(Debug, PartialEq, Eq)]
struct Entity {
    name: String,
    operations: Vec<String>,
}

/// The text of the page.
pub fn page(root: &Path) -> Result<String> {
    let modules = fs::read_to_string(root.join(ROOT)).with_context(|| format!("no {ROOT}"))?;
    let (mut facts, mut entities) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(root.join(TESTS)).with_context(|| format!("no {TESTS}"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let module = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path)?;
        let found = collect(&module, &text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            found.is_empty() || modules.contains(&format!("mod {module};")),
            "{TESTS}/{module}.rs is no module of {ROOT}: its tests do not run"
        );
        facts.extend(found);
        if module == MATRIX {
            entities = matrix(&text).with_context(|| format!("in {}", path.display()))?;
        }
    }
    ensure!(!facts.is_empty(), "no `fact!` in {TESTS}");
    ensure!(!entities.is_empty(), "no `entity!` in {TESTS}/{MATRIX}.rs");
    facts.sort_by_key(|fact| {
        let operation = OPERATIONS.iter().position(|known| *known == fact.operation);
        // Codes of errors by their number.
        let number = fact.operation.parse::<u32>().unwrap_or(0);
        (operation.unwrap_or(OPERATIONS.len()), number, fact.clone())
    });
    let mut seen = BTreeSet::new();
    for fact in &facts {
        ensure!(
            seen.insert((&fact.topic, &fact.operation, &fact.words)),
            "two tests are marked with `{}` of {} {}: say what each one shows",
            fact.words,
            fact.operation,
            fact.topic
        );
    }
    Ok(render(&facts, &entities))
}

/// Entities with the operations that a test tries on each: those given work, all others are refused.
fn matrix(text: &str) -> Result<Vec<Entity>> {
    let tests = collect(MATRIX, text)?;
    ensure!(!tests.is_empty(), "no test is marked, so nothing holds the table");
    let mut entities = Vec::new();
    for (at, start) in text.match_indices("\n    entity!(") {
        let mut rest = &text[at + start.len()..];
        let (name, operations) = (literal(&mut rest)?, literal(&mut rest)?);
        let operations: Vec<String> = operations.split(", ").map(str::to_owned).collect();
        let unknown = operations.iter().find(|o| !OPERATIONS.contains(&o.as_str()));
        ensure!(unknown.is_none(), "{name}: `{unknown:?}` is none of {OPERATIONS:?}");
        entities.push(Entity { name, operations });
    }
    Ok(entities)
}

/// The marks of one file.
fn collect(module: &str, text: &str) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    // The test whose body we are in, and how far its `fn` is indented.
    let mut test: Option<(String, usize)> = None;
    let mut attributes = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let indent = line.len() - line.trim_start().len();
        let start = at;
        at += line.len();
        if code.starts_with("#[") {
            attributes.push(code);
        } else if let Some(name) = function(code) {
            if attributes.contains(&"#[test]") {
                ensure!(
                    !attributes.iter().any(|a| a.starts_with("#[ignore")),
                    "the test {name} does not run, so it holds nothing"
                );
                test = Some((name.to_owned(), indent));
            } else if test.as_ref().is_none_or(|(_, outer)| indent <= *outer) {
                test = None;
            }
            attributes.clear();
        } else if !code.is_empty() && !code.starts_with("//") {
            attributes.clear();
        }
        if code.starts_with("fact!(") {
            let body = &text[start + line.find('(').map_or(0, |open| open + 1)..];
            let Some((name, _)) = &test else {
                bail!("`{code}` stands in no test: move it into the test that shows it");
            };
            facts.push(fact(module, name, body).with_context(|| format!("`{code}`"))?);
        }
    }
    Ok(facts)
}

/// The name of the function that a line declares.
fn function(code: &str) -> Option<&str> {
    let rest = code.strip_prefix("pub ").unwrap_or(code).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// Reads the five arguments after `fact!(`.
fn fact(module: &str, test: &str, body: &str) -> Result<Fact> {
    let mut rest = body;
    let topic = literal(&mut rest)?;
    let operation = literal(&mut rest)?;
    let (word, after) = rest.trim_start().split_once(',').context("no third argument")?;
    rest = after;
    let trust = TRUSTS
        .iter()
        .position(|(name, _)| *name == word)
        .with_context(|| format!("`{word}` is none of Recorded, Documented, Assumed"))?;
    let source = literal(&mut rest)?;
    let words = literal(&mut rest)?;
    ensure!(is_topic(&topic), "`{topic}` is no entity and none of {INTERFACE:?}");
    ensure!(source.starts_with('§'), "the source must be a section such as §2, found `{source}`");
    ensure!(!words.ends_with('.'), "the words are a phrase without a full stop: `{words}`");
    let (module, test) = (module.to_owned(), test.to_owned());
    Ok(Fact { topic, operation, trust, source, words, module, test })
}

/// Entities are one word in the spelling of the API.
fn is_topic(topic: &str) -> bool {
    INTERFACE.contains(&topic)
        || (topic.starts_with(|c: char| c.is_ascii_uppercase())
            && topic.chars().all(|c| c.is_ascii_alphabetic()))
}

/// Takes one string literal and the comma behind it.
fn literal(rest: &mut &str) -> Result<String> {
    let start = rest.trim_start().strip_prefix('"').context("expected a string literal")?;
    let mut text = String::new();
    let (mut escaped, mut folded) = (false, false);
    for (at, c) in start.char_indices() {
        folded &= c.is_whitespace();
        match c {
            _ if folded => {}
            '\n' if escaped => (escaped, folded) = (false, true),
            c if escaped => {
                text.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                let tail = start[at + 1..].trim_start();
                *rest = tail.strip_prefix(',').unwrap_or(tail);
                return Ok(text);
            }
            c => text.push(c),
        }
    }
    bail!("a string literal has no end")
}

fn render(facts: &[Fact], entities: &[Entity]) -> String {
    let mut topics: BTreeMap<(usize, &str), Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        // Entities first, by name; the parts of the interface after them, in their order.
        let place = INTERFACE.iter().position(|name| *name == fact.topic).map_or(0, |at| at + 1);
        topics.entry((place, &fact.topic)).or_default().push(fact);
    }
    let mut out = introduction(facts);
    out.push_str("\n| topic | recorded | documented | assumed |\n|---|---:|---:|---:|\n");
    for ((_, topic), facts) in &topics {
        let [recorded, documented, assumed] = counts(facts.iter().copied());
        let anchor = topic.to_lowercase().replace(' ', "-");
        let _ = writeln!(out, "| [{topic}](#{anchor}) | {recorded} | {documented} | {assumed} |");
    }
    let [recorded, documented, assumed] = counts(facts.iter());
    let _ = writeln!(out, "| all | {recorded} | {documented} | {assumed} |");
    out.push_str(&operations(entities));
    for ((_, topic), facts) in &topics {
        let _ = write!(out, "\n## {topic}\n\n| operation | behaviour | known | from | test |\n");
        out.push_str("|---|---|---|---|---|\n");
        for fact in facts {
            let (trust, _) = TRUSTS[fact.trust];
            let words = fact.words.replace('|', "\\|");
            let Fact { operation, source, module, test, .. } = fact;
            let operation = if operation == "all" { "" } else { operation };
            let trust = trust.to_lowercase();
            let trust = if trust == "assumed" { format!("*{trust}*") } else { trust };
            let _ = writeln!(
                out,
                "| {operation} | {words} | {trust} | {source} | [{module}](../../{TESTS}/{module}.rs) `{test}` |"
            );
        }
    }
    out
}

/// The table of what can be done with each entity.
fn operations(entities: &[Entity]) -> String {
    let mut out = format!(
        "\n## What can be done with each entity\n\n\
         One test, [{MATRIX}](../../{TESTS}/{MATRIX}.rs), tries each operation on each\n\
         entity. ● works; what is empty is refused and changes nothing. An update with the whole object\n\
         that was read changes only what was edited; written back once more it changes nothing.\n\
         *Request id*: the same create again is answered with the same bytes. *Stale token*: 5010.\n\n| entity |"
    );
    for operation in OPERATIONS {
        let _ = write!(out, " {operation} |");
    }
    let _ = writeln!(out, "\n|---|{}", ":-:|".repeat(OPERATIONS.len()));
    for entity in entities {
        let _ = write!(out, "| {} |", entity.name);
        for operation in OPERATIONS {
            let works = entity.operations.iter().any(|o| o == operation);
            out.push_str(if works { " ● |" } else { " |" });
        }
        out.push('\n');
    }
    out
}

fn introduction(facts: &[Fact]) -> String {
    let tests: BTreeSet<_> = facts.iter().map(|fact| (&fact.module, &fact.test)).collect();
    let mut out = format!(
        "# What the QuickBooks simulator does, and how sure it is\n\n\
         Each row is one behaviour of QuickBooks Online that the simulator shows, how that behaviour\n\
         is known, and the test that fails without it: {} behaviours, {} tests. A behaviour without\n\
         a test is not on this page. What is left out on purpose stands in the\n\
         [README of the crate](../../{CRATE}/README.md).\n\n",
        facts.len(),
        tests.len()
    );
    for (name, meaning) in TRUSTS {
        let _ = writeln!(out, "- **{}**: {meaning}.", name.to_lowercase());
    }
    let _ = write!(
        out,
        "\nThe column *from* names a section of the project's notes on the API:\n{SECTIONS}.\n\n\
         Written by `cargo xtask codegen` from the `fact!` lines in\n`{TESTS}/`; an edit here is lost.\n\
         Run the tests behind it with `cargo nextest run -p quickbooks-sim`.\n"
    );
    out
}

fn counts<'f>(facts: impl Iterator<Item = &'f Fact>) -> [usize; 3] {
    facts.fold([0; 3], |mut counts, fact| {
        counts[fact.trust] += 1;
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "#[test]\nfn totals() {\n    fact!(\n        \"Invoice\",\n        \
        \"create\",\n        Assumed,\n        \"§8\",\n        \"a \\\"b\\\" | \\\n         c\"\n    \
        );\n    fn inner() {}\n    fact!(\"Request ids\", \"all\", Recorded, \"§2\", \"second\");\n}\n";

    #[test]
    fn a_mark_becomes_a_row_with_its_test() {
        let facts = collect("sales", GOOD).unwrap();
        assert_eq!((facts.len(), facts[0].words.as_str()), (2, "a \"b\" | c"));
        let page = render(&facts, &[]);
        assert!(page.contains("| [Invoice](#invoice) | 0 | 0 | 1 |"), "{page}");
        assert!(page.contains("| [Request ids](#request-ids) | 1 | 0 | 0 |"), "{page}");
        let row = "| create | a \"b\" \\| c | *assumed* | §8 | \
                   [sales](../../crates/quickbooks-sim/tests/it/sales.rs) `totals` |";
        assert!(page.contains(row), "{page}");
    }

    #[test]
    fn a_row_of_the_table_is_held_by_a_marked_test() {
        let rows = "\n    entity!(\n        \"Bill\",\n        \"read, query\",\n    );\n";
        let entities = matrix(&format!("{GOOD}{rows}")).unwrap();
        let page = operations(&entities);
        assert!(page.contains("| Bill | | ● | | | | | | | | ● | | | | |"), "{page}");
        assert!(matrix(rows).is_err(), "no test");
        assert!(matrix(&format!("{GOOD}{rows}").replace("read", "explode")).is_err());
    }

    #[test]
    fn a_mark_that_no_test_holds_is_refused() {
        for (from, to) in [
            ("#[test]\n", ""),
            ("#[test]\n", "#[test]\n#[ignore]\n"),
            ("    fn inner() {}\n", "}\nfn helper() {\n"),
            ("Assumed", "Guessed"),
            ("\"Invoice\"", "\"Request id\""),
            ("\"§8\"", "\"8\""),
            ("\"second\"", "\"second.\""),
        ] {
            assert!(GOOD.contains(from), "{from}");
            assert!(collect("sales", &GOOD.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
    }
}
