//! Items whose quantity is tracked: what is there from the beginning, and corrections by the item.

use rust_decimal::Decimal;

use super::{AccountType, Facts, Record};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::money;
use crate::schema;
use crate::stock::{scaled, unscaled};
use crate::txn::inventory::purchase_cost;
use crate::txn::{Detail, Line, Txn, input};

/// The number that the company gives to what was there from the beginning.
const FIRST_NUMBER: &str = "START";
/// The account against which quantities are corrected unless another one is named.
const SHRINKAGE: &str = "Inventory Shrinkage";

fn is_tracked(record: &Record) -> bool {
    matches!(&record.facts, Facts::Item { service, .. } if service.as_ref() == "Inventory")
}

/// The day from which the quantity is tracked; it stays what it was at the beginning.
pub(crate) fn start(record: &mut Record, old: Option<&Record>) -> Result<()> {
    let class = schema::list(ListKind::Item);
    if let Some(old) = old {
        class.drop_extra(&mut record.extras, "InvStartDate");
        if let Some(kept) = class.extra(&old.extras, "InvStartDate") {
            class.add_extra(&mut record.extras, "InvStartDate", kept);
        }
    } else if let Some(sent) = class.extra(&record.extras, "InvStartDate") {
        let sent = sent.trim_matches('"');
        Date::parse(sent).ok_or_else(|| Fault::date("InvStartDate", sent))?;
    }
    Ok(())
}

/// Refuses accounts of types that do not fit (6430).
pub(crate) fn check_accounts(books: &Books, record: &Record) -> Result<()> {
    let Facts::Item { income, expense, asset, .. } = record.facts else { return Ok(()) };
    if !is_tracked(record) {
        return Ok(());
    }
    for (account, allowed, element) in [
        (income, &[AccountType::Income, AccountType::OtherIncome][..], "IncomeAccountRef"),
        (expense, &[AccountType::CostOfGoodsSold], "ExpenseAccountRef"),
        (asset, &[AccountType::OtherCurrentAsset], "AssetAccountRef"),
    ] {
        if account != 0 {
            books.require_account(account, allowed, element)?;
        }
    }
    Ok(())
}

/// What the quantity on hand must become; none when the request does not say. An item that is made
/// inactive has none left.
pub(crate) fn wanted(obj: &Obj<'_>, record: &Record) -> Result<Option<Decimal>> {
    if !is_tracked(record) {
        return Ok(None);
    }
    if !record.active {
        return Ok(Some(Decimal::ZERO));
    }
    let wanted = input::decimal(obj, "QtyOnHand", "QtyOnHand")?;
    match wanted {
        Some(quantity) if record.id == 0 && quantity.is_sign_negative() && !quantity.is_zero() => {
            Err(Fault::number_range("QtyOnHand", &quantity.to_string()))
        }
        _ => Ok(wanted),
    }
}

impl Books {
    /// The day on which the quantity of a written item will be booked; none when it stays.
    pub(crate) fn quantity_day(
        &self,
        record: &Record,
        wanted: Option<Decimal>,
        today: Date,
    ) -> Option<Date> {
        let wanted = wanted?;
        let difference = scaled(wanted) - self.stock.on_hand(record.id);
        let text = schema::list(ListKind::Item).extra(&record.extras, "InvStartDate")?;
        let start = Date::parse(text.trim_matches('"'))?;
        if difference == 0 {
            None
        } else if record.id == 0 {
            Some(start)
        } else {
            Some(today.max(start))
        }
    }

    /// Books what is there of a new item, at its purchase cost against opening balance equity.
    pub(crate) fn open_stock(&mut self, item: u32, quantity: Decimal, day: Date, now_us: i64) {
        let value = money::to_cents(quantity * unscaled(purchase_cost(self, item)));
        let account = self.roles.opening_equity;
        self.adjust(FIRST_NUMBER, account, day, (item, quantity, value), now_us);
    }

    /// Books the difference between the quantity on hand and the one wanted, against shrinkage.
    pub(crate) fn set_quantity(&mut self, item: u32, wanted: Decimal, day: Date, now_us: i64) {
        let difference = wanted - unscaled(self.stock.on_hand(item));
        let account = self.shrinkage(now_us);
        self.adjust("", account, day, (item, difference, None), now_us);
    }

    fn adjust(
        &mut self,
        number: &str,
        account: u32,
        day: Date,
        (item, difference, value): (u32, Decimal, Option<i64>),
        now_us: i64,
    ) {
        let mut txn = Txn::new(TxnKind::InventoryAdjustment);
        txn.date = day;
        txn.doc = number.into();
        txn.account = account;
        txn.last_line = 1;
        txn.lines = Box::new([Line {
            id: 1,
            amount: 0,
            description: Box::default(),
            detail: Detail::Adjust { item, quantity: Some(difference), value },
            extras: Box::default(),
        }]);
        self.insert(txn, now_us);
    }

    /// The account for shrinkage, made when it is needed.
    fn shrinkage(&mut self, now_us: i64) -> u32 {
        if let Some(account) = self.all(ListKind::Account).find(|a| a.name.as_ref() == SHRINKAGE) {
            return account.id;
        }
        let kind = AccountType::CostOfGoodsSold;
        self.add_account(SHRINKAGE, kind, kind.default_subtype(), None, now_us)
    }
}
