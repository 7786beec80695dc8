//! Archives: their files are unpacked one after the other into files without a name, never more than an archive of
//! data can have.

use super::kml::Kml;
use super::names::normal;
use super::source::{ENDINGS, Input, Layer, Opened, choose, ending, only, open_input};
use super::{ImportError, ImportOptions, shapefile};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use zip::ZipArchive;

/// Bytes of all files in an archive, and how many times as large as the archive they may be: shapefiles pack to a tenth.
const LARGEST: u64 = 4 << 30;
const MOST_TIMES: u64 = 100;
/// Bytes that any archive may have in it.
const SMALL: u64 = 16 << 20;
/// Files that an archive may have.
const MOST_FILES: usize = 10_000;
/// Bytes of a JSON file that are looked at for a sign of GeoJSON.
const LOOKED: u64 = 64 << 10;

/// An archive that is being unpacked.
pub struct Archive {
    archive: ZipArchive<File>,
    /// Names of its files, without those that systems add.
    names: Vec<String>,
    /// Bytes that may still come out of it.
    left: u64,
}

impl Archive {
    /// Reads what is in an archive.
    ///
    /// # Errors
    /// It is none, or is damaged.
    pub fn open(mut file: File) -> Result<Archive, ImportError> {
        let packed = file.seek(SeekFrom::End(0)).map_err(|error| broken(&error))?;
        let archive = ZipArchive::new(file).map_err(|error| broken(&error))?;
        if archive.len() > MOST_FILES {
            return Err(ImportError(format!("The archive has more than {MOST_FILES} files.")));
        }
        let names = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
        // What macOS adds begins so, or with a point.
        let is_ours = |name: &String| {
            let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
            !file.is_empty() && !file.starts_with('.') && !name.contains("__MACOSX")
        };
        let names = names.filter(is_ours).collect();
        Ok(Archive { archive, names, left: most_unpacked(packed) })
    }

    /// Unpacks a file into one that has no name and goes when it is closed.
    ///
    /// # Errors
    /// The archive is damaged, or has too much in it.
    pub fn unpack(&mut self, name: &str) -> Result<Input, ImportError> {
        let mut file =
            tempfile::tempfile().map_err(|error| ImportError(format!("Nothing can be unpacked: {error}.")))?;
        let packed = self.archive.by_name(name).map_err(|error| broken(&error))?;
        let length = std::io::copy(&mut packed.take(self.left + 1), &mut file).map_err(|error| broken(&error))?;
        self.left = self.left.checked_sub(length).ok_or_else(|| too_large(name, "its archive"))?;
        Ok(Input::Unpacked(file))
    }

    /// Whether a JSON file looks like GeoJSON.
    fn is_geojson(&mut self, name: &str) -> Result<bool, ImportError> {
        let mut begin = Vec::new();
        let packed = self.archive.by_name(name).map_err(|error| broken(&error))?;
        packed.take(LOOKED).read_to_end(&mut begin).map_err(|error| broken(&error))?;
        let begin = String::from_utf8_lossy(&begin);
        Ok(["\"Feature\"", "\"FeatureCollection\"", "\"coordinates\""].iter().any(|sign| begin.contains(sign)))
    }

    fn open_part(&mut self, part: &Part, options: &ImportOptions) -> Result<Opened, ImportError> {
        if part.ending != "shp" {
            return open_input(self.unpack(&part.file)?, &part.file, options);
        }
        let mut files = unpack_beside(self, &part.file)?;
        let take = |ending: &str| {
            let index = files.iter().position(|(known, _)| known == ending)?;
            Some(files.swap_remove(index).1)
        };
        only(shapefile::Shapefile::open(self.unpack(&part.file)?, take)?, &part.file, options)
    }

    fn of_kind(&self, ending: &str) -> Vec<String> {
        let is_of_kind = |name: &&String| self::ending(Path::new(name.as_str())) == ending;
        self.names.iter().filter(is_of_kind).cloned().collect()
    }
}

fn broken(error: &dyn std::fmt::Display) -> ImportError {
    ImportError(format!("The archive cannot be read: {error}."))
}

/// Bytes that so many packed ones may become.
fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(MOST_TIMES).clamp(SMALL, LARGEST)
}

fn too_large(what: &str, packed: &str) -> ImportError {
    ImportError(format!("{what} is larger than {} GB, or {MOST_TIMES} times as large as {packed}.", LARGEST >> 30))
}

/// Unpacks a file that is packed with gzip into one that has no name and goes when it is closed.
///
/// # Errors
/// It is not packed so, is damaged, or has too much in it.
pub fn gunzip(input: &Input) -> Result<Input, ImportError> {
    let unreadable =
        |error: std::io::Error| ImportError(format!("The file is not packed with gzip, or is damaged: {error}."));
    let mut packed = input.open()?;
    let length = packed.seek(SeekFrom::End(0)).map_err(unreadable)?;
    packed.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let most = most_unpacked(length);
    let mut file = tempfile::tempfile().map_err(|error| ImportError(format!("Nothing can be unpacked: {error}.")))?;
    // Several packed pieces behind each other are one file.
    let unpacked = flate2::read::MultiGzDecoder::new(std::io::BufReader::new(packed));
    if std::io::copy(&mut unpacked.take(most + 1), &mut file).map_err(unreadable)? > most {
        return Err(too_large("What is packed", "the file"));
    }
    Ok(Input::Unpacked(file))
}

/// Unpacks all that an archive has within the limits, and throws it away: whoever reads it by itself meets no surprise.
///
/// # Errors
/// It is none, or has too much in it.
pub fn check(input: &Input) -> Result<(), ImportError> {
    let mut archive = Archive::open(input.open()?)?;
    for index in 0..archive.archive.len() {
        let packed = archive.archive.by_index(index).map_err(|error| broken(&error))?;
        let length = std::io::copy(&mut packed.take(archive.left + 1), &mut std::io::sink());
        let length = length.map_err(|error| broken(&error))?;
        let left = archive.left.checked_sub(length);
        archive.left = left.ok_or_else(|| ImportError("The file has too much in it for its size.".into()))?;
    }
    Ok(())
}

/// A file in an archive that is a dataset by itself.
struct Part {
    /// Its name in the archive.
    file: String,
    ending: String,
    /// What it is called among the others: its name without ending, if that is enough.
    label: String,
}

impl Part {
    /// Parts with names that are all different, where that can be.
    fn of(files: Vec<String>) -> Vec<Part> {
        let mut taken = HashSet::new();
        let part = |file: String| {
            let path = Path::new(&file);
            let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
            let (stem, ending) = (text(path.file_stem()), ending(path));
            let folder = text(path.parent().and_then(Path::file_name));
            let labels = [
                stem.clone(),
                format!("{stem}_{ending}"),
                format!("{folder}_{stem}"),
                format!("{folder}_{stem}_{ending}"),
            ];
            let label = labels.into_iter().find(|label| taken.insert(normal(label))).unwrap_or(stem);
            Part { file, ending, label }
        };
        files.into_iter().map(part).collect()
    }

    fn is_called(&self, name: &str) -> bool {
        self.label == name || self.file.rsplit('/').next() == Some(name)
    }

    /// Gives layers names that tell them from those of other files.
    fn name_layers(&self, mut opened: Opened, taken: &mut HashSet<String>) -> Opened {
        for layer in &mut opened.layers {
            let name = match layer.name.take() {
                None => self.label.clone(),
                Some(name) if layer.is_part || taken.contains(&normal(&name)) => format!("{}_{name}", self.label),
                Some(name) => name,
            };
            taken.insert(normal(&name));
            (layer.name, layer.is_part) = (Some(name), false);
        }
        opened
    }
}

/// Opens all that an archive has of files that can be imported.
///
/// # Errors
/// In one sentence: it is no archive, has nothing that could be imported, or not the layer that is wished.
pub fn open(input: &Input, options: &ImportOptions) -> Result<Opened, ImportError> {
    let mut archive = Archive::open(input.open()?)?;
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    // Texts and JSON beside other files describe them more often than not.
    let (mut texts, mut objects) = (Vec::new(), Vec::new());
    for name in archive.names.clone() {
        match ending(Path::new(&name)).as_str() {
            "zip" | "gz" => notes.push(format!("{name} is left out: an archive in an archive is not unpacked.")),
            "txt" => texts.push(name),
            "json" if !archive.is_geojson(&name)? => objects.push(name),
            known if ENDINGS.contains(&known) => files.push(name),
            _ => {}
        }
    }
    for others in [&mut objects, &mut texts] {
        if files.is_empty() {
            files.append(others);
        }
    }
    let parts = Part::of(files);
    let others = Part::of([objects, texts].concat());
    if parts.is_empty() {
        let left_out = notes.iter().map(|note| format!(" {note}")).collect::<String>();
        return Err(ImportError(format!("The archive has no file that could be imported.{left_out}")));
    }
    let mut opened = Opened { layers: Vec::new(), notes };
    let wanted = options.layer.as_deref();
    let named: Vec<&Part> =
        parts.iter().chain(&others).filter(|part| wanted.is_some_and(|wanted| part.is_called(wanted))).collect();
    let is_one = parts.len() == 1 && !named.iter().any(|part| others.iter().any(|other| other.file == part.file));
    // What is wished is a file, or a layer of one.
    let is_file = !is_one && !named.is_empty();
    let within = ImportOptions { layer: options.layer.clone().filter(|_| !is_file), ..options.clone() };
    let mut is_known = HashSet::new();
    for part in if is_file { named } else { parts.iter().collect() } {
        match archive.open_part(part, &within) {
            Ok(found) if is_one => opened.append(found),
            Ok(found) => opened.append(part.name_layers(found, &mut is_known)),
            Err(_) if !is_one && within.layer.is_some() => {}
            Err(error) if is_one => return Err(error),
            Err(error) => return Err(ImportError(format!("{}: {error}", part.file))),
        }
    }
    match wanted {
        Some(wanted) if opened.layers.is_empty() => {
            let names: Vec<&str> = parts.iter().chain(&others).map(|part| part.label.as_str()).collect();
            return Err(ImportError(format!("The archive has no layer {wanted}: {}.", names.join(", "))));
        }
        Some(_) => {}
        None => opened.notes.extend(others.iter().map(|other| {
            format!("{} is left out, for it may be no data: --layer {} imports it.", other.file, other.label)
        })),
    }
    Ok(opened)
}

/// Unpacks the files that belong to a shapefile: those of the same name with other endings.
fn unpack_beside(archive: &mut Archive, shapes: &str) -> Result<Vec<(String, Input)>, ImportError> {
    let stem = shapes.rsplit_once('.').map_or(shapes, |(stem, _)| stem);
    let beside: Vec<(String, String)> = archive
        .names
        .iter()
        .filter_map(|name| {
            let (other, ending) = name.rsplit_once('.')?;
            let ending = ending.to_lowercase();
            let is_part = ["dbf", "prj", "cpg"].contains(&ending.as_str());
            (other.eq_ignore_ascii_case(stem) && is_part).then(|| (ending, name.clone()))
        })
        .collect();
    beside.into_iter().map(|(ending, name)| Ok((ending, archive.unpack(&name)?))).collect()
}

/// Opens the documents of a KMZ that have placemarks: the one that a reader shows, or those that it refers to.
///
/// # Errors
/// It is none.
pub fn open_kmz(input: &Input, name: &str, options: &ImportOptions) -> Result<Opened, ImportError> {
    let mut archive = Archive::open(input.open()?)?;
    let mut found = archive.of_kind("kml");
    found.sort_by_key(|name| (name.matches('/').count(), name != "doc.kml"));
    let mut documents = Vec::new();
    for name in &found {
        let document = Kml::open(archive.unpack(name)?)?;
        if document.has_placemarks()? {
            documents.push((name, document));
        }
    }
    match (documents.pop(), documents.is_empty()) {
        (None, _) => Err(ImportError("The KMZ has no KML with placemarks in it.".into())),
        (Some((_, document)), true) => only(document, name, options),
        (Some(last), false) => {
            documents.push(last);
            let layers = documents.into_iter().map(|(name, document)| {
                let stem = Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
                (stem.unwrap_or_default(), document)
            });
            let chosen = choose(layers.collect(), options.layer.as_deref(), "KMZ", |(name, _)| name)?;
            let layers = chosen.into_iter().map(|(name, document)| Layer {
                name: Some(name),
                is_part: true,
                source: Box::new(document),
            });
            Ok(layers.collect::<Vec<_>>().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zipped(files: &[(&str, usize)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::with_suffix(".zip").unwrap();
        let mut archive = zip::ZipWriter::new(file.reopen().unwrap());
        for (name, length) in files {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::copy(&mut std::io::repeat(0).take(*length as u64), &mut archive).unwrap();
        }
        archive.finish().unwrap();
        file
    }

    fn refusal(files: &[(&str, usize)]) -> String {
        let file = zipped(files);
        open(&Input::Named(file.path().to_owned()), &ImportOptions::default())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn archives_do_not_explode() {
        let small = refusal(&[("a.shp", 1 << 20), ("a.dbf", 10)]);
        assert!(small.starts_with("The shapefile cannot be read"), "{small}");
        let large = refusal(&[("a.shp", 17 << 20), ("a.dbf", 10)]);
        assert!(large.starts_with("a.shp is larger than"), "{large}");
        let file = zipped(&[("a.xml", 17 << 20)]);
        assert!(check(&Input::Named(file.path().to_owned())).is_err());
        assert!(refusal(&[("__MACOSX/a.csv", 1), ("b.pdf", 1)]).contains("no file that could be imported"));
        assert!(refusal(&[("a.zip", 1)]).contains("a.zip is left out"));
    }

    #[test]
    fn files_that_are_packed_alone_do_not_explode() {
        let packed = |length: u64| {
            let mut file = tempfile::NamedTempFile::with_suffix(".csv.gz").unwrap();
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::copy(&mut std::io::repeat(b'a').take(length), &mut packer).unwrap();
            file.write_all(&packer.finish().unwrap()).unwrap();
            gunzip(&Input::Named(file.path().to_owned()))
        };
        assert!(packed(17 << 20).is_err_and(|error| error.0.contains("times as large as the file")));
        let mut text = String::new();
        packed(5).unwrap().open().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "aaaaa");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let mut file = tempfile::NamedTempFile::with_suffix(".zip").unwrap();
        file.write_all(b"no").unwrap();
        let input = Input::Named(file.path().to_owned());
        assert!(open(&input, &ImportOptions::default()).err().is_some_and(|error| error.0.contains("cannot be read")));
    }
}
