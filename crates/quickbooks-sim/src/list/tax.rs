//! Tax agencies, rates and codes: what they hold and how they are shown.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Facts, Record};
use crate::books::Books;
use crate::json::{Json, Obj};
use crate::kind::ListKind;
use crate::schema;
use crate::txn::lines::write_ref;
use crate::txn::write::{system, version};

/// The tax code `TAX` of US companies: it has no number and no Active attribute (quickbooks.md §3).
pub(crate) const TAX: u32 = u32::MAX - 2;
/// The tax code `NON` of US companies.
pub(crate) const NON: u32 = u32::MAX - 3;

/// What a rate is charged on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Side {
    Sales,
    Purchase,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sales => "Sales",
            Self::Purchase => "Purchase",
        }
    }
}

/// Why a rate is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Special {
    None,
    ZeroRate,
    ReverseCharge,
}

/// Who tax is paid to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agency {
    /// The liability account of its tax, on sales and on purchases.
    pub account: u32,
    pub sales: bool,
    pub purchases: bool,
}

/// A percentage for one agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rate {
    #[serde(with = "crate::money::stored_always")]
    pub percent: Decimal,
    pub agency: u32,
    pub side: Side,
    pub special: Special,
}

/// What a line is taxed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub taxable: bool,
    /// Rate ids on sales.
    pub sales: Box<[u32]>,
    /// Rate ids on purchases.
    pub purchases: Box<[u32]>,
}

impl Code {
    /// Rate ids on one side, in the order they are shown.
    pub(crate) fn rates(&self, side: Side) -> &[u32] {
        match side {
            Side::Sales => &self.sales,
            Side::Purchase => &self.purchases,
        }
    }
}

impl Books {
    /// A tax rate, active or not.
    pub(crate) fn tax_rate(&self, id: u32) -> Option<Rate> {
        match self.list(ListKind::TaxRate, id).map(|r| &r.facts) {
            Some(Facts::Rate(rate)) => Some(*rate),
            _ => None,
        }
    }

    /// A tax code, active or not.
    pub(crate) fn tax_code(&self, id: u32) -> Option<&Code> {
        match self.list(ListKind::TaxCode, id).map(|r| &r.facts) {
            Some(Facts::Code(code)) => Some(code),
            _ => None,
        }
    }

    /// The account that the tax of an agency is owed on.
    pub(crate) fn tax_account_of(&self, agency: u32) -> Option<u32> {
        match self.list(ListKind::TaxAgency, agency).map(|r| &r.facts) {
            Some(Facts::Agency(agency)) => Some(agency.account),
            _ => None,
        }
    }
}

/// The id of `TAX` or `NON`.
pub(crate) fn pseudo_id(name: &str) -> Option<u32> {
    match name {
        "TAX" => Some(TAX),
        "NON" => Some(NON),
        _ => None,
    }
}

/// The name of a tax code that has no number.
pub(crate) fn pseudo_code(kind: ListKind, id: u32) -> Option<&'static str> {
    match (kind, id) {
        (ListKind::TaxCode, TAX) => Some("TAX"),
        (ListKind::TaxCode, NON) => Some("NON"),
        _ => None,
    }
}

/// Reads a new or updated agency. Outside the US tax on purchases is tracked too (assumed).
pub(crate) fn read_agency(books: &Books, obj: &Obj<'_>, old: Option<&Record>) -> Agency {
    let was = match old.map(|o| &o.facts) {
        Some(Facts::Agency(agency)) => *agency,
        _ => Agency { account: 0, sales: true, purchases: !books.prefs.region.is_us() },
    };
    let sent = |key: &str, old: bool| if obj.get(key).is_some() { obj.truth(key) } else { old };
    Agency {
        account: was.account,
        sales: sent("TaxTrackedOnSales", was.sales),
        purchases: sent("TaxTrackedOnPurchases", was.purchases),
    }
}

/// Writes an agency, rate or code, braces included.
pub(crate) fn write(json: &mut Json, books: &Books, record: &Record) {
    json.open();
    let pseudo = pseudo_code(record.kind, record.id);
    if record.kind == ListKind::TaxAgency {
        json.field("DisplayName", &record.shown(&record.name));
    } else {
        json.field("Name", &record.shown(&record.name));
    }
    schema::list(record.kind).write_extras(json, &record.extras, None);
    if pseudo.is_none() && record.kind != ListKind::TaxAgency {
        json.field_bool("Active", record.active);
    }
    match &record.facts {
        Facts::Agency(agency) => {
            json.field_bool("TaxTrackedOnPurchases", agency.purchases);
            json.field_bool("TaxTrackedOnSales", agency.sales);
            json.field("TaxAgencyConfig", "USER_DEFINED");
        }
        Facts::Rate(rate) => {
            json.field_decimal("RateValue", rate.percent);
            json.key("AgencyRef");
            json.open();
            json.field_id("value", rate.agency);
            json.close();
            json.field(
                "SpecialTaxType",
                match rate.special {
                    Special::None => "NONE",
                    Special::ZeroRate => "ZERO_RATE",
                    Special::ReverseCharge => "REVERSE_CHARGE",
                },
            );
            json.field("DisplayType", "ReadOnly");
        }
        Facts::Code(code) => {
            json.field_bool("Hidden", false);
            json.field_bool("Taxable", code.taxable);
            json.field_bool("TaxGroup", pseudo.is_none());
            if pseudo.is_none() {
                rate_list(json, books, "SalesTaxRateList", &code.sales);
                rate_list(json, books, "PurchaseTaxRateList", &code.purchases);
            }
        }
        _ => {}
    }
    match pseudo {
        Some(name) => {
            json.field("domain", "QBO");
            json.field_bool("sparse", false);
            json.field("Id", name);
            version(json, record.sync, record.created, record.updated);
        }
        None => system(json, record.id, record.sync, record.created, record.updated),
    }
    json.close();
}

/// `"SalesTaxRateList":{"TaxRateDetail":[...]}`; every tax is on the amount alone.
fn rate_list(json: &mut Json, books: &Books, key: &str, rates: &[u32]) {
    json.key(key);
    json.open();
    json.key("TaxRateDetail");
    json.open_array();
    for rate in rates {
        json.open();
        write_ref(json, books, "TaxRateRef", ListKind::TaxRate, *rate);
        json.field("TaxTypeApplicable", "TaxOnAmount");
        json.field_number("TaxOrder", 0);
        json.close();
    }
    json.close_array();
    json.close();
}
