//! PayPal's certificates: which addresses may be asked for one, and which one proves a signature.
//!
//! A source fetches nothing. It says which certificate it lacks ([`Certificates::wanted`]),
//! refuses the delivery, and finds it when PayPal tries again (25 times in three days,
//! sources-and-cases.md A4). Nothing in the store is trusted: every delivery is checked against
//! the chain to a public root, the pinned names and the validity at the time of receipt.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, ring as algorithms};

/// Largest file of certificates, bytes; real ones hold two or three and stay below 8 KB.
pub const CERTIFICATE_BYTES_MAX: usize = 64 << 10;
/// Most certificates kept, and most addresses noted as wanted. PayPal uses two at a time.
const KEPT_MAX: usize = 16;
/// Most certificates in one file.
const CHAIN_MAX: usize = 8;

/// Hosts that give out certificates, and the names for which those are made out.
const HOSTS: [&str; 2] = ["api.paypal.com", "api.sandbox.paypal.com"];
const NAMES: [&str; 2] =
    ["messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com"];

/// Why a certificate proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Not in the store; it is noted as wanted.
    #[error("its certificate is not here yet; it is being fetched, and PayPal will try again")]
    Unknown,
    /// No readable certificate, or one that leads to no public root or is out of date.
    #[error("its certificate is not valid: {0}")]
    Invalid(String),
    /// The certificate is somebody else's.
    #[error("its certificate is not made out for PayPal's signatures")]
    OtherName,
    /// The certificate is good and the signature is not.
    #[error("it fits no webhook id of this connection; compare the id with the app's webhooks")]
    Signature,
}

/// The certificates of one connection, shared with whoever fetches them.
#[derive(Clone)]
pub struct Certificates {
    roots: Arc<[TrustAnchor<'static>]>,
    store: Arc<Mutex<Store>>,
}

#[derive(Default)]
struct Store {
    chains: BTreeMap<String, Arc<[CertificateDer<'static>]>>,
    wanted: BTreeSet<String>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("roots", &self.roots.len()).finish_non_exhaustive()
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::with_roots(webpki_roots::TLS_SERVER_ROOTS.to_vec())
    }
}

impl Certificates {
    /// An empty store that trusts `roots` and nothing else.
    fn with_roots(roots: Vec<TrustAnchor<'static>>) -> Self {
        Self { roots: roots.into(), store: Arc::default() }
    }

    /// An empty store that trusts the certificate `root` (DER) and nothing else: for tests and
    /// simulations, whose signatures lead to no public root.
    ///
    /// # Errors
    /// When `root` is no certificate.
    pub fn with_root(root: &[u8]) -> Result<Self, Unproven> {
        let root = CertificateDer::from(root);
        let anchor = webpki::anchor_from_trusted_cert(&root);
        let anchor = anchor.map_err(|e| Unproven::Invalid(format!("{e:?}")))?;
        Ok(Self::with_roots(vec![anchor.to_owned()]))
    }

    /// Addresses of certificates that deliveries named and that are not here; each is told once.
    pub fn wanted(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().wanted).into_iter().collect()
    }

    /// Keeps the certificates at `url` as PayPal answered them: the signer's first, PEM. Says no
    /// to what is too large or holds none, and to addresses that are not PayPal's.
    pub fn keep(&self, url: &str, pem: &[u8]) -> Result<(), Unproven> {
        let invalid = |why: &str| Unproven::Invalid(why.to_owned());
        if !is_pinned(url) {
            return Err(invalid("the address is not PayPal's"));
        }
        if pem.len() > CERTIFICATE_BYTES_MAX {
            return Err(invalid("the file is too large"));
        }
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(pem).take(CHAIN_MAX).collect();
        let chain = chain.map_err(|_| invalid("the file is not PEM"))?;
        if chain.is_empty() {
            return Err(invalid("the file holds no certificate"));
        }
        let mut store = self.lock();
        if store.chains.len() >= KEPT_MAX && !store.chains.contains_key(url) {
            store.chains.pop_first();
        }
        store.chains.insert(url.to_owned(), chain.into());
        Ok(())
    }

    /// Whether the certificate at `url` is PayPal's at `seconds` and signed any of `messages`.
    pub fn prove(
        &self,
        url: &str,
        seconds: i64,
        messages: &[Vec<u8>],
        signature: &[u8],
    ) -> Result<(), Unproven> {
        let chain = self.find(url).ok_or(Unproven::Unknown)?;
        let (leaf, intermediates) = chain.split_first().ok_or(Unproven::Unknown)?;
        let invalid = |e: webpki::Error| Unproven::Invalid(format!("{e:?}"));
        let leaf = EndEntityCert::try_from(leaf).map_err(invalid)?;
        let time = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.roots,
            intermediates,
            UnixTime::since_unix_epoch(time),
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map_err(invalid)?;
        let is_for = |name: &&str| {
            let name = ServerName::try_from(*name);
            name.is_ok_and(|n| leaf.verify_is_valid_for_subject_name(&n).is_ok())
        };
        if !NAMES.iter().any(is_for) {
            return Err(Unproven::OtherName);
        }
        let algorithm = algorithms::RSA_PKCS1_2048_8192_SHA256;
        let is_signed =
            |message: &Vec<u8>| leaf.verify_signature(algorithm, message, signature).is_ok();
        if messages.iter().any(is_signed) { Ok(()) } else { Err(Unproven::Signature) }
    }

    fn find(&self, url: &str) -> Option<Arc<[CertificateDer<'static>]>> {
        let mut store = self.lock();
        let found = store.chains.get(url).cloned();
        if found.is_none() && store.wanted.len() < KEPT_MAX {
            store.wanted.insert(url.to_owned());
        }
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Store> {
        // The store holds no half-made state that a panic elsewhere could leave behind.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of the file in which the certificates at `url` may be kept, if `url` is PayPal's.
pub fn file_name(url: &str) -> Option<String> {
    let (host, name) = pinned(url)?;
    Some(format!("{host}_{name}.pem"))
}

/// The address whose certificates file `name` holds.
pub fn address(name: &str) -> Option<String> {
    let (host, name) = name.strip_suffix(".pem")?.split_once('_')?;
    let url = format!("https://{host}/{FOLDER}{name}");
    is_pinned(&url).then_some(url)
}

/// Where PayPal keeps certificates, on each of its hosts.
const FOLDER: &str = "v1/notifications/certs/";

/// Whether `url` is where PayPal keeps certificates: https, one of its two hosts, no port, no
/// user, and a plain name below `/v1/notifications/certs/`.
pub fn is_pinned(url: &str) -> bool {
    pinned(url).is_some()
}

fn pinned(url: &str) -> Option<(&str, &str)> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let name = path.strip_prefix(FOLDER)?;
    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let is_name = (1..=100).contains(&name.len()) && name.bytes().all(plain);
    (is_name && HOSTS.contains(&host)).then_some((host, name))
}
