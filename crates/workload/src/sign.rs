//! Signatures as the vendors make them (sources-and-cases.md A1 to A9).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A secret made ready once.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    pub fn new(secret: &str) -> Self {
        Self::of(secret.as_bytes())
    }

    /// With a key that is written in hexadecimal, as Adyen gives them.
    ///
    /// # Panics
    /// When it is not.
    pub fn hexadecimal(secret: &str) -> Self {
        Self::of(&hex::decode(secret).expect("a key in hexadecimal"))
    }

    fn of(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of every length"))
    }

    fn code(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// HMAC-SHA256 of the body in base64: `X-Shopify-Hmac-Sha256`.
    pub fn base64(&self, body: &[u8]) -> String {
        STANDARD.encode(self.code(&[body]))
    }

    /// `webhook-signature` of Standard Webhooks for the message `id`, made at `at`, seconds.
    pub fn standard(&self, id: &str, at: i64, body: &[u8]) -> String {
        let at = at.to_string();
        let code = self.code(&[id.as_bytes(), b".", at.as_bytes(), b".", body]);
        format!("v1,{}", STANDARD.encode(code))
    }

    /// `x-square-hmacsha256-signature` of what is sent to `url`.
    pub fn square(&self, url: &str, body: &[u8]) -> String {
        STANDARD.encode(self.code(&[url.as_bytes(), body]))
    }

    /// `Stripe-Signature` made at `at`, seconds.
    pub fn stripe(&self, at: i64, body: &[u8]) -> String {
        let at = at.to_string();
        let code = hex::encode(self.code(&[at.as_bytes(), b".", body]));
        format!("t={at},v1={code}")
    }
}
