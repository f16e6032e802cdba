//! The lists of a company that has been trading for two months: the counts and id ranges of a fresh
//! US sandbox (quickbooks.md §8: 57 names, 18 items, 20 income accounts), our own names.

#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "amounts are written with their cents apart"
)]

use super::{SEEDED, history};
use crate::books::Books;
use crate::clock::Date;
use crate::kind::ListKind;
use crate::list::{AccountType as A, Facts, Record};
use crate::schema;

/// Id, name, type, subtype, parent.
const ACCOUNTS: &[(u32, &str, A, &str, u32)] = &[
    (3, "Prepaid Expenses", A::OtherCurrentAsset, "PrepaidExpenses", 0),
    (5, "Inventory Shrinkage", A::CostOfGoodsSold, "SuppliesMaterialsCogs", 0),
    (6, "Equipment Rental", A::Expense, "EquipmentRental", 0),
    (9, "Commissions & Fees", A::Expense, "OtherMiscellaneousServiceCost", 0),
    (10, "Dues & Subscriptions", A::Expense, "DuesSubscriptions", 0),
    (12, "Insurance", A::Expense, "Insurance", 0),
    (13, "Meals", A::Expense, "EntertainmentMeals", 0),
    (16, "Promotional", A::Expense, "AdvertisingPromotional", 0),
    (17, "Rent or Lease", A::Expense, "RentOrLeaseOfBuildings", 0),
    (18, "Repair & Maintenance", A::Expense, "RepairMaintenance", 0),
    (19, "Shipping and Delivery", A::Expense, "ShippingFreightDelivery", 0),
    (20, "Stationery & Printing", A::Expense, "OfficeGeneralAdministrativeExpenses", 0),
    (21, "Supplies", A::Expense, "SuppliesMaterials", 0),
    (22, "Taxes & Licenses", A::Expense, "TaxesPaid", 0),
    (23, "Travel", A::Expense, "Travel", 0),
    (24, "Utilities", A::Expense, "Utilities", 0),
    (25, "Gas and Electric", A::Expense, "Utilities", 24),
    (26, "Telephone", A::Expense, "Utilities", 24),
    (27, "Legal & Professional Fees", A::Expense, "LegalProfessionalFees", 0),
    (28, "Accounting", A::Expense, "LegalProfessionalFees", 27),
    (29, "Bookkeeper", A::Expense, "LegalProfessionalFees", 27),
    (30, "Job Expenses", A::Expense, "CostOfLabor", 0),
    (31, "Uncategorized Expense", A::Expense, "OtherMiscellaneousServiceCost", 0),
    (32, "Uncategorized Asset", A::OtherCurrentAsset, "OtherCurrentAssets", 0),
    (37, "Van", A::FixedAsset, "Vehicles", 0),
    (38, "Van Depreciation", A::FixedAsset, "AccumulatedDepreciation", 37),
    (39, "Notes Payable", A::OtherCurrentLiability, "OtherCurrentLiabilities", 0),
    (40, "Security Deposits", A::OtherAsset, "SecurityDeposits", 0),
    (43, "Interest Earned", A::OtherIncome, "InterestEarned", 0),
    (44, "Penalties & Settlements", A::OtherExpense, "PenaltiesSettlements", 0),
    (45, "Design Income", A::Income, "ServiceFeeIncome", 0),
    (46, "Installation Income", A::Income, "ServiceFeeIncome", 0),
    (47, "Delivery Income", A::Income, "OtherPrimaryIncome", 0),
    (48, "Repair Income", A::Income, "ServiceFeeIncome", 0),
    (49, "Assembly Income", A::Income, "ServiceFeeIncome", 46),
    (50, "Gift Wrapping Income", A::Income, "ServiceFeeIncome", 0),
    (51, "Workshop Fees", A::Income, "ServiceFeeIncome", 0),
    (52, "Rental Income", A::Income, "OtherPrimaryIncome", 0),
    (53, "Subscription Income", A::Income, "ServiceFeeIncome", 0),
    (54, "Commission Income", A::Income, "OtherPrimaryIncome", 0),
    (55, "Consulting Income", A::Income, "ServiceFeeIncome", 45),
    (56, "Maintenance Income", A::Income, "ServiceFeeIncome", 0),
    (57, "Materials Income", A::Income, "SalesOfProductIncome", 0),
    (58, "Event Income", A::Income, "OtherPrimaryIncome", 0),
    (61, "Equipment Repairs", A::Expense, "RepairMaintenance", 18),
    (62, "Building Repairs", A::Expense, "RepairMaintenance", 18),
    (63, "Packaging", A::CostOfGoodsSold, "SuppliesMaterialsCogs", 80),
    (64, "Job Materials", A::Expense, "SuppliesMaterials", 30),
    (85, "Billable Expense Income", A::Income, "ServiceFeeIncome", 0),
    (87, "Unapplied Cash Payment Income", A::Income, "UnappliedCashPaymentIncome", 0),
    (88, "Depreciation", A::OtherExpense, "Depreciation", 0),
];

/// Customers from 1; a parent makes a sub-customer.
const CUSTOMERS: &[(&str, u32)] = &[
    ("Anchor Bakery", 0),
    ("Bayview Dental Office", 0),
    ("Clock Tower Books", 0),
    ("Dockside Diner", 0),
    ("Eastgate Pharmacy", 0),
    ("Fern Street School", 0),
    ("Granite Gym", 0),
    ("Harbour Hotel", 0),
    ("Lobby", 8),
    ("Garden", 8),
    ("Ivy Lane Nursery", 0),
    ("Juniper Yoga Studio", 0),
    ("Kite Hill Toys", 0),
    ("Lighthouse Theatre", 0),
    ("Box Office", 14),
    ("Maple Veterinary Clinic", 0),
    ("Northside Auto Shop", 0),
    ("Old Mill Cafe", 0),
    ("Parkview Apartments", 0),
    ("Unit 12", 19),
    ("Quarry Road Brewery", 0),
    ("Riverside Church Hall", 0),
    ("Seaside Kayak Rental", 0),
    ("Terrace Florist", 0),
    ("Union Square Market", 0),
    ("Valley Wine Cellar", 0),
    ("Westfield Library", 0),
    ("Yellow Door Gallery", 0),
    ("Zephyr Sailing Club", 0),
];

/// Vendors from 30.
const VENDORS: &[&str] = &[
    "Bluewater Utilities",
    "Brightline Telephone",
    "Cedar Packaging",
    "Central Office Supply",
    "City Tax Office",
    "Coastal Insurance",
    "Copper Kettle Catering",
    "Delta Print Shop",
    "Foundry Metalworks",
    "Garden Wholesale",
    "Harbour Landlord",
    "Highway Fuel",
    "Island Ferry Freight",
    "Lantern Works",
    "Ledger Bookkeeping",
    "Meadow Cleaning",
    "Metro Vehicle Leasing",
    "Oak and Ash Timber",
    "Parcel Carrier",
    "Pioneer Advertising",
    "Quick Repair Garage",
    "Rope and Sail Supply",
    "Software Subscriptions",
    "Stone Yard",
    "Tool Rental",
    "Waste Collection",
];

/// Employees from 56.
const EMPLOYEES: &[&str] = &["Shop Manager", "Workshop Lead"];

/// Id, name, type, income account, expense account, price in cents.
const ITEMS: &[(u32, &str, &str, u32, u32, i64)] = &[
    (1, "Services", "Service", 1, 0, 0),
    (2, "Hours", "Service", 1, 0, 0),
    (3, "Materials", "NonInventory", 57, 80, 0),
    (4, "Shop Design", "Service", 45, 0, 75_00),
    (5, "Oak Bench", "Inventory", 79, 80, 275_00),
    (6, "Installation", "Service", 46, 0, 50_00),
    (7, "Delivery", "Service", 47, 0, 25_00),
    (8, "Gift Wrapping", "Service", 50, 0, 5_00),
    (9, "Repairs", "Service", 48, 0, 45_00),
    (10, "Assembly", "Service", 49, 0, 40_00),
    (11, "Harbour Lantern", "Inventory", 79, 80, 48_50),
    (12, "Planter", "NonInventory", 79, 80, 32_00),
    (13, "Maintenance", "Service", 56, 0, 35_00),
    (14, "Workshop Seat", "Service", 51, 0, 60_00),
    (15, "Bench Rental", "Service", 52, 0, 15_00),
    (16, "Watering Set", "Inventory", 79, 80, 22_00),
    (17, "Rope Mat", "NonInventory", 79, 80, 18_75),
    (18, "Consulting", "Service", 55, 0, 90_00),
];

/// Inventory item, quantity at first, unit cost in cents.
const STOCK: &[(u32, i64, i64)] = &[(5, 4, 125_00), (11, 25, 20_00), (16, 30, 10_25)];

/// Replaces the lists of empty books by those of the sandbox and writes its history.
pub(crate) fn fill(books: &mut Books) {
    for (id, name, kind, subtype, parent) in ACCOUNTS {
        let facts = Facts::Account { kind: *kind, subtype: (*subtype).into() };
        put(books, ListKind::Account, (*id, *parent), name, facts);
    }
    for kind in [ListKind::Customer, ListKind::Vendor, ListKind::Employee, ListKind::Item] {
        let ids: Vec<u32> = books.all(kind).map(|r| r.id).collect();
        for id in ids {
            books.take_list(kind, id);
        }
    }
    for (id, (name, parent)) in (1..).zip(CUSTOMERS) {
        let mut row = row(books, ListKind::Customer, (id, *parent), name, Facts::Plain);
        address(&mut row);
        books.put_list(row);
    }
    for (id, name) in (30..).zip(VENDORS) {
        put(books, ListKind::Vendor, (id, 0), name, Facts::Plain);
    }
    for (id, name) in (56..).zip(EMPLOYEES) {
        put(books, ListKind::Employee, (id, 0), name, Facts::Plain);
    }
    for (id, name, service, income, expense, price) in ITEMS {
        let asset = if *service == "Inventory" { 81 } else { 0 };
        let facts = Facts::Item {
            service: (*service).into(),
            category: false,
            income: *income,
            expense: *expense,
            asset,
        };
        let mut row = row(books, ListKind::Item, (*id, 0), name, facts);
        let class = schema::list(ListKind::Item);
        if *price != 0 {
            class.add_extra(&mut row.extras, "UnitPrice", &plain(*price));
        }
        if let Some((_, _, cost)) = STOCK.iter().find(|(item, ..)| item == id) {
            class.add_extra(&mut row.extras, "PurchaseCost", &plain(*cost));
            class.add_extra(&mut row.extras, "InvStartDate", "\"2026-01-01\"");
        }
        books.put_list(row);
    }
    for (item, quantity, _) in STOCK {
        books.open_stock(*item, (*quantity).into(), Date::of(2026, 1, 1), SEEDED * 1_000_000);
    }
    // Documents of other regions name tax codes; theirs are left to the caller.
    if books.prefs.region.is_us() {
        // What was done before the company chose its preferences.
        let chosen = std::mem::take(&mut books.prefs);
        history::write(books);
        books.prefs = chosen;
        if books.prefs.custom_fields.is_empty() {
            books.prefs.custom_fields.push("Crew #".to_owned());
        }
    }
}

/// An amount without padding.
fn plain(cents: i64) -> String {
    rust_decimal::Decimal::new(cents, 2).normalize().to_string()
}

fn row(
    books: &Books,
    kind: ListKind,
    (id, parent): (u32, u32),
    name: &str,
    facts: Facts,
) -> Record {
    let mut row =
        Record { id, created: SEEDED, updated: SEEDED, parent, ..Record::new(kind, name, facts) };
    if let Some(parent) = books.list(kind, parent) {
        row.full = format!("{}:{name}", parent.full).into_boxed_str();
    }
    row
}

fn put(books: &mut Books, kind: ListKind, ids: (u32, u32), name: &str, facts: Facts) {
    let row = row(books, kind, ids, name, facts);
    books.put_list(row);
}

/// Where a customer is, and how to write to it.
fn address(customer: &mut Record) {
    let (class, id) = (schema::list(ListKind::Customer), customer.id);
    let place = format!(
        r#"{{"Id":"{}","Line1":"{} Quay Street","City":"Bayshore","CountrySubDivisionCode":"CA","PostalCode":"943{:02}"}}"#,
        id + 1,
        10 + 3 * id,
        20 + id
    );
    class.add_extra(&mut customer.extras, "BillAddr", &place);
    let mail: String =
        customer.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let mail = format!(r#"{{"Address":"accounts@{mail}.example"}}"#);
    class.add_extra(&mut customer.extras, "PrimaryEmailAddr", &mail);
}
