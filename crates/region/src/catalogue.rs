//! What courses are made of: drugs, ways of taking them, laboratory tests, diseases.
//!
//! Official codes stand only where they are certain: JLAC10 from the published unit table of the National
//! Hospital Organization, general-name codes (一般名コード) of a few common drugs, ICD-10, JAMI usage codes
//! seen in published examples. Everything else carries the sender's own code, as in real feeds.

/// A drug as a hospital orders it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drug {
    /// The region's own code (a local `99` system at every sender).
    pub code: &'static str,
    /// Name with strength, half-width digits.
    pub name: &'static str,
    /// MERIT-9 unit code and name.
    pub unit: (&'static str, &'static str),
    /// General-name code (12 characters) where certain, else empty.
    pub general: &'static str,
    /// JAHIS form: 1 taken by mouth, 3 when needed, 4 injection, 5 external.
    pub form: u8,
}

const TABLET: (&str, &str) = ("TAB", "錠");
const GRAM: (&str, &str) = ("G", "g");

const fn tablet(code: &'static str, name: &'static str, general: &'static str) -> Drug {
    Drug { code, name, unit: TABLET, general, form: 1 }
}

macro_rules! drugs {
    ($($ident:ident = $drug:expr;)+) => {
        $(#[doc = "A drug of the catalogue."] pub const $ident: Drug = $drug;)+
        /// Every drug of the catalogue.
        pub const DRUGS: &[Drug] = &[$($ident,)+];
    };
}

drugs! {
    AZOSEMIDE = tablet("D10101", "アゾセミド錠30mg", "");
    FUROSEMIDE = tablet("D10102", "フロセミド錠20mg", "");
    SPIRONOLACTONE = tablet("D10103", "スピロノラクトン錠25mg", "");
    BISOPROLOL = tablet("D10201", "ビソプロロールフマル酸塩錠2.5mg", "");
    AMLODIPINE = tablet("D10301", "アムロジピン錠5mg", "2171022F2ZZZ");
    CANDESARTAN = tablet("D10302", "カンデサルタン錠4mg", "2149040F2ZZZ");
    EDOXABAN = tablet("D10401", "エドキサバン錠30mg", "");
    WARFARIN = tablet("D10402", "ワルファリンカリウム錠1mg", "");
    CLOPIDOGREL = tablet("D10403", "クロピドグレル錠75mg", "3399008F2ZZZ");
    ATORVASTATIN = tablet("D10501", "アトルバスタチン錠10mg", "2189015F2ZZZ");
    DONEPEZIL_5 = tablet("D10601", "ドネペジル塩酸塩錠5mg", "1190012F2ZZZ");
    DONEPEZIL_10 = tablet("D10602", "ドネペジル塩酸塩錠10mg", "1190012F5ZZZ");
    MEMANTINE = tablet("D10603", "メマンチン塩酸塩錠10mg", "");
    YOKUKANSAN = Drug { code: "D10701", name: "抑肝散エキス顆粒", unit: GRAM, general: "", form: 1 };
    METFORMIN = tablet("D10801", "メトホルミン塩酸塩錠500mg", "");
    SITAGLIPTIN = tablet("D10802", "シタグリプチン錠50mg", "");
    EMPAGLIFLOZIN = tablet("D10803", "エンパグリフロジン錠10mg", "");
    LANSOPRAZOLE = tablet("D10901", "ランソプラゾールOD錠15mg", "2329023F1ZZZ");
    REBAMIPIDE = tablet("D10902", "レバミピド錠100mg", "2329021F1ZZZ");
    MAGNESIUM = tablet("D10903", "酸化マグネシウム錠330mg", "");
    POTASSIUM = tablet("D11001", "塩化カリウム徐放錠600mg", "");
    SODIUM_BICARBONATE = tablet("D11002", "炭酸水素ナトリウム錠500mg", "");
    LOXOPROFEN = tablet("D11101", "ロキソプロフェンナトリウム錠60mg", "1149019F1ZZZ");
    ACETAMINOPHEN = tablet("D11102", "アセトアミノフェン錠200mg", "1141007F1ZZZ");
    OXYCODONE = tablet("D11103", "オキシコドン徐放錠5mg", "");
    AMOXICILLIN = Drug { code: "D11201", name: "アモキシシリンカプセル250mg", unit: ("CAP", "カプセル"), general: "", form: 1 };
    CEFDITOREN = tablet("D11202", "セフジトレンピボキシル錠100mg", "");
    LEVOFLOXACIN = tablet("D11203", "レボフロキサシン錠500mg", "");
    CARBOCISTEINE = tablet("D11301", "カルボシステイン錠250mg", "2233002F1ZZZ");
    FEXOFENADINE = tablet("D11302", "フェキソフェナジン塩酸塩錠60mg", "");
    TIOTROPIUM = Drug { code: "D11401", name: "チオトロピウム吸入液2.5μg 60吸入", unit: ("KIT", "キット"), general: "", form: 5 };
    ALENDRONATE = tablet("D11501", "アレンドロン酸錠5mg", "");
    ELDECALCITOL = Drug { code: "D11502", name: "エルデカルシトールカプセル0.75μg", unit: ("CAP", "カプセル"), general: "", form: 1 };
    SENNOSIDE = tablet("D11601", "センノシド錠12mg", "");
    FUROSEMIDE_INJECTION = Drug { code: "D19101", name: "フロセミド注20mg", unit: ("AMP", "アンプル"), general: "", form: 4 };
    SALINE = Drug { code: "D19102", name: "生理食塩液100mL", unit: ("HON", "本"), general: "", form: 4 };
    AMPICILLIN_SULBACTAM = Drug { code: "D19103", name: "アンピシリン・スルバクタム静注用1.5g", unit: ("BIN", "瓶"), general: "", form: 4 };
    EDARAVONE = Drug { code: "D19104", name: "エダラボン点滴静注30mg", unit: ("KIT", "キット"), general: "", form: 4 };
}

/// A way of taking a drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// JAMI standard usage code (16 characters) where certain, else empty.
    pub jami: &'static str,
    /// The sender's own code.
    pub local: &'static str,
    /// Text.
    pub text: &'static str,
    /// Times a day; 0 when needed.
    pub times: u32,
}

/// Once a day after breakfast.
pub const MORNING: Usage =
    Usage { jami: "1011000400000000", local: "U101", text: "１日１回朝食後", times: 1 };
/// Once a day after supper.
pub const EVENING: Usage =
    Usage { jami: "1011040000000000", local: "U102", text: "１日１回夕食後", times: 1 };
/// Once a day before sleep.
pub const BEDTIME: Usage =
    Usage { jami: "1011100000000000", local: "U103", text: "１日１回就寝前", times: 1 };
/// Twice a day after meals.
pub const TWICE: Usage =
    Usage { jami: "1012040400000000", local: "U201", text: "１日２回朝夕食後", times: 2 };
/// Three times a day after meals.
pub const THRICE: Usage =
    Usage { jami: "1013044400000000", local: "U301", text: "１日３回朝昼夕食後", times: 3 };
/// Three times a day before meals.
pub const THRICE_BEFORE: Usage =
    Usage { jami: "", local: "U302", text: "１日３回朝昼夕食前", times: 3 };
/// Once a day on rising.
pub const RISING: Usage = Usage { jami: "", local: "U110", text: "１日１回起床時", times: 1 };
/// When it hurts.
pub const WHEN_PAIN: Usage = Usage { jami: "", local: "U901", text: "疼痛時", times: 0 };
/// Inhaled once a day.
pub const INHALE: Usage = Usage { jami: "", local: "U801", text: "１日１回朝２吸入", times: 1 };

/// A laboratory test on serum, plasma or blood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// JLAC10, 17 characters; empty if the sender has only its own code.
    pub jlac10: &'static str,
    /// The sender's own code.
    pub local: &'static str,
    /// Name as reported.
    pub name: &'static str,
    /// Unit as reported.
    pub unit: &'static str,
    /// Reference interval.
    pub range: (f64, f64),
    /// Digits after the point.
    pub digits: usize,
    /// JLAC10 specimen code and name.
    pub specimen: (&'static str, &'static str),
}

const SERUM: (&str, &str) = ("023", "血清");
const PLASMA: (&str, &str) = ("022", "血漿");
const BLOOD: (&str, &str) = ("019", "全血");

macro_rules! tests {
    ($($ident:ident = $jlac:literal, $local:literal, $name:literal, $unit:literal, $low:literal - $high:literal, $digits:literal, $specimen:expr;)+) => {
        $(#[doc = "A test of the catalogue."]
        pub const $ident: Test = Test { jlac10: $jlac, local: $local, name: $name, unit: $unit, range: ($low, $high), digits: $digits, specimen: $specimen };)+
        /// Every test of the catalogue.
        pub const TESTS: &[Test] = &[$($ident,)+];
    };
}

tests! {
    NA = "3H010000002326101", "L101", "Na", "mmol/L", 138.0 - 145.0, 0, SERUM;
    K = "3H015000002326101", "L102", "K", "mmol/L", 3.6 - 4.8, 1, SERUM;
    CL = "3H020000002326101", "L103", "Cl", "mmol/L", 101.0 - 108.0, 0, SERUM;
    BUN = "3C025000002327201", "L104", "尿素窒素", "mg/dL", 8.0 - 20.0, 1, SERUM;
    CR = "3C015000002327101", "L105", "クレアチニン", "mg/dL", 0.46 - 0.79, 2, SERUM;
    CR_MALE = "3C015000002327101", "L105", "クレアチニン", "mg/dL", 0.65 - 1.07, 2, SERUM;
    EGFR = "8A065000002391901", "L106", "eGFR", "mL/min/1.73m2", 60.0 - 90.0, 0, SERUM;
    BNP = "4Z271000002205201", "L107", "BNP", "pg/mL", 0.0 - 18.4, 1, PLASMA;
    HBA1C = "3D046000001906202", "L108", "HbA1c(NGSP)", "%", 4.9 - 6.0, 1, BLOOD;
    GLU = "3D010000002227201", "L109", "血糖", "mg/dL", 73.0 - 109.0, 0, PLASMA;
    AST = "3B035000002327201", "L110", "AST", "U/L", 13.0 - 30.0, 0, SERUM;
    ALT = "3B045000002327201", "L111", "ALT", "U/L", 7.0 - 23.0, 0, SERUM;
    ALB = "3A015000002327101", "L112", "アルブミン", "g/dL", 4.1 - 5.1, 1, SERUM;
    CRP = "5C070000002306201", "L113", "CRP", "mg/dL", 0.0 - 0.14, 2, SERUM;
    WBC = "2A990000001930952", "L114", "白血球数", "/uL", 3300.0 - 8600.0, 0, BLOOD;
    HB = "2A990000001930953", "L115", "ヘモグロビン", "g/dL", 11.6 - 14.8, 1, BLOOD;
    PLT = "2A990000001930955", "L116", "血小板数", ".10*4/uL", 15.8 - 34.8, 1, BLOOD;
    LDL = "3F077000002327101", "L117", "LDL-C", "mg/dL", 65.0 - 163.0, 0, SERUM;
    PT_INR = "", "L118", "PT-INR", "", 0.9 - 1.1, 2, PLASMA;
    UA = "3C020000002327101", "L119", "尿酸", "mg/dL", 2.6 - 5.5, 1, SERUM;
}

/// A disease name with its ICD-10 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disease {
    /// ICD-10 (Japanese modification, 2013) with its point.
    pub icd10: &'static str,
    /// Name.
    pub name: &'static str,
    /// The sender's own code.
    pub local: &'static str,
}

macro_rules! diseases {
    ($($ident:ident = $icd:literal, $local:literal, $name:literal;)+) => {
        $(#[doc = "A disease of the catalogue."]
        pub const $ident: Disease = Disease { icd10: $icd, name: $name, local: $local };)+
        /// Every disease of the catalogue.
        pub const DISEASES: &[Disease] = &[$($ident,)+];
    };
}

diseases! {
    HEART_FAILURE = "I50.0", "B001", "うっ血性心不全";
    ATRIAL_FIBRILLATION = "I48", "B002", "心房細動";
    ALZHEIMER = "G30.9", "B003", "アルツハイマー型認知症";
    HYPERTENSION = "I10", "B004", "高血圧症";
    DIABETES = "E11.9", "B005", "２型糖尿病";
    PERIODONTITIS = "K05.3", "B006", "慢性歯周炎";
    HYPERLIPIDEMIA = "E78.5", "B007", "脂質異常症";
    STROKE = "I63.9", "B008", "脳梗塞";
    KIDNEY = "N18.9", "B009", "慢性腎臓病";
    COPD = "J44.9", "B010", "慢性閉塞性肺疾患";
    HIP_FRACTURE = "S72.00", "B011", "大腿骨頚部骨折";
    OSTEOPOROSIS = "M81.9", "B012", "骨粗鬆症";
    PANCREATIC_CANCER = "C25.9", "B013", "膵癌";
    PNEUMONIA = "J18.9", "B014", "肺炎";
    COLD = "J06.9", "B015", "急性上気道炎";
    GASTROENTERITIS = "A09", "B016", "感染性胃腸炎";
    BACK_PAIN = "M54.5", "B017", "腰痛症";
    RHINITIS = "J30.1", "B018", "花粉症";
    COVID = "U07.1", "B019", "ＣＯＶＩＤ－１９";
    HYPOKALEMIA = "E87.6", "B020", "低カリウム血症";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_have_their_shape_and_are_not_reused() {
        assert!(TESTS.iter().all(|test| test.jlac10.is_empty() || test.jlac10.len() == 17));
        assert!(DRUGS.iter().all(|drug| drug.general.is_empty() || drug.general.len() == 12));
        let usages = [MORNING, EVENING, BEDTIME, TWICE, THRICE, THRICE_BEFORE, RISING, WHEN_PAIN, INHALE];
        assert!(usages.iter().all(|usage| usage.jami.is_empty() || usage.jami.len() == 16));
        let codes: BTreeSet<&str> = DRUGS.iter().map(|drug| drug.code).collect();
        assert_eq!(codes.len(), DRUGS.len());
        let codes: BTreeSet<&str> = DISEASES.iter().map(|disease| disease.local).collect();
        assert_eq!(codes.len(), DISEASES.len());
    }
}
