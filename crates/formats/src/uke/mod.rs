//! レセプト電算処理 (UKE): claims of 医科, DPC, 歯科, 調剤 and 訪問看護 (支払基金・国保中央会
//! 「オンライン又は光ディスク等による請求に係る記録条件仕様」).
//!
//! A record is a line named by two letters; RE begins a receipt ([`receipt`]), GO ends the file and counts it.
//! Everything is marked as derived from claims and as of its month. No master tables: codes stay codes.
//! Mapping: `docs/formats/uke.md`. Not here: what a payer paid or cut, and points beyond keeping them.

mod claim;
mod code;
mod condition;
mod coverage;
mod detail;
mod layout;
mod line;
mod nursing;
mod patient;
mod pharmacy;
mod receipt;

use crate::detect::Head;
use crate::text_file::{decode, lines};
use layout::{Kind, Layouts};
use line::Line;
use model::reading::{Input, Problem, Reading, Refused};
use receipt::{Header, Memory, Receipt};

/// Records a file can begin with: 受付, 医療機関, 薬局, 訪問看護ステーション, 返戻医療機関, レセプト管理, レセプト共通.
const FIRST: &[&str] = &["UK", "IR", "YK", "HM", "HI", "MN", "RE"];

/// Records of a receipt that are kept in its claim with their fields by number: 日計表, what payers add (返戻理由,
/// レコード管理, 審査運用, 事由, 再審査等, 縦覧), 訪問看護's 情報提供 and 専門の研修.
const NUMBERED: &[&str] = &["NI", "HR", "RC", "EX", "ON", "JY", "MD", "RT", "JR", "MK", "TJ", "KS"];

/// Whether a file is of this format: its first line is a record one begins with, told by what follows the two
/// letters.
pub fn is_it(head: &Head<'_>) -> bool {
    is_first(head.first_line())
}

fn is_first(text: &str) -> bool {
    let all: Vec<&str> = text.split(',').map(str::trim).collect();
    let digits = |field: &&str| !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit());
    let own = match all.as_slice() {
        [first, _, _, record, ..] if digits(first) && line::is_record_name(record) => all.get(3..),
        _ => all.get(0..),
    };
    let Some([record, first, second, third, ..]) = own else { return false };
    let of_header =
        || digits(first) && first.len() == 1 && digits(second) && second.len() == 2 && third.len() == 1;
    match *record {
        // 審査支払機関, 都道府県, 点数表.
        "UK" | "IR" | "YK" | "HM" => of_header(),
        "HI" => digits(first),
        // レセプト番号, レセプト種別, 診療年月.
        "RE" => {
            digits(first)
                && digits(second)
                && second.len() == 4
                && digits(third)
                && matches!(third.len(), 5 | 6)
        }
        "MN" => digits(first) && first.len() >= 9,
        _ => false,
    }
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut whole = Reading::default();
    read_parts(input, usize::MAX, &mut |part| {
        whole.statements.extend(part.statements);
        whole.problems.extend(part.problems);
    })?;
    Ok(whole)
}

/// Reads one delivery in parts of about `size` statements; the statements of a receipt stay together. A month
/// of a hospital then needs the memory of its text and one part. Problems come with the last part.
pub fn read_parts(input: &Input<'_>, size: usize, each: &mut dyn FnMut(Reading)) -> Result<(), Refused> {
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    if !lines(&text).next().is_some_and(|(_, line)| is_first(line)) {
        let text = format!("the first line is none of the records {}", FIRST.join(", "));
        return Err(Refused { code: "not-uke", text });
    }
    let layouts = Layouts::new();
    let mut file = File::new(input, problems);
    for (number, text) in lines(&text) {
        let Some(line) = Line::new(number, text, file.kind, &layouts) else {
            let text = "no record: two letters and fields behind commas";
            file.problems.push(Problem::new("unreadable", format!("line {number}"), text));
            continue;
        };
        // What the score table of the header, or the kind of the receipt, makes of the fields.
        let line = match file.kind_of(&line) {
            Some(kind) if kind != file.kind => {
                file.kind = kind;
                Line::new(number, text, kind, &layouts).unwrap_or(line)
            }
            _ => line,
        };
        file.next(line);
        if file.reading.statements.len() >= size {
            each(std::mem::take(&mut file.reading));
        }
    }
    file.end();
    let problems = std::mem::take(&mut file.problems);
    each(Reading { problems, ..std::mem::take(&mut file.reading) });
    Ok(())
}

/// What GO counts.
#[derive(Default)]
struct Totals {
    receipts: u64,
    /// A receipt of an insurance and a public payer counts for both in some systems.
    payers: u64,
    points: u64,
}

/// Where the reading of a file stands.
struct File<'i, 't, 'l> {
    input: &'i Input<'i>,
    reading: Reading,
    problems: Vec<Problem>,
    memory: Memory,
    header: Header,
    kind: Kind,
    /// Records before the RE of their receipt (MN).
    before: Vec<Line<'t, 'l>>,
    /// The receipt being read: its RE, and the others.
    current: Option<(Line<'t, 'l>, Vec<Line<'t, 'l>>)>,
    /// Lines of an organ donor (臓器提供者レセプト) follow: another person.
    donor: bool,
    totals: Totals,
    /// True once there was a receipt.
    any: bool,
    /// A GO before the receipts it counts.
    early: Option<Line<'t, 'l>>,
    /// Where headers stand that have no receipt yet.
    alone: Vec<String>,
}

impl<'i, 't, 'l> File<'i, 't, 'l> {
    fn new(input: &'i Input<'i>, problems: Vec<Problem>) -> Self {
        Self {
            input,
            problems,
            reading: Reading::default(),
            memory: Memory::default(),
            header: Header::default(),
            kind: Kind::Medical,
            before: Vec::new(),
            current: None,
            donor: false,
            totals: Totals::default(),
            any: false,
            early: None,
            alone: Vec::new(),
        }
    }

    /// The kind a header or receipt says; a receipt only where no header does.
    fn kind_of(&self, line: &Line<'_, '_>) -> Option<Kind> {
        match line.record() {
            "YK" => Some(Kind::Pharmacy),
            "HM" => Some(Kind::Nursing),
            "UK" | "IR" => Kind::of(&line.peek("点数表")),
            "RE" => Kind::of(line.peek("レセプト種別").get(..1).unwrap_or_default()),
            _ => None,
        }
    }

    fn next(&mut self, line: Line<'t, 'l>) {
        if line.origin == "8" {
            let text =
                "the history of a returned receipt (履歴管理ブロック); only the receipt as it is now is read";
            return line.report_untaken(text, &mut self.problems);
        }
        match line.record() {
            "RE" => {
                self.close();
                let before = std::mem::take(&mut self.before);
                self.current = Some((line, before));
            }
            "UK" | "IR" | "YK" | "HM" => {
                self.close();
                let header = self.header.next(&line, &mut self.problems);
                if Kind::of(&header.table).is_none() {
                    let text = "not a score table of the format (1, 3, 4, 6); read as the receipts say";
                    self.problems.push(Problem::new("unknown-code", line.at("点数表"), text));
                }
                self.header = header;
                self.alone.push(line.place());
            }
            "HI" | "HG" => {
                self.close();
                line.report_untaken("a record about the file of returned receipts", &mut self.problems);
            }
            "MN" => {
                self.close();
                self.before.push(line);
            }
            "GO" => {
                self.close();
                self.check(line);
            }
            "TI" | "TR" | "TS" => {
                self.donor = true;
                line.report_untaken("of an organ donor, who is another person", &mut self.problems);
            }
            _ if self.donor => {
                line.report_untaken("of an organ donor, who is another person", &mut self.problems);
            }
            record => match &mut self.current {
                Some((_, lines)) => {
                    if !line.is_known() && !NUMBERED.contains(&record) {
                        let text = "not a record of the format; kept in the claim";
                        self.problems.push(Problem::new("unknown-record", line.place(), text));
                    }
                    lines.push(line);
                }
                None => line.report_untaken("no receipt (RE) before it", &mut self.problems),
            },
        }
    }

    /// Makes the statements of the receipt that has ended.
    fn close(&mut self) {
        self.donor = false;
        let Some((common, lines)) = self.current.take() else { return };
        let receipt = Receipt { header: &self.header, kind: self.kind, common: &common, lines: &lines };
        let amount = |record: &'static str| {
            let of = receipt.of(record).map(|line| match line.peek("合計点数") {
                text if text.is_empty() => line.peek("合計金額"),
                text => text,
            });
            of.map(|text| text.parse::<u64>().unwrap_or(0)).collect::<Vec<_>>()
        };
        let (main, public) = (amount("HO"), amount("KO"));
        self.any = true;
        self.alone.clear();
        self.totals.receipts += 1;
        self.totals.payers += (main.len() + public.len()) as u64;
        let points = main.iter().copied().reduce(u64::saturating_add);
        let points = points.or_else(|| public.iter().copied().max()).unwrap_or(0);
        self.totals.points = self.totals.points.saturating_add(points);
        let made = receipt::statements(&receipt, self.input, &mut self.memory, &mut self.problems);
        self.reading.statements.extend(made);
    }

    /// GO: what it counts must be what is there. 訪問看護 has it before its receipts: then it waits for the end.
    fn check(&mut self, line: Line<'t, 'l>) {
        if self.totals.receipts == 0 {
            self.early = Some(line);
            return;
        }
        let (count, points) = (line.code("総件数"), line.code("総合計点数"));
        let volume = line.code("マルチボリューム識別情報");
        let totals = std::mem::take(&mut self.totals);
        line.report_untaken("more than the record has", &mut self.problems);
        if self.header.is_part || !matches!(volume.as_str(), "" | "00" | "99") {
            let text = "one of several volumes: the totals count all of them and were not compared";
            return self.problems.push(Problem::new("split-output", line.place(), text));
        }
        let mut compare = |field: &str, said: &str, found: &[u64]| {
            let counted = found.first().copied().unwrap_or(0);
            let text = match said.parse::<u64>() {
                Ok(said) if found.contains(&said) => return,
                Ok(said) => format!("GO says {said}, the file has {counted}"),
                Err(_) if said.is_empty() => return,
                Err(_) => format!("GO says no number, the file has {counted}"),
            };
            self.problems.push(Problem::new("totals-differ", line.at(field), text));
        };
        compare("総件数", &count, &[totals.receipts, totals.payers]);
        compare("総合計点数", &points, &[totals.points]);
    }

    /// What only the end of the file shows. A file that ends without GO may have been cut off.
    fn end(&mut self) {
        self.close();
        for line in std::mem::take(&mut self.before) {
            line.report_untaken("no receipt (RE) after it", &mut self.problems);
        }
        for place in std::mem::take(&mut self.alone) {
            self.problems.push(Problem::new("not-mapped", place, "a header without a receipt behind it"));
        }
        if !self.any {
            self.problems.push(Problem::new("empty", "end of file", "no receipt (RE)"));
        }
        match self.early.take() {
            Some(line) if self.totals.receipts > 0 => self.check(line),
            Some(line) if line.look("総件数").bytes().any(|byte| byte != b'0') => {
                self.problems.push(Problem::new(
                    "totals-differ",
                    line.at("総件数"),
                    "GO counts receipts, the file has none",
                ));
            }
            _ => {}
        }
        if self.totals.receipts > 0 {
            let text = "receipts without a GO after them: the file may not be whole";
            self.problems.push(Problem::new("missing", "end of file", text));
        }
    }
}
