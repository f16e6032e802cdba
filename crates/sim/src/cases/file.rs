//! Files of cases: reading them, and writing into them what a run has found.

use anyhow::{Context as _, Result, anyhow};
use book::{Case, Rules};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file of cases with its rules.
pub struct CaseFile {
    /// Its name without ending.
    pub name: String,
    /// The rules of its cases.
    pub rules: Arc<Rules>,
    /// Whether those are rules of its own rather than the default rules.
    pub own_rules: bool,
    /// Its cases in the order of the file.
    pub cases: Vec<Case>,
    path: PathBuf,
    text: String,
}

/// Reads all files of cases of the repository at `root`, by name.
pub fn read(root: &Path) -> Result<Vec<CaseFile>> {
    let folder = root.join("crates/book/tests/cases");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // `NAME.rules.toml` are rules.
        if let Some(name) = name.strip_suffix(".toml").filter(|n| !n.contains('.')) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names.into_iter().map(|name| open(&folder, name)).collect()
}

fn open(folder: &Path, name: String) -> Result<CaseFile> {
    let path = folder.join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path)?;
    let cases = Case::read(&text).map_err(|e| anyhow!("{name}.toml, {e}"))?;
    let rules = std::fs::read_to_string(folder.join(format!("{name}.rules.toml"))).ok();
    let own_rules = rules.is_some();
    let rules = Rules::parse(rules.as_deref().unwrap_or_else(|| Rules::default_text()))
        .map_err(|e| anyhow!("{name}.rules.toml, {e}"))?;
    Ok(CaseFile { name, rules: Arc::new(rules), own_rules, cases, path, text })
}

impl CaseFile {
    /// Writes `objects`, one per case, into the file where it says something else; whether it did.
    pub fn write(&self, objects: &[String]) -> Result<bool> {
        let mut text = self.text.clone();
        for (case, objects) in self.cases.iter().zip(objects).rev() {
            if case.quickbooks.as_deref() == Some(objects) {
                continue;
            }
            let literal = format!("'''\n{objects}'''");
            match &case.quickbooks_at {
                Some(at) => text.replace_range(at.clone(), &literal),
                None => {
                    text.insert_str(case.expect_end, &format!("\nquickbooks = {literal}"));
                }
            }
        }
        if text == self.text {
            return Ok(false);
        }
        Case::read(&text)
            .map_err(|e| anyhow!("{}.toml would not be read again: {e}", self.name))?;
        std::fs::write(&self.path, text).with_context(|| self.path.display().to_string())?;
        Ok(true)
    }
}
