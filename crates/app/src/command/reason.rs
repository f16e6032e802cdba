//! `tieout reason`.

use crate::cli::Global;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::output::table::{table, text};
use kernel::ReasonCode;
use serde::Serialize;

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    slug: &'static str,
    title: &'static str,
    class: &'static str,
    severity: u8,
    action: &'static str,
    sla: &'static str,
    owner: &'static str,
    upstream: &'static [&'static str],
    page: &'static str,
}

fn view(code: ReasonCode) -> Reason {
    Reason {
        code: code.code(),
        slug: code.slug(),
        title: code.title(),
        class: code.class().as_str(),
        severity: code.severity(),
        action: code.action(),
        sla: code.sla(),
        owner: code.owner(),
        upstream: code.upstream(),
        page: code.page(),
    }
}

/// Prints the page of a reason code, or the list of all.
pub fn run(global: &Global, word: Option<&str>) -> Done {
    let Some(word) = word else {
        if global.json {
            let all: Vec<Reason> = ReasonCode::ALL.iter().copied().map(view).collect();
            output::json(&all)?;
            return Ok(Exit::Ok);
        }
        let mut t = table(&["code", "class", "what happened"], &[]);
        for code in ReasonCode::ALL {
            t.add_row(vec![code.code(), code.class().as_str(), code.title()]);
        }
        output::print(&text(&t))?;
        return Ok(Exit::Ok);
    };
    let upper = word.to_uppercase();
    let found = ReasonCode::from_code(&upper)
        .or_else(|| ReasonCode::ALL.iter().copied().find(|c| c.slug() == word));
    let Some(code) = found else {
        return Err(Stop::new(
            Exit::Usage,
            format!("`{word}` is no reason code; `tieout reason` lists them"),
        ));
    };
    if global.json {
        output::json(&view(code))?;
    } else {
        output::print(code.page().trim())?;
    }
    Ok(Exit::Ok)
}
