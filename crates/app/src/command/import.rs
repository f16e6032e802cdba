//! `tieout import`.

use crate::cli::Global;
use crate::command::apply::{self, Applied};
use crate::command::statement;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count, money, money_with, progress};
use crate::site::{Mode, Site};
use api::view::StatementView;
use bytes::Bytes;
use engine::{Control, FileImport, PART_BYTES};
use kernel::{Currency, Decimal};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sources::csv::{self, ControlTotals, Mapping};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Groups stored in one transaction.
const GROUPS: usize = 500;

#[derive(Serialize)]
struct Imported {
    file: String,
    sha256: String,
    state: String,
    lines: i64,
    groups: i64,
    control: Vec<ControlView>,
    cut: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Applied>,
    statement: StatementView,
}

/// The file's own sum of one currency. Texts are exact decimals in major units.
#[derive(Serialize)]
struct ControlView {
    currency: String,
    exact_sum: String,
    booked_minor: i64,
    residue: String,
}

/// Imports `file` and, unless told otherwise, posts and verifies it.
pub async fn run(global: &Global, file: &Path, mapping: &Path, apply: bool) -> Done {
    let shown = mapping.display();
    let mapping = std::fs::read_to_string(mapping)
        .map_err(|e| Stop::configuration(format!("the mapping {shown} cannot be read: {e}")))?;
    let mapping =
        Mapping::parse(&mapping).map_err(|e| Stop::configuration(format!("{shown}: {e}")))?;
    let site = Site::open(global, Mode::Work).await?;
    let stop = StopSignal::listen()?;
    let (import, totals) = read(&site, file, &mapping, global.json, &stop).await?;
    let applied = if apply && !stop.is_set() {
        Some(apply::drain(&site, global.json, global.no_wait, &stop).await?)
    } else {
        None
    };
    let statement = StatementView::of(&engine::statement(&site.engine.store).await?, None);
    let row = import.row();
    let cut = (row.state == "cut").then(|| row.note.clone());
    let imported = Imported {
        file: row.name.clone(),
        sha256: row.sha256.clone(),
        state: row.state.clone(),
        lines: row.lines,
        groups: row.groups_done,
        control: control(&import, totals.as_ref()),
        cut,
        applied,
        statement,
    };
    if global.json {
        output::json(&imported)?;
    } else {
        output::print(&screen(&imported, totals.as_ref()))?;
    }
    Ok(exit(&imported))
}

fn exit(i: &Imported) -> Exit {
    if i.state != "complete" {
        return Exit::Failure;
    }
    if !i.statement.ties_out {
        return Exit::Promise;
    }
    i.applied.as_ref().map_or(Exit::Ok, apply::exit)
}

/// Keeps the bytes, then reads the groups that are not read yet.
async fn read(
    site: &Site,
    path: &Path,
    mapping: &Mapping,
    quiet: bool,
    stop: &StopSignal,
) -> Result<(FileImport, Option<ControlTotals>), Stop> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let open = || {
        File::open(path)
            .map_err(|e| Stop::configuration(format!("{} cannot be read: {e}", path.display())))
    };
    let (sha256, size) = digest(open()?)?;
    // A file that cannot be read at all is refused before a trace of it is kept.
    let refused = |e: csv::ImportError| Stop::new(Exit::Failure, format!("{name}: {e}"));
    csv::open(mapping, BufReader::new(open()?)).map_err(refused)?;
    let currency = mapping.currency().unwrap_or(site.settings.home);
    let source = mapping.name().as_str();
    let parts = Parts(open()?);
    let mut import = site.engine.import_begin(source, &name, sha256, parts, currency).await?;
    if import.is_complete() {
        return Ok((import, None));
    }
    let bar = progress::bar(size, "reading", quiet);
    let bytes = BufReader::with_capacity(PART_BYTES, bar.wrap_read(open()?));
    let mut groups = csv::open(mapping, bytes).map_err(refused)?;
    let mut read = 0;
    let going = |seen| {
        read = seen;
        bar.set_message(format!("{} groups", count(seen)));
        !stop.is_set()
    };
    let rest = groups.by_ref().map(|record| (record.place(), record.normalised));
    if !site.engine.import_rest(&mut import, rest, GROUPS, going).await? {
        return Err(Stop::new(
            Exit::Failure,
            format!("stopped after {read} groups; the same command goes on there"),
        ));
    }
    bar.finish_and_clear();
    let totals = groups.totals();
    end(site, &mut import, &totals, currency).await?;
    Ok((import, Some(totals)))
}

async fn end(
    site: &Site,
    import: &mut FileImport,
    totals: &ControlTotals,
    currency: Currency,
) -> Result<(), Stop> {
    let of = totals.amounts.get(&currency);
    let cut = totals.incomplete.as_ref().map(|i| {
        format!(
            "the file breaks off after line {}, at byte {} of its text ({}); fetch it again: what \
             was read is kept and is not posted twice",
            totals.lines, i.byte, i.why
        )
    });
    let control = Control {
        lines: totals.lines,
        exact_sum: of.map_or_else(|| "0".to_owned(), |a| a.exact().to_string()),
        booked_minor: of.map_or(Ok(0), |a| i64::try_from(a.booked_minor))?,
        cut,
    };
    Ok(site.engine.import_end(import, &control).await?)
}

fn digest(mut file: File) -> Result<([u8; 32], u64), Stop> {
    let mut sum = Sha256::new();
    let mut buffer = vec![0; PART_BYTES];
    let mut size = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((sum.finalize().into(), size));
        }
        size += n as u64;
        sum.update(&buffer[..n]);
    }
}

/// A file in parts of equal size.
struct Parts(File);

impl Iterator for Parts {
    type Item = std::io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut part = Vec::new();
        match (&mut self.0).take(PART_BYTES as u64).read_to_end(&mut part) {
            Ok(0) => None,
            Ok(_) => Some(Ok(Bytes::from(part))),
            Err(e) => Some(Err(e)),
        }
    }
}

/// The control totals: of what was just read, else as they were stored.
fn control(import: &FileImport, totals: Option<&ControlTotals>) -> Vec<ControlView> {
    if let Some(totals) = totals {
        let view = |(currency, a): (&Currency, &csv::AmountTotals)| ControlView {
            currency: currency.code().to_owned(),
            exact_sum: a.exact().to_string(),
            booked_minor: i64::try_from(a.booked_minor).unwrap_or(i64::MAX),
            residue: a.residue().to_string(),
        };
        return totals.amounts.iter().map(view).collect();
    }
    let row = import.row();
    let exact: Decimal = row.exact_sum.parse().unwrap_or_default();
    let booked =
        Decimal::from_i128_with_scale(i128::from(row.booked_minor), row.currency.exponent());
    vec![ControlView {
        currency: row.currency.code().to_owned(),
        exact_sum: row.exact_sum.clone(),
        booked_minor: row.booked_minor,
        residue: (exact - booked).normalize().to_string(),
    }]
}

fn screen(i: &Imported, totals: Option<&ControlTotals>) -> String {
    let mut parts = Vec::new();
    match (&i.cut, totals) {
        (Some(cut), _) => parts.push(format!("INCOMPLETE: {cut}.")),
        (None, None) => {
            parts.push(format!("{} was imported before; nothing is read twice.", i.file));
        }
        (None, Some(_)) => {}
    }
    parts.push(format!(
        "{}: {} lines, {} groups, sha256 {}",
        i.file,
        count(i.lines),
        count(i.groups),
        i.sha256
    ));
    if let Some(t) = totals {
        parts.push(format!(
            "{} orders, {} credits, {} adjustments; {} groups held, {} lines unreadable",
            count(t.orders),
            count(t.credits),
            count(t.adjustments),
            count(t.groups_held),
            count(t.lines_unreadable)
        ));
    }
    let mut t = table(
        &["control totals", "the file's own sum", "booked, line by line", "residue (AMT-001)"],
        &[1, 2, 3],
    );
    for c in &i.control {
        t.add_row(vec![
            c.currency.clone(),
            c.exact_sum.clone(),
            money(c.booked_minor, &c.currency),
            c.residue.clone(),
        ]);
    }
    parts.push(format!("\n{}", text(&t)));
    if let Some(totals) = totals {
        for (currency, a) in &totals.amounts {
            if a.held_minor != 0 {
                parts.push(format!(
                    "of it {} {currency} in groups that are held",
                    money_with(a.held_minor, currency.exponent())
                ));
            }
        }
    }
    if let Some(applied) = &i.applied {
        parts.push(format!("\n{}", apply::sentence(applied)));
    }
    parts.push(format!("\n{}", statement::screen(&i.statement)));
    parts.join("\n")
}
