//! Rules for manifests and for crates as a whole.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::{File, Finding};

/// In the root manifest each dependency of others says what it is for.
pub fn check(file: &mut File<'_>) {
    if file.path != "Cargo.toml" {
        return;
    }
    let mut section = "";
    for (index, line) in file.text.lines().enumerate() {
        if line.starts_with('[') {
            section = line;
        }
        let is_entry = section == "[workspace.dependencies]"
            && line.contains(" = ")
            && line.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_entry && !line.contains("path = ") && !line.contains(" # ") {
            file.report(index + 1, "dependency without a comment: say what it is for");
        }
    }
}

/// Each crate has a README.md and starts its root file with `//!`.
pub fn crates_without_introduction(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut folders = vec!["xtask".to_owned()];
    for entry in fs::read_dir(root.join("crates")).context("cannot list crates")? {
        folders.push(format!("crates/{}", entry?.file_name().to_string_lossy()));
    }
    folders.sort();
    for folder in folders {
        let path = root.join(&folder);
        if !path.join("Cargo.toml").exists() {
            continue;
        }
        if !path.join("README.md").exists() {
            let what = "crate without README.md: say what it is for and what it must not do";
            findings.push(Finding { path: folder.clone(), line: 0, what: what.to_owned() });
        }
        for name in ["src/lib.rs", "src/main.rs"] {
            let Ok(text) = fs::read_to_string(path.join(name)) else { continue };
            if !text.starts_with("//!") && !text.starts_with("#![doc = include_str!") {
                let what = "crate root without `//!`: say what it is for".to_owned();
                findings.push(Finding { path: format!("{folder}/{name}"), line: 1, what });
            }
        }
    }
    Ok(findings)
}
