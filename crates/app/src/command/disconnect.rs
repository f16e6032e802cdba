//! `tieout disconnect`: consent is taken back.

use crate::cli::{DisconnectArgs, Global};
use crate::config::{Ledger, Settings};
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{Mode, Site, config_file};
use engine::Actor;
use serde::Serialize;

#[derive(Serialize)]
struct Disconnected {
    lane: String,
    realm: String,
    revoked: bool,
}

/// Ends the connection and wipes its tokens.
pub async fn run(global: &Global, args: &DisconnectArgs) -> Done {
    let settings = Settings::read(&config_file(global))?;
    if matches!(settings.ledger, Ledger::Simulator { .. }) {
        return Err(Stop::configuration(
            "the simulated company of kind = \"simulator\" is part of the data directory; there is \
             no consent to take back",
        ));
    }
    let site = Site::with_settings(global, settings, Mode::Beside).await?;
    let by = Actor::Person(args.by.clone());
    let revoked = site.consent.take_back(&by, args.force).await?;
    let done = Disconnected {
        lane: site.engine.lane.clone(),
        realm: site.tokens.realm().to_owned(),
        revoked,
    };
    if global.json {
        output::json(&done)?;
    } else {
        output::print(&screen(&done))?;
    }
    Ok(Exit::Ok)
}

fn screen(d: &Disconnected) -> String {
    let told = if d.revoked {
        "Intuit has ended the connection"
    } else {
        "Intuit could not be told: take the app out in QuickBooks under Apps"
    };
    format!(
        "{} is disconnected from company {}. {told}; the tokens are wiped here. Posting is paused and \
         nothing is lost: deliveries are still kept and decided, and `tieout connect` goes on.",
        d.lane, d.realm
    )
}
