//! Spreadsheets: XLSX and ODS, one sheet of them.

use super::archive;
use super::grid::{Cells, Grid, Lines, MOST_COLUMNS};
use super::ods;
use super::source::{Input, Layer, Opened};
use super::{ImportError, ImportOptions};
use calamine::{DataRef, Reader, Xlsx};
use std::fs::File;
use std::io::BufReader;

/// Opens the sheet of the name, or the first one that has something in it.
///
/// # Errors
/// It cannot be read, has too much in it, or has no such sheet.
pub fn open(input: &Input, ending: &str, options: &ImportOptions) -> Result<Opened, ImportError> {
    archive::check(input)?;
    // The sheets are read from the file by themselves.
    let open = || input.open().map(Input::Unpacked);
    let is_ods = ending == "ods";
    let sheets = if is_ods { ods::sheets(input)? } else { workbook(input)?.sheet_names() };
    let names = sheets.join(", ");
    let grid = |index: usize, name: &str| -> Result<Layer, ImportError> {
        let (name, is_part) = (Some(name.to_owned()).filter(|_| options.layer.is_some()), true);
        Ok(if is_ods {
            let source = Grid::open(ods::Sheet { input: open()?, index }, false)?;
            Layer { name, is_part, source: Box::new(source) }
        } else {
            let sheet = sheets.get(index).cloned().unwrap_or_default();
            let source = Grid::open(Sheet { input: open()?, sheet }, false)?;
            Layer { name, is_part, source: Box::new(source) }
        })
    };
    if let Some(wanted) = &options.layer {
        let index = sheets.iter().position(|name| name == wanted);
        let index = index.ok_or_else(|| ImportError(format!("The spreadsheet has no sheet {wanted}: {names}.")))?;
        return Ok(vec![grid(index, wanted)?].into());
    }
    let mut failed = ImportError("The spreadsheet is empty.".into());
    for (index, name) in sheets.iter().enumerate() {
        match grid(index, name) {
            Ok(layer) => {
                let others = sheets.len() > 1;
                let note = || format!("Of several sheets {name} is imported; --layer NAME takes another one: {names}.");
                return Ok(Opened { layers: vec![layer], notes: others.then(note).into_iter().collect() });
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn workbook(input: &Input) -> Result<Xlsx<BufReader<File>>, ImportError> {
    Xlsx::new(BufReader::new(input.open()?)).map_err(|error| broken(&error))
}

/// What a spreadsheet that cannot be read says.
pub fn broken(error: &dyn std::fmt::Display) -> ImportError {
    ImportError(format!("The spreadsheet cannot be read: {error}."))
}

/// A sheet of an XLSX.
struct Sheet {
    input: Input,
    sheet: String,
}

impl Lines for Sheet {
    const UNIT: &'static str = "Row";
    const IS_EVEN: bool = false;

    fn each(&mut self, each: &mut dyn FnMut(u64, Cells) -> Result<bool, ImportError>) -> Result<(), ImportError> {
        let mut workbook = workbook(&self.input)?;
        let mut reader = workbook.worksheet_cells_reader(&self.sheet).map_err(|error| broken(&error))?;
        let mut row: Cells = Vec::new();
        let mut number = 0;
        while let Some(cell) = reader.next_cell().map_err(|error| broken(&error))? {
            let (at, column) = cell.get_position();
            let (at, column) = (u64::from(at) + 1, column as usize);
            if at != number {
                if !row.is_empty() && !each(number, std::mem::take(&mut row))? {
                    return Ok(());
                }
                number = at;
            }
            let Some(text) = text(cell.get_value()) else { continue };
            if column > MOST_COLUMNS {
                continue;
            }
            if row.len() <= column {
                row.resize(column + 1, None);
            }
            if let Some(place) = row.get_mut(column) {
                *place = Some(text);
            }
        }
        if !row.is_empty() {
            each(number, row)?;
        }
        Ok(())
    }
}

fn text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number)?,
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => {
            let (year, month, day, hours, minutes, seconds, _) = moment.to_ymd_hms_milli();
            // Days are counted; what is less than one is a time of day.
            if moment.as_f64().abs() < 1.0 || moment.is_duration() {
                let seconds = (moment.as_f64() * 86_400.0).round() as i64;
                format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
            } else if (hours, minutes, seconds) == (0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}")
            }
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A number as it is shown: whole ones have no point.
pub fn number_text(number: f64) -> Option<String> {
    number.is_finite().then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::source::rows_of;
    use super::super::source::{Place, Row};
    use super::*;
    use std::io::{Cursor, Write};

    /// A workbook with the sheets that are given as XML of their rows.
    fn zipped(sheets: &[(&str, &str)]) -> Input {
        let file = tempfile::tempfile().unwrap();
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let mut add = |name: &str, text: &str| {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        };
        let listed: String = (1..)
            .zip(sheets)
            .map(|(n, (name, _))| format!("<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"r{n}\"/>"))
            .collect();
        add(
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{listed}</sheets></workbook>"
            ),
        );
        add(
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r0\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
        );
        let related: String = (1..=sheets.len()).map(|n| format!("<Relationship Id=\"r{n}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>")).collect();
        add(
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{related}</Relationships>"
            ),
        );
        add(
            "xl/styles.xml",
            "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
        );
        for (n, (_, rows)) in (1..).zip(sheets) {
            add(
                &format!("xl/worksheets/sheet{n}.xml"),
                &format!(
                    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
                ),
            );
        }
        let mut input = file;
        input.write_all(&archive.finish().unwrap().into_inner()).unwrap();
        Input::Unpacked(input)
    }

    fn rows(mut opened: Opened) -> (Vec<String>, Vec<Row>) {
        let mut layer = opened.layers.remove(0);
        let rows = rows_of(&mut *layer.source).unwrap();
        (layer.source.columns().into_iter().map(|column| column.name).collect(), rows)
    }

    #[test]
    fn sheets_are_tables() {
        let text = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
        let names = format!(
            "<row r=\"3\">{}{}{}{}</row>",
            text("A3", "name"),
            text("B3", "lat"),
            text("C3", "lon"),
            text("D3", "since")
        );
        let data = format!(
            "<row r=\"4\">{}<c r=\"B4\"><v>63.41</v></c><c r=\"C4\"><v>-19</v></c><c r=\"D4\" s=\"1\"><v>43832</v></c></row>",
            text("A4", "V\u{ed}k")
        );
        let short = format!("<row r=\"6\">{}</row>", text("A6", "Nowhere"));
        let title = format!("<row r=\"1\">{}</row>", text("A1", "A report"));
        let sheet = format!("{title}{names}{data}{short}");
        let input = zipped(&[("Empty", ""), ("Places", &sheet)]);
        let opened = open(&input, "xlsx", &ImportOptions::default()).unwrap();
        assert!(opened.notes.first().is_some_and(|note| note.contains("Places is imported")), "{:?}", opened.notes);
        let (columns, found) = rows(opened);
        assert_eq!(columns, ["name", "lat", "lon", "since"]);
        let [first, second] = found.as_slice() else { panic!("two rows") };
        assert!(matches!(first.place, Place::At(..)) && second.place == Place::None && second.note.is_none());
        let values: Vec<Option<&str>> = first.values.iter().map(Option::as_deref).collect();
        assert_eq!(values, [Some("V\u{ed}k"), Some("63.41"), Some("-19"), Some("2020-01-02")]);
        assert_eq!((first.number, second.number), (4, 6));
        let options = ImportOptions { layer: Some("Nope".into()), ..ImportOptions::default() };
        assert!(open(&input, "xlsx", &options).is_err_and(|error| error.0.contains("no sheet Nope: Empty, Places")));
    }

    #[test]
    fn what_is_no_spreadsheet_is_refused() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"no").unwrap();
        let input = Input::Unpacked(file);
        assert!(
            open(&input, "xlsx", &ImportOptions::default()).is_err()
                && open(&input, "ods", &ImportOptions::default()).is_err()
        );
    }
}
