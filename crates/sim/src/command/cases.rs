//! `sim cases`.

use anyhow::{Result, ensure};
use clap::Args;
use sim::cases;
use std::io::Write;
use std::path::Path;

#[derive(Args)]
pub struct Cases {
    /// Writes what the company holds into the cases, and the page.
    #[arg(long)]
    write: bool,
    /// Only cases whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

impl Cases {
    pub fn execute(&self) -> Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        catalogue(&root, &mut std::io::stdout().lock(), self.write, &self.only)
    }
}

/// Runs the cases of the repository at `root`; with `write` the objects that a case comes to are
/// written and not compared. A case that fails otherwise keeps what it says.
fn catalogue(root: &Path, out: &mut impl Write, write: bool, only: &str) -> Result<()> {
    let (mut count, mut failed, mut changed) = (0, 0, 0);
    for file in cases::read(root)? {
        let mut objects = Vec::with_capacity(file.cases.len());
        for case in &file.cases {
            let said = case.quickbooks.clone().unwrap_or_default();
            if !case.name.contains(only) {
                objects.push(said);
                continue;
            }
            count += 1;
            let (failures, found) = match cases::run(&file, case) {
                Ok(ran) if write => (ran.failures, ran.objects),
                Ok(ran) => (ran.failures.into_iter().chain(ran.outdated).collect(), ran.objects),
                Err(e) => (vec![format!("{e:#}")], String::new()),
            };
            let is_sound = failures.is_empty();
            if !is_sound {
                failed += 1;
                let place = format!("{}.toml:{} {}", file.name, case.line, case.name);
                writeln!(out, "{place}\n  {}", failures.join("\n  "))?;
            }
            objects.push(if is_sound { found } else { said });
        }
        changed += usize::from(write && file.write(&objects)?);
    }
    if write {
        let page = cases::page(root, &cases::read(root)?)?;
        std::fs::write(root.join(cases::PAGE), page)?;
        writeln!(out, "{count} cases, {changed} files changed, wrote {}", cases::PAGE)?;
    }
    ensure!(failed == 0, "{failed} of {count} cases failed");
    writeln!(out, "{count} cases passed")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A repository of one case; returns its root and the file.
    fn repository(name: &str, net: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("tieout-cases-{name}-{}", std::process::id()));
        let folder = root.join("crates/book/tests/cases");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(root.join("docs/reference")).unwrap();
        // The page links to where things are decided.
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src");
        std::os::unix::fs::symlink(sources, root.join("crates/book/src")).unwrap();
        let case = format!(
            "[[test]]\nname = \"paid at checkout\"\nfacts = \"\"\"\n\
             order 1001 2026-01-05 110.00\n  goods 100.00 2x50.00 Shirt\n  tax 10.00 State\n\
             capture stripe ch_1 110.00 2026-01-05\n\"\"\"\nexpect = \"\"\"\n\
             sales_receipt 2026-01-05 110.00\n  Dr Stripe Clearing 110.00\n  Cr Sales {net}\n  \
             Cr Sales Tax Collected 10.00\n\"\"\"\nquickbooks = '''\nas it was\n'''\n"
        );
        let file = folder.join("one.toml");
        std::fs::write(&file, case).unwrap();
        (root, file)
    }

    #[test]
    fn a_failing_case_is_told_when_writing_and_keeps_what_it_says() {
        let (root, file) = repository("wrong", "90.00");
        let mut out = Vec::new();
        let failed = catalogue(&root, &mut out, true, "").unwrap_err().to_string();
        let (told, text) =
            (String::from_utf8(out).unwrap(), std::fs::read_to_string(&file).unwrap());
        std::fs::remove_dir_all(&root).unwrap();
        assert!(failed.starts_with("1 of 1 cases failed"), "{failed}");
        assert!(told.starts_with("one.toml:2 paid at checkout\n  facts to documents:"), "{told}");
        assert!(text.contains("as it was"), "{text}");
    }

    #[test]
    fn writing_sets_right_what_a_sound_case_says() {
        let (root, file) = repository("right", "100.00");
        let mut out = Vec::new();
        let written = catalogue(&root, &mut out, true, "");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        written.unwrap();
        assert!(text.contains("Stripe Clearing") && !text.contains("as it was"), "{text}");
        assert!(String::from_utf8(out).unwrap().contains("1 cases, 1 files changed"));
    }
}
