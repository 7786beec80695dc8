//! CSV: which encoding and which separator it has, and its lines.

use super::ImportError;
use super::csv_lines::{CsvLines, Start};
use super::encoding::{self, Limited};
use super::grid::{Cells, Grid, Lines};
use super::source::Input;
use encoding_rs::Encoding;
use std::io::{self, Read};
use std::sync::atomic::Ordering;

/// What separates values, the likeliest first.
const DELIMITERS: &[u8] = b",;\t|";
/// Bytes that separators are counted in.
const BEGINNING: usize = 64 << 10;
/// Bytes that one line may have. A quote that is not closed makes one line of the rest of the file.
const LONGEST_LINE: u64 = 64 << 20;

/// Quotes that are not closed and cost one line each; for each of them the file is read anew up to there.
const MOST_OPEN_QUOTES: usize = 10;

/// Opens a table with names in one of its first lines.
///
/// # Errors
/// In one sentence: it cannot be read, or is empty.
pub fn open(input: Input) -> Result<Grid<Csv>, ImportError> {
    let encoding = encoding::of(&input)?;
    let mut begin = Vec::new();
    let mut reader = encoding::reader(&input, encoding)?.take(BEGINNING as u64);
    reader.read_to_end(&mut begin).map_err(|error| broken(&error))?;
    let said = said_delimiter(&begin);
    let delimiter = said.unwrap_or_else(|| delimiter(&begin));
    // A comma cannot be both.
    let has_comma = delimiter != b',';
    Grid::open(Csv { input, encoding, delimiter, is_said: said.is_some(), open_quotes: Vec::new() }, has_comma)
}

fn broken(error: &dyn std::fmt::Display) -> ImportError {
    ImportError(format!("The table cannot be read: {error}."))
}

/// A file of separated values.
pub struct Csv {
    input: Input,
    encoding: &'static Encoding,
    delimiter: u8,
    /// Whether the first line says what separates.
    is_said: bool,
    /// The lines of quotes that are never closed.
    open_quotes: Vec<u64>,
}

impl Csv {
    /// Gives the records from one on up to a line; the first one that is not given, and why not.
    fn read(
        &mut self,
        from: Start,
        has_quotes: bool,
        last_line: u64,
        each: &mut dyn FnMut(u64, Cells) -> Result<bool, ImportError>,
    ) -> Result<Option<Left>, ImportError> {
        let mut text = encoding::reader(&self.input, self.encoding)?;
        io::copy(&mut (&mut text).take(from.byte), &mut io::sink()).map_err(|error| broken(&error))?;
        let (text, since) = Limited::new(text, LONGEST_LINE, "a line does not end");
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .quoting(has_quotes)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BEGINNING)
            .from_reader(CsvLines::new(text, self.delimiter, has_quotes, from));
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    return Err(match reader.get_ref().open_quote() {
                        Some(quote) if error.is_io_error() => ImportError(format!(
                            "Line {}: a quote that begins here is not closed within {} MB.",
                            quote.line,
                            LONGEST_LINE >> 20
                        )),
                        _ => broken(&error),
                    });
                }
            }
            since.store(0, Ordering::Relaxed);
            let (start, stray) = reader.get_mut().next_start().unwrap_or((from, None));
            let open_quote = stray.or_else(|| reader.get_ref().quote_at_end().map(|quote| quote.line));
            if open_quote.is_some() || start.line > last_line {
                return Ok(Some(Left { start, open_quote }));
            }
            if self.is_said && start.byte == 0 {
                continue;
            }
            let cells = record.iter().map(|value| (!value.is_empty()).then(|| value.to_owned())).collect();
            if !each(start.line, cells)? {
                break;
            }
        }
        Ok(None)
    }
}

/// A record that is not given.
struct Left {
    start: Start,
    /// The line of a quote in it that is never closed.
    open_quote: Option<u64>,
}

impl Lines for Csv {
    const UNIT: &'static str = "Line";
    const IS_EVEN: bool = true;

    fn each(&mut self, each: &mut dyn FnMut(u64, Cells) -> Result<bool, ImportError>) -> Result<(), ImportError> {
        self.open_quotes.clear();
        let mut from = Start { line: 1, byte: 0 };
        while let Some(Left { start, open_quote: Some(line) }) = self.read(from, true, u64::MAX, each)? {
            self.open_quotes.push(line);
            // A value that goes on over other rows is none: up to the end of that line, quotes are letters.
            let last_line = if self.open_quotes.len() < MOST_OPEN_QUOTES { line } else { u64::MAX };
            let mut is_enough = false;
            let mut each_line = |line, cells| {
                let goes_on = each(line, cells)?;
                is_enough = !goes_on;
                Ok(goes_on)
            };
            match self.read(start, false, last_line, &mut each_line)? {
                Some(next) if !is_enough => from = next.start,
                _ => break,
            }
        }
        Ok(())
    }

    fn notes(&self) -> Vec<(u64, String)> {
        let note = |(count, line): (usize, &u64)| {
            let where_to = if count + 1 < MOST_OPEN_QUOTES { "in this line" } else { "from here on" };
            let text = format!(
                "Line {line}: a quote that begins here is never closed; {where_to}, quotes are taken for letters."
            );
            (*line, text)
        };
        self.open_quotes.iter().enumerate().map(note).collect()
    }
}

/// What a first line like `sep=;` says, which spreadsheets understand.
fn said_delimiter(begin: &[u8]) -> Option<u8> {
    let line = begin.split(|byte| matches!(byte, b'\r' | b'\n')).next()?.trim_ascii();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" && *delimiter != b'"' => {
            Some(*delimiter)
        }
        // A tabulator at its end was trimmed.
        [s, e, p, b'='] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" => Some(b'\t'),
        _ => None,
    }
}

/// What separates values in the most lines equally often, outside of quotes.
fn delimiter(begin: &[u8]) -> u8 {
    let mut lines: Vec<[u32; 4]> = Vec::new();
    let (mut counts, mut is_quoted, mut is_blank) = ([0; DELIMITERS.len()], false, true);
    for byte in begin {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\r' | b'\n' if !is_quoted => {
                if !is_blank {
                    lines.push(counts);
                }
                (counts, is_blank) = ([0; DELIMITERS.len()], true);
                continue;
            }
            _ if is_quoted => {}
            _ => DELIMITERS.iter().zip(&mut counts).filter(|(known, _)| *known == byte).for_each(|(_, n)| *n += 1),
        }
        is_blank &= byte.is_ascii_whitespace() && *byte != b'\t';
    }
    // The last line may be cut off.
    if !is_blank && (begin.len() < BEGINNING || lines.is_empty()) {
        lines.push(counts);
    }
    let mut best = ((0, 0), b',');
    for (index, known) in DELIMITERS.iter().enumerate() {
        let mut counts: Vec<u32> =
            lines.iter().filter_map(|line| line.get(index).copied()).filter(|n| *n > 0).collect();
        counts.sort_unstable();
        let same =
            counts.chunk_by(|one, other| one == other).map(|same| (same.len(), same.first().copied().unwrap_or(0)));
        let most = same.max().unwrap_or((0, 0));
        if most > best.0 {
            best = (most, *known);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::super::source::rows_of;
    use super::super::source::{Place, Row, Source};
    use super::*;
    use std::io::Write;

    fn of(bytes: &[u8]) -> Result<(Vec<String>, Vec<Row>), String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let mut grid = open(Input::Unpacked(file)).map_err(|error| error.to_string())?;
        let rows = rows_of(&mut grid).map_err(|error| error.to_string())?;
        Ok((grid.columns().into_iter().map(|column| column.name).collect(), rows))
    }

    fn columns(text: &str) -> Vec<String> {
        of(text.as_bytes()).unwrap().0
    }

    #[test]
    fn separators_are_guessed() {
        assert_eq!(columns("a;b,c;d\n1;2;3\n"), ["a", "b,c", "d"]);
        assert_eq!(columns("a\tb\n1\t2\n"), ["a", "b"]);
        assert_eq!(columns("\"a;b;c\",d\n1,2\n"), ["a;b;c", "d"]);
        assert_eq!(columns("a\n1\n"), ["a"]);
        assert_eq!(columns("A title, with a comma\na;b;c\n1,5;2,5;3\n2,5;3,5;4\n"), ["a", "b", "c"]);
        assert_eq!(columns("sep=|\na|b;c\n1|2;3\n"), ["a", "b;c"]);
        assert_eq!(columns("\u{feff}\"sep=;\"\r\na;b\r\n1;2\r\n"), ["a", "b"]);
    }

    #[test]
    fn encodings_are_guessed() {
        let (columns, rows) = of(b"nom,ville\nH\xf4tel,Al\xe8s\n").unwrap();
        assert_eq!(columns, ["nom", "ville"]);
        assert_eq!(rows.first().unwrap().values, [Some("Hôtel".to_owned()), Some("Alès".to_owned())]);
        let wide: Vec<u8> = "\u{feff}nom,lat,lon\nHôtel,1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (columns, rows) = of(&wide).unwrap();
        assert_eq!(columns, ["nom", "lat", "lon"]);
        assert!(matches!(rows.first().unwrap().place, Place::At(..)));
    }

    #[test]
    fn lines_have_the_numbers_of_editors() {
        let (_, rows) = of(b"sep=,\na,b\n\"x\ny\",1\n\nz,2\n").unwrap();
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 6]);
    }

    #[test]
    fn lines_end_in_three_ways() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["sep=;", "name;\"la", "t\";lon", "a;1;2", "", "\"b\";3;4", "c;5;6"].join(end);
            let (columns, rows) = of(text.as_bytes()).unwrap();
            assert_eq!(columns.first().map(String::as_str), Some("name"), "{end:?}");
            let numbers: Vec<(u64, Option<&str>)> =
                rows.iter().map(|row| (row.number, row.values.first().and_then(|value| value.as_deref()))).collect();
            assert_eq!(numbers, [(4, Some("a")), (6, Some("b")), (7, Some("c"))], "{end:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_loses_no_row() {
        for (text, numbers, line) in [
            ("name,lat,lon\n\"b,3,4\nc,5,6\n", vec![2, 3], 2),
            ("name,lat,lon\ra,1,2\r\"b,3,4\r\"c\",5,6", vec![2, 3, 4], 3),
            ("name,lat,lon\n\"a\nb\",\"1,2\nc,3,4\n", vec![2, 3, 4], 3),
            ("name,lat,lon\n\"b,1,2\n\"c\",3,4\n\"d\",5,6", vec![2, 3, 4], 2),
            ("name,\"lat,lon\na,1,2\n", vec![2], 1),
        ] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let mut grid = open(Input::Unpacked(file)).unwrap();
            let rows = rows_of(&mut grid).unwrap();
            assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), numbers, "{text}");
            let notes = grid.notes();
            let [(number, note)] = notes.as_slice() else { panic!("{notes:?}") };
            assert_eq!(*number, line);
            assert!(note.starts_with(&format!("Line {line}: a quote that begins here is never closed")), "{note}");
        }
    }

    #[test]
    fn decimal_commas_are_places() {
        let (_, rows) = of("\u{feff}Nombre;Latitud;Longitud\nA;40,4168;-3,7038\n".as_bytes()).unwrap();
        let place = geo_types::Geometry::Point(geo_types::Point::new(-3.7038, 40.4168));
        assert_eq!(rows.first().unwrap().place, Place::At(place, None));
    }

    #[test]
    fn a_table_has_something_in_it() {
        assert!(of(b"").is_err() && of(b"\n\n").is_err());
    }
}
