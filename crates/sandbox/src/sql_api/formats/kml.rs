//! KML: placemarks with their values.

use super::{FeatureFile, Field, FieldKind};
use quick_xml::escape::escape;

/// The SQL of a geometry as KML. PostGIS writes single and multiple shapes; of all others, such as collections, their parts
/// are written together.
pub fn expression(geometry: &str, decimals: u8) -> String {
    format!(
        "CASE WHEN GeometryType({geometry}) IN ('POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON')
              THEN ST_AsKML({geometry}, {decimals})
              ELSE (SELECT '<MultiGeometry>' || string_agg(ST_AsKML(CASE GeometryType(part.geom)
                             WHEN 'TRIANGLE' THEN ST_MakePolygon(ST_ExteriorRing(part.geom)) ELSE part.geom END, {decimals}),
                           '' ORDER BY part.path) || '</MultiGeometry>'
                      FROM ST_Dump(ST_CurveToLine({geometry})) AS part WHERE NOT ST_IsEmpty(part.geom)) END"
    )
}

/// A KML document.
pub struct Kml {
    name: String,
    fields: Vec<Field>,
    written: String,
}

impl Kml {
    /// A document without placemarks.
    pub fn new(name: &str, fields: Vec<Field>) -> Kml {
        let name = text(name);
        let mut written = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n\
             <Document id=\"root_doc\">\n<Schema name=\"{name}\" id=\"{name}\">\n"
        );
        for field in fields.iter().filter(|field| member(field).is_none()) {
            let kind = match field.kind {
                FieldKind::Integer => "int",
                FieldKind::Real => "float",
                FieldKind::Boolean => "bool",
                FieldKind::Date | FieldKind::Moment | FieldKind::Text => "string",
            };
            written
                .push_str(&format!("\t<SimpleField name=\"{}\" type=\"{kind}\"></SimpleField>\n", text(&field.name)));
        }
        written.push_str(&format!("</Schema>\n<Folder><name>{name}</name>\n"));
        Kml { name, fields, written }
    }
}

/// Columns that placemarks have members of their own for.
fn member(field: &Field) -> Option<&'static str> {
    match field.name.to_ascii_lowercase().as_str() {
        "name" => Some("name"),
        "description" => Some("description"),
        _ => None,
    }
}

/// A text as XML, without the characters that XML has no place for.
fn text(text: &str) -> String {
    let is_right =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    escape(text.chars().filter(is_right).collect::<String>()).into_owned()
}

impl FeatureFile for Kml {
    fn add(&mut self, geometry: Option<&str>, values: &[Option<&str>]) -> Result<(), String> {
        let known = || self.fields.iter().zip(values).filter_map(|(field, value)| Some((field, value.as_deref()?)));
        let mut placemark = "  <Placemark>\n".to_owned();
        for wanted in ["name", "description"] {
            if let Some((_, value)) = known().find(|(field, _)| member(field) == Some(wanted)) {
                placemark.push_str(&format!("\t<{wanted}>{}</{wanted}>\n", text(value)));
            }
        }
        let mut data = known().filter(|(field, _)| member(field).is_none()).peekable();
        if data.peek().is_some() {
            placemark.push_str(&format!("\t<ExtendedData><SchemaData schemaUrl=\"#{}\">\n", self.name));
            for (field, value) in data {
                placemark.push_str(&format!(
                    "\t\t<SimpleData name=\"{}\">{}</SimpleData>\n",
                    text(&field.name),
                    text(value)
                ));
            }
            placemark.push_str("\t</SchemaData></ExtendedData>\n");
        }
        if let Some(geometry) = geometry {
            // PostGIS writes it.
            placemark.push_str(&format!("      {geometry}\n"));
        }
        placemark.push_str("  </Placemark>\n");
        self.written.push_str(&placemark);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.written.capacity()
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, String> {
        self.written.push_str("</Folder>\n</Document></kml>\n");
        Ok(self.written.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text_in_their_elements() -> Result<(), String> {
        let field = |name: &str, kind| Field { name: name.into(), kind };
        let fields = vec![field("name", FieldKind::Text), field("a<b", FieldKind::Integer)];
        let mut kml = Box::new(Kml::new("places", fields));
        kml.add(Some("<Point/>"), &[Some("x & </name>\u{1}"), Some("7")])?;
        kml.add(None, &[None, None])?;
        let written = String::from_utf8_lossy(&kml.finish()?).into_owned();
        assert!(written.contains("<name>x &amp; &lt;/name&gt;</name>"), "{written}");
        assert!(written.contains("<SimpleData name=\"a&lt;b\">7</SimpleData>"), "{written}");
        assert!(written.ends_with("  <Placemark>\n  </Placemark>\n</Folder>\n</Document></kml>\n"), "{written}");
        Ok(())
    }
}
