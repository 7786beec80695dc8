//! Archives: their files are unpacked one after the other into files without a name, never more than an archive of
//! data can have.

use super::kml::Kml;
use super::source::{Input, Layer, Opened, choose, ending, open_input};
use super::{ImportError, Wish, shapefile};
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
/// Endings of files in an archive that are datasets by themselves, the most telling ones first.
const WITHIN: &[&str] =
    &["shp", "gpkg", "geojson", "kml", "kmz", "gpx", "csv", "tsv", "xlsx", "ods", "json", "geojsonl", "ndjson", "txt"];

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
        Ok(Archive { archive, names, left: packed.saturating_mul(MOST_TIMES).clamp(SMALL, LARGEST) })
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
        self.left = self.left.checked_sub(length).ok_or_else(|| {
            ImportError(format!(
                "{name} is larger than {} GB, or {MOST_TIMES} times as large as its archive.",
                LARGEST >> 30
            ))
        })?;
        Ok(Input::Unpacked(file))
    }

    fn of_kind(&self, ending: &str) -> Vec<String> {
        let is_of_kind = |name: &&String| self::ending(Path::new(name.as_str())) == ending;
        self.names.iter().filter(is_of_kind).cloned().collect()
    }
}

fn broken(error: &dyn std::fmt::Display) -> ImportError {
    ImportError(format!("The archive cannot be read: {error}."))
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

/// Opens what is in an archive: shapefiles, or other files that can be imported.
///
/// # Errors
/// In one sentence: it is no archive, has nothing that could be imported, or not the layer that is wished.
pub fn open(file: &Path, wish: &Wish) -> Result<Opened, ImportError> {
    let mut archive = Archive::open(Input::Named(file.to_owned()).open()?)?;
    let Some((ending, found)) =
        WITHIN.iter().map(|ending| (*ending, archive.of_kind(ending))).find(|(_, found)| !found.is_empty())
    else {
        return Err(ImportError("The archive has no file that could be imported.".into()));
    };
    let stem = |name: &String| Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut named: Vec<(String, String)> = found.into_iter().filter_map(|name| Some((stem(&name)?, name))).collect();
    let is_one = named.len() == 1;
    // Of one file a layer is wished, of several it is the file.
    let within = Wish { layer: wish.layer.clone().filter(|_| is_one), ..wish.clone() };
    if !is_one {
        named = choose(named, wish.layer.as_deref(), "archive", |(stem, _)| stem)?;
    }
    let mut opened = Opened::default();
    for (stem, name) in named {
        let mut part = if ending == "shp" {
            let files = unpack_beside(&mut archive, &name)?;
            let shapes = archive.unpack(&name)?;
            let mut files: Vec<(String, Input)> = files;
            let take = |ending: &str| {
                let index = files.iter().position(|(known, _)| known == ending)?;
                Some(files.swap_remove(index).1)
            };
            Layer::only(shapefile::Shapefile::open(shapes, take)?).into()
        } else {
            open_input(archive.unpack(&name)?, ending, &within)?
        };
        for layer in &mut part.layers {
            if !is_one && layer.name.is_none() {
                layer.name = Some(stem.clone());
            }
        }
        opened.layers.append(&mut part.layers);
        opened.notes.append(&mut part.notes);
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
pub fn open_kmz(input: &Input) -> Result<Opened, ImportError> {
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
    let has_one = documents.len() == 1;
    let layers = documents.into_iter().map(|(name, document)| {
        let stem = Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Layer { name: stem.filter(|_| !has_one), is_part: true, source: Box::new(document) }
    });
    let layers: Vec<Layer> = layers.collect();
    match layers.is_empty() {
        true => Err(ImportError("The KMZ has no KML with placemarks in it.".into())),
        false => Ok(layers.into()),
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
        open(zipped(files).path(), &Wish::default()).err().map(|error| error.to_string()).unwrap_or_default()
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
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let mut file = tempfile::NamedTempFile::with_suffix(".zip").unwrap();
        file.write_all(b"no").unwrap();
        assert!(open(file.path(), &Wish::default()).err().is_some_and(|error| error.0.contains("cannot be read")));
    }
}
