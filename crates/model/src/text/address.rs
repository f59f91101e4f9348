//! Addresses: 北海道室蘭市幸町１丁目２番３号, 室蘭市幸町1-2-3 and 室蘭市幸町一丁目二番地の三 become one.
//!
//! Not here: which town a postal code belongs to, and towns that were merged or renamed.

use super::{is_kana, name, one_width, settle};

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// What separates the numbers of a block, longest first; written `-` in the normal form.
const SEPARATORS: [&str; 13] =
    ["番地ノ", "番地", "番ノ", "号室", "号棟", "丁目", "丁", "番", "号", "ノ", "条", "線", "-"];

/// An address in normal form: prefecture, 郡, 大字 and 字 dropped, numbers in digits joined by `-`, no spaces.
pub fn address(text: &str) -> String {
    settle(text, fold)
}

/// A normal form cut into the parts that are compared.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AddressForm {
    /// Up to the block: `室蘭市幸町`.
    pub town: String,
    /// The numbers: `1-2-3`, `1西2-3-4`. Empty where the address has none.
    pub block: String,
    /// What follows: `メゾン101`.
    pub building: String,
}

impl std::fmt::Debug for AddressForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressForm(●●)")
    }
}

impl AddressForm {
    /// The normal form of an address, cut at its longest run of numbers.
    pub fn new(text: &str) -> Self {
        let letters: Vec<char> = address(text).chars().collect();
        let (mut start, mut end, mut most) = (letters.len(), letters.len(), 0);
        let mut at = 0;
        while at < letters.len() {
            if !letters.get(at).is_some_and(char::is_ascii_digit) {
                at += 1;
                continue;
            }
            let rest = letters.get(at..).unwrap_or_default();
            let length = block_length(rest);
            let numbers = rest.get(..length).unwrap_or_default().split(|c| !c.is_ascii_digit()).count();
            if numbers > most {
                (start, end, most) = (at, at + length, numbers);
            }
            at += length.max(1);
        }
        let part = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter().collect();
        Self { town: part(0, start), block: part(start, end), building: part(end, letters.len()) }
    }

    /// How many numbers the block has.
    pub fn depth(&self) -> usize {
        if self.block.is_empty() { 0 } else { self.block.split(|c: char| !c.is_ascii_digit()).count() }
    }
}

/// Length of the run that starts here: digits, `-` and 東西南北 between digits.
fn block_length(letters: &[char]) -> usize {
    let mut length = 0;
    for (at, c) in letters.iter().enumerate() {
        let digit_follows = || letters.get(at + 1).is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || matches!(c, '-' | '東' | '西' | '南' | '北') && digit_follows() {
            length = at + 1;
        } else {
            break;
        }
    }
    length
}

fn fold(text: &str) -> String {
    // A space between two numbers separates them; every other space says nothing.
    let mut spaced = String::with_capacity(text.len());
    let wide = one_width(text);
    let mut letters = wide.trim().chars().peekable();
    while let Some(c) = letters.next() {
        if c != ' ' {
            spaced.push(c);
        } else if spaced.ends_with(|last: char| last.is_ascii_digit())
            && letters.peek().is_some_and(char::is_ascii_digit)
        {
            spaced.push('-');
        }
    }
    // `name` drops dashes that follow no kana: keep those between numbers out of its sight.
    let folded: String =
        spaced.split('-').map(name).collect::<Vec<_>>().join("-").replace("大字", "").replace('字', "");
    let digits = join_numbers(&western_digits(&between_kanji(&folded)));
    let place = PREFECTURES.iter().find_map(|each| digits.strip_prefix(each)).unwrap_or(&digits);
    without_county(place).to_owned()
}

/// 霞ヶ関, 霞が関, 霞ケ関: one. 之 and the like stay.
fn between_kanji(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_kanji = |at: Option<usize>| {
        let c = at.and_then(|at| letters.get(at));
        c.is_some_and(|c| c.is_alphabetic() && !c.is_ascii() && !is_kana(*c))
    };
    let fold = |(at, c): (usize, &char)| match c {
        'ガ' if is_kanji(at.checked_sub(1)) && is_kanji(Some(at + 1)) => 'ケ',
        other => *other,
    };
    letters.iter().enumerate().map(fold).collect()
}

/// Kanji numerals become digits where a separator follows or a number went before: 三丁目, 1-三; not 三重, 八雲町.
fn western_digits(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = letters.get(at) {
        let run: Vec<char> = letters
            .get(at..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(|c| numeral(*c).is_some())
            .collect();
        if run.is_empty() {
            out.push(*c);
            at += 1;
            continue;
        }
        let after: String = letters.get(at + run.len()..).unwrap_or_default().iter().take(3).collect();
        let separated = SEPARATORS.iter().any(|each| after.starts_with(each)) && !after.starts_with("番町");
        let continues = out.ends_with("丁目")
            || out.ends_with('-')
            || ["番地", "番", "番地ノ", "番ノ"].iter().any(|each| out.ends_with(each)) && after.is_empty();
        match value(&run) {
            Some(value) if separated || continues => out.push_str(&value.to_string()),
            _ => out.extend(&run),
        }
        at += run.len();
    }
    out
}

fn numeral(c: char) -> Option<u64> {
    let digits = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    match c {
        '零' => Some(0),
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        other => digits.iter().position(|digit| *digit == other).map(|at| at as u64),
    }
}

/// 二十三 → 23, 一二三 → 123; nothing where it is too long for a house number.
fn value(run: &[char]) -> Option<u64> {
    if run.len() > 8 {
        return None;
    }
    let (mut total, mut pending) = (0, None);
    for number in run.iter().filter_map(|c| numeral(*c)) {
        if number >= 10 {
            total += pending.unwrap_or(1) * number;
            pending = None;
        } else {
            pending = Some(pending.unwrap_or(0) * 10 + number);
        }
    }
    Some(total + pending.unwrap_or(0))
}

/// Separators after a digit become one `-`, or nothing where no number follows; numbers lose leading zeros.
fn join_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            let number = number.trim_start_matches('0');
            out.push_str(if number.is_empty() { "0" } else { number });
            rest = separators_joined(after, &mut out);
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

fn separators_joined<'t>(text: &'t str, out: &mut String) -> &'t str {
    let mut rest = text;
    while let Some(after) = SEPARATORS.iter().find_map(|each| rest.strip_prefix(each)) {
        if rest.starts_with("番町") {
            break;
        }
        rest = after;
    }
    if rest.len() < text.len() && rest.starts_with(|c: char| c.is_ascii_digit()) {
        out.push('-');
    }
    rest
}

/// 有珠郡壮瞥町 → 壮瞥町; 蒲郡市, 大和郡山市, 上郡町 stay.
fn without_county(text: &str) -> &str {
    let Some((at, _)) = text.char_indices().take(6).skip(1).find(|(_, c)| *c == '郡') else { return text };
    let rest = text.get(at + '郡'.len_utf8()..).unwrap_or_default();
    let names_a_town = ["市", "山市", "町", "村", "上市"].iter().all(|each| !rest.starts_with(each));
    let has_town = rest.chars().take(8).any(|c| matches!(c, '町' | '村'));
    if names_a_town && has_town { rest } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_written_in_many_ways_are_one() {
        for (expected, spellings) in [
            (
                "室蘭市幸町1-2-3",
                vec![
                    "北海道室蘭市幸町１丁目２番３号",
                    "室蘭市幸町一丁目二番地の三",
                    "室蘭市 幸町１－２－３",
                    "室蘭市幸町01-02-03",
                ],
            ),
            (
                "札幌市中央区北1西2-3",
                vec!["北海道札幌市中央区北１条西２丁目３番地", "札幌市中央区北一条西二丁目3"],
            ),
            ("壮瞥町滝之町287-7", vec!["北海道有珠郡壮瞥町字滝之町２８７番地７", "壮瞥町滝之町287の7"]),
            ("高知市五台山4200-6", vec!["高知県高知市五台山4200-6", "高知市五台山四二〇〇番地六"]),
            ("千代田区霞ケ関3-2-1", vec!["東京都千代田区霞が関3-2-1", "千代田区霞ヶ関３丁目２−１"]),
        ] {
            for text in spellings {
                assert_eq!(address(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn numerals_in_names_of_places_stay() {
        assert_eq!(address("三重県四日市市諏訪町1-5"), "四日市市諏訪町1-5");
        assert_eq!(address("兵庫県赤穂郡上郡町大持278"), "上郡町大持278");
        assert_eq!(address("愛知県蒲郡市旭町17-1"), "蒲郡市旭町17-1");
    }

    #[test]
    fn the_block_is_told_from_town_and_building() {
        let form = AddressForm::new("北海道札幌市北区北6条西4丁目5番 白鳥ハイツ101号室");
        assert_eq!(
            (form.town.as_str(), form.block.as_str(), form.building.as_str()),
            ("札幌市北区北", "6西4-5", "白鳥ハイツ101")
        );
        assert_eq!(form.depth(), 3);
        let plain = AddressForm::new("室蘭市幸町1-2-3 101号室");
        assert_eq!(plain.block, "1-2-3-101");
        assert_eq!(AddressForm::new("室蘭市").depth(), 0);
        assert_eq!(AddressForm::new("千代田区1番町5-3").block, "5-3");
    }
}
