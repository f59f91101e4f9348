//! Photographs and scans (JPEG, PNG): a paper document, or a 2D code on it.
