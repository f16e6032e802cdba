//! Facts in the compact form of rules tests: one fact per line, its parts indented under it.

mod after_sale;
mod bodies;
mod words;

use crate::desired::CreditMatch;
use crate::rules::RulesError;
use kernel::time::EventTime;
use kernel::{Currency, EconomicKey, Fact, FactBody, SourceName, Subject, SubjectKind, Timestamp};
use words::Words;

/// What a test gives.
#[derive(Default)]
pub(crate) struct Given {
    /// In the order of the text.
    pub(crate) facts: Vec<Fact>,
    pub(crate) matches: Vec<CreditMatch>,
}

/// A fact before it is put under its subject.
pub(crate) struct Draft {
    pub(crate) kind: SubjectKind,
    pub(crate) key: String,
    pub(crate) body: FactBody,
}

/// Reads the text of one test. Lines in errors are counted from 0 within `text`.
pub(crate) fn read(text: &str, currency: Currency, now: Timestamp) -> Result<Given, RulesError> {
    let mut lines = words::lines(text)?.into_iter().peekable();
    let mut given = Given::default();
    let mut chosen: Option<Subject> = None;
    while let Some(mut head) = lines.next() {
        let mut parts = Vec::new();
        while let Some(part) = lines.next_if(|l| l.indented) {
            parts.push(part);
        }
        let what = head.next("a fact")?;
        match what.as_str() {
            "subject" => {
                let kind = head.next("a kind of subject")?;
                let kind = SubjectKind::parse(&kind)
                    .ok_or_else(|| head.error(format!("`{kind}` is no kind of subject")))?;
                chosen = Some(Subject::new(kind, head.next("a key")?));
                head.end()?;
            }
            "match" => given.matches.push(credit_match(head)?),
            _ => {
                let (version, key) = (head.option("version"), head.option("key"));
                let version = match version {
                    None => 0,
                    Some(v) => v.parse().map_err(|_| head.error(format!("`{v}` is no version")))?,
                };
                let draft = bodies::draft(&what, head, parts, currency, now)?;
                let subject = chosen.clone().unwrap_or_else(|| own_subject(&given, &draft));
                given.facts.push(Fact {
                    source: SourceName::new("test:shop"),
                    subject,
                    key: EconomicKey(key.unwrap_or(draft.key)),
                    version,
                    occurred_at: EventTime(now),
                    body: draft.body,
                });
            }
        }
    }
    Ok(given)
}

/// Facts without a stated subject go to the one subject of their kind; a fee next to a sale belongs
/// to it.
fn own_subject(given: &Given, draft: &Draft) -> Subject {
    let with = |kind| given.facts.iter().any(|f| f.subject.kind == kind);
    let kind = match draft.kind {
        SubjectKind::Fee if with(SubjectKind::Sale) => SubjectKind::Sale,
        kind => kind,
    };
    Subject::new(kind, format!("test:shop/{}/1", kind.as_str()))
}

fn credit_match(mut line: Words) -> Result<CreditMatch, RulesError> {
    let line_id = line.next("a line id")?;
    let sale_number = line.next("the number of a sale")?;
    let quantity = line.decimal("a quantity")?;
    line.end()?;
    Ok(CreditMatch {
        line_id,
        sale_subject: format!("test:shop/order/{sale_number}"),
        sale_number,
        quantity,
    })
}
