//! OML-11 (OUL^R22): laboratory results → Specimen, DiagnosticReport and one Observation for each OBX.
//!
//! Microbiology is told by its JLAC10 group (6…) or section. Lines of one OBX-4 belong together: the line
//! with the organism or drug has the others as members. A susceptibility is derived from the organism that
//! OBR-26 names.

use super::oml_observation::{Around, observation};
use super::oml_specimen::{Sample, specimen};
use super::order::{Draft, Group, Groups, Orders, observations, people, subject};
use super::order_field::{Seg, component_text, concept, interpreter, persons, raw, sub_text, text, time};
use super::order_request::{Service, service_request, typed_identifier};
use model::codes::LOCAL;
use serde_json::{Value, json};
use std::collections::HashMap;

/// JP Core document codes.
const DOCUMENT: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_DocumentCodes_CS";

/// Organisms and drugs by the numbers of JANIS (院内感染対策サーベイランス), as JP Core's microbiology has them.
const JANIS_ORGANISM: &str = "urn:oid:1.2.392.100495.10.3.100.5.27.6.1";
const JANIS_DRUG: &str = "urn:oid:1.2.392.100495.10.3.100.5.11.5.2";

/// Organisms found so far: specimen, OBX-3 and OBX-4 → key of the record.
type Organisms = HashMap<(String, String, String), String>;

/// Reads the results of one message.
pub(super) fn read(cx: &mut Orders, segments: &[Seg]) -> Vec<Draft> {
    let groups = Groups::cut(segments, "OBR", true);
    let mut drafts = Vec::new();
    let mut samples: Vec<Sample> = Vec::new();
    for own in &groups.specimens {
        let Some(spm) = own.first() else { continue };
        let (sample, draft) = specimen(cx, spm);
        drafts.push(draft);
        for (obx, notes) in observations(own) {
            let code = component_text(obx, 3, 0).unwrap_or_else(|| "-".to_owned());
            let key = cx.key(&format!("{}/{code}/{}", sample.word, raw(obx, 4).unwrap_or_default()));
            let around = Around { key, ..laboratory(cx, &sample, None, false) };
            drafts.push(observation(cx, obx, &around, &notes));
        }
        samples.push(sample);
    }
    let mut organisms = Organisms::new();
    for group in &groups.groups {
        let sample = group.specimen.and_then(|at| samples.get(at)).cloned().unwrap_or_else(Sample::none);
        let report = report(cx, group, &sample, &mut organisms, &mut drafts);
        drafts.push(report);
    }
    drafts
}

/// What laboratory observations take from around them.
fn laboratory(cx: &Orders, sample: &Sample, taken: Option<String>, microbiology: bool) -> Around {
    let mut links = Vec::new();
    if !sample.key.is_empty() {
        links.push(("specimen", json!({ "reference": format!("urn:key:{}", sample.key) })));
    }
    Around {
        profile: if microbiology { "JP_Observation_Microbiology" } else { "JP_Observation_LabResult" },
        category: "laboratory",
        categories: Vec::new(),
        key: String::new(),
        collected: sample.collected.clone(),
        otherwise: taken.or_else(|| cx.day()),
        links,
        expects_unit: true,
    }
}

/// The report of one OBR with its observations, which go to `drafts`.
fn report(
    cx: &mut Orders,
    group: &Group,
    sample: &Sample,
    organisms: &mut Organisms,
    drafts: &mut Vec<Draft>,
) -> Draft {
    let obr = group.first("OBR");
    let code = obr.and_then(|obr| component_text(obr, 4, 0)).unwrap_or_else(|| "-".to_owned());
    let section = obr.and_then(|obr| text(obr, 24));
    let system = obr.and_then(|obr| component_text(obr, 4, 2)).unwrap_or_default();
    let microbiology = section.as_deref() == Some("MB") || (system == "JC10" && code.starts_with('6'));
    let parent = obr.and_then(|obr| component_text(obr, 26, 1)).unwrap_or_default();
    let word = if parent.is_empty() { code.clone() } else { format!("{code}/{parent}") };
    let key = cx.key(&format!("{}/report/{word}", sample.word));
    let profile =
        if microbiology { "JP_DiagnosticReport_Microbiology" } else { "JP_DiagnosticReport_LabResult" };
    let at = group.segments.first().map(|segment| segment.place()).unwrap_or_default();
    let mut report = Draft::new("DiagnosticReport", profile, &key, at);

    let taken = obr.and_then(|obr| time(cx, obr, 7));
    let ended = obr.and_then(|obr| time(cx, obr, 8));
    let mut around = laboratory(cx, sample, taken.clone(), microbiology);
    if let Some(organism) = obr.and_then(|obr| tested_organism(obr, sample, organisms)) {
        around.links.push(("derivedFrom", json!({ "reference": format!("urn:key:{organism}") })));
    }
    let results = results(cx, group, sample, &parent, &around, organisms);
    let state = group.first("ORC").and_then(|orc| text(orc, 5));
    let status = report_status(obr.and_then(|obr| text(obr, 25)).as_deref(), state.as_deref(), &results);
    report.set("status", Some(status));
    category(obr, microbiology, &mut report);
    report.set("code", Some(report_code(obr, microbiology)));
    report.set("subject", subject());
    effective(&mut report, taken, ended, sample.collected.clone().or_else(|| cx.day()));
    if let Some(obr) = obr {
        numbers(cx, obr, &mut report);
    }
    if group.first("ORC").is_some() {
        let order = contained_order(cx, group);
        report.push("contained", Some(order));
        report.push("basedOn", Some(json!({"reference": "#order"})));
    } else {
        unordered(group, &mut report);
    }
    if !sample.key.is_empty() {
        report.push("specimen", Some(json!({ "reference": format!("urn:key:{}", sample.key) })));
    }
    for result in &results {
        report.push("result", Some(result.reference()));
    }
    drafts.extend(results);
    report
}

/// The time a report is about: OBR-7 to OBR-8, else what stands around it.
pub(super) fn effective(
    report: &mut Draft,
    from: Option<String>,
    until: Option<String>,
    otherwise: Option<String>,
) {
    match (from, until) {
        (Some(from), Some(until)) => {
            report.set("effectivePeriod", Some(json!({"start": from, "end": until})))
        }
        (None, Some(until)) => report.set("effectivePeriod", Some(json!({ "end": until }))),
        (from, None) => report.set("effectiveDateTime", from),
    }
    if report.get("effectivePeriod").is_none() {
        report.assume("effectiveDateTime", otherwise);
    }
}

/// The numbers, people and times OBR adds to its report.
fn numbers(cx: &mut Orders, obr: &Seg, report: &mut Draft) {
    for (field, kind) in [(2, "PLAC"), (3, "FILL")] {
        let number = typed_identifier(obr, field, kind);
        report.push("identifier", number);
    }
    match time(cx, obr, 22) {
        Some(moment) if moment.contains('T') => report.set("issued", Some(moment)),
        Some(_) => report.keep(obr, &[22]),
        None => {}
    }
    report.push("resultsInterpreter", interpreter(obr, 32));
    for copy in persons(obr, 28) {
        report.push("extension", Some(people("OBR-28", copy)));
    }
}

/// What OBR says of the order where no ORC restates it.
pub(super) fn unordered(group: &Group, report: &mut Draft) {
    if let Some(obr) = group.first("OBR") {
        for who in persons(obr, 16) {
            report.push("extension", Some(people("OBR-16", who)));
        }
        report.carry(obr);
    }
    for segment in group.all("TQ1") {
        report.carry(segment);
    }
    for note in group.notes() {
        report.note(note);
    }
}

/// The order the report answers, as ORC and OBR restate it.
fn contained_order(cx: &mut Orders, group: &Group) -> Value {
    service_request(cx, group, "order", Service::Laboratory).into_contained("order")
}

/// DiagnosticReport.status of OBR-25 (HL7 table 0123), else of ORC-5, else of its results.
fn report_status(result: Option<&str>, order: Option<&str>, results: &[Draft]) -> &'static str {
    let status_of =
        |draft: &Draft| draft.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    let corrected = results.iter().any(|each| status_of(each) == "corrected");
    match (result, order) {
        (None, Some("CM")) if corrected => "corrected",
        (Some("F"), _) => "final",
        (Some("C"), _) => "corrected",
        (Some("P" | "R"), _) => "preliminary",
        (Some("A"), _) => "partial",
        (Some("X"), _) | (None, Some("CA" | "DC")) => "cancelled",
        (Some("O" | "I" | "S"), _) => "registered",
        (None, Some("CM")) => "final",
        (None, Some("A" | "IP")) => "partial",
        _ if results.is_empty() => "unknown",
        _ if results
            .iter()
            .all(|each| matches!(status_of(each).as_str(), "final" | "corrected" | "cancelled")) =>
        {
            "final"
        }
        _ => "partial",
    }
}

/// DiagnosticReport.category: JP Core's fixed one.
fn category(obr: Option<&Seg>, microbiology: bool, report: &mut Draft) {
    let (code, display) =
        if microbiology { ("LP7819-8", "微生物検査") } else { ("LP29693-6", "検体検査") };
    let coding = json!({"system": "http://loinc.org", "code": code, "display": display});
    let section = if microbiology { "MB" } else { "LAB" };
    let system = "http://terminology.hl7.org/CodeSystem/v2-0074";
    report.push("category", Some(json!({"coding": [coding, {"system": system, "code": section}]})));
    report.push("category", obr.and_then(diagnostic_section));
}

/// OBR-24, a bare code of HL7 table 0074.
pub(super) fn diagnostic_section(obr: &Seg) -> Option<Value> {
    let mut section = concept(obr, 24)?;
    if let Some(coding) = section.pointer_mut("/coding/0").and_then(Value::as_object_mut) {
        coding.entry("system").or_insert_with(|| json!("http://terminology.hl7.org/CodeSystem/v2-0074"));
    }
    Some(section)
}

/// DiagnosticReport.code: the kind of document first, then what was asked for.
fn report_code(obr: Option<&Seg>, microbiology: bool) -> Value {
    let (code, display) = if microbiology {
        ("18725-2", "微生物学的検査報告書")
    } else {
        ("11502-2", "検体検査報告書")
    };
    let mut concept = obr.and_then(|obr| concept(obr, 4)).unwrap_or_else(|| json!({}));
    let document = json!({"system": DOCUMENT, "code": code, "display": display});
    match concept.get_mut("coding").and_then(Value::as_array_mut) {
        Some(list) => list.push(document),
        None => {
            if let Some(map) = concept.as_object_mut() {
                map.insert("coding".into(), json!([document]));
            }
        }
    }
    concept
}

/// The organism OBR-26 names, if this message found it.
fn tested_organism(obr: &Seg, sample: &Sample, organisms: &Organisms) -> Option<String> {
    let code = sub_text(obr, 26, 0, 0)?;
    let sub = component_text(obr, 26, 1).unwrap_or_default();
    organisms.get(&(sample.word.clone(), code, sub)).cloned()
}

/// The observations of one group, those of one OBX-4 joined.
fn results(
    cx: &mut Orders,
    group: &Group,
    sample: &Sample,
    parent: &str,
    around: &Around,
    organisms: &mut Organisms,
) -> Vec<Draft> {
    let mut results: Vec<Draft> = Vec::new();
    let organism = group.first("OBR").and_then(|obr| component_text(obr, 26, 2));
    let mut heads: HashMap<String, (usize, String)> = HashMap::new();
    let mut members: Vec<(usize, Value)> = Vec::new();
    for (obx, notes) in group.observations() {
        let code =
            component_text(obx, 3, 0).or_else(|| component_text(obx, 3, 1)).unwrap_or_else(|| "-".to_owned());
        let sub = raw(obx, 4).unwrap_or_default();
        let tail = match (parent, sub.as_str()) {
            ("", sub) => sub.to_owned(),
            (parent, "") => parent.to_owned(),
            (parent, sub) => format!("{parent}-{sub}"),
        };
        let key = cx.key(&format!("{}/{code}/{tail}", sample.word));
        check_code(cx, obx);
        let categories = microbiology_categories(around, &code);
        let mut draft =
            observation(cx, obx, &Around { key: key.clone(), categories, ..around.clone() }, &notes);
        janis(&mut draft, code.starts_with("6C"));
        let names = matches!(text(obx, 2).as_deref(), Some("CWE" | "CE"));
        let mut of = organism.iter().cloned().collect::<Vec<_>>();
        if !sub.is_empty() {
            match heads.get(&sub) {
                Some((head, name)) => {
                    members.push((*head, draft.reference()));
                    of.insert(0, name.clone());
                }
                None if names => {
                    let name =
                        draft.get("valueCodeableConcept").and_then(|value| value.get("text")?.as_str());
                    heads.insert(sub.clone(), (results.len(), name.unwrap_or_default().to_owned()));
                    organisms.insert((sample.word.clone(), code, sub), key);
                }
                None => {}
            }
        }
        say_of_what(&mut draft, &of);
        results.push(draft);
    }
    for (head, member) in members {
        if let Some(head) = results.get_mut(head) {
            head.push("hasMember", Some(member));
        }
    }
    results
}

/// The second and third category JP Core asks of microbiology: the kind of report, and what it is about by its JLAC10
/// group (6B culture, 6C susceptibility) and result identification (14 name, 12 amount).
fn microbiology_categories(around: &Around, code: &str) -> Vec<Value> {
    if around.profile != "JP_Observation_Microbiology" {
        return Vec::new();
    }
    let about = match (code.get(..2), code.get(15..)) {
        (Some("6C"), _) => "susceptibility-measurements",
        (Some("6B"), Some("12")) => "growth",
        (Some("6B"), Some("14")) => "organism",
        _ => "others",
    };
    let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_MicrobiologyCategory_CS";
    let report = json!({"coding": [{"system": "http://loinc.org", "code": "18725-2"}]});
    vec![report, json!({"coding": [{"system": system, "code": about}]})]
}

/// A message calls both lists JANIS: under a susceptibility test (JLAC10 6C…) it is a drug, else an organism.
fn janis(draft: &mut Draft, drug: bool) {
    let Some(mut value) = draft.get("valueCodeableConcept").cloned() else { return };
    let codings = value.get_mut("coding").and_then(Value::as_array_mut).into_iter().flatten();
    let named = format!("{LOCAL}JANIS");
    for system in codings.filter_map(|coding| coding.get_mut("system")).filter(|system| **system == *named) {
        *system = json!(if drug { JANIS_DRUG } else { JANIS_ORGANISM });
    }
    draft.set("valueCodeableConcept", Some(value));
}

/// An amount, a drug or a MIC says nothing without the organism: named in the text of the code, whose coding keeps
/// the source's own name.
fn say_of_what(draft: &mut Draft, of: &[String]) {
    let Some(mut code) = draft.get("code").cloned() else { return };
    let words: Vec<&str> = of.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let text = code.get("text").and_then(Value::as_str).map(|text| format!("{text}（{}）", words.join("・")));
    if let (false, Some(text), Some(map)) = (words.is_empty(), text, code.as_object_mut()) {
        map.insert("text".into(), json!(text));
        draft.set("code", Some(code));
    }
}

/// A JLAC10 code ends after analyte, identification, material, method or result: 5, 9, 12, 15 or 17 places.
fn check_code(cx: &mut Orders, obx: &Seg) {
    let (code, system) = (component_text(obx, 3, 0).unwrap_or_default(), component_text(obx, 3, 2));
    if system.as_deref() == Some("JC10") && !matches!(code.chars().count(), 5 | 9 | 12 | 15 | 17) {
        cx.problem("odd-code", &format!("{}-3", obx.place()), "not the length of a JLAC10 code");
    }
    if code.is_empty() {
        cx.problem("missing-code", &format!("{}-3", obx.place()), "a result without a code");
    }
}
