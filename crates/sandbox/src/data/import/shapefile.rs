//! Shapefiles: shapes, their table, their reference system and their encoding.

use super::columns::Typing;
use super::source::{Column, Each, Input, Place, Row, Source, System};
use super::{ImportError, encoding, rings};
use geo_types::{Coord, Geometry};
use shapefile::dbase::encoding::DynEncoding;
use shapefile::dbase::{
    self, ErrorKind, FieldError, FieldIterator, FieldType, FieldValue, ReadableRecord, ReaderBuilder,
};
use shapefile::record::polygon::GenericPolygon;
use shapefile::record::traits::HasXY;
use shapefile::{PolygonRing, Shape, ShapeReader};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

/// Bytes that a description of a reference system or an encoding may have.
const LONGEST_TEXT: u64 = 64 << 10;
/// Bytes of a table that are looked at.
const MOST_LOOKED: u64 = 16 << 20;

/// A shapefile.
#[derive(Debug)]
pub struct Shapefile {
    shapes: Input,
    table: Input,
    encoding: Option<String>,
    columns: Vec<Column>,
    system: System,
    notes: Vec<String>,
}

/// Values of a record, and the columns whose value is none.
struct Record {
    values: Vec<Option<String>>,
    broken: Vec<usize>,
}

impl ReadableRecord for Record {
    fn read_using<S: Read + Seek, M: Read + Seek>(fields: &mut FieldIterator<S, M>) -> Result<Record, FieldError> {
        let mut record = Record { values: Vec::new(), broken: Vec::new() };
        loop {
            match fields.read_next_field() {
                Ok(field) => record.values.push(text(field.value)),
                Err(error) => match error.kind() {
                    ErrorKind::EndOfRecord => return Ok(record),
                    ErrorKind::IoError(_) => return Err(error),
                    // It is past the value already.
                    _ => {
                        record.broken.push(record.values.len());
                        record.values.push(None);
                    }
                },
            }
        }
    }
}

impl Shapefile {
    /// Opens shapes and what belongs to them, each found by its ending.
    ///
    /// # Errors
    /// In one sentence, what is missing or broken.
    pub fn open(shapes: Input, mut beside: impl FnMut(&str) -> Option<Input>) -> Result<Shapefile, ImportError> {
        let table = beside("dbf").ok_or_else(|| ImportError("The .dbf of the shapefile is missing.".into()))?;
        let system = match beside("prj") {
            Some(projection) => system(&short_text(&projection)?),
            None => System::Unsaid,
        };
        let said = beside("cpg").map(|said| short_text(&said)).transpose()?;
        let (encoding, note) = table_encoding(&table, said.as_deref())?;
        let mut shapefile =
            Shapefile { shapes, table, encoding, columns: Vec::new(), system, notes: note.into_iter().collect() };
        let table = shapefile.table(BufReader::new(shapefile.table.open()?))?;
        shapefile.columns = table
            .fields()
            .iter()
            .map(|field| Column { name: field.name().to_owned(), typing: typing(field.field_type()) })
            .collect();
        shapefile.shapes()?;
        Ok(shapefile)
    }

    fn shapes(&self) -> Result<ShapeReader<BufReader<File>>, ImportError> {
        ShapeReader::new(BufReader::new(self.shapes.open()?)).map_err(|error| broken(&error))
    }

    fn table<T: Read + Seek>(&self, source: T) -> Result<dbase::Reader<T>, ImportError> {
        let mut table = ReaderBuilder::new();
        if let Some(encoding) = self.encoding.as_deref().and_then(DynEncoding::from_name) {
            table = table.with_encoding(encoding);
        }
        table.build(source).map_err(|error| broken(&error))
    }
}

/// What a table says of its records.
struct Records {
    /// Bytes of a record, with the mark of deleted ones before it.
    length: usize,
    /// Places of records that were deleted; their shapes are still there.
    deleted: HashSet<usize>,
}

impl Records {
    fn of(table: File) -> Result<Records, ImportError> {
        const DELETED: u8 = b'*';
        let mut table = BufReader::new(table);
        let mut read = || {
            let mut head = [0; 12];
            table.read_exact(&mut head)?;
            let [_, _, _, _, a, b, c, d, begin @ .., low, high] = head;
            let (count, length) = (u32::from_le_bytes([a, b, c, d]), usize::from(u16::from_le_bytes([low, high])));
            table.seek(SeekFrom::Start(u64::from(u16::from_le_bytes(begin))))?;
            let (mut record, mut deleted) = (vec![0; length], HashSet::new());
            for index in 0..count as usize {
                // The last ones may be missing: whoever reads them says so.
                if length == 0 || table.read_exact(&mut record).is_err() {
                    break;
                }
                if record.first() == Some(&DELETED) {
                    deleted.insert(index);
                }
            }
            Ok::<_, io::Error>(Records { length, deleted })
        };
        read().map_err(|error| broken(&error))
    }
}

/// A table that keeps the last bytes that were read of it.
struct Recorder {
    table: BufReader<File>,
    last: Rc<RefCell<Vec<u8>>>,
    most: usize,
}

impl Read for Recorder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.table.read(buffer)?;
        let mut last = self.last.borrow_mut();
        last.extend_from_slice(buffer.get(..length).unwrap_or_default());
        let more = last.len().saturating_sub(self.most);
        last.drain(..more);
        Ok(length)
    }
}

impl Seek for Recorder {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.table.seek(place)
    }
}

impl Record {
    /// Reads numbers and dates again from the bytes of the record: floating point keeps 7 or 16 digits of them, and a date that
    /// is none is no fault.
    fn correct(&mut self, fields: &[(FieldType, usize)], mut bytes: &[u8]) {
        for (index, (kind, length)) in fields.iter().enumerate() {
            let Some((field, rest)) = bytes.split_at_checked(*length) else { return };
            bytes = rest;
            let Some(value) = exact(*kind, field) else { continue };
            if let Some(known) = self.values.get_mut(index) {
                *known = value;
                self.broken.retain(|broken| *broken != index);
            }
        }
    }
}

/// A number as it is written, or that there is no value; none for what must be read in another way.
fn exact(kind: FieldType, field: &[u8]) -> Option<Option<String>> {
    let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    let is_all = |sign: char| text.chars().all(|c| c == sign);
    match kind {
        FieldType::Numeric | FieldType::Float if is_all('*') => Some(None),
        FieldType::Numeric | FieldType::Float => {
            let whole = text.parse::<i128>().map(|number| number.to_string()).ok();
            let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
            whole.or_else(|| number().map(|number| number.to_string())).map(Some)
        }
        FieldType::Date if is_all('0') || is_all('*') => Some(None),
        _ => None,
    }
}

fn broken(error: &dyn std::fmt::Display) -> ImportError {
    ImportError(format!("The shapefile cannot be read: {error}."))
}

fn short_text(input: &Input) -> Result<String, ImportError> {
    let mut bytes = Vec::new();
    input.open()?.take(LONGEST_TEXT).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

impl Source for Shapefile {
    fn unit(&self) -> &'static str {
        "Shape"
    }

    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn system(&self) -> System {
        self.system.clone()
    }

    fn notes(&self) -> Vec<(u64, String)> {
        self.notes.iter().map(|note| (0, note.clone())).collect()
    }

    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError> {
        let Records { length, deleted } = Records::of(self.table.open()?)?;
        let last = Rc::new(RefCell::new(Vec::new()));
        let source = Recorder { table: BufReader::new(self.table.open()?), last: last.clone(), most: length };
        let (mut shapes, mut table) = (self.shapes()?, self.table(source)?);
        let fields: Vec<(FieldType, usize)> =
            table.fields().iter().map(|field| (field.field_type(), usize::from(field.length()))).collect();
        let mut records = table.iter_records_as::<Record>();
        for (index, shape) in shapes.iter_shapes_as::<Shape>().enumerate() {
            if deleted.contains(&index) {
                continue;
            }
            let number = index as u64 + 1;
            let unreadable =
                |error: &dyn std::fmt::Display| ImportError(format!("Shape {number} cannot be read: {error}."));
            let shape = shape.map_err(|error| unreadable(&error))?;
            let Some(record) = records.next() else {
                let note = Some("has no row in the .dbf; its values are null".to_owned());
                each(Row { number, values: Vec::new(), place: place(shape), note })?;
                continue;
            };
            let mut record = record.map_err(|error| unreadable(&error))?;
            // The first byte says whether it was deleted.
            record.correct(&fields, last.borrow().get(1..).unwrap_or_default());
            let names =
                record.broken.iter().filter_map(|index| self.columns.get(*index)).map(|column| column.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            let note =
                (!names.is_empty()).then(|| format!("has no value that can be read in {names}; it is null there"));
            each(Row { number, values: record.values, place: place(shape), note })?;
        }
        Ok(())
    }
}

fn typing(kind: FieldType) -> Typing {
    match kind {
        FieldType::Character | FieldType::Memo => Typing::Text,
        _ => Typing::Guessed,
    }
}

/// The name of the encoding of a table, none where the table itself says it; and what is to be said about it.
fn table_encoding(table: &Input, said: Option<&str>) -> Result<(Option<String>, Option<String>), ImportError> {
    /// The byte of a table that says its encoding; 0 for nothing.
    const MARK: u64 = 29;
    let mut note = None;
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        if let Some(known) = known_encoding(said) {
            return Ok((Some(known), None));
        }
        let short: String = said.chars().take(30).collect();
        note = Some(format!("The encoding \"{short}\" of the .cpg is not known; it is guessed."));
    }
    let mut file = table.open()?;
    let mut mark = [0];
    file.seek(SeekFrom::Start(MARK)).and_then(|_| file.read_exact(&mut mark)).map_err(|error| broken(&error))?;
    let guessed = encoding::guess(file.take(MOST_LOOKED)).map_err(|error| broken(&error))?;
    // Marks are often wrong about UTF-8, which looks like nothing else.
    if mark != [0] && guessed != encoding_rs::UTF_8 {
        return Ok((None, note));
    }
    Ok((Some(guessed.name().to_owned()), note))
}

/// The name under which an encoding is known, of those that files of encodings write.
fn known_encoding(said: &str) -> Option<String> {
    let plain = said.to_ascii_uppercase().replace([' ', '_'], "-");
    let number = plain.trim_start_matches(|c: char| !c.is_ascii_digit());
    let tries = [
        plain.clone(),
        plain.replace("LATIN1", "ISO-8859-1").replace("LATIN-1", "ISO-8859-1").replace("UTF8", "UTF-8"),
        number.to_owned(),
        format!("windows-{number}"),
        number
            .strip_prefix("8859")
            .map(|part| format!("ISO-8859-{}", part.trim_start_matches('-')))
            .unwrap_or_default(),
    ];
    tries.into_iter().find(|name| !name.is_empty() && DynEncoding::from_name(name).is_some())
}

/// The reference system that a `.prj` describes. The number of a known one is quicker than its description.
fn system(projection: &str) -> System {
    if projection.is_empty() {
        return System::Unsaid;
    }
    let text: String = projection.chars().filter(|c| !c.is_whitespace()).collect();
    let is_degrees = text.starts_with("GEOGCS[") && text.contains("UNIT[\"Degree\"");
    if is_degrees && (text.contains("DATUM[\"D_WGS_1984\"") || text.contains("DATUM[\"WGS_1984\"")) {
        return System::Number(4326);
    }
    System::Described(projection.to_owned())
}

fn place(shape: Shape) -> Place {
    match shape {
        Shape::NullShape => Place::None,
        Shape::Polygon(polygon) => area(&polygon),
        Shape::PolygonM(polygon) => area(&polygon),
        Shape::PolygonZ(polygon) => area(&polygon),
        other => match Geometry::<f64>::try_from(other) {
            Ok(geometry) => Place::At(geometry, None),
            Err(error) => Place::Broken(error.to_string()),
        },
    }
}

fn area<P: HasXY>(polygon: &GenericPolygon<P>) -> Place {
    let rings = polygon.rings().iter().filter(|ring| !ring.is_empty()).map(|ring| {
        let line = ring.points().iter().map(|point| Coord { x: point.x(), y: point.y() }).collect();
        (line, matches!(ring, PolygonRing::Outer(_)))
    });
    let areas = rings::together(rings);
    if areas.0.is_empty() { Place::None } else { Place::At(Geometry::MultiPolygon(areas), None) }
}

fn text(value: FieldValue) -> Option<String> {
    match value {
        FieldValue::Character(text) => text.map(|text| text.trim_end().to_owned()),
        FieldValue::Numeric(number) => number.map(|number| number.to_string()),
        FieldValue::Float(number) => number.map(|number| number.to_string()),
        FieldValue::Integer(number) => Some(number.to_string()),
        FieldValue::Double(number) | FieldValue::Currency(number) => number.is_finite().then(|| number.to_string()),
        FieldValue::Logical(value) => value.map(|value| value.to_string()),
        FieldValue::Date(date) => date.map(|date| format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())),
        FieldValue::DateTime(moment) => {
            let (date, time) = (moment.date(), moment.time());
            Some(format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                date.year(),
                date.month(),
                date.day(),
                time.hours(),
                time.minutes(),
                time.seconds()
            ))
        }
        FieldValue::Memo(text) => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::rows_of;
    use super::*;
    use std::io::Write;

    fn input(bytes: &[u8]) -> Input {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Input::Unpacked(file)
    }

    /// A table with one column.
    fn table(kind: u8, length: u8, mark: u8, values: &[&[u8]]) -> Vec<u8> {
        let mut table = vec![3, 24, 1, 1];
        table.extend((values.len() as u32).to_le_bytes());
        table.extend([65, 0, length + 1, 0]);
        table.resize(29, 0);
        table.push(mark);
        table.resize(32, 0);
        table.extend(b"a\0\0\0\0\0\0\0\0\0\0");
        table.extend([kind, 0, 0, 0, 0, length]);
        table.resize(64, 0);
        table.push(b'\r');
        for value in values {
            table.push(b' ');
            table.extend(*value);
            table.resize(table.len() + usize::from(length) - value.len(), b' ');
        }
        table
    }

    /// Shapes that are points at 1, 2.
    fn points(count: usize) -> Vec<u8> {
        let mut shapes = vec![0, 0, 39, 10];
        shapes.resize(24, 0);
        shapes.extend(((50 + 14 * count) as i32).to_be_bytes());
        shapes.extend(1000_i32.to_le_bytes());
        shapes.extend(1_i32.to_le_bytes());
        shapes.resize(100, 0);
        for number in 1..=count {
            shapes.extend([number as i32, 10].map(i32::to_be_bytes).concat());
            shapes.extend(1_i32.to_le_bytes());
            shapes.extend([1.0_f64, 2.0].map(f64::to_le_bytes).concat());
        }
        shapes
    }

    fn read(shapes: &[u8], table: &[u8], encoding: Option<&str>) -> Result<Vec<Row>, ImportError> {
        let mut shapefile = Shapefile::open(input(shapes), |ending| match ending {
            "dbf" => Some(input(table)),
            "cpg" => encoding.map(|encoding| input(encoding.as_bytes())),
            _ => None,
        })?;
        let rows = rows_of(&mut shapefile)?;
        Ok(rows)
    }

    #[test]
    fn dates_that_are_none_are_null() {
        let values: [&[u8]; 5] = [b"20200102", b"00000000", b"********", b"        ", b"20201345"];
        let rows = read(&points(5), &table(b'D', 8, 0, &values), None).unwrap();
        let dates: Vec<Option<&str>> = rows.iter().map(|row| row.values.first().unwrap().as_deref()).collect();
        assert_eq!(dates, [Some("2020-01-02"), None, None, None, None]);
        // Of a date that is not there nothing is told, of one that is none it is.
        assert_eq!(rows.iter().map(|row| row.note.is_some()).collect::<Vec<_>>(), [false, false, false, false, true]);
        let rows = read(&points(2), &table(b'N', 6, 0, &[b"1.5", b"1.2.3"]), None).unwrap();
        assert_eq!(
            rows.iter().map(|row| row.values.clone()).collect::<Vec<_>>(),
            [vec![Some("1.5".to_owned())], vec![None]]
        );
        assert!(rows.last().unwrap().note.as_ref().is_some_and(|note| note.contains("in a;")));
    }

    #[test]
    fn numbers_keep_their_digits() {
        let of = |kind: u8, value: &[u8]| {
            read(&points(1), &table(kind, 24, 0, &[value]), None).unwrap().remove(0).values.remove(0)
        };
        for kind in [b'N', b'F'] {
            assert_eq!(of(kind, b"        1234567.891").as_deref(), Some("1234567.891"));
            assert_eq!(of(kind, b"9007199254740993").as_deref(), Some("9007199254740993"));
            assert_eq!(of(kind, b"1.23456789012e+007").as_deref(), Some("12345678.9012"));
            assert_eq!(of(kind, b"000012").as_deref(), Some("12"));
            assert_eq!((of(kind, b""), of(kind, b"********")), (None, None));
        }
    }

    #[test]
    fn shapes_without_a_record_are_kept() {
        let rows = read(&points(3), &table(b'N', 2, 0, &[b"1"]), None).unwrap();
        assert_eq!(rows.len(), 3);
        let [first, second, _] = rows.as_slice() else { panic!("three rows") };
        assert!(first.note.is_none() && second.values.is_empty() && second.place != Place::None);
        assert!(second.note.as_ref().is_some_and(|note| note.contains("no row in the .dbf")));
    }

    #[test]
    fn deleted_records_go_with_their_shapes() {
        let mut table = table(b'N', 2, 0, &[b"1", b"2", b"3"]);
        let second = table.len() - 6;
        *table.get_mut(second).unwrap() = b'*';
        let rows = read(&points(3), &table, None).unwrap();
        let found: Vec<_> = rows.iter().map(|row| (row.number, row.values.first().unwrap().as_deref())).collect();
        assert_eq!(found, [(1, Some("1")), (3, Some("3"))]);
    }

    #[test]
    fn encodings_are_those_of_the_table() {
        let of = |value: &[u8], mark: u8, said: Option<&str>| {
            read(&points(1), &table(b'C', 20, mark, &[value]), said).unwrap().remove(0).values.remove(0).unwrap()
        };
        assert_eq!(of("Peñíscola".as_bytes(), 0, Some("UTF-8")), "Peñíscola");
        assert_eq!(of("Peñíscola".as_bytes(), 0x57, None), "Peñíscola");
        for said in ["1252", "ANSI 1252", "88591", "ISO 8859-1", "LATIN1", "windows-1252"] {
            assert_eq!(of(b"Pe\xf1\xedscola", 0, Some(said)), "Peñíscola", "{said}");
        }
        assert_eq!(of(b"Pe\xf1\xedscola", 0, None), "Peñíscola");
        assert_eq!(of(b"Pe\xf1\xedscola", 3, None), "Peñíscola");
        assert_eq!(of(b"Pe\xf1\xedscola", 0, Some("klingon")), "Peñíscola");
    }

    #[test]
    fn reference_systems_are_read() {
        let degrees = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
        assert_eq!(system(degrees), System::Number(4326));
        assert_eq!(system(""), System::Unsaid);
        assert!(matches!(system("PROJCS[\"x\",GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\"]]]"), System::Described(_)));
    }

    #[test]
    fn shapes_do_not_lie_about_their_length() {
        for (kind, count) in [(1, 1), (3, i32::MAX), (5, i32::MAX), (8, i32::MAX), (5, -1), (31, i32::MAX)] {
            let mut shapes = vec![0, 0, 39, 10];
            shapes.resize(24, 0);
            shapes.extend(i32::MAX.to_be_bytes());
            shapes.extend(1000_i32.to_le_bytes());
            shapes.extend(i32::to_le_bytes(kind));
            shapes.resize(100, 0);
            shapes.extend([1_i32, i32::MAX].map(i32::to_be_bytes).concat());
            shapes.extend(i32::to_le_bytes(kind));
            shapes.extend([0; 32]);
            shapes.extend([count; 4].map(i32::to_le_bytes).concat());
            assert!(read(&shapes, &table(b'C', 1, 0, &[b"a"]), None).is_err(), "{kind} {count}");
        }
    }
}
