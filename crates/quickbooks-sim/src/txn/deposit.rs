//! Deposits: transactions taken out of Undeposited Funds, and lines straight on an account.

use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::AccountType;
use crate::schema;

/// Reads a deposit; the caller does not honour sparse updates here (quickbooks.md §2).
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::Deposit)?;
    txn.account = input.reference("DepositToAccountRef", ListKind::Account, |t| t.account)?;
    if txn.account == 0 {
        return Err(Fault::missing("DepositToAccountRef"));
    }
    input.books.require_account(
        txn.account,
        &[AccountType::Bank, AccountType::OtherCurrentAsset],
        "DepositToAccountRef",
    )?;
    match input.lines()? {
        Some(sent) => read_lines(input, &mut txn, &sent)?,
        None => match input.kept() {
            Some(old) => txn.lines.clone_from(&old.lines),
            None => return Err(Fault::missing("Line")),
        },
    }
    cash_back(input, &mut txn)?;
    txn.total = txn.lines.iter().map(|l| l.amount).sum::<i64>() - txn.tax;
    if txn.total < 0 {
        return Err(Fault::business("Deposit amount must be 0 or greater"));
    }
    Ok(txn)
}

fn cash_back(input: &Input<'_>, txn: &mut Txn) -> Result<()> {
    let Some(back) = input.obj.object("CashBack") else {
        if let Some(old) = input.kept() {
            (txn.other, txn.tax) = (old.other, old.tax);
            txn.tax_detail.clone_from(&old.tax_detail);
        }
        return Ok(());
    };
    txn.tax = input::cents(&back, "Amount", "CashBack.Amount")?.unwrap_or(0);
    txn.other = input::reference(input.books, &back, "AccountRef", ListKind::Account)?;
    if txn.tax < 0 {
        return Err(Fault::negative());
    }
    if txn.tax != 0 && txn.other == 0 {
        return Err(Fault::missing("CashBack.AccountRef"));
    }
    txn.tax_detail = input::text(&back, "Memo", 4_000, None)?;
    Ok(())
}

fn read_lines(input: &Input<'_>, txn: &mut Txn, sent: &[Obj<'_>]) -> Result<()> {
    let mut read: Vec<Line> = Vec::with_capacity(sent.len());
    for line in sent {
        lines::check(line)?;
        let read_line = match lines::link(line)? {
            // A linked line carries no DetailType; with one, the account is missed first
            // (quickbooks.md §8).
            Some((kind, id, at)) => {
                if line.get("DetailType").is_some()
                    && lines::detail(line, schema::DEPOSIT_DETAIL)?.get("AccountRef").is_none()
                {
                    return Err(Fault::missing_deposit_account());
                }
                linked(input, line, (kind, id, at))?
            }
            None => direct(input, txn, line)?,
        };
        let twice = read.iter().any(|l| {
            matches!((&l.detail, &read_line.detail),
                (Detail::Deposited { txn: a, line: x, .. }, Detail::Deposited { txn: b, line: y, .. })
                    if a == b && x == y)
        });
        if twice {
            return Err(Fault::business("A transaction can be deposited only once"));
        }
        read.push(read_line);
    }
    if read.is_empty() {
        return Err(Fault::no_lines());
    }
    txn.lines = read.into_boxed_slice();
    Ok(())
}

/// What a transaction put into Undeposited Funds.
fn waiting(books: &Books, target: &Txn, at: u32) -> Option<i64> {
    let undeposited = books.roles.undeposited;
    match target.kind {
        TxnKind::Payment | TxnKind::SalesReceipt => {
            (target.account == undeposited).then_some(target.total)
        }
        TxnKind::RefundReceipt | TxnKind::BillPayment => {
            (target.account == undeposited).then_some(-target.total)
        }
        TxnKind::Transfer => (target.other == undeposited).then_some(target.total),
        TxnKind::JournalEntry => target.lines.iter().find_map(|l| match l.detail {
            Detail::Journal { debit, account, .. } if account == undeposited && l.id == at => {
                Some(if debit { l.amount } else { -l.amount })
            }
            _ => None,
        }),
        _ => None,
    }
}

fn linked(input: &Input<'_>, line: &Obj<'_>, link: (TxnKind, u32, u32)) -> Result<Line> {
    let (kind, id, at) = link;
    let target = input.target(kind, id)?;
    let own = input.old.map_or(0, |t| t.id);
    if target.deposit != 0 && target.deposit != own {
        return Err(Fault::cannot_link(&id.to_string()));
    }
    let Some(amount) = waiting(input.books, target, at) else {
        return Err(Fault::business("Select a bank account for this deposit"));
    };
    if let Some(sent) = input::cents(line, "Amount", "Line.Amount")?
        && sent != amount
    {
        return Err(Fault::business(
            "The amount of the deposit line differs from the amount of the linked transaction",
        ));
    }
    Ok(Line {
        id: 0,
        amount,
        description: Box::default(),
        detail: Detail::Deposited { kind, txn: id, line: at },
        extras: Box::default(),
    })
}

fn direct(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    match line.text("DetailType").as_deref() {
        Some("DepositLineDetail") => {}
        Some(other) => return Err(Fault::enumeration("DetailType", other)),
        None => return Err(Fault::missing("Line.DetailType")),
    }
    let detail = lines::detail(line, schema::DEPOSIT_DETAIL)?;
    let extras = schema::DEPOSIT_DETAIL.extras(&detail, None, false)?;
    for (key, list) in
        [("ClassRef", ListKind::Class), ("PaymentMethodRef", ListKind::PaymentMethod)]
    {
        input::reference(input.books, &detail, key, list)?;
    }
    let amount = lines::amount(line)?;
    let account = match input::reference(input.books, &detail, "AccountRef", ListKind::Account)? {
        0 => return Err(Fault::missing_deposit_account()),
        id => id,
    };
    if account == txn.account {
        return Err(Fault::business("A deposit cannot come from the account it goes to"));
    }
    let name = match input::ref_value(&detail, "Entity") {
        None => 0,
        Some(value) => input.books.resolve_name(&value, "Entity")?,
    };
    input.books.check_control(account, name)?;
    Ok(Line {
        id: lines::line_id(txn, input.old, line.text("Id").as_deref()),
        amount,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Direct { account, name },
        extras,
    })
}

/// Bank against Undeposited Funds and the accounts of the direct lines.
pub(crate) fn postings(books: &Books, txn: &Txn) -> Postings {
    let mut entry = Entry::default();
    entry.debit(txn.account, 0, txn.total);
    entry.debit(txn.other, 0, txn.tax);
    for line in &txn.lines {
        match line.detail {
            Detail::Deposited { .. } => entry.credit(books.roles.undeposited, 0, line.amount),
            Detail::Direct { account, name } => entry.credit(account, name, line.amount),
            _ => {}
        }
    }
    entry.postings()
}
