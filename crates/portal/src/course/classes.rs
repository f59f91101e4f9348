//! Class of effect from a drug code: shown before the name, so that look-alike names are not confused.
//!
//! The first digits of a YJ code are the 薬効分類番号 of the Japan Standard Commodity Classification (87);
//! the first seven name ingredient and route.

use crate::text::Id;
use model::text;

/// The twelve characters of a YJ code, from `system|code` or bare: seven digits, a letter, four more.
pub(crate) fn yj(code: &str) -> Option<&str> {
    let code = code.rsplit('|').next().unwrap_or_default().trim();
    let digits = code.get(..7)?.bytes().all(|byte| byte.is_ascii_digit());
    let form = code.get(7..8)?.bytes().all(|byte| byte.is_ascii_uppercase());
    (code.len() == 12 && digits && form).then_some(code)
}

/// Class and whether it changes what others may do (bleeding, low sugar, infection, opioids).
pub(crate) fn class(code: &str) -> Option<(Id, bool)> {
    let yj = yj(code)?;
    let four = match yj.get(..4)? {
        "2492" => Some((Id::ClassInsulin, true)),
        "3399" => Some((Id::ClassAntiplatelet, true)),
        "1190" => Some((Id::ClassDementia, false)),
        _ => None,
    };
    four.or_else(|| {
        Some(match yj.get(..3)? {
            "112" => (Id::ClassSedative, false),
            "113" => (Id::ClassEpilepsy, false),
            "114" => (Id::ClassPain, false),
            "116" => (Id::ClassParkinson, false),
            "117" => (Id::ClassMind, false),
            "211" => (Id::ClassHeart, false),
            "212" => (Id::ClassRhythm, false),
            "213" => (Id::ClassDiuretic, false),
            "214" => (Id::ClassPressure, false),
            "217" => (Id::ClassVessel, false),
            "218" => (Id::ClassLipid, false),
            "222" | "223" | "224" | "225" | "226" => (Id::ClassBreath, false),
            "232" => (Id::ClassUlcer, false),
            "235" => (Id::ClassBowel, false),
            "243" => (Id::ClassThyroid, false),
            "245" => (Id::ClassSteroid, true),
            "259" => (Id::ClassUrine, false),
            "333" => (Id::ClassAnticoagulant, true),
            "394" => (Id::ClassGout, false),
            "396" => (Id::ClassSugar, true),
            "421" | "422" | "423" | "424" | "429" => (Id::ClassCancer, true),
            "441" | "442" | "443" | "449" => (Id::ClassAllergy, false),
            "520" => (Id::ClassKampo, false),
            "611" | "612" | "613" | "614" | "615" | "616" | "624" => (Id::ClassInfection, false),
            "625" => (Id::ClassVirus, false),
            "811" | "821" => (Id::ClassOpioid, true),
            _ => return None,
        })
    })
}

/// True if drugs of the class change what others may do: bleeding, low sugar, infection, opioids, healing of the jaw.
fn is_alert(class: Id) -> bool {
    matches!(
        class,
        Id::ClassAnticoagulant
            | Id::ClassAntiplatelet
            | Id::ClassBone
            | Id::ClassCancer
            | Id::ClassInsulin
            | Id::ClassOpioid
            | Id::ClassSteroid
            | Id::ClassSugar
    )
}

/// Classes by parts of names, for sources that give no YJ code: ingredients, and products that do not name theirs.
const BY_NAME: &[(Id, &[&str])] = &[
    (
        Id::ClassAnticoagulant,
        &[
            "ワルファリン",
            "ワーファリン",
            "エドキサバン",
            "リクシアナ",
            "アピキサバン",
            "エリキュース",
            "リバーロキサバン",
            "イグザレルト",
            "ダビガトラン",
            "プラザキサ",
        ],
    ),
    (
        Id::ClassAntiplatelet,
        &[
            "アスピリン",
            "バファリン",
            "タケルダ",
            "キャブピリン",
            "クロピドグレル",
            "プラビックス",
            "コンプラビン",
            "プラスグレル",
            "エフィエント",
            "チクロピジン",
            "パナルジン",
            "シロスタゾール",
            "プレタール",
            "チカグレロル",
            "ブリリンタ",
        ],
    ),
    (
        Id::ClassInsulin,
        &[
            "インスリン",
            "ノボラピッド",
            "フィアスプ",
            "ヒューマログ",
            "ルムジェブ",
            "アピドラ",
            "ノボリン",
            "ヒューマリン",
            "ランタス",
            "トレシーバ",
            "レベミル",
            "ライゾデグ",
            "ノボミックス",
            "ソリクア",
            "ゾルトファイ",
        ],
    ),
    (
        Id::ClassSugar,
        &[
            "メトホルミン",
            "メトグルコ",
            "グリプチン",
            "ジャヌビア",
            "グラクティブ",
            "エクア",
            "トラゼンタ",
            "グリメピリド",
            "アマリール",
            "グリクラジド",
            "グリミクロン",
            "グリベンクラミド",
            "ピオグリタゾン",
            "アクトス",
            "グリフロジン",
            "ジャディアンス",
            "フォシーガ",
            "ナテグリニド",
            "ミチグリニド",
            "レパグリニド",
        ],
    ),
    (Id::ClassSteroid, STEROIDS),
    (
        Id::ClassBone,
        &[
            "デノスマブ",
            "プラリア",
            "ランマーク",
            "アレンドロン",
            "フォサマック",
            "ボナロン",
            "リセドロン",
            "アクトネル",
            "ベネット",
            "ゾレドロン",
            "ゾメタ",
            "リクラスト",
            "イバンドロン",
            "ボンビバ",
            "ミノドロン",
            "ボノテオ",
            "リカルボン",
            "パミドロン",
            "エチドロン",
        ],
    ),
    (
        Id::ClassOpioid,
        &[
            "モルヒネ",
            "MSコンチン",
            "オキシコドン",
            "オキシコンチン",
            "オキノーム",
            "フェンタニル",
            "フェントス",
            "デュロテップ",
            "ヒドロモルフォン",
            "ナルサス",
            "タペンタドール",
            "メサドン",
        ],
    ),
    // No narcotic by law, and its YJ code is one of pain.
    (Id::ClassPain, &["トラマドール", "トラマール", "トラムセット", "ワントラム"]),
    (
        Id::ClassDiuretic,
        &[
            "フロセミド",
            "ラシックス",
            "アゾセミド",
            "ダイアート",
            "トラセミド",
            "トルバプタン",
            "サムスカ",
            "スピロノラクトン",
            "アルダクトン",
        ],
    ),
    (
        Id::ClassDementia,
        &[
            "ドネペジル",
            "アリセプト",
            "ガランタミン",
            "レミニール",
            "リバスチグミン",
            "イクセロン",
            "リバスタッチ",
            "メマンチン",
            "メマリー",
        ],
    ),
    (Id::ClassHeart, &["ジゴキシン", "ジゴシン", "メチルジゴキシン"]),
    (Id::ClassMind, &["リチウム", "リーマス"]),
    (
        Id::ClassEpilepsy,
        &[
            "フェニトイン",
            "アレビアチン",
            "カルバマゼピン",
            "テグレトール",
            "バルプロ酸",
            "デパケン",
            "セレニカ",
        ],
    ),
];

const STEROIDS: &[&str] = &[
    "プレドニゾロン",
    "プレドニン",
    "メドロール",
    "デキサメタゾン",
    "デカドロン",
    "ベタメタゾン",
    "リンデロン",
    "ヒドロコルチゾン",
    "コートリル",
];

/// Forms in which a steroid acts where it is put and hardly elsewhere.
const LOCAL_FORMS: &[&str] = &[
    "軟膏",
    "クリーム",
    "ローション",
    "点眼",
    "眼科",
    "点鼻",
    "点耳",
    "外用",
    "口腔用",
    "吸入",
    "VG",
    "ゲル",
];

/// Class and alert by code, else by name.
pub(crate) fn class_of(code: &str, name: &str) -> Option<(Id, bool)> {
    class(code).or_else(|| {
        let name = text::one_width(name);
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let named = BY_NAME.iter().map(|(class, parts)| (*class, *parts));
        let class = named.into_iter().find(|(_, parts)| has(parts)).map(|(class, _)| class)?;
        (class != Id::ClassSteroid || !has(LOCAL_FORMS)).then(|| (class, is_alert(class)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_known_drugs() {
        assert_eq!(class("3339002F1020"), Some((Id::ClassAnticoagulant, true)));
        assert_eq!(class("urn:oid:1.2.392.100495.20.1.73|2139005F1012"), Some((Id::ClassDiuretic, false)));
        for other in ["", "620000001", "3339002F", "アゾセミド", "333900２F1020"] {
            assert_eq!(class(other), None, "{other}");
        }
    }

    #[test]
    fn drugs_without_a_code_have_the_class_of_their_name() {
        let table: &[(Id, bool, &[&str])] = &[
            (
                Id::ClassSugar,
                true,
                &[
                    "メトホルミン塩酸塩錠250mgMT",
                    "シタグリプチン錠50mg",
                    "グリメピリド錠1mg",
                    "グリクラジド錠40mg",
                ],
            ),
            (
                Id::ClassInsulin,
                true,
                &["インスリン グラルギンBS注ミリオペン", "ランタスXR注ソロスター", "ﾉﾎﾞﾗﾋﾟｯﾄﾞ注"],
            ),
            (
                Id::ClassAntiplatelet,
                true,
                &[
                    "アスピリン腸溶錠100mg",
                    "クロピドグレル錠75mg",
                    "プラスグレル錠3.75mg",
                    "チクロピジン塩酸塩錠100mg",
                    "シロスタゾールOD錠100mg",
                ],
            ),
            (
                Id::ClassAnticoagulant,
                true,
                &[
                    "ワルファリンK錠1mg",
                    "エドキサバン錠30mg",
                    "アピキサバン錠2.5mg",
                    "リバーロキサバン錠15mg",
                    "ダビガトランエテキシラートカプセル",
                ],
            ),
            (Id::ClassSteroid, true, &["プレドニゾロン錠5mg", "デキサメタゾン錠4mg"]),
            (
                Id::ClassDiuretic,
                false,
                &["アゾセミド錠30mg", "フロセミド錠20mg", "トルバプタンOD錠7.5mg", "スピロノラクトン錠25mg"],
            ),
            (
                Id::ClassDementia,
                false,
                &[
                    "ドネペジル塩酸塩錠5mg",
                    "ガランタミンOD錠8mg",
                    "リバスチグミンテープ4.5mg",
                    "メマンチン塩酸塩OD錠20mg",
                ],
            ),
            (Id::ClassHeart, false, &["ジゴキシン錠0.125mg"]),
            (Id::ClassMind, false, &["炭酸リチウム錠200mg"]),
            (
                Id::ClassEpilepsy,
                false,
                &["フェニトイン錠100mg", "カルバマゼピン錠200mg", "バルプロ酸Na徐放錠200mg"],
            ),
            (
                Id::ClassOpioid,
                true,
                &["モルヒネ塩酸塩内用液", "オキシコドン徐放錠10mg", "フェンタニルクエン酸塩1日用テープ"],
            ),
            (Id::ClassPain, false, &["トラマドール塩酸塩OD錠25mg"]),
            (
                Id::ClassBone,
                true,
                &[
                    "デノスマブ皮下注",
                    "アレンドロン酸錠35mg",
                    "リセドロン酸Na錠17.5mg",
                    "ゾレドロン酸点滴静注4mg",
                ],
            ),
        ];
        for (class, alert, names) in table {
            for name in *names {
                assert_eq!(class_of("", name), Some((*class, *alert)), "{name}");
            }
        }
        for other in
            ["プレドニゾロン眼科用軟膏", "デキサメタゾン口腔用軟膏0.1%", "酸化マグネシウム錠330mg", ""]
        {
            assert_eq!(class_of("", other), None, "{other}");
        }
    }
}
