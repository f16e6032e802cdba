//! What a simulated company is like, and how hard it is on its callers.

use serde::{Deserialize, Serialize};

use crate::faults::Faults;
use crate::profile::Region;

/// Everything that is decided before the first request. Two simulators with equal configuration and
/// equal requests give equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The company's id in every path; digits.
    pub realm_id: String,
    /// OAuth client id of the connected app.
    pub client_id: String,
    /// OAuth client secret of the connected app.
    pub client_secret: String,
    /// Redirect addresses registered for the app, separated by spaces; authorization and exchange
    /// must repeat one of them exactly.
    pub redirect_uri: String,
    /// What the consent page does.
    pub consent: Consent,
    /// Request limits and page sizes.
    pub limits: Limits,
    /// Faults of the network and the gateway; only [`crate::Simulator::call`] uses them.
    pub faults: Faults,
    /// Preferences of the company.
    pub prefs: CompanyPrefs,
    /// Whether the company starts with the lists and the two months of transactions of a sandbox,
    /// below id 145, rather than with empty books and a few names. The ids of what is new are the
    /// same.
    pub seed_data: bool,
    /// Source of all pseudo-random choices: tokens, tracing ids, faults.
    pub seed: u64,
    /// Life of an access token, seconds. 3,600 (quickbooks.md §1).
    pub access_token_seconds: i64,
    /// Rolling life of a refresh token, seconds. 8,726,400 is what servers send (quickbooks.md §1).
    pub refresh_token_seconds: i64,
    /// Hard life of a connection that refreshing cannot extend, seconds. 157,680,000 = five years
    /// (quickbooks.md §1).
    pub connection_seconds: i64,
    /// A refresh gives a new refresh token when the current one is at least this old, seconds. Zero:
    /// every refresh rotates, the strictest reading of quickbooks.md §1; 86,400 is the usual one.
    pub refresh_rotates_after_seconds: i64,
    /// Whether using a refresh token that was already rotated away ends the whole connection
    /// (quickbooks.md §1, "Intuit may see reuse as an attack").
    pub reuse_kills_connection: bool,
    /// Whether voiding an invoice with payments is allowed. Sources disagree (quickbooks.md §2).
    pub void_paid_invoice: bool,
    /// How long answers are kept for a repeated request id, seconds; undocumented, forever by default
    /// (quickbooks.md §2).
    pub request_id_seconds: Option<i64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            realm_id: "9130350000000001".to_owned(),
            client_id: "tieout-client".to_owned(),
            client_secret: "tieout-secret".to_owned(),
            redirect_uri: "http://localhost:8080/oauth/callback \
                           http://localhost:8080/oauth/quickbooks/callback"
                .to_owned(),
            consent: Consent::Ask,
            limits: Limits::default(),
            faults: Faults::default(),
            prefs: CompanyPrefs::default(),
            seed_data: false,
            seed: 1,
            access_token_seconds: 3_600,
            refresh_token_seconds: 8_726_400,
            connection_seconds: 157_680_000,
            refresh_rotates_after_seconds: 0,
            reuse_kills_connection: true,
            void_paid_invoice: true,
            request_id_seconds: None,
        }
    }
}

impl Config {
    pub(crate) fn redirect_uris(&self) -> impl Iterator<Item = &str> {
        self.redirect_uri.split_whitespace()
    }
}

/// What the consent page does when an app sends a person to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Shows a page with the companies and two buttons.
    Ask,
    /// Consents at once to the company of the parameter `realmId`, or else to the first.
    Allow,
    /// Refuses at once.
    Deny,
}

/// Limits of quickbooks.md §6. A rate of zero means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests per realm in any 60 seconds.
    pub requests_per_minute: u32,
    /// Requests per realm and app in any second.
    pub requests_per_second: u32,
    /// Requests of the app in any 60 seconds, all companies together; a host counts them. Intuit counts
    /// its other APIs along (quickbooks.md §6).
    pub requests_per_minute_app: u32,
    /// Reports per realm in any 60 seconds; from older documentation (quickbooks.md §6).
    pub reports_per_minute: u32,
    /// Batch requests per realm and app in any 60 seconds.
    pub batches_per_minute_app: u32,
    /// Batch requests per realm in any 60 seconds.
    pub batches_per_minute_realm: u32,
    /// Items in one batch.
    pub batch_items: usize,
    /// Rows of one query page.
    pub query_rows: usize,
    /// Objects of one change-data answer, over all types.
    pub changed_objects: usize,
    /// How many days back change data reaches. 30 is documented; a recorded answer went back for
    /// years (quickbooks.md §5), so 0, no bound, is the default.
    pub change_days: i64,
    /// Lines of one transaction.
    pub txn_lines: usize,
    /// Largest file of an upload, bytes (6030). 100 MB in the product.
    pub upload_bytes: usize,
    /// Largest answer of a query or report, bytes; a larger one is refused with 10100.
    pub answer_bytes: usize,
    /// CorePlus calls in a calendar month (UTC), after which they are refused until the next; 500,000
    /// without a paid plan. Zero, no limit, is the sandbox (quickbooks.md §6).
    pub core_plus_per_month: u64,
    /// A request that takes longer is ended by the server, seconds; 120 (quickbooks.md §2).
    pub request_seconds: u32,
    /// Only the rates are lifted; the meter still counts what would have broken them.
    pub lifted: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 500,
            requests_per_second: 10,
            requests_per_minute_app: 800,
            reports_per_minute: 200,
            batches_per_minute_app: 40,
            batches_per_minute_realm: 120,
            batch_items: 30,
            query_rows: 1_000,
            changed_objects: 1_000,
            change_days: 0,
            txn_lines: 10_000,
            upload_bytes: 100 << 20,
            answer_bytes: 64 << 20,
            core_plus_per_month: 0,
            request_seconds: 120,
            lifted: false,
        }
    }
}

/// Conditions in which a company refuses every call (quickbooks.md §7, codes 120 to 150).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// It works.
    #[default]
    Normal,
    /// The person who connected the app was removed from the company: 120.
    UserRemoved,
    /// The company was moved to other servers: 130.
    WrongCluster,
    /// Someone works on the whole company: 140.
    LockedOut,
    /// The company is under maintenance: 150.
    UnderMaintenance,
}

/// Company preferences that change behaviour (quickbooks.md §8). Default: a fresh US company with
/// Automated Sales Tax off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the real preferences page"
)]
pub struct CompanyPrefs {
    /// Name of the company.
    pub company_name: String,
    /// ISO code of the home currency; it never changes.
    pub home_currency: String,
    /// Where the company is; it never changes.
    pub region: Region,
    /// Custom transaction numbers: sent numbers must be unique per type, none is made up.
    pub custom_txn_numbers: bool,
    /// Automated Sales Tax: tax is stored only for documents with a ship-to address.
    pub automated_sales_tax: bool,
    /// Whether sales tax is used at all; when off, sent tax is ignored.
    pub using_sales_tax: bool,
    /// Whether a discount line is allowed on sales forms.
    pub allow_discount: bool,
    /// Whether the shipping item is allowed on sales forms.
    pub allow_shipping: bool,
    /// Names of the text fields on sales forms; three at most count.
    pub custom_fields: Vec<String>,
    /// Open credits of a customer are applied to its invoices as soon as both are there.
    pub auto_apply_credit: bool,
    /// A bill number that another bill of the vendor has is refused with 6140.
    pub warn_duplicate_bill_number: bool,
    /// Last day of the closed books, `YYYY-MM-DD`.
    pub book_close_date: Option<String>,
    /// Whether a password would open the closed books: 6210 instead of 6200 (quickbooks.md §7).
    pub book_close_password: bool,
    /// First month of the fiscal year, 1 to 12. What a year earned is in retained earnings from the
    /// first day of the next.
    pub fiscal_year_start_month: u8,
    /// One class per line.
    pub class_tracking_per_line: bool,
    /// One class per sales form; what its lines are given is left out unless lines have classes too.
    pub class_tracking_per_transaction: bool,
    /// Locations; off, they are left out.
    pub track_departments: bool,
    /// The subscription ended: every company call is refused with 6190.
    pub subscription_ended: bool,
    /// Several currencies. Once on it stays on (quickbooks.md §8).
    pub multi_currency: bool,
    /// Whether the company can be reached at all.
    pub condition: Condition,
    /// Days until an invoice is due when no term is given; 30 in a sandbox.
    pub default_due_days: i64,
    /// Display name of the person named in stale-object messages.
    pub user_name: String,
}

impl Default for CompanyPrefs {
    fn default() -> Self {
        Self {
            company_name: "Harbour Lane Trading Co.".to_owned(),
            home_currency: "USD".to_owned(),
            region: Region::UnitedStates,
            custom_txn_numbers: false,
            automated_sales_tax: false,
            using_sales_tax: true,
            allow_discount: true,
            allow_shipping: false,
            custom_fields: Vec::new(),
            auto_apply_credit: false,
            warn_duplicate_bill_number: false,
            book_close_date: None,
            book_close_password: true,
            fiscal_year_start_month: 1,
            class_tracking_per_line: true,
            class_tracking_per_transaction: false,
            track_departments: true,
            subscription_ended: false,
            multi_currency: false,
            condition: Condition::Normal,
            default_due_days: 30,
            user_name: "Office Manager".to_owned(),
        }
    }
}
