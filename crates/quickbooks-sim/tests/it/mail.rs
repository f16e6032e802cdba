//! Forms by mail and as pages.

use http::Method;

use crate::support::{company, invoice, key, request};

#[test]
fn a_sent_form_says_when_and_where_to() {
    fact!(
        "Invoice",
        "send",
        Documented,
        "§2",
        "EmailStatus, DeliveryInfo and BillEmail say that it was sent"
    );
    fact!(
        "Invoice",
        "send",
        Documented,
        "§7",
        "without any address it is 6420, a malformed one is 2210"
    );
    fact!("JournalEntry", "send", Assumed, "§2", "what is no form is not sent: 500");
    let mut c = company();
    let i = c.save("Invoice", &invoice("5"));
    assert_eq!((i["Id"].as_str(), i["EmailStatus"].as_str()), (Some("145"), Some("NotSet")));
    assert_eq!(c.post("invoice/145/send", "").code(), "6420");
    assert_eq!(c.post("invoice/145/send?sendTo=nobody", "").code(), "2210");
    let sent = c.post("invoice/145/send?sendTo=ada%40example.com", "").entity("Invoice");
    assert_eq!(sent["BillEmail"]["Address"], "ada@example.com");
    assert_eq!(sent["EmailStatus"], "EmailSent");
    assert_eq!(sent["DeliveryInfo"]["DeliveryTime"], "2026-03-02T10:00:04-08:00");
    assert_eq!((&sent["SyncToken"], &sent["TotalAmt"]), (&"1".into(), &i["TotalAmt"]));
    // the address of the customer
    let customer = c.get("customer/2").entity("Customer");
    c.save(
        "Customer",
        &format!(
            r#"{},"sparse":true,"PrimaryEmailAddr":{{"Address":"web@example.com"}}}}"#,
            key(&customer)
        ),
    );
    c.save(
        "SalesReceipt",
        r#"{"CustomerRef":{"value":"2"},"Line":[{"Amount":1,"DetailType":"SalesItemLineDetail"}]}"#,
    );
    let receipt = c.post("salesreceipt/146/send", "").entity("SalesReceipt");
    assert_eq!(receipt["BillEmail"]["Address"], "web@example.com");
    assert_eq!(c.post("invoice/999/send", "").code(), "610");
    assert_eq!(c.post("journalentry/145/send", "").code(), "500");
    assert_eq!(c.post("customer/1/send", "").code(), "500");
}

#[test]
fn a_form_is_a_page() {
    fact!("Invoice", "pdf", Documented, "§2", "a form is pages of application/pdf");
    let mut c = company();
    let body = r#"{"CustomerRef":{"value":"1"},"Line":[{"Amount":5,"Description":"Café (large)","DetailType":"SalesItemLineDetail"}]}"#;
    c.save("Invoice", body);
    let response = c.sim.handle(&request(Method::GET, "invoice/145/pdf", &c.token, ""), c.now_us);
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"application/pdf".parse().unwrap())
    );
    let page: String = response.body().iter().map(|byte| char::from(*byte)).collect();
    assert!(page.starts_with("%PDF-1.4\n") && page.ends_with("%%EOF\n"), "{page}");
    for words in
        ["(Number 1038)", "(Customer Walk-in Customer)", "(Services: Café \\(large\\) ", "(Total "]
    {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert_eq!(page.matches(" 5.00) Tj").count(), 3, "line, total and balance due\n{page}");
    // readers find the objects by the places in the table
    let table: usize =
        page.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
    let places = page.chars().skip(table).collect::<String>();
    for (n, line) in places.lines().skip(3).take(5).enumerate() {
        let place: usize = line[..10].parse().unwrap();
        let object: String = page.chars().skip(place).take(7).collect();
        assert_eq!(object, format!("{} 0 obj", n + 1));
    }
    // as many pages as the lines need
    let line = |n: u32| format!(r#"{{"Amount":{n},"DetailType":"SalesItemLineDetail"}}"#);
    let lines: Vec<String> = (1..=120).map(line).collect();
    let long = format!(r#"{{"CustomerRef":{{"value":"1"}},"Line":[{}]}}"#, lines.join(","));
    c.save("Invoice", &long);
    let response = c.sim.handle(&request(Method::GET, "invoice/146/pdf", &c.token, ""), c.now_us);
    let pages = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!((pages.matches("/Type /Page ").count(), pages.matches("/Count 3").count()), (3, 1));
    assert!(pages.contains(" 120.00) Tj") && pages.contains(" 7260.00) Tj"));
    assert_eq!(c.get("invoice/999/pdf").code(), "610");
    assert_eq!(c.get("deposit/145/pdf").code(), "500");
}
