//! A program that changes files in one of several ways and then kills itself: what the tests of the preload layer run.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, Result, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(deed), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(Error::other("victim DEED FOLDER"));
    };
    let folder = Path::new(&folder);
    let (old, new, other) = (folder.join("old"), folder.join("new"), folder.join("other"));
    let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
    let sync = || File::open(folder)?.sync_all();
    match deed.as_str() {
        "overwrite" => open(&old)?.write_all_at(b"XXXX", 2)?,
        "overwrite-sync" => {
            let file = open(&old)?;
            file.write_all_at(b"XXXX", 2)?;
            file.sync_data()?;
            file.write_all_at(b"YY", 0)?;
        }
        "append" => OpenOptions::new().append(true).open(&old)?.write_all(b"tail")?,
        "append-sync" => {
            let mut file = OpenOptions::new().append(true).open(&old)?;
            file.write_all(b"tail")?;
            file.sync_all()?;
        }
        "truncate" => open(&old)?.set_len(3)?,
        "rewrite" => fs::write(&old, b"other words")?,
        "create" => {
            let mut file = File::create(&new)?;
            file.write_all(b"news")?;
            file.sync_all()?;
        }
        "create-sync" => {
            let mut file = File::create(&new)?;
            file.write_all(b"news")?;
            file.sync_all()?;
            sync()?;
        }
        // The bytes were never synced, the name was: the classic mistake.
        "rename-without-bytes" => {
            File::create(&new)?.write_all(b"news")?;
            fs::rename(&new, &other)?;
            sync()?;
        }
        "replace" => {
            let mut file = File::create(&new)?;
            file.write_all(b"news")?;
            file.sync_all()?;
            fs::rename(&new, &old)?;
        }
        "replace-sync" => {
            let mut file = File::create(&new)?;
            file.write_all(b"news")?;
            file.sync_all()?;
            fs::rename(&new, &old)?;
            sync()?;
        }
        "remove" => fs::remove_file(&old)?,
        "remove-sync" => {
            fs::remove_file(&old)?;
            sync()?;
        }
        "folder" => {
            fs::create_dir(&new)?;
            let mut file = File::create(new.join("inner"))?;
            file.write_all(b"news")?;
            file.sync_all()?;
            File::open(&new)?.sync_all()?;
        }
        _ => return Err(Error::other("no such deed")),
    }
    // The end comes as from outside: nothing is flushed.
    std::process::abort()
}
