//! The rules of `deny.toml` without cargo-deny: licences, banned crates, sources, wildcards.
//!
//! It is the stand-in where cargo-deny cannot be installed, and reads the same file.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::metadata::{Metadata, Package};

/// The part of `deny.toml` that is checked here.
#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// Fails with every crate in the tree that breaks a rule of `deny.toml`.
pub fn run(root: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("deny.toml is not valid")?;
    let metadata = Metadata::load(root)?;
    let mut findings = Vec::new();
    for package in &metadata.packages {
        deny.check(package, &mut findings);
    }
    for package in metadata.ours() {
        let wild =
            |wanted: &&crate::metadata::Dependency| wanted.req == "*" && wanted.path.is_none();
        for dependency in package.dependencies.iter().filter(wild) {
            findings.push(format!("{}: {} without a version", package.name, dependency.name));
        }
    }
    if findings.is_empty() {
        println!("licences: {} crates, all allowed by deny.toml", metadata.packages.len());
        return Ok(());
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    bail!("{} crates break the rules of deny.toml", findings.len())
}

impl Deny {
    fn check(&self, package: &Package, findings: &mut Vec<String>) {
        let name = format!("{} {}", package.name, package.version);
        if self.bans.deny.iter().any(|ban| ban.name == package.name) {
            findings.push(format!("{name}: banned by deny.toml"));
        }
        let source = package.source.as_deref();
        let known = |source: &str| {
            let address = source.strip_prefix("registry+").unwrap_or(source);
            self.sources.allow_registry.iter().any(|allowed| allowed == address)
        };
        if !source.is_none_or(known) {
            findings.push(format!("{name}: comes from {}", source.unwrap_or_default()));
        }
        match &package.license {
            Some(license) if allows(license, &self.licenses.allow) => {}
            Some(license) => findings.push(format!("{name}: licence {license} is not allowed")),
            None => findings.push(format!("{name}: states no licence")),
        }
    }
}

/// True when an SPDX expression can be satisfied with allowed licences only. `/` is the old
/// spelling of `OR`.
fn allows(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    let satisfied = reader.alternatives();
    satisfied && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }

    fn alternatives(&mut self) -> bool {
        let mut satisfied = self.conjunction();
        while self.take("OR") {
            // Evaluated in any case, to consume its words.
            let next = self.conjunction();
            satisfied = satisfied || next;
        }
        satisfied
    }

    fn conjunction(&mut self) -> bool {
        let mut satisfied = self.licence();
        while self.take("AND") {
            let next = self.licence();
            satisfied = satisfied && next;
        }
        satisfied
    }

    fn licence(&mut self) -> bool {
        if self.take("(") {
            let satisfied = self.alternatives();
            return self.take(")") && satisfied;
        }
        let Some((name, rest)) = self.words.split_first() else { return false };
        let mut name = (*name).to_owned();
        self.words = rest;
        if self.take("WITH")
            && let Some((exception, rest)) = self.words.split_first()
        {
            name = format!("{name} WITH {exception}");
            self.words = rest;
        }
        self.allowed.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_allowed_if_one_choice_is() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).into();
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0 OR MIT", true),
            ("MIT AND GPL-3.0", false),
            ("Unlicense/MIT", true),
            ("Apache-2.0 / MIT", true),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("(MIT OR GPL-3.0) AND ISC", false),
            ("Apache-2.0 WITH LLVM-exception", false),
            ("Apache-2.0 WITH LLVM-exception OR MIT", true),
            ("MIT )", false),
            ("", false),
        ] {
            assert_eq!(allows(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn the_tree_keeps_the_rules() {
        run(&crate::root()).unwrap();
    }
}
