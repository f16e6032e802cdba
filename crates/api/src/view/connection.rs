//! The connection to the ledger, the company behind it, and its closed books.

use kernel::Timestamp;
use kernel::time::Closing;
use ports::Company;
use serde::Serialize;
use store::token::Sealed;

/// Days before the hard end of a connection from which it is shown as ending.
const ENDS_SOON_DAYS: i64 = 30;
const DAY_SECONDS: i64 = 86_400;

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionView {
    /// `never_connected`, `connected`, `ends_soon` or `needs_reconnect`.
    pub state: &'static str,
    /// The company, once connected.
    pub realm: String,
    /// When a person consented last.
    pub connected_at: Option<String>,
    /// When it ends unless it is used.
    pub refresh_until: Option<String>,
    /// When it ends whatever is done, where that is known.
    pub hard_until: Option<String>,
    /// Whole days until then.
    pub days_left: Option<i64>,
    /// One sentence: what it means and what to do.
    pub says: String,
}

impl ConnectionView {
    /// The view of stored tokens at `now`.
    pub fn of(token: Option<&Sealed>, now: Timestamp) -> Self {
        let Some(t) = token else {
            return Self {
                state: "never_connected",
                realm: String::new(),
                connected_at: None,
                refresh_until: None,
                hard_until: None,
                days_left: None,
                says: "never connected: run `tieout connect`".to_owned(),
            };
        };
        let days_left = t
            .hard_until
            .map(|end| end.seconds().saturating_sub(now.seconds()).div_euclid(DAY_SECONDS));
        let (state, says) = if !t.broken.is_empty() {
            let since = t.broken_at.map(|at| format!(" since {at}")).unwrap_or_default();
            let says = format!(
                "MUST BE RECONNECTED{since}: {}. Posting is paused, nothing is lost; an \
                 administrator of company {} runs `tieout connect`",
                t.broken, t.realm
            );
            ("needs_reconnect", says)
        } else if let (Some(end), Some(days)) = (t.hard_until, days_left)
            && days <= ENDS_SOON_DAYS
        {
            let left = match days {
                ..0 => "it has passed".to_owned(),
                0 => "within a day".to_owned(),
                1 => "in 1 day".to_owned(),
                n => format!("in {n} days"),
            };
            let says = format!(
                "connected, but it ENDS ON {end} ({left}) and refreshing does not extend it; run \
                 `tieout connect` before"
            );
            ("ends_soon", says)
        } else if t.refresh_until <= now {
            let says = format!(
                "not used until {} and therefore ended; run `tieout connect`",
                t.refresh_until
            );
            ("needs_reconnect", says)
        } else {
            ("connected", "connected".to_owned())
        };
        Self {
            state,
            realm: t.realm.clone(),
            connected_at: Some(t.connected_at.to_string()),
            refresh_until: Some(t.refresh_until.to_string()),
            hard_until: t.hard_until.map(|end| end.to_string()),
            days_left,
            says,
        }
    }
}

/// The company as the ledger described it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompanyView {
    /// Its name.
    pub name: String,
    /// The ledger's id of it.
    pub realm: String,
    /// Its country, as the ledger says it.
    pub country: String,
    /// Its time zone.
    pub zone: String,
    /// Its home currency.
    pub home_currency: Option<String>,
    /// When it was read.
    pub read_at: String,
    /// Settings that change what Tieout does.
    pub settings: Vec<SettingView>,
}

/// One setting, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingView {
    /// Its name in the ledger.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What Tieout does because of it.
    pub follows: String,
}

impl CompanyView {
    /// The view of a company read at `read_at`.
    pub fn of(company: &Company, read_at: Timestamp) -> Self {
        Self {
            name: company.name.clone(),
            realm: company.realm.clone(),
            country: company.country.clone(),
            zone: company.zone.clone(),
            home_currency: company.home_currency.map(|c| c.code().to_owned()),
            read_at: read_at.to_string(),
            settings: company
                .settings
                .iter()
                .map(|s| SettingView {
                    name: s.name.clone(),
                    value: s.value.clone(),
                    follows: s.follows.clone(),
                })
                .collect(),
        }
    }
}

/// Up to when the books are closed, both dates inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClosingView {
    /// In the ledger itself.
    pub ledger: Option<String>,
    /// By a person's decision in Tieout.
    pub tieout: Option<String>,
}

impl ClosingView {
    /// The view of `closing`.
    pub fn of(closing: Closing) -> Self {
        Self {
            ledger: closing.ledger.map(|d| d.to_string()),
            tieout: closing.ours.map(|d| d.to_string()),
        }
    }
}
