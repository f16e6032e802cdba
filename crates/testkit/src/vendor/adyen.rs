//! An Adyen merchant account: payments, refunds and chargebacks by webhook, settled in batches.

use super::{Month, at, webhook};
use crate::lists::{Asked, Lists, Vendor, answer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where reports are.
pub const ADDRESS: &str = "https://ca.adyen.example";
/// The report user and its password.
pub const USER: (&str, &str) = ("report@Company.Acme", "password");
/// The merchant account.
pub const ACCOUNT: &str = "AcmeECOM";
/// Number of the first batch.
pub const FIRST: u64 = 120;
/// Payments in a batch.
const BATCH: u32 = 8;

const HEAD: &str = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,\
    Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),\
    Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),\
    Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,\
    Modification Merchant Reference,Batch Number\n";

/// Reports by number; a number may be left out.
struct Reports(BTreeMap<u64, String>);

fn item(code: &str, own: &str, original: &str, value: i64, when: Timestamp) -> String {
    format!(
        "{{\"live\":\"true\",\"notificationItems\":[{{\"NotificationRequestItem\":{{\
         \"eventCode\":\"{code}\",\"success\":\"true\",\"eventDate\":\"{when}\",\
         \"merchantAccountCode\":\"{ACCOUNT}\",\"merchantReference\":\"1001\",\
         \"pspReference\":\"{own}\",\"originalReference\":\"{original}\",\
         \"amount\":{{\"value\":{value},\"currency\":\"USD\"}},\"reason\":\"\"}}}}]}}"
    )
}

/// A report being made.
struct Batch {
    number: u64,
    text: String,
    sum: i64,
}

impl Batch {
    fn new(number: u64) -> Self {
        Self { number, text: HEAD.to_owned(), sum: 0 }
    }

    /// A row: the payment, its type, the movement's own reference, net and fee in cents.
    fn row(&mut self, of: &str, kind: &str, own: &str, (net, fee): (i64, i64), when: Timestamp) {
        // As a clock in UTC shows it.
        let stamp = when.to_string().replace('T', " ").replace('Z', "");
        let dollars = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        let sides = |amount: i64| {
            if amount < 0 {
                (dollars(-amount), String::new())
            } else {
                (String::new(), dollars(amount))
            }
        };
        let (gross_debit, gross_credit) = sides(net + fee);
        let (debit, credit) = sides(net);
        let fee = if fee == 0 { String::new() } else { dollars(fee) };
        let number = self.number;
        self.sum += net;
        let _ = writeln!(
            self.text,
            "Acme,{ACCOUNT},{of},1001,visa,{stamp},UTC,{kind},{own},USD,{gross_debit},\
             {gross_credit},1,USD,{debit},{credit},{fee},,,,visa,1001,{number}"
        );
    }

    /// Pays out what came together.
    fn close(mut self, when: Timestamp) -> (u64, String) {
        self.row("", "MerchantPayout", "", (-self.sum, 0), when);
        (self.number, self.text)
    }
}

/// A month of `payments` payments of 143.00; every third is refunded by 22.00, every seventh comes
/// back.
pub fn month(payments: u32) -> Month {
    let mut webhooks = Vec::new();
    let mut reports = BTreeMap::new();
    for first in (0..payments).step_by(BATCH as usize) {
        let mut batch = Batch::new(FIRST + u64::from(first / BATCH));
        let mut last = at(first);
        for n in first..payments.min(first + BATCH) {
            let (made, psp) = (at(n), format!("PSP{n:013}"));
            let mut tell = |code: &str, own: &str, of: &str, value: i64, when: Timestamp| {
                webhooks.push(webhook(&[], item(code, own, of, value, when), when));
            };
            tell("AUTHORISATION", &psp, "", 14_300, made);
            batch.row(&psp, "Settled", &format!("CAP{n:013}"), (14_090, 210), made);
            if n % 3 == 0 {
                let (own, when) = (format!("REF{n:013}"), made.plus_seconds(600));
                tell("REFUND", &own, &psp, 2_200, when);
                batch.row(&psp, "Refunded", &own, (-2_200, 0), when);
            }
            if n % 7 == 0 {
                let (own, when) = (format!("DSP{n:013}"), made.plus_seconds(1_200));
                tell("CHARGEBACK", &own, &psp, 14_300, when);
                batch.row(&psp, "Chargeback", &own, (-15_050, 750), when);
            }
            last = made.plus_seconds(3_000);
        }
        reports.extend([batch.close(last)]);
    }
    webhooks.sort_by_key(|w| w.received_at);
    Month { webhooks, lists: Lists::new(Reports(reports)) }
}

/// The lists of an account without the reports of some batches.
pub fn without(batches: std::ops::Range<u64>, missing: &[u64]) -> Lists {
    let there = batches.filter(|number| !missing.contains(number));
    let report = |number| {
        let mut batch = Batch::new(number);
        batch.row("", "Fee", "", (100, 0), at(1));
        batch.close(at(2))
    };
    Lists::new(Reports(there.map(report).collect()))
}

impl Vendor for Reports {
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&[])?;
        let login = STANDARD.encode(format!("{}:{}", USER.0, USER.1));
        if asked.header("authorization") != format!("Basic {login}") {
            return Ok(answer(401, "Unauthorized"));
        }
        let prefix =
            format!("/reports/download/MerchantAccount/{ACCOUNT}/settlement_detail_report_batch_");
        let number = asked.path.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".csv"));
        let number: Option<u64> = number.and_then(|n| n.parse().ok());
        let number = number.ok_or_else(|| format!("no report {}", asked.path))?;
        Ok(match self.0.get(&number) {
            Some(report) => answer(200, report.clone()),
            None => answer(404, "Not Found"),
        })
    }
}
