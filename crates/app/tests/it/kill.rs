//! SIGKILL at random moments of an import.

use crate::support::{Folder, MAPPING, now, sales, text};
use std::process::Stdio;
use std::time::Duration;

const INVOICES: u32 = 400;
const KILLS: u64 = 20;

struct Run {
    folder: Folder,
    mapping: String,
    file: String,
}

impl Run {
    fn new(name: &str) -> Self {
        let folder = Folder::with_books(name);
        let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
        let file = folder.write("sales.csv", sales(INVOICES).as_bytes());
        Self { folder, mapping, file }
    }

    fn args(&self) -> [&str; 4] {
        ["import", &self.file, "--mapping", &self.mapping]
    }

    /// Imports to the end.
    fn import(&self) {
        let out = self.folder.run(&self.args());
        assert!(out.status.success(), "{}", text(&out));
    }

    /// The statement, byte for byte, once ledger and audit log agree with it.
    fn statement(&self) -> String {
        let out = self.folder.run(&["statement", "--check-ledger"]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out));
        let audit = self.folder.run(&["audit", "verify"]);
        assert_eq!(audit.status.code(), Some(0), "{}", text(&audit));
        text(&out)
    }
}

#[test]
fn killed_at_twenty_moments_the_statement_is_byte_for_byte_the_same() {
    let calm = Run::new("calm");
    let start = now();
    calm.import();
    // Each stretch survives its kill, so five of them fit in one import.
    let stretch_us = u64::try_from(start.elapsed().as_micros()).unwrap() / 4;
    let expected = calm.statement();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut killed = 0;
    // Kills spread over several books, so that early and late moments all occur.
    for books in 0..4 {
        let run = Run::new(&format!("killed-{books}"));
        for _ in 0..KILLS / 4 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = Duration::from_micros(random % stretch_us);
            let mut child = run
                .folder
                .command(&run.args())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::park_timeout(at);
            killed += u64::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        run.import();
        assert_eq!(run.statement(), expected, "books {books}");
    }
    assert!(killed >= KILLS / 2, "only {killed} of {KILLS} were still running");
}
