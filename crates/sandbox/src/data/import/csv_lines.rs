//! On which lines the records of a CSV begin, as editors count them, and which quotes are not closed.

use std::collections::VecDeque;
use std::io::{self, Read};

/// Where a reader of CSV is: the states that decide what ends a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a record; blank lines are passed over.
    Record,
    /// Before a value.
    Value,
    Plain,
    Quoted,
    /// Behind a quote within quotes: the end of the value, or the first of two that mean one.
    QuoteInQuotes,
}

/// Where a record or a quote begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The number of its line.
    pub line: u64,
    /// Bytes before it.
    pub byte: u64,
}

/// Passes bytes on, and notes where records begin. Lines end with LF, CR or both.
pub struct CsvLines<R> {
    source: R,
    delimiter: u8,
    has_quotes: bool,
    at: Start,
    state: State,
    /// Whether the last byte was a CR, whose LF makes no line of its own.
    is_after_return: bool,
    /// Where records begin, and the line of a quote in them that was not closed where it should be.
    starts: VecDeque<(Start, Option<u64>)>,
    quote: Start,
    is_at_end: bool,
}

impl<R: Read> CsvLines<R> {
    /// Reads from the beginning of a record. Without quotes, they are letters like others.
    pub fn new(source: R, delimiter: u8, has_quotes: bool, at: Start) -> CsvLines<R> {
        CsvLines {
            source,
            delimiter,
            has_quotes,
            at,
            state: State::Record,
            is_after_return: false,
            starts: VecDeque::new(),
            quote: at,
            is_at_end: false,
        }
    }

    /// Where the next record begins, and the line of a quote in it that ends only where another value begins.
    pub fn next_start(&mut self) -> Option<(Start, Option<u64>)> {
        self.starts.pop_front()
    }

    /// The quote within which the bytes end that were read so far.
    pub fn open_quote(&self) -> Option<Start> {
        (self.state == State::Quoted).then_some(self.quote)
    }

    /// The quote that is open at the end of the file, if no record begins behind those that were asked for.
    pub fn quote_at_end(&self) -> Option<Start> {
        self.open_quote().filter(|_| self.is_at_end && self.starts.is_empty())
    }

    fn look(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends_line = match byte {
                b'\r' => true,
                b'\n' => !self.is_after_return,
                _ => false,
            };
            let is_end = matches!(byte, b'\r' | b'\n');
            let is_delimiter = *byte == self.delimiter;
            if self.state == State::Record && !is_end {
                self.starts.push_back((self.at, None));
                self.state = State::Value;
            }
            // Text behind a quote that is lines away from the one before it: that one was never closed.
            let is_text = !is_end && !is_delimiter && !matches!(byte, b'"' | b' ' | b'\t');
            if self.state == State::QuoteInQuotes
                && is_text
                && self.quote.line < self.at.line
                && let Some((_, stray)) = self.starts.back_mut()
            {
                stray.get_or_insert(self.quote.line);
            }
            self.state = match self.state {
                State::Record => State::Record,
                State::Value if *byte == b'"' && self.has_quotes => {
                    self.quote = self.at;
                    State::Quoted
                }
                State::Quoted if *byte == b'"' => State::QuoteInQuotes,
                State::Quoted => State::Quoted,
                State::QuoteInQuotes if *byte == b'"' => State::Quoted,
                State::Value | State::Plain | State::QuoteInQuotes if is_delimiter => State::Value,
                State::Value | State::Plain | State::QuoteInQuotes if is_end => State::Record,
                State::Value | State::Plain | State::QuoteInQuotes => State::Plain,
            };
            self.is_after_return = *byte == b'\r';
            self.at.line += u64::from(ends_line);
            self.at.byte += 1;
        }
    }
}

impl<R: Read> Read for CsvLines<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(bytes)?;
        self.is_at_end = length == 0;
        self.look(bytes.get(..length).unwrap_or_default());
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Vec<u64>, Option<u64>) {
        let mut lines = CsvLines::new(text.as_bytes(), b',', true, Start { line: 1, byte: 0 });
        io::copy(&mut lines, &mut io::sink()).unwrap();
        let open = lines.quote_at_end().or(lines.open_quote()).map(|quote| quote.line);
        (std::iter::from_fn(|| lines.next_start()).map(|(start, _)| start.line).collect(), open)
    }

    #[test]
    fn lines_are_those_of_editors() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["a,b", "\"x", "y\"\"\",1", "", "z\"z,2", ""].join(end);
            assert_eq!(of(&text), (vec![1, 2, 5], None), "{end:?}");
        }
        assert_eq!(of("a\n\"b\"c\"\n\"d,\n\n"), (vec![1, 2, 3], Some(3)));
        assert_eq!(of(""), (Vec::new(), None));
    }

    #[test]
    fn quotes_that_are_not_closed_are_found() {
        let of = |text: &str| {
            let mut lines = CsvLines::new(text.as_bytes(), b',', true, Start { line: 1, byte: 0 });
            io::copy(&mut lines, &mut io::sink()).unwrap();
            std::iter::from_fn(|| lines.next_start()).map(|(_, stray)| stray).collect::<Vec<_>>()
        };
        assert_eq!(of("a\n\"b,1\n\"c\",2\nd\n"), [None, Some(2), None]);
        assert_eq!(of("\"a\nb\" ,1\n\"c\"d,\"e\nf\"\n"), [None, None]);
    }

    #[test]
    fn records_are_those_of_the_reader() {
        // All texts of these letters up to a length: both must see as many records.
        let letters = [b'a', b',', b'"', b'\r', b'\n'];
        for length in 0..7_u32 {
            for number in 0..letters.len().pow(length) {
                let digit = |place: u32| letters[number / letters.len().pow(place) % letters.len()];
                let text: Vec<u8> = (0..length).map(digit).collect();
                let lines = CsvLines::new(text.as_slice(), b',', true, Start { line: 1, byte: 0 });
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(lines);
                let mut record = csv::ByteRecord::new();
                while reader.read_byte_record(&mut record).unwrap() {
                    assert!(reader.get_mut().next_start().is_some(), "{text:?}");
                }
                assert!(reader.get_mut().next_start().is_none(), "{text:?}");
            }
        }
    }
}
