//! Tax agencies, rates and codes, and the service that makes them.

use quickbooks_sim::Profile;
use serde_json::Value;

use crate::support::{Company, company, company_of};

fn names(c: &mut Company, query: &str, entity: &str, field: &str) -> Vec<String> {
    let body = c.query(query).body;
    let rows = body["QueryResponse"][entity].as_array().cloned().unwrap_or_default();
    rows.iter().map(|r| r[field].as_str().unwrap_or("").to_owned()).collect()
}

#[test]
fn tax_and_non_are_codes_without_number_and_without_active() {
    fact!(
        "TaxCode",
        "query",
        Recorded,
        "§3",
        "TAX and NON have no Active attribute: Active = true drops them"
    );
    let mut c = company();
    assert_eq!(names(&mut c, "select * from TaxCode", "TaxCode", "Id"), ["NON", "TAX"]);
    for query in [
        "select * from TaxCode where Active = true",
        "select * from TaxCode where Active in (true, false)",
    ] {
        assert!(names(&mut c, query, "TaxCode", "Id").is_empty(), "{query}");
    }
    for id in ["TAX", "NON"] {
        let read = c.get(&format!("taxcode/{id}")).entity("TaxCode");
        assert_eq!((&read["Id"], &read["Name"]), (&id.into(), &id.into()));
        assert_eq!(read["Taxable"], id == "TAX");
        assert!(read.get("Active").is_none(), "{read}");
        let by_id = format!("select * from TaxCode where Id = '{id}'");
        assert_eq!(names(&mut c, &by_id, "TaxCode", "Name"), [id]);
    }
    assert_eq!(c.get("taxcode/1").code(), "610");
    assert_eq!(c.get("taxcode/tax").code(), "2030");
    assert_eq!(c.query("select * from TaxCode where Id = ''").code(), "2030");
}

#[test]
fn each_profile_has_its_codes_with_their_rates() {
    fact!(
        "TaxCode",
        "read",
        Documented,
        "§8",
        "SalesTaxRateList and PurchaseTaxRateList name the rates"
    );
    fact!(
        "Profiles",
        "all",
        Assumed,
        "§8",
        "names, ids and agencies of a fresh company's tax codes"
    );
    for (profile, code, sales, purchases) in [
        (Profile::UsAst, "Tucson", "AZ State tax 7.1, Tucson City 2", ""),
        (Profile::UsAst, "California", "California 8", ""),
        (Profile::UkVat, "20.0% S", "20.0% S 20", "20.0% S (Purchases) 20"),
        (Profile::UkVat, "5.0% R", "5.0% R 5", "5.0% R (Purchases) 5"),
        (Profile::UkVat, "0.0% Z", "0.0% Z 0", "0.0% Z (Purchases) 0"),
        (Profile::UkVat, "No VAT", "", ""),
        (Profile::CaGst, "HST ON", "HST ON 13", "HST ON (ITC) 13"),
        (
            Profile::CaGst,
            "GST/QST QC - 9.975",
            "GST 5, QST 9.975 9.975",
            "GST (ITC) 5, QST 9.975 (ITR) 9.975",
        ),
        (
            Profile::Eu,
            "Reverse charge",
            "Reverse charge 0",
            "Reverse charge due 21, Reverse charge deducted -21",
        ),
    ] {
        let mut c = company_of(profile.config());
        let row = c.query(&format!("select * from TaxCode where Name = '{code}'")).body;
        let row = row["QueryResponse"]["TaxCode"][0].clone();
        assert_eq!((&row["Active"], &row["TaxGroup"]), (&true.into(), &true.into()), "{row}");
        let mut list = |key: &str| -> String {
            let details = row[key]["TaxRateDetail"].as_array().unwrap();
            let parts: Vec<String> = details
                .iter()
                .map(|d| {
                    assert_eq!(d["TaxTypeApplicable"], "TaxOnAmount");
                    let path = format!("taxrate/{}", d["TaxRateRef"]["value"].as_str().unwrap());
                    let rate = c.get(&path).entity("TaxRate");
                    let value = rate["RateValue"].to_string();
                    format!(
                        "{} {}",
                        d["TaxRateRef"]["name"].as_str().unwrap(),
                        value.trim_matches('"')
                    )
                })
                .collect();
            parts.join(", ")
        };
        assert_eq!(list("SalesTaxRateList"), sales, "{code}");
        assert_eq!(list("PurchaseTaxRateList"), purchases, "{code}");
    }
}

#[test]
fn rates_are_filtered_by_agency() {
    fact!(
        "TaxRate",
        "query",
        Documented,
        "§3",
        "Id, Name, AgencyRef, Active and Description can be filtered"
    );
    let mut c = company_of(Profile::CaGst.config());
    let query = "select * from TaxRate where AgencyRef = '2' and Active = true";
    assert_eq!(names(&mut c, query, "TaxRate", "Name"), ["QST 9.975", "QST 9.975 (ITR)"]);
    let query = "select * from TaxRate where Description = 'hst on'";
    assert_eq!(names(&mut c, query, "TaxRate", "Id"), ["3"]);
    let agencies = names(&mut c, "select * from TaxAgency", "TaxAgency", "DisplayName");
    assert_eq!(agencies, ["Canada Revenue Agency", "Revenu Québec"]);
}

#[test]
fn an_agency_comes_with_its_liability_account() {
    fact!("TaxAgency", "create", Documented, "§8", "DisplayName is required");
    fact!(
        "TaxAgency",
        "create",
        Assumed,
        "§12",
        "each agency has a liability account of its own, \"<agency> Payable\""
    );
    let mut c = company();
    let agency = c.save("TaxAgency", r#"{"DisplayName":"Texas Comptroller"}"#);
    assert_eq!((&agency["Id"], &agency["TaxTrackedOnSales"]), (&"1".into(), &true.into()));
    assert_eq!(agency["TaxTrackedOnPurchases"], false);
    assert_eq!(c.save("TaxAgency", &agency.to_string()), agency, "nothing changes");
    let account = c.query("select * from Account where Name = 'Texas Comptroller Payable'").body;
    let account = &account["QueryResponse"]["Account"][0];
    assert_eq!(account["AccountType"], "Other Current Liability");
    assert_eq!(c.post("taxagency", r#"{"DisplayName":"texas comptroller"}"#).code(), "6240");
    assert_eq!(c.post("taxagency", "{}").code(), "2020");
    // an account of that name does not stand in the way
    c.save("Account", r#"{"Name":"Ohio Payable","AccountType":"Bank"}"#);
    c.save("TaxAgency", r#"{"DisplayName":"Ohio"}"#);
    let both = "select * from Account where Name like 'Ohio Payable%'";
    assert_eq!(names(&mut c, both, "Account", "Name"), ["Ohio Payable", "Ohio Payable 2"]);
}

#[test]
fn the_tax_service_makes_a_code_with_new_and_known_rates() {
    fact!(
        "TaxService",
        "create",
        Documented,
        "§8",
        "makes a code with new rates or TaxRateId; names of rates up to 10"
    );
    fact!(
        "TaxService",
        "create",
        Assumed,
        "§8",
        "the answer has no envelope but time; out of 0 to 100: 2150"
    );
    let mut c = company();
    c.save("TaxAgency", r#"{"DisplayName":"Texas Comptroller"}"#);
    let state =
        r#"{"TaxRateName":"TX","RateValue":"6.25","TaxAgencyId":"1","TaxApplicableOn":"Sales"}"#;
    let made = c.post(
        "taxservice/taxcode",
        &format!(r#"{{"TaxCode":"Texas","TaxRateDetails":[{state}]}}"#),
    );
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!((&made.body["TaxCode"], &made.body["TaxCodeId"]), (&"Texas".into(), &"2".into()));
    let rate = &made.body["TaxRateDetails"][0];
    assert_eq!((&rate["TaxRateId"], &rate["RateValue"]), (&"1".into(), &"6.25".into()));
    let city = r#"{"TaxRateName":"Austin","RateValue":2,"TaxAgencyId":"1"}"#;
    let made = c.post(
        "taxservice/taxcode",
        &format!(r#"{{"TaxCode":"Austin","TaxRateDetails":[{{"TaxRateId":"1"}},{city}]}}"#),
    );
    assert_eq!(made.status, 200, "{}", made.text);
    let code = c.get("taxcode/3").entity("TaxCode");
    let rates: Vec<&Value> = code["SalesTaxRateList"]["TaxRateDetail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["TaxRateRef"]["name"])
        .collect();
    assert_eq!(rates, ["TX", "Austin"]);
    let before = c.query("select count(*) from TaxRate").body;
    for (body, code) in [
        (r#"{"TaxRateDetails":[{"TaxRateId":"1"}]}"#.to_owned(), "2020"),
        (r#"{"TaxCode":"N","TaxRateDetails":[]}"#.to_owned(), "2020"),
        (r#"{"TaxCode":"texas","TaxRateDetails":[{"TaxRateId":"1"}]}"#.to_owned(), "6240"),
        (format!(r#"{{"TaxCode":"N","TaxRateDetails":[{state}]}}"#), "6240"),
        (
            format!(r#"{{"TaxCode":"N","TaxRateDetails":[{0},{0}]}}"#, state.replace("TX", "N")),
            "6240",
        ),
        (r#"{"TaxCode":"N","TaxRateDetails":[{"TaxRateId":"9"}]}"#.to_owned(), "2500"),
        (
            r#"{"TaxCode":"N","TaxRateDetails":[{"TaxRateName":"longer name","RateValue":1,"TaxAgencyId":"1"}]}"#.to_owned(),
            "2050",
        ),
        (
            r#"{"TaxCode":"N","TaxRateDetails":[{"TaxRateName":"n","RateValue":101,"TaxAgencyId":"1"}]}"#.to_owned(),
            "2150",
        ),
        (
            r#"{"TaxCode":"N","TaxRateDetails":[{"TaxRateName":"n","RateValue":1,"TaxAgencyId":"7"}]}"#.to_owned(),
            "2500",
        ),
        (
            r#"{"TaxCode":"N","TaxRateDetails":[{"TaxRateName":"n","RateValue":1,"TaxAgencyId":"1","TaxApplicableOn":"Both"}]}"#.to_owned(),
            "2170",
        ),
        (r#"{"TaxCode":"N","Nonsense":1}"#.to_owned(), "2010"),
    ] {
        assert_eq!(c.post("taxservice/taxcode", &body).code(), code, "{body}");
    }
    let after = c.query("select count(*) from TaxRate").body;
    assert_eq!(after["QueryResponse"], before["QueryResponse"], "a refusal makes nothing");
}

#[test]
fn codes_and_rates_are_written_by_the_tax_service_only_and_are_not_in_change_data() {
    fact!(
        "Change data",
        "all",
        Documented,
        "§5",
        "TaxCode, TaxRate and TaxAgency are not available"
    );
    fact!("TaxCode", "create", Documented, "§8", "only through TaxService; so are rates");
    let mut c = company_of(Profile::UkVat.config());
    for (path, body) in [
        ("taxcode", r#"{"Name":"x"}"#),
        ("taxrate", r#"{"Name":"x"}"#),
        ("taxservice", r#"{"TaxCode":"x"}"#),
    ] {
        assert_eq!(c.post(path, body).code(), "500", "{path}");
    }
    for name in ["TaxCode", "TaxRate", "TaxAgency"] {
        let path = format!("cdc?entities={name}&changedSince=2026-01-01");
        assert_eq!(c.get(&path).code(), "2000", "{name}");
    }
}
