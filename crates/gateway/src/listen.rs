//! What a gateway is told of its receivers: where others inside the facility may hand something over.

use crate::config::ConfigError;
use model::SourceName;
use model::reading::Format;
use std::net::SocketAddr;
use std::time::Duration;

/// One port on which messages are received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Name of the feed. `mllp` if none was given: it stays the same when the port changes.
    pub source: SourceName,
    /// Where to listen.
    pub address: SocketAddr,
}

impl Listen {
    /// Name of a feed that was given none.
    pub const SOURCE: &str = "mllp";

    /// Reads `hl7=ADDRESS:PORT` or `hl7:SOURCE=ADDRESS:PORT`, e.g. `hl7:lab=127.0.0.1:2575`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::Listen { given: text.to_owned() };
        let (kind, address) = text.split_once('=').ok_or_else(wrong)?;
        let (format, source) = kind.split_once(':').unwrap_or((kind, Self::SOURCE));
        if format != Format::Hl7.word() || source.is_empty() {
            return Err(wrong());
        }
        let source = SourceName::new(source).map_err(|_| wrong())?;
        Ok(Self { source, address: address.parse().map_err(|_| wrong())? })
    }
}

impl std::str::FromStr for Listen {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text)
    }
}

/// The page on which people hand over photographs and documents.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// Name of the feed.
    pub source: SourceName,
    /// Where to listen.
    pub address: SocketAddr,
    /// What everybody who hands something over must know.
    pub pin: Pin,
}

impl Upload {
    /// Name of a feed that was given none.
    pub const SOURCE: &str = "upload";

    /// Reads `ADDRESS:PORT` or `SOURCE=ADDRESS:PORT`.
    pub fn parse(text: &str, pin: Pin) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::Upload { given: text.to_owned() };
        let (source, address) = text.split_once('=').unwrap_or((Self::SOURCE, text));
        let source = SourceName::new(source).map_err(|_| wrong())?;
        if source.as_str().is_empty() {
            return Err(wrong());
        }
        Ok(Self { source, address: address.parse().map_err(|_| wrong())?, pin })
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} {} ●●)", self.source, self.address)
    }
}

/// The secret of the upload page. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Letters of a made one: none that look alike, no vowels (no words).
    const LETTERS: &[u8; 32] = b"23456789BCDFGHJKMNPQRSTVWXYZ2468";
    /// Fewest characters.
    pub const SHORTEST: usize = 8;
    const LONGEST: usize = 128;

    /// Checks length (8 to 128) and characters (visible ASCII).
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (Self::SHORTEST..=Self::LONGEST).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::Pin)
        }
    }
    /// Makes one of ten letters out of bytes that nobody can guess.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let letter = |byte: u8| Self::LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'2');
        Self(bytes.into_iter().map(|byte| char::from(letter(byte))).collect())
    }
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(●●)")
    }
}

/// What receivers put up with. The defaults suit a hospital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// Largest message or file: 64 MiB.
    pub largest: usize,
    /// Most connections at a time, of each receiver.
    pub connections: usize,
    /// How long a connection may stay open without a message.
    pub idle: Duration,
    /// How long a message may take from its first byte to its last, and one second more for each 64 KiB.
    pub message: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            largest: 64 * 1024 * 1024,
            connections: 256,
            idle: Duration::from_secs(3600),
            message: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_read() {
        let listen = Listen::parse("hl7=127.0.0.1:2575").unwrap();
        assert_eq!((listen.source.as_str(), listen.address.port()), ("mllp", 2575));
        let listen = Listen::parse("hl7:lab=[::]:2576").unwrap();
        assert_eq!((listen.source.as_str(), listen.address.is_ipv6()), ("lab", true));
        for bad in
            ["", "hl7", "hl7=", "hl7=2575", "hl7=localhost:2575", "fhir=127.0.0.1:1", "hl7:=127.0.0.1:1"]
        {
            assert!(Listen::parse(bad).is_err(), "{bad}");
        }
        let pin = Pin::new("12345678").unwrap();
        assert_eq!(Upload::parse("127.0.0.1:8780", pin.clone()).unwrap().source.as_str(), "upload");
        assert_eq!(Upload::parse("paper=127.0.0.1:8780", pin.clone()).unwrap().source.as_str(), "paper");
        for bad in ["", "8780", "=127.0.0.1:1", "a b=127.0.0.1:1"] {
            assert!(Upload::parse(bad, pin.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pin_is_long_enough_and_never_printed() {
        for bad in ["", "1234567", "1234 5678", "１２３４５６７８", &"x".repeat(129)] {
            assert_eq!(Pin::new(bad), Err(ConfigError::Pin), "{bad}");
        }
        let made = Pin::from_random([0, 1, 2, 3, 4, 250, 251, 252, 253, 255]);
        assert!(Pin::new(made.reveal()).is_ok());
        let upload = Upload::parse("127.0.0.1:1", made.clone()).unwrap();
        assert!(!format!("{upload:?}{made:?}").contains(made.reveal()));
    }
}
