//! A sending system: frames as the `mllp_send` of the PyPI package `hl7` writes them (0x0B, message, 0x1C 0x0D), one
//! answer awaited after each.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Sender {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl Sender {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub fn over(stream: TcpStream) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next answer without its frame; `None` if the connection ends without one.
    pub async fn answer(&mut self) -> Option<Vec<u8>> {
        tokio::time::timeout(Duration::from_secs(60), self.next_answer()).await.expect("no answer in time")
    }

    pub async fn next_answer(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.received.windows(2).position(|window| window == b"\x1c\r") {
                let rest = self.received.split_off(end + 2);
                let framed = std::mem::replace(&mut self.received, rest);
                assert_eq!(framed[0], 0x0b, "an answer is framed");
                return Some(framed[1..end].to_vec());
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(count) if count > 0 => {}
                _ => return None,
            }
        }
    }

    /// Sends a message and gives MSA-1 and MSA-2 of the answer; `None` if the connection breaks first.
    pub async fn send(&mut self, message: &[u8]) -> Option<String> {
        self.stream.write_all(&framed(message)).await.ok()?;
        Some(msa(&self.next_answer().await?))
    }

    pub async fn sends(&mut self, message: &[u8]) -> String {
        let sent = tokio::time::timeout(Duration::from_secs(60), self.send(message)).await;
        sent.expect("no answer in time").expect("the connection was closed")
    }

    /// True if nothing comes for a moment.
    pub async fn hears_nothing(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(400), self.next_answer()).await.is_err()
    }

    pub async fn is_closed(&mut self) -> bool {
        let closed = tokio::time::timeout(Duration::from_secs(60), self.next_answer()).await;
        closed.expect("not closed in time").is_none()
    }
}

pub fn framed(message: &[u8]) -> Vec<u8> {
    [b"\x0b", message, b"\x1c\r"].concat()
}

/// `AA M1` of an answer.
pub fn msa(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line = text.split('\r').find(|line| line.starts_with("MSA")).expect("no MSA");
    let fields: Vec<&str> = line.split('|').collect();
    format!("{} {}", fields[1], fields.get(2).unwrap_or(&"")).trim().to_owned()
}

/// An admission of a fictitious patient.
pub fn adt(control_id: &str, patient: u32) -> Vec<u8> {
    format!(
        "MSH|^~\\&|HIS|H01|GW|HUB|20260401093000||ADT^A08^ADT_A01|{control_id}|P|2.5\r\
         PID|1||{patient:07}^^^^PI||KAKUU^TARO||19500101|M\r"
    )
    .into_bytes()
}
