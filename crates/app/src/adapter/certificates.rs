//! PayPal's certificates: fetched when a delivery names one that is not here, kept in the data
//! directory, trusted nowhere (`sources::paypal::certificate` checks them at every delivery).

use crate::output;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use ports::{Clock, Http};
use sources::paypal::certificate::{
    CERTIFICATE_BYTES_MAX, Certificates, address, file_name, is_pinned,
};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folder in the data directory.
const FOLDER: &str = "paypal-certificates";
/// Pause between two looks at what is wanted, seconds: PayPal tries again after minutes.
const PAUSE_SECONDS: i64 = 5;
/// How long one answer may take, seconds.
const DEADLINE_SECONDS: i64 = 10;

/// Fetches what the PayPal connections want.
pub struct Keeper {
    folder: PathBuf,
    stores: Vec<Certificates>,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
}

impl Keeper {
    /// For `stores`, with what the data directory already holds. `http` should take https only
    /// and answers of at most [`CERTIFICATE_BYTES_MAX`].
    pub fn open(
        data: &Path,
        stores: Vec<Certificates>,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keeper = Self { folder: data.join(FOLDER), stores, http, clock };
        // A folder or a file that cannot be read is fetched anew.
        for entry in std::fs::read_dir(&keeper.folder).into_iter().flatten().flatten() {
            let is_small = entry.metadata().is_ok_and(|m| m.len() <= CERTIFICATE_BYTES_MAX as u64);
            let url = entry.file_name().to_str().and_then(address).filter(|_| is_small);
            if let Some((url, pem)) = url.zip(std::fs::read(entry.path()).ok()) {
                let _kept = keeper.keep(&url, &pem);
            }
        }
        keeper
    }

    /// Looks every few seconds until `stop`.
    pub async fn run(self, stop: impl Future<Output = ()> + Unpin) {
        let mut stop = stop;
        loop {
            self.look().await;
            let pause = self.clock.sleep_until(self.clock.now().plus_seconds(PAUSE_SECONDS));
            match futures_util::future::select(pause, stop).await {
                futures_util::future::Either::Left(((), rest)) => stop = rest,
                futures_util::future::Either::Right(_) => return,
            }
        }
    }

    /// Fetches everything that is wanted now. What fails is wanted again by PayPal's next
    /// attempt.
    pub async fn look(&self) {
        let mut wanted: Vec<String> = self.stores.iter().flat_map(Certificates::wanted).collect();
        wanted.sort();
        wanted.dedup();
        for url in wanted {
            match self.fetch(&url).await {
                Ok(()) => output::note(&format!("PayPal's certificate {url} is here")),
                Err(why) => output::note(&format!(
                    "PayPal's certificate {url} cannot be had: {why}; its deliveries are refused \
                     until it is fetched at PayPal's next attempt"
                )),
            }
        }
    }

    async fn fetch(&self, url: &str) -> Result<(), String> {
        if !is_pinned(url) {
            return Err("the address is not PayPal's".to_owned());
        }
        let request = Request::builder().method(Method::GET).uri(url).body(Bytes::new());
        let request = request.map_err(|e| e.to_string())?;
        let deadline = self.clock.now().plus_seconds(DEADLINE_SECONDS);
        let answer = self.http.send(request, deadline).await.map_err(|e| e.to_string())?;
        // A redirect would lead away from the pinned address, so it is none of the answers taken.
        if answer.status() != StatusCode::OK {
            return Err(format!("the answer was {}", answer.status()));
        }
        self.keep(url, answer.body())?;
        let file = file_name(url).map(|name| self.folder.join(name));
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| file.map_or(Ok(()), |f| std::fs::write(f, answer.body())));
        written
            .map_err(|e| format!("it works, but {} cannot be written: {e}", self.folder.display()))
    }

    fn keep(&self, url: &str, pem: &[u8]) -> Result<(), String> {
        self.stores.iter().try_for_each(|s| s.keep(url, pem)).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::clock::SystemClock;
    use http::Response;
    use kernel::Timestamp;
    use ports::{BoxFuture, EventSource, HttpFailure, RawDelivery};
    use sources::paypal::{PayPal, Settings};
    use std::sync::Mutex;

    const URL: &str = "https://api.paypal.com/v1/notifications/certs/CERT-1";
    const PEM: &[u8] = include_bytes!("../../../sources/tests/it/paypal/signer.pem");

    /// Answers everything alike and notes what was asked.
    struct Answers(StatusCode, &'static [u8], Mutex<Vec<String>>);

    impl Http for Answers {
        fn send<'a>(
            &'a self,
            request: Request<Bytes>,
            _: Timestamp,
        ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
            self.2.lock().unwrap().push(request.uri().to_string());
            let answer = Response::builder().status(self.0).body(Bytes::from_static(self.1));
            Box::pin(async move { Ok(answer.unwrap()) })
        }
    }

    fn refusal(certificates: &Certificates) -> String {
        let settings = Settings {
            webhook_ids: vec!["W".to_owned()],
            certificates: certificates.clone(),
            zone: kernel::time::Zone::UTC,
            order_source: None,
            test_is_real: false,
        };
        let headers = [
            ("paypal-transmission-id", "1"),
            ("paypal-transmission-time", "2026-03-02T14:15:12Z"),
            ("paypal-transmission-sig", "AAAA"),
            ("paypal-cert-url", URL),
            ("paypal-auth-algo", "SHA256withRSA"),
        ];
        let delivery = RawDelivery {
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Bytes::from_static(b"{}"),
            received_at: Timestamp::from_seconds(1_772_460_910),
        };
        let source = PayPal::new(kernel::SourceName::new("paypal:a"), settings);
        source.accept(&delivery).unwrap_err().detail
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tieout-{name}-{}", std::process::id()))
    }

    fn keeper(data: &Path, store: &Certificates, http: &Arc<Answers>) -> Keeper {
        let http = Arc::clone(http) as Arc<dyn Http>;
        Keeper::open(data, vec![store.clone()], http, Arc::new(SystemClock))
    }

    #[tokio::test]
    async fn a_wanted_certificate_is_fetched_once_and_found_after_a_restart() {
        let data = folder("certificates");
        let http = Arc::new(Answers(StatusCode::OK, PEM, Mutex::default()));
        let store = Certificates::default();
        let keeper_of = keeper(&data, &store, &http);
        assert!(refusal(&store).contains("not here yet"));
        keeper_of.look().await;
        // The root of the tests is no public one: now the chain decides, not the absence.
        assert!(refusal(&store).contains("UnknownIssuer"));
        keeper_of.look().await;
        assert_eq!(*http.2.lock().unwrap(), [URL]);
        let again = Certificates::default();
        keeper(&data, &again, &http);
        assert!(refusal(&again).contains("UnknownIssuer"));
        std::fs::remove_dir_all(data).unwrap();
    }

    #[tokio::test]
    async fn what_is_no_certificate_is_not_kept() {
        for (status, body) in [
            (StatusCode::OK, &b"<html>"[..]),
            (StatusCode::FOUND, PEM),
            (StatusCode::NOT_FOUND, b""),
        ] {
            let data = folder("no-certificates");
            let http = Arc::new(Answers(status, body, Mutex::default()));
            let store = Certificates::default();
            let keeper = keeper(&data, &store, &http);
            assert!(refusal(&store).contains("not here yet"));
            keeper.look().await;
            assert!(refusal(&store).contains("not here yet"), "{status}");
            assert!(!data.exists());
        }
    }
}
