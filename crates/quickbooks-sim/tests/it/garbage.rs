//! Garbage: requests that are almost right, and bytes that are nothing. `PROPTEST_CASES=20000` tries
//! harder; `fuzz/` looks for new paths.

use proptest::prelude::*;

#[path = "../garbage/drive.rs"]
mod drive;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_request_stops_the_company_or_unbalances_its_books(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fact!("Books", "all", Assumed, "§12", "whatever is sent, debits equal credits, and what is refused changes nothing");
        drive::drive(&bytes);
    }
}
