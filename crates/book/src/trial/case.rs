//! One case: facts, settings, and what is expected of them.

use super::{facts, render};
use crate::desired::{Context, CreditMatch, Desired};
use crate::make::decide;
use crate::rules::{Rules, RulesError};
use crate::state::{State, fold};
use kernel::{
    BusinessDate, Currencies, Currency, EconomicKey, Fact, FactBody, Subject, SubjectKind,
    Timestamp,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Facts of cases happen now: cases must not depend on the day on which they run.
const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    test: Vec<CaseText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseText {
    name: Spanned<String>,
    #[serde(default)]
    why: String,
    #[serde(default)]
    settings: String,
    facts: Spanned<String>,
    expect: Spanned<String>,
    #[serde(default)]
    quickbooks: Option<Spanned<String>>,
    #[serde(default)]
    ledger: CaseLedger,
    #[serde(default)]
    not_summarised: String,
    #[serde(default = "usd")]
    currency: Currency,
    #[serde(default)]
    posted_elsewhere: bool,
    /// What the ledger's books are kept in; left out, everything is taken to be in it.
    #[serde(default)]
    home: Option<Currency>,
    /// The books hold other currencies too.
    #[serde(default)]
    multi_currency: bool,
}

const fn usd() -> Currency {
    Currency::USD
}

/// What is peculiar about the ledger of a case, and what follows from it. Deciding does not know of
/// it: only a run through the ledger does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseLedger {
    /// The last closed day of the company's books.
    pub closed_until: Option<BusinessDate>,
    /// Names that a vendor of the company has.
    pub vendors: Vec<String>,
    /// Home units for one unit of a currency, by `EUR` (every day) or `EUR 2026-02-01` (from that
    /// day on). Left out: 2 for currencies with cents, 0.02 for those without, so that converting
    /// is exact.
    pub rates: BTreeMap<String, String>,
    /// What the company does not track: `locations`, `classes`.
    pub untracked: Vec<String>,
    /// What stands in its lists: `Department Berlin`, `Customer Ann inactive`, or, below another
    /// that comes before it, `Class Home:Lamps`.
    pub lists: Vec<String>,
    /// The answer to the call that writes the first transaction is lost after it was done.
    pub answer_lost: bool,
    /// The deliveries carry a signature made with another secret.
    pub forged: bool,
    /// Fields that a person changes in a document afterwards: JSON by document number.
    pub edits: BTreeMap<String, String>,
    /// Exceptions `CODE` or `CODE AMOUNT` that are open in the end beside the holds of `expect`.
    pub raises: Vec<String>,
    /// The movements of the trial balance, `Dr ACCOUNT AMOUNT` in the home currency; left out:
    /// those of `expect` at the case's rates.
    pub balance: Option<String>,
}

/// One case of a rules test file.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name. Those of the catalogue begin with its number.
    pub name: String,
    /// The line its name stands on, counted from 1.
    pub line: usize,
    /// One sentence: the rule and its source.
    pub why: String,
    /// TOML that stands in place of what the rules of the file say.
    pub settings: String,
    /// The facts as written.
    pub facts_text: String,
    /// The facts.
    pub facts: Vec<Fact>,
    /// Which quantity of which credit line belongs to which sale.
    pub matches: Vec<CreditMatch>,
    /// The expected documents, holds and claims as written.
    pub expect: String,
    /// Where `expect` ends in the file, bytes: what is written by program goes behind it.
    pub expect_end: usize,
    /// The expected objects in QuickBooks as written.
    pub quickbooks: Option<String>,
    /// Where `quickbooks` stands in the file, bytes, quotes included.
    pub quickbooks_at: Option<std::ops::Range<usize>>,
    /// What is peculiar about its ledger.
    pub ledger: CaseLedger,
    /// Why the case is none in summary mode; empty where it is one.
    pub not_summarised: String,
    /// The currency of amounts without one.
    pub currency: Currency,
    /// What the ledger's books hold.
    pub currencies: Currencies,
    posted_elsewhere: bool,
}

impl Case {
    /// Reads a rules test file.
    pub fn read(text: &str) -> Result<Vec<Self>, RulesError> {
        let file: FileText = toml::from_str(text).map_err(|e| RulesError::from_toml(text, &e))?;
        file.test.into_iter().map(|case| Self::of(text, case)).collect()
    }

    fn of(text: &str, case: CaseText) -> Result<Self, RulesError> {
        let offset = case.facts.span().start;
        // The text of a multi-line string begins on the line after its quotes.
        let quotes = ["\"\"\"\n", "'''\n"];
        let below = usize::from(quotes.iter().any(|q| text[offset..].starts_with(q)));
        let first = crate::rules::line_of(text, offset) + below;
        let given =
            facts::read(case.facts.get_ref(), case.currency, NOW).map_err(|mut error| {
                error.line = error.line.map(|l| l + first);
                error.path = format!("test \"{}\"", case.name.get_ref());
                error
            })?;
        Ok(Self {
            line: crate::rules::line_of(text, case.name.span().start),
            name: case.name.into_inner(),
            why: case.why,
            settings: case.settings,
            facts_text: case.facts.into_inner(),
            facts: given.facts,
            matches: given.matches,
            expect_end: case.expect.span().end,
            expect: case.expect.into_inner(),
            quickbooks_at: case.quickbooks.as_ref().map(Spanned::span),
            quickbooks: case.quickbooks.map(Spanned::into_inner),
            ledger: case.ledger,
            not_summarised: case.not_summarised,
            currency: case.currency,
            currencies: match case.home {
                None => Currencies::Unknown,
                Some(home) if case.multi_currency => Currencies::Several(home),
                Some(home) => Currencies::Only(home),
            },
            posted_elsewhere: case.posted_elsewhere,
        })
    }

    /// The rules of the file with the settings of the case; `None` when it has none.
    pub fn rules(&self, rules: &Rules) -> Result<Option<Rules>, RulesError> {
        if self.settings.trim().is_empty() {
            return Ok(None);
        }
        let own = rules.with(&self.settings).map_err(|mut error| {
            error.path = format!("settings of test \"{}\" {}", self.name, error.path);
            error.line = Some(self.line);
            error
        })?;
        Ok(Some(own))
    }

    /// What `rules` make of `facts`: every subject in order of its first fact, then the summaries
    /// that they contribute to.
    pub fn decide(&self, rules: &Rules, facts: &[Fact]) -> Vec<Desired> {
        let mut subjects: Vec<(&Subject, Vec<Fact>)> = Vec::new();
        for fact in facts {
            match subjects.iter_mut().find(|(s, _)| **s == fact.subject) {
                Some((_, own)) => own.push(fact.clone()),
                None => subjects.push((&fact.subject, vec![fact.clone()])),
            }
        }
        let cx = Context {
            now: NOW,
            closed_until: None,
            currencies: self.currencies,
            credit_matches: &self.matches,
            posted_elsewhere: false,
            disputed: None,
            contributions: &[],
        };
        let mut all = Vec::new();
        for (subject, own) in &subjects {
            let posted_elsewhere = self.posted_elsewhere || told_by_a_sale(subject, own, facts);
            let sale = disputed(own).and_then(|key| sale_of(key, &subjects));
            let cx = Context { posted_elsewhere, disputed: sale.as_ref(), ..cx };
            all.push(decide(&fold(subject, own), rules, &cx));
        }
        let shares = || all.iter().flat_map(|d| &d.contributions);
        let mut summaries: Vec<_> = shares().map(|c| c.summary.clone()).collect();
        summaries.sort();
        summaries.dedup();
        let mut journals = Vec::new();
        for summary in summaries {
            let shares: Vec<_> = shares().filter(|c| c.summary == summary).cloned().collect();
            let cx = Context { contributions: &shares, ..cx };
            journals.push(decide(&fold(&summary, &[]), rules, &cx));
        }
        all.extend(journals);
        all
    }

    /// How what `rules` make of `facts` differs from what is expected: lines `- missing` and
    /// `+ unexpected`, none where it does not.
    pub fn difference(&self, rules: &Rules, facts: &[Fact]) -> String {
        let mut text = String::new();
        for desired in self.decide(rules, facts) {
            render::desired(&desired, self.currency, &mut text);
        }
        render::difference(&self.expect, &text)
    }
}

/// The payment that a dispute is about.
fn disputed(own: &[Fact]) -> Option<&EconomicKey> {
    own.iter().find_map(|f| match &f.body {
        FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
            d.of.as_ref()
        }
        _ => None,
    })
}

/// The sale that knows of the payment `key`.
fn sale_of(key: &EconomicKey, subjects: &[(&Subject, Vec<Fact>)]) -> Option<State> {
    let sales = subjects.iter().filter(|(s, _)| s.kind == SubjectKind::Sale);
    let mut known = sales.filter(|(_, facts)| facts.iter().any(|f| f.key == *key));
    known.next().map(|(subject, facts)| fold(subject, facts))
}

/// Whether a sale tells of the same movement as a subject that tells of money alone.
fn told_by_a_sale(subject: &Subject, own: &[Fact], all: &[Fact]) -> bool {
    let is_money =
        matches!(subject.kind, SubjectKind::Payment | SubjectKind::Fee | SubjectKind::Dispute);
    let of_sale = |f: &&Fact| f.subject.kind == SubjectKind::Sale;
    is_money && all.iter().filter(of_sale).any(|f| own.iter().any(|o| o.key == f.key))
}
