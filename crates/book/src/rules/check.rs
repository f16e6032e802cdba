//! From the text of a rules file to compiled rules.

use super::condition::{self, Domain};
use super::error::{line_of, nearest};
use super::mapping::{Rule, Ruleset, Then};
use super::policy::Policy;
use super::text::{
    AccountText, CustomerMode, MoneyAccount, RefundUnitemised, RefundUnlinked, RuleText, RulesText,
    TaxMode, ThenText, Treat,
};
use super::{Account, Rules, RulesError};
use crate::role::Role;
use cel::Env;
use kernel::{AccountType, ReasonCode, Reference};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a category of balance movement means when `[entries]` says nothing (case 106; Stripe's
/// reporting categories, sources-and-cases.md A2; Amazon's rows, A8). `None`: booked by the facts of its own.
const ENTRIES: [(&str, Option<Role>); 24] = [
    ("adjustment", Some(Role::PayoutAdjustments)),
    ("advertising", Some(Role::Advertising)),
    // What one batch of Adyen hands on to the next stays where it is.
    ("balance_transfer", None),
    ("charge", None),
    ("charge_failure", None),
    ("dispute", Some(Role::DisputesReceivable)),
    ("dispute_reversal", Some(Role::DisputesReceivable)),
    ("fba_fee", Some(Role::FulfilmentFees)),
    ("fee", Some(Role::ProcessorFees)),
    ("loan_advance", Some(Role::Loans)),
    ("loan_interest", Some(Role::Interest)),
    ("loan_repayment", Some(Role::Loans)),
    ("network_cost", Some(Role::ProcessorFees)),
    ("other_adjustment", Some(Role::PayoutAdjustments)),
    ("partial_capture_reversal", None),
    ("payment", None),
    ("refund", None),
    ("refund_failure", None),
    ("reimbursement", Some(Role::Reimbursements)),
    ("reserve", Some(Role::Reserve)),
    ("reserve_release", Some(Role::Reserve)),
    ("risk_reserved_funds", Some(Role::Reserve)),
    // A seller's share is told by a fact of its own.
    ("seller_share", None),
    ("tax", Some(Role::ProcessorFees)),
];

/// What pays without money when `[tenders]` says nothing (cases 55, 61 and 64).
const TENDERS: [(&str, Role); 4] = [
    ("gift_card", Role::GiftCards),
    // Nobody paid for them: using one is a discount.
    ("loyalty", Role::Discounts),
    ("promotional_card", Role::Discounts),
    ("store_credit", Role::StoreCredit),
];

/// Checks and compiles.
pub(crate) fn compile(source: &str, text: RulesText) -> Result<Rules, RulesError> {
    let TaxMode::Line = text.posting.tax;
    if text.version.trim().is_empty() {
        return Err(RulesError::new(None, "version", "is empty", "state one, e.g. \"2026-01\""));
    }
    numbers(&text)?;
    let named_as = &text.customer.named_as;
    if !named_as.contains("{name}") || named_as.chars().count() > 26 {
        let what = format!("`{named_as}` does not name the buyer");
        let fix = "use {name} and at most 20 other characters, e.g. \"{name} (customer)\"";
        return Err(RulesError::new(None, "customer.named_as", what, fix));
    }
    let mut book = Book::default();
    let mut roles = Vec::with_capacity(Role::ALL.len());
    for (role, given) in text.accounts.into_roles() {
        let (name, kind) = role.built_in();
        let given =
            given.unwrap_or(AccountText { name: name.to_owned(), account_type: None, item: None });
        let kind = given.account_type.unwrap_or(kind);
        let path = format!("accounts.{}", role.as_str());
        roles.push(book.account(&path, given.name, kind, given.item)?);
    }
    if let Some(name) = text.tax.default {
        let role = &mut roles[Role::SalesTax as usize];
        *role = book.account("tax.default", name, AccountType::OtherCurrentLiability, None)?;
    }
    let liability = AccountType::OtherCurrentLiability;
    let plain = |(key, name)| (key, AccountText { name, account_type: None, item: None });
    let jurisdictions = text.tax.jurisdiction.into_iter().map(plain);
    let tax = book.named("tax.jurisdiction", jurisdictions, liability)?;
    let typed = |(key, account): (String, MoneyAccount)| (key, account.0);
    let clearing = text.clearing.into_iter().map(typed);
    let clearing = book.named("clearing", clearing, AccountType::Bank)?;
    let banks = book.named("banks", text.banks.into_iter().map(typed), AccountType::Bank)?;
    let kept_in = super::currencies::kept_in(&[("clearing", &clearing), ("banks", &banks)])?;
    super::currencies::check(&text.currencies)?;
    text.locations.check("locations")?;
    text.classes.check("classes")?;
    let entries = entries(source, text.entries)?;
    let tenders = tenders(source, text.tenders, &clearing, &roles)?;
    let policy = Policy::of(&text.posting);
    let env = condition::environment();
    let mut compiled: BTreeMap<Domain, Vec<Rule>> = BTreeMap::new();
    for rule in text.rule {
        let (domain, rule) = rule_of(source, &env, rule, &roles, &mut book)?;
        compiled.entry(domain).or_default().push(rule);
    }
    let mut set =
        |domain| Ruleset::new(Arc::clone(&env), compiled.remove(&domain).unwrap_or_default());
    Ok(Rules {
        text: source.to_owned(),
        version: text.version,
        mode: text.posting.mode,
        sale: text.posting.sale,
        fees: text.posting.fees,
        fees_of: text.fees,
        unitemised_to_returns: text.posting.refund_unitemised == RefundUnitemised::Returns,
        unlinked_to_suspense: text.posting.refund_unlinked == RefundUnlinked::Suspense,
        small_difference_minor: text.posting.small_difference_minor,
        policy,
        tenders,
        named_customers: text.customer.mode == CustomerMode::Named,
        channel_customer: text.customer.channel_name,
        named_as: text.customer.named_as,
        numbers: text.numbers,
        currencies: text.currencies,
        kept_in,
        locations: text.locations,
        classes: text.classes,
        line_rules: set(Domain::Line),
        class_rules: set(Domain::Class),
        adjustment_rules: set(Domain::Adjustment),
        fee_rules: set(Domain::Fee),
        entry_rules: set(Domain::Entry),
        roles,
        clearing,
        banks,
        tax,
        entries,
        accounts: book.accounts,
        items: book.items,
    })
}

/// Accounts and items named so far.
#[derive(Default)]
struct Book {
    accounts: BTreeMap<String, Reference>,
    items: BTreeMap<String, Reference>,
}

impl Book {
    fn account(
        &mut self,
        path: &str,
        name: String,
        account_type: AccountType,
        item: Option<String>,
    ) -> Result<Account, RulesError> {
        let item = item.unwrap_or_else(|| name.clone());
        for text in [&name, &item] {
            let bad = |c: char| c == ':' || c == '"' || c.is_control();
            if text.trim().is_empty() || text.chars().count() > 100 || text.contains(bad) {
                let what = format!("`{text}` is no name the ledger accepts");
                let fix = "use 1 to 100 characters without colon, quote or line end";
                return Err(RulesError::new(None, path, what, fix));
            }
        }
        let account = Reference::Account { name: name.clone(), account_type, currency: None };
        let known = self.accounts.entry(name.clone()).or_insert_with(|| account.clone());
        if *known != account {
            let what = format!("account `{name}` is named before with another type");
            return Err(RulesError::new(None, path, what, "give it one type everywhere"));
        }
        let made = Reference::Item { name: item.clone(), account: name.clone() };
        let known = self.items.entry(item.clone()).or_insert_with(|| made.clone());
        if *known != made {
            let what = format!("item `{item}` is named before with another account");
            return Err(RulesError::new(None, path, what, "give each account its own item"));
        }
        Ok(Account { name, item, account_type })
    }

    fn named(
        &mut self,
        table: &str,
        names: impl IntoIterator<Item = (String, AccountText)>,
        account_type: AccountType,
    ) -> Result<BTreeMap<String, Account>, RulesError> {
        let account = |(key, text): (String, AccountText)| {
            let path = format!("{table}.{key}");
            // An account that a role names already keeps the type given there.
            let known = match self.accounts.get(&text.name) {
                Some(Reference::Account { account_type, .. }) => *account_type,
                _ => account_type,
            };
            let account_type = text.account_type.unwrap_or(known);
            Ok((key, self.account(&path, text.name, account_type, text.item)?))
        };
        names.into_iter().map(account).collect()
    }
}

fn numbers(text: &RulesText) -> Result<(), RulesError> {
    for (name, pattern) in text.numbers.all() {
        let path = format!("numbers.{name}");
        let summary = name == "summary";
        let allowed: &[&str] = if summary {
            &["{date}", "{channel}", "{source}"]
        } else {
            &["{number}", "{id}", "{channel}", "{source}"]
        };
        let mut rest = pattern.to_owned();
        for placeholder in allowed {
            rest = rest.replace(placeholder, "");
        }
        if rest.contains(['{', '}']) {
            let what = format!("`{pattern}` has a placeholder nobody knows");
            return Err(RulesError::new(None, path, what, format!("use {}", allowed.join(", "))));
        }
        let unique = if summary {
            pattern.contains("{date}")
        } else {
            pattern.contains("{number}") || pattern.contains("{id}")
        };
        if !unique || rest.len() > 8 {
            let what = format!("`{pattern}` cannot give unique numbers of at most 21 characters");
            let fix = "use a placeholder such as {number} and at most 8 other characters";
            return Err(RulesError::new(None, path, what, fix));
        }
    }
    Ok(())
}

fn entries(
    source: &str,
    given: BTreeMap<String, toml::Spanned<String>>,
) -> Result<BTreeMap<String, Option<Role>>, RulesError> {
    let mut entries: BTreeMap<String, Option<Role>> =
        ENTRIES.iter().map(|(category, role)| ((*category).to_owned(), *role)).collect();
    for (category, meaning) in given {
        let line = Some(line_of(source, meaning.span().start));
        let meaning = meaning.into_inner();
        let role = if meaning == "booked" {
            None
        } else {
            Some(role(line, &format!("entries.{category}"), &meaning)?)
        };
        entries.insert(category, role);
    }
    Ok(entries)
}

/// A tender with a clearing account is money at a processor unless `[tenders]` names it.
fn tenders(
    source: &str,
    given: BTreeMap<String, toml::Spanned<String>>,
    clearing: &BTreeMap<String, Account>,
    roles: &[Account],
) -> Result<BTreeMap<String, Account>, RulesError> {
    let is_held = |tender: &str| tender == "gift_card" || !clearing.contains_key(tender);
    let built_in = TENDERS.iter().filter(|(tender, _)| is_held(tender));
    let mut tenders: BTreeMap<String, Account> = built_in
        .map(|(tender, role)| ((*tender).to_owned(), roles[*role as usize].clone()))
        .collect();
    for (tender, name) in given {
        let line = Some(line_of(source, name.span().start));
        let path = format!("tenders.{tender}");
        if name.get_ref() == "money" {
            tenders.remove(&tender);
            continue;
        }
        let role = role(line, &path, name.get_ref())?;
        if !is_held(&tender) {
            let what = format!("`{tender}` has a clearing account too");
            let fix = "take it out of [clearing], or say \"money\" here";
            return Err(RulesError::new(line, path, what, fix));
        }
        tenders.insert(tender, roles[role as usize].clone());
    }
    Ok(tenders)
}

fn role(line: Option<usize>, path: &str, name: &str) -> Result<Role, RulesError> {
    Role::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|r| r.as_str()).collect();
        let fix = match nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of {}", names.join(", ")),
        };
        RulesError::new(line, path, format!("`{name}` is no role"), fix)
    })
}

fn rule_of(
    source: &str,
    env: &Arc<Env>,
    rule: RuleText,
    roles: &[Account],
    book: &mut Book,
) -> Result<(Domain, Rule), RulesError> {
    let line = Some(line_of(source, rule.when.span().start));
    let path = format!("rule \"{}\"", rule.name.get_ref());
    let fail = |what: String, fix: String| RulesError::new(line, path.clone(), what, fix);
    let condition = condition::compile(env, rule.when.get_ref()).map_err(|(w, f)| fail(w, f))?;
    let domains: Vec<Domain> = condition.variables.iter().map(|v| v.domain()).collect();
    let domain = domains.first().copied().unwrap_or(Domain::Line);
    if domains.iter().any(|d| *d != domain) {
        return Err(fail(
            "the condition mixes variables of different things".to_owned(),
            "ask for line and order, or adjustment, or fee, or entry".to_owned(),
        ));
    }
    let ThenText { role: to_role, account, account_type, class, treat, code } = rule.then;
    let then = match (to_role, account, class, treat) {
        (Some(name), None, None, None) => {
            Then::Account(roles[role(line, &path, &name)? as usize].clone())
        }
        (None, Some(name), None, None) => {
            let default = match (book.accounts.get(&name), domain) {
                (Some(Reference::Account { account_type, .. }), _) => *account_type,
                (_, Domain::Line) => AccountType::Income,
                _ => AccountType::Expense,
            };
            let kind = account_type.unwrap_or(default);
            Then::Account(book.account(&path, name, kind, None)?)
        }
        (None, None, Some(name), None) => {
            if domain != Domain::Line {
                return Err(fail(
                    "only lines of orders and refunds have a class by rule".to_owned(),
                    "ask for line or order, or name the class under [classes]".to_owned(),
                ));
            }
            super::dimension::name(&path, line, &name)?;
            Then::Class(name)
        }
        (None, None, None, Some(Treat::Exclude)) => {
            let code = code.ok_or_else(|| {
                fail("an exclusion without a reason".to_owned(), "add code = \"…\"".to_owned())
            })?;
            Then::Exclude(code)
        }
        (None, None, None, Some(Treat::Hold)) => {
            Then::Hold(code.unwrap_or(ReasonCode::AccountUnmapped))
        }
        _ => {
            return Err(fail(
                "`then` must say exactly one thing".to_owned(),
                "give role, account, class or treat".to_owned(),
            ));
        }
    };
    let domain = if matches!(then, Then::Class(_)) { Domain::Class } else { domain };
    Ok((domain, Rule { name: rule.name.into_inner(), condition, priority: rule.priority, then }))
}
