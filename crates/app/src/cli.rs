//! The command line.

use crate::exit::EXIT_CODES;
use clap::{Args, Parser, Subcommand};
use kernel::BusinessDate;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Posts every cent of orders, payments and payouts to the ledger once, proves it posted, and
/// explains it.
#[derive(Debug, Parser)]
#[command(
    name = "tieout",
    version,
    after_help = "Start with `tieout demo --once`, or `tieout init` and `tieout serve`.\n\
                  `tieout help COMMAND` shows examples; `tieout exit-codes` lists the exit codes.",
    after_long_help = format!(
        "Start with `tieout demo --once`, or `tieout init` and `tieout serve`.\n\
         `tieout help COMMAND` shows examples.\n\n{EXIT_CODES}"
    ),
    max_term_width = 100,
    propagate_version = true
)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Below the options of `quickbooks-sim`.
const QUICKBOOKS_SIM_HELP: &str = "\
Without --data everything is in memory. --data FILE keeps it: options that make companies
(--profile, --company, --empty, --seed) count when the file is made, the others at every start.

Profiles: us-ast, us-no-tax, uk-vat, ca-gst, eu. Faults: refused, lost_before, lost_after, held_up,
late, cut, garbage, unauthorized, throttled, server_error, ok_fault, ambiguous, silent_noop, or all;
per mille.

Examples:
  tieout quickbooks-sim --port 8090 --profile us-ast
  tieout quickbooks-sim --data company.qbo --webhook http://127.0.0.1:3000/hook --verifier TOKEN
  tieout quickbooks-sim --faults lost_after=20,throttled=50 --seed 7 --consent allow

docs/how-to/quickbooks-sim.md shows clients in several languages and the control API.";

/// Options of `quickbooks-sim`.
#[derive(Debug, Clone, Args)]
pub struct QuickbooksSimArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8090)]
    pub port: u16,
    /// Address and port in place of --port; other machines reach it when it is not 127.0.0.1
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "port")]
    pub listen: Option<SocketAddr>,
    /// What the first company is like
    #[arg(long, value_name = "PROFILE", default_value = "us-ast")]
    pub profile: quickbooks_sim::Profile,
    /// One more company of a profile; may be repeated
    #[arg(long, value_name = "PROFILE")]
    pub company: Vec<quickbooks_sim::Profile>,
    /// A switch of the first company, e.g. custom_txn_numbers=true; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub pref: Vec<String>,
    /// A few names and empty books in place of a sandbox's lists and transactions
    #[arg(long)]
    pub empty: bool,
    /// Source of all pseudo-random choices
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Faults of network and gateway, per mille of calls by kind
    #[arg(long, value_name = "KIND=N,...")]
    pub faults: Option<String>,
    /// Without QuickBooks' limits on requests
    #[arg(long)]
    pub no_throttle: bool,
    /// CorePlus calls in a month, after which reads are refused; 0: no limit
    #[arg(long, value_name = "N")]
    pub core_plus: Option<u64>,
    /// Where changes are told
    #[arg(long, value_name = "URL", requires = "verifier")]
    pub webhook: Option<String>,
    /// The token that signs webhooks
    #[arg(long, value_name = "TOKEN", requires = "webhook")]
    pub verifier: Option<String>,
    /// Format of webhooks
    #[arg(long, value_name = "FORMAT", value_parser = ["cloud-events", "event-notifications"])]
    pub webhook_format: Option<String>,
    /// What the consent page does
    #[arg(long, value_name = "DO", value_parser = ["ask", "allow", "deny"])]
    pub consent: Option<String>,
    /// A redirect address of the app; may be repeated
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Vec<String>,
    /// Client id of the app
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Client secret of the app
    #[arg(long, value_name = "SECRET")]
    pub client_secret: Option<String>,
    /// The companies' time at the start, e.g. 2026-03-02T10:00:00Z
    #[arg(long, value_name = "TIME")]
    pub clock: Option<String>,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The data directory: configuration, key, database
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "TIEOUT_DATA",
        hide_env_values = true,
        help_heading = "Global"
    )]
    pub data: Option<PathBuf>,
    /// The configuration [default: tieout.toml in the data directory]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global")]
    pub config: Option<PathBuf>,
    /// PostgreSQL in place of the SQLite file: postgres://role@host/database
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "TIEOUT_DATABASE",
        hide_env_values = true,
        help_heading = "Global"
    )]
    pub database: Option<String>,
    /// Print JSON for machines
    #[arg(long, global = true, help_heading = "Global")]
    pub json: bool,
    /// End with exit code 5 when another process works on the same data, instead of waiting
    #[arg(long, global = true, help_heading = "Global")]
    pub no_wait: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a data directory: configuration, rules, key, database
    #[command(after_help = "Examples:\n  tieout init\n  tieout init ./books\n\n\
                            Nothing that exists is overwritten.")]
    Init {
        /// The directory [default: --data, else ./tieout-data]
        dir: Option<PathBuf>,
    },
    /// Run one shop's month on a simulated company, with faults, and judge the books
    #[command(after_help = "Examples:\n  tieout demo --once\n  \
                            tieout demo --orders 50000 --seed 7 --once --json\n\n\
                            Ends with exit code 3 if a promise fails.")]
    Demo(DemoArgs),
    /// Connect the ledger: the owner of the company gives consent
    #[command(after_help = "Examples:\n  tieout connect quickbooks\n  \
                            tieout connect quickbooks --open\n\n\
                            Needed once, again after consent was withdrawn, and before the day \
                            that `tieout status` names. It runs beside `tieout serve`, which then \
                            takes the answer; the same company goes on where it stopped, another \
                            one is refused.")]
    Connect(ConnectArgs),
    /// Disconnect the ledger: end the connection there and wipe its tokens here
    #[command(after_help = "Example:\n  tieout disconnect quickbooks\n\n\
                            It runs beside `tieout serve`, which then waits. What was posted stays \
                            known, what waits stays as it is, and `tieout connect` for the same \
                            company goes on.")]
    Disconnect(DisconnectArgs),
    /// The keys under which tokens are stored
    Key {
        /// What to do.
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Up to when the books are closed
    Period {
        /// What to do.
        #[command(subcommand)]
        command: PeriodCommand,
    },
    /// Receive webhooks and keep the ledger up to date
    #[command(after_help = "Examples:\n  tieout serve\n  \
                            tieout serve --listen 0.0.0.0:8080 --token-file ./api-token\n\n\
                            Sources post to http://ADDRESS/webhooks/SOURCE.\n\
                            SIGTERM or Ctrl-C ends it after the calls under way.")]
    Serve {
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// File with the bearer token for the views under /v1; needed for them beyond loopback
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
    /// Import a file: orders as CSV or NDJSON, or a report of a source, plain or gzip
    #[command(after_help = "Examples:\n  tieout import sales.csv --mapping import.toml\n  \
                            tieout import sales.csv.gz --mapping import.toml --no-apply\n  \
                            tieout import settlement.txt --source amazon:acme\n  \
                            tieout import settlement_detail_report_batch_12.csv --source \
                            adyen:acme\n\n\
                            The bytes are kept first. Stopped at any point, the same command \
                            goes on where it was.")]
    Import {
        /// The file
        file: PathBuf,
        /// How its columns are read (TOML)
        #[arg(long, value_name = "FILE", required_unless_present = "source")]
        mapping: Option<PathBuf>,
        /// The source of the configuration that made it: it is read as what that source delivers
        #[arg(long, value_name = "SOURCE", conflicts_with = "mapping")]
        source: Option<String>,
        /// Only read the file in; post nothing
        #[arg(long)]
        no_apply: bool,
    },
    /// Read what sources list as changed since a day: heals what webhooks did not deliver
    #[command(after_help = "Examples:\n  tieout backfill --since 2026-01-01\n  \
                            tieout backfill shopify:acme --since 2026-01-01\n\n\
                            `tieout serve` reads the lists by itself, from the day it first saw \
                            them on. This reads what lies before. Repeated it changes nothing.")]
    Backfill {
        /// One source; without it, all that have `poll` in the configuration
        source: Option<String>,
        /// The first day, in the time zone of the tenant
        #[arg(long, value_name = "YYYY-MM-DD")]
        since: BusinessDate,
    },
    /// Compare what sources list with what is known here, day by day: ids, counts and totals
    #[command(
        after_help = "Examples:\n  tieout completeness --from 2026-03-01 --to 2026-03-31\n  \
                            tieout completeness shopify:acme --from 2026-03-01 --to 2026-03-31\n\n\
                            Reads the lists anew and keeps nothing of them. A hole is SRC-004 with \
                            the amount at stake, and `tieout backfill` fills it; what is gone or \
                            changed at the source is SRC-006. `tieout serve` compares the last \
                            eight days once a day.\n\
                            Ends with exit code 4 when anything differs."
    )]
    Completeness {
        /// One source; without it, all that have `poll` in the configuration
        source: Option<String>,
        /// The first day, in the time zone of the source
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: BusinessDate,
        /// The last day
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: BusinessDate,
    },
    /// Decide what would be written, and write nothing
    #[command(after_help = "Example:\n  tieout plan")]
    Plan,
    /// Write to the ledger what is decided, and verify it
    #[command(after_help = "Example:\n  tieout apply\n\nStopped at any point, the same command \
                            goes on; what was under way is looked for before it is sent again.")]
    Apply,
    /// How things stand, in one screen
    #[command(after_help = "Examples:\n  tieout status\n  tieout status --check")]
    Status {
        /// End with exit code 3 on a difference, 4 when exceptions wait for a person
        #[arg(long)]
        check: bool,
    },
    /// Everything about one order, payout, dispute or document
    #[command(after_help = "Examples:\n  tieout explain 1001\n  tieout explain po_1Nx\n  \
                            tieout explain shopify:acme/order/1001/receipt")]
    Explain {
        /// Order number, payout or dispute id, document number, business key or subject
        word: String,
    },
    /// Items that need a decision
    Exceptions {
        /// What to do.
        #[command(subcommand)]
        command: ExceptionCommand,
    },
    /// Where every cent went: received = posted + pending + held + excluded
    #[command(
        after_help = "Examples:\n  tieout statement\n  tieout statement --period 2026-01\n  \
                            tieout statement --check-ledger\n\n\
                            Ends with exit code 3 on a difference."
    )]
    Statement {
        /// One accounting period, YYYY-MM
        #[arg(long, value_name = "YYYY-MM")]
        period: Option<String>,
        /// Also compare the sub-ledger with the ledger's own trial balance (one metered call)
        #[arg(long)]
        check_ledger: bool,
    },
    /// The mapping rules
    Rules {
        /// What to do.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// The audit log
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Check configuration, key, database, ledger and clock
    #[command(after_help = "Example:\n  tieout doctor")]
    Doctor,
    /// Offer simulated QuickBooks companies over HTTP, for tests of other programs
    #[command(after_help = QUICKBOOKS_SIM_HELP)]
    QuickbooksSim(Box<QuickbooksSimArgs>),
    /// Print a shell completion script
    #[command(after_help = "Example:\n  tieout completions bash > /etc/bash_completion.d/tieout")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Explain a reason code
    #[command(after_help = "Examples:\n  tieout reason PER-001\n  tieout reason")]
    Reason {
        /// The code; without it all codes are listed
        code: Option<String>,
    },
    /// List the exit codes
    #[command(after_help = EXIT_CODES)]
    ExitCodes,
}

/// `tieout demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Orders in the month
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    pub orders: u32,
    /// Seed of everything that is random: shop, faults, moments at which the worker is killed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// End after the report instead of serving
    #[arg(long)]
    pub once: bool,
    /// Address to serve on afterwards
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// Kinds of ledger that are connected by consent.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub enum LedgerName {
    /// QuickBooks Online.
    #[default]
    Quickbooks,
}

/// `tieout connect`.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// The ledger
    #[arg(value_enum, default_value_t, hide_possible_values = true)]
    pub ledger: LedgerName,
    /// Where the consent page sends the browser [default: ledger.redirect_uri]. It must be
    /// registered for the app, letter by letter
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Option<String>,
    /// Open the address in the browser of this machine
    #[arg(long)]
    pub open: bool,
    /// Who asks, for the audit log
    #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
    pub by: String,
}

/// `tieout disconnect`.
#[derive(Debug, Clone, Args)]
pub struct DisconnectArgs {
    /// The ledger
    #[arg(value_enum, default_value_t, hide_possible_values = true)]
    pub ledger: LedgerName,
    /// Wipe the tokens also when the ledger cannot be told
    #[arg(long)]
    pub force: bool,
    /// Who decides, for the audit log
    #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
    pub by: String,
}

/// `tieout key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List the keys by id, and what is sealed with them
    List,
    /// Make a new key, seal everything with it, and take the old one out
    #[command(after_help = "Examples:\n  tieout key rotate\n  \
                            TIEOUT_KEY=NEW,OLD tieout key rotate\n\n\
                            Stop `tieout serve` first. Cut off at any point, everything can still \
                            be opened and the same command finishes it.")]
    Rotate {
        /// Who decides, for the audit log
        #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
        by: String,
    },
}

/// `tieout period`.
#[derive(Debug, Subcommand)]
pub enum PeriodCommand {
    /// Show up to when the books are closed, in the ledger and in Tieout
    Show,
    /// Close the books in Tieout up to and including a day
    #[command(after_help = "Example:\n  tieout period close 2026-03-31\n\n\
                            From the next transaction on nothing is posted on those days, changed \
                            or removed there; what would be is held (PER-002). An earlier day than \
                            before opens days again and needs --note.")]
    Close {
        /// The last closed day, YYYY-MM-DD
        date: String,
        /// Why, at least 20 characters when days are opened; kept for the auditor
        #[arg(long, default_value = "")]
        note: String,
        /// Who decides, for the audit log
        #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
        by: String,
    },
    /// Open every day in Tieout; the closing date of the ledger stays
    #[command(after_help = "Example:\n  tieout period open --note 'invoice 1001 was missing, \
                            agreed with the controller'\n\nWhat was held goes on by itself.")]
    Open {
        /// Why, at least 20 characters; kept for the auditor
        #[arg(long)]
        note: String,
        /// Who decides, for the audit log
        #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
        by: String,
    },
}

/// `tieout exceptions`.
#[derive(Debug, Subcommand)]
pub enum ExceptionCommand {
    /// List open exceptions, oldest first
    #[command(after_help = "Examples:\n  tieout exceptions list\n  \
                            tieout exceptions list --group-by cause --check")]
    List {
        /// One row per cause instead of one per exception
        #[arg(long, value_enum)]
        group_by: Option<GroupBy>,
        /// Most rows
        #[arg(long, default_value_t = 200)]
        limit: u32,
        /// End with exit code 4 when there are any
        #[arg(long)]
        check: bool,
    },
    /// Show one exception with its reason page
    Show {
        /// Its id
        id: String,
    },
    /// Try again as it is: after a change of rules, configuration or source
    Retry {
        /// Its id
        id: String,
        /// Why, for the audit log
        #[arg(long, default_value = "")]
        note: String,
        /// Who decides, for the audit log
        #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
        by: String,
    },
    /// Decide about a document that differs in the ledger, or close an exception
    #[command(after_help = "Examples:\n  tieout exceptions resolve 0197… --restore --note \
                            'edited by mistake, our receipt is right'\n  \
                            tieout exceptions resolve 0197… --close --note \
                            'test order, agreed with the shop on 3 May'")]
    Resolve {
        /// Its id
        id: String,
        /// Write our content over what the ledger holds
        #[arg(long, conflicts_with = "close", required_unless_present = "close")]
        restore: bool,
        /// Close it; nothing is written
        #[arg(long)]
        close: bool,
        /// Why, at least 20 characters; kept for the auditor
        #[arg(long)]
        note: String,
        /// Who decides, for the audit log
        #[arg(long, env = "USER", hide_env_values = true, default_value = "unknown")]
        by: String,
    },
}

/// How exceptions are grouped.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum GroupBy {
    /// By reason code and currency.
    Cause,
}

/// `tieout rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Run a file of rule tests against the rules
    #[command(after_help = "Example:\n  tieout rules test rules-test.toml --rules rules.toml")]
    Test {
        /// The tests
        file: PathBuf,
        /// The rules [default: those of the configuration]
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
    },
    /// Compile the rules and say what is wrong with them
    Check {
        /// The rules [default: those of the configuration]
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
    },
    /// Print the rules in force
    Show,
}

/// `tieout audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify every entry, every fact and every delivery, and print the checkpoint
    #[command(after_help = "Example:\n  tieout audit verify\n\nEnds with exit code 3 when \
                            anything was changed, removed or swapped.")]
    Verify,
}
