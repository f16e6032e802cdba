//! Tax agencies, rates and codes of a fresh company, by region (assumed, next to the names that
//! quickbooks.md §8 gives).

use rust_decimal::Decimal;

use crate::books::Books;
use crate::kind::ListKind;
use crate::list::tax::{Agency, Code, NON, Rate, Side, Special, TAX};
use crate::list::{AccountType, Facts, Record};
use crate::profile::Region;
use crate::schema;
use crate::seed::SEEDED;

/// Name, and the name of its account; none: the company's first tax account.
type AgencyRow = (&'static str, Option<&'static str>);
/// Name, percent in thousandths, position of the agency from 1, side, what is special.
type RateRow = (&'static str, i64, u32, Side, Special);
/// Name, description, whether it taxes, positions of rates from 1 on sales and on purchases.
type CodeRow = (&'static str, &'static str, bool, &'static [u32], &'static [u32]);

struct Seed {
    /// Name of the account that Sales Tax Payable is outside the US.
    account: &'static str,
    agencies: &'static [AgencyRow],
    rates: &'static [RateRow],
    codes: &'static [CodeRow],
}

use Side::{Purchase as P, Sales as S};
use Special::{None as Plain, ReverseCharge as Reverse, ZeroRate as Zero};

const AUTOMATED: Seed = Seed {
    account: "Sales Tax Payable",
    agencies: &[
        ("Arizona Department of Revenue", Some("Arizona Department of Revenue Payable")),
        (
            "California Department of Tax and Fee Administration",
            Some("California Department of Tax and Fee Administration Payable"),
        ),
    ],
    rates: &[
        ("AZ State tax", 7_100, 1, S, Plain),
        ("Tucson City", 2_000, 1, S, Plain),
        ("California", 8_000, 2, S, Plain),
    ],
    codes: &[
        ("California", "California", true, &[3], &[]),
        ("Tucson", "Tucson", true, &[1, 2], &[]),
    ],
};

const UNITED_KINGDOM: Seed = Seed {
    account: "VAT Control",
    agencies: &[("HM Revenue & Customs (VAT)", None)],
    rates: &[
        ("20.0% S", 20_000, 1, S, Plain),
        ("20.0% S (Purchases)", 20_000, 1, P, Plain),
        ("5.0% R", 5_000, 1, S, Plain),
        ("5.0% R (Purchases)", 5_000, 1, P, Plain),
        ("0.0% Z", 0, 1, S, Zero),
        ("0.0% Z (Purchases)", 0, 1, P, Zero),
        ("Exempt", 0, 1, S, Plain),
        ("Exempt (Purchases)", 0, 1, P, Plain),
    ],
    codes: &[
        ("20.0% S", "Standard", true, &[1], &[2]),
        ("5.0% R", "Reduced", true, &[3], &[4]),
        ("0.0% Z", "Zero-rated", true, &[5], &[6]),
        ("Exempt", "Exempt", true, &[7], &[8]),
        ("No VAT", "Outside the scope of VAT", false, &[], &[]),
    ],
};

const CANADA: Seed = Seed {
    account: "GST/HST Payable",
    agencies: &[("Canada Revenue Agency", None), ("Revenu Québec", Some("QST Payable"))],
    rates: &[
        ("GST", 5_000, 1, S, Plain),
        ("GST (ITC)", 5_000, 1, P, Plain),
        ("HST ON", 13_000, 1, S, Plain),
        ("HST ON (ITC)", 13_000, 1, P, Plain),
        ("HST 15", 15_000, 1, S, Plain),
        ("HST 15 (ITC)", 15_000, 1, P, Plain),
        ("QST 9.975", 9_975, 2, S, Plain),
        ("QST 9.975 (ITR)", 9_975, 2, P, Plain),
        ("Exempt", 0, 1, S, Plain),
        ("Exempt (Purchases)", 0, 1, P, Plain),
        ("Zero-rated", 0, 1, S, Zero),
        ("Zero-rated (Purchases)", 0, 1, P, Zero),
    ],
    codes: &[
        ("GST", "GST 5%", true, &[1], &[2]),
        ("HST ON", "HST 13%", true, &[3], &[4]),
        ("HST 15", "HST 15%", true, &[5], &[6]),
        ("GST/QST QC - 9.975", "GST 5% and QST 9.975%", true, &[1, 7], &[2, 8]),
        ("Exempt", "Exempt", true, &[9], &[10]),
        ("Zero-rated", "Zero-rated", true, &[11], &[12]),
        ("Out of Scope", "Out of Scope", false, &[], &[]),
    ],
};

const EUROZONE: Seed = Seed {
    account: "VAT Control",
    agencies: &[("Belastingdienst", None)],
    rates: &[
        ("21% S", 21_000, 1, S, Plain),
        ("21% S (Purchases)", 21_000, 1, P, Plain),
        ("9% R", 9_000, 1, S, Plain),
        ("9% R (Purchases)", 9_000, 1, P, Plain),
        ("0% Z", 0, 1, S, Zero),
        ("0% Z (Purchases)", 0, 1, P, Zero),
        ("Reverse charge", 0, 1, S, Reverse),
        // The buyer owes the tax and takes it back: two rates that cancel each other.
        ("Reverse charge due", 21_000, 1, P, Reverse),
        ("Reverse charge deducted", -21_000, 1, P, Reverse),
    ],
    codes: &[
        ("21% S", "Standard", true, &[1], &[2]),
        ("9% R", "Reduced", true, &[3], &[4]),
        ("0% Z", "Zero-rated", true, &[5], &[6]),
        ("Reverse charge", "Reverse charge", true, &[7], &[8, 9]),
        ("No VAT", "Outside the scope of VAT", false, &[], &[]),
    ],
};

/// The name of the tax code of a US state where the company owes sales tax under Automated Sales Tax.
pub(crate) fn jurisdiction(state: &str) -> Option<&'static str> {
    match state {
        "CA" => Some("California"),
        "AZ" => Some("Tucson"),
        _ => None,
    }
}

/// Puts the tax lists of the company's region into books that have their accounts.
pub(super) fn fill(books: &mut Books) {
    let seed = match books.prefs.region {
        Region::UnitedStates => {
            for (id, name, taxable) in [(TAX, "TAX", true), (NON, "NON", false)] {
                put(books, id, code(name, name, taxable, &[], &[]));
            }
            if !books.prefs.automated_sales_tax {
                return;
            }
            &AUTOMATED
        }
        Region::UnitedKingdom => &UNITED_KINGDOM,
        Region::Canada => &CANADA,
        Region::Eurozone => &EUROZONE,
    };
    let (first, us) = (books.roles.sales_tax, books.prefs.region.is_us());
    if !us && let Some(mut account) = books.take_list(ListKind::Account, first) {
        account.name = seed.account.into();
        account.full = seed.account.into();
        account.facts = liability(us);
        books.put_list(account);
    }
    for (name, account) in seed.agencies {
        let account = match account {
            Some(account) => next(books, Record::new(ListKind::Account, account, liability(us))),
            None => first,
        };
        let agency = Agency { account, sales: true, purchases: !us };
        next(books, Record::new(ListKind::TaxAgency, name, Facts::Agency(agency)));
    }
    for (name, thousandths, agency, side, special) in seed.rates {
        let percent = Decimal::new(*thousandths, 3).normalize();
        let rate = Rate { percent, agency: *agency, side: *side, special: *special };
        next(books, described(Record::new(ListKind::TaxRate, name, Facts::Rate(rate)), name));
    }
    for (name, description, taxable, sales, purchases) in seed.codes {
        next(books, code(name, description, *taxable, sales, purchases));
    }
}

fn liability(us: bool) -> Facts {
    let subtype = if us { "SalesTaxPayable" } else { "GlobalTaxPayable" };
    Facts::Account { kind: AccountType::OtherCurrentLiability, subtype: subtype.into() }
}

fn code(name: &str, description: &str, taxable: bool, sales: &[u32], purchases: &[u32]) -> Record {
    let code = Code { taxable, sales: sales.into(), purchases: purchases.into() };
    described(Record::new(ListKind::TaxCode, name, Facts::Code(Box::new(code))), description)
}

fn described(mut record: Record, text: &str) -> Record {
    schema::list(record.kind).add_extra(&mut record.extras, "Description", &format!("\"{text}\""));
    record
}

fn put(books: &mut Books, id: u32, record: Record) -> u32 {
    books.put_list(Record { id, created: SEEDED, updated: SEEDED, ..record });
    id
}

fn next(books: &mut Books, record: Record) -> u32 {
    let id = books.next_list_id(record.kind);
    put(books, id, record)
}
