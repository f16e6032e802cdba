//! Everything a developer runs.
mod codegen;

fn root() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn main() -> anyhow::Result<()> {
    codegen::run(&root(), std::env::args().any(|a| a == "--check"))
}
