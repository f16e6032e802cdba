//! From documents and references to the JSON QuickBooks takes, by typed structs. Amounts are
//! written as number text from minor units.

mod added;
mod entries;
mod form;
mod lists;
mod parts;
mod payment;

pub(crate) use entries::kept;
pub(crate) use parts::{Ref, unapplied_minor};

use crate::amount;
use crate::entity::{Entity, KindRules};
use crate::errors;
use crate::settings::Region;
use added::Added;
use kernel::{Document, DocumentKind, DocumentLine, ReasonCode, ReferenceKey, ReferenceKind};
use ports::{Act, LedgerRef, RefMap, Snapshot, TargetFault, TargetOp, TargetSubject};
use serde::Serialize;
use serde_json::value::RawValue;

/// Longest `DocNumber` and `PaymentRefNum`, characters (quickbooks.md §8).
pub(crate) const NUMBER_CHARS_MAX: usize = 21;

/// Most lines of one transaction (quickbooks.md §6).
const LINES_MAX: usize = 10_000;

/// A write ready to be sent.
pub(crate) struct Write<'a> {
    pub(crate) entity: Entity,
    pub(crate) verb: Verb,
    pub(crate) body: Body<'a>,
}

/// How QuickBooks is told what to do (quickbooks.md §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Create.
    Create,
    /// `include=allowduplicatedocnum`: a voided one has the number (quickbooks.md §8).
    CreateAnew,
    /// Update in full or, for lists, sparse.
    Update,
    /// `operation=void`: invoices.
    VoidOperation,
    /// `operation=update&include=void`: receipts and payments.
    VoidUpdate,
    /// `operation=delete`.
    Delete,
}

impl Verb {
    /// Query parameters of a single call, to be appended after `requestid`.
    pub(crate) const fn parameters(self) -> &'static str {
        match self {
            Self::Create | Self::Update => "",
            Self::CreateAnew => "&include=allowduplicatedocnum",
            Self::VoidOperation => "&operation=void",
            Self::VoidUpdate => "&operation=update&include=void",
            Self::Delete => "&operation=delete",
        }
    }

    /// `operation` and `optionsData` of a batch item (quickbooks.md §4).
    pub(crate) const fn batch(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Create => ("create", None),
            Self::CreateAnew => ("create", Some("allowduplicatedocnum")),
            Self::Update => ("update", None),
            Self::VoidOperation | Self::VoidUpdate => ("update", Some("void")),
            Self::Delete => ("delete", None),
        }
    }
}

/// The object of a write.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Body<'a> {
    Form(form::SalesForm<'a>),
    Payment(payment::Payment<'a>),
    Entry(entries::Entry<'a>),
    List(lists::ListObject<'a>),
    Handle(Handle<'a>),
}

/// Id and version: all that voids and deletes need.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Handle<'a> {
    id: &'a str,
    sync_token: &'a str,
    #[serde(rename = "sparse", skip_serializing_if = "Option::is_none")]
    sparse: Option<bool>,
}

/// Why a write cannot be put into QuickBooks' terms.
pub(crate) struct Unfit(pub(crate) Box<TargetFault>);

pub(crate) fn unfit(code: ReasonCode, summary: impl Into<String>) -> Unfit {
    Unfit(Box::new(errors::local(code, summary)))
}

/// Puts `op` into QuickBooks' terms.
pub(crate) fn write<'a>(
    op: &'a TargetOp,
    refs: &'a RefMap,
    region: Region,
) -> Result<Write<'a>, Unfit> {
    let handle = match (op.act, &op.ledger) {
        (Act::Create, _) => None,
        (_, Some(ledger)) => Some(ledger),
        (_, None) => {
            return Err(unfit(
                ReasonCode::FieldMissing,
                "the ledger's id and version of the object to change are not known",
            ));
        }
    };
    match &op.subject {
        TargetSubject::Document(document) => {
            let entity = Entity::Document(document.kind);
            let look = Lookup { refs, region, stood: op.stood.as_deref() };
            let (verb, body) = match document_write(op.act, document, look, handle)? {
                (Verb::Create, body) if op.anew => (Verb::CreateAnew, body),
                write => write,
            };
            Ok(Write { entity, verb, body })
        }
        TargetSubject::Reference(reference) => {
            let entity = Entity::Reference(reference.key().kind);
            let retire = op.act.is_removal();
            let body = Body::List(lists::list_object(reference, refs, handle, retire)?);
            let verb = if handle.is_some() { Verb::Update } else { Verb::Create };
            Ok(Write { entity, verb, body })
        }
    }
}

fn document_write<'a>(
    act: Act,
    document: &'a Document,
    look: Lookup<'a>,
    handle: Option<&'a LedgerRef>,
) -> Result<(Verb, Body<'a>), Unfit> {
    let Some(ledger) = handle else {
        return Ok((Verb::Create, full(document, look, None, false)?));
    };
    let bare =
        |sparse| Body::Handle(Handle { id: &ledger.id, sync_token: &ledger.version, sparse });
    Ok(match (act, document.kind) {
        (Act::Create | Act::Update, _) => (Verb::Update, full(document, look, handle, false)?),
        (Act::Void, DocumentKind::Invoice) => (Verb::VoidOperation, bare(None)),
        (Act::Void, DocumentKind::SalesReceipt) => (Verb::VoidUpdate, bare(Some(true))),
        // A sparse payment is refused with 2020 (quickbooks.md §2, "Not every entity").
        (Act::Void, DocumentKind::Payment) => {
            (Verb::VoidUpdate, full(document, look, handle, true)?)
        }
        (Act::Void | Act::Delete, _) => (Verb::Delete, bare(None)),
    })
}

/// The whole object. `voiding` tolerates links whose ids are no longer known.
fn full<'a>(
    document: &'a Document,
    look: Lookup<'a>,
    handle: Option<&'a LedgerRef>,
    voiding: bool,
) -> Result<Body<'a>, Unfit> {
    check(document)?;
    Ok(match document.kind {
        DocumentKind::Payment => Body::Payment(payment::payment(document, look, handle, voiding)?),
        kind if kind.is_sales_form() => Body::Form(form::form(document, look, handle)?),
        _ => Body::Entry(entries::entry(document, look, handle)?),
    })
}

/// What must hold of every document, whatever its kind: QuickBooks would refuse or, worse, store
/// something else.
fn check(document: &Document) -> Result<(), Unfit> {
    if document.lines.len() > LINES_MAX {
        return Err(unfit(
            ReasonCode::BatchLimit,
            format!("{} lines; QuickBooks takes {LINES_MAX}", document.lines.len()),
        ));
    }
    if document.number.as_ref().is_some_and(|n| n.chars().count() > NUMBER_CHARS_MAX) {
        return Err(unfit(
            ReasonCode::ValueInvalid,
            format!("the document number is longer than {NUMBER_CHARS_MAX} characters"),
        ));
    }
    if document.total_minor < 0 {
        return Err(unfit(ReasonCode::ValueInvalid, "the total is negative"));
    }
    let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.map(i128::from).sum::<i128>();
    let amounts = || document.lines.iter().map(|l: &DocumentLine| l.amount_minor);
    let foots = match document.kind {
        DocumentKind::Payment | DocumentKind::Transfer => true,
        DocumentKind::JournalEntry => {
            sum(&mut amounts()) == 0
                && sum(&mut amounts().filter(|a| *a > 0)) == i128::from(document.total_minor)
        }
        _ => sum(&mut amounts()) == i128::from(document.total_minor),
    };
    if !foots {
        return Err(unfit(ReasonCode::LinesDoNotSum, "the lines do not add up to the total"));
    }
    if !document.links.is_empty() && document.kind != DocumentKind::Payment {
        return Err(unfit(
            ReasonCode::BusinessValidation,
            "only payments settle other documents in QuickBooks",
        ));
    }
    Ok(())
}

/// Ledger ids by name.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'a> {
    pub(crate) refs: &'a RefMap,
    pub(crate) region: Region,
    /// What stands in the ledger, of an update.
    pub(crate) stood: Option<&'a Snapshot>,
}

impl<'a> Lookup<'a> {
    /// The currency, where documents name it.
    fn currency(self, document: &'a Document) -> Option<Ref<'a>> {
        self.region.multi_currency.then(|| Ref { value: document.currency.code() })
    }

    /// The rate, where documents name a currency and this one states its own.
    fn rate(self, document: &Document) -> Result<Option<Box<RawValue>>, Unfit> {
        let Some(rate) = document.rate.filter(|_| self.region.multi_currency) else {
            return Ok(None);
        };
        amount::rate(rate).map(Some).ok_or_else(|| {
            let summary = format!("{rate} is no exchange rate that QuickBooks keeps");
            unfit(ReasonCode::ValueInvalid, summary)
        })
    }

    /// How amounts relate to tax, where documents say so: tax is a line of its own, so that the
    /// company computes none.
    fn tax_calculation(self) -> Option<&'static str> {
        (!self.region.united_states).then_some("NotApplicable")
    }

    fn find(self, kind: ReferenceKind, name: &str) -> Option<Ref<'a>> {
        let key = ReferenceKey { kind, name: name.to_owned() };
        self.refs.references.get(&key).map(|id| Ref { value: id })
    }

    /// The account called `name`.
    pub(crate) fn account(self, name: &str) -> Result<Ref<'a>, Unfit> {
        self.find(ReferenceKind::Account, name).ok_or_else(|| {
            unfit(
                ReasonCode::AccountUnmapped,
                format!("the ledger id of account `{name}` is not known"),
            )
        })
    }

    /// The item of a sales line.
    pub(crate) fn item(self, line: &DocumentLine) -> Result<Ref<'a>, Unfit> {
        let name = line
            .item
            .as_deref()
            .ok_or_else(|| unfit(ReasonCode::ItemUnmapped, "a sales line names no item"))?;
        self.find(ReferenceKind::Item, name).ok_or_else(|| {
            unfit(ReasonCode::ItemUnmapped, format!("the ledger id of item `{name}` is not known"))
        })
    }

    /// The location of a document, where it has one or stands under one.
    pub(crate) fn location(self, document: &Document) -> Result<Option<Ref<'a>>, Unfit> {
        let stood = self.stood.and_then(|got| got.location.as_deref());
        self.dimension(ReferenceKind::Location, document.location.as_deref(), stood)
    }

    /// The location of a line of a journal entry.
    pub(crate) fn location_of(
        self,
        line: &DocumentLine,
        added: Added<'a>,
    ) -> Result<Option<Ref<'a>>, Unfit> {
        self.dimension(ReferenceKind::Location, line.location.as_deref(), added.location)
    }

    /// The class of a line.
    pub(crate) fn class(
        self,
        line: &DocumentLine,
        added: Added<'a>,
    ) -> Result<Option<Ref<'a>>, Unfit> {
        self.dimension(ReferenceKind::Class, line.class.as_deref(), added.class)
    }

    /// What has `name`, and where we give none what a person gave: a ledger id.
    fn dimension(
        self,
        kind: ReferenceKind,
        name: Option<&str>,
        by_hand: Option<&'a str>,
    ) -> Result<Option<Ref<'a>>, Unfit> {
        let Some(name) = name else { return Ok(by_hand.map(|value| Ref { value })) };
        let found = self.find(kind, name).ok_or_else(|| {
            let word = kind.as_str();
            unfit(
                ReasonCode::MappingTargetInactive,
                format!("the ledger id of the {word} `{name}` is not known"),
            )
        })?;
        Ok(Some(found))
    }

    /// The customer; the name stays out of the text.
    pub(crate) fn customer(self, name: &str) -> Result<Ref<'a>, Unfit> {
        self.find(ReferenceKind::Customer, name).ok_or_else(|| {
            unfit(ReasonCode::CustomerUnresolved, "the ledger id of the customer is not known")
        })
    }
}
