//! Secrets at rest: XChaCha20-Poly1305 under one key of 32 bytes.

use crate::exit::Stop;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ports::Entropy;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Bytes of the nonce in front of what is sealed. Random ones of this length never repeat.
const NONCE_BYTES: usize = 24;

/// Seals with one key.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    entropy: Arc<dyn Entropy>,
}

impl Sealer {
    /// A sealer with the key in hexadecimal text.
    pub fn from_hex(text: &str, entropy: Arc<dyn Entropy>) -> Result<Self, String> {
        let mut key = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut())
            .map_err(|_| "a key is 64 hexadecimal digits".to_owned())?;
        let cipher = XChaCha20Poly1305::new_from_slice(key.as_ref())
            .map_err(|_| "a key is 32 bytes".to_owned())?;
        Ok(Self { cipher, entropy })
    }

    /// Reads the key file. It must be readable by its owner only.
    pub fn from_file(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, Stop> {
        let shown = path.display();
        let meta = std::fs::metadata(path).map_err(|e| {
            Stop::configuration(format!(
                "the key {shown} cannot be read ({e}); run `tieout init`, restore the file from \
                 your backup, or set TIEOUT_KEY"
            ))
        })?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(Stop::configuration(format!(
                "the key {shown} can be read by others; run `chmod 600 {shown}`"
            )));
        }
        let text = Zeroizing::new(std::fs::read_to_string(path)?);
        Self::from_hex(&text, entropy)
            .map_err(|e| Stop::configuration(format!("the key {shown} is damaged: {e}")))
    }
}

/// Writes a new random key; an existing file is left alone (false).
pub fn create_key(path: &Path, entropy: &dyn Entropy) -> std::io::Result<bool> {
    let mut key = Zeroizing::new([0_u8; 32]);
    entropy.fill(key.as_mut());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Ok(mut file) => {
            file.write_all(Zeroizing::new(hex::encode(key.as_ref()) + "\n").as_bytes())?;
            file.sync_all()?;
            Ok(true)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e),
    }
}

impl ports::Sealer for Sealer {
    fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_BYTES];
        self.entropy.fill(&mut nonce);
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), plain)
            .expect("a token is far below the limit of the cipher");
        [nonce.as_slice(), &sealed].concat()
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or("the sealed secret is too short; it was damaged")?;
        self.cipher.decrypt(&XNonce::from(*nonce), body).map_err(|_| {
            "the secret was sealed with another key, or changed; restore tieout.key or connect \
             the company again"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::entropy::OsEntropy;
    use ports::Sealer as _;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let sealer = Sealer::from_hex(&"ab".repeat(32), Arc::new(OsEntropy)).unwrap();
        let (a, b) = (sealer.seal(b"token"), sealer.seal(b"token"));
        assert_ne!(a, b, "a nonce is never used twice");
        assert_eq!(sealer.open(&a).unwrap(), b"token");
        for i in 0..a.len() {
            let mut changed = a.clone();
            changed[i] ^= 1;
            assert!(sealer.open(&changed).is_err(), "byte {i}");
        }
        let other = Sealer::from_hex(&"cd".repeat(32), Arc::new(OsEntropy)).unwrap();
        assert!(other.open(&a).is_err() && other.open(b"short").is_err());
        assert!(Sealer::from_hex("abc", Arc::new(OsEntropy)).is_err());
    }
}
