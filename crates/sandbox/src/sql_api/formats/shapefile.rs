//! Shapefiles, packed with what belongs to them.

use super::{FeatureFile, Field, FieldKind};
use geojson::GeoJson;
use shapefile::dbase::{Date, FieldName, FieldValue, Record, TableWriter, TableWriterBuilder};
use shapefile::{Multipoint, Point, Polygon, Polyline, Shape, ShapeWriter};
use std::collections::HashSet;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What names of columns have room for, in bytes.
const LONGEST_NAME: usize = 10;
/// What texts have room for, in bytes.
const LONGEST_TEXT: u8 = 254;

/// A shapefile whose features are kept until it is complete: it has shapes of one kind.
pub struct Shapefile {
    name: String,
    fields: Vec<Field>,
    /// Names of the columns in the file.
    names: Vec<String>,
    shapes: Vec<Shape>,
    records: Vec<Record>,
    bytes: usize,
}

impl Shapefile {
    /// A shapefile without features.
    pub fn new(name: &str, fields: Vec<Field>) -> Shapefile {
        let names = short_names(&fields);
        Shapefile { name: name.to_owned(), fields, names, shapes: Vec::new(), records: Vec::new(), bytes: 0 }
    }

    fn table<'a>(&self, file: &'a mut Cursor<Vec<u8>>) -> Result<TableWriter<&'a mut Cursor<Vec<u8>>>, String> {
        let mut table = TableWriterBuilder::with_encoding(shapefile::dbase::encoding::Unicode);
        for (field, name) in self.fields.iter().zip(&self.names) {
            let name = FieldName::try_from(name.as_str()).map_err(str::to_owned)?;
            table = match field.kind {
                FieldKind::Integer => table.add_numeric_field(name, 20, 0),
                FieldKind::Real => table.add_numeric_field(name, 24, 15),
                FieldKind::Boolean => table.add_logical_field(name),
                FieldKind::Date => table.add_date_field(name),
                FieldKind::Moment => table.add_character_field(name, 30),
                FieldKind::Text => table.add_character_field(name, LONGEST_TEXT),
            };
        }
        Ok(table.build_with_dest(file))
    }
}

/// Names of at most ten letters, each of them once.
fn short_names(fields: &[Field]) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut short = |field: &Field| {
        let plain: String =
            field.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
        let mut name: String = plain.chars().take(LONGEST_NAME).collect();
        let mut number = 0;
        while !taken.insert(name.to_ascii_lowercase()) {
            number += 1;
            let end = format!("_{number}");
            name = plain.chars().take(LONGEST_NAME - end.len()).collect::<String>() + &end;
        }
        name
    };
    fields.iter().map(&mut short).collect()
}

fn shape_of(geometry: &str) -> Result<Shape, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("A geometry cannot be written to a shapefile: {error}");
    let GeoJson::Geometry(geometry) = geometry.parse::<GeoJson>().map_err(|error| unreadable(&error))? else {
        return Err(unreadable(&"it is none"));
    };
    let geometry = geo_types::Geometry::<f64>::try_from(geometry).map_err(|error| unreadable(&error))?;
    Ok(match geometry {
        geo_types::Geometry::Point(point) => Shape::Point(Point::from(point)),
        geo_types::Geometry::MultiPoint(points) if !points.0.is_empty() => Shape::Multipoint(Multipoint::from(points)),
        geo_types::Geometry::LineString(line) if line.0.len() > 1 => Shape::Polyline(Polyline::from(line)),
        geo_types::Geometry::MultiLineString(lines) if lines.0.iter().any(|line| line.0.len() > 1) => {
            Shape::Polyline(Polyline::from(lines))
        }
        geo_types::Geometry::Polygon(polygon) if !polygon.exterior().0.is_empty() => {
            Shape::Polygon(Polygon::from(polygon))
        }
        geo_types::Geometry::MultiPolygon(polygons) if !polygons.0.is_empty() => {
            Shape::Polygon(Polygon::from(polygons))
        }
        geo_types::Geometry::GeometryCollection(_) => {
            return Err("A shapefile holds no collections of geometries".into());
        }
        _ => Shape::NullShape,
    })
}

fn value_of(kind: FieldKind, value: Option<&str>) -> FieldValue {
    match kind {
        FieldKind::Integer | FieldKind::Real => {
            FieldValue::Numeric(value.and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite()))
        }
        FieldKind::Boolean => FieldValue::Logical(value.map(|text| text == "true")),
        FieldKind::Date => FieldValue::Date(value.and_then(date)),
        FieldKind::Moment | FieldKind::Text => FieldValue::Character(value.map(|text| {
            // At the end of a letter.
            let end = (0..=usize::from(LONGEST_TEXT)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.get(..end.min(text.len())).unwrap_or(text).to_owned()
        })),
    }
}

/// `2020-01-02`, with whatever follows.
fn date(text: &str) -> Option<Date> {
    let (year, month, day) =
        (text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..10)?.parse().ok()?);
    Date::new(day, month, year).ok()
}

impl FeatureFile for Shapefile {
    fn add(&mut self, geometry: Option<&str>, values: &[Option<&str>]) -> Result<(), String> {
        let shape = geometry.map_or(Ok(Shape::NullShape), shape_of)?;
        let mut record = Record::default();
        for ((field, name), value) in self.fields.iter().zip(&self.names).zip(values) {
            record.insert(name.clone(), value_of(field.kind, *value));
        }
        self.bytes +=
            geometry.map_or(0, str::len) + values.iter().flatten().map(|value| value.len()).sum::<usize>() + 64;
        self.shapes.push(shape);
        self.records.push(record);
        Ok(())
    }

    fn bytes(&self) -> usize {
        // The shapes, their file, and the archive.
        self.bytes * 3
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        let (shp, shx) = write_shapes(&self.shapes)?;
        let mut dbf = Cursor::new(Vec::new());
        {
            let mut table = self.table(&mut dbf)?;
            for record in &self.records {
                table
                    .write_record(record)
                    .map_err(|error| format!("The table of a shapefile cannot be written: {error}"))?;
            }
            table.finalize().map_err(|error| format!("The table of a shapefile cannot be written: {error}"))?;
        }
        let parts: [(&str, &[u8]); 5] =
            [("shp", &shp), ("shx", &shx), ("dbf", dbf.get_ref()), ("prj", WGS_84.as_bytes()), ("cpg", b"UTF-8")];
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = parts.iter().try_for_each(|(ending, bytes)| {
            archive.start_file(format!("{}.{ending}", self.name), SimpleFileOptions::default())?;
            archive.write_all(bytes)?;
            zip::result::ZipResult::Ok(())
        });
        let archive = packed.and_then(|()| archive.finish());
        archive.map(Cursor::into_inner).map_err(|error| format!("A shapefile cannot be packed: {error}"))
    }
}

/// Of one kind, beside those that are null.
fn write_shapes(shapes: &[Shape]) -> Result<(Vec<u8>, Vec<u8>), String> {
    const MIXED: &str = "A shapefile holds geometries of one kind: ask for points, lines or polygons alone";
    let failed = |error: shapefile::Error| match error {
        shapefile::Error::MismatchShapeType { .. } => MIXED.to_owned(),
        other => format!("The shapes of a shapefile cannot be written: {other}"),
    };
    let is_multipoint = shapes.iter().any(|shape| matches!(shape, Shape::Multipoint(_)));
    let (mut shp, mut shx) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    let mut writer = ShapeWriter::with_shx(&mut shp, &mut shx);
    for shape in shapes {
        match shape {
            // One point among several kinds of them.
            Shape::Point(point) if is_multipoint => writer.write_shape(&Multipoint::new(vec![*point])),
            Shape::Point(point) => writer.write_shape(point),
            Shape::Multipoint(points) => writer.write_shape(points),
            Shape::Polyline(line) => writer.write_shape(line),
            Shape::Polygon(polygon) => writer.write_shape(polygon),
            _ => Ok(()),
        }
        .map_err(failed)?;
    }
    writer.finalize().map_err(failed)?;
    drop(writer);
    let is_there: Vec<bool> = shapes.iter().map(|shape| !matches!(shape, Shape::NullShape)).collect();
    Ok(with_nulls(shp.get_ref(), shx.get_ref(), &is_there))
}

/// Bytes of the head of both files, of that of a record, and of a record without a shape.
const HEAD: usize = 100;
const RECORD_HEAD: usize = 8;
const NULL: [u8; 4] = [0; 4];

/// Puts a record without a shape where there is none: the library that writes shapes has none for that.
fn with_nulls(shp: &[u8], shx: &[u8], is_there: &[bool]) -> (Vec<u8>, Vec<u8>) {
    let head = shp.get(..HEAD).map_or_else(empty_head, <[u8]>::to_vec);
    let (mut shapes, mut index) = (head.clone(), head);
    let number = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).unwrap_or_default() as usize;
    let mut records = shx.get(HEAD..).unwrap_or_default().chunks_exact(8).filter_map(|entry| {
        // Both count in pairs of bytes.
        let (offset, length) = entry.split_at_checked(4)?;
        let begin = number(offset) * 2 + RECORD_HEAD;
        shp.get(begin..begin + number(length) * 2)
    });
    for (record, is_there) in is_there.iter().enumerate() {
        let content = if *is_there { records.next().unwrap_or(&NULL) } else { &NULL };
        let pairs = |bytes: usize| u32::try_from(bytes / 2).unwrap_or(u32::MAX).to_be_bytes();
        index.extend_from_slice(&pairs(shapes.len()));
        index.extend_from_slice(&pairs(content.len()));
        shapes.extend_from_slice(&u32::try_from(record + 1).unwrap_or(u32::MAX).to_be_bytes());
        shapes.extend_from_slice(&pairs(content.len()));
        shapes.extend_from_slice(content);
    }
    for file in [&mut shapes, &mut index] {
        let length = u32::try_from(file.len() / 2).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(place) = file.get_mut(24..28) {
            place.copy_from_slice(&length);
        }
    }
    (shapes, index)
}

/// The head of a file without shapes: its code, its version, and no bounds.
fn empty_head() -> Vec<u8> {
    let mut head = vec![0; HEAD];
    let parts = head.iter_mut().zip((0..HEAD).map(|at| match at {
        2 => 0x27,
        3 => 0x0a,
        28 => 0xe8,
        29 => 0x03,
        _ => 0,
    }));
    parts.for_each(|(byte, value)| *byte = value);
    head
}

/// The reference system in the words of shapefiles.
const WGS_84: &str = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],\
                      PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";

#[cfg(test)]
mod tests {
    use super::*;

    fn file(fields: &[(&str, FieldKind)]) -> Box<Shapefile> {
        let fields = fields.iter().map(|(name, kind)| Field { name: (*name).into(), kind: *kind }).collect();
        Box::new(Shapefile::new("places", fields))
    }

    #[test]
    fn names_are_short_and_all_different() {
        let file = file(&[
            ("population_2019", FieldKind::Text),
            ("population_2020", FieldKind::Text),
            ("größe", FieldKind::Text),
        ]);
        assert_eq!(file.names, ["population", "populati_1", "gr__e"]);
    }

    #[test]
    fn what_is_written_can_be_read() -> Result<(), Box<dyn std::error::Error>> {
        let mut written = file(&[("n", FieldKind::Integer), ("t", FieldKind::Text), ("d", FieldKind::Date)]);
        let long = "ä".repeat(200);
        written.add(
            Some(r#"{"type":"Point","coordinates":[1.5,2]}"#),
            &[Some("7"), Some(&long), Some("2020-01-02T00:00:00Z")],
        )?;
        written.add(None, &[None, None, None])?;
        let mut archive = zip::ZipArchive::new(Cursor::new(written.finish()?))?;
        let mut part = |name: &str| -> Result<Cursor<Vec<u8>>, Box<dyn std::error::Error>> {
            let mut bytes = Vec::new();
            std::io::copy(&mut archive.by_name(name)?, &mut bytes)?;
            Ok(Cursor::new(bytes))
        };
        let (shp, dbf) = (part("places.shp")?, part("places.dbf")?);
        assert!(String::from_utf8(part("places.prj")?.into_inner())?.contains("WGS_1984"));
        let mut reader = shapefile::Reader::new(shapefile::ShapeReader::new(shp)?, shapefile::dbase::Reader::new(dbf)?);
        let features = reader.read()?;
        assert!(matches!(&features[0].0, Shape::Point(point) if (point.x, point.y) == (1.5, 2.0)));
        assert_eq!(features[0].1.get("n"), Some(&FieldValue::Numeric(Some(7.0))));
        assert_eq!(features[0].1.get("t"), Some(&FieldValue::Character(Some("ä".repeat(127)))));
        assert!(matches!(features[1].0, Shape::NullShape));
        Ok(())
    }

    #[test]
    fn kinds_are_not_mixed() -> Result<(), String> {
        let mut mixed = file(&[]);
        mixed.add(Some(r#"{"type":"Point","coordinates":[1.5,2]}"#), &[])?;
        mixed.add(Some(r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#), &[])?;
        assert!(mixed.finish().is_err_and(|error| error.contains("one kind")));
        let mut points = file(&[]);
        points.add(Some(r#"{"type":"Point","coordinates":[1.5,2]}"#), &[])?;
        points.add(Some(r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#), &[])?;
        assert!(points.finish().is_ok());
        Ok(())
    }
}
