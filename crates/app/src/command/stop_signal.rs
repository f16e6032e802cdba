//! Ends work on SIGTERM and Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells everybody who asks that the process is to end. Cheap to clone.
#[derive(Clone)]
pub struct StopSignal {
    flag: Arc<AtomicBool>,
    told: watch::Receiver<bool>,
    tell: Arc<watch::Sender<bool>>,
}

impl StopSignal {
    /// Listens for the signals from now on. A second one ends the process at once: what was under
    /// way is looked for at the next start.
    #[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
    pub fn listen() -> std::io::Result<Self> {
        let (tell, told) = watch::channel(false);
        let stop = Self { flag: Arc::default(), told, tell: Arc::new(tell) };
        let mut term = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let heard = stop.clone();
        tokio::spawn(async move {
            loop {
                let (term, interrupt) = (Box::pin(term.recv()), Box::pin(interrupt.recv()));
                futures_util::future::select(term, interrupt).await;
                if heard.is_set() {
                    std::process::exit(i32::from(crate::exit::Exit::Failure as u8));
                }
                crate::output::note("stopping: the calls under way are awaited; again to stop now");
                heard.set();
            }
        });
        Ok(stop)
    }

    /// Asks everybody to end.
    pub fn set(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.tell.send_replace(true);
    }

    /// Whether to end.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Completes when it is time to end.
    pub async fn wait(mut self) {
        // The sender lives as long as this value.
        let _ = self.told.wait_for(|stop| *stop).await;
    }
}
