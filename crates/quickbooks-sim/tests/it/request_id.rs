//! Request ids: the first answer again, byte for byte, and nothing happens.

use crate::support::{company, company_of, invoice, key};
use quickbooks_sim::Config;

#[test]
fn the_same_bytes_again_even_after_the_object_is_gone() {
    fact!(
        "Request ids",
        "all",
        Recorded,
        "§2",
        "a repeated id gives the first answer, byte for byte, even after the object is deleted"
    );
    fact!(
        "Request ids",
        "all",
        Assumed,
        "§2",
        "the same id with another body gives the first answer"
    );
    let mut c = company();
    let first = c.post("invoice?requestid=abc", &invoice("5"));
    let again = c.post("invoice?requestid=abc", &invoice("5"));
    assert_eq!(first.text, again.text);
    assert_eq!(c.sim.transactions().count(), 1);
    let i = first.entity("Invoice");
    c.post("invoice?operation=delete", &format!("{}}}", key(&i))).entity("Invoice");
    let ghost = c.post("invoice?requestid=abc", &invoice("7"));
    assert_eq!(ghost.text, first.text, "the ghost of a deleted object");
    assert_eq!(c.sim.transactions().count(), 0);
    // a new generation creates
    c.post("invoice?requestid=abc:g2", &invoice("5")).entity("Invoice");
    assert_eq!(c.sim.transactions().count(), 1);
    assert_eq!(c.sim.meter().replayed, 2);
}

#[test]
fn it_covers_update_delete_and_void_but_no_refusal() {
    fact!("Request ids", "all", Documented, "§2", "create, update, delete and void are covered");
    fact!("Request ids", "all", Assumed, "§2", "a refusal is not kept");
    let mut c = company();
    let i = c.save("Invoice", &invoice("5"));
    let update = format!(r#"{},"sparse":true,"PrivateNote":"x"}}"#, key(&i));
    let a = c.post("invoice?requestid=u", &update);
    assert_eq!(a.entity("Invoice")["SyncToken"], "1");
    assert_eq!(c.post("invoice?requestid=u", &update).text, a.text);
    // without the id the same call is stale, and a refusal is not kept
    assert_eq!(c.post("invoice?requestid=v", &update).code(), "5010");
    let delete = format!(r#"{{"Id":{},"SyncToken":"1"}}"#, i["Id"]);
    let d = c.post("invoice?operation=delete&requestid=v", &delete);
    assert_eq!(d.entity("Invoice")["status"], "Deleted");
    assert_eq!(c.post("invoice?operation=delete&requestid=v", &delete).text, d.text);
    assert_eq!(c.post("invoice?operation=delete", &delete).code(), "610");
}

#[test]
fn ids_are_short_and_retention_can_end() {
    fact!("Request ids", "all", Documented, "§2", "50 characters at most: 2130");
    fact!("Request ids", "all", Assumed, "§2", "kept for ever unless a retention is set");
    let mut c = company();
    let path = format!("invoice?requestid={}", "x".repeat(51));
    assert_eq!(c.post(&path, &invoice("5")).code(), "2130");
    assert_eq!(c.post("invoice?requestid=", &invoice("5")).code(), "2130");

    let mut c = company_of(Config { request_id_seconds: Some(10), ..Config::default() });
    c.post("invoice?requestid=a", &invoice("5"));
    c.now_us += 9_000_000;
    c.post("invoice?requestid=a", &invoice("5"));
    assert_eq!(c.sim.transactions().count(), 1);
    c.now_us += 1_000_000;
    c.post("invoice?requestid=a", &invoice("5"));
    assert_eq!(c.sim.transactions().count(), 2);
}
