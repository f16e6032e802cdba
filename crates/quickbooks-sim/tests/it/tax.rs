//! Tax on documents: cents by hand, by jurisdiction, on top and within.

use quickbooks_sim::{CompanyPrefs, Config, Profile};
use serde_json::Value;

use crate::support::{Company, company, company_of, key};

const CUSTOMER: &str = r#""CustomerRef":{"value":"1"}"#;

/// A sales line of item 3 with a tax code.
fn line(amount: &str, code: &str) -> String {
    format!(
        r#"{{"Amount":{amount},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"3"}},"TaxCodeRef":{{"value":"{code}"}}}}}}"#
    )
}

fn inclusive(net: &str, gross: &str, code: &str) -> String {
    format!(
        r#"{{"Amount":{net},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"3"}},"TaxInclusiveAmt":{gross},"TaxCodeRef":{{"value":"{code}"}}}}}}"#
    )
}

fn form(lines: &[String], rest: &str) -> String {
    format!(r#"{{{CUSTOMER},"Line":[{}]{rest}}}"#, lines.join(","))
}

/// Id of a tax code by name.
fn code(c: &mut Company, name: &str) -> String {
    let found = c.query(&format!("select * from TaxCode where Name = '{name}'")).body;
    found["QueryResponse"]["TaxCode"][0]["Id"].as_str().unwrap().to_owned()
}

/// `rate:amount of net` of each tax line.
fn rows(object: &Value) -> Vec<String> {
    let text = |v: &Value| v.to_string().trim_matches('"').to_owned();
    let rows = object["TxnTaxDetail"]["TaxLine"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let detail = &row["TaxLineDetail"];
            let delta = detail.get("OverrideDeltaAmount");
            format!(
                "{}%: {} of {}{}",
                text(&detail["TaxPercent"]),
                text(&row["Amount"]),
                text(&detail["NetAmountTaxable"]),
                delta.map(|d| format!(" ({})", text(d))).unwrap_or_default()
            )
        })
        .collect()
}

fn read(c: &mut Company, name: &str, object: &Value) -> Value {
    c.get(&format!("{}/{}", name.to_lowercase(), object["Id"].as_str().unwrap())).entity(name)
}

#[test]
fn a_us_company_without_automation_takes_the_rates_of_the_code_it_names() {
    fact!(
        "RefundReceipt",
        "create",
        Recorded,
        "§8",
        "345.00 less 10 % plus 5.00 shipping plus 6.5 % of 345.00 is 337.93"
    );
    fact!("Invoice", "create", Recorded, "§8", "335.25 at 8 % is 26.82, 362.07 in all");
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "TotalTax stands in place of what the rates come to"
    );
    let prefs = CompanyPrefs { allow_shipping: true, ..CompanyPrefs::default() };
    let mut c = company_of(Config { prefs, ..Config::default() });
    c.save("TaxAgency", r#"{"DisplayName":"Texas Comptroller"}"#);
    for (name, value) in [("A", "6.5"), ("B", "8")] {
        let rate = format!(r#"{{"TaxRateName":"{name}","RateValue":"{value}","TaxAgencyId":"1"}}"#);
        let body = format!(r#"{{"TaxCode":"{name}","TaxRateDetails":[{rate}]}}"#);
        assert_eq!(c.post("taxservice/taxcode", &body).status, 200);
    }
    let shipping = r#"{"Amount":5.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"SHIPPING_ITEM_ID"}}}"#.to_owned();
    let tenth = r#"{"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":true,"DiscountPercent":10}}"#.to_owned();
    let refund = c.save(
        "RefundReceipt",
        &form(
            &[line("345.00", "TAX"), shipping, tenth],
            r#","DepositToAccountRef":{"value":"35"},"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"2"}}"#,
        ),
    );
    assert_eq!(refund["TotalAmt"], "337.93");
    assert_eq!(rows(&refund), ["6.5%: 22.43 of 345.00"]);
    let order: Vec<_> = refund["Line"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["DetailType"].as_str().unwrap_or(""), l["Amount"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        order,
        [
            ("SalesItemLineDetail", "345.00"),
            ("SubTotalLineDetail", "345.00"),
            ("DiscountLineDetail", "34.50"),
            ("SalesItemLineDetail", "5.00"),
        ]
    );
    assert_eq!(c.balance("Texas Comptroller Payable"), 2_243);
    let named = r#","TxnTaxDetail":{"TxnTaxCodeRef":{"value":"3"}}"#;
    let invoice = c.save("Invoice", &form(&[line("335.25", "TAX"), line("10", "NON")], named));
    assert_eq!(invoice["TotalAmt"], "372.07");
    assert_eq!(rows(&invoice), ["8%: 26.82 of 335.25"]);
    assert_eq!(invoice["TxnTaxDetail"]["TxnTaxCodeRef"]["value"], "3");
    assert_eq!(c.balance("Texas Comptroller Payable"), 2_243 - 2_682);
    // a total stands
    let total = r#","TxnTaxDetail":{"TxnTaxCodeRef":{"value":"3"},"TotalTax":26.80}"#;
    let invoice = c.save("Invoice", &form(&[line("335.25", "TAX")], total));
    assert_eq!(rows(&invoice), ["8%: 26.80 of 335.25 (-0.02)"]);
    // written back unchanged, nothing changes
    assert_eq!(c.save("Invoice", &invoice.to_string()), invoice);
    // other lines, and the code is asked again
    let sparse = format!(r#"{},"sparse":true,"Line":[{}]}}"#, key(&invoice), line("100", "TAX"));
    assert_eq!(rows(&c.save("Invoice", &sparse)), ["8%: 8.00 of 100.00"]);
}

#[test]
fn automated_tax_goes_by_the_state_and_needs_an_address() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "Automated Sales Tax without an address: TotalTax 0 whatever is sent"
    );
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "Automated Sales Tax: a total sent is spread over the rates"
    );
    fact!(
        "Customer",
        "create",
        Assumed,
        "§8",
        "Automated Sales Tax: Taxable false, and no tax is stored"
    );
    fact!(
        "Invoice",
        "create",
        Assumed,
        "§8",
        "Automated Sales Tax: California and Arizona are taxed, elsewhere only an override"
    );
    let mut c = company_of(Profile::UsAst.config());
    let at = |state: &str| {
        format!(r#","ShipAddr":{{"CountrySubDivisionCode":"{state}","PostalCode":"12345"}}"#)
    };
    let total = |cents: &str| format!(r#","TxnTaxDetail":{{"TotalTax":{cents}}}"#);
    for (rest, tax, want) in [
        (at("CA"), "26.82", vec!["8%: 26.82 of 335.25"]),
        (at("AZ"), "30.51", vec!["7.1%: 23.80 of 335.25", "2%: 6.71 of 335.25"]),
        (at("OR"), "0", vec![]),
        (String::new(), "0", vec![]),
        (total("16.83"), "0", vec![]),
        (at("OR") + &total("16.83"), "16.83", vec![]),
        (at("CA") + &total("26.83"), "26.83", vec!["8%: 26.83 of 335.25 (0.01)"]),
        (
            at("AZ") + &total("10.00"),
            "10.00",
            vec!["7.1%: 7.80 of 335.25 (-16.00)", "2%: 2.20 of 335.25 (-4.51)"],
        ),
        (r#","ShipAddr":{"CountrySubDivisionCode":"CA"}"#.to_owned() + &total("1"), "0", vec![]),
    ] {
        let made = c.save("Invoice", &form(&[line("335.25", "TAX"), line("4", "NON")], &rest));
        let found = made["TxnTaxDetail"]["TotalTax"].to_string();
        assert_eq!(found.trim_matches('"'), tax, "{rest}");
        assert_eq!(rows(&made), want, "{rest}");
        let again = c.save("Invoice", &made.to_string());
        assert_eq!(again, made, "written back unchanged, nothing changes");
    }
    // 26.82 + 26.83 to California, 30.51 + 10.00 to Arizona, and what belongs nowhere
    assert_eq!(c.balance("California Department of Tax and Fee Administration Payable"), -5_365);
    assert_eq!(c.balance("Arizona Department of Revenue Payable"), -4_051);
    assert_eq!(c.balance("Sales Tax Payable"), -1_683);
    // a customer that is not taxable
    let exempt = c.save("Customer", r#"{"DisplayName":"School","Taxable":false}"#);
    let id = format!(r#""CustomerRef":{{"value":{}}}"#, exempt["Id"]);
    let body = form(&[line("100", "TAX")], &(at("CA") + &total("8"))).replace(CUSTOMER, &id);
    assert_eq!(c.save("Invoice", &body)["TotalAmt"], "100.00");
    // a note changes no tax, another state does
    let made = c.save("Invoice", &form(&[line("100", "TAX")], &at("CA")));
    let sparse = |object: &Value, rest: &str| format!(r#"{},"sparse":true{rest}}}"#, key(object));
    let noted = c.save("Invoice", &sparse(&made, r#","PrivateNote":"x""#));
    assert_eq!(noted["TxnTaxDetail"], made["TxnTaxDetail"]);
    let moved = c.save("Invoice", &sparse(&noted, &at("OR")));
    assert_eq!(moved["TotalAmt"], "100.00");
}

#[test]
fn refusals_and_defaults_of_us_tax() {
    fact!(
        "Invoice",
        "create",
        Documented,
        "§7",
        "a US line with another tax code than TAX or NON: 6100"
    );
    fact!("Invoice", "create", Documented, "§6", "Automated Sales Tax: at most 750 taxable lines");
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "GlobalTaxCalculation other than TaxExcluded is refused for US companies"
    );
    fact!(
        "Invoice",
        "create",
        Assumed,
        "§8",
        "Automated Sales Tax: without a line code the item's Taxable decides"
    );
    fact!("Invoice", "create", Documented, "§8", "UsingSalesTax off: tax is ignored");
    let mut c = company_of(Profile::UsAst.config());
    assert_eq!(c.post("invoice", &form(&[line("1", "2")], "")).code(), "6100");
    let excluded = r#","GlobalTaxCalculation":"TaxExcluded""#;
    assert_eq!(c.post("invoice", &form(&[line("1", "TAX")], excluded)).status, 200);
    for how in ["TaxInclusive", "NotApplicable"] {
        let rest = format!(r#","GlobalTaxCalculation":"{how}""#);
        assert_eq!(c.post("invoice", &form(&[line("1", "TAX")], &rest)).code(), "6000");
    }
    let many = |n| vec![line("1", "TAX"); n];
    assert_eq!(c.post("invoice", &form(&many(750), "")).status, 200);
    assert_eq!(c.post("invoice", &form(&many(751), "")).code(), "6000");
    let mixed = [many(750), vec![line("1", "NON")]].concat();
    assert_eq!(c.post("invoice", &form(&mixed, "")).status, 200);
    // without a line code the item decides
    for (taxable, code) in [("true", "TAX"), ("false", "NON")] {
        let item = c.save(
            "Item",
            &format!(
                r#"{{"Name":"{code}","IncomeAccountRef":{{"value":"79"}},"Taxable":{taxable}}}"#
            ),
        );
        let bare = format!(
            r#"{{"Amount":1,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":{}}}}}}}"#,
            item["Id"]
        );
        let made = c.save("Invoice", &form(&[bare], ""));
        assert_eq!(made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]["value"], code);
    }
    // a company without sales tax ignores what is sent
    let mut c = company_of(Profile::UsNoTax.config());
    let made = c.save("Invoice", &form(&[line("1", "TAX")], r#","TxnTaxDetail":{"TotalTax":9}"#));
    assert_eq!((&made["TotalAmt"], &made["TxnTaxDetail"]["TotalTax"]), (&"1.00".into(), &0.into()));
}

#[test]
fn tax_is_computed_per_rate_on_the_summed_net() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "per rate on the summed net: 3 x 10.10 at 15 % is 4.55"
    );
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "a TaxLine that is sent stands: 448.40 where 9.975 % of 4495.16 is 448.39"
    );
    let mut c = company_of(Profile::CaGst.config());
    let (hst, quebec, gst) =
        (code(&mut c, "HST 15"), code(&mut c, "GST/QST QC - 9.975"), code(&mut c, "GST"));
    let (zero, out) = (code(&mut c, "Zero-rated"), code(&mut c, "Out of Scope"));
    let sent = r#","TxnTaxDetail":{"TaxLine":[{"Amount":448.40,"DetailType":"TaxLineDetail","TaxLineDetail":{"TaxRateRef":{"value":"7"}}}]}"#;
    for (lines, rest, total, want) in [
        (vec![line("10.10", &hst); 3], "", "34.85", vec!["15%: 4.55 of 30.30"]),
        (
            vec![line("4495.16", &quebec)],
            "",
            "5168.31",
            vec!["5%: 224.76 of 4495.16", "9.975%: 448.39 of 4495.16"],
        ),
        (
            vec![line("4495.16", &quebec)],
            sent,
            "5168.32",
            vec!["5%: 224.76 of 4495.16", "9.975%: 448.40 of 4495.16 (0.01)"],
        ),
        // GST alone and GST with QST share a rate
        (
            vec![line("0.10", &gst), line("0.10", &quebec)],
            "",
            "0.22",
            vec!["5%: 0.01 of 0.20", "9.975%: 0.01 of 0.10"],
        ),
        (vec![line("20", &zero), line("30", &out)], "", "50.00", vec!["0%: 0 of 20.00"]),
        (vec![line("20", &gst), line("-5", &gst)], "", "15.75", vec!["5%: 0.75 of 15.00"]),
    ] {
        let made = c.save("Invoice", &form(&lines, rest));
        assert_eq!(made["TotalAmt"], total, "{lines:?}");
        assert_eq!(rows(&made), want, "{lines:?}");
        assert_eq!(made["GlobalTaxCalculation"], "TaxExcluded");
    }
    // 4.55 + 2 x 224.76 + 0.01 + 0.75, and 448.39 + 448.40 + 0.01
    assert_eq!(c.balance("GST/HST Payable"), -(455 + 2 * 22_476 + 1 + 75));
    assert_eq!(c.balance("QST Payable"), -(44_839 + 44_840 + 1));
}

#[test]
fn amounts_that_include_tax_keep_their_sum() {
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "TaxInclusive: TaxInclusiveAmt holds the gross, Amount the net"
    );
    fact!(
        "Invoice",
        "create",
        Assumed,
        "§8",
        "TaxInclusive: the gross wins over a contradicting Amount; a line without it counts as net"
    );
    let mut c = company_of(Profile::UkVat.config());
    let (standard, reduced) = (code(&mut c, "20.0% S"), code(&mut c, "5.0% R"));
    let how = r#","GlobalTaxCalculation":"TaxInclusive""#;
    for (lines, total, tax, nets) in [
        (vec![inclusive("83.33", "100.00", &standard)], "100.00", "16.67", vec!["83.33"]),
        // an amount that is not the net gives way
        (vec![inclusive("100", "100", &standard)], "100.00", "16.67", vec!["83.33"]),
        // 29.97 / 1.2 = 24.975, 8.325 each
        (
            vec![inclusive("8.33", "9.99", &standard); 3],
            "29.97",
            "4.99",
            vec!["8.33", "8.33", "8.32"],
        ),
        (
            vec![inclusive("83.33", "100", &standard), inclusive("95.24", "100", &reduced)],
            "200.00",
            "21.43",
            vec!["83.33", "95.24"],
        ),
        // without the gross the amount is net
        (vec![line("83.33", &standard)], "100.00", "16.67", vec!["83.33"]),
    ] {
        let made = c.save("Invoice", &form(&lines, how));
        assert_eq!(made["TotalAmt"], total, "{lines:?}");
        assert_eq!(made["TxnTaxDetail"]["TotalTax"], tax, "{lines:?}");
        let found: Vec<_> = made["Line"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|l| l["DetailType"] == "SalesItemLineDetail")
            .map(|l| l["Amount"].as_str().unwrap())
            .collect();
        assert_eq!(found.len(), nets.len());
        let cents = |nets: &[&str]| {
            nets.iter().map(|n| n.replace('.', "").parse::<i64>().unwrap()).sum::<i64>()
        };
        assert_eq!(cents(&found), cents(&nets), "{lines:?}");
        assert_eq!(made["GlobalTaxCalculation"], "TaxInclusive");
        assert_eq!(c.save("Invoice", &made.to_string()), made);
    }
    let made = c.save("Invoice", &form(&[line("83.33", &standard)], how));
    assert_eq!(made["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"], "100.00");
    assert_eq!(made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["TaxInclusiveAmount"], "100.00");
    // on top instead
    let sparse = format!(r#"{},"sparse":true,"GlobalTaxCalculation":"TaxExcluded"}}"#, key(&made));
    let made = c.save("Invoice", &sparse);
    assert_eq!(made["TotalAmt"], "100.00");
    assert!(made["Line"][0]["SalesItemLineDetail"].get("TaxInclusiveAmt").is_none(), "{made}");
}

#[test]
fn outside_the_us_every_line_needs_a_code_unless_tax_is_not_applicable() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "a UK or Canadian line without tax code: 6000 \"Make sure all your transactions have a VAT rate\""
    );
    fact!("Invoice", "create", Documented, "§7", "TxnTaxDetail with NotApplicable: 6170");
    let bare = r#"{"Amount":10,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"3"}}}"#.to_owned();
    for (profile, word) in
        [(Profile::UkVat, "VAT"), (Profile::Eu, "VAT"), (Profile::CaGst, "GST/HST")]
    {
        let mut c = company_of(profile.config());
        let refused = c.post("invoice", &form(&[line("5", "2"), bare.clone()], ""));
        assert_eq!(
            (refused.code(), refused.detail()),
            (
                "6000",
                format!("Business Validation Error: Make sure all your transactions have a {word} rate before you save.").as_str()
            )
        );
        let free = r#","GlobalTaxCalculation":"NotApplicable""#;
        let made = c.save("Invoice", &form(std::slice::from_ref(&bare), free));
        assert_eq!(made["TotalAmt"], "10.00");
        assert!(made.get("TxnTaxDetail").is_none(), "{made}");
        assert_eq!(c.save("Invoice", &made.to_string()), made);
        for (rest, code) in [
            (format!(r#"{free},"TxnTaxDetail":{{"TotalTax":1}}"#), "6170"),
            (r#","GlobalTaxCalculation":"Sometimes""#.to_owned(), "2170"),
            (r#","TxnTaxDetail":{"Nonsense":1}"#.to_owned(), "2010"),
            (r#","TxnTaxDetail":{"TotalTax":-1}"#.to_owned(), "2240"),
        ] {
            assert_eq!(c.post("invoice", &form(&[line("1", "2")], &rest)).code(), code, "{rest}");
        }
        assert_eq!(c.post("invoice", &form(&[line("1", "99")], "")).code(), "2500");
        assert_eq!(c.post("invoice", &form(&[line("1", "TAX")], "")).code(), "2030");
    }
}

#[test]
fn the_old_tax_detail_is_kept_until_it_is_left_out() {
    fact!(
        "Invoice",
        "update",
        Documented,
        "§8",
        "amounts changed with the old TxnTaxDetail left in keep the old tax"
    );
    let mut c = company_of(Profile::UkVat.config());
    let made = c.save("Invoice", &form(&[line("100", "2")], ""));
    assert_eq!(made["TotalAmt"], "120.00");
    let mut changed = made.clone();
    changed["Line"] = serde_json::from_str(&format!("[{}]", line("50", "2"))).unwrap();
    let kept = c.save("Invoice", &changed.to_string());
    assert_eq!(kept["TotalAmt"], "70.00");
    assert_eq!(rows(&kept), ["20%: 20.00 of 50.00 (10.00)"]);
    let mut without = kept.clone();
    without.as_object_mut().unwrap().remove("TxnTaxDetail");
    let computed = c.save("Invoice", &without.to_string());
    assert_eq!(computed["TotalAmt"], "60.00");
    // sparse with lines computes, sparse without leaves everything
    let sparse = format!(r#"{},"sparse":true,"Line":[{}]}}"#, key(&computed), line("10", "2"));
    let sparse = c.save("Invoice", &sparse);
    assert_eq!(sparse["TotalAmt"], "12.00");
    let noted = format!(r#"{},"sparse":true,"PrivateNote":"n"}}"#, key(&sparse));
    assert_eq!(c.save("Invoice", &noted)["TxnTaxDetail"], sparse["TxnTaxDetail"]);
    assert_eq!(c.balance("VAT Control"), -200);
}

#[test]
fn tax_comes_before_the_discount_unless_asked_otherwise() {
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "ApplyTaxAfterDiscount: tax on what the discount leaves"
    );
    let mut c = company_of(Profile::UkVat.config());
    let (standard, zero) = (code(&mut c, "20.0% S"), code(&mut c, "0.0% Z"));
    let less = |amount: &str| {
        format!(
            r#"{{"Amount":{amount},"DetailType":"DiscountLineDetail","DiscountLineDetail":{{}}}}"#
        )
    };
    let lines = [line("75", &standard), line("25", &zero), less("10")];
    let before = c.save("Invoice", &form(&lines, ""));
    assert_eq!(before["TotalAmt"], "105.00");
    let after = c.save("Invoice", &form(&lines, r#","ApplyTaxAfterDiscount":true"#));
    assert_eq!(after["TotalAmt"], "103.50");
    assert_eq!(rows(&after), ["20%: 13.50 of 67.50", "0%: 0 of 22.50"]);
    let lines = [inclusive("83.33", "100", &standard), less("10")];
    let how = r#","GlobalTaxCalculation":"TaxInclusive","ApplyTaxAfterDiscount":true"#;
    let within = c.save("Invoice", &form(&lines, how));
    // 73.33 and 20 % of it
    assert_eq!(within["TotalAmt"], "88.00");
    assert_eq!(c.save("Invoice", &within.to_string()), within);
}

#[test]
fn tax_on_purchases_is_taken_back_from_the_agency() {
    fact!(
        "Purchase",
        "create",
        Documented,
        "§8",
        "PurchaseTaxRateList decides; tax is taken back from the agency"
    );
    fact!("Purchase", "create", Assumed, "§8", "reverse charge: two rates that cancel each other");
    let mut c = company_of(Profile::Eu.config());
    let buy = |amount: &str, rest: &str, code: &str| {
        format!(
            r#"{{"AccountRef":{{"value":"35"}},"PaymentType":"Cash"{rest},"Line":[{{"Amount":{amount},"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"15"}}{code}}}}}]}}"#
        )
    };
    let tax = |id: &str| format!(r#","TaxCodeRef":{{"value":"{id}"}}"#);
    let bought = c.save("Purchase", &buy("100", "", &tax("2")));
    assert_eq!(
        (&bought["TotalAmt"], bought["Line"][0]["Amount"].clone()),
        (&"121.00".into(), "100.00".into())
    );
    assert_eq!(rows(&bought), ["21%: 21.00 of 100.00"]);
    assert_eq!(c.balance("VAT Control"), 2_100);
    assert_eq!(c.balance("Checking"), -12_100);
    let reverse = code(&mut c, "Reverse charge");
    let abroad = c.save("Purchase", &buy("50", "", &tax(&reverse)));
    assert_eq!(abroad["TotalAmt"], "50.00");
    assert_eq!(rows(&abroad), ["21%: 10.50 of 50.00", "-21%: -10.50 of 50.00"]);
    assert_eq!(c.balance("VAT Control"), 2_100);
    let how = r#","GlobalTaxCalculation":"TaxInclusive""#;
    let within = format!(r#"{},"TaxInclusiveAmt":121"#, tax("2"));
    let gross = c.save("Purchase", &buy("100", how, &within));
    assert_eq!(gross["TotalAmt"], "121.00");
    assert_eq!(c.save("Purchase", &gross.to_string()), gross);
    assert_eq!(c.post("purchase", &buy("1", "", "")).code(), "6000");
    let bill = buy("100", "", &tax("2")).replace(
        r#""AccountRef":{"value":"35"},"PaymentType":"Cash""#,
        r#""VendorRef":{"value":"3"}"#,
    );
    let bill = c.save("Bill", &bill);
    assert_eq!((&bill["TotalAmt"], &bill["Balance"]), (&"121.00".into(), &"121.00".into()));
    assert_eq!(rows(&bill), ["21%: 21.00 of 100.00"]);
    assert_eq!(c.save("Bill", &bill.to_string()), bill);
    assert_eq!(c.balance("Accounts Payable (A/P)"), -12_100);
    c.post("bill?operation=delete", &format!("{}}}", key(&bill))).entity("Bill");
    // a card refund turns it around
    let back = c.save("Purchase", &buy("200", r#","Credit":true"#, &tax("2")));
    assert_eq!(back["TotalAmt"], "242.00");
    assert_eq!(c.balance("VAT Control"), 0);
    assert_eq!(c.balance("Office Expenses"), 5_000);
    // a US purchase knows no tax
    let mut c = company();
    let bought = c.save("Purchase", &buy("100", "", r#","TaxCodeRef":{"value":"NON"}"#));
    assert_eq!(bought["TotalAmt"], "100.00");
    assert!(bought.get("TxnTaxDetail").is_none());
}

#[test]
fn a_voided_document_owes_no_tax() {
    fact!("Invoice", "void", Recorded, "§2", "tax becomes 0 with the other amounts");
    for profile in [Profile::UkVat, Profile::UsAst] {
        let mut c = company_of(profile.config());
        let code = if profile == Profile::UkVat { "2" } else { "TAX" };
        let rest = r#","ShipAddr":{"CountrySubDivisionCode":"CA","PostalCode":"94043"}"#;
        let made = c.save("Invoice", &form(&[line("100", code)], rest));
        assert_ne!(made["TotalAmt"], "100.00");
        let void = c.post("invoice?operation=void", &format!("{}}}", key(&made))).entity("Invoice");
        assert_eq!((&void["TotalAmt"], &void["TxnTaxDetail"]["TotalTax"]), (&0.into(), &0.into()));
        assert!(c.sim.trial_balance().is_empty());
        let stored = read(&mut c, "Invoice", &void);
        assert_eq!(c.save("Invoice", &stored.to_string()), stored);
    }
}
