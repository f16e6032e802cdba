//! Rules for Rust files.

use super::{File, has_word};

/// rustfmt folds at 100 what it can fold; this catches what it leaves.
const WIDTH_MAX: usize = 140;
/// Lines that hold a text.
const LITERAL_WIDTH_MAX: usize = 180;
/// Lines of code in front of the unit tests: a longer file is two nouns in one place.
const LINES_MAX: usize = 600;
/// Lines of a file with its tests.
const LINES_WITH_TESTS_MAX: usize = 900;
/// Crates that speak SQL. The query language of QuickBooks looks like it.
const SQL_CRATES: [&str; 5] = ["store", "sql-*", "quickbooks*", "testkit", "bench"];

pub fn check(file: &mut File<'_>) {
    if file.path.ends_with("generated.rs") {
        return;
    }
    length(file);
    let unfinished = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")];
    let in_crates = file.path.starts_with("crates/");
    let in_source = in_crates && file.path.contains("/src/");
    // One planted bug is a float.
    let floats_banned =
        in_source && !file.in_crate(&["bench"]) && file.path != "crates/ports/src/canary.rs";
    let is_test = is_test(file);
    let reads = file.text.contains("Deserialize");
    let sql_banned = in_source && !file.in_crate(&SQL_CRATES);
    for (index, line) in file.text.lines().enumerate() {
        let number = index + 1;
        let width = line.chars().count();
        // A URL cannot be folded, a statement in a macro is not by rustfmt, and a test vector reads
        // best as it was published.
        let is_literal = line.contains("://") || line.contains('"');
        let max = if is_literal { LITERAL_WIDTH_MAX } else { WIDTH_MAX };
        if width > max && !is_test {
            file.report(number, format!("{width} characters: at most {WIDTH_MAX}, fold it"));
        }
        let code = line.split("//").next().unwrap_or_default();
        if let Some(name) = unfinished.iter().find(|name| code.contains(*name)) {
            file.report(number, format!("{name}): write the code, or return a typed error"));
        }
        if floats_banned && (has_word(code, "f32") || has_word(code, "f64")) {
            file.report(number, "binary float: use integer minor units, or a decimal for rates");
        }
        // What only goes out may take any shape; what comes in is read by a named one.
        if in_crates && reads && is_loose_serde(code) {
            file.report(number, "untagged or flattened serde type: name the shape with a tag");
        }
        if sql_banned && is_sql(code) {
            file.report(number, "SQL text: add a verb to `store` and call it");
        }
    }
}

fn length(file: &mut File<'_>) {
    let total = file.text.lines().count();
    let before_tests = file.text.lines().position(|line| line == "#[cfg(test)]").unwrap_or(total);
    if before_tests > LINES_MAX && !is_test(file) {
        file.report(0, format!("{before_tests} lines: at most {LINES_MAX}, split along a noun"));
    } else if total > LINES_WITH_TESTS_MAX {
        file.report(0, format!("{total} lines with tests: at most {LINES_WITH_TESTS_MAX}"));
    }
}

fn is_test(file: &File<'_>) -> bool {
    ["/tests/", "/examples/"].iter().any(|folder| file.path.contains(folder))
        || file.path.ends_with("tests.rs")
}

fn is_loose_serde(code: &str) -> bool {
    code.trim_start().starts_with("#[serde(")
        && (has_word(code, "untagged") || has_word(code, "flatten"))
}

fn is_sql(code: &str) -> bool {
    code.contains('"')
        && (code.contains("INSERT INTO ")
            || code.contains("DELETE FROM ")
            || code.contains("CREATE TABLE ")
            || (code.contains("SELECT ") && code.contains(" FROM "))
            || (code.contains("UPDATE ") && code.contains(" SET ")))
}
