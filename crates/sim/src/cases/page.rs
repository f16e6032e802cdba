//! The page of the catalogue: for every case what is told, what is booked, and what decides it.

use super::index::{CHAPTERS, Chapter, cases_of, numbers};
use super::settings::Settings;
use super::{CaseFile, words};
use anyhow::{Context as _, Result, ensure};
use book::{Case, ClaimOutcome, Desired, PostingMode, Role, Rules};
use kernel::{Currencies, Document, FactBody, Money, ReasonCode, SubjectKind};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The page, from the root of the repository.
pub const PAGE: &str = "docs/reference/accounting-cases.md";

/// From the page to the root.
const UP: &str = "../..";

const HEAD: &str = "\
# Accounting cases

Written by `cargo xtask codegen` from `crates/book/tests/cases`; an edit here is lost. Every case is
run through the engine into a simulated QuickBooks company, whose trial balance is compared account
by account with the debits and credits below; *In QuickBooks* is what that company shows afterwards.
`crates/book/tests/cases/README.md` tells how cases are written.

";

/// The whole page; objects are those that the cases carry.
pub fn page(root: &Path, files: &[CaseFile]) -> Result<String> {
    let mut text = HEAD.to_owned();
    contents(files, &mut text);
    let mut written = BTreeSet::new();
    let mut settings = Settings::default();
    for chapter in &CHAPTERS {
        let _ = writeln!(text, "## {}\n", chapter.name);
        for number in chapter.numbers {
            for (file, case) in cases_of(files, *number) {
                if written.insert((&file.name, case.line)) {
                    self::case(root, file, case, &mut settings, &mut text)?;
                }
            }
        }
    }
    text.push_str("## Cases beside the catalogue\n\n");
    for file in files {
        for case in file.cases.iter().filter(|c| numbers(&c.name).is_empty()) {
            self::case(root, file, case, &mut settings, &mut text)?;
        }
    }
    // One line at the end, as in every file.
    Ok(text.trim_end().to_owned() + "\n")
}

fn contents(files: &[CaseFile], text: &mut String) {
    let total: usize = files.iter().map(|f| f.cases.len()).sum();
    let _ = writeln!(text, "{total} cases. Numbers are those of the catalogue.\n");
    for chapter in &CHAPTERS {
        let _ = writeln!(text, "**{}**\n", chapter.name);
        text.push_str("| number | case | file |\n|---:|---|---|\n");
        listed(files, chapter, text);
        text.push('\n');
    }
    text.push_str("**Cases beside the catalogue**\n\n| case | file |\n|---|---|\n");
    for file in files {
        for case in file.cases.iter().filter(|c| numbers(&c.name).is_empty()) {
            let title = title(case);
            let _ = writeln!(text, "| [{title}](#{}) | {} |", anchor(&title), link_of(file));
        }
    }
    text.push('\n');
}

fn listed(files: &[CaseFile], chapter: &Chapter, text: &mut String) {
    for number in chapter.numbers {
        let cases = cases_of(files, *number);
        if cases.is_empty() {
            let _ = writeln!(text, "| {number} | **missing** | |");
        }
        for (file, case) in cases {
            let name = capital(without_number(&case.name));
            let at = anchor(&title(case));
            let _ = writeln!(text, "| {number} | [{name}](#{at}) | {} |", link_of(file));
        }
    }
}

fn link_of(file: &CaseFile) -> String {
    format!("[{0}]({UP}/crates/book/tests/cases/{0}.toml)", file.name)
}

fn without_number(name: &str) -> &str {
    if numbers(name).is_empty() {
        return name;
    }
    name.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',' || c == ' ')
}

/// The text with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The heading of a case.
fn title(case: &Case) -> String {
    let numbers: Vec<String> = numbers(&case.name).iter().map(u16::to_string).collect();
    let name = capital(without_number(&case.name));
    if numbers.is_empty() { name } else { format!("{}. {name}", numbers.join(", ")) }
}

/// The anchor that renderers of Markdown give a heading.
fn anchor(title: &str) -> String {
    let kept = title.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn case(
    root: &Path,
    file: &CaseFile,
    case: &Case,
    settings: &mut Settings,
    text: &mut String,
) -> Result<()> {
    let own = case.rules(&file.rules)?;
    let rules = own.as_ref().unwrap_or(&file.rules);
    let _ = writeln!(text, "### {}\n", title(case));
    if !case.why.is_empty() {
        let _ = writeln!(text, "{}\n", case.why);
    }
    told(case, text);
    let decided = case.decide(rules, &case.facts);
    for document in decided.iter().flat_map(|d| &d.documents) {
        t_accounts(case, document, text);
    }
    unposted(root, case, &decided, text)?;
    let objects = case.quickbooks.as_deref().unwrap_or_default().trim();
    if objects.is_empty() {
        text.push_str("In QuickBooks: nothing.\n\n");
    } else {
        let _ = writeln!(text, "In QuickBooks:\n\n```text\n{objects}\n```\n");
    }
    deciders(root, file, case, rules, &decided, text)?;
    let deciding = settings.deciding(file, case)?;
    // What sales look like in summaries is no news to any case.
    let told = deciding.iter().filter(|(path, v)| !(*path == "posting.mode" && v == "per_order"));
    let named: Vec<String> = told.map(|(path, v)| format!("`{path} = {v}`")).collect();
    let more = if named.is_empty() {
        String::new()
    } else {
        format!(
            " With other values of these settings it comes out otherwise: {}.",
            named.join(", ")
        )
    };
    let _ = writeln!(text, "{more}\n");
    if !case.settings.trim().is_empty() {
        let _ = writeln!(text, "The case says:\n\n```toml\n{}\n```\n", case.settings.trim());
    }
    Ok(())
}

fn told(case: &Case, text: &mut String) {
    for fact in &case.facts {
        let _ = writeln!(text, "- {}", words::sentence(fact, case.currency));
    }
    let books = match case.currencies {
        Currencies::Unknown => None,
        Currencies::Only(home) => Some(format!("The books hold {home} only.")),
        Currencies::Several(home) => Some(format!("The books are kept in {home} and hold others.")),
    };
    if let Some(books) = books {
        let _ = writeln!(text, "- {books}");
    }
    let ledger = &case.ledger;
    if let Some(date) = ledger.closed_until {
        let _ = writeln!(text, "- The company's books are closed until {date}.");
    }
    for name in &ledger.vendors {
        let _ = writeln!(text, "- A vendor is called {name}.");
    }
    for (key, rate) in &ledger.rates {
        let _ = writeln!(text, "- Rate of {key}: {rate}.");
    }
    if ledger.answer_lost {
        text.push_str("- The answer of QuickBooks to the first document is lost.\n");
    }
    if ledger.forged {
        text.push_str("- The deliveries are signed with another secret.\n");
    }
    for (number, fields) in &ledger.edits {
        let _ = writeln!(text, "- A person changes document {number} in QuickBooks: `{fields}`.");
    }
    text.push('\n');
}

fn t_accounts(case: &Case, document: &Document, text: &mut String) {
    let mut head = capital(document.kind.title());
    if let Some(number) = &document.number {
        let _ = write!(head, " {number}");
    }
    let _ = write!(head, ", {}", document.date);
    if document.currency != case.currency {
        let _ = write!(head, ", {}", document.currency);
    }
    let _ = writeln!(text, "| {head} | Debit | Credit |\n|---|---:|---:|");
    let (debits, credits): (Vec<_>, Vec<_>) =
        document.postings().into_iter().partition(|p| p.amount_minor > 0);
    for posting in debits.iter().chain(&credits) {
        let amount = Money::new(posting.amount_minor.saturating_abs(), document.currency).to_text();
        let (debit, credit) =
            if posting.amount_minor > 0 { (amount.as_str(), "") } else { ("", amount.as_str()) };
        let _ = writeln!(text, "| {} | {debit} | {credit} |", posting.account);
    }
    text.push('\n');
}

/// What is held, excluded or still to come, each with the page that says what to do.
fn unposted(root: &Path, case: &Case, decided: &[Desired], text: &mut String) -> Result<()> {
    let mut lines = Vec::new();
    let money = |m: Money| if m.currency == case.currency { m.to_text() } else { m.to_string() };
    for desired in decided {
        for hold in &desired.holds {
            let amount = hold.amount.map(|a| format!(" {}", money(a))).unwrap_or_default();
            lines.push(format!("Exception {}{amount}: {}", reason(root, hold.code)?, hold.detail));
        }
        for claim in &desired.claims {
            let (word, code) = match &claim.outcome {
                ClaimOutcome::Excluded(code) => ("Not posted", code),
                ClaimOutcome::Pending(code) => ("Waits", code),
                _ => continue,
            };
            let amount = money(claim.amount);
            lines.push(format!("{word}, {}: `{}` {amount}", reason(root, *code)?, claim.key));
        }
    }
    for raised in &case.ledger.raises {
        let (code, amount) = raised.split_once(' ').unwrap_or((raised, ""));
        let code = ReasonCode::from_code(code).with_context(|| format!("`{raised}`: no code"))?;
        lines.push(format!("Exception {} {amount}", reason(root, code)?));
    }
    for line in &lines {
        let _ = writeln!(text, "- {}.", line.trim().trim_end_matches('.'));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
    Ok(())
}

fn reason(root: &Path, code: ReasonCode) -> Result<String> {
    let page = format!("docs/reason-codes/{}.md", code.code());
    ensure!(root.join(&page).exists(), "{page} is not there");
    Ok(format!("[{0}]({UP}/{page})", code.code()))
}

/// Which rule decides: the code that makes the documents, the settings that differ, and where the
/// accounts are named.
fn deciders(
    root: &Path,
    file: &CaseFile,
    case: &Case,
    rules: &Rules,
    decided: &[Desired],
    text: &mut String,
) -> Result<()> {
    let mut made = BTreeSet::new();
    for fact in &case.facts {
        made.insert(maker(&fact.body, fact.subject.kind));
    }
    if rules.mode() == PostingMode::DailySummary {
        made.insert("summary");
    }
    if matches!(case.currencies, Currencies::Several(_) | Currencies::Only(_)) {
        made.insert("abroad");
    }
    let mut links = Vec::new();
    for name in made {
        let path = format!("crates/book/src/make/{name}.rs");
        ensure!(root.join(&path).exists(), "{path} is not there");
        links.push(format!("[make/{name}.rs]({UP}/{path})"));
    }
    let _ = write!(text, "Decided by {}", links.join(", "));
    let named = accounts(rules, decided);
    if !named.is_empty() {
        let source = if file.own_rules {
            format!("crates/book/tests/cases/{}.rules.toml", file.name)
        } else {
            "crates/book/src/default_rules.toml".to_owned()
        };
        let names: Vec<String> = named.iter().map(|n| format!("`{n}`")).collect();
        let _ = write!(text, "; accounts by {} of [the rules]({UP}/{source})", names.join(", "));
    }
    text.push('.');
    Ok(())
}

/// The module of `book` that decides about a fact.
fn maker(body: &FactBody, kind: SubjectKind) -> &'static str {
    match body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) if o.credit => "credit",
        FactBody::OrderCreated(_) | FactBody::OrderUpdated(_) | FactBody::OrderCancelled(_) => {
            "sale"
        }
        FactBody::RefundIssued(_) | FactBody::RefundFailed(_) => "refund",
        FactBody::PayoutPaid(_) | FactBody::PayoutFailed(_) | FactBody::PayoutItemised(_) => {
            "payout"
        }
        FactBody::DisputeOpened(_) | FactBody::DisputeWon(_) | FactBody::DisputeLost(_) => {
            "dispute"
        }
        FactBody::OrderEdited(_) => "edit",
        FactBody::OrderFulfilled(_) => "fulfil",
        FactBody::ServiceScheduled(_) => "schedule",
        FactBody::PaymentReturned(_) | FactBody::ReceivableWrittenOff(_) => "receivable",
        FactBody::BalanceConverted(_) => "exchange",
        FactBody::CreditGranted(_) => "grant",
        FactBody::SellerPaid(_) => "seller",
        _ if kind == SubjectKind::Sale => "sale",
        _ => "money",
    }
}

/// The settings that name the accounts of the documents.
fn accounts(rules: &Rules, decided: &[Desired]) -> BTreeSet<String> {
    let documents = decided.iter().flat_map(|d| &d.documents);
    let used: BTreeSet<String> =
        documents.flat_map(Document::postings).map(|p| p.account).collect();
    let roles = Role::ALL.iter().filter(|r| used.contains(rules.account(**r)));
    let roles = roles.map(|r| format!("accounts.{}", r.as_str()));
    let clearing = rules.clearing_accounts().filter(|(_, account)| used.contains(*account));
    roles.chain(clearing.map(|(key, _)| format!("clearing.{key}"))).collect()
}
