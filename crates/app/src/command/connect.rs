//! `tieout connect`: the owner of the company gives consent.

use crate::cli::Global;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{Mode, Site, connect};
use kernel::Timestamp;
use ports::{TokenPair, TokenStore};
use serde::Serialize;
use std::io::BufRead;

/// How long the exchange of the code may take, seconds.
const EXCHANGE_SECONDS: i64 = 30;

#[derive(Serialize)]
struct Connected {
    lane: String,
    access_until: String,
    refresh_until: String,
}

/// What the company's consent page sends the browser back with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Callback {
    code: String,
    state: String,
    realm_id: String,
    error: String,
}

/// Connects the ledger, for the first time or again.
pub async fn run(global: &Global, redirect_uri: &str) -> Done {
    let site = Site::open(global, Mode::Work).await?;
    let pair = match &site.company {
        Some(company) => {
            connect(company, true, &site.tokens, site.engine.clock.as_ref()).await?;
            site.tokens.load().await.map_err(anyhow::Error::msg)?
        }
        None => Some(consent(&site, redirect_uri).await?),
    };
    let moment = |of: fn(&TokenPair) -> Timestamp| pair.as_ref().map(|p| of(p).to_string());
    let connected = Connected {
        lane: site.engine.lane.clone(),
        access_until: moment(|p| p.access_expires_at).unwrap_or_default(),
        refresh_until: moment(|p| p.refresh_expires_at).unwrap_or_default(),
    };
    if global.json {
        output::json(&connected)?;
    } else {
        output::print(&format!(
            "{} is connected until {}; tokens are renewed by themselves.",
            connected.lane, connected.refresh_until
        ))?;
    }
    Ok(Exit::Ok)
}

async fn consent(site: &Site, redirect_uri: &str) -> Result<TokenPair, Stop> {
    let mut state = [0; 16];
    site.engine.entropy.fill(&mut state);
    let state = hex::encode(state);
    let settings = &site.connection;
    output::note(&format!(
        "Open this address as an administrator of the company and give consent:\n\n{}\n\nThen \
         paste the whole address that the browser is sent to (it may show an error page) and press \
         Enter:",
        quickbooks::consent_url(&settings.client_id, redirect_uri, &state)
    ));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let callback = read(line.trim());
    let refuse = |why: String| Err(Stop::new(Exit::Failure, why));
    if !callback.error.is_empty() {
        return refuse(format!("consent was not given: {}", callback.error));
    }
    if callback.code.is_empty() {
        return refuse("the address holds no `code`; paste the whole of it".to_owned());
    }
    if callback.state != state {
        return refuse("the address belongs to another attempt; run `tieout connect` again".into());
    }
    if callback.realm_id != settings.realm_id {
        return refuse(format!(
            "consent was given for company {}, but ledger.realm_id is {}; choose the right company \
             or correct the configuration",
            callback.realm_id, settings.realm_id
        ));
    }
    let now = site.engine.now();
    let deadline = now.plus_seconds(EXCHANGE_SECONDS);
    let http = site.http.as_ref();
    let pair =
        quickbooks::exchange_code(settings, http, &callback.code, redirect_uri, now, deadline)
            .await?;
    site.tokens.consent(&pair).await.map_err(anyhow::Error::msg)?;
    Ok(pair)
}

fn read(address: &str) -> Callback {
    let mut callback = Callback::default();
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value);
        match name {
            "code" => callback.code = value,
            "state" => callback.state = value,
            "realmId" => callback.realm_id = value,
            "error" => callback.error = value,
            _ => {}
        }
    }
    callback
}

/// Undoes percent-encoding; what is not valid stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        match (bytes[at], digits.and_then(|d| u8::from_str_radix(d, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_address_of_the_callback() {
        let read_back = read("http://localhost/cb?code=A%2Bb&state=x%&realmId=91#top");
        let expected = Callback {
            code: "A+b".to_owned(),
            state: "x%".to_owned(),
            realm_id: "91".to_owned(),
            error: String::new(),
        };
        assert_eq!(read_back, expected);
        assert_eq!(read("?error=access_denied").error, "access_denied");
        assert_eq!(read("nonsense"), Callback::default());
    }
}
