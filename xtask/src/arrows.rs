//! The dependencies between our crates, compared with `arrows.toml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{
    commands::{cargo, output},
    metadata::{Metadata, Package},
};

type Table = BTreeMap<String, Vec<String>>;

/// `arrows.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrows {
    allowed: Table,
    never: Crates,
    never_in_tests: Crates,
    forbid_transitively: Table,
    forbid_directly: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crates {
    crates: BTreeSet<String>,
}

/// Fails with every arrow that `arrows.toml` does not allow.
pub fn run(root: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join("arrows.toml")).context("cannot read arrows.toml")?;
    let arrows: Arrows = toml::from_str(&text).context("arrows.toml is not valid")?;
    let metadata = Metadata::load(root)?;
    let mut findings = Vec::new();
    let mut count = 0;
    for package in metadata.ours() {
        count += arrows.check(package, &mut findings);
    }
    for (name, forbidden) in &arrows.forbid_transitively {
        if metadata.ours().any(|package| package.name == *name) {
            findings.extend(forbidden_below(name, forbidden, &tree(root, name)?));
        }
    }
    if findings.is_empty() {
        println!("arrows: {count} between {} crates, all allowed", metadata.ours().count());
        return Ok(());
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    bail!("{} arrows are not allowed by arrows.toml", findings.len())
}

impl Arrows {
    /// Checks what one crate declares and returns the number of arrows that start there.
    fn check(&self, package: &Package, findings: &mut Vec<String>) -> usize {
        let from = &package.name;
        let Some(allowed) = self.allowed.get(from) else {
            findings.push(format!("{from}: not in arrows.toml: add it under [allowed]"));
            return 0;
        };
        let forbidden = self.forbid_directly.get(from);
        let mut count = 0;
        for dependency in &package.dependencies {
            let to = &dependency.name;
            let in_tests = dependency.kind.as_deref() == Some("dev");
            if !in_tests && forbidden.is_some_and(|names| names.contains(to)) {
                findings.push(format!("{from} -> {to}: forbidden by [forbid_directly]"));
            }
            if dependency.path.is_none() {
                continue;
            }
            count += 1;
            if in_tests {
                if self.never_in_tests.crates.contains(to) {
                    findings.push(format!("{from} -> {to}: not even in tests"));
                }
                continue;
            }
            let any = allowed.iter().any(|name| name == "*") && !self.never.crates.contains(to);
            if !any && !allowed.contains(to) {
                findings.push(format!(
                    "{from} -> {to}: not allowed: depend on a port, or move the shared type down"
                ));
            }
        }
        count
    }
}

/// The crates that `name` is built from, one a line as `name features`, without dev-dependencies.
fn tree(root: &Path, name: &str) -> Result<String> {
    let arguments =
        ["tree", "-p", name, "-e", "normal", "--prefix", "none", "--no-dedupe", "-f", "{p}|{f}"];
    output(&mut cargo(root, &arguments)).with_context(|| format!("`cargo tree -p {name}` failed"))
}

fn forbidden_below(name: &str, forbidden: &[String], tree: &str) -> Vec<String> {
    let mut below: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let crate_name = package.split(' ').next().unwrap_or_default();
        below.entry(crate_name).or_default().extend(features.split(','));
    }
    forbidden
        .iter()
        .filter(|entry| match entry.split_once('/') {
            None => below.contains_key(entry.as_str()),
            Some((package, feature)) => {
                below.get(package).is_some_and(|features| features.contains(feature))
            }
        })
        .map(|entry| {
            let package = entry.split('/').next().unwrap_or_default();
            format!("{name} is built from {entry}: `cargo tree -p {name} -i {package}` shows how")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn arrows() -> Arrows {
        toml::from_str(
            "[allowed]\nkernel = []\nsim = ['kernel']\napp = ['*']\n\
             [never]\ncrates = ['sim']\n[never_in_tests]\ncrates = ['app']\n\
             [forbid_transitively]\n[forbid_directly]\nsim = ['tokio']\n",
        )
        .unwrap()
    }

    fn findings(from: &str, to: &str, kind: Option<&str>, path: bool) -> Vec<String> {
        let dependency = Dependency {
            name: to.to_owned(),
            kind: kind.map(str::to_owned),
            path: path.then(String::new),
            req: "*".to_owned(),
        };
        let package = Package {
            name: from.to_owned(),
            version: String::new(),
            id: String::new(),
            license: None,
            source: None,
            dependencies: vec![dependency],
        };
        let mut findings = Vec::new();
        arrows().check(&package, &mut findings);
        findings
    }

    #[test]
    fn only_listed_arrows_pass() {
        for (from, to, kind, path, allowed) in [
            ("sim", "kernel", None, true, true),
            ("kernel", "sim", None, true, false),
            ("kernel", "sim", Some("build"), true, false),
            ("kernel", "sim", Some("dev"), true, true),
            ("kernel", "app", Some("dev"), true, false),
            ("app", "kernel", None, true, true),
            ("app", "sim", None, true, false),
            ("sim", "tokio", None, false, false),
            ("sim", "bytes", None, false, true),
            ("stranger", "kernel", None, true, false),
        ] {
            assert_eq!(findings(from, to, kind, path).is_empty(), allowed, "{from} -> {to}");
        }
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_depth_and_by_feature() {
        let tree = "sim v0.1.0|\ntokio v1.0.0|rt,net\nhyper v1.0.0|\n";
        let forbidden = ["hyper", "tokio/net", "tokio/fs", "rusqlite"].map(str::to_owned);
        let found = forbidden_below("sim", &forbidden, tree);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn the_repository_keeps_its_arrows() {
        run(&crate::root()).unwrap();
    }
}
