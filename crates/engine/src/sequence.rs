//! What is sent before what, among the documents of one decision: the ledger keeps no order within a
//! batch (quickbooks.md §4), so what must come second waits until the first is done.

use kernel::{BusinessKey, DocumentLink};
use ports::{Act, canary};
use store::document::{DocRow, DocState};

/// Lets documents wait for others of the same decision. Returns who needs whom.
pub(crate) fn needs(rows: &mut [DocRow]) -> Vec<(BusinessKey, BusinessKey)> {
    let mut needs = Vec::new();
    if !canary!("invoice-voided-first") {
        needs.extend(removals(rows));
    }
    needs.extend(changes(rows));
    for row in rows.iter_mut().filter(|row| needs.iter().any(|(second, _)| *second == row.key)) {
        row.state = DocState::Waiting;
    }
    needs
}

/// What settles a document is taken away before the document is: the ledger refuses to void an
/// invoice with payments on it (quickbooks.md §2).
fn removals(rows: &[DocRow]) -> Vec<(BusinessKey, BusinessKey)> {
    let is_going = |r: &DocRow| r.act.is_removal() && r.ledger.is_some() && is_due(r);
    let links = linked(rows, is_going);
    links.map(|(payment, link)| (link.to.clone(), payment.key.clone())).collect()
}

/// What a payment settles is changed before the payment is: it takes no more from an invoice or a
/// credit than they hold.
fn changes(rows: &[DocRow]) -> Vec<(BusinessKey, BusinessKey)> {
    let is_changing = |r: &DocRow| r.act == Act::Update && is_due(r);
    let links = linked(rows, is_changing);
    links.map(|(payment, link)| (payment.key.clone(), link.to.clone())).collect()
}

/// Links from one of `rows` to another, both such as `is_meant` says.
fn linked<'r>(
    rows: &'r [DocRow],
    is_meant: impl Fn(&DocRow) -> bool + Copy + 'r,
) -> impl Iterator<Item = (&'r DocRow, &'r DocumentLink)> {
    rows.iter()
        .filter(move |row| is_meant(row))
        .filter_map(|row| Some((row, row.document()?)))
        .flat_map(|(row, document)| document.links.iter().map(move |link| (row, link)))
        .filter(move |(_, link)| rows.iter().any(|row| row.key == link.to && is_meant(row)))
}

fn is_due(row: &DocRow) -> bool {
    matches!(row.state, DocState::Ready | DocState::Waiting)
}
