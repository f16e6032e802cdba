//! What holds for tax whatever the lines are.

use proptest::prelude::*;
use quickbooks_sim::{Config, Limits, Profile};
use serde_json::Value;

use crate::support::{company_of, key};

/// Cents of an amount as shown: `"12.34"` or `0`.
fn cents(value: &Value) -> i64 {
    value.as_str().map_or(0, |text| text.replace('.', "").parse().unwrap())
}

/// A percent in thousandths: `9.975` is 9,975.
fn thousandths(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, rest) = text.trim_matches('"').split_once('.').unwrap_or((text.as_str(), ""));
    whole.parse::<i64>().unwrap() * 1_000 + format!("{rest:0<3}").parse::<i64>().unwrap()
}

fn money(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

#[derive(Clone, Debug)]
struct Form {
    profile: Profile,
    kind: &'static str,
    inclusive: bool,
    after_discount: bool,
    discount: Option<u8>,
    /// Cents, code, and whether the gross is sent.
    lines: Vec<(i64, u32, bool)>,
}

fn a_form() -> impl Strategy<Value = Form> {
    let profile = prop_oneof![Just(Profile::UkVat), Just(Profile::CaGst), Just(Profile::Eu)];
    let kind = prop_oneof![Just("Invoice"), Just("SalesReceipt"), Just("CreditMemo")];
    let line = (1_i64..2_000_000, 2_u32..7, any::<bool>());
    (
        profile,
        kind,
        any::<bool>(),
        any::<bool>(),
        prop::option::of(1_u8..50),
        prop::collection::vec(line, 1..8),
    )
        .prop_map(|(profile, kind, inclusive, after_discount, discount, lines)| Form {
            profile,
            kind,
            inclusive,
            after_discount,
            discount,
            lines,
        })
}

impl Form {
    fn body(&self) -> String {
        let mut lines: Vec<String> = self
            .lines
            .iter()
            .map(|(amount, code, given)| {
                let gross = if self.inclusive && *given {
                    format!(r#""TaxInclusiveAmt":{},"#, money(*amount))
                } else {
                    String::new()
                };
                format!(
                    r#"{{"Amount":{},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{{gross}"TaxCodeRef":{{"value":"{code}"}}}}}}"#,
                    money(*amount)
                )
            })
            .collect();
        if let Some(percent) = self.discount {
            lines.push(format!(
                r#"{{"DetailType":"DiscountLineDetail","DiscountLineDetail":{{"PercentBased":true,"DiscountPercent":{percent}}}}}"#
            ));
        }
        format!(
            r#"{{"CustomerRef":{{"value":"1"}},"GlobalTaxCalculation":"{}","ApplyTaxAfterDiscount":{},"Line":[{}]}}"#,
            if self.inclusive { "TaxInclusive" } else { "TaxExcluded" },
            self.after_discount,
            lines.join(",")
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn net_and_tax_are_the_total_and_each_agency_is_owed_its_rates(form in a_form()) {
        let limits = Limits { lifted: true, ..Limits::default() };
        let mut c = company_of(Config { limits, ..form.profile.config() });
        let made = c.save(form.kind, &form.body());
        let lines = made["Line"].as_array().unwrap();
        let sum = |wanted: &str| -> i64 {
            lines.iter().filter(|l| l["DetailType"] == wanted).map(|l| cents(&l["Amount"])).sum()
        };
        let (net, discount) = (sum("SalesItemLineDetail"), sum("DiscountLineDetail"));
        let (tax, total) = (cents(&made["TxnTaxDetail"]["TotalTax"]), cents(&made["TotalAmt"]));
        prop_assert_eq!(net - discount + tax, total);
        prop_assert_eq!(sum("SubTotalLineDetail"), net);
        let rows = made["TxnTaxDetail"]["TaxLine"].as_array().cloned().unwrap_or_default();
        prop_assert_eq!(rows.iter().map(|r| cents(&r["Amount"])).sum::<i64>(), tax);
        // within half a cent of the exact tax of each rate, or some cents where gross amounts decide
        for row in &rows {
            let detail = &row["TaxLineDetail"];
            let exact = cents(&detail["NetAmountTaxable"]) * thousandths(&detail["TaxPercent"]);
            let most = if form.inclusive { 200_000 + 100_000 * form.lines.len() } else { 50_000 };
            let off = (cents(&row["Amount"]) * 100_000 - exact).unsigned_abs();
            prop_assert!(off <= u64::try_from(most).unwrap(), "{}", made);
        }
        let gross: i64 = form.lines.iter().map(|(amount, ..)| amount).sum();
        if form.inclusive && form.discount.is_none() && form.lines.iter().all(|l| l.2) {
            prop_assert_eq!(total, gross, "what was agreed is what is asked");
        }
        if !form.inclusive {
            prop_assert_eq!(net, gross);
        }
        // every cent of tax is owed, and nothing else is on those accounts
        let sign = if form.kind == "CreditMemo" { 1 } else { -1 };
        let owed: i64 = ["VAT Control", "GST/HST Payable", "QST Payable"]
            .iter()
            .map(|name| c.balance(name))
            .sum();
        prop_assert_eq!(owed, sign * tax);
        // written back unchanged, nothing changes
        let again = c.save(form.kind, &made.to_string());
        prop_assert_eq!(&again, &made);
        let gone = c.post(
            &format!("{}?operation=delete", form.kind.to_lowercase()),
            &format!("{}}}", key(&again)),
        );
        prop_assert_eq!(gone.status, 200);
        prop_assert!(c.sim.trial_balance().is_empty());
    }
}
