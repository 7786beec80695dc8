//! In which encoding a text is, and reading it as Unicode.

use super::ImportError;
use super::source::Input;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are looked at together.
const PART: usize = 64 << 10;
/// Bytes that a guess is made of, from the first letter beyond ASCII on.
const MOST_GUESSED: usize = 4 << 20;
/// A text is in UTF-8 with some mistakes if it has so many right letters beyond ASCII for each wrong one.
const RIGHT_FOR_WRONG: usize = 20;

/// Reads a text as UTF-8, without a byte order mark.
pub fn reader(input: &Input, encoding: &'static Encoding) -> Result<DecodeReaderBytes<File, Vec<u8>>, ImportError> {
    let file = input.open()?;
    Ok(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).strip_bom(true).bom_override(true).build(file))
}

/// The encoding of a text: what its byte order mark says, UTF-8 if it can be that, what it looks like otherwise.
///
/// # Errors
/// The file cannot be read.
pub fn of(input: &Input) -> Result<&'static Encoding, ImportError> {
    guess(input.open()?).map_err(|error| ImportError(format!("The file cannot be read: {error}.")))
}

/// As [`of`], of any bytes.
pub fn guess(mut source: impl Read) -> io::Result<&'static Encoding> {
    let mut looked = Looked::default();
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut part = vec![0; PART];
    let (mut guessed, mut is_first) = (0, true);
    loop {
        let length = fill(&mut source, &mut part)?;
        let bytes = part.get(..length).unwrap_or_default();
        if is_first && let Some(encoding) = by_beginning(bytes) {
            return Ok(encoding);
        }
        is_first = false;
        looked.look(bytes, length < PART);
        if guessed < MOST_GUESSED && (guessed > 0 || !bytes.is_ascii()) {
            detector.feed(bytes, false);
            guessed += length;
        }
        if length < PART {
            break;
        }
    }
    if looked.wrong * RIGHT_FOR_WRONG <= looked.right {
        return Ok(UTF_8);
    }
    detector.feed(&[], true);
    Ok(detector.guess(None, Utf8Detection::Deny))
}

/// Reads until a part is full, or there is no more.
fn fill(source: &mut impl Read, part: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = part.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// What a byte order mark says, or the zeros of UTF-16 without one.
fn by_beginning(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    let begin = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let zeros = |first: usize| begin.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    // Of letters of the West every other byte is a zero.
    let many = (begin.len() / 2).saturating_mul(2) / 5;
    match (zeros(0), zeros(1)) {
        _ if begin.len() < 4 => None,
        (even, odd) if odd > many && even < odd / 10 + 1 => Some(UTF_16LE),
        (even, odd) if even > many && odd < even / 10 + 1 => Some(UTF_16BE),
        _ => None,
    }
}

/// A text in which something must end after so many bytes.
pub struct Limited<R> {
    source: R,
    most: u64,
    complaint: &'static str,
    since: Arc<AtomicU64>,
}

impl<R: Read> Limited<R> {
    /// Limits a text. The number counts bytes, and is set back to 0 by whoever sees an end.
    pub fn new(source: R, most: u64, complaint: &'static str) -> (Limited<R>, Arc<AtomicU64>) {
        let since = Arc::<AtomicU64>::default();
        (Limited { source, most, complaint, since: since.clone() }, since)
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(bytes)?;
        match self.since.fetch_add(length as u64, Ordering::Relaxed) > self.most {
            true => Err(io::Error::other(self.complaint)),
            false => Ok(length),
        }
    }
}

/// How far a text can be UTF-8.
#[derive(Default)]
struct Looked {
    /// The beginning of a letter at the end of the last part.
    begun: Vec<u8>,
    /// Letters beyond ASCII.
    right: usize,
    /// What is none.
    wrong: usize,
}

impl Looked {
    fn look(&mut self, bytes: &[u8], is_last: bool) {
        let joined;
        let mut rest = bytes;
        if !self.begun.is_empty() {
            joined = [std::mem::take(&mut self.begun).as_slice(), bytes].concat();
            rest = &joined;
        }
        loop {
            let beyond = |bytes: &[u8]| bytes.iter().filter(|byte| **byte >= 0xc0).count();
            match std::str::from_utf8(rest) {
                Ok(_) => {
                    self.right += beyond(rest);
                    return;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    self.right += beyond(valid);
                    match error.error_len() {
                        Some(length) => {
                            self.wrong += 1;
                            rest = after.get(length..).unwrap_or_default();
                        }
                        None => {
                            if is_last {
                                self.wrong += 1;
                            } else {
                                self.begun = after.to_vec();
                            }
                            return;
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;

    fn of(bytes: &[u8]) -> &'static Encoding {
        guess(bytes).unwrap()
    }

    #[test]
    fn encodings_are_told() {
        assert_eq!(of(b"name,lat\na,1\n"), UTF_8);
        assert_eq!(of("Hôtel\n".as_bytes()), UTF_8);
        assert_eq!(of(b"nom\nH\xf4tel de Ville, Al\xe8s, Espa\xf1a, S\xe3o Jo\xe3o, fa\xe7ade\n"), WINDOWS_1252);
        // Where several would do, the letters are the same.
        let prices = b"price\n\x80 5 \x96 10\n caf\xe9\n";
        assert_eq!(of(prices).decode(prices).0, "price\n€ 5 – 10\n café\n");
        assert_eq!(of(b"\xef\xbb\xbfa\xff"), UTF_8);
        let wide = |order: fn(u16) -> [u8; 2]| "nom,lat\nHôtel,1\n".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        assert_eq!(of(&wide(u16::to_le_bytes)), UTF_16LE);
        assert_eq!(of(&wide(u16::to_be_bytes)), UTF_16BE);
        assert_eq!(of(&[&b"\xff\xfe"[..], &wide(u16::to_le_bytes)].concat()), UTF_16LE);
        assert_eq!(of(b""), UTF_8);
    }

    #[test]
    fn what_must_end_is_limited() {
        let (mut limited, since) = Limited::new(io::repeat(b'x'), 1000, "a line does not end");
        let mut part = [0; 600];
        assert!(limited.read_exact(&mut part).is_ok());
        since.store(0, Ordering::Relaxed);
        assert!(limited.read_exact(&mut part).is_ok());
        assert!(
            (0..3)
                .any(|_| limited.read_exact(&mut part).is_err_and(|error| error.to_string() == "a line does not end"))
        );
    }

    #[test]
    fn one_wrong_byte_makes_no_other_encoding() {
        let text = format!("{}\u{e9}", "é".repeat(100));
        let mut bytes = text.into_bytes();
        bytes.push(0xff);
        assert_eq!(of(&bytes), UTF_8);
        // A letter at the border of two parts.
        let bytes = [vec![b'a'; PART - 1], "é".as_bytes().to_vec()].concat();
        assert_eq!(of(&bytes), UTF_8);
    }
}
