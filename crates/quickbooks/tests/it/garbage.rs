//! Garbled answers. `PROPTEST_CASES=20000` tries harder; `fuzz/` looks for new paths.

use super::{documents, support, world};
use proptest::prelude::*;

#[path = "../garbage/drive.rs"]
mod drive;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_stops_the_connector_doubles_a_write_or_shows_what_is_private(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        drive::drive(&bytes);
    }
}
