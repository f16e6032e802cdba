//! Secrets at rest: XChaCha20-Poly1305 under a ring of keys.
//!
//! The first key of the ring seals, every key opens. What is sealed begins with its format and the
//! id of its key; both, and the context it is bound to, are authenticated with it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ports::Entropy;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Format of what is sealed.
const FORMAT: u8 = 1;
/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of the id of a key.
const ID_BYTES: usize = 4;
/// Bytes in front of the nonce: format and id.
const HEAD_BYTES: usize = 1 + ID_BYTES;
/// Bytes of the nonce. Random ones of this length never repeat.
const NONCE_BYTES: usize = 24;

/// Seals with the first of its keys and opens with any.
pub struct Sealer {
    first: Key,
    older: Vec<Key>,
    source: String,
    entropy: Arc<dyn Entropy>,
}

struct Key {
    id: [u8; ID_BYTES],
    cipher: XChaCha20Poly1305,
}

impl Key {
    fn new(hex_text: &str) -> Result<Self, String> {
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
        hex::decode_to_slice(hex_text, bytes.as_mut())
            .map_err(|_| "a key is 64 hexadecimal digits".to_owned())?;
        let cipher = XChaCha20Poly1305::new_from_slice(bytes.as_ref())
            .map_err(|_| "a key is 32 bytes".to_owned())?;
        let sum = Sha256::new_with_prefix(b"tieout key id").chain_update(bytes.as_ref()).finalize();
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&sum[..ID_BYTES]);
        Ok(Self { id, cipher })
    }
}

impl Sealer {
    /// The keys in `text`: hexadecimal, apart by line ends, blanks or commas, the present one
    /// first; lines that begin with `#` are skipped. `source` names where they are, for messages.
    pub fn read(text: &str, source: &str, entropy: Arc<dyn Entropy>) -> Result<Self, String> {
        let mut keys = words(text).map(Key::new).collect::<Result<Vec<_>, _>>()?.into_iter();
        let first = keys.next().ok_or("it holds no key")?;
        Ok(Self { first, older: keys.collect(), source: source.to_owned(), entropy })
    }

    /// Ids of the keys, the present one first.
    pub fn ids(&self) -> Vec<String> {
        self.keys().map(|k| hex::encode(k.id)).collect()
    }

    /// Where the keys are.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

/// The keys in a text, as text.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.split([' ', '\t', ',']))
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

/// The id of the key that something was sealed with.
pub fn key_id(sealed: &[u8]) -> Option<String> {
    sealed.get(1..HEAD_BYTES).map(hex::encode)
}

/// Format and key come before the context, both of fixed length: no two pairs read the same.
fn bound(head: &[u8], context: &[u8]) -> Vec<u8> {
    [head, context].concat()
}

impl ports::Sealer for Sealer {
    fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_BYTES];
        self.entropy.fill(&mut nonce);
        let head = [&[FORMAT], self.first.id.as_slice()].concat();
        let payload = Payload { msg: plain, aad: &bound(&head, context) };
        let sealed = self
            .first
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a token is far below the limit of the cipher");
        [head.as_slice(), &nonce, &sealed].concat()
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, String> {
        let damaged = || "the sealed secret is damaged; connect the company again".to_owned();
        let (head, rest) = sealed.split_first_chunk::<HEAD_BYTES>().ok_or_else(damaged)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        if head[0] != FORMAT {
            return Err(damaged());
        }
        let key = self.keys().find(|k| k.id == head[1..]).ok_or_else(|| {
            format!(
                "the secret was sealed with key {}, but {} holds {}; put the file with that key \
                 back (`tieout key list` shows the keys), or connect the company again",
                hex::encode(&head[1..]),
                self.source,
                self.ids().join(", ")
            )
        })?;
        let payload = Payload { msg: body, aad: &bound(head, context) };
        key.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| {
            "the sealed secret was changed, or belongs to another lane or company; restore the \
             database from a backup or connect the company again"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::entropy::OsEntropy;
    use ports::Sealer as _;

    fn sealer(text: &str) -> Sealer {
        Sealer::read(text, "the test", Arc::new(OsEntropy)).unwrap()
    }

    #[test]
    fn opens_what_it_sealed_for_the_same_context_and_nothing_else() {
        let sealer = sealer(&"ab".repeat(32));
        let (a, b) = (sealer.seal(b"token", b"lane a"), sealer.seal(b"token", b"lane a"));
        assert_ne!(a, b, "a nonce is never used twice");
        assert_eq!(sealer.open(&a, b"lane a").unwrap(), b"token");
        assert!(sealer.open(&a, b"lane b").unwrap_err().contains("another lane"));
        assert!(sealer.open(&a, b"").is_err());
        for i in 0..a.len() {
            let mut changed = a.clone();
            changed[i] ^= 1;
            assert!(sealer.open(&changed, b"lane a").is_err(), "byte {i}");
            assert!(sealer.open(&a[..i], b"lane a").is_err(), "cut at {i}");
        }
    }

    #[test]
    fn the_first_key_seals_and_older_ones_still_open() {
        let (old, new) = ("ab".repeat(32), "cd".repeat(32));
        let sealed = sealer(&old).seal(b"token", b"x");
        let both = sealer(&format!("# made today\n{new}\n\n{old}\n"));
        assert_eq!(both.open(&sealed, b"x").unwrap(), b"token");
        let again = both.seal(b"token", b"x");
        assert_eq!(key_id(&again), key_id(&sealer(&new).seal(b"", b"")));
        assert_eq!(sealer(&new).open(&again, b"x").unwrap(), b"token");
        let wrong = sealer(&new).open(&sealed, b"x").unwrap_err();
        let id = key_id(&sealed).unwrap();
        assert!(wrong.contains(&id) && wrong.contains("the test"), "{wrong}");
        assert!(!wrong.contains(&old) && !wrong.contains(&new), "keys are never shown");
        assert_eq!(both.ids().len(), 2);
    }

    #[test]
    fn a_text_without_good_keys_is_refused() {
        let long = "ab".repeat(33);
        for text in ["", "# none", "abc", &long, &"xy".repeat(32)] {
            assert!(Sealer::read(text, "t", Arc::new(OsEntropy)).is_err(), "{text}");
        }
        assert_eq!(sealer(&format!("{},{}", "ab".repeat(32), "cd".repeat(32))).ids().len(), 2);
    }
}
