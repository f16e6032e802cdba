//! Sending a form by mail: nothing leaves the company, but the form says that it was sent.

use crate::books::Books;
use crate::changes::Operation;
use crate::clock::write_stamp;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::schema;
use crate::txn::Txn;

/// Sends a form to `to`, else to the address on it, else to the address of its customer (6420). True
/// unless the form already said all of it.
pub(crate) fn send(
    books: &mut Books,
    kind: TxnKind,
    id: u32,
    to: Option<&str>,
    now_us: i64,
) -> Result<bool> {
    let class = schema::txn(kind);
    if !class.knows("EmailStatus") {
        return Err(Fault::unsupported("send"));
    }
    let mut txn = books.txn(id).filter(|t| t.kind == kind).ok_or_else(Fault::not_found)?.clone();
    let property = if class.knows("POEmail") { "POEmail" } else { "BillEmail" };
    let address = match to {
        Some(to) => to.to_owned(),
        None => address(books, &txn, property).ok_or_else(Fault::no_email)?,
    };
    if !is_address(&address) {
        return Err(Fault::email("EmailAddress", &address));
    }
    let mut mail = Json::default();
    mail.open();
    mail.field("Address", &address);
    mail.close();
    let mut delivery = String::from("{\"DeliveryType\":\"Email\",\"DeliveryTime\":\"");
    write_stamp(&mut delivery, now_us.div_euclid(1_000_000));
    delivery.push_str("\"}");
    for (name, text) in [
        (property, mail.out.as_str()),
        ("EmailStatus", "\"EmailSent\""),
        ("DeliveryInfo", delivery.as_str()),
    ] {
        class.drop_extra(&mut txn.extras, name);
        class.add_extra(&mut txn.extras, name, text);
    }
    let changed = books.replace(txn, now_us);
    books.told.note(Entity::Txn(kind), id, Operation::Emailed);
    Ok(changed)
}

/// The address on the form, else that of its customer or vendor.
fn address(books: &Books, txn: &Txn, property: &str) -> Option<String> {
    let of = |text: &str| Obj::parse(text).ok()?.text("Address").map(std::borrow::Cow::into_owned);
    if let Some(text) = schema::txn(txn.kind).extra(&txn.extras, property) {
        return of(text);
    }
    let kind = books.name_kind(txn.name).filter(|kind| *kind != ListKind::Employee)?;
    let record = books.list(kind, txn.name)?;
    of(schema::list(kind).extra(&record.extras, "PrimaryEmailAddr")?)
}

/// One `@` with something around it, or several such addresses separated by commas.
pub(crate) fn is_address(text: &str) -> bool {
    text.split(',').map(str::trim).all(|one| {
        one.split_once('@').is_some_and(|(local, domain)| {
            let clean = |part: &str| {
                !part.is_empty()
                    && !part.contains(|c: char| c.is_whitespace() || "@<>\"".contains(c))
            };
            clean(local) && clean(domain)
        })
    })
}
