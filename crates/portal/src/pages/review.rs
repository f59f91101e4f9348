//! Look-alikes: two registrations side by side, to be judged by a person. The one place where two people are
//! on one screen. `POST /review/{id}` takes `verdict` (`same`, `different`, `later`) and `note`, which only
//! `later` may leave empty; `…/undo` takes nothing.

use super::operator;
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::facility::Profession;

/// What the review list shows.
#[derive(Debug, Clone)]
pub struct ReviewPage {
    /// Frame.
    pub shell: Shell,
    /// Pairs that wait, oldest first; this page's part of them.
    pub pairs: Vec<Pair>,
    /// How many wait in all.
    pub waiting: usize,
    /// What was decided lately and can be undone: words and address of the undo.
    pub done: Vec<(String, String)>,
}

/// Two registrations that may be one person.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Id of the question.
    pub id: String,
    /// Since when it waits, ISO.
    pub since: String,
    /// Why it is asked, in words of the rule.
    pub reasons: Vec<String>,
    /// The two facilities and their numbers.
    pub heads: [String; 2],
    /// Fields in a fixed order.
    pub fields: Vec<Field>,
    /// Records each has.
    pub records: [usize; 2],
}

/// One field of the two registrations.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Id,
    /// Left and right; empty = not stated.
    pub sides: [String; 2],
    /// How they compare: equal, near, different, stated on one side, not compared.
    pub verdict: Id,
    /// What is special about it, in words; may be empty.
    pub note: String,
}

impl ReviewPage {
    /// A pair that differs in address.
    pub fn sample(lang: Lang) -> Self {
        let field = |name, left: &str, right: &str| {
            let verdict = match (left.is_empty(), right.is_empty()) {
                (false, false) if left == right => Id::Equal,
                (false, false) => Id::Differs,
                _ => Id::OneSideOnly,
            };
            let note = if name == Id::Address { "町が違う" } else { "" };
            Field { name, sides: [left.to_owned(), right.to_owned()], verdict, note: note.to_owned() }
        };
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            pairs: vec![Pair {
                id: "r-17".to_owned(),
                since: "2026-11-22T10:00:00+09:00".to_owned(),
                reasons: vec!["氏名・カナ・生年月日・性別が一致、住所が異なる".to_owned()],
                heads: ["白鳥総合病院 0000123".to_owned(), "みどり歯科 881".to_owned()],
                fields: vec![
                    field(Id::Name, "佐倉　花子", "佐倉　花子"),
                    field(Id::Kana, "サクラ　ハナコ", "サクラ　ハナコ"),
                    field(Id::BirthDate, "1940-05-05", "1940-05-05"),
                    field(Id::Sex, "女性", "女性"),
                    field(Id::Address, "室蘭市港町1-2-3", "室蘭市海岸町4-5"),
                    field(Id::Phone, "0143-00-0000", ""),
                    field(Id::Insurance, "01010016 ・12 ・3456 枝番 00", ""),
                ],
                records: [128, 6],
            }],
            waiting: 4,
            done: vec![(
                "白鳥総合病院 0000140 ／ すずらん薬局 77：別人としました".to_owned(),
                "/review/r-16/undo".to_owned(),
            )],
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links_for(&self.shell))
            p .lead { (lang.t(Id::ReviewLead)) }
            p .nothing { (lang.f(Id::ReviewWaiting, &[&self.waiting.to_string()])) }
            @for pair in &self.pairs { (self::pair(lang, pair)) }
            @if !self.done.is_empty() {
                section .sec {
                    header { h2 { (lang.t(Id::DecidedTitle)) } }
                    @for (words, undo) in &self.done {
                        form .body.entry.actions action=(undo) method="post" {
                            span .grow { (words) }
                            button type="submit" aria-label={ (lang.t(Id::Undo)) " " (words) } { (lang.t(Id::Undo)) }
                        }
                    }
                }
            }
        };
        page::plain(&self.shell, Id::ReviewTitle, body)
    }
}

fn pair(lang: Lang, pair: &Pair) -> Markup {
    let [left, right] = &pair.heads;
    let verdicts =
        [("same", Id::VerdictSame), ("different", Id::VerdictDifferent), ("later", Id::VerdictLater)];
    html! {
        section .sec {
            header { h2 { (pair.reasons.join("、")) } small { (lang.t(Id::WaitingSince)) " " (when::stamp(&pair.since)) } }
            div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::ReviewTitle)) { table .pair {
                thead { tr { th scope="col" { (lang.t(Id::ColumnItem)) } th scope="col" { (left) } th scope="col" { (right) } th scope="col" { (lang.t(Id::Compared)) } } }
                tbody {
                    @for field in &pair.fields {
                        tr .differs[field.verdict == Id::Differs] .near[field.verdict == Id::Near] {
                            th scope="row" { (lang.t(field.name)) }
                            @for side in &field.sides { td { (stated(lang, side)) } }
                            td {
                                @match field.verdict {
                                    Id::Differs => { b .warn { "≠ " (lang.t(field.verdict)) } }
                                    Id::Near => { b { "≈ " (lang.t(field.verdict)) } }
                                    other => { (lang.t(other)) }
                                }
                                @if !field.note.is_empty() { " " small { (field.note) } }
                            }
                        }
                    }
                    tr { th scope="row" { (lang.t(Id::RecordsHeld)) } @for count in pair.records { td { (count) } } td {} }
                }
            } }
            form .body action={ "/review/" (pair.id) } method="post" {
                div .field {
                    label for={ "note-" (pair.id) } { (lang.t(Id::VerdictNote)) }
                    textarea id={ "note-" (pair.id) } name="note" rows="2" required {}
                }
                div .actions {
                    @for (value, words) in verdicts {
                        button type="submit" name="verdict" value=(value) formnovalidate[value == "later"] { (lang.t(words)) }
                    }
                }
                p .src { (lang.t(Id::VerdictHelp)) }
            }
        }
    }
}

fn stated(lang: Lang, text: &str) -> &str {
    if text.is_empty() { lang.t(Id::NotStated) } else { text }
}
