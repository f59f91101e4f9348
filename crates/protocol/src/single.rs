//! One large delivery, read piece by piece as it arrives (`PUT`): never more than a piece in memory.

use crate::batch::hex;
use crate::decode::{DecodeError, json, take_line, versioned};
use crate::head::{DeliveryHead, Opening};
use sha2::{Digest, Sha256};

/// Takes the pieces of a `PUT` body, hands the delivery's bytes on, and checks length and hash at the end.
#[derive(Default)]
pub struct SingleDecoder {
    headers: Vec<u8>,
    opening: Option<Opening>,
    head: Option<DeliveryHead>,
    received: u64,
    ended: bool,
    hash: Sha256,
}

impl SingleDecoder {
    /// Starts a body.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is coming, as soon as both header lines are there.
    pub fn headers(&self) -> Option<(&Opening, &DeliveryHead)> {
        self.opening.as_ref().zip(self.head.as_ref())
    }

    /// Takes the next piece of the body and returns those of its bytes that belong to the delivery.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut rest = piece.to_vec();
        if self.head.is_none() {
            self.headers.append(&mut rest);
            match self.read_headers()? {
                Some(body) => rest = body,
                None => return Ok(Vec::new()),
            }
        }
        let length = self.head.as_ref().map_or(0, |head| head.length);
        let open = usize::try_from(length.saturating_sub(self.received)).unwrap_or(usize::MAX);
        let after = rest.split_off(open.min(rest.len()));
        self.received += rest.len() as u64;
        self.hash.update(&rest);
        match after.split_first() {
            None => {}
            Some((b'\n', [])) if !self.ended => self.ended = true,
            Some((b'\n', more)) if !self.ended => return Err(DecodeError::Trailing(more.len() as u64)),
            Some(_) if !self.ended => return Err(DecodeError::Framing { index: 0 }),
            Some(_) => return Err(DecodeError::Trailing(after.len() as u64)),
        }
        Ok(rest)
    }

    fn read_headers(&mut self) -> Result<Option<Vec<u8>>, DecodeError> {
        let Some((first, rest)) = take_line(&self.headers)? else { return Ok(None) };
        if self.opening.is_none() {
            self.opening = Some(versioned(first, "the opening")?);
        }
        let Some(opening) = &self.opening else { return Ok(None) };
        if opening.deliveries != 1 {
            return Err(DecodeError::Field { what: "the number of deliveries" });
        }
        let Some((second, body)) = take_line(rest)? else { return Ok(None) };
        let head: DeliveryHead = json(second, "a delivery header")?;
        head.check(&opening.facility)?;
        let body = body.to_vec();
        self.head = Some(head);
        self.headers = Vec::new();
        Ok(Some(body))
    }

    /// The end of the body: everything must have come, with the right hash. Only now may it be kept.
    pub fn finish(self) -> Result<(Opening, DeliveryHead), DecodeError> {
        let (Some(opening), Some(head)) = (self.opening, self.head) else {
            return Err(DecodeError::Short { at: "a delivery header" });
        };
        if self.received < head.length {
            return Err(DecodeError::Short { at: "the bytes of a delivery" });
        }
        if !self.ended {
            return Err(DecodeError::Short { at: "the end of a delivery" });
        }
        if hex(&self.hash.finalize()) != head.sha256 {
            return Err(DecodeError::Hash { index: 0 });
        }
        Ok((opening, head))
    }
}
