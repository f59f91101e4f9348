//! The bytes of a backup: zstd over records that begin with a letter.
//!
//! `hakucho backup\n`, the [`Header`](super::Header) as a line of JSON; then `T` and the number of a table, `R` for each of
//! its rows; `B` a blob (32 bytes SHA-256, length, bytes); `E` the [`Contents`](super::Contents) as a line of JSON. A value
//! of a row is `-` (NULL), `i` and 8 bytes, or `b` with a length of 8 bytes and the bytes (text too, in UTF-8). Numbers are
//! big endian.

use super::{Contents, Header, damaged, unreadable};
use crate::error::StoreError;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};

const MAGIC: &str = "hakucho backup";
/// A line of JSON is no longer than this, a value of a row no larger than that.
const LONGEST_LINE: u64 = 16 << 20;
const LARGEST_VALUE: u64 = 1 << 30;

/// A value of a row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Bytes(Vec<u8>),
}

/// One record of the stream.
#[derive(Debug)]
pub(crate) enum Record {
    /// The rows of the table with this number follow.
    Table(u64),
    Row(Vec<Cell>),
    Blob(String, Vec<u8>),
    End(Contents),
}

/// Encodes a row, and gives its digest.
pub(crate) fn encode(cells: &[Cell], out: &mut Vec<u8>) -> [u8; 32] {
    out.clear();
    for cell in cells {
        match cell {
            Cell::Null => out.push(b'-'),
            Cell::Int(value) => {
                out.push(b'i');
                out.extend_from_slice(&value.to_be_bytes());
            }
            Cell::Bytes(bytes) => {
                out.push(b'b');
                out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
                out.extend_from_slice(bytes);
            }
        }
    }
    Sha256::digest(&*out).into()
}

/// Writes the stream.
pub(crate) struct Writer<W: Write> {
    out: zstd::stream::write::Encoder<'static, W>,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(out: W, header: &Header) -> std::io::Result<Self> {
        let mut out = zstd::stream::write::Encoder::new(out, 3)?;
        out.include_checksum(true)?;
        writeln!(out, "{MAGIC}")?;
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        Ok(Self { out })
    }

    pub(crate) fn table(&mut self, number: u64) -> std::io::Result<()> {
        self.out.write_all(b"T")?;
        self.out.write_all(&number.to_be_bytes())
    }

    /// A row as [`encode`] has it.
    pub(crate) fn row(&mut self, encoded: &[u8]) -> std::io::Result<()> {
        self.out.write_all(b"R")?;
        self.out.write_all(encoded)
    }

    pub(crate) fn blob(&mut self, sha256: &[u8; 32], bytes: &[u8]) -> std::io::Result<()> {
        self.out.write_all(b"B")?;
        self.out.write_all(sha256)?;
        self.out.write_all(&(bytes.len() as u64).to_be_bytes())?;
        self.out.write_all(bytes)
    }

    pub(crate) fn finish(mut self, contents: &Contents) -> std::io::Result<W> {
        self.out.write_all(b"E")?;
        serde_json::to_writer(&mut self.out, contents)?;
        self.out.write_all(b"\n")?;
        self.out.finish()
    }
}

/// Reads the stream.
pub(crate) struct Reader<R: Read> {
    input: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(input: R) -> Result<(Self, Header), StoreError> {
        let decoder = zstd::stream::read::Decoder::new(input).map_err(|error| unreadable(&error))?;
        let mut reader = Self { input: BufReader::with_capacity(1 << 16, decoder) };
        if reader.line().ok().as_deref() != Some(MAGIC.as_bytes()) {
            return Err(damaged("it is no backup of this program"));
        }
        let header: Header =
            serde_json::from_slice(&reader.line()?).map_err(|_| damaged("its first line is not readable"))?;
        if header.version != 1 {
            return Err(damaged(format_args!(
                "version {} is not known: use a newer program",
                header.version
            )));
        }
        Ok((reader, header))
    }

    /// The next record; a row has as many values as its table has columns.
    pub(crate) fn next(&mut self, columns: usize) -> Result<Record, StoreError> {
        match self.byte()? {
            b'T' => Ok(Record::Table(self.number()?)),
            b'R' => (0..columns).map(|_| self.cell()).collect::<Result<_, _>>().map(Record::Row),
            b'B' => {
                let hash: [u8; 32] = self.array()?;
                let length = self.number()?;
                let bytes = self.bytes(length)?;
                Ok(Record::Blob(hash.iter().map(|byte| format!("{byte:02x}")).collect(), bytes))
            }
            b'E' => {
                let contents = serde_json::from_slice(&self.line()?)
                    .map_err(|_| damaged("its last line is not readable"))?;
                // Reading on to the end checks the checksum of the packing.
                match self.input.read(&mut [0]) {
                    Ok(0) => Ok(Record::End(contents)),
                    Ok(_) => Err(damaged("something follows its end")),
                    Err(error) => Err(unreadable(&error)),
                }
            }
            _ => Err(damaged("it holds what no backup holds")),
        }
    }

    fn cell(&mut self) -> Result<Cell, StoreError> {
        match self.byte()? {
            b'-' => Ok(Cell::Null),
            b'i' => Ok(Cell::Int(i64::from_be_bytes(self.array()?))),
            b'b' => {
                let length = self.number()?;
                Ok(Cell::Bytes(self.bytes(length)?))
            }
            _ => Err(damaged("it holds a value of an unknown kind")),
        }
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u64, StoreError> {
        self.array().map(u64::from_be_bytes)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], StoreError> {
        let mut array = [0; LENGTH];
        self.input.read_exact(&mut array).map_err(|error| unreadable(&error))?;
        Ok(array)
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, StoreError> {
        if length > LARGEST_VALUE {
            return Err(damaged("it holds a value larger than any"));
        }
        // Grows with what is there, not with what is claimed.
        let mut bytes = Vec::new();
        let read =
            (&mut self.input).take(length).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if read as u64 == length { Ok(bytes) } else { Err(damaged("it ends before its end")) }
    }

    fn line(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.input).take(LONGEST_LINE);
        limited.read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
        if line.pop() == Some(b'\n') { Ok(line) } else { Err(damaged("it ends before its end")) }
    }
}
