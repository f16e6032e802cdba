//! Intake: raw deliveries are durable before the answer.

use crate::{Engine, Error, Result, journal};
use futures_util::future::{Either, select};
use futures_util::lock::Mutex;
use kernel::{Id, ReasonCode};
use ports::{Polled, RawDelivery, Refusal, SignatureState, canary};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Poll, Waker};
use store::delivery::{self, NewDelivery};

/// What became of a delivery at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// Kept: answer 2xx.
    Kept(Id),
    /// Kept before: answer 2xx, nothing else happens.
    Duplicate,
    /// Refused: answer as the source's manifest says.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Whether it is kept for inspection; beyond the limit it is not.
        kept: bool,
    },
}

/// The door of one engine. Deliveries that arrive together are stored in one commit: the first to
/// wait leads, the others find their receipt ready.
pub struct Intake {
    engine: Engine,
    queue: Mutex<Vec<Waiting>>,
    leader: Mutex<()>,
}

struct Waiting {
    new: NewDelivery,
    slot: Arc<Slot>,
}

/// Where a receipt is laid down for whoever waits for it.
#[derive(Default)]
struct Slot {
    state: std::sync::Mutex<(Option<Result<Receipt>>, Option<Waker>)>,
}

impl Slot {
    fn put(&self, receipt: Result<Receipt>) {
        let waker = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.0 = Some(receipt);
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn take(&self) -> Option<Result<Receipt>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.take()
    }

    async fn wait(&self) -> Result<Receipt> {
        std::future::poll_fn(|cx| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match state.0.take() {
                Some(receipt) => Poll::Ready(receipt),
                None => {
                    state.1 = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Intake {
    /// A door for `engine`.
    pub fn new(engine: Engine) -> Self {
        Self { engine, queue: Mutex::new(Vec::new()), leader: Mutex::new(()) }
    }

    /// Verifies and keeps one delivery of connection `source`. Returns only when it is durable.
    pub async fn receive(&self, source: &str, raw: RawDelivery) -> Result<Receipt> {
        let (new, refusal) = self.prepare(source, raw, false)?;
        if let Some(refusal) = refusal {
            let kept = self.keep_refused(new).await?;
            return Ok(Receipt::Refused { refusal, kept });
        }
        let slot = Arc::new(Slot::default());
        self.queue.lock().await.push(Waiting { new, slot: Arc::clone(&slot) });
        // Nobody queues for the lead with a receipt in hand: the next to lead finds all others
        // free to join its commit.
        let leading = match select(pin!(slot.wait()), self.leader.lock()).await {
            Either::Left((receipt, _)) => return receipt,
            Either::Right((leading, _)) => leading,
        };
        if let Some(receipt) = slot.take() {
            return receipt;
        }
        // Whoever arrives in this turn travels in the same commit.
        turn().await;
        loop {
            let batch: Vec<Waiting> = {
                let mut queue = self.queue.lock().await;
                let n = queue.len().min(self.engine.limits.intake_batch);
                queue.drain(..n).collect()
            };
            if batch.is_empty() {
                // The leader that took this delivery was dropped before it could answer.
                return Err(Error::Refused(
                    "storing the delivery was interrupted; send it again".to_owned(),
                ));
            }
            self.commit(batch).await;
            if let Some(receipt) = slot.take() {
                drop(leading);
                return receipt;
            }
        }
    }

    async fn commit(&self, batch: Vec<Waiting>) {
        let (new, slots): (Vec<_>, Vec<_>) = batch.into_iter().map(|w| (w.new, w.slot)).unzip();
        if canary!("acknowledged-before-commit") {
            slots.iter().zip(&new).for_each(|(slot, new)| slot.put(Ok(Receipt::Kept(new.id))));
        }
        let outcome = self.store(&new).await;
        for (i, slot) in slots.into_iter().enumerate() {
            let receipt = match &outcome {
                Ok(kept) => Ok(match kept.get(i) {
                    Some((id, true)) => Receipt::Kept(*id),
                    _ => Receipt::Duplicate,
                }),
                Err(e) => Err(Error::Refused(format!("the delivery could not be stored: {e}"))),
            };
            slot.put(receipt);
        }
    }

    /// Keeps what was fetched from the vendor itself, where no signature is needed. Returns how
    /// many deliveries were not known yet.
    pub(crate) async fn receive_polled(&self, source: &str, polled: Vec<Polled>) -> Result<u64> {
        let received_at = self.engine.now();
        let raw = polled.into_iter().map(|Polled { headers, body }| RawDelivery {
            headers,
            body,
            received_at,
        });
        let receipts = self.receive_all(source, raw, true).await?;
        Ok(receipts.iter().filter(|r| matches!(r, Receipt::Kept(_))).count() as u64)
    }

    /// Keeps a file of `source` that a person hands over on this machine, where no signature is
    /// needed. Says whether it was not known yet.
    pub async fn receive_file(&self, source: &str, body: bytes::Bytes) -> Result<bool> {
        let headers = vec![("tieout-file".to_owned(), "1".to_owned())];
        let raw = RawDelivery { headers, body, received_at: self.engine.now() };
        match self.receive_all(source, [raw], true).await?.pop() {
            Some(Receipt::Kept(_)) => Ok(true),
            Some(Receipt::Refused { refusal, .. }) => Err(Error::Refused(refusal.to_string())),
            _ => Ok(false),
        }
    }

    /// Keeps many deliveries of one connection in one commit (files, replays).
    pub async fn receive_many(
        &self,
        source: &str,
        raw: impl IntoIterator<Item = RawDelivery>,
    ) -> Result<Vec<Receipt>> {
        self.receive_all(source, raw, false).await
    }

    async fn receive_all(
        &self,
        source: &str,
        raw: impl IntoIterator<Item = RawDelivery>,
        fetched: bool,
    ) -> Result<Vec<Receipt>> {
        let mut new = Vec::new();
        let mut receipts = Vec::new();
        for delivery in raw {
            let (prepared, refusal) = self.prepare(source, delivery, fetched)?;
            if let Some(refusal) = refusal {
                let kept = self.keep_refused(prepared).await?;
                receipts.push(Receipt::Refused { refusal, kept });
            } else {
                receipts.push(Receipt::Duplicate);
                new.push((receipts.len() - 1, prepared));
            }
        }
        let (places, batch): (Vec<_>, Vec<_>) = new.into_iter().unzip();
        for (place, (id, is_new)) in places.into_iter().zip(self.store(&batch).await?) {
            if is_new {
                receipts[place] = Receipt::Kept(id);
            }
        }
        Ok(receipts)
    }

    /// `fetched`: we asked the vendor for it, so that nobody else can have sent it.
    fn prepare(
        &self,
        source: &str,
        raw: RawDelivery,
        fetched: bool,
    ) -> Result<(NewDelivery, Option<Refusal>)> {
        let Some(port) = self.engine.sources.get(source) else {
            return Err(Error::Refused(format!(
                "no source is called `{source}`; see `[[source]]` in the configuration"
            )));
        };
        let too_large = raw.body.len() > port.manifest().body_bytes_max;
        let verdict = if too_large {
            let detail = format!(
                "the body has {} bytes; this source accepts {}",
                raw.body.len(),
                port.manifest().body_bytes_max
            );
            Err(Refusal { code: ReasonCode::BatchLimit, detail })
        } else if fetched {
            Ok(SignatureState::Unsigned)
        } else {
            port.accept(&raw)
        };
        let (signature, refusal) = match verdict {
            Ok(SignatureState::Valid) => ("valid", None),
            Ok(SignatureState::Unsigned) => ("unsigned", None),
            Err(refusal) => ("refused", Some(refusal)),
        };
        let sha256: [u8; 32] = Sha256::digest(&raw.body).into();
        let topic = if refusal.is_some() { String::new() } else { port.topic(&raw) };
        let id = self.engine.id();
        let dedupe = match &refusal {
            None => port.dedupe_key(&raw),
            Some(_) => format!("refused/{id}"),
        };
        let note = refusal.as_ref().map(ToString::to_string).unwrap_or_default();
        let source = source.to_owned();
        Ok((NewDelivery { id, source, dedupe, topic, raw, sha256, signature, note }, refusal))
    }

    async fn store(&self, batch: &[NewDelivery]) -> Result<Vec<(Id, bool)>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.engine.now();
        let batch_id = self.engine.id();
        let mut tx = self.engine.store.write().await?;
        let kept = delivery::keep(tx.as_mut(), batch_id, batch).await?;
        let mut fresh: Vec<(Id, tlog::Hash)> = batch
            .iter()
            .zip(&kept)
            .filter(|(_, (_, new))| *new)
            .map(|(d, _)| (d.id, tlog::leaf_hash(&d.sha256)))
            .collect();
        fresh.sort();
        let leaves: Vec<_> = fresh.into_iter().map(|(_, leaf)| leaf).collect();
        let repeated = batch.len() - leaves.len();
        let body = journal::batch(
            now,
            "deliveries.kept",
            batch_id,
            &leaves,
            json!({ "source": batch[0].source, "repeated": repeated.to_string() }),
        );
        store::audit::append(tx.as_mut(), &self.engine.origin, &[body]).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Keeps a refused delivery while fewer than the limit are kept, and says whether it did. Beyond
    /// it only the audit entry with its hash remains, so that nobody can fill the disk through the
    /// front door.
    async fn keep_refused(&self, mut new: NewDelivery) -> Result<bool> {
        let now = self.engine.now();
        let mut tx = self.engine.store.write().await?;
        let mut bodies = vec![journal::entry(
            now,
            &journal::Actor::System,
            "delivery.refused",
            json!({
                "source": new.source, "reason": new.note,
                "sha256": sha_text(&new.sha256), "bytes": new.raw.body.len().to_string(),
            }),
        )];
        let kept = delivery::refused(tx.as_mut()).await? < self.engine.limits.refused_kept_max;
        if kept {
            if let Some(port) = self.engine.sources.get(&new.source) {
                new.raw.body.truncate(port.manifest().body_bytes_max);
            }
            new.sha256 = Sha256::digest(&new.raw.body).into();
            let batch = self.engine.id();
            let leaf = tlog::leaf_hash(&new.sha256);
            delivery::keep(tx.as_mut(), batch, &[new]).await?;
            bodies.push(journal::batch(now, "deliveries.kept", batch, &[leaf], json!({})));
        }
        store::audit::append(tx.as_mut(), &self.engine.origin, &bodies).await?;
        tx.commit().await?;
        Ok(kept)
    }
}

pub(crate) fn sha_text(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Lets every task that is ready run once.
async fn turn() {
    let mut waited = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
