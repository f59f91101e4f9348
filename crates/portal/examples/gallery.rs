//! Writes every sample page of the portal to a directory, to be looked at: `gallery DIR`.
//!
//! The addresses of the assets are made relative, so that the pages open from the file system.

use std::{error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("usage: gallery DIR")?);
    let assets = directory.join("assets");
    fs::create_dir_all(&assets)?;
    for asset in portal::assets::ALL {
        fs::write(assets.join(asset.name), asset.body)?;
    }
    for language in ["ja", "easy", "en"] {
        let below = directory.join(language);
        fs::create_dir_all(&below)?;
        for (name, html) in portal::gallery::pages(language) {
            fs::write(below.join(format!("{name}.html")), html.replace("\"/assets/", "\"../assets/"))?;
        }
    }
    Ok(())
}
