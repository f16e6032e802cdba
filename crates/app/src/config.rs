//! The configuration: read once, checked whole, secrets only by name.

mod address;
mod file;
mod limits;
mod poll;
mod secret;
mod source;
mod suggest;

pub use address::{Addresses, local_port};
pub use poll::Poll;
pub use secret::SecretText;
pub use source::Source;

use crate::exit::Stop;
use file::{FileText, LedgerKind};
use kernel::Currency;
use kernel::time::Zone;
use std::path::{Path, PathBuf};

/// The commented default, which is the manual.
pub const DEFAULT: &str = include_str!("config/default.toml");

/// The data directory when neither --data nor `TIEOUT_DATA` names one.
pub const DATA_DEFAULT: &str = "./tieout-data";

/// Where the consent page sends browsers back to: a service on this machine.
pub const REDIRECT_DEFAULT: &str = "http://localhost:8080/oauth/quickbooks/callback";

/// The whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file it was read from.
    pub file: PathBuf,
    /// Name of the books' owner.
    pub tenant: String,
    /// Name of the audit log.
    pub origin: tlog::Origin,
    /// The SQLite file, relative to the data directory, unless a PostgreSQL address is given.
    pub sqlite: String,
    /// A PostgreSQL address and the schema in it.
    pub postgres: Option<(SecretText, Option<String>)>,
    /// The ledger.
    pub ledger: Ledger,
    /// The home currency of the ledger.
    pub home: Currency,
    /// The month with which the company's fiscal year begins, 1 to 12.
    pub fiscal_year_month: u8,
    /// What the company takes and demands of a document.
    pub region: quickbooks::Region,
    /// The time zone of the tenant.
    pub zone: Zone,
    /// The sources.
    pub sources: Vec<Source>,
    /// The rules file.
    pub rules: PathBuf,
    /// Every limit of the engine.
    pub limits: engine::Limits,
    /// Origins of values for `tieout doctor`: (setting, value, where it comes from).
    pub origins: Vec<(String, String, String)>,
}

/// The ledger connection.
#[derive(Debug, Clone)]
pub enum Ledger {
    /// The simulated company in this process.
    Simulator {
        /// Whether its rate limits are in force.
        throttle: bool,
        /// Seed of its pseudo-random choices.
        seed: u64,
    },
    /// QuickBooks Online, or a simulator over HTTP.
    QuickBooks {
        /// Where it is reached.
        addresses: Box<Addresses>,
        /// Where the consent page sends browsers back to.
        redirect_uri: String,
        /// Where the verifier tokens of its webhooks are.
        webhook_verifiers: Vec<SecretText>,
        /// The company.
        realm_id: String,
        /// Client id of the app.
        client_id: String,
        /// Client secret of the app.
        client_secret: SecretText,
    },
}

impl Settings {
    /// Reads and checks the configuration at `path`.
    pub fn read(path: &Path) -> Result<Self, Stop> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Stop::configuration(format!(
                "the configuration {} cannot be read ({e}); run `tieout init`, or name it with \
                 --config",
                path.display()
            ))
        })?;
        Self::parse(&text, path)
            .map_err(|e| Stop::configuration(format!("{}: {e}", path.display())))
    }

    /// Checks the text of a configuration; `path` only gives relative names their folder.
    pub fn parse(text: &str, path: &Path) -> Result<Self, String> {
        let file: FileText = suggest::read(text)?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let origin = tlog::Origin::new(file.tenant.origin.as_str())
            .map_err(|e| format!("tenant.origin: {e}"))?;
        let home: Currency =
            file.ledger.home_currency.parse().map_err(|e| format!("ledger.home_currency: {e}"))?;
        if !(1..=12).contains(&file.ledger.fiscal_year_month) {
            return Err("ledger.fiscal_year_month must be 1 to 12".to_owned());
        }
        let country = file.ledger.country.as_bytes();
        if country.len() != 2 || !country.iter().all(u8::is_ascii_uppercase) {
            return Err("ledger.country must be an ISO 3166 code of two capitals, e.g. GB".into());
        }
        let zone = Zone::named(&file.tenant.zone).map_err(|e| format!("tenant.zone: {e}"))?;
        let ledger = ledger(&file)?;
        let mut limits = engine::Limits::default();
        if matches!(ledger, Ledger::Simulator { throttle: false, .. }) {
            limits.unthrottled = true;
        }
        file.limits.apply(&mut limits)?;
        let sources = file
            .source
            .into_iter()
            .map(|s| source::check(s, &zone))
            .collect::<Result<Vec<_>, _>>()?;
        for (n, source) in sources.iter().enumerate() {
            if sources[..n].iter().any(|other| other.name == source.name) {
                return Err(format!("two sources are called `{}`; names are unique", source.name));
            }
        }
        let postgres = match (file.database.postgres, file.database.schema) {
            (Some(url), schema) => Some((url, schema)),
            (None, Some(_)) => return Err("database.schema is for PostgreSQL only".to_owned()),
            (None, None) => None,
        };
        Ok(Self {
            origins: origins(text),
            file: path.to_owned(),
            tenant: file.tenant.name,
            origin,
            sqlite: file.database.sqlite,
            postgres,
            ledger,
            home,
            fiscal_year_month: file.ledger.fiscal_year_month,
            region: quickbooks::Region {
                united_states: file.ledger.country == "US",
                multi_currency: file.ledger.multi_currency,
            },
            zone,
            sources,
            rules: folder.join(file.rules),
            limits,
        })
    }
}

fn ledger(file: &FileText) -> Result<Ledger, String> {
    let l = &file.ledger;
    match l.kind {
        LedgerKind::Simulator => {
            let foreign = [
                ("base_url", l.base_url.is_some()),
                ("consent_url", l.consent_url.is_some()),
                ("token_url", l.token_url.is_some()),
                ("revoke_url", l.revoke_url.is_some()),
                ("redirect_uri", l.redirect_uri.is_some()),
                ("webhook_verifiers", l.webhook_verifiers.is_some()),
                ("realm_id", l.realm_id.is_some()),
                ("client_id", l.client_id.is_some()),
                ("client_secret", l.client_secret.is_some()),
            ];
            match foreign.iter().find(|(_, given)| *given) {
                Some((name, _)) => Err(format!(
                    "ledger.{name} is for kind = \"quickbooks\"; take it out or change the kind"
                )),
                None => Ok(Ledger::Simulator {
                    throttle: l.throttle.unwrap_or(false),
                    seed: l.seed.unwrap_or(1),
                }),
            }
        }
        LedgerKind::Quickbooks => {
            if l.throttle.is_some() || l.seed.is_some() {
                return Err("ledger.throttle and ledger.seed are for kind = \"simulator\"".into());
            }
            let need = |name: &str, value: &Option<String>| {
                value.clone().ok_or_else(|| {
                    format!("ledger.{name} is missing; kind = \"quickbooks\" needs it")
                })
            };
            let or = |value: &Option<String>, default: &str| {
                value.clone().unwrap_or_else(|| default.to_owned())
            };
            Ok(Ledger::QuickBooks {
                addresses: Box::new(Addresses {
                    base_url: or(&l.base_url, quickbooks::PRODUCTION_URL),
                    consent_url: or(&l.consent_url, quickbooks::CONSENT_URL),
                    token_url: or(&l.token_url, quickbooks::TOKEN_URL),
                    revoke_url: or(&l.revoke_url, quickbooks::REVOKE_URL),
                }),
                redirect_uri: or(&l.redirect_uri, REDIRECT_DEFAULT),
                webhook_verifiers: l.webhook_verifiers.clone().unwrap_or_default(),
                realm_id: realm(&need("realm_id", &l.realm_id)?)?,
                client_id: need("client_id", &l.client_id)?,
                client_secret: l.client_secret.clone().ok_or(
                    "ledger.client_secret is missing; write { env = \"NAME\" } or { file = \"PATH\" }",
                )?,
            })
        }
    }
}

/// The company id as QuickBooks shows it to people, with blanks or dashes between the digits.
fn realm(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!(
            "ledger.realm_id `{text}` is no company id; QuickBooks shows it under Account and \
             settings, Billing: digits"
        ));
    }
    Ok(digits)
}

/// The values that the file states, flat, secrets shown by name only.
fn origins(text: &str) -> Vec<(String, String, String)> {
    fn walk(prefix: &str, value: &toml::Value, out: &mut Vec<(String, String, String)>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let path =
                        if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    walk(&path, value, out);
                }
            }
            toml::Value::Array(items) => {
                for (n, value) in items.iter().enumerate() {
                    walk(&format!("{prefix}[{n}]"), value, out);
                }
            }
            leaf => {
                let secret = prefix.ends_with("insecure_inline");
                let shown = if secret { "(hidden)".to_owned() } else { leaf.to_string() };
                out.push((prefix.to_owned(), shown, "file".to_owned()));
            }
        }
    }
    let mut out = Vec::new();
    if let Ok(value) = toml::from_str::<toml::Value>(text) {
        walk("", &value, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text, Path::new("data/tieout.toml"))
    }

    #[test]
    fn the_default_is_valid_and_so_is_every_line_it_offers() {
        let given = parse(DEFAULT).unwrap();
        assert!(given.sources.is_empty());
        let offered: String = DEFAULT
            .lines()
            .map(|l| l.strip_prefix("#: ").unwrap_or(l))
            .filter(|l| !l.starts_with("#!"))
            .collect::<Vec<_>>()
            .join("\n");
        let all = parse(&offered).unwrap();
        assert_eq!(all.sources.len(), offered.matches("\n[[source]]").count());
        assert_eq!(
            engine::Limits { unthrottled: false, ..all.limits },
            engine::Limits::default(),
            "the limits shown are the built-in ones"
        );
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_way_out() {
        for (text, expected) in [
            ("[tenant]\nnam = \"x\"", "did you mean `name`"),
            ("[limits]\nbatches_per_minut = 3", "did you mean `batches_per_minute`"),
            ("[limits]\nbatches_per_minute = \"3\"", "limits.batches_per_minute"),
            ("[limits]\nbatches_per_minute = 0", "at least 1"),
            ("[ledger]\nkind = \"quickbooks\"", "ledger.realm_id is missing"),
            ("[ledger]\nrealm_id = \"1\"", "kind = \"quickbooks\""),
            ("[ledger]\nredirect_uri = \"x\"", "kind = \"quickbooks\""),
            ("[ledger]\nkind = \"quickbooks\"\nrealm_id = \"x1\"", "no company id"),
            ("[ledger]\nhome_currency = \"dollars\"", "ledger.home_currency"),
            ("[ledger]\nfiscal_year_month = 13", "ledger.fiscal_year_month"),
            ("[ledger]\ncountry = \"England\"", "ledger.country"),
            ("[tenant]\nzone = \"Mars/Base\"", "tenant.zone"),
            ("[[source]]\nname = \"acme\"\nkind = \"shopify\"", "shopify:acme"),
            (
                "[[source]]\nname = \"shopify:a\"\nkind = \"shopify\"\nsecrets = [\"s3cret\"]",
                "source[0].secrets[0]",
            ),
            (
                "[[source]]\nname = \"shopify:a\"\nkind = \"shopify\"\nsecrets = []",
                "needs at least one secret",
            ),
            (
                "[[source]]\nname = \"square:a\"\nkind = \"square\"\nsecrets = [{ env = \"S\" }]",
                "notification_url is the address registered",
            ),
            (
                "[[source]]\nname = \"shopify:a\"\nkind = \"shopify\"\n\
                 secrets = [{ env = \"S\" }]\nnotification_url = \"https://x\"",
                "means nothing for shopify",
            ),
            ("[[source]]\nname = \"paypal:a\"\nkind = \"paypal\"", "webhook_ids = "),
            (
                "[[source]]\nname = \"paypal:a\"\nkind = \"paypal\"\nwebhook_ids = [\"W\"]\n\
                 secrets = [{ env = \"X\" }]",
                "signs with certificates",
            ),
            (
                "[[source]]\nname = \"shopify:a\"\nkind = \"shopify\"\n\
                 secrets = [{ env = \"X\" }]\nwebhook_ids = [\"W\"]",
                "`webhook_ids` means nothing for shopify",
            ),
            ("[database]\nschema = \"x\"", "PostgreSQL only"),
            ("what", "line 1"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}\n{error}");
        }
    }

    #[test]
    fn a_company_id_may_be_written_as_people_see_it() {
        let text = "[ledger]\nkind = \"quickbooks\"\nrealm_id = \"9130 3500-0000 0001\"\n\
                    client_id = \"a\"\nclient_secret = { env = \"X\" }\n\
                    webhook_verifiers = [{ env = \"V\" }, { file = \"v\" }]";
        let Ledger::QuickBooks { realm_id, redirect_uri, webhook_verifiers, .. } =
            parse(text).unwrap().ledger
        else {
            panic!("another ledger")
        };
        assert_eq!(realm_id, "9130350000000001");
        assert_eq!((redirect_uri.as_str(), webhook_verifiers.len()), (REDIRECT_DEFAULT, 2));
    }

    #[test]
    fn secrets_are_never_shown() {
        let text = "[[source]]\nname = \"shopify:a\"\nkind = \"shopify\"\n\
                    secrets = [{ insecure_inline = \"s3cret\" }]";
        let settings = parse(text).unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
