//! A shop's month as its vendors would deliver it, seeded and repeatable.
#![doc = include_str!("../README.md")]

mod adyen;
mod amazon;
mod bigcommerce;
mod calendar;
mod catalogue;
mod content;
mod draw;
mod event;
mod expected;
mod faults;
mod file;
mod json;
mod letter;
mod month;
mod own;
mod payout;
mod paypal;
mod plan;
mod reference;
mod refund;
mod shape;
mod shopify;
mod sign;
mod square;
mod stripe;
mod vendors;
mod woocommerce;

pub use expected::{Count, Expected, Parts, expected};
pub use file::{File, files, mapping};
pub use month::{Delivery, Month, month};
pub use own::cloud_event;
pub use paypal::{PAYPAL_CERTIFICATE, PayPalCertificate};
pub use shape::{Connections, DeliveryFaults, Features, Shape, sources};
pub use square::SQUARE_NOTIFICATION_URL;
pub use vendors::{OrderSystem, Processor};
