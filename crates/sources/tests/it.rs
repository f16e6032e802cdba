//! The sources through their public edge.

#[path = "it/cloudevents.rs"]
mod cloudevents;
#[path = "it/shopify.rs"]
mod shopify;
#[path = "it/stripe.rs"]
mod stripe;
#[path = "it/support.rs"]
mod support;
#[path = "it/vectors.rs"]
mod vectors;
#[path = "it/vendor.rs"]
mod vendor;
