//! Prints the JSON Schema of the canonical event; `cargo xtask codegen` keeps it.
use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(kernel::envelope::schema().as_bytes())
}
