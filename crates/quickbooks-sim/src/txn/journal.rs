//! Journal entries: balanced debits and credits.

use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::schema;

/// Reads a journal entry.
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::JournalEntry)?;
    match input.lines()? {
        Some(sent) => read_lines(input, &mut txn, &sent)?,
        None => match input.kept() {
            Some(old) => txn.lines.clone_from(&old.lines),
            None => return Err(Fault::missing("Line")),
        },
    }
    let (mut debits, mut credits) = (0_i64, 0_i64);
    for line in &txn.lines {
        match line.detail {
            Detail::Journal { debit: true, .. } => debits += line.amount,
            Detail::Journal { .. } => credits += line.amount,
            _ => {}
        }
    }
    if debits != credits {
        return Err(Fault::unbalanced());
    }
    txn.total = debits;
    Ok(txn)
}

fn read_lines(input: &Input<'_>, txn: &mut Txn, sent: &[Obj<'_>]) -> Result<()> {
    let mut read = Vec::with_capacity(sent.len());
    let mut control_lines = 0;
    for line in sent {
        lines::check(line)?;
        match line.text("DetailType").as_deref() {
            Some("JournalEntryLineDetail") => {}
            Some("DescriptionOnly") => {
                read.push(lines::words(input, txn, line)?);
                continue;
            }
            Some(other) => return Err(Fault::enumeration("DetailType", other)),
            None => return Err(Fault::missing("Line.DetailType")),
        }
        let read_line = journal_line(input, txn, line)?;
        if let Detail::Journal { account, name, .. } = read_line.detail {
            control_lines += usize::from(input.books.check_control(account, name)?);
        }
        read.push(read_line);
    }
    if control_lines > 1 {
        return Err(Fault::business(
            "You can use only one account of type Accounts Receivable or Accounts Payable per \
             journal entry",
        ));
    }
    if read.len() < 2 {
        return Err(Fault::no_lines());
    }
    txn.lines = read.into_boxed_slice();
    Ok(())
}

fn journal_line(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    let detail = lines::detail(line, schema::JOURNAL_DETAIL)?;
    let extras = schema::JOURNAL_DETAIL.extras(&detail, None, false)?;
    for (key, list) in [("ClassRef", ListKind::Class), ("DepartmentRef", ListKind::Department)] {
        input::reference(input.books, &detail, key, list)?;
    }
    let amount = lines::amount(line)?;
    if amount < 0 {
        return Err(Fault::negative());
    }
    let debit = match detail.text("PostingType").as_deref() {
        Some("Debit") => true,
        Some("Credit") => false,
        Some(other) => return Err(Fault::enumeration("PostingType", other)),
        None => return Err(Fault::no_posting_type()),
    };
    let account = match input::reference(input.books, &detail, "AccountRef", ListKind::Account)? {
        0 => return Err(Fault::missing("Line.JournalEntryLineDetail.AccountRef")),
        id => id,
    };
    let name = match detail.object("Entity") {
        None => 0,
        Some(entity) => {
            let kind = match entity.text("Type").as_deref() {
                Some("Customer") | None => ListKind::Customer,
                Some("Vendor") => ListKind::Vendor,
                Some("Employee") => ListKind::Employee,
                Some(other) => return Err(Fault::enumeration("Entity.Type", other)),
            };
            input::reference(input.books, &entity, "EntityRef", kind)?
        }
    };
    Ok(Line {
        id: lines::line_id(txn, input.old, line.text("Id").as_deref()),
        amount,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Journal { debit, account, name },
        extras,
    })
}

/// The lines as they are.
pub(crate) fn postings(txn: &Txn) -> Postings {
    let mut entry = Entry::default();
    for line in &txn.lines {
        if let Detail::Journal { debit, account, name } = line.detail {
            entry.debit(account, name, if debit { line.amount } else { -line.amount });
        }
    }
    entry.postings()
}
