//! Variant kanji (異体字, 旧字体) of names and addresses, folded to the form in common use.
//!
//! The table is ours and short: characters that registers really write for one another in names. A group may hold
//! characters that are two words elsewhere (斉 and 斎): folding finds candidates, other evidence decides.
//! CJK compatibility ideographs and radicals are already unified by NFKC, variation selectors dropped before.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Each group begins with the form all others are folded to.
#[rustfmt::skip]
const GROUPS: &[&str] = &[
    "高髙", "崎﨑嵜碕㟢", "辺邊邉", "斎齋斉齊", "沢澤", "浜濱濵", "広廣", "国國圀", "島嶋嶌", "吉𠮷", "富冨",
    "真眞", "恵惠", "桜櫻", "滝瀧", "竜龍", "栄榮", "浅淺", "関關", "徳德", "静靜", "寿壽", "会會", "実實", "学學",
    "円圓", "亀龜", "黒黑", "緑綠", "条條", "万萬", "与與", "豊豐", "県縣", "鉄鐵鐡", "塩鹽", "桑桒", "館舘",
    "峰峯", "梅楳", "松枩", "淵渕渊", "橋槗", "船舩", "鶴靏靍", "曽曾", "巌巖", "薮藪籔", "桧檜", "蛍螢", "頼賴",
    "瀬瀨", "弥彌", "礼禮", "穂穗", "薫薰", "芦蘆", "蔵藏", "清淸", "青靑", "教敎", "尚尙", "増增", "寛寬", "懐懷",
    "戸戶", "昂昻", "晃晄", "暁曉", "来來", "楽樂", "横橫", "歩步", "毎每", "気氣", "涼凉", "温溫", "湧涌", "満滿",
    "灯燈", "熙煕凞", "為爲", "猪豬", "瑶瑤", "画畫", "当當", "祢禰", "稲稻", "穣穰", "粛肅", "糸絲", "経經", "絵繪",
    "継繼", "総總", "縄繩", "聡聰", "声聲", "旧舊", "芸藝", "荘莊", "萌萠", "誉譽", "読讀", "諫諌", "賛贊", "遥遙",
    "郎郞", "郷鄕", "釈釋", "録錄", "鎮鎭", "隣鄰", "霊靈", "顔顏", "顕顯", "麦麥", "麹麴", "黄黃", "剣劍劔剱釼",
    "勲勳", "勧勸", "単單", "厳嚴", "参參", "双雙", "収收", "号號", "団團", "囲圍", "図圖", "壮壯", "奥奧", "奨獎",
    "姫姬", "嬢孃", "宝寶寳", "将將", "専專", "尭堯", "岳嶽", "峡峽", "巻卷", "帯帶", "庁廳", "弁辨瓣辯", "弐貳",
    "従從", "応應", "恋戀", "悦悅", "恒恆", "慎愼", "択擇", "挙擧", "摂攝", "昼晝", "晋晉", "桝枡", "楼樓", "槙槇",
    "様樣", "権權", "浄淨", "渓溪谿", "渋澁澀", "湾灣", "祷禱", "禅禪", "秘祕", "称稱", "窓窗", "艶艷", "覚覺",
    "観觀", "証證", "鴎鷗", "鴬鶯", "凛凜", "籠篭", "竈竃", "壺壷", "涛濤", "砺礪", "穎頴", "爾尓", "野埜", "村邨",
    "柳栁", "喜㐂", "土圡", "達逹", "児兒", "仏佛", "仮假", "伝傳", "余餘", "内內", "区區", "医醫", "台臺", "営營",
    "売賣", "変變", "彦彥", "姉姊", "体體", "点點", "駅驛", "沖冲", "閲閱", "鋭銳", "昇曻", "梼檮", "桟棧",
    "徴徵", "戦戰", "抜拔", "拝拜", "拡擴", "暦曆", "検檢", "欧歐", "殻殼", "独獨", "献獻", "瓶甁",
    "痩瘦", "砕碎", "触觸", "訳譯", "転轉", "辞辭", "逓遞", "遅遲", "醸釀", "銭錢", "鋳鑄", "錬鍊", "闘鬪", "随隨",
    "雑雜", "韮韭", "飲飮", "駆驅", "髄髓", "齢齡", "亜亞", "仭仞", "侠俠", "倹儉", "兎兔", "刈苅", "効效",
    "勅敕", "却卻", "叙敍敘", "唖啞", "噛嚙", "嘱囑", "塁壘", "墻牆", "壱壹", "妊姙", "寝寢", "対對", "属屬", 
    "廃廢", "弾彈", "径徑", "恥耻", "悩惱", "撹攪", "撃擊", "栖棲", "楕橢", "済濟", "湿濕",
];

static COMMON: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for group in GROUPS {
        let mut members = group.chars();
        if let Some(common) = members.next() {
            table.extend(members.map(|variant| (variant, common)));
        }
    }
    table
});

/// The form in common use of a kanji: 髙 → 高, 邉 → 辺. Other characters are their own.
pub fn common_form(c: char) -> char {
    COMMON.get(&c).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn no_character_is_in_two_groups_and_none_is_out_of_reach() {
        let mut seen = HashSet::new();
        for group in GROUPS {
            assert!(group.chars().count() > 1, "{group} folds nothing");
            for c in group.chars() {
                assert!(seen.insert(c), "{c} twice");
                assert_eq!(
                    c.nfkc().collect::<String>(),
                    c.to_string(),
                    "NFKC changes {c} before the table sees it"
                );
            }
        }
    }
}
