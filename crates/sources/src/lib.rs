//! One folder per order system: verify, parse, normalise.
//!
//! A source is pure: bytes in, facts and faults out. It opens nothing, waits for nothing and
//! knows no clock; everything it says about a delivery follows from the delivery.

pub mod adyen;
pub mod amazon;
pub mod bigcommerce;
pub mod cloudevents;
pub mod csv;
pub mod kit;
pub mod paypal;
pub mod shopify;
pub mod square;
pub mod stripe;
pub mod woocommerce;
