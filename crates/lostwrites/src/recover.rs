//! After the kill: undo what was not synced.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// What was undone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Writes and changes of size taken back.
    pub writes: usize,
    /// Directory entries taken back.
    pub entries: usize,
}

/// Undoes everything in the journal, newest first, and empties it. The program must be dead.
pub fn recover(root: &Path, journal: &Path) -> io::Result<Recovered> {
    // By inode: a file that was renamed since its bytes were written is still found.
    let mut files = HashMap::new();
    open_below(root, &mut files)?;
    open_below(journal, &mut files)?;
    let mut records = Vec::new();
    for file in fs::read_dir(journal)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().as_bytes();
        if let [b'f' | b'd', inode @ ..] = name {
            let inode = str::from_utf8(inode).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
            records.extend(read(&path, (name.starts_with(b"f")).then_some(inode))?);
        }
    }
    records.sort_by_key(|record| std::cmp::Reverse(record.number));
    let mut recovered = Recovered::default();
    for record in records {
        match record.inode {
            Some(inode) => {
                if let Some(file) = files.get(&inode) {
                    file.write_all_at(&record.body, word(&record.head, 0))?;
                    file.set_len(word(&record.head, 8))?;
                }
                recovered.writes += 1;
            }
            None => {
                entry(&record)?;
                recovered.entries += 1;
            }
        }
    }
    drop(files);
    for file in fs::read_dir(journal)? {
        fs::remove_file(file?.path())?;
    }
    Ok(recovered)
}

fn open_below(folder: &Path, files: &mut HashMap<u64, File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.path().symlink_metadata()?;
        if data.is_dir() {
            open_below(&entry.path(), files)?;
        } else if data.is_file() {
            files.insert(data.ino(), OpenOptions::new().write(true).open(entry.path())?);
        }
    }
    Ok(())
}

/// Takes a directory entry back. One that is gone already was made in a directory that is gone.
fn entry(record: &Record) -> io::Result<()> {
    let mut names = record.body.splitn(2, |byte| *byte == 0).map(|name| Path::new(OsStr::from_bytes(name)));
    let (first, second) = (names.next().unwrap_or(Path::new("")), names.next().unwrap_or(Path::new("")));
    let done = match record.kind.as_slice() {
        b"C" if first.is_dir() => fs::remove_dir_all(first),
        b"C" => fs::remove_file(first),
        // Removed: what it named was kept under `second`. Renamed from `first` to `second`.
        _ => fs::rename(second, first),
    };
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

struct Record {
    /// Of a file whose bytes changed; none for a directory's entry.
    inode: Option<u64>,
    number: u64,
    kind: Vec<u8>,
    head: Vec<u8>,
    body: Vec<u8>,
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes.get(at..at + 8).unwrap_or(&[0; 8]));
    u64::from_le_bytes(word)
}

/// Every whole record; a torn one at the end was written down for a change that did not happen yet.
fn read(path: &Path, inode: Option<u64>) -> io::Result<Vec<Record>> {
    let bytes = fs::read(path)?;
    let (mut found, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((record, after)) = record(rest, inode) {
        found.push(record);
        rest = after;
    }
    Ok(found)
}

fn record(bytes: &[u8], inode: Option<u64>) -> Option<(Record, &[u8])> {
    fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let length = usize::try_from(word(bytes.get(..8)?, 0)).ok()?;
        bytes.get(8..)?.split_at_checked(length)
    }
    let number = word(bytes.get(..8)?, 0);
    let (kind, rest) = part(bytes.get(8..)?)?;
    let (head, rest) = part(rest)?;
    let (body, rest) = part(rest)?;
    Some((Record { inode, number, kind: kind.to_vec(), head: head.to_vec(), body: body.to_vec() }, rest))
}
