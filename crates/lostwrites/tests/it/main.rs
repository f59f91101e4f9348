//! The layer loses what was not synced and keeps what was: each deed is seen to have happened before it is undone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const OLD: &[u8] = b"0123456789";

/// What a folder holds: names with bytes; a folder's own entries by `folder/name`.
type Files = BTreeMap<String, Vec<u8>>;

fn library() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().unwrap();
    [folder, folder.parent().unwrap()]
        .iter()
        .map(|folder| folder.join("liblostwrites.so"))
        .find(|path| path.exists())
        .expect("the preload layer is built with its tests")
}

fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path()).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
            );
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

fn expected(list: &[(&str, &[u8])]) -> Files {
    list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
}

/// What the folder holds when the program has died, and what is left of it after the loss.
fn lose(deed: &str, deaf: bool) -> (Files, Files) {
    let place = tempfile::tempdir().unwrap();
    let (root, journal) = (place.path().join("root"), place.path().join("journal"));
    fs::create_dir(&root).unwrap();
    fs::create_dir(&journal).unwrap();
    fs::write(root.join("old"), OLD).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
    command.arg(deed).arg(&root).env("LD_PRELOAD", library());
    command.env(lostwrites::ROOT, &root).env(lostwrites::JOURNAL, &journal);
    if deaf {
        command.env(lostwrites::DEAF, "1");
    }
    let status = command.status().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(6),
        "{deed} did not reach its end"
    );
    let before = files(&root);
    lostwrites::recover(&root, &journal).unwrap();
    assert_eq!(files(&journal), Files::new(), "the journal is emptied");
    (before, files(&root))
}

fn check(deed: &str, before: &[(&str, &[u8])], after: &[(&str, &[u8])]) {
    let (was, is) = lose(deed, false);
    assert_eq!(was, expected(before), "{deed}: what the program did");
    assert_eq!(is, expected(after), "{deed}: what the disk kept");
}

#[test]
fn what_was_not_synced_is_lost() {
    let untouched: &[(&str, &[u8])] = &[("old", OLD)];
    check("overwrite", &[("old", b"01XXXX6789")], untouched);
    check("append", &[("old", b"0123456789tail")], untouched);
    check("truncate", &[("old", b"012")], untouched);
    check("rewrite", &[("old", b"other words")], untouched);
    check("create", &[("new", b"news"), ("old", OLD)], untouched);
    check("replace", &[("old", b"news")], untouched);
    check("remove", &[], untouched);
    check("folder", &[("new/inner", b"news"), ("old", OLD)], untouched);
    check("rename-without-bytes", &[("old", OLD), ("other", b"news")], &[("old", OLD), ("other", b"")]);
}

#[test]
fn what_was_synced_is_kept() {
    check("overwrite-sync", &[("old", b"YYXXXX6789")], &[("old", b"01XXXX6789")]);
    check("append-sync", &[("old", b"0123456789tail")], &[("old", b"0123456789tail")]);
    check("create-sync", &[("new", b"news"), ("old", OLD)], &[("new", b"news"), ("old", OLD)]);
    check("replace-sync", &[("old", b"news")], &[("old", b"news")]);
    check("remove-sync", &[], &[]);
}

#[test]
fn a_disk_that_lies_loses_what_was_synced() {
    for deed in ["append-sync", "overwrite-sync", "create-sync", "replace-sync", "remove-sync"] {
        let (was, is) = lose(deed, true);
        assert_ne!(was, is, "{deed}");
        assert_eq!(is, expected(&[("old", OLD)]), "{deed}");
    }
}
