//! Lines per second of a delimited import on one thread:
//! `cargo run --release -p sources --example csv_speed -- MAPPING.toml FILE[.gz]`
//!
//! Measures decompression and import apart: the file is read once to memory first.

use std::io::Read;

/// The wall clock is what this program is about.
#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(mapping), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("give a mapping and a file".into());
    };
    let mapping = sources::csv::Mapping::parse(&std::fs::read_to_string(mapping)?)?;
    let packed = std::fs::read(&file)?;
    let mut plain = Vec::new();
    if packed.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut plain)?;
    } else {
        plain.clone_from(&packed);
    }
    for (what, bytes) in [("as stored", &packed), ("unpacked", &plain)] {
        let began = std::time::Instant::now();
        let mut import = sources::csv::open(&mapping, bytes.as_slice())?;
        let (mut facts, mut faults) = (0, 0);
        for record in import.by_ref() {
            facts += record.normalised.facts.len();
            faults += record.normalised.faults.len();
        }
        let micros = began.elapsed().as_micros().max(1);
        let lines = import.totals().lines;
        let speed = u128::from(lines) * 1_000_000 / micros;
        println!(
            "{what}: {lines} lines, {facts} facts, {faults} faults, {micros} µs, {speed} lines/s"
        );
    }
    Ok(())
}
