//! `hakucho read`: what a file says, without any store. For vendors and support.

use crate::cli::Read;
use crate::exit::Exit;
use crate::out;
use anyhow::Context;
use model::path_text::text_of;
use model::reading::{Format, Input, Reading};
use serde_json::{Value, json};
use std::path::Path;

/// Prints one JSON object per file: its statements with their records, and its problems.
pub fn run(read: &Read) -> anyhow::Result<Exit> {
    let asked = match read.format.as_deref() {
        None | Some("auto") => None,
        Some(word) => Some(Format::parse(word).with_context(|| format!("形式 {word} は知りません"))?),
    };
    let mut exit = Exit::Done;
    for file in &read.files {
        let bytes = std::fs::read(file).with_context(|| format!("{} を読めません", file.display()))?;
        let name = file.file_name().map(|name| text_of(Path::new(name))).unwrap_or_default();
        let whole = text_of(file).replace('\\', "/");
        let path = if asked == Some(Format::SsMix2) || asked.is_none() { whole } else { name };
        let format = asked.or_else(|| formats::detect(&path, &bytes));
        let printed = match format.map(|format| {
            (format, formats::read(format, &Input { path: &path, bytes: &bytes, source_time: "" }))
        }) {
            None => refused(&path, None, "unknown-format", "どの形式の内容でもありません"),
            Some((format, Err(error))) => refused(&path, Some(format), error.code, &error.text),
            Some((format, Ok(reading))) => told(&path, format, &reading),
        };
        if printed.get("refused").is_some() {
            exit = Exit::FoundWrong;
        }
        out::line(serde_json::to_string_pretty(&printed)?)?;
    }
    Ok(exit)
}

fn refused(path: &str, format: Option<Format>, code: &str, text: &str) -> Value {
    json!({"file": path, "format": format.map(Format::word), "refused": {"code": code, "text": text}})
}

fn told(path: &str, format: Format, reading: &Reading) -> Value {
    let statements: Vec<Value> = reading
        .statements
        .iter()
        .map(|statement| {
            let records: Vec<Value> = statement
                .records
                .iter()
                .map(|record| json!({"key": record.key, "at": record.at, "extent": record.extent, "resource": record.resource}))
                .collect();
            json!({"patient": statement.patient.local_id(), "set": statement.set, "order": statement.order,
                   "effect": statement.effect, "records": records})
        })
        .collect();
    json!({"file": path, "format": format.word(), "statements": statements,
           "consents": reading.consents.len(), "problems": reading.problems})
}
