//! Property tables: which properties a class knows, and which of them are stored as sent.
//!
//! A property is either *handled* (read into a typed field, or computed by the company and ignored
//! when sent) or *kept*: its JSON text is stored and given back unchanged.

mod filing;
mod planning;
mod preferring;
mod properties;
mod purchasing;
mod stocking;
mod taxing;
mod values;

use serde_json::value::RawValue;

use crate::error::{Fault, Result};
use crate::json::{Json, Obj, is_null};
use crate::kind::{ListKind, TxnKind};
use properties as p;

/// One class of the published schema.
#[derive(Debug)]
pub(crate) struct Class {
    /// Name in "class com.intuit.schema.finance.v3.Invoice".
    pub name: &'static str,
    groups: &'static [&'static [&'static str]],
    handled: &'static [&'static [&'static str]],
}

/// Properties stored as sent: (position in the class, JSON text), by position.
pub(crate) type Extras = Box<[(u8, Box<str>)]>;

/// Set by the company on every entity.
const SYSTEM: &[&str] = &["Id", "SyncToken", "MetaData", "domain", "status", "sparse"];
/// Handled on every transaction.
const TXN: &[&str] = &[
    "DocNumber",
    "TxnDate",
    "PrivateNote",
    "CurrencyRef",
    "ExchangeRate",
    "Line",
    "LinkedTxn",
    "TxnStatus",
    "TotalCostAmount",
    "HomeTotalCostAmount",
    "TxnSource",
];
const SALES: &[&str] = &[
    "CustomerRef",
    "TxnTaxDetail",
    "GlobalTaxCalculation",
    "DueDate",
    "DepositToAccountRef",
    "ARAccountRef",
    "PaymentRefNum",
    "TotalAmt",
    "HomeTotalAmt",
    "Balance",
    "HomeBalance",
    "RemainingCredit",
    "AutoDocNumber",
    "InvoiceLink",
    "invoiceStatus",
    "callToAction",
    "invoiceStatusLog",
];
const PAYMENT: &[&str] = &[
    "CustomerRef",
    "DepositToAccountRef",
    "ARAccountRef",
    "PaymentRefNum",
    "TotalAmt",
    "UnappliedAmt",
];
const DEPOSIT: &[&str] = &["DepositToAccountRef", "CashBack", "TotalAmt", "HomeTotalAmt"];
const TRANSFER: &[&str] = &["FromAccountRef", "ToAccountRef", "Amount"];
const PURCHASE: &[&str] = &[
    "AccountRef",
    "EntityRef",
    "Credit",
    "PaymentRefNum",
    "TotalAmt",
    "TxnTaxDetail",
    "GlobalTaxCalculation",
];
const BY_VENDOR: &[&str] = &[
    "VendorRef",
    "APAccountRef",
    "DueDate",
    "TotalAmt",
    "Balance",
    "HomeBalance",
    "POStatus",
    "TxnTaxDetail",
    "GlobalTaxCalculation",
];
const BILL_PAYMENT: &[&str] =
    &["VendorRef", "APAccountRef", "CheckPayment", "CreditCardPayment", "TotalAmt"];
const TIME: &[&str] =
    &["TxnDate", "EmployeeRef", "VendorRef", "CustomerRef", "BillableStatus", "TimeChargeId"];
const ADJUSTMENT: &[&str] = &["AdjustAccountRef"];
const JOURNAL: &[&str] = &["TotalAmt", "HomeTotalAmt"];
const NAMES: &[&str] =
    &["DisplayName", "FullyQualifiedName", "Active", "ParentRef", "Balance", "CurrencyRef"];
const CUSTOMER: &[&str] = &["BalanceWithJobs", "Job", "Level", "OverDueBalance", "RootCustomerRef"];
const ACCOUNT: &[&str] = &[
    "Name",
    "FullyQualifiedName",
    "Active",
    "ParentRef",
    "SubAccount",
    "Classification",
    "AccountType",
    "AccountSubType",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "CurrencyRef",
];
const ITEM: &[&str] = &[
    "Name",
    "FullyQualifiedName",
    "Active",
    "ParentRef",
    "SubItem",
    "Level",
    "Type",
    "IncomeAccountRef",
    "ExpenseAccountRef",
    "AssetAccountRef",
    "TrackQtyOnHand",
    "QtyOnHand",
];
const TREE: &[&str] =
    &["Name", "FullyQualifiedName", "Active", "ParentRef", "SubClass", "SubDepartment"];
const FLAT: &[&str] = &["Name", "Active"];
const CURRENCY: &[&str] = &["Code", "Active"];
const AGENCY: &[&str] = &[
    "TaxTrackedOnPurchases",
    "TaxTrackedOnSales",
    "TaxOnPurchasesAccountRef",
    "TaxTrackedOnSalesAccountRef",
    "TaxAgencyConfig",
];

/// What objects show for a property that was never sent.
const DEFAULTS: &[(&str, &str)] = &[
    ("CustomField", "[]"),
    ("ApplyTaxAfterDiscount", "false"),
    ("PrintStatus", "\"NeedToPrint\""),
    ("EmailStatus", "\"NotSet\""),
    ("AllowIPNPayment", "false"),
    ("AllowOnlinePayment", "false"),
    ("AllowOnlineCreditCardPayment", "false"),
    ("AllowOnlineACHPayment", "false"),
    ("ProcessPayment", "false"),
    ("UnitPrice", "0"),
    ("BillableStatus", "\"NotBillable\""),
    ("TaxCodeRef", "{\"value\":\"NON\"}"),
];

/// JSON without the white space between its words.
fn minified(text: &str) -> Box<str> {
    if !text.contains([' ', '\t', '\n', '\r']) {
        return text.into();
    }
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        let space = !quoted && c.is_ascii_whitespace();
        if *c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = *c == '\\' && !escaped;
        !space
    };
    text.chars().filter(keep).collect()
}

fn same_json(a: &str, b: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    // What nests too deeply to be read is the same only letter by letter.
    a == b || value(a).is_some_and(|a| value(b).is_some_and(|b| a == b))
}

pub(crate) const TXN_TAX_DETAIL: &Class = &Class {
    name: "TxnTaxDetail",
    groups: &[taxing::TXN_TAX_DETAIL],
    handled: &[taxing::TXN_TAX_DETAIL],
};
pub(crate) const TAX_LINE_DETAIL: &Class = &Class {
    name: "TaxLineDetail",
    groups: &[taxing::TAX_LINE_DETAIL],
    handled: &[taxing::TAX_LINE_DETAIL],
};
pub(crate) const EXCHANGE_RATE: &Class = &Class {
    name: "ExchangeRate",
    groups: &[p::INTUIT, taxing::EXCHANGE_RATE],
    handled: &[p::INTUIT, taxing::EXCHANGE_RATE],
};
/// The classes of `POST /taxservice/taxcode`.
pub(crate) const TAX_SERVICE: &Class = &Class {
    name: "TaxService",
    groups: &[p::INTUIT, taxing::TAX_SERVICE],
    handled: &[p::INTUIT, taxing::TAX_SERVICE],
};
pub(crate) const TAX_RATE_DETAILS: &Class = &Class {
    name: "TaxRateDetails",
    groups: &[taxing::TAX_RATE_DETAILS],
    handled: &[taxing::TAX_RATE_DETAILS],
};

macro_rules! class {
    ($name:ident, [$($group:path),+], [$($handled:path),*]) => {
        &Class { name: stringify!($name), groups: &[$($group),+], handled: &[$($handled),*] }
    };
}

/// `Line` of any transaction.
pub(crate) const LINE: &Class = &Class { name: "Line", groups: &[p::LINE], handled: &[p::LINE] };
pub(crate) const SALE_DETAIL: &Class = &Class {
    name: "SalesItemLineDetail",
    groups: &[p::SALES_ITEM_LINE_DETAIL],
    handled: &[&["ItemRef", "UnitPrice", "Qty", "TaxCodeRef", "ItemAccountRef"]],
};
pub(crate) const DISCOUNT_DETAIL: &Class = &Class {
    name: "DiscountLineDetail",
    groups: &[p::DISCOUNT_LINE_DETAIL],
    handled: &[&["PercentBased", "DiscountPercent", "DiscountAccountRef"]],
};
pub(crate) const JOURNAL_DETAIL: &Class = &Class {
    name: "JournalEntryLineDetail",
    groups: &[p::JOURNAL_ENTRY_LINE_DETAIL],
    handled: &[&["PostingType", "AccountRef", "Entity"]],
};
pub(crate) const DEPOSIT_DETAIL: &Class = &Class {
    name: "DepositLineDetail",
    groups: &[p::DEPOSIT_LINE_DETAIL],
    handled: &[&["AccountRef", "Entity"]],
};
pub(crate) const ACCOUNT_EXPENSE_DETAIL: &Class = &Class {
    name: "AccountBasedExpenseLineDetail",
    groups: &[p::ACCOUNT_BASED_EXPENSE_LINE_DETAIL],
    handled: &[&["AccountRef"]],
};
pub(crate) const ITEM_EXPENSE_DETAIL: &Class = &Class {
    name: "ItemBasedExpenseLineDetail",
    groups: &[p::ITEM_BASED_EXPENSE_LINE_DETAIL],
    handled: &[&["ItemRef", "UnitPrice", "Qty", "ItemAccountRef"]],
};
pub(crate) const GROUP_DETAIL: &Class = &Class {
    name: "GroupLineDetail",
    groups: &[stocking::GROUP_LINE_DETAIL],
    handled: &[&["GroupItemRef", "Quantity", "Line"]],
};
pub(crate) const ADJUSTMENT_DETAIL: &Class = &Class {
    name: "ItemAdjustmentLineDetail",
    groups: &[stocking::ITEM_ADJUSTMENT_LINE_DETAIL],
    handled: &[&["ItemRef", "QtyDiff", "NewQty"]],
};
/// `CDCQuery` of a batch item.
pub(crate) const CDC_QUERY: &Class = &Class {
    name: "CDCQuery",
    groups: &[&["Entities", "ChangedSince"]],
    handled: &[&["Entities", "ChangedSince"]],
};
pub(crate) const LINKED_TXN: &Class =
    &Class { name: "LinkedTxn", groups: &[p::LINKED_TXN], handled: &[p::LINKED_TXN] };

pub(crate) const ATTACHABLE: &Class = &Class {
    name: "Attachable",
    groups: &[p::INTUIT, filing::ATTACHABLE],
    handled: &[
        SYSTEM,
        &["FileAccessUri", "TempDownloadUri", "Size", "ThumbnailFileAccessUri"],
        &["ThumbnailTempDownloadUri"],
    ],
};
pub(crate) const ATTACHABLE_REF: &Class =
    &Class { name: "AttachableRef", groups: &[filing::ATTACHABLE_REF], handled: &[] };
pub(crate) const BUDGET: &Class =
    &Class { name: "Budget", groups: &[p::INTUIT, filing::BUDGET], handled: &[] };
pub(crate) const PREFERENCES: &Class = &Class {
    name: "Preferences",
    groups: &[p::INTUIT, preferring::PREFERENCES],
    handled: &[SYSTEM],
};

/// Refuses a section of Preferences with an unknown property (2010).
pub(crate) fn check_section(name: &str, section: &Obj<'_>) -> Result<()> {
    let known = preferring::SECTIONS.iter().find(|(n, _)| *n == name).map_or(&[][..], |s| s.1);
    match section.0.iter().find(|(key, _)| !known.contains(&key.as_ref())) {
        Some((key, _)) => Err(Fault::unknown_property(key, name, known)),
        None => Ok(()),
    }
}

/// The class of a transaction type.
pub(crate) fn txn(kind: TxnKind) -> &'static Class {
    match kind {
        TxnKind::SalesReceipt => {
            class!(
                SalesReceipt,
                [p::INTUIT, p::TXN, p::SALES, p::SALES_RECEIPT],
                [SYSTEM, TXN, SALES]
            )
        }
        TxnKind::Invoice => {
            class!(Invoice, [p::INTUIT, p::TXN, p::SALES, p::INVOICE], [SYSTEM, TXN, SALES])
        }
        TxnKind::CreditMemo => {
            class!(CreditMemo, [p::INTUIT, p::TXN, p::SALES, p::CREDIT_MEMO], [SYSTEM, TXN, SALES])
        }
        TxnKind::RefundReceipt => class!(
            RefundReceipt,
            [p::INTUIT, p::TXN, p::SALES, p::REFUND_RECEIPT],
            [SYSTEM, TXN, SALES]
        ),
        TxnKind::Payment => {
            class!(Payment, [p::INTUIT, p::TXN, p::PAYMENT], [SYSTEM, TXN, PAYMENT])
        }
        TxnKind::JournalEntry => {
            class!(JournalEntry, [p::INTUIT, p::TXN, p::JOURNAL_ENTRY], [SYSTEM, TXN, JOURNAL])
        }
        TxnKind::Deposit => {
            class!(Deposit, [p::INTUIT, p::TXN, p::DEPOSIT], [SYSTEM, TXN, DEPOSIT])
        }
        TxnKind::Transfer => {
            class!(Transfer, [p::INTUIT, p::TXN, p::TRANSFER], [SYSTEM, TXN, TRANSFER])
        }
        TxnKind::Purchase => {
            class!(Purchase, [p::INTUIT, p::TXN, p::PURCHASE], [SYSTEM, TXN, PURCHASE])
        }
        TxnKind::Estimate => {
            class!(
                Estimate,
                [p::INTUIT, p::TXN, p::SALES, planning::ESTIMATE],
                [SYSTEM, TXN, SALES]
            )
        }
        TxnKind::Bill => class!(
            Bill,
            [p::INTUIT, p::TXN, purchasing::BY_VENDOR, purchasing::BILL],
            [SYSTEM, TXN, BY_VENDOR]
        ),
        TxnKind::BillPayment => {
            class!(
                BillPayment,
                [p::INTUIT, p::TXN, purchasing::BILL_PAYMENT],
                [SYSTEM, TXN, BILL_PAYMENT]
            )
        }
        TxnKind::VendorCredit => class!(
            VendorCredit,
            [p::INTUIT, p::TXN, purchasing::BY_VENDOR, purchasing::VENDOR_CREDIT],
            [SYSTEM, TXN, BY_VENDOR]
        ),
        TxnKind::PurchaseOrder => class!(
            PurchaseOrder,
            [p::INTUIT, p::TXN, purchasing::BY_VENDOR, purchasing::PURCHASE_ORDER],
            [SYSTEM, TXN, BY_VENDOR]
        ),
        TxnKind::TimeActivity => {
            class!(TimeActivity, [p::INTUIT, planning::TIME_ACTIVITY], [SYSTEM, TIME])
        }
        TxnKind::InventoryAdjustment => class!(
            InventoryAdjustment,
            [p::INTUIT, p::TXN, stocking::INVENTORY_ADJUSTMENT],
            [SYSTEM, TXN, ADJUSTMENT]
        ),
    }
}

/// The class of a list type.
pub(crate) fn list(kind: ListKind) -> &'static Class {
    match kind {
        ListKind::Account => class!(Account, [p::INTUIT, p::ACCOUNT], [SYSTEM, ACCOUNT]),
        ListKind::Customer => {
            class!(Customer, [p::INTUIT, p::NAMES, p::CUSTOMER], [SYSTEM, NAMES, CUSTOMER])
        }
        ListKind::Vendor => class!(Vendor, [p::INTUIT, p::NAMES, p::VENDOR], [SYSTEM, NAMES]),
        ListKind::Employee => class!(Employee, [p::INTUIT, p::NAMES, p::EMPLOYEE], [SYSTEM, NAMES]),
        ListKind::Item => class!(Item, [p::INTUIT, p::ITEM], [SYSTEM, ITEM]),
        ListKind::Class => class!(Class, [p::INTUIT, p::CLASS], [SYSTEM, TREE]),
        ListKind::Department => class!(Department, [p::INTUIT, p::DEPARTMENT], [SYSTEM, TREE]),
        ListKind::PaymentMethod => {
            class!(PaymentMethod, [p::INTUIT, p::PAYMENT_METHOD], [SYSTEM, FLAT])
        }
        ListKind::Term => class!(Term, [p::INTUIT, p::TERM], [SYSTEM, FLAT]),
        ListKind::TaxCode => class!(TaxCode, [p::INTUIT, taxing::TAX_CODE], [SYSTEM, FLAT]),
        ListKind::TaxRate => class!(TaxRate, [p::INTUIT, taxing::TAX_RATE], [SYSTEM, FLAT]),
        ListKind::TaxAgency => class!(
            TaxAgency,
            [p::INTUIT, p::NAMES, p::VENDOR, taxing::TAX_AGENCY],
            [SYSTEM, NAMES, AGENCY]
        ),
        ListKind::CompanyCurrency => {
            class!(CompanyCurrency, [p::INTUIT, taxing::COMPANY_CURRENCY], [SYSTEM, CURRENCY])
        }
    }
}

/// The class of an element of an answer.
pub(crate) fn named(name: &str) -> Option<&'static Class> {
    let lines = [
        LINE,
        SALE_DETAIL,
        DISCOUNT_DETAIL,
        JOURNAL_DETAIL,
        DEPOSIT_DETAIL,
        ACCOUNT_EXPENSE_DETAIL,
        ITEM_EXPENSE_DETAIL,
        LINKED_TXN,
    ];
    let txns = TxnKind::ALL.into_iter().map(txn);
    let lists = ListKind::ALL.into_iter().map(list);
    lines.into_iter().chain(txns).chain(lists).find(|class| class.name == name)
}

impl Class {
    fn known(&self) -> impl Iterator<Item = &'static str> {
        self.groups.iter().flat_map(|g| g.iter().copied())
    }

    /// Where a property stands in the schema's sequence; unknown ones stand last.
    pub(crate) fn order(&self, name: &str) -> usize {
        self.known().position(|k| k == name).unwrap_or(usize::MAX)
    }

    /// Whether the class has the property at all.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.known().any(|k| k.eq_ignore_ascii_case(name))
    }

    fn position(&self, name: &str) -> Option<u8> {
        self.known().position(|k| k == name).and_then(|at| u8::try_from(at).ok())
    }

    /// Refuses unknown properties and gives the kept ones, sorted by position.
    pub(crate) fn kept<'a>(&self, obj: &Obj<'a>) -> Result<Vec<(u8, &'a RawValue)>> {
        let mut kept = Vec::new();
        for (key, raw) in &obj.0 {
            values::check(key, raw)?;
            if self.handled.iter().any(|g| g.contains(&key.as_ref())) {
                continue;
            }
            let Some(at) = self.position(key) else {
                let known: Vec<_> = self.known().collect();
                return Err(Fault::unknown_property(key, self.name, &known));
            };
            kept.push((at, *raw));
        }
        kept.sort_by_key(|(at, _)| *at);
        Ok(kept)
    }

    /// The kept properties of a new or fully updated object; on a sparse update the old ones stay
    /// unless named. Null removes, and so does the value that an absent property shows anyway. A value
    /// that means what the old one meant keeps the old text, so that a read object written back
    /// unchanged changes nothing.
    pub(crate) fn extras(
        &self,
        obj: &Obj<'_>,
        old: Option<&Extras>,
        sparse: bool,
    ) -> Result<Extras> {
        let sent = self.kept(obj)?;
        let old: &[(u8, Box<str>)] = old.map_or(&[], |e| e);
        let mut all: Vec<(u8, Box<str>)> = Vec::with_capacity(sent.len());
        if sparse {
            all.extend(old.iter().filter(|(at, _)| !sent.iter().any(|(n, _)| n == at)).cloned());
        }
        for (n, (at, raw)) in sent.iter().enumerate() {
            // Of a property sent twice the last one counts.
            if sent.get(n + 1).is_some_and(|next| next.0 == *at) {
                continue;
            }
            let (at, raw) = (*at, *raw);
            if is_null(raw) || self.is_default(at, raw.get()) {
                continue;
            }
            let before = old.iter().find(|(n, _)| *n == at).map(|(_, text)| text);
            let text = match before {
                Some(before) if same_json(before, raw.get()) => before.clone(),
                _ => minified(raw.get()),
            };
            all.push((at, text));
        }
        all.sort_by_key(|(at, _)| *at);
        Ok(all.into_boxed_slice())
    }

    fn is_default(&self, at: u8, text: &str) -> bool {
        let name = self.known().nth(usize::from(at)).unwrap_or("");
        DEFAULTS.iter().any(|(key, value)| *key == name && *value == &*minified(text))
    }

    /// The JSON text of a kept property.
    pub(crate) fn extra<'e>(&self, extras: &'e Extras, name: &str) -> Option<&'e str> {
        if extras.is_empty() {
            return None;
        }
        let at = self.position(name)?;
        extras.iter().find(|(n, _)| *n == at).map(|(_, text)| text.as_ref())
    }

    /// Adds a kept property unless it is there.
    pub(crate) fn add_extra(&self, extras: &mut Extras, name: &str, text: &str) {
        let Some(at) = self.position(name) else { return };
        if extras.iter().any(|(n, _)| *n == at) {
            return;
        }
        let mut all = std::mem::take(extras).into_vec();
        all.push((at, text.into()));
        all.sort_by_key(|(n, _)| *n);
        *extras = all.into_boxed_slice();
    }

    /// Removes a kept property.
    pub(crate) fn drop_extra(&self, extras: &mut Extras, name: &str) {
        let at = self.position(name);
        let all = std::mem::take(extras).into_vec();
        *extras = all.into_iter().filter(|(n, _)| Some(*n) != at).collect();
    }

    /// Writes the kept properties but the one that is written `elsewhere`.
    pub(crate) fn write_extras(&self, json: &mut Json, extras: &Extras, elsewhere: Option<&str>) {
        for (name, text) in self.kept_extras(extras).filter(|(name, _)| Some(*name) != elsewhere) {
            json.field_raw(name, text);
        }
    }

    /// The kept properties by name.
    pub(crate) fn kept_extras<'e>(
        &'e self,
        extras: &'e Extras,
    ) -> impl Iterator<Item = (&'static str, &'e str)> {
        extras.iter().filter_map(|(at, text)| {
            self.known().nth(usize::from(*at)).map(|name| (name, text.as_ref()))
        })
    }
}
