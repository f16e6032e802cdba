//! Every entity with every operation: what the API offers works, the rest is refused and changes
//! nothing. `cargo xtask codegen` makes a table of it for the conformance page.

use http::Method;
use quickbooks_sim::{CompanyPrefs, Config};
use serde_json::Value;

use crate::support::{Answer, Company, company_of, request};

/// An entity.
struct Row {
    name: &'static str,
    /// What the API offers for it.
    operations: &'static str,
    /// What creates one, or names the one that is there.
    body: &'static str,
    /// A field that an update changes.
    change: &'static str,
}

/// `entity!("Name", "operations", "body", "change")`.
macro_rules! entity {
    ($name:literal, $operations:literal, $body:literal, $change:literal) => {
        Row { name: $name, operations: $operations, body: $body, change: $change }
    };
}

const OPERATIONS: [&str; 14] = [
    "create",
    "read",
    "update",
    "sparse update",
    "delete",
    "deactivate",
    "void",
    "send",
    "pdf",
    "query",
    "change data",
    "batch",
    "request id",
    "stale token",
];

const ENTITIES: &[Row] = &[
    entity!(
        "Account",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Name":"Till","AccountType":"Bank"}"#,
        r#""Description":"changed""#
    ),
    entity!(
        "Attachable",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"Note":"seen","AttachableRef":[{"EntityRef":{"type":"Customer","value":"1"}}]}"#,
        r#""Note":"changed""#
    ),
    entity!(
        "Bill",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"VendorRef":{"value":"30"},"Line":[{"Amount":8,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "BillPayment",
        "create, read, update, delete, void, query, change data, batch, request id, stale token",
        r#"{"VendorRef":{"value":"30"},"PayType":"Check","CheckPayment":{"BankAccountRef":{"value":"35"}},"TotalAmt":8,"Line":[]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Budget",
        "read, query, change data",
        r#"{"Id":"1","SyncToken":"0"}"#,
        r#""Name":"changed""#
    ),
    entity!(
        "Class",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Name":"Web"}"#,
        r#""Name":"Changed""#
    ),
    entity!(
        "CompanyCurrency",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Code":"EUR"}"#,
        r#""Name":"Changed""#
    ),
    entity!(
        "CompanyInfo",
        "read, query, change data",
        r#"{"Id":"1","SyncToken":"0"}"#,
        r#""CompanyName":"Changed""#
    ),
    entity!(
        "CreditMemo",
        "create, read, update, sparse update, delete, send, pdf, query, change data, batch, request id, stale token",
        r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":4,"DetailType":"SalesItemLineDetail"}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Customer",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"DisplayName":"Ada"}"#,
        r#""Notes":"changed""#
    ),
    entity!(
        "Department",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Name":"North"}"#,
        r#""Name":"Changed""#
    ),
    entity!(
        "Deposit",
        "create, read, update, delete, query, change data, batch, request id, stale token",
        r#"{"DepositToAccountRef":{"value":"35"},"Line":[{"Amount":5,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Employee",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"GivenName":"Jo","FamilyName":"Poe"}"#,
        r#""MiddleName":"Changed""#
    ),
    entity!(
        "Estimate",
        "create, read, update, sparse update, delete, send, pdf, query, change data, batch, request id, stale token",
        r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":4,"DetailType":"SalesItemLineDetail"}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "InventoryAdjustment",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"AdjustAccountRef":{"value":"80"},"Line":[{"DetailType":"ItemAdjustmentLineDetail","ItemAdjustmentLineDetail":{"ItemRef":{"value":"5"},"QtyDiff":1}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Invoice",
        "create, read, update, sparse update, delete, void, send, pdf, query, change data, batch, request id, stale token",
        r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":30,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1"},"Qty":3,"UnitPrice":10}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Item",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Name":"Pot","Type":"Service","IncomeAccountRef":{"value":"1"}}"#,
        r#""Description":"changed""#
    ),
    entity!(
        "JournalEntry",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"Line":[{"Amount":9,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"35"}}},{"Amount":9,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"1"}}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Payment",
        "create, read, update, delete, void, pdf, query, change data, batch, request id, stale token",
        r#"{"CustomerRef":{"value":"1"},"TotalAmt":20}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "PaymentMethod",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Name":"Voucher"}"#,
        r#""Name":"Changed""#
    ),
    entity!(
        "Purchase",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"AccountRef":{"value":"35"},"PaymentType":"Cash","Line":[{"Amount":8,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "PurchaseOrder",
        "create, read, update, sparse update, delete, send, pdf, query, change data, batch, request id, stale token",
        r#"{"VendorRef":{"value":"30"},"Line":[{"Amount":8,"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"5"},"Qty":2,"UnitPrice":4}}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "RefundReceipt",
        "create, read, update, sparse update, delete, send, pdf, query, change data, batch, request id, stale token",
        r#"{"DepositToAccountRef":{"value":"35"},"Line":[{"Amount":3,"DetailType":"SalesItemLineDetail"}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "SalesReceipt",
        "create, read, update, sparse update, delete, void, send, pdf, query, change data, batch, request id, stale token",
        r#"{"Line":[{"Amount":5,"DetailType":"SalesItemLineDetail"}]}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "TaxAgency",
        "create, read, update, sparse update, query, batch, request id, stale token",
        r#"{"DisplayName":"County"}"#,
        r#""DisplayName":"Changed""#
    ),
    entity!(
        "TaxCode",
        "read, query",
        r#"{"Id":"NON","SyncToken":"0"}"#,
        r#""Description":"changed""#
    ),
    entity!(
        "TaxRate",
        "read, query",
        r#"{"Id":"1","SyncToken":"0"}"#,
        r#""Description":"changed""#
    ),
    entity!(
        "Term",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"Name":"Net 9","DueDays":9}"#,
        r#""DueDays":10"#
    ),
    entity!(
        "TimeActivity",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"NameOf":"Employee","EmployeeRef":{"value":"56"},"CustomerRef":{"value":"1"},"Hours":2}"#,
        r#""Description":"changed""#
    ),
    entity!(
        "Transfer",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":6}"#,
        r#""PrivateNote":"changed""#
    ),
    entity!(
        "Vendor",
        "create, read, update, sparse update, deactivate, query, change data, batch, request id, stale token",
        r#"{"DisplayName":"Parcels"}"#,
        r#""Notes":"changed""#
    ),
    entity!(
        "VendorCredit",
        "create, read, update, sparse update, delete, query, change data, batch, request id, stale token",
        r#"{"VendorRef":{"value":"30"},"Line":[{"Amount":8,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
        r#""PrivateNote":"changed""#
    ),
];

/// Makes a tax rate.
const TAX: &str = r#"{"TaxCode":"T","TaxRateDetails":[{"TaxRateName":"R","RateValue":"6.5","TaxAgencyId":"1","TaxApplicableOn":"Sales"}]}"#;

/// A company, and one object of the entity in it.
struct Case {
    row: &'static Row,
    path: String,
    company: Company,
    /// The object as it was answered, without the envelope.
    text: String,
    object: Value,
}

impl Case {
    fn new(row: &'static Row, operation: &str) -> Self {
        let prefs = CompanyPrefs {
            multi_currency: row.name == "CompanyCurrency",
            ..CompanyPrefs::default()
        };
        let company = company_of(Config { seed_data: true, prefs, ..Config::default() });
        let path = row.name.to_lowercase();
        let object = serde_json::from_str(row.body).unwrap();
        let mut case = Self { row, path, company, text: row.body.to_owned(), object };
        if row.name == "TaxRate" {
            case.company.save("TaxAgency", r#"{"DisplayName":"State"}"#);
            assert_eq!(case.company.post("taxservice/taxcode", TAX).status, 200);
        }
        // Names are taken once.
        let is_made_here = ["create", "batch", "request id"].contains(&operation);
        if row.operations.contains("create") && !is_made_here {
            let answer = case.company.post(&case.path, row.body);
            case.take(&answer);
        }
        case
    }

    /// The object of a successful answer.
    #[track_caller]
    fn take(&mut self, answer: &Answer) -> Value {
        self.object = answer.entity(self.row.name);
        let head = format!("{{\"{}\":", self.row.name);
        let text = answer.text.strip_prefix(&head).expect("an envelope");
        let (text, _) = text.rsplit_once(",\"time\":").expect("a time");
        text.clone_into(&mut self.text);
        self.object.clone()
    }

    /// `{"Id":"1","SyncToken":"0",more}`.
    fn key(&self, more: &str) -> String {
        let comma = if more.is_empty() { "" } else { "," };
        format!(
            r#"{{"Id":{},"SyncToken":{}{comma}{more}}}"#,
            self.object["Id"], self.object["SyncToken"]
        )
    }

    /// The whole object as a client got it, with one field changed.
    fn whole(&self) -> String {
        format!("{},{}}}", self.text.strip_suffix('}').unwrap(), self.row.change)
    }

    fn changed_field(&self) -> (String, Value) {
        let change: Value = serde_json::from_str(&format!("{{{}}}", self.row.change)).unwrap();
        change.as_object().unwrap().iter().next().map(|(k, v)| (k.clone(), v.clone())).unwrap()
    }

    /// Does one operation; true when it does what it should, false when it is refused.
    fn try_it(&mut self, operation: &str) -> bool {
        let before = self.object.clone();
        let answer = match operation {
            "pdf" => return self.has_pdf(),
            "request id" => return self.is_idempotent(),
            "stale token" => return self.refuses_old_tokens(),
            _ => self.ask(operation),
        };
        let inner = &answer.body["BatchItemResponse"][0]["Fault"];
        if answer.status == 400 || inner.is_object() {
            return false;
        }
        let name = self.row.name;
        match operation {
            "query" => {
                let rows = answer.body["QueryResponse"][name].as_array();
                assert!(rows.is_some_and(|rows| !rows.is_empty()), "{name} {}", answer.text);
            }
            "change data" => {
                let block = &answer.body["CDCResponse"][0]["QueryResponse"][0][name];
                let told = block.as_array().is_some_and(|all| all.contains(&before));
                // What cannot be made has not changed.
                assert_eq!(told, self.row.operations.contains("create"), "{name} {}", answer.text);
            }
            "batch" => assert!(answer.body["BatchItemResponse"][0][name].is_object()),
            "delete" => {
                let gone = answer.entity(name);
                assert_eq!((&gone["status"], &gone["Id"]), (&"Deleted".into(), &before["Id"]));
                assert_eq!(self.ask("read").code(), "610");
            }
            _ => return self.judge(operation, &before, &answer),
        }
        true
    }

    /// Sends what asks for an operation.
    fn ask(&mut self, operation: &str) -> Answer {
        let (path, row) = (self.path.clone(), self.row);
        let id = self.object["Id"].as_str().unwrap_or_default().to_owned();
        let company = if path == "companyinfo" { "9130350000000001" } else { &id };
        let change = format!(r#""sparse":true,{}"#, row.change);
        let (path, body) = match operation {
            "read" => return self.company.get(&format!("{path}/{company}")),
            "query" => return self.company.query(&format!("select * from {}", row.name)),
            "change data" => {
                let since = "2026-03-02T09:00:00-08:00";
                let asked = format!("cdc?entities={}&changedSince={since}", row.name);
                return self.company.get(&asked);
            }
            "create" => (path, row.body.to_owned()),
            "update" => (path, self.whole()),
            "sparse update" => (path, self.key(&change)),
            "delete" => (format!("{path}?operation=delete"), self.key("")),
            "deactivate" => (path, self.key(r#""sparse":true,"Active":false"#)),
            "void" => {
                (format!("{path}?operation=update&include=void"), self.key(r#""sparse":true"#))
            }
            "send" => (format!("{path}/{id}/send?sendTo=ada@example.com"), String::new()),
            "batch" => {
                let item =
                    format!(r#"{{"bId":"1","operation":"create","{}":{}}}"#, row.name, row.body);
                ("batch".to_owned(), format!(r#"{{"BatchItemRequest":[{item}]}}"#))
            }
            _ => unreachable!("{operation}"),
        };
        self.company.post(&path, &body)
    }

    /// Whether the object answered is what the operation should leave.
    fn judge(&mut self, operation: &str, before: &Value, answer: &Answer) -> bool {
        let sync = |object: &Value| object["SyncToken"].as_str().unwrap().parse::<u32>().unwrap();
        let after = self.take(answer);
        match operation {
            "read" if self.row.operations.contains("create") => assert_eq!(after, *before),
            "read" => assert_eq!(after["domain"], "QBO"),
            "update" | "sparse update" => {
                let (field, value) = self.changed_field();
                assert_eq!(after[&field], value);
                assert_eq!(sync(&after), sync(before) + 1);
                self.only(before, &after, &field);
                let again = self.company.post(&self.path, &self.text);
                assert_eq!(self.take(&again), after, "nothing changes, so nothing counts on");
            }
            "deactivate" => {
                if after["Active"] != false {
                    return false;
                }
                let name = self.row.name;
                let shown = format!("select * from {name} where Id = {}", after["Id"]);
                let shown = self.company.query(&shown.replace('"', "'"));
                assert!(shown.body["QueryResponse"][name].is_null(), "{}", shown.text);
            }
            "void" => {
                assert_eq!(after["TotalAmt"], 0, "{}", answer.text);
                assert!(after["PrivateNote"].as_str().unwrap().contains("Voided"));
            }
            "send" => assert_eq!(after["EmailStatus"], "EmailSent"),
            _ => assert_eq!((&after["SyncToken"], &after["domain"]), (&"0".into(), &"QBO".into())),
        }
        true
    }

    fn refuses_old_tokens(&mut self) -> bool {
        let late = self.key(&format!(r#""sparse":true,{}"#, self.row.change));
        let done = self.company.post(&self.path, &self.whole());
        let refused = self.company.post(&self.path, &late);
        done.status == 200 && refused.code() == "5010"
    }

    /// Whether nothing but the field differs, and what an update always moves.
    fn only(&self, before: &Value, after: &Value, field: &str) {
        let moves = ["SyncToken", "MetaData", "FullyQualifiedName", "DisplayName", field];
        for (name, value) in before.as_object().unwrap() {
            if !moves.contains(&name.as_str()) {
                assert_eq!(&after[name], value, "{} {name}", self.row.name);
            }
        }
    }

    fn has_pdf(&mut self) -> bool {
        let path = format!("{}/{}/pdf", self.path, self.object["Id"].as_str().unwrap_or_default());
        let req = request(Method::GET, &path, &self.company.token, "");
        let answer = self.company.sim.handle(&req, self.company.now_us);
        answer.status() == 200 && answer.body().starts_with(b"%PDF")
    }

    fn is_idempotent(&mut self) -> bool {
        let path = format!("{}?requestid=one", self.path);
        let first = self.company.post(&path, self.row.body);
        let second = self.company.post(&path, self.row.body);
        if first.status == 200 {
            assert_eq!(first.text, second.text, "the same answer, to the byte");
        }
        first.status == 200
    }
}

#[test]
fn every_entity_has_the_operations_of_the_api_and_no_other() {
    fact!(
        "Requests",
        "all",
        Documented,
        "§2",
        "each entity has the operations of the table above; any other is refused and changes nothing"
    );
    fact!(
        "Requests",
        "update",
        Recorded,
        "§2",
        "an object written back as it was read bumps neither SyncToken nor LastUpdatedTime, of any entity"
    );
    fact!("Change data", "all", Assumed, "§5", "Attachable is told, deleted ones by their id");
    let mut wrong = Vec::new();
    for row in ENTITIES {
        let offered: Vec<&str> = row.operations.split(", ").collect();
        assert!(offered.iter().all(|operation| OPERATIONS.contains(operation)), "{}", row.name);
        for operation in OPERATIONS {
            let mut case = Case::new(row, operation);
            let before =
                (case.company.sim.trial_balance(), case.company.sim.transactions().count());
            let works = case.try_it(operation);
            let after = (case.company.sim.trial_balance(), case.company.sim.transactions().count());
            assert_eq!(after.0.values().sum::<i64>(), 0, "{} {operation}", row.name);
            assert!(works || before == after, "{} {operation} is refused and done", row.name);
            if works != offered.contains(&operation) {
                wrong.push(format!("{} {operation}: {works}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
