//! Outside samples, read in place: `HAKUCHO_SAMPLES` names the folder; nothing of them is in this repository.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic and count what it skips")]

/// The outside samples of a folder, or `None` (said in the output) where they are not at hand.
pub fn samples(folder: &str, endings: &[&str]) -> Option<Vec<(String, Vec<u8>)>> {
    let Some(root) = std::env::var_os("HAKUCHO_SAMPLES") else {
        println!("skipped 1: HAKUCHO_SAMPLES is not set ({folder})");
        return None;
    };
    let mut files = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(root).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if endings.contains(&ending.as_str()) {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "no sample in {folder}");
    files.sort();
    Some(files)
}
