//! Attachments: notes and files that belong to transactions and list objects.

use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::schema::{self, Extras};
use crate::service::{Done, Op, Write, check_token};
use crate::txn::input;

/// Attachments have long numbers of their own; ours count up from here.
const FIRST_SHOWN: i64 = 5_000_000_000_000_010_000;
/// Files that can be attached, by the end of their name.
const FILES: &[&str] = &[
    "ai", "csv", "doc", "docx", "eps", "gif", "jpeg", "jpg", "ods", "pdf", "png", "rtf", "tif",
    "tiff", "txt", "xls", "xlsx", "xml",
];

/// One attachment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachable {
    pub id: u32,
    pub sync: u32,
    /// UTC seconds.
    pub created: i64,
    /// UTC seconds.
    pub updated: i64,
    pub extras: Extras,
    /// The file; none for a note.
    pub content: Option<Box<[u8]>>,
}

impl Attachable {
    /// The number as shown.
    pub(crate) fn shown_id(&self) -> i64 {
        shown(self.id)
    }

    pub(crate) fn size(&self) -> usize {
        self.content.as_ref().map_or(0, |c| c.len())
    }

    /// What it belongs to: type and id as sent.
    pub(crate) fn belongs_to(&self) -> Vec<(String, String)> {
        let raw = schema::ATTACHABLE.extra(&self.extras, "AttachableRef").unwrap_or("[]");
        let refs: Vec<Obj<'_>> = serde_json::from_str(raw).unwrap_or_default();
        refs.iter()
            .filter_map(|r| {
                let to = r.object("EntityRef")?;
                Some((to.text("type")?.into_owned(), to.text("value")?.into_owned()))
            })
            .collect()
    }
}

/// The id as clients know it.
pub(crate) fn shown(id: u32) -> i64 {
    FIRST_SHOWN + i64::from(id)
}

/// The number behind a shown id (2030).
pub(crate) fn parse_id(text: &str) -> Result<u32> {
    let number: i64 = text.parse().map_err(|_| Fault::invalid_id("Id", text))?;
    Ok(u32::try_from(number - FIRST_SHOWN).unwrap_or(0))
}

/// Creates, updates or deletes, and appends `"Attachable":{...}`. The flag tells whether anything
/// changed.
pub(crate) fn write(books: &mut Books, write: &Write<'_>, json: &mut Json) -> Result<(Done, bool)> {
    let id = write.obj.text("Id").filter(|t| !t.is_empty()).map(|t| parse_id(&t)).transpose()?;
    match (write.op, id) {
        // The id alone is enough (quickbooks.md §2).
        (Op::Delete, Some(id)) => {
            let gone = books.attachables.remove(&id).ok_or_else(Fault::not_found)?;
            json.key("Attachable");
            json.open();
            json.field("domain", "QBO");
            json.field("status", "Deleted");
            json.field("Id", &gone.shown_id().to_string());
            json.close();
            books.bury(Entity::Attachable, id, write.now_us);
            Ok((Done::Deleted, true))
        }
        (Op::Delete | Op::Update, None) => Err(Fault::missing("Id")),
        (Op::Void, _) => Err(Fault::unsupported("void")),
        (Op::Send, _) => Err(Fault::unsupported("send")),
        (Op::Save | Op::Update, Some(id)) => {
            let old = books.attachables.get(&id).ok_or_else(Fault::not_found)?;
            check_token(books, write.obj, old.sync)?;
            let sparse = write.obj.truth("sparse");
            let extras = read(books, write.obj, Some(&old.extras), sparse)?;
            let changed = extras != old.extras;
            let mut new = old.clone();
            new.extras = extras;
            if changed {
                new.sync += 1;
                new.updated = write.now_us.div_euclid(1_000_000);
            }
            show(json, &new, write.realm);
            books.attachables.insert(id, new);
            Ok((Done::Updated, changed))
        }
        (Op::Save | Op::Create, _) => {
            let extras = read(books, write.obj, None, false)?;
            let class = schema::ATTACHABLE;
            if class.extra(&extras, "Note").is_none() && class.extra(&extras, "FileName").is_none()
            {
                return Err(Fault::missing("Note"));
            }
            let new = books.attach(extras, None, write.now_us);
            show(json, new, write.realm);
            Ok((Done::Created, true))
        }
    }
}

/// Stores an uploaded file under its description, an Attachable without content (6040, 6041).
pub(crate) fn upload<'b>(
    books: &'b mut Books,
    description: &str,
    file_name: &str,
    content_type: &str,
    content: &[u8],
    now_us: i64,
) -> Result<&'b Attachable> {
    let obj = Obj::parse(description).map_err(|_| Fault::not_attachable())?;
    let mut extras = read(books, &obj, None, false)?;
    let class = schema::ATTACHABLE;
    let quoted = |text: &str| {
        let mut json = Json::default();
        json.string(text);
        json.out
    };
    class.add_extra(&mut extras, "FileName", &quoted(file_name));
    class.add_extra(&mut extras, "ContentType", &quoted(content_type));
    let name: String = class
        .extra(&extras, "FileName")
        .and_then(|raw| serde_json::from_str(raw).ok())
        .unwrap_or_default();
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    if !end.is_some_and(|end| FILES.contains(&end.as_str())) {
        return Err(Fault::invalid_file(&name));
    }
    Ok(books.attach(extras, Some(content.into()), now_us))
}

fn read(books: &Books, obj: &Obj<'_>, old: Option<&Extras>, sparse: bool) -> Result<Extras> {
    for (key, most) in [("FileName", 1_000), ("Note", 2_000), ("Category", 100), ("Tag", 2_000)] {
        input::text(obj, key, most, None)?;
    }
    for owner in obj.array("AttachableRef")? {
        schema::ATTACHABLE_REF.kept(&owner)?;
        let to = owner.object("EntityRef").ok_or_else(|| Fault::missing("EntityRef"))?;
        let kind = to.text("type").ok_or_else(|| Fault::missing("EntityRef.type"))?;
        let id = to.text("value").ok_or_else(|| Fault::missing("EntityRef.value"))?;
        check_owner(books, &kind, &id)?;
    }
    schema::ATTACHABLE.extras(obj, old, sparse)
}

/// What something can be attached to: any transaction, and customers, vendors, employees and items.
fn check_owner(books: &Books, kind: &str, id: &str) -> Result<()> {
    let number: u32 = id.parse().map_err(|_| Fault::invalid_id("EntityRef", id))?;
    let lists = [ListKind::Customer, ListKind::Vendor, ListKind::Employee, ListKind::Item];
    let there = if let Some(wanted) = TxnKind::ALL.into_iter().find(|k| k.name() == kind) {
        books.txn(number).is_some_and(|t| t.kind == wanted)
    } else if let Some(wanted) = lists.into_iter().find(|k| k.name() == kind) {
        books.list(wanted, number).is_some()
    } else {
        return Err(Fault::cannot_attach_to(kind));
    };
    if there { Ok(()) } else { Err(Fault::reference("EntityRef", "EntityRef", id)) }
}

/// Appends `"Attachable":{...}`.
pub(crate) fn show(json: &mut Json, attachable: &Attachable, realm: &str) {
    json.key("Attachable");
    write_object(json, attachable, realm);
}

/// Writes the object, braces included.
pub(crate) fn write_object(json: &mut Json, attachable: &Attachable, realm: &str) {
    json.open();
    if attachable.content.is_some() {
        let id = attachable.shown_id();
        json.field("FileAccessUri", &format!("/v3/company/{realm}/download/{id}"));
        json.field_number("Size", u64::try_from(attachable.size()).unwrap_or(0));
    }
    schema::ATTACHABLE.write_extras(json, &attachable.extras, None);
    json.field("domain", "QBO");
    json.field_bool("sparse", false);
    json.field("Id", &attachable.shown_id().to_string());
    json.field_id("SyncToken", attachable.sync);
    json.key("MetaData");
    json.open();
    json.field_stamp("CreateTime", attachable.created);
    json.field_stamp("LastUpdatedTime", attachable.updated);
    json.close();
    json.close();
}

impl Books {
    /// Ids changed at or after a second, oldest change first.
    pub(crate) fn changed_attachables(&self, since: i64) -> Vec<u32> {
        let changed = self.attachables.values().filter(|file| file.updated >= since);
        let mut times: Vec<_> = changed.map(|file| (file.updated, file.id)).collect();
        times.sort_unstable();
        times.into_iter().map(|(_, id)| id).collect()
    }

    fn attach(&mut self, extras: Extras, content: Option<Box<[u8]>>, now_us: i64) -> &Attachable {
        self.last_attachable += 1;
        let id = self.last_attachable;
        let now = now_us.div_euclid(1_000_000);
        let new = Attachable { id, sync: 0, created: now, updated: now, extras, content };
        self.attachables.entry(id).or_insert(new)
    }
}
