//! Requests made of arbitrary bytes, and what must hold after each: shared by the tests and by the
//! fuzz target in `fuzz/`.

use std::fmt::Write as _;

use bytes::Bytes;
use http::Request;
use quickbooks_sim::{Config, Limits, Simulator};
use serde_json::{Map, Value};

/// 2026-03-02T18:00:00Z.
const START_US: i64 = 1_772_474_400_000_000;

/// Valid requests to start from: path, body.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "invoice",
        r#"{"CustomerRef":{"value":"1"},"TxnDate":"2026-03-02","DocNumber":"7","Line":[{"Amount":30,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1"},"Qty":3,"UnitPrice":10,"TaxCodeRef":{"value":"TAX"}}},{"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":true,"DiscountPercent":10}}],"TxnTaxDetail":{"TotalTax":2.5}}"#,
    ),
    (
        "salesreceipt",
        r#"{"Line":[{"Amount":5,"DetailType":"SalesItemLineDetail"}],"CustomField":[{"DefinitionId":"1","StringValue":"x"}]}"#,
    ),
    (
        "creditmemo",
        r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":4,"DetailType":"SalesItemLineDetail"}]}"#,
    ),
    (
        "refundreceipt",
        r#"{"DepositToAccountRef":{"value":"35"},"Line":[{"Amount":3,"DetailType":"SalesItemLineDetail"}]}"#,
    ),
    (
        "payment",
        r#"{"CustomerRef":{"value":"1"},"TotalAmt":20,"Line":[{"Amount":20,"LinkedTxn":[{"TxnId":"145","TxnType":"Invoice"}]}]}"#,
    ),
    (
        "deposit",
        r#"{"DepositToAccountRef":{"value":"35"},"Line":[{"LinkedTxn":[{"TxnId":"146","TxnType":"Payment"}]},{"Amount":-1,"DetailType":"DepositLineDetail","DepositLineDetail":{"AccountRef":{"value":"11"}}}],"CashBack":{"Amount":1,"AccountRef":{"value":"4"}}}"#,
    ),
    (
        "journalentry",
        r#"{"Line":[{"Amount":9,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"84"},"Entity":{"Type":"Customer","EntityRef":{"value":"1"}}}},{"Amount":9,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"1"}}}]}"#,
    ),
    ("transfer", r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":6}"#),
    (
        "purchase",
        r#"{"AccountRef":{"value":"35"},"PaymentType":"Cash","Line":[{"Amount":8,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
    ),
    (
        "bill",
        r#"{"VendorRef":{"value":"3"},"Line":[{"Amount":8,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
    ),
    (
        "billpayment",
        r#"{"VendorRef":{"value":"3"},"PayType":"Check","CheckPayment":{"BankAccountRef":{"value":"35"}},"TotalAmt":8,"Line":[{"Amount":8,"LinkedTxn":[{"TxnId":"147","TxnType":"Bill"}]}]}"#,
    ),
    (
        "estimate",
        r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":4,"DetailType":"SalesItemLineDetail"}]}"#,
    ),
    (
        "timeactivity",
        r#"{"NameOf":"Employee","EmployeeRef":{"value":"5"},"CustomerRef":{"value":"1"},"Hours":2,"Minutes":30}"#,
    ),
    (
        "customer",
        r#"{"DisplayName":"Ada","PrimaryEmailAddr":{"Address":"a@example.com"},"ParentRef":{"value":"2"}}"#,
    ),
    ("vendor", r#"{"DisplayName":"Parcels","Vendor1099":true}"#),
    (
        "item",
        r#"{"Name":"Pot","Type":"Inventory","TrackQtyOnHand":true,"QtyOnHand":5,"InvStartDate":"2026-01-01","IncomeAccountRef":{"value":"79"},"ExpenseAccountRef":{"value":"80"},"AssetAccountRef":{"value":"81"},"PurchaseCost":3}"#,
    ),
    ("account", r#"{"Name":"Till","AccountType":"Bank","ParentRef":{"value":"35"}}"#),
    ("class", r#"{"Name":"Web","ParentRef":{"value":"1"}}"#),
    ("term", r#"{"Name":"Net 9","DueDays":9}"#),
    (
        "taxservice/taxcode",
        r#"{"TaxCode":"T","TaxRateDetails":[{"TaxRateName":"R","RateValue":"6.5","TaxAgencyId":"1","TaxApplicableOn":"Sales"}]}"#,
    ),
    (
        "preferences",
        r#"{"Id":"1","SyncToken":"0","sparse":true,"SalesFormsPrefs":{"AllowShipping":true}}"#,
    ),
    (
        "attachable",
        r#"{"Note":"seen","AttachableRef":[{"EntityRef":{"type":"Invoice","value":"145"}}]}"#,
    ),
    (
        "batch",
        r#"{"BatchItemRequest":[{"bId":"1","operation":"create","Vendor":{"DisplayName":"V"}},{"bId":"2","operation":"delete","Invoice":{"Id":"145","SyncToken":"0"}},{"bId":"3","Query":"select * from Invoice"},{"bId":"4","CDCQuery":{"Entities":"Invoice","ChangedSince":"2026-01-01"}},{"bId":"5","ReportQuery":"TrialBalance"}]}"#,
    ),
];

const PATHS: &[&str] = &[
    "query?query=select%20*%20from%20Invoice%20where%20TotalAmt%20%3E%20'1'%20orderby%20Id%20desc",
    "query?query=select%20Id,%20MetaData.CreateTime%20from%20Customer%20where%20Active%20in%20(true,false)",
    "query?query=select%20count(*)%20from%20Item%20where%20Name%20like%20'%25a%25'%20maxresults%2010",
    "cdc?entities=Invoice,Payment,Customer&changedSince=2026-01-01T00:00:00-08:00",
    "reports/ProfitAndLoss?start_date=2026-01-01&end_date=2026-12-31&summarize_column_by=Month",
    "reports/GeneralLedger?date_macro=This%20Fiscal%20Year&columns=tx_date,subt_nat_amount",
    "reports/AgedReceivables?report_date=2026-06-30&aging_period=30",
    "reports/BalanceSheet?end_date=2027-02-28&summarize_column_by=Quarter",
    "reports/TransactionList?sort_by=subt_nat_amount&sort_order=descend",
    "invoice/145",
    "invoice/145/pdf",
    "preferences",
    "companyinfo/9130350000000001",
    "exchangerate?sourcecurrencycode=EUR&asofdate=2026-03-02",
    "download/1",
];

const NAMES: &[&str] = &[
    "Id",
    "SyncToken",
    "sparse",
    "CustomerRef",
    "VendorRef",
    "ItemRef",
    "AccountRef",
    "ParentRef",
    "ClassRef",
    "DepositToAccountRef",
    "TaxCodeRef",
    "CurrencyRef",
    "ExchangeRate",
    "Line",
    "Amount",
    "DetailType",
    "LinkedTxn",
    "TxnId",
    "TxnType",
    "TotalAmt",
    "Qty",
    "UnitPrice",
    "TxnDate",
    "DueDate",
    "DocNumber",
    "PrivateNote",
    "Active",
    "value",
    "name",
    "TxnTaxDetail",
    "TotalTax",
    "GlobalTaxCalculation",
    "CustomField",
    "Nonsense",
    "",
    "DisplayName",
    "Name",
    "Type",
    "SubTotalLineDetail",
    "GroupLineDetail",
    "BillEmail",
];

const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "145",
    "146",
    "0.005",
    "1e400",
    "1E-7",
    "-0",
    "99999999999.99",
    "123456789012345678901234567890",
    "18446744073709551616",
    "\"\"",
    "\"1\"",
    "\"145\"",
    "\"-1\"",
    "\"1.5\"",
    "\"TAX\"",
    "\"NON\"",
    "\"Invoice\"",
    "\"Payment\"",
    "\"2026-02-30\"",
    "\"2026-12-31\"",
    "\"0000-00-00\"",
    "\"9999-12-31\"",
    "\"a:b\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"'; DROP\"",
    "\"SHIPPING_ITEM_ID\"",
    "\"SalesItemLineDetail\"",
    "\"DepositLineDetail\"",
    "\"EUR\"",
    "[]",
    "{}",
    "[[]]",
    "{\"value\":\"2\"}",
    "[{\"TxnId\":\"145\",\"TxnType\":\"Invoice\"}]",
    "[null]",
];

/// Reads decisions out of bytes; zeros when they are used up.
struct Source<'b>(&'b [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[usize::from(self.byte()) % from.len()]
    }

    fn value(&mut self) -> Value {
        let text = *self.pick::<&str>(VALUES);
        serde_json::from_str(text).unwrap_or(Value::String("\u{fffd}".repeat(60)))
    }
}

/// Changes one place in a JSON value.
fn mutate(source: &mut Source<'_>, value: &mut Value) {
    let into = source.byte();
    match value {
        Value::Object(fields) if !fields.is_empty() && !into.is_multiple_of(4) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = source.pick(&names).clone();
            match source.byte() % 8 {
                0 => {
                    fields.remove(&name);
                }
                1 => {
                    let (new, value) = (*source.pick(NAMES), source.value());
                    fields.insert(new.to_owned(), value);
                }
                2 => {
                    let value = source.value();
                    fields.insert(name, value);
                }
                _ => {
                    if let Some(inner) = fields.get_mut(&name) {
                        mutate(source, inner);
                    }
                }
            }
        }
        Value::Array(elements) if !elements.is_empty() && !into.is_multiple_of(4) => {
            let at = usize::from(source.byte()) % elements.len();
            match source.byte() % 6 {
                0 => {
                    elements.remove(at);
                }
                1 => {
                    let copy = elements[at].clone();
                    elements.push(copy);
                }
                _ => mutate(source, &mut elements[at]),
            }
        }
        other => *other = source.value(),
    }
}

/// One request; most are almost right.
fn request(source: &mut Source<'_>, token: &str) -> Request<Bytes> {
    let kind = source.byte();
    let (method, mut path, mut body) = if kind < 64 {
        ("GET", (*source.pick(PATHS)).to_owned(), Vec::new())
    } else {
        let (path, template) = source.pick(TEMPLATES);
        let mut value: Value = serde_json::from_str(template).unwrap_or(Value::Object(Map::new()));
        if kind.is_multiple_of(3) {
            let id = 145 + source.byte() % 12;
            value["Id"] = Value::String(id.to_string());
            value["SyncToken"] = Value::String((source.byte() % 3).to_string());
            value["sparse"] = Value::Bool(source.byte().is_multiple_of(2));
        }
        for _ in 0..source.byte() % 4 {
            mutate(source, &mut value);
        }
        let suffix = *source.pick(&[
            "",
            "",
            "",
            "",
            "?operation=delete",
            "?operation=void",
            "?operation=update",
            "?include=void",
            "?requestid=r1",
            "?requestid=",
            "/145/send?sendTo=a@example.com",
            "?operation=explode",
            "?minorversion=x",
        ]);
        ("POST", format!("{path}{suffix}"), value.to_string().into_bytes())
    };
    // Bytes that no template has: in the path, in the body, cut off.
    match source.byte() {
        0..8 => {
            let _ = write!(path, "%{:02x}&{}=%", source.byte(), source.pick(NAMES));
        }
        8..16 => path = path.replacen(['\'', '=', ','], "%27%5c", 1),
        16..32 if !body.is_empty() => {
            let at = usize::from(source.byte()) * body.len() / 256;
            body[at] = source.byte();
        }
        32..40 => body.truncate(usize::from(source.byte())),
        40..44 => body = source.0.to_vec(),
        _ => {}
    }
    let content =
        *source.pick(&["application/json", "application/json", "application/xml", "text/plain"]);
    let accept = *source.pick(&["application/json", "application/json", "application/xml", "*/*"]);
    let uri = format!("/v3/company/9130350000000001/{}", path.replace(' ', "%20"));
    let built = Request::builder()
        .method(method)
        .uri(&uri)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", content)
        .header("accept", accept)
        .body(Bytes::from(body));
    built.unwrap_or_else(|_| Request::new(Bytes::new()))
}

/// Sends the requests that `bytes` spell. Panics when something does not hold that must.
pub fn drive(bytes: &[u8]) {
    let limits = Limits { lifted: true, ..Limits::default() };
    let mut company = Simulator::new(Config { limits, ..Config::default() });
    let (token, _) = company.issue_tokens(START_US);
    let mut source = Source(bytes);
    let mut now_us = START_US;
    for _ in 0..12 {
        if source.0.is_empty() {
            break;
        }
        now_us += 1_000_000;
        let request = request(&mut source, &token);
        let before = (company.trial_balance(), company.transactions().count());
        let response = company.handle(&request, now_us);
        let status = response.status().as_u16();
        let asked = || format!("{request:?}\n{status} {:?}", response.body());
        assert!(matches!(status, 200 | 400 | 401 | 403 | 404), "{}", asked());
        let content = response.headers()["content-type"].to_str().unwrap_or("").to_owned();
        if content.contains("json") {
            let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(response.body());
            assert!(read.is_ok(), "an answer that is no JSON: {}", asked());
        }
        let after = (company.trial_balance(), company.transactions().count());
        assert_eq!(after.0.values().sum::<i64>(), 0, "{}", asked());
        if status != 200 {
            assert_eq!(after, before, "refused, and yet something changed: {}", asked());
        }
    }
}
