//! `tieout init`.

use crate::adapter::entropy::OsEntropy;
use crate::adapter::key_file;
use crate::cli::Global;
use crate::config::{DEFAULT, Settings};
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{CONFIG_FILE, KEY_FILE, Mode, Site, data_directory};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Made {
    data: String,
    written: Vec<&'static str>,
    kept: Vec<&'static str>,
}

/// Makes what is missing in the data directory; overwrites nothing.
pub async fn run(global: &Global, dir: Option<PathBuf>) -> Done {
    let data = dir.unwrap_or_else(|| data_directory(global));
    std::fs::create_dir_all(&data)
        .map_err(|e| Stop::configuration(format!("{} cannot be made: {e}", data.display())))?;
    let mut made = Made { data: data.display().to_string(), written: Vec::new(), kept: Vec::new() };
    let mut note = |name, new| {
        if new { made.written.push(name) } else { made.kept.push(name) }
    };
    note(CONFIG_FILE, create(&data.join(CONFIG_FILE), DEFAULT)?);
    note("rules.toml", create(&data.join("rules.toml"), book::Rules::default_text())?);
    note(KEY_FILE, key_file::create(&data.join(KEY_FILE), &OsEntropy)?);
    let here = Global { data: Some(data.clone()), config: None, ..global.clone() };
    let settings = Settings::read(&data.join(CONFIG_FILE))?;
    Site::with_settings(&here, settings, Mode::Work).await?;
    if global.json {
        output::json(&made)?;
        return Ok(Exit::Ok);
    }
    let mut lines = vec![format!("Data directory {}", made.data)];
    lines.extend(made.written.iter().map(|name| format!("  written  {name}")));
    lines.extend(made.kept.iter().map(|name| format!("  kept     {name}")));
    let shown = data.display();
    lines.push(format!(
        "\nNext:\n  back up {shown}/{KEY_FILE}: without it the ledger must be connected again\n  \
         edit {shown}/{CONFIG_FILE} and {shown}/rules.toml, then\n  \
         tieout doctor --data {shown}\n  tieout serve --data {shown}"
    ));
    output::print(&lines.join("\n"))?;
    Ok(Exit::Ok)
}

fn create(path: &Path, text: &str) -> Result<bool, Stop> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            Ok(true)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e.into()),
    }
}
