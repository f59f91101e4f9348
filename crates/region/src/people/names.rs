//! Names of fictitious people: spellings, old forms and readings.

/// A family name: usual spelling, reading in full-width kana, other spellings that facilities write for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Surname {
    /// The spelling the family uses.
    pub kanji: &'static str,
    /// Reading, full-width katakana.
    pub kana: &'static str,
    /// Spellings others use for the same family.
    pub variants: &'static [&'static str],
}

const fn plain(kanji: &'static str, kana: &'static str) -> Surname {
    Surname { kanji, kana, variants: &[] }
}

const fn varied(kanji: &'static str, kana: &'static str, variants: &'static [&'static str]) -> Surname {
    Surname { kanji, kana, variants }
}

/// Family names, the frequent ones first.
pub const SURNAMES: &[Surname] = &[
    plain("佐藤", "サトウ"),
    plain("鈴木", "スズキ"),
    varied("高橋", "タカハシ", &["髙橋"]),
    plain("田中", "タナカ"),
    varied("渡辺", "ワタナベ", &["渡邊", "渡邉"]),
    plain("伊藤", "イトウ"),
    plain("山本", "ヤマモト"),
    plain("中村", "ナカムラ"),
    plain("小林", "コバヤシ"),
    plain("加藤", "カトウ"),
    plain("吉田", "ヨシダ"),
    plain("山田", "ヤマダ"),
    varied("斎藤", "サイトウ", &["齋藤", "斉藤"]),
    varied("髙木", "タカギ", &["高木"]),
    plain("工藤", "クドウ"),
    plain("阿部", "アベ"),
    plain("菊地", "キクチ"),
    varied("山﨑", "ヤマザキ", &["山崎"]),
    plain("三浦", "ミウラ"),
    varied("渡邊", "ワタナベ", &["渡辺", "渡邉"]),
    plain("千葉", "チバ"),
    varied("宮﨑", "ミヤザキ", &["宮崎"]),
    plain("本間", "ホンマ"),
    varied("澤田", "サワダ", &["沢田"]),
    plain("木村", "キムラ"),
    plain("長谷川", "ハセガワ"),
    varied("濱田", "ハマダ", &["浜田"]),
    plain("今野", "コンノ"),
    plain("成田", "ナリタ"),
    varied("齋藤", "サイトウ", &["斎藤", "斉藤"]),
    plain("近藤", "コンドウ"),
    varied("広瀬", "ヒロセ", &["廣瀬"]),
    plain("佐々木", "ササキ"),
    varied("嶋田", "シマダ", &["島田"]),
    plain("石川", "イシカワ"),
    plain("岡田", "オカダ"),
    varied("黒澤", "クロサワ", &["黒沢"]),
    plain("野村", "ノムラ"),
    plain("対馬", "ツシマ"),
    plain("白鳥", "シラトリ"),
    plain("桜田", "サクラダ"),
    varied("國分", "コクブン", &["国分"]),
    plain("松本", "マツモト"),
    plain("井上", "イノウエ"),
    plain("西村", "ニシムラ"),
    plain("熊谷", "クマガイ"),
    plain("太田", "オオタ"),
    plain("五十嵐", "イガラシ"),
    plain("藤原", "フジワラ"),
    plain("大久保", "オオクボ"),
];

/// A given name with its reading.
pub type Given = (&'static str, &'static str);

/// Women born before 1960.
pub const WOMEN_OLD: &[Given] = &[
    ("和子", "カズコ"),
    ("幸子", "サチコ"),
    ("節子", "セツコ"),
    ("洋子", "ヨウコ"),
    ("弘子", "ヒロコ"),
    ("キヨ", "キヨ"),
    ("トミ", "トミ"),
    ("美代子", "ミヨコ"),
    ("久子", "ヒサコ"),
    ("文子", "フミコ"),
    ("千代", "チヨ"),
    ("ハル", "ハル"),
    ("由紀子", "ユキコ"),
    ("ヨシ", "ヨシ"),
    ("静江", "シズエ"),
    ("光子", "ミツコ"),
];

/// Women born from 1960 on.
pub const WOMEN_YOUNG: &[Given] = &[
    ("由美", "ユミ"),
    ("恵", "メグミ"),
    ("美咲", "ミサキ"),
    ("さくら", "サクラ"),
    ("陽菜", "ヒナ"),
    ("愛", "アイ"),
    ("結衣", "ユイ"),
    ("真由美", "マユミ"),
    ("香織", "カオリ"),
    ("直美", "ナオミ"),
    ("葵", "アオイ"),
    ("優子", "ユウコ"),
    ("千晶", "チアキ"),
    ("凛", "リン"),
    ("彩", "アヤ"),
    ("紬", "ツムギ"),
];

/// Men born before 1960.
pub const MEN_OLD: &[Given] = &[
    ("清", "キヨシ"),
    ("正", "タダシ"),
    ("勇", "イサム"),
    ("茂", "シゲル"),
    ("博", "ヒロシ"),
    ("昭", "アキラ"),
    ("三郎", "サブロウ"),
    ("進", "ススム"),
    ("和夫", "カズオ"),
    ("義雄", "ヨシオ"),
    ("勝", "マサル"),
    ("実", "ミノル"),
    ("武", "タケシ"),
    ("幸雄", "ユキオ"),
    ("隆", "タカシ"),
    ("栄一", "エイイチ"),
];

/// Men born from 1960 on.
pub const MEN_YOUNG: &[Given] = &[
    ("誠", "マコト"),
    ("健一", "ケンイチ"),
    ("大輔", "ダイスケ"),
    ("蓮", "レン"),
    ("翔太", "ショウタ"),
    ("拓也", "タクヤ"),
    ("直樹", "ナオキ"),
    ("陽翔", "ハルト"),
    ("悠真", "ユウマ"),
    ("浩二", "コウジ"),
    ("学", "マナブ"),
    ("健太", "ケンタ"),
    ("達也", "タツヤ"),
    ("湊", "ミナト"),
    ("亮", "リョウ"),
    ("樹", "イツキ"),
];

/// Second halves that make rarer given names: joined to a first half they give more different people.
pub const MEN_FIRST: &[Given] = &[
    ("正", "マサ"),
    ("義", "ヨシ"),
    ("信", "ノブ"),
    ("和", "カズ"),
    ("俊", "トシ"),
    ("秀", "ヒデ"),
    ("光", "ミツ"),
    ("友", "トモ"),
];
/// Endings for [`MEN_FIRST`].
pub const MEN_LAST: &[Given] = &[
    ("男", "オ"),
    ("彦", "ヒコ"),
    ("幸", "ユキ"),
    ("明", "アキ"),
    ("弘", "ヒロ"),
    ("治", "ハル"),
    ("則", "ノリ"),
    ("之", "ユキ"),
];
/// First halves of women's names.
pub const WOMEN_FIRST: &[Given] = &[
    ("美", "ミ"),
    ("恵", "エ"),
    ("真", "マ"),
    ("千", "チ"),
    ("佐", "サ"),
    ("由", "ユ"),
    ("理", "リ"),
    ("奈", "ナ"),
];
/// Endings for [`WOMEN_FIRST`].
pub const WOMEN_LAST: &[Given] = &[
    ("智子", "チコ"),
    ("津子", "ツコ"),
    ("紀", "キ"),
    ("穂", "ホ"),
    ("里", "リ"),
    ("奈子", "ナコ"),
    ("江", "エ"),
    ("香", "カ"),
];

/// Family names of staff: never those of residents in the tables above with a variant, so that a page shows
/// clearly who is who.
pub const STAFF: &[(&str, &str, &str, &str)] = &[
    ("高橋", "亮", "タカハシ", "リョウ"),
    ("木村", "彩", "キムラ", "アヤ"),
    ("青山", "直人", "アオヤマ", "ナオト"),
    ("星野", "由香", "ホシノ", "ユカ"),
    ("森", "俊介", "モリ", "シュンスケ"),
    ("水野", "恵子", "ミズノ", "ケイコ"),
    ("北川", "大介", "キタガワ", "ダイスケ"),
    ("岩田", "麻美", "イワタ", "アサミ"),
    ("小野寺", "健", "オノデラ", "ケン"),
    ("堀", "さやか", "ホリ", "サヤカ"),
    ("富樫", "哲也", "トガシ", "テツヤ"),
    ("早坂", "久美", "ハヤサカ", "クミ"),
    ("葛西", "信一", "カサイ", "シンイチ"),
    ("谷口", "真理", "タニグチ", "マリ"),
    ("大場", "修", "オオバ", "オサム"),
    ("福士", "千尋", "フクシ", "チヒロ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_is_full_width_kana() {
        let kana = |text: &str| text.chars().all(|c| ('ァ'..='ー').contains(&c));
        assert!(SURNAMES.iter().all(|name| kana(name.kana)));
        let given =
            [WOMEN_OLD, WOMEN_YOUNG, MEN_OLD, MEN_YOUNG, MEN_FIRST, MEN_LAST, WOMEN_FIRST, WOMEN_LAST];
        assert!(given.iter().flat_map(|table| table.iter()).all(|(_, reading)| kana(reading)));
    }
}
