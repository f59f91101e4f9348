//! The municipalities of the region and how an address is written.

use crate::dice::Dice;

/// A municipality. Names and numbers are fictitious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Municipality {
    /// Name with its suffix.
    pub name: &'static str,
    /// First five digits of its postal codes.
    pub postal: &'static str,
    /// Area code of its telephones.
    pub area_code: &'static str,
    /// Three digits of its insurer numbers (none that a real Hokkaido municipality has).
    pub insurer: &'static str,
    /// Share of the residents, in thousandths.
    pub share: usize,
}

const fn town(
    name: &'static str,
    postal: &'static str,
    area_code: &'static str,
    insurer: &'static str,
    share: usize,
) -> Municipality {
    Municipality { name, postal, area_code, insurer, share }
}

/// The municipalities, the largest first.
pub const MUNICIPALITIES: &[Municipality] = &[
    town("白鳥市", "05099", "0143", "991", 460),
    town("湯滝市", "05999", "0143", "992", 250),
    town("伊泉市", "05299", "0142", "993", 180),
    town("豊波町", "04999", "0142", "994", 40),
    town("洞湖町", "04998", "0142", "995", 50),
    town("壮岳町", "05298", "0142", "996", 20),
];

const AREAS: &[&str] = &[
    "港町",
    "中央町",
    "緑町",
    "汐見町",
    "本町",
    "高砂町",
    "日の出町",
    "柏木町",
    "弥生町",
    "浜町",
    "東町",
    "舟見町",
    "若草町",
    "幸町",
    "山手町",
    "温泉町",
];

const BUILDINGS: &[&str] = &["コーポ汐見", "メゾン白鳥", "道営住宅", "ハイツ港", "グリーンハイム"];

/// Where somebody lives or a facility stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Place in [`MUNICIPALITIES`].
    pub municipality: usize,
    /// Name of the town area.
    pub area: &'static str,
    /// 丁目
    pub chome: u8,
    /// 番
    pub ban: u8,
    /// 号
    pub go: u8,
    /// Building and room, e.g. `コーポ汐見 203号`.
    pub building: Option<String>,
}

/// A way of writing an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressStyle {
    /// 北海道白鳥市港町3丁目4番5号
    #[default]
    Kanji,
    /// 北海道白鳥市港町3-4-5
    Dashes,
    /// 北海道白鳥市港町３丁目４番５号
    WideKanji,
    /// 白鳥市港町３－４－５ (no prefecture)
    WideShort,
    /// 北海道白鳥市港町三丁目4番5号
    KanjiDigit,
}

/// The municipality at a place; the largest if there is none.
pub fn municipality(place: usize) -> Municipality {
    let largest = town("白鳥市", "05099", "0143", "991", 460);
    MUNICIPALITIES.get(place).copied().unwrap_or(largest)
}

/// Writes half-width digits and the hyphen full-width.
pub fn wide(text: &str) -> String {
    let widen = |c: char| match c {
        '0'..='9' | 'A'..='Z' | 'a'..='z' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        '-' => '－',
        ' ' => '　',
        other => other,
    };
    text.chars().map(widen).collect()
}

impl Address {
    /// Somewhere in the municipality.
    pub fn somewhere(municipality: usize, dice: &mut Dice) -> Self {
        let building = dice
            .chance(25)
            .then(|| format!("{} {}0{}号", dice.pick(BUILDINGS), dice.range(1, 4), dice.range(1, 6)));
        Self {
            municipality,
            area: dice.pick(AREAS),
            chome: dice.range(1, 6) as u8,
            ban: dice.range(1, 30) as u8,
            go: dice.range(1, 20) as u8,
            building,
        }
    }

    /// Writes the address in a style.
    pub fn written(&self, style: AddressStyle) -> String {
        let Self { area, chome, ban, go, .. } = self;
        let town = municipality(self.municipality).name;
        let text = match style {
            AddressStyle::Kanji => format!("北海道{town}{area}{chome}丁目{ban}番{go}号"),
            AddressStyle::Dashes => format!("北海道{town}{area}{chome}-{ban}-{go}"),
            AddressStyle::WideKanji => wide(&format!("北海道{town}{area}{chome}丁目{ban}番{go}号")),
            AddressStyle::WideShort => wide(&format!("{town}{area}{chome}-{ban}-{go}")),
            AddressStyle::KanjiDigit => {
                let digit = "一二三四五六".chars().nth(usize::from(*chome).saturating_sub(1)).unwrap_or('一');
                format!("北海道{town}{area}{digit}丁目{ban}番{go}号")
            }
        };
        match (&self.building, style) {
            (None, _) => text,
            (Some(building), AddressStyle::WideKanji | AddressStyle::WideShort) => {
                format!("{text}　{}", wide(building))
            }
            (Some(building), _) => format!("{text} {building}"),
        }
    }

    /// Seven digits without hyphen.
    pub fn postal(&self) -> String {
        let area = AREAS.iter().position(|each| *each == self.area).unwrap_or(0);
        format!("{}{area:02}", municipality(self.municipality).postal)
    }

    /// Seven digits with hyphen.
    pub fn postal_hyphen(&self) -> String {
        let digits = self.postal();
        match (digits.get(..3), digits.get(3..)) {
            (Some(head), Some(tail)) => format!("{head}-{tail}"),
            _ => digits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_written_in_many_ways() {
        let address = Address {
            municipality: 0,
            area: "港町",
            chome: 3,
            ban: 4,
            go: 5,
            building: Some("ハイツ港 201号".into()),
        };
        assert_eq!(address.written(AddressStyle::Kanji), "北海道白鳥市港町3丁目4番5号 ハイツ港 201号");
        assert_eq!(address.written(AddressStyle::Dashes), "北海道白鳥市港町3-4-5 ハイツ港 201号");
        assert_eq!(address.written(AddressStyle::WideShort), "白鳥市港町３－４－５　ハイツ港　２０１号");
        assert_eq!(address.written(AddressStyle::KanjiDigit), "北海道白鳥市港町三丁目4番5号 ハイツ港 201号");
        assert_eq!(address.postal_hyphen(), "050-9900");
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(MUNICIPALITIES.iter().map(|each| each.share).sum::<usize>(), 1000);
    }
}
