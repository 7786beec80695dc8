//! Sheets of an OpenDocument spreadsheet, row by row. Rows and cells that are repeated a million times to fill the sheet
//! with nothing are passed over.

use super::ImportError;
use super::grid::{Cells, Lines, MOST_COLUMNS};
use super::source::Input;
use super::spreadsheet::{broken, number_text};
use super::xml::{Element, Piece, Tag, Xml};
use std::fs::File;
use zip::ZipArchive;

/// Rows with something in them that may be repeated.
const MOST_REPEATED: u64 = 10_000;

/// A sheet.
pub struct Sheet {
    /// The file.
    pub input: Input,
    /// Which of its sheets.
    pub index: usize,
}

/// Names of the sheets.
///
/// # Errors
/// The file is none.
pub fn sheets(input: &Input) -> Result<Vec<String>, ImportError> {
    let mut archive = archive(input)?;
    let mut xml = Xml::new(archive.by_name("content.xml").map_err(|error| broken(&error))?);
    let mut names = Vec::new();
    while let Some(piece) = xml.next_piece()? {
        if let Piece::Open(tag) = piece
            && tag.name == "table"
        {
            names.push(tag.attribute("name").unwrap_or_default().to_owned());
            xml.skip()?;
        }
    }
    Ok(names)
}

fn archive(input: &Input) -> Result<ZipArchive<File>, ImportError> {
    ZipArchive::new(input.open()?).map_err(|error| broken(&error))
}

impl Lines for Sheet {
    const UNIT: &'static str = "Row";
    const IS_EVEN: bool = false;

    fn each(&mut self, each: &mut dyn FnMut(u64, Cells) -> Result<bool, ImportError>) -> Result<(), ImportError> {
        let mut archive = archive(&self.input)?;
        let mut xml = Xml::new(archive.by_name("content.xml").map_err(|error| broken(&error))?);
        let (mut sheet, mut number, mut is_within) = (0, 1_u64, false);
        while let Some(piece) = xml.next_piece()? {
            let Piece::Open(tag) = piece else { continue };
            match tag.name.as_str() {
                "table" if is_within => return Ok(()),
                "table" => {
                    is_within = sheet == self.index;
                    sheet += 1;
                    if !is_within {
                        xml.skip()?;
                    }
                }
                "table-row" if is_within => {
                    let times = repeated(&tag, "number-rows-repeated");
                    let cells = cells(&xml.element(tag)?);
                    if cells.is_empty() {
                        number += times;
                        continue;
                    }
                    for _ in 0..times.min(MOST_REPEATED) {
                        if !each(number, cells.clone())? {
                            return Ok(());
                        }
                        number += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn repeated(tag: &Tag, name: &str) -> u64 {
    tag.attribute(name).and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn cells(row: &Element) -> Cells {
    let mut cells: Cells = Vec::new();
    // Empty cells count when another one comes behind them.
    let mut empty = 0;
    for cell in row.children.iter().filter(|cell| cell.tag.name.ends_with("table-cell")) {
        let times =
            usize::try_from(repeated(&cell.tag, "number-columns-repeated")).unwrap_or(usize::MAX).min(MOST_COLUMNS + 1);
        match text(cell) {
            None => empty += times,
            Some(text) => {
                cells.resize((cells.len() + empty).min(MOST_COLUMNS), None);
                empty = 0;
                let room = (MOST_COLUMNS + 1).saturating_sub(cells.len());
                cells.extend(std::iter::repeat_n(Some(text), times.min(room)));
            }
        }
    }
    cells
}

fn text(cell: &Element) -> Option<String> {
    let value = |name: &str| cell.tag.attribute(name).map(str::to_owned);
    let found = match cell.tag.attribute("value-type") {
        Some("float" | "percentage" | "currency") => {
            value("value").and_then(|text| text.parse().ok()).and_then(number_text)
        }
        Some("date") => value("date-value"),
        Some("boolean") => value("boolean-value"),
        _ => None,
    };
    found
        .or_else(|| {
            let lines: Vec<String> = cell.children.iter().filter(|child| child.tag.name == "p").map(written).collect();
            Some(lines.join("\n"))
        })
        .filter(|text| !text.is_empty())
}

/// The letters of a paragraph, with those of its parts.
fn written(paragraph: &Element) -> String {
    let mut text = paragraph.text.clone();
    for part in &paragraph.children {
        match part.tag.name.as_str() {
            "s" | "tab" => text.push(' '),
            "span" | "a" => text.push_str(&written(part)),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn of(content: &str) -> Input {
        let mut archive = zip::ZipWriter::new(tempfile::tempfile().unwrap());
        archive.start_file("content.xml", zip::write::SimpleFileOptions::default()).unwrap();
        write!(archive, "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body>{content}</office:body></office:document-content>").unwrap();
        Input::Unpacked(archive.finish().unwrap())
    }

    fn lines(input: Input, index: usize) -> Vec<(u64, Vec<String>)> {
        let mut found = Vec::new();
        Sheet { input, index }
            .each(&mut |number, cells| {
                found.push((number, cells.into_iter().map(Option::unwrap_or_default).collect()));
                Ok(true)
            })
            .unwrap();
        found
    }

    const SHEETS: &str = "<table:table table:name=\"One\"><table:table-row><table:table-cell><text:p>other</text:p></table:table-cell></table:table-row></table:table>
        <table:table table:name=\"Two\">
        <table:table-row><table:table-cell office:value-type=\"string\"><text:p>a<text:s/><text:span>b</text:span></text:p></table:table-cell><table:table-cell table:number-columns-repeated=\"2\"/><table:table-cell><text:p>c</text:p></table:table-cell><table:table-cell table:number-columns-repeated=\"16380\"/></table:table-row>
        <table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>
        <table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1.50\"><text:p>1,50</text:p></table:table-cell><table:table-cell office:value-type=\"date\" office:date-value=\"2020-01-02\"/><table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"/></table:table-row>
        <table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table>";

    #[test]
    fn sheets_have_rows() {
        assert_eq!(sheets(&of(SHEETS)).unwrap(), ["One", "Two"]);
        let expected = [(1, vec!["a b", "", "", "c"]), (4, vec!["1.5", "2020-01-02", "true"])];
        assert_eq!(lines(of(SHEETS), 1), expected.map(|(n, row)| (n, row.into_iter().map(str::to_owned).collect())));
        assert_eq!(lines(of(SHEETS), 0).len(), 1);
    }

    #[test]
    fn repetition_makes_no_flood() {
        let cell = "<table:table-cell table:number-columns-repeated=\"99999999\"><text:p>x</text:p></table:table-cell>";
        let row =
            format!("<table:table-row table:number-rows-repeated=\"99999999\">{}</table:table-row>", cell.repeat(50));
        let mut count = 0;
        let input = of(&format!("<table:table>{row}</table:table>"));
        Sheet { input, index: 0 }
            .each(&mut |_, cells| {
                count += 1;
                assert!(cells.len() <= MOST_COLUMNS + 1);
                Ok(true)
            })
            .unwrap();
        assert_eq!(count, MOST_REPEATED);
    }
}
