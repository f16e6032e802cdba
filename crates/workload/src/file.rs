//! An order system that writes files: invoices on account, credit notes, and what is given up, as rows
//! that somebody imports through a mapping.

mod rows;

use crate::draw::{Draws, Salt};
use crate::plan::World;
use crate::shape::{Shape, sources};
use crate::vendors::OrderSystem;
use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use kernel::Timestamp;
use rows::{Form, Group};
use std::io::Write;

/// Most days of one file.
const PERIOD_MAX: u64 = 6;
/// Files that begin with the month again, per mille.
const WHOLE: u16 = 300;
/// Files that are packed, per mille.
const PACKED: u16 = 400;

/// A file as the order system wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, e.g. `orders-03.csv.gz`.
    pub name: String,
    /// When it was written.
    pub at: Timestamp,
    /// Its bytes, plain or gzip.
    pub bytes: Bytes,
    /// It has the last word where files say something else of an order: import it after all others.
    pub corrects: bool,
}

impl File {
    /// Whether its bytes are gzip.
    pub fn is_packed(&self) -> bool {
        self.bytes.starts_with(&[0x1f, 0x8b])
    }
}

/// The mapping by which the files of `shape` are read, as TOML.
pub fn mapping(shape: &Shape) -> String {
    let form = Form::of(shape);
    let (format, delimiter) = match form.delimiter {
        Some(delimiter) => ("csv", delimiter),
        None => ("ndjson", ','),
    };
    let currency = if form.has_currency {
        String::new()
    } else {
        format!("currency = \"{}\"\n", shape.currency.code())
    };
    let column = if form.has_currency { "currency = \"Currency\"\n" } else { "" };
    format!(
        "source = \"{}\"\nformat = \"{format}\"\ndelimiter = \"{}\"\nzone = \"{}\"\n{currency}\
         settlement = \"on_account\"\ngroup_by = \"No\"\n\
         [columns]\nplaced_at = \"Date\"\nsku = \"Code\"\ntitle = \"Text\"\nquantity = \"Qty\"\n\
         unit_price = \"Price\"\ncustomer_id = \"Customer\"\ncustomer_name = \"Name\"\n\
         channel = \"Channel\"\n{column}\
         [kind]\ncolumn = \"No\"\nprefixes = {{ C = \"credit\", A = \"adjustment\" }}\n\
         [line_kinds]\n{} = \"shipping\"\n{} = \"tip\"\n{} = \"gift_card\"\n{} = \"discount\"\n",
        sources(shape).orders,
        delimiter.escape_default(),
        shape.zone,
        rows::SHIPPING_CODE,
        rows::TIP_CODE,
        rows::GIFT_CODE,
        rows::DISCOUNT_CODE,
    )
}

/// The files of the month of `shape`, oldest first; none where its order system writes none. Each tells
/// of some days, and some of them of the whole month so far once more; the last one of all of it. An
/// order that does not foot elsewhere stands damaged in the first file that tells of it, and as it should
/// be in the others. In some shops so does an order that is edited elsewhere, with its first total.
///
/// # Panics
/// When the zone is unknown or the month is not 1 to 366 days long.
pub fn files(shape: &Shape) -> Vec<File> {
    if !shape.order_system.is_file() {
        return Vec::new();
    }
    let world = World::new(shape);
    let form = Form::of(shape);
    let mut groups: Vec<Group> =
        (0..shape.orders).flat_map(|index| rows::groups(&world, index)).collect();
    groups.sort_by_key(|group| (group.at, group.index));
    let (mut files, mut told, mut day) = (Vec::new(), 0, 0);
    while day < world.calendar.len() {
        let draws = Draws::of(!world.seed, day as u64);
        let length = 1 + draws.below(Salt::FilePeriod, PERIOD_MAX);
        day = (day + usize::try_from(length).unwrap_or(1)).min(world.calendar.len());
        let at = world.calendar.start_of(day);
        let until = groups.partition_point(|group| group.at < at);
        let from = if draws.chance(Salt::FileWhole, WHOLE) { 0 } else { told };
        let body = form.text(&world, &groups[from..until], told - from);
        let is_packed = draws.chance(Salt::FilePacked, PACKED);
        files.push(file(shape, files.len(), at, body, is_packed));
        told = until;
    }
    let corrects = form.is_correcting && groups.iter().any(Group::is_edited);
    if corrects {
        // Newest first: the bytes of no file before it, which would count as imported.
        groups.reverse();
    }
    let whole = form.text(&world, &groups, groups.len());
    let is_packed = world.seed.is_multiple_of(2);
    let last = file(shape, files.len(), world.calendar.end(), whole, is_packed);
    files.push(File { corrects, ..last });
    files
}

fn file(shape: &Shape, n: usize, at: i64, text: String, is_packed: bool) -> File {
    let kind = if shape.order_system == OrderSystem::Ndjson { "ndjson" } else { "csv" };
    let at = Timestamp::from_seconds(at);
    if !is_packed {
        let name = format!("orders-{n:02}.{kind}");
        return File { name, at, bytes: Bytes::from(text), corrects: false };
    }
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).expect("memory takes everything");
    let bytes = packer.finish().expect("memory takes everything");
    let name = format!("orders-{n:02}.{kind}.gz");
    File { name, at, bytes: Bytes::from(bytes), corrects: false }
}
