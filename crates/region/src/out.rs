//! The output folder: the state a region's storages have on its last day, and the three tables beside them.
//!
//! `facilities.csv` (facility_id, kind, name, number), `sources.csv` (facility_id, source, format, path),
//! `truth.csv` (facility_id, local_id, person_id), `notebooks.csv` (facility_id, path, person_id).

use crate::write::quoted;
use crate::{Region, RegionFile, Sources, Tables, gather};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writing the region failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Residents.
    pub residents: u32,
    /// Registrations of residents at facilities, town halls included.
    pub registrations: u64,
    /// Files below the sources' roots.
    pub files: u64,
    /// Sources.
    pub sources: u64,
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> WriteError + '_ {
    |source| WriteError { path: path.to_owned(), source }
}

fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    match fs::write(path, bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(path);
            fs::create_dir_all(folder).map_err(failed(folder))?;
            fs::write(path, bytes).map_err(failed(path))
        }
        other => other.map_err(failed(path)),
    }
}

impl RegionFile {
    /// Does below `out` what the facility's system did: writes the file under a temporary name and renames
    /// it into place, or renames the earlier file.
    pub fn apply(&self, out: &Path) -> Result<(), WriteError> {
        let root = out.join(self.root());
        let path = root.join(&self.path);
        if let Some(was) = &self.was {
            let was = root.join(was);
            if was.exists() {
                return fs::rename(&was, &path).map_err(failed(&path));
            }
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = path.with_file_name(format!(".{name}.part"));
        create(&part, &self.bytes)?;
        fs::rename(&part, &path).map_err(failed(&path))
    }
}

struct Table {
    path: PathBuf,
    file: BufWriter<fs::File>,
}

impl Table {
    fn new(out: &Path, name: &str, header: &[&str]) -> Result<Self, WriteError> {
        let path = out.join(name);
        let file = BufWriter::new(fs::File::create(&path).map_err(failed(&path))?);
        let mut table = Self { path, file };
        table.row(header)?;
        Ok(table)
    }

    fn row(&mut self, fields: &[&str]) -> Result<(), WriteError> {
        let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        writeln!(self.file, "{}", fields.join(",")).map_err(failed(&self.path))
    }

    fn done(mut self) -> Result<(), WriteError> {
        self.file.flush().map_err(failed(&self.path))
    }
}

impl Region {
    /// Writes the whole region below `out` as it stands on the last day, person by person (memory does not
    /// grow with the files). `progress` is told how many residents of how many are done.
    pub fn write(&self, out: &Path, mut progress: impl FnMut(u32, u32)) -> Result<Summary, WriteError> {
        let mut summary = Summary::default();
        let mut sources = Sources::new();
        let mut tables = Tables::new();
        self.write_people(out, &mut |person, left| {
            for file in last_state(left.files) {
                create(&out.join(file.root()).join(&file.path), &file.bytes)?;
                sources.insert((file.facility, file.source, file.format.word()));
                summary.files += 1;
            }
            gather(&mut tables, left.rows);
            summary.registrations += left.registrations.len() as u64;
            summary.residents = person;
            progress(person, self.plan.residents);
            Ok(())
        })?;
        for file in self.tables(tables) {
            create(&out.join(file.root()).join(&file.path), &file.bytes)?;
            sources.insert((file.facility, file.source, file.format.word()));
            summary.files += 1;
        }
        summary.sources = sources.len() as u64;
        self.write_sources(out, &sources)?;
        Ok(summary)
    }

    /// Writes only `facilities.csv`, `sources.csv`, `truth.csv` and `notebooks.csv`, for whoever releases the
    /// files of [`Region::files`] with [`RegionFile::apply`].
    pub fn write_tables(&self, out: &Path, files: &[RegionFile]) -> Result<(), WriteError> {
        self.write_people(out, &mut |_, _| Ok(()))?;
        let sources: Sources =
            files.iter().map(|file| (file.facility.clone(), file.source, file.format.word())).collect();
        self.write_sources(out, &sources)
    }

    fn write_people(
        &self,
        out: &Path,
        each: &mut dyn FnMut(u32, crate::write::Left) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        fs::create_dir_all(out).map_err(failed(out))?;
        let mut truth = Table::new(out, "truth.csv", &["facility_id", "local_id", "person_id"])?;
        let mut notebooks = Table::new(out, "notebooks.csv", &["facility_id", "path", "person_id"])?;
        for person in self.people() {
            let left = self.left(&person);
            let id = person.id();
            let facility =
                |place: usize| self.facilities.at(place).map_or("", |facility| facility.id.as_str());
            for (place, local_id) in &left.registrations {
                truth.row(&[facility(*place), local_id, &id])?;
            }
            for (place, path) in &left.notebooks {
                notebooks.row(&[facility(*place), path, &id])?;
            }
            each(person.number, left)?;
        }
        truth.done()?;
        notebooks.done()?;
        let mut table = Table::new(out, "facilities.csv", &["facility_id", "kind", "name", "number"])?;
        for facility in self.facilities() {
            table.row(&[&facility.id, facility.kind.word(), &facility.name, &facility.number])?;
        }
        table.done()
    }

    fn write_sources(&self, out: &Path, sources: &Sources) -> Result<(), WriteError> {
        let mut table = Table::new(out, "sources.csv", &["facility_id", "source", "format", "path"])?;
        for (facility, source, format) in sources {
            table.row(&[facility, source, format, &format!("{facility}/{source}")])?;
        }
        table.done()
    }
}

/// The files that are left when every renaming is done.
fn last_state(mut files: Vec<RegionFile>) -> Vec<RegionFile> {
    files.sort_by_key(|file| file.at);
    let renamed: BTreeSet<(String, String)> =
        files.iter().filter_map(|file| Some((file.root(), file.was.clone()?))).collect();
    let mut kept: BTreeMap<(String, String), RegionFile> = BTreeMap::new();
    for file in files {
        let key = (file.root(), file.path.clone());
        if !renamed.contains(&key) {
            kept.insert(key, file);
        }
    }
    kept.into_values().collect()
}
