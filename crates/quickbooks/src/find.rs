//! Looking for objects that may exist although no answer says so.

use crate::changes;
use crate::entity::{Entity, KindRules};
use crate::names::quickbooks_name;
use crate::query::{self, ROWS_MAX};
use crate::read::{self, NoRead};
use crate::target::QuickBooks;
use crate::wire_in;
use kernel::{BusinessDate, Document, DocumentKind, ReferenceKey, ReferenceKind, Timestamp};
use ports::{FindKey, FindOutcome, Snapshot};
use std::collections::BTreeMap;

/// Most queries of one `find`; more rows than this many pages are a company with far over
/// 10,000 documents of one kind in the days looked at.
const QUERIES_MAX: usize = 24;

/// How far the ledger's clock may be behind ours, seconds.
const CLOCKS_DIFFER_S: i64 = 3_600;

/// Rows that two pages share: a document deleted between them moves the later rows up.
const PAGE_OVERLAP: usize = 100;

/// Looks for all `keys`, in their order. One query, unless its page is full: then the dates are
/// halved, and a single day is paged, until every page has an end.
pub(crate) async fn find(
    target: &QuickBooks,
    keys: &[FindKey],
    deadline: Timestamp,
) -> Result<Vec<FindOutcome>, NoRead> {
    let mut documents: Vec<&Document> = Vec::with_capacity(keys.len());
    let mut times: Vec<Option<Timestamp>> = Vec::new();
    let mut references: Vec<(&ReferenceKey, Option<&str>)> = Vec::new();
    for key in keys {
        match key {
            FindKey::Document(document, since) => {
                documents.push(document);
                times.push(*since);
            }
            FindKey::Reference(reference) => references.push((reference, None)),
            FindKey::Known(reference, id) => references.push((reference, Some(id))),
        }
    }
    let mixed = || NoRead::Failed("the keys of one search must be of one kind".to_owned());
    match (documents.first(), references.first()) {
        (None, None) => Ok(Vec::new()),
        (Some(_), Some(_)) => Err(mixed()),
        (Some(first), None) if documents.iter().any(|d| d.kind != first.kind) => Err(mixed()),
        (None, Some((first, _))) if references.iter().any(|(r, _)| r.kind != first.kind) => {
            Err(mixed())
        }
        (Some(first), None) => {
            find_documents(target, first.kind, &documents, &times, deadline).await
        }
        (None, Some((first, _))) => {
            let kind = first.kind;
            let names: Vec<&ReferenceKey> = references.iter().map(|(key, _)| *key).collect();
            let mut found = find_references(target, kind, &names, deadline).await?;
            let ids = references.iter().map(|(_, id)| *id);
            find_renamed(target, kind, ids, &mut found, deadline).await?;
            Ok(found)
        }
    }
}

/// By number or date; what is not there, among all that changed since it may have been sent: people
/// change numbers and dates, and nobody changes when an object was made. What is not there either may
/// have been deleted meanwhile.
async fn find_documents(
    target: &QuickBooks,
    kind: DocumentKind,
    documents: &[&Document],
    times: &[Option<Timestamp>],
    deadline: Timestamp,
) -> Result<Vec<FindOutcome>, NoRead> {
    let mut search = Search::new(target, kind, documents, deadline);
    let numbered = kind.has_filterable_number() && documents.iter().all(|d| d.number.is_some());
    if numbered {
        let numbers = documents.iter().filter_map(|d| d.number.as_deref());
        search.pages(query::select_in(search.entity.name(), "DocNumber", numbers)).await?;
    } else {
        search.dates().await?;
    }
    let found = search.outcomes();
    let absent = found.iter().zip(times).filter(|(outcome, _)| **outcome == FindOutcome::Absent);
    let Some(since) = absent.filter_map(|(_, since)| *since).min() else { return Ok(found) };
    let since = since.plus_seconds(-CLOCKS_DIFFER_S);
    let deleted = search.changes(kind, since).await?;
    let mut found =
        if ports::canary!("looked-for-by-date-alone") { found } else { search.outcomes() };
    for (outcome, since) in found.iter_mut().zip(times) {
        // Deletions are told by id alone: which documents they were, nobody knows any more.
        let is_gone = !deleted.is_empty() && !ports::canary!("deleted-taken-for-never-made");
        if *outcome == FindOutcome::Absent && since.is_some() && is_gone {
            *outcome = FindOutcome::Deleted(deleted.clone());
        }
    }
    Ok(found)
}

/// One live object is it; without one, the latest voided object is what there is. A copy made in
/// QuickBooks carries the marker of its original (quickbooks.md §2), hence several.
fn decide(hits: &[&Snapshot]) -> FindOutcome {
    let live: Vec<&&Snapshot> = hits.iter().filter(|s| !s.voided).collect();
    match (live.as_slice(), hits) {
        ([one], _) => FindOutcome::Found(Box::new((**one).clone())),
        ([], []) => FindOutcome::Absent,
        ([], voided) => {
            let id = |s: &Snapshot| s.ledger.id.parse::<u64>().unwrap_or(0);
            let last = voided.iter().max_by_key(|s| id(s)).expect("at least one is voided");
            FindOutcome::Found(Box::new((*last).clone()))
        }
        (several, _) => FindOutcome::Several(several.iter().map(|s| s.ledger.clone()).collect()),
    }
}

/// The queries of one search and what they found, by ledger id.
struct Search<'a> {
    target: &'a QuickBooks,
    entity: Entity,
    documents: &'a [&'a Document],
    deadline: Timestamp,
    found: BTreeMap<String, Snapshot>,
    queries: usize,
}

impl<'a> Search<'a> {
    fn new(
        target: &'a QuickBooks,
        kind: DocumentKind,
        documents: &'a [&'a Document],
        deadline: Timestamp,
    ) -> Self {
        let entity = Entity::Document(kind);
        Self { target, entity, documents, deadline, found: BTreeMap::new(), queries: 0 }
    }

    /// One page; true when it is full.
    async fn page(&mut self, query: &str, start: usize) -> Result<bool, NoRead> {
        if self.queries == QUERIES_MAX {
            return Err(NoRead::Failed(format!(
                "more than {QUERIES_MAX} pages of {}; search for fewer documents or dates at once",
                self.entity.name()
            )));
        }
        if self.queries > 0 {
            read::further(self.target, self.deadline).await?;
        }
        self.queries += 1;
        let text = query::paged(query.to_owned(), start);
        let home = self.documents[0].currency;
        let entity = self.entity;
        // Only what carries a marker can be ours; the rest need not be kept, nor be readable.
        let rows = read::rows(self.target, text, self.deadline, |txn| {
            let note = txn.private_note.as_deref().unwrap_or_default();
            let is_ours = note.contains(wire_in::MARKER_PREFIX);
            is_ours.then(|| wire_in::snapshot(entity, txn, home)).transpose()
        })
        .await?;
        let full = rows.len() >= ROWS_MAX;
        let ours = rows.into_iter().flatten().filter(|s| s.marker.is_some());
        self.found.extend(ours.map(|s| (s.ledger.id.clone(), s)));
        Ok(full)
    }

    async fn pages(&mut self, query: String) -> Result<(), NoRead> {
        let mut start = 1;
        while self.page(&query, start).await? {
            start += ROWS_MAX - PAGE_OVERLAP;
        }
        Ok(())
    }

    /// All that was made or changed since, and the ids of what was deleted. Where change data do not
    /// tell all: all that was made since.
    async fn changes(
        &mut self,
        kind: DocumentKind,
        since: Timestamp,
    ) -> Result<Vec<String>, NoRead> {
        let home = self.documents[0].currency;
        let told = changes::of_kind(self.target, kind, home, since, self.deadline).await?;
        self.queries += usize::from(told.is_some());
        let is_all = told.as_ref().is_some_and(|t| !t.truncated);
        let (objects, removed) = told.map(|t| (t.objects, t.removed)).unwrap_or_default();
        let ours = objects.into_iter().filter(|s| s.marker.is_some());
        self.found.extend(ours.map(|s| (s.ledger.id.clone(), s)));
        if !is_all {
            self.pages(query::select_created(self.entity.name(), since)).await?;
        }
        Ok(removed.into_iter().map(|(_, id)| id).collect())
    }

    /// What was found so far for each document.
    fn outcomes(&self) -> Vec<FindOutcome> {
        let mut by_marker: BTreeMap<&str, Vec<&Snapshot>> = BTreeMap::new();
        for snapshot in self.found.values() {
            if let Some(marker) = snapshot.marker.as_deref() {
                by_marker.entry(marker).or_default().push(snapshot);
            }
        }
        let hits = |document: &&Document| {
            by_marker.get(document.key.marker().as_str()).map_or(&[][..], Vec::as_slice)
        };
        self.documents.iter().map(|d| decide(hits(d))).collect()
    }

    /// All documents of the days of the keys: kinds whose number cannot be filtered
    /// (quickbooks.md §3).
    async fn dates(&mut self) -> Result<(), NoRead> {
        let mut days: Vec<BusinessDate> = self.documents.iter().map(|d| d.date).collect();
        days.sort_unstable();
        days.dedup();
        let mut ranges = vec![(days[0], days[days.len() - 1])];
        while let Some((first, last)) = ranges.pop() {
            if !days.iter().any(|d| (first..=last).contains(d)) {
                continue;
            }
            let query = query::select_dates(self.entity.name(), first, last);
            if first == last {
                self.pages(query).await?;
            } else if self.page(&query, 1).await? {
                let middle = first.plus_days((last.days() - first.days()) / 2);
                ranges.push((middle.plus_days(1), last));
                ranges.push((first, middle));
            }
        }
        Ok(())
    }
}

/// Stands behind the name of an inactive list object (quickbooks.md §2).
const DELETED_MARK: &str = " (deleted)";

/// List objects by name, inactive ones too: their names are taken (quickbooks.md §3, §9.18).
async fn find_references(
    target: &QuickBooks,
    kind: ReferenceKind,
    references: &[&ReferenceKey],
    deadline: Timestamp,
) -> Result<Vec<FindOutcome>, NoRead> {
    let names: Vec<String> = references.iter().map(|r| quickbooks_name(kind, &r.name)).collect();
    let asked = names.iter().map(String::as_str).filter(|n| !n.is_empty());
    if asked.clone().next().is_none() {
        return Ok(vec![FindOutcome::Absent; references.len()]);
    }
    let entity = Entity::Reference(kind);
    // Inactive ones may answer to the name that they read, or to their own.
    let marked: Vec<String> = match kind {
        ReferenceKind::Currency => Vec::new(),
        _ => asked.clone().map(|name| format!("{name}{DELETED_MARK}")).collect(),
    };
    let asked = asked.chain(marked.iter().map(String::as_str));
    let query = if kind == ReferenceKind::Currency {
        // Its code cannot be filtered (quickbooks.md §3); a company has a handful.
        format!("SELECT * FROM {} WHERE Active IN (true,false)", entity.name())
    } else {
        let named = query::select_in(entity.name(), Entity::name_property(kind), asked);
        named + " AND Active IN (true,false)"
    };
    let rows = read::rows(target, query::paged(query, 1), deadline, |txn| {
        let name = match kind {
            ReferenceKind::Currency => &txn.code,
            ReferenceKind::Customer => &txn.display_name,
            ReferenceKind::Account | ReferenceKind::Item => &txn.name,
            ReferenceKind::Location | ReferenceKind::Class => &txn.fully_qualified_name,
        };
        let mut name = name.as_deref().unwrap_or_default();
        if txn.active == Some(false) {
            name = name.strip_suffix(DELETED_MARK).unwrap_or(name);
        }
        let name = name.to_lowercase();
        // Currency does not matter: list objects carry no amounts that are read.
        Ok((name, wire_in::snapshot(entity, txn, kernel::Currency::USD)?))
    })
    .await?;
    if rows.len() >= ROWS_MAX {
        return Err(NoRead::Failed("more than 1,000 names; search for fewer at once".to_owned()));
    }
    let mut by_name: BTreeMap<String, Vec<Snapshot>> = BTreeMap::new();
    for (name, snapshot) in rows {
        by_name.entry(name).or_default().push(snapshot);
    }
    Ok(names
        .iter()
        .map(|name| match by_name.get(&name.to_lowercase()).map(Vec::as_slice) {
            None | Some([]) => FindOutcome::Absent,
            Some([one]) => FindOutcome::Found(Box::new(one.clone())),
            Some(several) => {
                FindOutcome::Several(several.iter().map(|s| s.ledger.clone()).collect())
            }
        })
        .collect())
}

/// What was not found by name and had an id before is looked for by that: people rename.
async fn find_renamed(
    target: &QuickBooks,
    kind: ReferenceKind,
    ids: impl Iterator<Item = Option<&str>> + Clone,
    found: &mut [FindOutcome],
    deadline: Timestamp,
) -> Result<(), NoRead> {
    let lost: Vec<&str> = ids
        .clone()
        .zip(&*found)
        .filter_map(|(id, outcome)| id.filter(|_| *outcome == FindOutcome::Absent))
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let entity = Entity::Reference(kind);
    let mut query = query::select_in(entity.name(), "Id", lost.into_iter());
    query.push_str(" AND Active IN (true,false)");
    read::further(target, deadline).await?;
    let rows = read::rows(target, query::paged(query, 1), deadline, |txn| {
        wire_in::snapshot(entity, txn, kernel::Currency::USD)
    })
    .await?;
    for (id, outcome) in ids.zip(found) {
        let row = rows.iter().find(|row| Some(row.ledger.id.as_str()) == id);
        if let (FindOutcome::Absent, Some(row)) = (&*outcome, row) {
            *outcome = FindOutcome::Found(Box::new(row.clone()));
        }
    }
    Ok(())
}
