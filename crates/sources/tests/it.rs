//! The sources through their public edge.

#[cfg(test)]
#[path = "it/adyen.rs"]
mod adyen;
#[cfg(test)]
#[path = "it/amazon.rs"]
mod amazon;
#[cfg(test)]
#[path = "it/bigcommerce.rs"]
mod bigcommerce;
#[cfg(test)]
#[path = "it/books.rs"]
mod books;
#[cfg(test)]
#[path = "it/changed.rs"]
mod changed;
#[cfg(test)]
#[path = "it/cloudevents.rs"]
mod cloudevents;
#[cfg(test)]
#[path = "it/garbage.rs"]
mod garbage;
#[cfg(test)]
#[path = "it/large.rs"]
mod large;
#[cfg(test)]
#[path = "it/lists.rs"]
mod lists;
#[cfg(test)]
#[path = "it/paypal.rs"]
mod paypal;
#[cfg(test)]
#[path = "it/poll.rs"]
mod poll;
#[cfg(test)]
#[path = "it/shared.rs"]
mod shared;
#[cfg(test)]
#[path = "it/shopify.rs"]
mod shopify;
#[cfg(test)]
#[path = "it/square.rs"]
mod square;
#[cfg(test)]
#[path = "it/stripe.rs"]
mod stripe;
#[cfg(test)]
#[path = "it/support.rs"]
mod support;
#[cfg(test)]
#[path = "it/vectors.rs"]
mod vectors;
#[cfg(test)]
#[path = "it/vendor.rs"]
mod vendor;
#[cfg(test)]
#[path = "it/woocommerce.rs"]
mod woocommerce;
