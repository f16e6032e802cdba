//! The bytes of a file: gzip is undone, a byte order mark is taken off.

use super::mapping::Encoding;
use flate2::read::MultiGzDecoder;
use std::io::{self, Chain, Cursor, Read};

/// A file as it may come: plain, or gzip of one or many members.
#[derive(Debug)]
pub(super) enum Input<R> {
    Plain(Unread<R>),
    Gzip(Box<MultiGzDecoder<Unread<R>>>),
}

type Unread<R> = Chain<Cursor<Vec<u8>>, R>;

impl<R: Read> Input<R> {
    /// Looks at the first bytes and puts them back.
    pub(super) fn open(mut bytes: R) -> io::Result<Self> {
        let head = first(&mut bytes, 2)?;
        let gzip = head == [0x1f, 0x8b];
        let whole = Cursor::new(head).chain(bytes);
        Ok(if gzip { Self::Gzip(Box::new(MultiGzDecoder::new(whole))) } else { Self::Plain(whole) })
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(r) => r.read(buf),
            Self::Gzip(r) => r.read(buf),
        }
    }
}

/// What the first bytes of the text say about its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// No mark, or the one of the declared encoding; this many bytes to skip.
    Skip(usize),
    /// The mark of another encoding than the declared one.
    Other(&'static str),
}

/// Judges a byte order mark.
pub(super) fn mark(head: &[u8], declared: Encoding) -> Mark {
    match head {
        [0xef, 0xbb, 0xbf, ..] if declared == Encoding::Utf8 => Mark::Skip(3),
        [0xef, 0xbb, 0xbf, ..] => Mark::Other("UTF-8"),
        [0xfe, 0xff, ..] => Mark::Other("UTF-16 (big endian)"),
        [0xff, 0xfe, ..] => Mark::Other("UTF-16 (little endian)"),
        _ => Mark::Skip(0),
    }
}

/// Up to `n` bytes; fewer only at the end.
fn first(bytes: &mut impl Read, n: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(n);
    bytes.take(n as u64).read_to_end(&mut head)?;
    Ok(head)
}
