//! Who sees what, as a table for people: `docs/generated/access-matrix.md`, made by asking the code.

use crate::facts::{TODAY, consent, facility, nothing, relationship, viewer};
use access::{ConsentKind, Facts, Purpose, Visibility, decide};
use model::facility::{FacilityKind, Profession, RecordKind};
use std::fmt::Write;
use std::path::Path;

/// One situation: a heading, the facts, whose record is asked for, and whether it is sensitive.
struct Situation {
    title: &'static str,
    words: &'static str,
    facts: Facts,
    discloser: &'static str,
    sensitive: bool,
    purpose: Option<Purpose>,
}

fn situations() -> Vec<Situation> {
    let with = |permit: Option<&[&str]>, deny: Option<&[&str]>, related: bool, registered_here: bool| Facts {
        consents: permit
            .map(|names| consent(ConsentKind::Permit, names))
            .into_iter()
            .chain(deny.map(|names| consent(ConsentKind::Deny, names)))
            .collect(),
        relationships: if related { vec![relationship("clinic")] } else { Vec::new() },
        registered_here,
        today: TODAY.into(),
        ..nothing()
    };
    let all: Option<&[&str]> = Some(&[]);
    let named: Option<&[&str]> = Some(&["clinic", "hospital"]);
    let case = |title, words, facts, discloser, sensitive, purpose| Situation {
        title,
        words,
        facts,
        discloser,
        sensitive,
        purpose,
    };
    vec![
        case(
            "同意と関わりがあるとき、他施設の記録",
            "地域全体の共有に同意があり、自施設に受診・紹介・契約などの関わりがある。",
            with(all, None, true, false),
            "hospital",
            false,
            None,
        ),
        case(
            "自施設に登録があるとき、自施設の記録",
            "同意がなくても、拒否があっても、自施設が作った記録は見られる。",
            with(None, all, false, true),
            "clinic",
            false,
            None,
        ),
        case(
            "自施設に登録があるが同意がないとき、他施設の記録",
            "登録があっても、他施設の記録には同意が要る。",
            with(None, None, true, true),
            "hospital",
            false,
            None,
        ),
        case(
            "同意はあるが関わりも登録もないとき、他施設の記録",
            "同意だけでは見られない。",
            with(all, None, false, false),
            "hospital",
            false,
            None,
        ),
        case(
            "ご本人がその施設を断っているとき、その施設の記録",
            "全体の同意があっても、施設を名指しした拒否が勝つ。",
            with(all, Some(&["hospital"]), true, false),
            "hospital",
            false,
            None,
        ),
        case(
            "配慮を要する記録（精神科・HIV・遺伝）、施設を名指しした同意があるとき、他施設の記録",
            "両方の施設の名を挙げた同意があるときに限り、医師が見られる。",
            with(named, None, true, false),
            "hospital",
            true,
            None,
        ),
        case(
            "配慮を要する記録、地域全体の同意だけのとき、他施設の記録",
            "地域全体の同意では見られない。どの施設にあるかも示さない。",
            with(all, None, true, false),
            "hospital",
            true,
            None,
        ),
        case(
            "配慮を要する記録、自施設の記録",
            "作った施設の中では、職種の範囲で見られる。",
            with(None, None, false, true),
            "clinic",
            true,
            None,
        ),
        case(
            "受付・事務の目的で見るとき、他施設の記録",
            "目的が受付・事務なら、どの職種でも基本情報だけ。",
            with(all, None, true, true),
            "hospital",
            false,
            Some(Purpose::Administration),
        ),
    ]
}

fn mark(situation: &Situation, profession: Profession, kind: RecordKind) -> &'static str {
    let purpose = situation.purpose.unwrap_or(Purpose::usual(profession, FacilityKind::Clinic));
    match decide(&viewer(profession, "clinic"), purpose, &situation.facts).permit() {
        Err(_) => "×",
        Ok(permit) => match permit.visibility(&facility(situation.discloser), kind, situation.sensitive) {
            Visibility::Shown => "○",
            Visibility::NotConsented => "同意なし",
            Visibility::NotRelated => "関わりなし",
            Visibility::OutsideRole => "職種外",
            Visibility::Sensitive => "配慮",
        },
    }
}

fn page() -> String {
    let mut page = String::from(
        "# だれが何を見られるか\n\n\
         この表はプログラムに一つずつ尋ねて作ったものです（手で書き換えません）。作り直し:\n\
         `UPDATE_FIXTURES=1 cargo test -p access --test it matrix`\n\n\
         | 印 | 意味 |\n|---|---|\n\
         | ○ | 見られる |\n\
         | 同意なし | ご本人の同意がないため見られない（その施設に記録があることは分かる） |\n\
         | 関わりなし | 同意はあるが、自施設とこの方との関わりが登録されていない |\n\
         | 職種外 | その職種・目的では見られない種類の記録 |\n\
         | 配慮 | 配慮を要する記録。見られず、どの施設にあるかも示さない |\n\
         | × | この方の画面を開けない（理由と、どうすれば見られるかを示す） |\n\n\
         「自施設」は見る人の施設、「他施設」は記録を作った別の施設。目的は職種のふつうの目的\n\
         （医師・看護師・薬剤師・歯科医師は診療、ケアマネジャー・介護職は介護、受付・運営は事務）。\n",
    );
    for (number, situation) in situations().iter().enumerate() {
        let _ = write!(page, "\n## {}. {}\n\n{}\n\n|", number + 1, situation.title, situation.words);
        for profession in Profession::ALL {
            let _ = write!(page, " | {}", profession.ja());
        }
        let _ = writeln!(page, " |\n|{}", "---|".repeat(Profession::ALL.len() + 1));
        for kind in RecordKind::ALL {
            let _ = write!(page, "| {}", kind.ja());
            for profession in Profession::ALL {
                let _ = write!(page, " | {}", mark(situation, *profession, *kind));
            }
            let _ = writeln!(page, " |");
        }
    }
    page
}

#[test]
fn the_table_in_the_documents_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/access-matrix.md");
    let now = page();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "docs/generated/access-matrix.md is stale: UPDATE_FIXTURES=1 cargo test -p access --test it matrix"
    );
}
