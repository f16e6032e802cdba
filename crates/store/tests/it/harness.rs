//! The two engines and one macro that runs a case on both.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use ports::{Sql, SqlTx, TxMode};
use sql_postgres::PostgresSql;
use sql_sqlite::SqliteSql;
use store::Store;

const VARIABLE: &str = "TIEOUT_TEST_POSTGRES";
const DEFAULT: &str = "postgres://postgres@127.0.0.1:5432/test";

/// Declares each `async fn case(store: &Store)` as a test on both engines. With `raw` the database
/// is empty, else the schema is there.
macro_rules! on_both {
    (raw: $($case:ident),* $(,)?) => {
        mod sqlite { $(#[test] fn $case() { crate::harness::on_sqlite(super::$case); })* }
        mod postgres { $(#[test] fn $case() { crate::harness::on_postgres(super::$case); })* }
    };
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() {
                crate::harness::on_sqlite(async |store| {
                    store::migrate::run(store).await.unwrap();
                    super::$case(store).await;
                });
            })*
        }
        mod postgres {
            $(#[test] fn $case() {
                crate::harness::on_postgres(async |store| {
                    store::migrate::run(store).await.unwrap();
                    super::$case(store).await;
                });
            })*
        }
    };
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs `test` on an SQLite database in memory.
pub fn on_sqlite(test: impl AsyncFnOnce(&Store)) {
    block_on(test(&Store::new(Arc::new(SqliteSql::memory().unwrap()))));
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
fn configured() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// Whether the server answers. One that was asked for by name must.
fn answers(url: &str) -> bool {
    static ANSWERS: OnceLock<bool> = OnceLock::new();
    *ANSWERS.get_or_init(|| {
        let failure = block_on(PostgresSql::connect(url, None, 1)).err();
        if let Some(failure) = &failure {
            assert!(configured().is_none(), "{VARIABLE} is set, but: {failure}");
        }
        failure.is_none()
    })
}

/// Runs `test` in an empty PostgreSQL schema that is dropped at the end, however that comes.
/// Without a server it prints a line and passes.
pub fn on_postgres(test: impl AsyncFnOnce(&Store)) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let url = configured().unwrap_or_else(|| DEFAULT.to_owned());
    if !answers(&url) {
        println!("skipped: no PostgreSQL at {DEFAULT}; start one or set {VARIABLE}");
        return;
    }
    let schema = format!("store{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    block_on(async {
        // A crashed run of a process with the same number may have left its schema behind.
        drop_schema(&url, &schema).await;
        let sql = PostgresSql::connect(&url, Some(&schema), 4).await.unwrap();
        let store = Store::new(Arc::new(sql));
        let done = AssertUnwindSafe(test(&store)).catch_unwind().await;
        drop(store);
        drop_schema(&url, &schema).await;
        if let Err(panic) = done {
            resume_unwind(panic);
        }
    });
}

async fn drop_schema(url: &str, schema: &str) {
    let sql = PostgresSql::connect(url, None, 1).await.unwrap();
    let mut tx = sql.begin(TxMode::Write).await.unwrap();
    tx.script(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.unwrap();
    tx.commit().await.unwrap();
}

/// Runs a script that is durable at once.
pub async fn script(store: &Store, sql: &str) {
    let mut tx = store.write().await.unwrap();
    tx.script(sql).await.unwrap();
    tx.commit().await.unwrap();
}

/// Runs `work` in a transaction and commits it.
pub async fn commit<T>(store: &Store, work: impl AsyncFnOnce(&mut dyn SqlTx) -> T) -> T {
    let mut tx = store.write().await.unwrap();
    let done = work(tx.as_mut()).await;
    tx.commit().await.unwrap();
    done
}
