//! SQLite through the port: the shared cases in a file and in memory, and what only SQLite does.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "shared/cases.rs"]
mod cases;

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use ports::{BoxFuture, Kind, Sql, SqlFailure, Stmt, TxMode};
use sql_sqlite::{Options, SqliteSql, Synchronous};

type Case = for<'a> fn(&'a dyn Sql) -> BoxFuture<'a, ()>;

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs `future` with no runtime at all: whatever waits must have been woken by what ran before.
fn block_on<F: Future>(future: F) -> F::Output {
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        assert!(woken.0.swap(false, Ordering::SeqCst), "everybody waits and nobody will wake");
    }
}

/// A database file that is removed before and after.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let file = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.sqlite")));
        file.remove();
        file
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

fn in_file(name: &str, case: Case) {
    let file = File::new(name);
    let sql = SqliteSql::open(&file.0, &Options::default()).unwrap();
    block_on(case(&sql));
}

fn in_memory(_name: &str, case: Case) {
    block_on(case(&SqliteSql::memory().unwrap()));
}

mod file {
    crate::cases::one_transaction!(super::in_file);
    crate::cases::two_transactions!(super::in_file);
}

mod memory {
    crate::cases::one_transaction!(super::in_memory);
}

static PUT: Stmt =
    Stmt { name: "put", sql: "INSERT INTO t (n) VALUES ($1)", args: &[Kind::Int], cols: &[] };
static SUM: Stmt = Stmt { name: "sum", sql: "SELECT sum(n) FROM t", args: &[], cols: &[Kind::Int] };

async fn table(sql: &dyn Sql) {
    let mut tx = sql.begin(TxMode::Write).await.unwrap();
    tx.script("CREATE TABLE t (n INTEGER) STRICT;").await.unwrap();
    tx.commit().await.unwrap();
}

async fn put(sql: &dyn Sql, n: i64) {
    let mut tx = sql.begin(TxMode::Write).await.unwrap();
    tx.run(&PUT, &[n.into()]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sum(sql: &dyn Sql) -> i64 {
    let mut tx = sql.begin(TxMode::Read).await.unwrap();
    tx.run(&SUM, &[]).await.unwrap()[0].int(0).unwrap()
}

#[test]
fn another_process_holding_the_file_means_retry() {
    let file = File::new("another_process");
    let options = Options { busy_timeout: Duration::ZERO, ..Options::default() };
    let ours = SqliteSql::open(&file.0, &options).unwrap();
    let theirs = SqliteSql::open(&file.0, &options).unwrap();
    block_on(async {
        table(&ours).await;
        let held = theirs.begin(TxMode::Write).await.unwrap();
        let got = ours.begin(TxMode::Write).await.err();
        assert!(matches!(got, Some(SqlFailure::Retry(_))), "{got:?}");
        ours.begin(TxMode::Read).await.unwrap();
        drop(held);
        put(&ours, 1).await;
        assert_eq!(sum(&theirs).await, 1);
    });
}

#[test]
fn committed_rows_are_there_after_reopening() {
    let file = File::new("reopening");
    let options = Options { synchronous: Synchronous::Normal, ..Options::default() };
    block_on(async {
        let sql = SqliteSql::open(&file.0, &options).unwrap();
        table(&sql).await;
        put(&sql, 42).await;
        let mut open = sql.begin(TxMode::Write).await.unwrap();
        open.run(&PUT, &[1.into()]).await.unwrap();
        drop(open);
        drop(sql);
        let sql = SqliteSql::open(&file.0, &options).unwrap();
        assert_eq!(sum(&sql).await, 42);
    });
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let missing = folder.join("no such folder").join("tieout.sqlite");
    let Err(SqlFailure::Unavailable(text)) = SqliteSql::open(&missing, &Options::default()) else {
        panic!("a missing folder is not made")
    };
    assert!(text.contains("no such folder"), "{text}");

    let file = File::new("no_database");
    std::fs::write(&file.0, "this is a text file, not a database, and long enough to tell\n")
        .unwrap();
    let got = SqliteSql::open(&file.0, &Options::default()).err();
    assert!(matches!(got, Some(SqlFailure::Unavailable(_))), "{got:?}");

    let got = SqliteSql::open(":memory:", &Options::default()).err();
    assert!(matches!(got, Some(SqlFailure::Bug(_))), "{got:?}");
}

#[test]
fn a_script_that_ends_the_transaction_is_a_bug() {
    let sql = SqliteSql::memory().unwrap();
    block_on(async {
        let mut tx = sql.begin(TxMode::Write).await.unwrap();
        let got = tx.script("CREATE TABLE t (n INTEGER) STRICT; COMMIT;").await;
        assert!(matches!(got, Err(SqlFailure::Bug(_))), "{got:?}");
        tx.commit().await.unwrap_err();
    });
}

#[test]
fn a_cancelled_wait_for_the_writer_passes_the_turn_on() {
    let sql = SqliteSql::memory().unwrap();
    block_on(async {
        table(&sql).await;
        let held = sql.begin(TxMode::Write).await.unwrap();
        let mut waiting = sql.begin(TxMode::Write);
        let poll = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
        drop(waiting);
        drop(held);
        put(&sql, 1).await;
        assert_eq!(sum(&sql).await, 1);
    });
}

#[test]
fn the_settings_that_keep_rows_safe_are_on() {
    static SETTINGS: [(Stmt, i64); 3] = [
        (stmt("PRAGMA foreign_keys"), 1),
        (stmt("PRAGMA recursive_triggers"), 1),
        (stmt("PRAGMA synchronous"), 2),
    ];
    const fn stmt(sql: &'static str) -> Stmt {
        Stmt { name: sql, sql, args: &[], cols: &[Kind::Int] }
    }
    let file = File::new("settings");
    let sql = SqliteSql::open(&file.0, &Options::default()).unwrap();
    block_on(async {
        let mut tx = sql.begin(TxMode::Write).await.unwrap();
        for (stmt, want) in &SETTINGS {
            let rows = tx.run(stmt, &[]).await.unwrap();
            assert_eq!(rows[0].int(0).unwrap(), *want, "{}", stmt.name);
        }
    });
}

/// The log goes into the file while the writer stays busy, and never grows without bound.
#[test]
fn the_log_is_moved_beside_the_writer() {
    static FILL: Stmt = Stmt {
        name: "fill",
        sql: "INSERT INTO t (n) WITH RECURSIVE c(n) AS \
              (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 500000) SELECT n FROM c",
        args: &[],
        cols: &[],
    };
    const BOUND: u64 = 160 * 1024 * 1024;
    let file = File::new("log");
    let size = |suffix: &str| {
        let mut name = file.0.clone().into_os_string();
        name.push(suffix);
        std::fs::metadata(name).map_or(0, |m| m.len())
    };
    let options = Options { synchronous: Synchronous::Normal, ..Options::default() };
    let sql = SqliteSql::open(&file.0, &options).unwrap();
    block_on(async {
        table(&sql).await;
        let mut moved_early = false;
        for _ in 0..40 {
            let mut tx = sql.begin(TxMode::Write).await.unwrap();
            tx.run(&FILL, &[]).await.unwrap();
            tx.commit().await.unwrap();
            assert!(size("-wal") < BOUND, "the log is {} bytes long", size("-wal"));
            moved_early |= size("-wal") < BOUND / 2 && size("") > 8 * 1024 * 1024;
        }
        assert!(moved_early, "nothing was moved before the writer had to");
    });
    drop(sql);
    assert_eq!(size("-wal"), 0, "closing moves everything");
}
