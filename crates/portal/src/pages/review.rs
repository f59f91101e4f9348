//! Look-alikes: two registrations side by side, to be judged by a person. The one place where two people are
//! on one screen. `POST /review/{id}` takes `verdict` (`same`, `different`, `later`) and `note`.

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
    /// What was just done and can be undone: words and address of the undo.
    pub done: Option<(String, String)>,
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
    /// Fields in a fixed order: name of the field, left, right. Empty text = not stated.
    pub fields: Vec<(Id, String, String)>,
    /// Records each has.
    pub records: [usize; 2],
}

impl ReviewPage {
    /// A pair that differs in address.
    pub fn sample(lang: Lang) -> Self {
        let field = |id, left: &str, right: &str| (id, left.to_owned(), right.to_owned());
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
            done: Some(("遠藤 武：別人としました".to_owned(), "/review/r-16/undo".to_owned())),
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            p .lead { (lang.t(Id::ReviewLead)) }
            @if let Some((words, undo)) = &self.done {
                form .notice.actions action=(undo) method="post" { span { (words) } button type="submit" { (lang.t(Id::Undo)) } }
            }
            p .nothing { (lang.f(Id::ReviewWaiting, &[&self.waiting.to_string()])) }
            @for pair in &self.pairs { (self::pair(lang, pair)) }
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
                    @for (field, a, b) in &pair.fields {
                        @let verdict = compare(a, b);
                        tr .differs[verdict == Id::Differs] {
                            th scope="row" { (lang.t(*field)) }
                            td { (stated(lang, a)) } td { (stated(lang, b)) }
                            td { @if verdict == Id::Differs { b .warn { "≠ " (lang.t(verdict)) } } @else { (lang.t(verdict)) } }
                        }
                    }
                    tr { th scope="row" { (lang.t(Id::RecordsHeld)) } @for count in pair.records { td { (count) } } td {} }
                }
            } }
            form .body action={ "/review/" (pair.id) } method="post" {
                div .field {
                    label for={ "note-" (pair.id) } { (lang.t(Id::VerdictNote)) }
                    textarea id={ "note-" (pair.id) } name="note" rows="2" {}
                }
                div .actions {
                    @for (value, words) in verdicts { button type="submit" name="verdict" value=(value) { (lang.t(words)) } }
                }
                p .src { (lang.t(Id::VerdictHelp)) }
            }
        }
    }
}

fn compare(a: &str, b: &str) -> Id {
    match (a.is_empty(), b.is_empty()) {
        (false, false) if a == b => Id::Equal,
        (false, false) => Id::Differs,
        (true, true) => Id::NotStated,
        _ => Id::OneSideOnly,
    }
}

fn stated(lang: Lang, text: &str) -> &str {
    if text.is_empty() { lang.t(Id::NotStated) } else { text }
}
