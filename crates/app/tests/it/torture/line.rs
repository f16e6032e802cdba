//! A TCP line on this machine that can be cut.

use super::Dice;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Between two looks of a quiet connection whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// What connections and their owner share.
struct Shared {
    to: AtomicU16,
    /// Connections break from now on, in percent.
    bad: AtomicU64,
    /// Grows when all connections are to end.
    epoch: AtomicU64,
    cuts: AtomicU64,
    ended: AtomicBool,
    dice: Mutex<Dice>,
}

/// The line: whoever connects to `port` reaches the company, unless the line breaks.
pub struct Line {
    /// Where it listens.
    pub port: u16,
    shared: Arc<Shared>,
}

impl Line {
    /// A good line to nowhere yet.
    #[expect(clippy::disallowed_methods, reason = "somebody has to carry what is sent")]
    pub fn new(seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            to: AtomicU16::new(0),
            bad: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            dice: Mutex::new(Dice::new(seed)),
        });
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if all.ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&all);
                std::thread::spawn(move || carry(&shared, client));
            }
        });
        Self { port, shared }
    }

    /// Leads to another port from now on.
    pub fn lead_to(&self, port: u16) {
        self.shared.to.store(port, Ordering::SeqCst);
    }

    /// Cuts all connections; `percent` of new ones break.
    pub fn break_of(&self, percent: u64) {
        self.shared.bad.store(percent, Ordering::SeqCst);
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Cuts so far, each direction of a connection for itself.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.break_of(0);
        // Wakes whoever waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

#[expect(clippy::disallowed_methods, reason = "both directions of a connection at once")]
fn carry(shared: &Arc<Shared>, client: TcpStream) {
    // How many bytes go each way before the end, if there is one.
    let (up_max, down_max) = {
        let mut dice = shared.dice.lock().unwrap();
        let bad = dice.happens(shared.bad.load(Ordering::SeqCst));
        match bad.then(|| dice.below(4)) {
            None => (u64::MAX, u64::MAX),
            Some(0) => (0, 0),
            // Within a request, or at its last byte: whether it was done is not known.
            Some(1) => (1 + dice.below(6_000), u64::MAX),
            Some(_) => (u64::MAX, 1 + dice.below(4_000)),
        }
    };
    let to = shared.to.load(Ordering::SeqCst);
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else {
        let _ = client.shutdown(Shutdown::Both);
        return;
    };
    let epoch = shared.epoch.load(Ordering::SeqCst);
    let (client_2, server_2) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let other = Arc::clone(shared);
    let up = std::thread::spawn(move || copy(&other, epoch, client_2, server_2, up_max));
    copy(shared, epoch, server, client, down_max);
    let _ = up.join();
}

fn copy(shared: &Shared, epoch: u64, mut from: TcpStream, mut to: TcpStream, most: u64) {
    let mut left = most;
    let mut buffer = [0; 4096];
    let _ = from.set_read_timeout(Some(LOOK));
    while shared.epoch.load(Ordering::SeqCst) == epoch {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                let goes = n.min(usize::try_from(left).unwrap_or(usize::MAX));
                if to.write_all(&buffer[..goes]).is_err() {
                    break;
                }
                left = left.saturating_sub(n as u64);
                if left == 0 {
                    shared.cuts.fetch_add(1, Ordering::SeqCst);
                    break;
                }
            }
            Err(e)
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) => {}
            Err(_) => break,
        }
    }
    if shared.epoch.load(Ordering::SeqCst) != epoch {
        shared.cuts.fetch_add(1, Ordering::SeqCst);
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
