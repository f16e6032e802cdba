#![doc = include_str!("../README.md")]

mod amount;
mod apply;
mod changes;
mod company;
mod compare;
mod entity;
mod errors;
mod exchange;
mod find;
mod names;
mod notices;
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
pub use notices::Webhooks;
pub use oauth::{GrantFailure, consent_url, exchange_code};
pub use settings::{
    CONSENT_URL, PRODUCTION_URL, REVOKE_URL, Region, SANDBOX_URL, Settings, TOKEN_URL,
};
pub use target::QuickBooks;
