//! House rules that the compiler does not know, in one pass over the text files.
//!
//! A rule earns its place by a fault it has prevented. Each finding says where, what, and what
//! to do.

mod manifest;
mod markdown;
mod rust;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// Folders that hold no text of ours.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", "dist"];
/// The same, but only in the root: what a local run leaves behind.
const SKIPPED_IN_ROOT: [&str; 2] = ["data", "tieout-data"];
/// Files in these folders are data: their form is what is tested.
const DATA: [&str; 3] = ["fixtures", "testdata", "snapshots"];
const KINDS: [&str; 6] = ["rs", "toml", "md", "sql", "yml", "yaml"];

/// One broken rule.
struct Finding {
    path: String,
    /// Counted from 1; 0 is the file as a whole.
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A text file and what was found in it.
struct File<'a> {
    /// Relative to the root, with `/`.
    path: &'a str,
    text: &'a str,
    findings: Vec<Finding>,
}

impl<'a> File<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text, findings: Vec::new() }
    }

    fn report(&mut self, line: usize, what: impl Into<String>) {
        self.findings.push(Finding { path: self.path.to_owned(), line, what: what.into() });
    }

    /// True for `crates/<name>/...` where `name` is one of these; a final `*` is a wildcard.
    fn in_crate(&self, names: &[&str]) -> bool {
        let Some(rest) = self.path.strip_prefix("crates/") else { return false };
        let own = rest.split('/').next().unwrap_or_default();
        names.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => own.starts_with(start),
            None => own == *name,
        })
    }

    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// Fails with every finding in the repository.
pub fn run(root: &Path) -> Result<()> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.retain(|path| !SKIPPED_IN_ROOT.iter().any(|name| path.starts_with(root.join(name))));
    paths.sort();
    let mut findings = manifest::crates_without_introduction(root)?;
    for path in &paths {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} is not readable as UTF-8", path.display()))?;
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
        let relative = relative.replace('\\', "/");
        findings.extend(check(root, &relative, &text));
    }
    if findings.is_empty() {
        println!("tidy: {} files, nothing to say", paths.len());
        return Ok(());
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    bail!("{} findings in {} files", findings.len(), paths.len())
}

fn check(root: &Path, path: &str, text: &str) -> Vec<Finding> {
    let mut file = File::new(path, text);
    every_file(&mut file);
    match file.extension() {
        "rs" => rust::check(&mut file),
        "md" => markdown::check(root, &mut file),
        "toml" => manifest::check(&mut file),
        _ => {}
    }
    file.findings
}

fn every_file(file: &mut File<'_>) {
    // Spelled in two halves, so that this file passes its own check.
    let markers = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let machine = ["work", "root", "home", "tmp"];
    for (index, line) in file.text.lines().enumerate() {
        let number = index + 1;
        if line.contains('\t') {
            file.report(number, "tab: use spaces");
        }
        if line.ends_with([' ', '\r']) {
            file.report(number, "space or carriage return at the end of the line: remove it");
        }
        if let Some(marker) = markers.iter().find(|marker| has_word(line, marker)) {
            file.report(number, format!("{marker}: finish it, or open an issue and remove it"));
        }
        if let Some(folder) = machine.iter().find(|folder| has_machine_path(line, folder)) {
            file.report(number, format!("path of one machine (/{folder}/): use a relative one"));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        file.report(file.text.lines().count(), "no line end at the end of the file: add it");
    }
}

/// True when `word` stands in `line` with no letter, digit or underscore on either side.
fn has_word(line: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(inside)
            && !line[at + word.len()..].chars().next().is_some_and(inside)
    })
}

/// True for `/folder/` at the start of an absolute path, not in the middle of a path or URL.
fn has_machine_path(line: &str, folder: &str) -> bool {
    let pattern = format!("/{folder}/");
    line.match_indices(&pattern).any(|(at, _)| {
        line[..at].chars().next_back().is_none_or(|before| " \"'`(=:<".contains(before))
    })
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !SKIPPED.contains(&name.as_ref()) && !DATA.contains(&name.as_ref()) {
                walk(&path, found)?;
            }
        } else if KINDS.iter().any(|kind| path.extension().is_some_and(|own| own == *kind)) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(Path::new("/nowhere"), path, text).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn each_rule_finds_its_fault_and_nothing_else() {
        let long = format!("// {}\n", "x".repeat(138));
        let file = "let a = 1;\n".repeat(601);
        let unfinished = format!("// {}{} later\n", "TO", "DO");
        let stub = format!("fn a() {{ {}{}!() }}\n", "to", "do");
        let place = format!("let p = \"/{}/main\";\n", "work");
        let address = format!("// https://example.com/{}/x\n", "work");
        for (path, text, count) in [
            ("crates/kernel/src/a.rs", "let a = 1;\n", 0),
            ("crates/kernel/src/a.rs", long.as_str(), 1),
            ("crates/kernel/src/a.rs", file.as_str(), 1),
            ("crates/kernel/tests/it.rs", file.as_str(), 0),
            ("crates/kernel/src/a.rs", unfinished.as_str(), 1),
            ("crates/kernel/src/a.rs", stub.as_str(), 1),
            ("crates/kernel/src/a.rs", "let a: f64 = 1;\n", 1),
            ("crates/kernel/src/a.rs", "// not an f64\n", 0),
            ("crates/bench/src/a.rs", "let a: f64 = 1;\n", 0),
            ("crates/kernel/src/a.rs", place.as_str(), 1),
            ("crates/kernel/src/a.rs", address.as_str(), 0),
            ("crates/kernel/src/a.rs", "let a = 1; \n", 1),
            ("crates/kernel/src/a.rs", "let a = 1;", 1),
            ("crates/engine/src/a.rs", "let q = \"INSERT INTO t\";\n", 1),
            ("crates/engine/src/a.rs", "let q = \"SELECT a FROM t\";\n", 1),
            ("crates/store/src/a.rs", "let q = \"SELECT a FROM t\";\n", 0),
            ("crates/sql-sqlite/src/a.rs", "let q = \"SELECT a FROM t\";\n", 0),
            ("crates/kernel/src/a.rs", "// Deserialize\n#[serde(untagged)]\n", 1),
            ("crates/kernel/src/a.rs", "// Deserialize\n#[serde(default, flatten)]\n", 1),
            ("docs/a.md", "# One\n\ntext\n", 0),
            ("docs/a.md", "text\n", 1),
            ("docs/a.md", "# One\n\n# Two\n", 1),
            ("docs/a.md", "# One\n\n```\n# a comment\n```\n", 0),
            ("docs/a.md", "---\nkey: value\n---\n# One\n", 0),
            ("docs/a.md", "# One\n\n[gone](missing.md)\n", 1),
            ("docs/a.md", "# One\n\n[web](https://example.com) [here](#one)\n", 0),
            ("Cargo.toml", "[workspace.dependencies]\na = \"1\"\n", 1),
            ("Cargo.toml", "[workspace.dependencies]\na = \"1\" # why\n", 0),
            ("Cargo.toml", "[workspace.dependencies]\na = { path = \"a\" }\n", 0),
        ] {
            let found = findings(path, text);
            let start: String = text.chars().take(60).collect();
            assert_eq!(found.len(), count, "{path}: {start:?}: {found:?}");
        }
    }

    #[test]
    fn the_repository_is_tidy() {
        run(&crate::root()).unwrap();
    }
}
