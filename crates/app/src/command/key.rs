//! `tieout key`: the keys under which tokens are stored.

use crate::adapter::entropy::OsEntropy;
use crate::adapter::key_file;
use crate::adapter::sealer::{Sealer, key_id, words};
use crate::cli::{Global, KeyCommand};
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count};
use crate::site::{KEY_FILE, Mode, Site};
use engine::Actor;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

#[derive(Serialize)]
struct Listed {
    source: String,
    /// Present first: id, and how many secrets are sealed with it.
    keys: Vec<(String, usize)>,
    /// Secrets whose key is not here.
    lost: usize,
}

#[derive(Serialize)]
struct Rotated {
    source: String,
    key: String,
    older: Vec<String>,
    resealed: usize,
}

/// Lists the keys or exchanges the present one.
pub async fn run(global: &Global, command: KeyCommand) -> Done {
    match command {
        KeyCommand::List => list(global).await,
        KeyCommand::Rotate { by } => rotate(global, &by).await,
    }
}

async fn list(global: &Global) -> Done {
    let site = Site::open(global, Mode::Look).await?;
    let sealed = ids_in_use(&site).await?;
    let ids = site.sealer.ids();
    let used = |id: &String| sealed.iter().filter(|s| *s == id).count();
    let lost = sealed.iter().filter(|s| !ids.contains(s)).count();
    let keys: Vec<_> = ids.iter().map(|id| (id.clone(), used(id))).collect();
    let listed = Listed { source: site.sealer.source().to_owned(), keys, lost };
    if global.json {
        output::json(&listed)?;
    } else {
        let mut t = table(&["key", "", "secrets sealed with it"], &[2]);
        for (n, (id, used)) in listed.keys.iter().enumerate() {
            let what = if n == 0 { "seals and opens" } else { "older, only opens" };
            t.add_row(vec![id.clone(), what.to_owned(), count(*used)]);
        }
        output::print(&format!("Keys in {}:\n\n{}", listed.source, text(&t)))?;
        if lost > 0 {
            output::print(&format!(
                "\n{lost} secrets are sealed with keys that are not here: restore the key file \
                 from a backup, or run `tieout connect`."
            ))?;
        }
    }
    Ok(if lost > 0 { Exit::Person } else { Exit::Ok })
}

/// The id of the key of everything that is sealed.
async fn ids_in_use(site: &Site) -> Result<Vec<String>, Stop> {
    let mut tx = site.engine.store.read().await?;
    let all = store::token::all_sealed(tx.as_mut()).await?;
    Ok(all.iter().map(|(_, _, sealed)| key_id(sealed).unwrap_or_default()).collect())
}

/// Makes a new key, seals everything with it, and forgets the old one last: whenever it is cut
/// off, the file holds every key that something is sealed with, and the next run finishes it.
async fn rotate(global: &Global, by: &str) -> Done {
    let site = Site::open(global, Mode::Work).await?;
    let rotated = if site.key_from_environment {
        reseal(&site, &site.sealer, by, "the older keys in TIEOUT_KEY").await?
    } else {
        rotate_file(&site, &site.data.join(KEY_FILE), by).await?
    };
    if global.json {
        output::json(&rotated)?;
        return Ok(Exit::Ok);
    }
    let older = rotated.older.join(", ");
    let next = if site.key_from_environment {
        format!("Now take {older} out of TIEOUT_KEY.")
    } else {
        format!(
            "{older} is no longer in {}. Keep a copy of it beside backups of the database from \
             before today, and back up the new file.",
            rotated.source
        )
    };
    output::print(&format!(
        "{} secrets are sealed with key {} now. {next}",
        count(rotated.resealed),
        rotated.key
    ))?;
    Ok(Exit::Ok)
}

async fn rotate_file(site: &Site, path: &Path, by: &str) -> Result<Rotated, Stop> {
    let text = key_file::read(path)?;
    let mut keys: Vec<Zeroizing<String>> =
        words(&text).map(|key| Zeroizing::new(key.to_owned())).collect();
    if keys.len() == 1 {
        keys.insert(0, key_file::new_key(&OsEntropy));
        let all: Vec<&str> = keys.iter().map(|k| k.as_str()).collect();
        key_file::replace(path, &all)?;
    } else {
        output::note("an earlier rotation was cut off; this run finishes it");
    }
    let sealer = key_file::sealer(path, Arc::new(OsEntropy))?;
    let rotated = reseal(site, &sealer, by, "the older keys of the file").await?;
    if let Some(first) = keys.first() {
        key_file::replace(path, &[first])?;
    }
    Ok(rotated)
}

async fn reseal(site: &Site, sealer: &Sealer, by: &str, needed: &str) -> Result<Rotated, Stop> {
    let mut ids = sealer.ids();
    if ids.len() < 2 {
        return Err(Stop::configuration(format!(
            "TIEOUT_KEY holds one key; write the new key (`openssl rand -hex 32`), a comma and \
             {needed} into it, run this again, then take the older ones out"
        )));
    }
    let resealed = site.engine.reseal(sealer, &Actor::Person(by.to_owned()), &ids).await?;
    let key = ids.remove(0);
    let in_use = ids_in_use(site).await?;
    if in_use.iter().any(|id| *id != key) {
        return Err(Stop::new(
            Exit::Failure,
            "something was sealed with an older key meanwhile; the older keys are kept, run it \
             again",
        ));
    }
    Ok(Rotated { source: sealer.source().to_owned(), key, older: ids, resealed })
}
