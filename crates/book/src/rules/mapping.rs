//! Asking the rules: first match by priority, memoised by the values that matter.

use super::Account;
use super::condition::{Condition, Variable, Word, Words};
use cel::Env;
use kernel::{Order, OrderLine, ReasonCode};
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Largest number of remembered results per rule set; the memo starts anew beyond it.
const MEMO_MAX: usize = 65_536;

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Account(Account),
    Class(String),
    Exclude(ReasonCode),
    Hold(ReasonCode),
}

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) condition: Condition,
    pub(crate) priority: Option<i64>,
    pub(crate) then: Then,
}

/// The answer of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mapped<'r> {
    /// No rule says anything.
    Unmapped,
    /// Post here.
    Account(&'r Account),
    /// Leave it out.
    Exclude(ReasonCode),
    /// Hold it, for this reason.
    Hold(ReasonCode, String),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    None,
    Rule(usize),
    Conflict(usize, usize),
    Broken(usize),
}

/// The rules about one kind of thing, in the order in which they are asked.
pub(crate) struct Ruleset {
    env: Arc<Env>,
    rules: Vec<Rule>,
    variables: BTreeSet<Variable>,
    memo: Mutex<HashMap<Vec<u8>, Answer>>,
}

impl fmt::Debug for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ruleset").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Ruleset {
    /// Rules with a priority come first, the smallest number before all; the others follow in the
    /// order of the file.
    pub(crate) fn new(env: Arc<Env>, mut rules: Vec<Rule>) -> Self {
        rules.sort_by_key(|r| (r.priority.is_none(), r.priority));
        let variables = rules.iter().flat_map(|r| r.condition.variables.iter().copied()).collect();
        Self { env, rules, variables, memo: Mutex::default() }
    }

    /// What the rules say about `words`.
    pub(crate) fn map(&self, words: &dyn Words) -> Mapped<'_> {
        self.mapped(self.answer(words), words)
    }

    /// The class that the rules give to `words`, or why they contradict each other.
    pub(crate) fn class(&self, words: &dyn Words) -> Result<Option<&str>, (ReasonCode, String)> {
        let answer = self.answer(words);
        if let Answer::Rule(i) = answer
            && let Then::Class(name) = &self.rules[i].then
        {
            return Ok(Some(name));
        }
        match self.mapped(answer, words) {
            Mapped::Hold(code, detail) => Err((code, detail)),
            Mapped::Unmapped | Mapped::Account(_) | Mapped::Exclude(_) => Ok(None),
        }
    }

    fn answer(&self, words: &dyn Words) -> Answer {
        if self.rules.is_empty() {
            return Answer::None;
        }
        let key = self.memo_key(words);
        let known = self.memo().get(&key).copied();
        known.unwrap_or_else(|| {
            let answer = self.ask(words);
            let mut memo = self.memo();
            if memo.len() >= MEMO_MAX {
                memo.clear();
            }
            memo.insert(key, answer);
            answer
        })
    }

    fn memo(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<u8>, Answer>> {
        // A panic elsewhere cannot leave the memo half-written: inserts are whole.
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memo_key(&self, words: &dyn Words) -> Vec<u8> {
        let mut key = Vec::with_capacity(64);
        for variable in &self.variables {
            match words.word(*variable) {
                Word::Number(number) => key.extend(number.to_le_bytes()),
                Word::Text(text) => {
                    key.extend((text.len() as u64).to_le_bytes());
                    key.extend(text.as_bytes());
                }
            }
        }
        key
    }

    fn ask(&self, words: &dyn Words) -> Answer {
        for (i, rule) in self.rules.iter().enumerate() {
            match rule.condition.holds(&self.env, words) {
                Ok(false) => {}
                Ok(true) => {
                    return self
                        .rival(i, words)
                        .map_or(Answer::Rule(i), |j| Answer::Conflict(i, j));
                }
                Err(_) => return Answer::Broken(i),
            }
        }
        Answer::None
    }

    /// Another rule of the same stated priority that also matches.
    fn rival(&self, first: usize, words: &dyn Words) -> Option<usize> {
        let priority = self.rules[first].priority?;
        (first + 1..self.rules.len())
            .take_while(|j| self.rules[*j].priority == Some(priority))
            .find(|j| self.rules[*j].condition.holds(&self.env, words) == Ok(true))
    }

    fn mapped(&self, answer: Answer, words: &dyn Words) -> Mapped<'_> {
        match answer {
            Answer::None => Mapped::Unmapped,
            Answer::Rule(i) => match &self.rules[i].then {
                Then::Account(account) => Mapped::Account(account),
                // Says nothing about where it is posted.
                Then::Class(_) => Mapped::Unmapped,
                Then::Exclude(code) => Mapped::Exclude(*code),
                Then::Hold(code) => {
                    Mapped::Hold(*code, format!("rule \"{}\" holds it", self.rules[i].name))
                }
            },
            Answer::Conflict(i, j) => Mapped::Hold(
                ReasonCode::SeveralRulesMatch,
                format!(
                    "rules \"{}\" and \"{}\" both apply with priority {}; give one a lower number",
                    self.rules[i].name,
                    self.rules[j].name,
                    self.rules[i].priority.unwrap_or_default()
                ),
            ),
            Answer::Broken(i) => {
                let error = self.rules[i].condition.holds(&self.env, words).err();
                Mapped::Hold(
                    ReasonCode::AccountUnmapped,
                    format!(
                        "rule \"{}\" failed: {}; correct its condition",
                        self.rules[i].name,
                        error.unwrap_or_default()
                    ),
                )
            }
        }
    }
}

/// A line of an order or refund, as rules see it.
pub(crate) struct LineSubject<'a> {
    pub(crate) order: &'a Order,
    pub(crate) line: &'a OrderLine,
}

impl Words for LineSubject<'_> {
    fn word(&self, variable: Variable) -> Word<'_> {
        let customer = self.order.customer.as_ref();
        match variable {
            Variable::LineKind => Word::Text(self.line.kind.as_str()),
            Variable::LineSku => Word::Text(&self.line.sku),
            Variable::LineTitle => Word::Text(&self.line.title),
            // Whole units: conditions have no exact decimals, and floats are refused.
            Variable::LineQuantity => {
                Word::Number(self.line.quantity.trunc().to_i64().unwrap_or(i64::MAX))
            }
            Variable::LineAmount => Word::Number(self.line.net_minor()),
            Variable::OrderChannel => Word::Text(&self.order.channel),
            Variable::OrderCurrency => Word::Text(self.order.currency.code()),
            Variable::OrderTotal => Word::Number(self.order.total_minor),
            Variable::OrderCustomer => Word::Text(customer.map_or("", |c| c.name.as_str())),
            _ => Word::Text(""),
        }
    }
}

/// Something that rules know by one word: an adjustment or fee by its reason, a balance movement
/// by its category.
pub(crate) struct EntrySubject<'a>(pub(crate) &'a str);

impl Words for EntrySubject<'_> {
    fn word(&self, _: Variable) -> Word<'_> {
        Word::Text(self.0)
    }
}
