//! Answers of the ORCA (日医標準レセプトソフト) API, JSON or XML.
