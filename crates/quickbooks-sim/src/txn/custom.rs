//! The text fields that a company has on its sales forms (quickbooks.md §8).

use super::Txn;
use crate::books::Books;
use crate::json::{Json, Obj, array};
use crate::schema;
use serde_json::value::RawValue;

/// The name of the property.
const FIELDS: &str = "CustomField";

/// What a form says in field `id`, if anything.
fn text_of(sent: &str, id: &str) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(sent).ok()?;
    let fields = array(raw)?;
    let mut fields = fields.into_iter().filter_map(|field| Obj::parse(field.get()).ok());
    let of = |field: &Obj<'_>| field.text("DefinitionId").as_deref() == Some(id);
    let text = fields.rfind(of)?.text("StringValue")?.into_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Fields without a text are those of every form: keeping them would make a form that is written back
/// as it was read another one.
pub(super) fn keep(books: &Books, txn: &mut Txn) {
    let class = schema::txn(txn.kind);
    let Some(sent) = class.extra(&txn.extras, FIELDS) else { return };
    let names = books.prefs.custom_fields.len();
    if names == 0 {
        return;
    }
    let any = (1..=names).any(|n| text_of(sent, &n.to_string()).is_some());
    let mut json = Json::with_capacity(sent.len());
    write_list(&mut json, books, Some(sent));
    class.drop_extra(&mut txn.extras, FIELDS);
    if any {
        class.add_extra(&mut txn.extras, FIELDS, &json.out);
    }
}

/// Writes the fields of the company with what the form says in them; in a company without any, what
/// was sent.
pub(super) fn write(json: &mut Json, books: &Books, sent: Option<&str>) {
    if books.prefs.custom_fields.is_empty() {
        return json.field_raw(FIELDS, sent.unwrap_or("[]"));
    }
    json.key(FIELDS);
    write_list(json, books, sent);
}

fn write_list(json: &mut Json, books: &Books, sent: Option<&str>) {
    json.open_array();
    for (n, name) in (1..).zip(&books.prefs.custom_fields) {
        let id = n.to_string();
        json.open();
        json.field("DefinitionId", &id);
        json.field("Name", name);
        json.field("Type", "StringType");
        if let Some(text) = sent.and_then(|sent| text_of(sent, &id)) {
            json.field("StringValue", &text);
        }
        json.close();
    }
    json.close_array();
}

/// Writes the names as Preferences shows them (assumed: the shape of a recorded US company).
pub(crate) fn write_preferences(json: &mut Json, books: &Books) {
    let names = &books.prefs.custom_fields;
    if names.is_empty() {
        return;
    }
    json.key(FIELDS);
    json.open_array();
    let mut group = |write: &mut dyn FnMut(&mut Json)| {
        json.open();
        json.key(FIELDS);
        json.open_array();
        write(json);
        json.close_array();
        json.close();
    };
    group(&mut |json| {
        for n in 1..=3 {
            json.open();
            json.field_bool("BooleanValue", n <= names.len());
            json.field("Name", &format!("SalesFormsPrefs.UseSalesCustom{n}"));
            json.field("Type", "BooleanType");
            json.close();
        }
    });
    group(&mut |json| {
        for (n, name) in (1..).zip(names) {
            json.open();
            json.field("StringValue", name);
            json.field("Name", &format!("SalesFormsPrefs.SalesCustomName{n}"));
            json.field("Type", "StringType");
            json.close();
        }
    });
    json.close_array();
}
