//! The files every page may ask for, built into the binary: one style sheet, three small modules, one icon.
//!
//! No web font, no outside address, nothing made by a bundler. The pages obey `default-src 'self'`.

/// One file that is served below `/assets/`.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Name below `/assets/`.
    pub name: &'static str,
    /// Media type with charset.
    pub media_type: &'static str,
    /// The content.
    pub body: &'static str,
}

/// Every asset.
pub const ALL: &[Asset] = &[
    Asset {
        name: "hakucho.css",
        media_type: "text/css; charset=utf-8",
        body: concat!(
            include_str!("assets/hakucho.css"),
            include_str!("assets/course.css"),
            include_str!("assets/fit.css")
        ),
    },
    Asset {
        name: "keys.js",
        media_type: "text/javascript; charset=utf-8",
        body: include_str!("assets/keys.js"),
    },
    Asset {
        name: "lock.js",
        media_type: "text/javascript; charset=utf-8",
        body: include_str!("assets/lock.js"),
    },
    Asset {
        name: "live.js",
        media_type: "text/javascript; charset=utf-8",
        body: include_str!("assets/live.js"),
    },
    Asset { name: "swan.svg", media_type: "image/svg+xml", body: include_str!("assets/swan.svg") },
];

/// The asset with this name.
pub fn find(name: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.name == name)
}

/// The address of an asset, with a fingerprint of its content, so that it may be cached for ever.
pub fn address(name: &str) -> String {
    let print = find(name).map_or(0, |asset| fingerprint(asset.body.as_bytes()));
    format!("/assets/{name}?v={print:08x}")
}

/// FNV-1a, 32 bit: tells two builds apart, nothing more.
fn fingerprint(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_stay_small() {
        let bytes: usize =
            ALL.iter().filter(|asset| asset.name.ends_with(".js")).map(|asset| asset.body.len()).sum();
        assert!(bytes <= 10 * 1024, "{bytes}");
    }

    #[test]
    fn the_address_changes_with_the_content() {
        assert!(address("hakucho.css").starts_with("/assets/hakucho.css?v="));
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
        assert!(find("../etc").is_none());
    }
}
