//! Code systems: what HL7 v2 and JAHIS formats call a table, and the FHIR system it is.
//!
//! Systems are those of JP Core 1.1/1.2 and JP-CLINS; the HL7 tables are those of terminology.hl7.org.
//! The codes themselves are not here.

/// JLAC10, laboratory items (JP Core: `JP_ObservationLabResultCode`), 17 digits.
pub const JLAC10: &str = "urn:oid:1.2.392.200119.4.504";
/// HOT9, drugs (this and the next four: JP Core 1.1, table of the code systems of MedicationRequest).
pub const HOT9: &str = "urn:oid:1.2.392.200119.4.403.1";
/// HOT7, drugs by active ingredient, form and strength.
pub const HOT7: &str = "urn:oid:1.2.392.200119.4.403.2";
/// HOT13, drugs by package.
pub const HOT13: &str = "urn:oid:1.2.392.200119.4.402.1";
/// YJ code (個別医薬品コード), 12 digits.
pub const YJ: &str = "urn:oid:1.2.392.100495.20.1.73";
/// 一般名処方マスタ (MHLW), 12 characters.
pub const GENERAL_NAME: &str = "urn:oid:1.2.392.100495.20.1.81";
/// 病名管理番号 of the standard disease master (MEDIS).
pub const DISEASE_KEY: &str = "http://medis.or.jp/CodeSystem/master-disease-keyNumber";
/// 病名交換用コード of the standard disease master (MEDIS).
pub const DISEASE_EXCHANGE: &str = "http://medis.or.jp/CodeSystem/master-disease-exCode";
/// 修飾語管理番号 of the standard disease master (MEDIS).
pub const DISEASE_MODIFIER: &str = "http://medis.or.jp/CodeSystem/master-disease-modKeyNumber";
/// 傷病名コード of receipts (診療報酬情報提供サービス, 傷病名マスター), 7 digits.
pub const RECEIPT_DISEASE: &str = "urn:hakucho:receipt:disease-code";
/// ICD-10.
pub const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
/// MERIT-9 units of medicines.
pub const MERIT9_UNIT: &str = "urn:oid:1.2.392.100495.20.2.101";
/// MERIT-9 forms of medicines.
pub const MERIT9_FORM: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationFormMERIT9_CS";
/// MERIT-9 kinds of prescription (OHP 外来処方, …).
pub const MERIT9_CATEGORY: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationCategoryMERIT9_CS";
/// JAMI 標準用法コード, 16 digits.
pub const JAMI_USAGE: &str = "urn:oid:1.2.392.200250.2.2.20.20";
/// SS-MIX2 table of clinical departments (2 or 3 digits).
pub const DEPARTMENT: &str = "http://jami.jp/SS-MIX2/CodeSystem/ClinicalDepartment";
/// UCUM units.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// DICOM controlled terminology (modalities).
pub const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
/// HL7 v3 act codes (encounter classes).
pub const V3_ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// JP Core's categories of simple observations.
pub const OBSERVATION_CATEGORY: &str =
    "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS";

/// Where the codes of a facility or a vendor live: followed by the name the message gives them (`99XY1`).
pub const LOCAL: &str = "https://hakucho.example/fhir/CodeSystem/";

/// Names of coding systems in HL7 v2 messages of Japan (HL7 table 0396, JAHIS and JHSD tables) and their
/// FHIR systems.
const NAMED: &[(&str, &str)] = &[
    ("JC10", JLAC10),
    ("JLAC10", JLAC10),
    ("HOT9", HOT9),
    ("HOT7", HOT7),
    ("HOT13", HOT13),
    ("HOT", "urn:oid:1.2.392.200119.4.403"),
    ("YJ", YJ),
    ("MDCDX2", DISEASE_KEY),
    ("MDCEX2", DISEASE_EXCHANGE),
    ("TSQF", DISEASE_EXCHANGE),
    ("I10", ICD10),
    ("ICD10", ICD10),
    ("I10P", ICD10),
    ("MR9P", MERIT9_UNIT),
    ("JAMISDP01", JAMI_USAGE),
    ("JHSD0001", "http://jpfhir.jp/fhir/core/CodeSystem/JHSD0001"),
    ("JHSI0001", "http://jpfhir.jp/fhir/core/CodeSystem/JHSI0001"),
    ("JHSI0002", "http://jpfhir.jp/fhir/core/CodeSystem/JHSI0002"),
    ("JHSP0007", "http://jpfhir.jp/fhir/core/CodeSystem/JHSP0007"),
    ("JHSD0004", "http://jpfhir.jp/fhir/core/CodeSystem/JHSD0004"),
    ("JHSD0006", "http://jpfhir.jp/fhir/core/CodeSystem/JHSD0006"),
    ("JHSD0007", "http://jpfhir.jp/fhir/core/CodeSystem/JHSD0007"),
    ("JSHR002", "http://jpfhir.jp/fhir/core/CodeSystem/JSHR002"),
    ("JJ1017", "urn:oid:1.2.392.200119.5.2.4.1.1.3"),
    ("JAN", "urn:oid:1.3.88"),
    ("HL70069", DEPARTMENT),
    ("HL70162", "http://jpfhir.jp/fhir/core/CodeSystem/route-codes"),
    ("HL70241", "http://jpfhir.jp/fhir/core/CodeSystem/HL70241"),
    ("DCM", DICOM),
    ("ISO+", UCUM),
    ("UCUM", UCUM),
    ("LN", LOINC),
    ("SCT", "http://snomed.info/sct"),
];

/// Systems with two official names: JP Core 1.2 and JP-CLINS write an address where JP Core 1.1, 電子処方箋 and the
/// readers here write the OID.
const SAME: &[(&str, &str)] = &[
    ("http://medis.or.jp/CodeSystem/master-JLAC10-17digits", JLAC10),
    ("http://medis.or.jp/CodeSystem/master-HOT7", HOT7),
    ("http://medis.or.jp/CodeSystem/master-HOT9", HOT9),
    ("http://medis.or.jp/CodeSystem/master-HOT13", HOT13),
    ("http://capstandard.jp/iyaku.info/CodeSystem/YJ-code", YJ),
    ("urn:oid:1.2.392.100495.20.2.73", YJ),
    ("urn:oid:1.2.392.100495.20.2.74", HOT9),
    ("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationGeneralOrderCode", GENERAL_NAME),
    ("urn:oid:1.2.392.100495.20.2.81", GENERAL_NAME),
    ("urn:oid:1.2.392.200119.4.101.6", DISEASE_KEY),
];

/// One name for a system that has two, so that codes of both are the same code; any other as it is.
pub fn one_name(system: &str) -> &str {
    SAME.iter().find(|(other, _)| *other == system).map_or(system, |(_, name)| name)
}

/// The FHIR system of a coding system as an HL7 v2 message names it: the official one, an HL7 table, else a
/// local one made of the name. `None` for an empty name.
pub fn system(name: &str) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    if let Some((_, system)) = NAMED.iter().find(|(each, _)| *each == name) {
        return Some((*system).to_owned());
    }
    if let Some(table) =
        name.strip_prefix("HL7").filter(|t| t.len() == 4 && t.bytes().all(|b| b.is_ascii_digit()))
    {
        return Some(format!("http://terminology.hl7.org/CodeSystem/v2-{table}"));
    }
    if name.starts_with("http://") || name.starts_with("https://") || name.starts_with("urn:") {
        return Some(name.to_owned());
    }
    if name.starts_with("1.2.") && name.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Some(format!("urn:oid:{name}"));
    }
    let safe: String = name.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    Some(format!("{LOCAL}{safe}"))
}

/// Departments by the two digits of SS-MIX2 and the claims (診療科コード).
const DEPARTMENTS: &[(&str, &str)] = &[
    ("01", "内科"),
    ("02", "精神科"),
    ("03", "神経科"),
    ("04", "神経内科"),
    ("05", "呼吸器科"),
    ("06", "消化器科"),
    ("07", "胃腸科"),
    ("08", "循環器科"),
    ("09", "小児科"),
    ("10", "外科"),
    ("11", "整形外科"),
    ("12", "形成外科"),
    ("13", "美容外科"),
    ("14", "脳神経外科"),
    ("15", "呼吸器外科"),
    ("16", "心臓血管外科"),
    ("17", "小児外科"),
    ("18", "皮膚ひ尿器科"),
    ("19", "皮膚科"),
    ("20", "ひ尿器科"),
    ("21", "性病科"),
    ("22", "こう門科"),
    ("23", "産婦人科"),
    ("24", "産科"),
    ("25", "婦人科"),
    ("26", "眼科"),
    ("27", "耳鼻いんこう科"),
    ("28", "気管食道科"),
    ("30", "放射線科"),
    ("31", "麻酔科"),
    ("33", "心療内科"),
    ("34", "アレルギー科"),
    ("35", "リウマチ科"),
    ("36", "リハビリテーション科"),
];

/// Name of a department by its two digits.
pub fn department(code: &str) -> Option<&'static str> {
    DEPARTMENTS.iter().find(|(each, _)| *each == code).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_messages_become_systems() {
        assert_eq!(system("JC10").as_deref(), Some(JLAC10));
        assert_eq!(system("HL70127").as_deref(), Some("http://terminology.hl7.org/CodeSystem/v2-0127"));
        assert_eq!(system("99XY1").as_deref(), Some("https://hakucho.example/fhir/CodeSystem/99XY1"));
        assert_eq!(system("HL7012").as_deref(), Some("https://hakucho.example/fhir/CodeSystem/HL7012"));
        assert_eq!(system("1.2.392.1").as_deref(), Some("urn:oid:1.2.392.1"));
        assert_eq!(system("  "), None);
    }

    #[test]
    fn systems_of_two_names_are_one() {
        assert_eq!(one_name("http://capstandard.jp/iyaku.info/CodeSystem/YJ-code"), YJ);
        assert_eq!(one_name("http://medis.or.jp/CodeSystem/master-HOT9"), HOT9);
        assert_eq!(one_name("http://loinc.org"), LOINC);
        assert!(SAME.iter().all(|(_, name)| one_name(name) == *name));
    }
}
