//! What a file is read as: layers, each of which gives its rows as often as it is asked, one at a time.

use super::columns::Typing;
use super::{ImportError, ImportOptions, archive, csv, geojson, geopackage, gpx, kml, shapefile, spreadsheet};
use geo_types::Geometry;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file on the disc, or one from an archive that has no name.
#[derive(Debug)]
pub enum Input {
    /// One that others made.
    Named(PathBuf),
    /// One that goes when it is closed.
    Unpacked(File),
}

impl Input {
    /// The file from its beginning. One is read at a time.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(&self) -> Result<File, ImportError> {
        let opened = match self {
            Input::Named(path) => File::open(path),
            Input::Unpacked(file) => file.try_clone().and_then(|mut file| {
                file.seek(SeekFrom::Start(0))?;
                Ok(file)
            }),
        };
        opened.map_err(|error| ImportError(format!("{} cannot be read: {error}.", self.name())))
    }

    fn name(&self) -> String {
        match self {
            Input::Named(path) => path.display().to_string(),
            Input::Unpacked(_) => "The unpacked file".into(),
        }
    }
}

/// A file that is to be imported.
#[derive(Debug)]
pub struct Given {
    /// Its name, whose ending says what it is.
    pub name: PathBuf,
    /// What is in it.
    pub input: Input,
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Given {
    fn from(path: &P) -> Given {
        let path = path.as_ref();
        Given { name: path.to_owned(), input: Input::Named(path.to_owned()) }
    }
}

/// A column as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What the file says of its values.
    pub typing: Typing,
}

/// In which reference system the numbers of a file are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum System {
    /// The file does not say it: degrees, if they can be.
    #[default]
    Unsaid,
    /// One of the database, by its number.
    Number(i32),
    /// One that is described in well-known text.
    Described(String),
}

/// Where a row is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Place {
    /// It does not say.
    #[default]
    None,
    /// There; with the number of a reference system of its own.
    At(Geometry, Option<i32>),
    /// It says something that is no place: what is wrong with it.
    Broken(String),
}

/// A row of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The number of its line, or which feature it is.
    pub number: u64,
    /// Values as text, in the order of the columns; those that miss at the end are none.
    pub values: Vec<Option<String>>,
    /// Where it is.
    pub place: Place,
    /// What is odd about it.
    pub note: Option<String>,
}

/// What takes rows.
pub type Each<'a> = &'a mut dyn FnMut(Row) -> Result<(), ImportError>;

/// Rows that can be read again.
pub trait Source: Send {
    /// What a row is called in messages.
    fn unit(&self) -> &'static str;

    /// The columns; all of them are known when the rows were read once.
    fn columns(&self) -> Vec<Column>;

    /// The reference system; known when the rows were read once.
    fn system(&self) -> System {
        System::Unsaid
    }

    /// What is to be said of the whole, when the rows were read once; with the number of the row it is about, or 0.
    fn notes(&self) -> Vec<(u64, String)> {
        Vec::new()
    }

    /// Gives all rows.
    ///
    /// # Errors
    /// In one sentence: the file cannot be read, or whoever takes the rows does not want more.
    fn read(&mut self, each: Each<'_>) -> Result<(), ImportError>;
}

/// What becomes a dataset.
pub struct Layer {
    /// Its name in the file; none when the file has only this one.
    pub name: Option<String>,
    /// Whether the name says something only behind that of the file.
    pub is_part: bool,
    /// Its rows.
    pub source: Box<dyn Source>,
}

/// Layers of a file, and what is to be said of those that are left out.
#[derive(Default)]
pub struct Opened {
    /// Those that are imported.
    pub layers: Vec<Layer>,
    /// What is to be said.
    pub notes: Vec<String>,
}

impl Opened {
    /// Adds the layers of another file.
    pub fn append(&mut self, other: Opened) {
        self.layers.extend(other.layers);
        self.notes.extend(other.notes);
    }
}

impl From<Vec<Layer>> for Opened {
    fn from(layers: Vec<Layer>) -> Opened {
        Opened { layers, notes: Vec::new() }
    }
}

/// The endings of files that can be imported, beside archives of them.
pub const ENDINGS: &[&str] = &[
    "csv",
    "tsv",
    "txt",
    "geojson",
    "json",
    "geojsonl",
    "geojsons",
    "geojsonseq",
    "ndjson",
    "jsonl",
    "kml",
    "kmz",
    "gpx",
    "xlsx",
    "ods",
    "gpkg",
    "shp",
];

/// Opens a file by its ending.
///
/// # Errors
/// In one sentence: it cannot be read, is of no kind that is known, or has not the layer that is wished.
pub fn open(file: Given, options: &ImportOptions) -> Result<Opened, ImportError> {
    let Given { name, input } = file;
    let ending = ending(&name);
    match (ending.as_str(), &input) {
        ("zip", _) => archive::open(&input, options),
        ("gz", _) => {
            let name = unpacked_name(&name);
            match self::ending(&name).as_str() {
                "zip" | "gz" => Err(ImportError("An archive in an archive is not unpacked.".into())),
                other if ENDINGS.contains(&other) => open(Given { input: archive::gunzip(&input)?, name }, options),
                _ => Err(unknown("gz")),
            }
        }
        ("shp", Input::Named(path)) => {
            let beside = |ending: &str| {
                // Endings are in small letters or in capitals.
                [ending.to_owned(), ending.to_uppercase()]
                    .into_iter()
                    .map(|ending| path.with_extension(ending))
                    .find(|file| file.is_file())
                    .map(Input::Named)
            };
            only(shapefile::Shapefile::open(Input::Named(path.clone()), beside)?, &name.to_string_lossy(), options)
        }
        ("shp", Input::Unpacked(_)) => Err(ImportError(
            "A shapefile is several files, which are imported together in a .zip: .shp, .dbf and .prj.".into(),
        )),
        _ => open_input(input, &name.to_string_lossy(), options),
    }
}

/// Whether files of this name can be imported.
pub fn is_known(file: &Path) -> bool {
    let ending = ending(&unpacked_name(file));
    ending == "zip" || ENDINGS.contains(&ending.as_str())
}

/// The name of a file without what says that it is packed with gzip: `shops.csv` of `shops.csv.gz`.
pub fn unpacked_name(file: &Path) -> PathBuf {
    match ending(file).as_str() {
        "gz" => file.with_extension(""),
        _ => file.to_owned(),
    }
}

fn unknown(ending: &str) -> ImportError {
    let known: Vec<String> = ENDINGS.iter().map(|ending| format!(".{ending}")).collect();
    ImportError(format!(
        "Files with the ending \"{ending}\" are not understood: {}, one of these packed with gzip (.csv.gz), or .zip with these in it.",
        known.join(", ")
    ))
}

/// The ending of a file's name, in small letters.
pub fn ending(file: &Path) -> String {
    file.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Opens a file of one part by the ending of its name.
///
/// # Errors
/// As [`open`].
pub fn open_input(input: Input, name: &str, options: &ImportOptions) -> Result<Opened, ImportError> {
    let layer = options.layer.as_deref();
    match ending(Path::new(name)).as_str() {
        "csv" | "tsv" | "txt" => only(csv::open(input)?, name, options),
        "geojson" | "json" | "geojsonl" | "geojsons" | "geojsonseq" | "ndjson" | "jsonl" => {
            only(geojson::GeoJson::open(input)?, name, options)
        }
        "kml" => only(kml::Kml::open(input)?, name, options),
        "kmz" => archive::open_kmz(&input, name, options),
        "gpx" => gpx::open(input, layer),
        ending @ ("xlsx" | "ods") => spreadsheet::open(&input, ending, options),
        "gpkg" => geopackage::open(input, layer),
        other => Err(unknown(other)),
    }
}

/// The only layer of a file, which has the name of the file.
///
/// # Errors
/// Another layer is wished.
pub fn only(source: impl Source + 'static, name: &str, options: &ImportOptions) -> Result<Opened, ImportError> {
    let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    match options.layer.as_deref() {
        Some(wanted) if wanted != stem => {
            Err(ImportError(format!("The file has one layer, {stem}, and none that is called {wanted}.")))
        }
        _ => Ok(vec![Layer { name: None, is_part: false, source: Box::new(source) }].into()),
    }
}

/// The layers that are wished: that of the name, or all.
///
/// # Errors
/// There is none of this name, or none at all.
pub fn choose<T>(
    layers: Vec<T>,
    wanted: Option<&str>,
    kind: &str,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<T>, ImportError> {
    let names = layers.iter().map(&name).collect::<Vec<_>>().join(", ");
    if layers.is_empty() {
        return Err(ImportError(format!("The {kind} has nothing that could be imported.")));
    }
    let Some(wanted) = wanted else { return Ok(layers) };
    let found: Vec<T> = layers.into_iter().filter(|layer| name(layer) == wanted).collect();
    match found.is_empty() {
        true => Err(ImportError(format!("The {kind} has no layer {wanted}: {names}."))),
        false => Ok(found),
    }
}

/// All rows of a source.
#[cfg(test)]
pub fn rows_of(source: &mut dyn Source) -> Result<Vec<Row>, ImportError> {
    let mut rows = Vec::new();
    source.read(&mut |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_ending() {
        let message =
            open("x.doc".into(), &ImportOptions::default()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.starts_with("Files with the ending \"doc\" are not understood"), "{message}");
        for name in ["a.zip", "a.csv", "A.CSV.GZ", "a.geojsons"] {
            assert!(is_known(Path::new(name)), "{name}");
        }
        for name in ["a", "a.gz", "a.tar.gz", "gz", ".gz"] {
            assert!(!is_known(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_layer_must_be_there() {
        let of = |names: &[&'static str], wanted| {
            choose(names.to_vec(), wanted, "GeoPackage", |name| *name).map_err(|error| error.to_string())
        };
        assert_eq!(of(&["a", "b"], None), Ok(vec!["a", "b"]));
        assert_eq!(of(&["a", "b"], Some("b")), Ok(vec!["b"]));
        assert!(of(&["a"], Some("c")).is_err_and(|message| message.contains("no layer c: a.")));
        assert!(of(&[], None).is_err());
    }
}
