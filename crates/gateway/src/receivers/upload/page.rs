//! What people see: Japanese first, large, without scripts.

use crate::spool::HandedOver;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use model::clock::jst;

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("upload.css");

/// What is said at the top of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    Received(usize),
    /// So many were received, then it could not go on.
    NotNow(usize),
    WrongPin,
    TooManyPins,
    NoFile,
    EmptyFile,
    BadNumber,
    NumbersDiffer,
    TooLarge(usize),
    CutOff,
}

impl Notice {
    fn is_good(self) -> bool {
        matches!(self, Self::Received(_))
    }

    /// In Japanese and in English.
    pub(crate) fn words(self) -> (String, String) {
        match self {
            Self::Received(count) => (
                format!("{count} 件を受け取りました。"),
                format!("{count} received. They are kept here and sent by themselves."),
            ),
            Self::NotNow(0) => (
                "いまは保存できません。あとでもう一度送ってください。".into(),
                "It cannot be stored now. Please send it again later.".into(),
            ),
            Self::NotNow(count) => (
                format!(
                    "{count} 件は受け取りました。残りは保存できません。あとでもう一度すべて送ってください (二重にはなりません)。"
                ),
                format!(
                    "{count} received, the others could not be stored. Please send all again later; nothing is doubled."
                ),
            ),
            Self::WrongPin => ("PIN が違います。".into(), "The PIN is wrong.".into()),
            Self::TooManyPins => (
                "PIN の間違いが続いています。少し待ってください。".into(),
                "Too many wrong PINs. Please wait a moment.".into(),
            ),
            Self::NoFile => {
                ("写真もファイルも選ばれていません。".into(), "No photograph or file was chosen.".into())
            }
            Self::EmptyFile => (
                "空のファイルがあります。何も受け取っていません。".into(),
                "A file is empty. Nothing was received.".into(),
            ),
            Self::BadNumber => (
                "患者番号は半角英数字と - _ だけで、32文字までです。何も受け取っていません。".into(),
                "The patient number may have letters, digits, - and _, at most 32. Nothing was received."
                    .into(),
            ),
            Self::NumbersDiffer => (
                "2回の患者番号が違います。何も受け取っていません。".into(),
                "The two patient numbers differ. Nothing was received.".into(),
            ),
            Self::TooLarge(mib) => (
                format!("大きすぎます (合わせて {mib} MiB まで)。何も受け取っていません。"),
                format!("Too large (at most {mib} MiB together). Nothing was received."),
            ),
            Self::CutOff => (
                "途中で切れました。何も受け取っていません。もう一度送ってください。".into(),
                "It was cut off. Nothing was received. Please send it again.".into(),
            ),
        }
    }
}

fn frame(notice: Option<Notice>, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "書類を送る" }
                link rel="stylesheet" href="/upload.css";
            }
            body {
                main {
                    h1 { "書類を送る" small lang="en" { "Hand over a document" } }
                    @if let Some(notice) = notice {
                        @let (japanese, english) = notice.words();
                        p.notice.good[notice.is_good()] role="status" { (japanese) small lang="en" { (english) } }
                    }
                    (content)
                }
            }
        }
    }
}

/// Asks for the PIN.
pub(crate) fn pin(notice: Option<Notice>) -> Markup {
    frame(
        notice,
        html! {
            form method="post" action="/pin" {
                label { "PIN" small lang="en" { "shown where the gateway was started" }
                    input type="password" name="pin" required autocomplete="off" autocapitalize="characters" autofocus;
                }
                button type="submit" { "入る" small lang="en" { "Enter" } }
            }
        },
    )
}

/// The form, and what was handed over before.
pub(crate) fn form(notice: Option<Notice>, sent: &[HandedOver]) -> Markup {
    frame(
        notice,
        html! {
            form method="post" action="/" enctype="multipart/form-data" {
                label.choice { "写真をとる" small lang="en" { "Take a photograph" }
                    input type="file" name="file" accept="image/*" capture="environment";
                }
                label.choice { "写真や PDF を選ぶ" small lang="en" { "Choose photographs or PDF" }
                    input type="file" name="file" accept="image/*,application/pdf" multiple;
                }
                fieldset {
                    legend { "患者番号 (わかるとき)" small lang="en" { "Patient number, if known" } }
                    label { "番号" small lang="en" { "Number" }
                        input type="text" name="number" maxlength="32" autocomplete="off" inputmode="numeric";
                    }
                    label { "もう一度" small lang="en" { "Again, against typing errors" }
                        input type="text" name="again" maxlength="32" autocomplete="off" inputmode="numeric";
                    }
                }
                button type="submit" { "送る" small lang="en" { "Send" } }
            }
            section {
                h2 { "送ったもの" small lang="en" { "Handed over" } }
                @if sent.is_empty() {
                    p { "まだありません。" small lang="en" { "Nothing yet." } }
                } @else {
                    table {
                        thead { tr { th { "番号" } th { "日時" } th { "大きさ" } th { "状態" } } }
                        tbody {
                            @for each in sent {
                                tr {
                                    td { (each.sequence) }
                                    td { (time(each.came)) }
                                    td { (size(each.size)) }
                                    td class=(each.state) { (state(&each.state))
                                        @if let Some(reason) = &each.reason { small { (reason) } }
                                    }
                                }
                            }
                        }
                    }
                }
                p { a.button href="/" { "表示を新しくする" small lang="en" { "Refresh" } } }
            }
            form method="post" action="/leave" { button.quiet type="submit" { "終わる" small lang="en" { "Leave" } } }
        },
    )
}

/// `4月1日 9:30`, JST.
fn time(nanoseconds: i64) -> String {
    let Ok(moment) = Timestamp::from_nanosecond(i128::from(nanoseconds)) else { return String::new() };
    let zoned = moment.to_zoned_datetime(jst());
    format!("{}月{}日 {}:{:02}", zoned.month(), zoned.day(), zoned.hour(), zoned.minute())
}

fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", tenths(1024)),
        _ => format!("{} MiB", tenths(1_048_576)),
    }
}

fn state(word: &str) -> &'static str {
    match word {
        "acknowledged" => "地域に保存されました",
        "refused" => "地域に受け取られませんでした",
        _ => "送信を待っています",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(time(1_775_003_400_123_456_789), "4月1日 9:30");
        assert_eq!(
            (size(10), size(1536), size(3_250_000)),
            ("10 B".into(), "1.5 KiB".into(), "3.0 MiB".into())
        );
    }

    #[test]
    fn a_page_escapes_what_is_not_its_own() {
        let sent = HandedOver {
            sequence: 1,
            size: 1,
            came: 0,
            state: "refused".into(),
            reason: Some("<script>".into()),
        };
        let page = form(Some(Notice::Received(1)), &[sent]).into_string();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        assert!(page.contains("capture=\"environment\"") && page.contains("application/pdf"));
    }
}
