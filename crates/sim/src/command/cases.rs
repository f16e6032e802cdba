//! `sim cases`.

use anyhow::Result;
use clap::Args;
use sim::cases;

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
        catalogue(&mut std::io::stdout().lock(), self.write, &self.only)
    }
}

/// Runs the cases; with `write` what they come to is written and not compared.
fn catalogue(out: &mut impl std::io::Write, write: bool, only: &str) -> Result<()> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut count, mut failed, mut changed) = (0, 0, 0);
    for file in cases::read(&root)? {
        let mut objects = Vec::with_capacity(file.cases.len());
        for case in &file.cases {
            if !case.name.contains(only) {
                objects.push(case.quickbooks.clone().unwrap_or_default());
                continue;
            }
            let place = format!("{}.toml:{} {}", file.name, case.line, case.name);
            let ran = match cases::run(&file, case) {
                Ok(ran) => ran,
                Err(e) if write => return Err(e.context(place)),
                Err(e) => {
                    cases::Outcome { objects: String::new(), failures: vec![format!("{e:#}")] }
                }
            };
            count += 1;
            if !write && !ran.failures.is_empty() {
                failed += 1;
                writeln!(out, "{place}\n  {}", ran.failures.join("\n  "))?;
            }
            objects.push(ran.objects);
        }
        changed += usize::from(write && file.write(&objects)?);
    }
    if write {
        let page = cases::page(&root, &cases::read(&root)?)?;
        std::fs::write(root.join(cases::PAGE), page)?;
        writeln!(out, "{count} cases, {changed} files changed, wrote {}", cases::PAGE)?;
        return Ok(());
    }
    anyhow::ensure!(failed == 0, "{failed} of {count} cases failed");
    writeln!(out, "{count} cases passed")?;
    Ok(())
}
