//! The same content as the pictures, as real tables: every row that may be seen, newest first, in pages.

use super::{
    Known, labs,
    view::{Group, View},
};
use crate::{
    chart::{axis::Axis, labs::Side},
    text::{Id, Lang},
};
use model::{RecordId, facility::RecordKind};

/// Rows on one page of the table.
pub const PAGE: usize = 200;

/// One page of the table.
#[derive(Debug, Clone)]
pub struct TableView {
    /// Groups with the rows of this page; a group that spans pages appears on each.
    pub groups: Vec<TableGroup>,
    /// This page, from 1.
    pub page: usize,
    /// How many pages.
    pub pages: usize,
    /// Rows on all pages.
    pub total: usize,
    /// Rows outside the range of time.
    pub outside: usize,
}

/// Rows under one caption.
#[derive(Debug, Clone)]
pub struct TableGroup {
    /// Facility, kind or problem.
    pub caption: String,
    /// Rows.
    pub rows: Vec<TableRow>,
}

/// One record.
#[derive(Debug, Clone)]
pub struct TableRow {
    /// Which.
    pub record: RecordId,
    /// When, as the source says.
    pub time: String,
    /// Until when.
    pub end: Option<String>,
    /// Kind.
    pub kind: RecordKind,
    /// What.
    pub label: String,
    /// Value with unit.
    pub value: String,
    /// Reference range.
    pub reference: String,
    /// Against it.
    pub side: Side,
    /// Facility.
    pub facility: String,
    /// Author, if the source says.
    pub author: Option<String>,
    /// When received.
    pub received: String,
    /// Version, from 1.
    pub version: u32,
    /// Unread.
    pub unread: bool,
}

pub(crate) fn of(lang: Lang, known: &[Known<'_>], axis: &Axis, view: &View) -> TableView {
    let mut rows: Vec<(String, &Known<'_>)> = Vec::new();
    let mut outside = 0;
    for each in known {
        let on_axis = each.day().is_none_or(|from| axis.meets(from, each.end.unwrap_or(from)));
        if on_axis {
            rows.push((caption(lang, each, view.group), each));
        } else {
            outside += 1;
        }
    }
    // Records without a day come last, under their own caption.
    rows.sort_by(|(a, x), (b, y)| {
        (x.at.is_none(), a).cmp(&(y.at.is_none(), b)).then_with(|| y.at.cmp(&x.at))
    });
    let total = rows.len();
    let pages = total.div_ceil(PAGE).max(1);
    let page = view.page.clamp(1, pages);
    let mut groups: Vec<TableGroup> = Vec::new();
    for (caption, known) in rows.into_iter().skip((page - 1) * PAGE).take(PAGE) {
        match groups.last_mut().filter(|group| group.caption == caption) {
            Some(group) => group.rows.push(row(lang, known)),
            None => groups.push(TableGroup { caption, rows: vec![row(lang, known)] }),
        }
    }
    TableView { groups, page, pages, total, outside }
}

fn caption(lang: Lang, known: &Known<'_>, group: Group) -> String {
    if known.at.is_none() {
        return lang.t(Id::Undated).to_owned();
    }
    match group {
        Group::Facility => known.place.name.clone(),
        Group::Kind => lang.kind(known.row().kind).to_owned(),
        Group::Problem if known.row().kind == RecordKind::Condition => known.name().to_owned(),
        Group::Problem => lang.t(Id::NoProblemNamed).to_owned(),
    }
}

fn row(lang: Lang, known: &Known<'_>) -> TableRow {
    let (entry, row) = (known.entry, known.row());
    let laboratory = row.kind == RecordKind::Laboratory;
    TableRow {
        record: entry.record,
        time: row.time.clone(),
        end: row.end.clone(),
        kind: row.kind,
        label: known.name().to_owned(),
        value: known.said(lang),
        reference: crate::chart::labs::range(lang, row.low, row.high),
        side: if laboratory { labs::side(known) } else { Side::Within },
        facility: known.place.name.clone(),
        author: entry.author.clone(),
        received: entry.received.clone(),
        version: entry.version,
        unread: entry.unread,
    }
}
