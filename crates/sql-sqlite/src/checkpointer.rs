//! Moves the write-ahead log into the file beside the writer.

use std::path::Path;
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

use ports::SqlFailure;
use rusqlite::Connection;

use crate::connection::{Options, Role, open_file};
use crate::failure::failure;

/// Pages of log after which it is moved: hot pages are written back once per 32 MiB.
const MOVE_PAGES: i32 = 4_096;
/// Pages of log after which the writer finishes the move itself. Only then can the log start anew
/// while commits never pause, so this bounds its size: 128 MiB.
const FINISH_PAGES: i32 = 16_384;

/// A thread with a connection of its own. It ends when the writer's connection is closed.
pub(crate) struct Checkpointer {
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts moving the log of the file at `path` whenever `writer` has made it long.
    ///
    /// # Errors
    /// When the file or the thread cannot be opened.
    #[expect(
        clippy::disallowed_methods,
        reason = "a driver may use a thread where nothing that the caller sees depends on it"
    )]
    pub(crate) fn start(
        path: &Path,
        options: &Options,
        writer: &mut Connection,
    ) -> Result<Self, SqlFailure> {
        let mover = open_file(path, Role::Checkpointer, options)?;
        let (long, wanted) = mpsc::sync_channel(1);
        watch(writer, long).map_err(|e| failure("watching the log", &e))?;
        let thread = std::thread::spawn(move || {
            while wanted.recv().is_ok() {
                // A passive move waits for nobody. Where it cannot move everything, a later commit
                // asks again.
                let _ = mover.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            }
        });
        Ok(Self { thread: Some(thread) })
    }
}

fn watch(writer: &mut Connection, long: SyncSender<()>) -> Result<(), rusqlite::Error> {
    let mut asked = 0;
    writer.wal_hook(Some(move |log: &mut rusqlite::hooks::Wal, pages: i32| {
        // The log started anew.
        asked = asked.min(pages);
        if pages >= FINISH_PAGES {
            // The transaction is durable whatever comes of this: an error here would deny that.
            let _ = log.checkpoint();
        } else if pages - asked >= MOVE_PAGES {
            asked = pages;
            let _ = long.try_send(());
        }
        Ok(())
    }))
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
