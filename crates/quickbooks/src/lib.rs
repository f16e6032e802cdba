#![doc = include_str!("../README.md")]

mod amount;
mod apply;
mod changes;
mod compare;
mod entity;
mod errors;
mod exchange;
mod find;
mod names;
mod oauth;
mod query;
mod read;
mod settings;
mod target;
mod tokens;
mod wire_in;
mod wire_out;

pub use errors::{CATALOGUE, Ending, Entry, entry};
pub use names::{NAME_CHARS_MAX, quickbooks_name};
pub use oauth::{GrantFailure, consent_url, exchange_code};
pub use settings::{PRODUCTION_URL, SANDBOX_URL, Settings, TOKEN_URL};
pub use target::QuickBooks;
