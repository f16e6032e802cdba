//! The finite tape from which a run draws everything that is left to chance.
//!
//! A seed fills it, a file replays it, and minimising cuts it and writes zeros over it. Zero is the
//! quiet choice everywhere: no fault, the first of several, the shortest wait. After the end all is
//! zero, so a cut tape is a run in which from then on nothing more goes wrong.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::fmt::Write as _;

/// Longest tape, bytes; a run of fifty orders reads some tens of thousands.
pub const BYTES_MAX: usize = 4 << 20;
/// Bytes made at once.
const BLOCK: usize = 1_024;
/// Bytes on a line of a file.
const LINE: usize = 32;

/// Bytes, and how far they were read.
pub struct Tape {
    bytes: Vec<u8>,
    at: usize,
    /// What makes further bytes; none for a tape from a file.
    more: Option<ChaCha8Rng>,
}

impl Tape {
    /// The tape of `seed`: as long as the run reads it, up to [`BYTES_MAX`].
    pub fn of_seed(seed: u64) -> Self {
        Self { bytes: Vec::new(), at: 0, more: Some(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// A tape of these bytes and no more.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0, more: None }
    }

    /// The next `n` bytes, at most eight, as a number.
    pub fn number(&mut self, n: usize) -> u64 {
        let end = self.at + n;
        if end > self.bytes.len() {
            self.extend();
        }
        let mut word = [0; 8];
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        for (to, from) in word.iter_mut().zip(rest.iter().take(n)) {
            *to = *from;
        }
        self.at = end;
        u64::from_le_bytes(word)
    }

    fn extend(&mut self) {
        let Some(more) = &mut self.more else { return };
        let mut block = [0; BLOCK];
        more.fill_bytes(&mut block);
        self.bytes.extend_from_slice(&block);
        if self.bytes.len() >= BYTES_MAX {
            self.more = None;
        }
    }

    /// What was read so far.
    pub fn read(&self) -> &[u8] {
        &self.bytes[..self.at.min(self.bytes.len())]
    }
}

/// A tape as text: 32 bytes a line in hexadecimal, long stretches of zeros as `0*N`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut zeros = 0;
    for line in bytes.chunks(LINE) {
        if line.iter().all(|b| *b == 0) {
            zeros += line.len();
            continue;
        }
        end_zeros(&mut text, &mut zeros);
        for byte in line {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    end_zeros(&mut text, &mut zeros);
    text
}

fn end_zeros(text: &mut String, zeros: &mut usize) {
    if *zeros > 0 {
        let _ = writeln!(text, "0*{zeros}");
        *zeros = 0;
    }
}

/// Reads what [`encode`] wrote; lines that begin with `#` are remarks.
///
/// # Errors
/// A line that is neither, by its number.
pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = || format!("line {}: neither bytes in hexadecimal nor `0*N`", n + 1);
        if let Some(count) = line.strip_prefix("0*") {
            let count: usize = count.parse().map_err(|_| wrong())?;
            if count > BYTES_MAX {
                return Err(wrong());
            }
            bytes.resize(bytes.len() + count, 0);
            continue;
        }
        for at in (0..line.len()).step_by(2) {
            let pair = line.get(at..at + 2).ok_or_else(wrong)?;
            bytes.push(u8::from_str_radix(pair, 16).map_err(|_| wrong())?);
        }
    }
    if bytes.len() > BYTES_MAX {
        return Err(format!("a tape has at most {BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_that_was_read_replays_and_then_gives_zeros() {
        let mut seeded = Tape::of_seed(7);
        let drawn: Vec<u64> = (0..2_000).map(|n| seeded.number(1 + n % 8)).collect();
        assert!(drawn.iter().any(|n| *n > u64::from(u32::MAX)));
        let mut again = Tape::of_bytes(seeded.read().to_vec());
        let replayed: Vec<u64> = (0..2_000).map(|n| again.number(1 + n % 8)).collect();
        assert_eq!(drawn, replayed);
        assert_eq!((again.number(8), again.number(2)), (0, 0));
        assert_eq!(again.read(), seeded.read());
    }

    #[test]
    fn text_and_bytes_are_the_same_tape() {
        let mut bytes = Tape::of_seed(1);
        let _ = (0..100).map(|_| bytes.number(8)).collect::<Vec<_>>();
        let mut bytes = bytes.read().to_vec();
        bytes[100..500].fill(0);
        bytes.push(9);
        let text = encode(&bytes);
        assert!(text.contains("\n0*"), "{text}");
        assert_eq!(decode(&format!("# remark\n\n{text}")), Ok(bytes));
        assert!(decode("xy").is_err() && decode("abc").is_err() && decode("0*9999999999").is_err());
    }
}
