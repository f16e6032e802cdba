//! Open credits that the company applies by itself (quickbooks.md §8, AutoApplyCredit).

use super::{Detail, Line, Txn, payment};
use crate::books::Books;
use crate::kind::TxnKind;

/// The note on the payments that the company makes.
const NOTE: &str = "Created by QB Online to link credits to charges.";

fn applied(txn: &Txn, amount: i64, credit: bool) -> Line {
    Line {
        id: 0,
        amount,
        description: Box::default(),
        detail: Detail::Applied { kind: txn.kind, txn: txn.id, credit },
        extras: Box::default(),
    }
}

impl Books {
    /// Applies what a customer has to its credit as soon as an invoice and a credit are both there: a
    /// new invoice takes the oldest credits, a new credit memo pays the oldest invoices.
    pub(crate) fn apply_credits(&mut self, new: u32, now_us: i64) {
        if !self.prefs.auto_apply_credit {
            return;
        }
        let Some(txn) = self.txn(new) else { return };
        let wanted: &[TxnKind] = match txn.kind {
            TxnKind::Invoice => &[TxnKind::CreditMemo, TxnKind::Payment],
            TxnKind::CreditMemo => &[TxnKind::Invoice],
            _ => return,
        };
        let mut others: Vec<_> = self
            .txns()
            .filter(|t| wanted.contains(&t.kind) && t.name == txn.name && t.balance > 0)
            .filter(|t| t.account == txn.account || t.other == txn.account)
            .map(|t| (t.date, t.id))
            .collect();
        others.sort_unstable();
        for (_, other) in others {
            let (Some(txn), Some(other)) = (self.txn(new), self.txn(other)) else { return };
            let amount = txn.balance.min(other.balance);
            if amount == 0 {
                return;
            }
            let (txn, other) = (txn.clone(), other.clone());
            if other.kind == TxnKind::Payment {
                self.use_money(other, &txn, amount, now_us);
            } else if txn.kind == TxnKind::Invoice {
                self.link_credit(&txn, &other, amount, now_us);
            } else {
                self.link_credit(&other, &txn, amount, now_us);
            }
        }
    }

    /// A payment of nothing that settles an invoice with a credit memo, dated as the later of both.
    fn link_credit(&mut self, invoice: &Txn, credit: &Txn, amount: i64, now_us: i64) {
        let mut txn = Txn::new(TxnKind::Payment);
        txn.date = invoice.date.max(credit.date);
        txn.name = invoice.name;
        txn.note = NOTE.into();
        txn.account = self.roles.undeposited;
        txn.other = invoice.account;
        txn.lines = Box::new([applied(invoice, amount, false), applied(credit, amount, true)]);
        self.insert(txn, now_us);
    }

    /// More of a payment's own money goes to an invoice.
    fn use_money(&mut self, mut money: Txn, invoice: &Txn, amount: i64, now_us: i64) {
        let mut lines = money.lines.into_vec();
        lines.push(applied(invoice, amount, false));
        money.lines = lines.into_boxed_slice();
        payment::settle(&mut money);
        self.replace(money, now_us);
    }
}
