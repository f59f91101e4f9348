//! Entries of a section (CDA R2 §4.3.6) that are sure: what was observed, and what was given.
//!
//! An observation that happened (EVN) becomes an Observation, a substanceAdministration that happened a
//! MedicationStatement; organizers and acts are opened. What was asked for, planned or denied is no fact of the
//! patient: it is named and stays with the document. Meaning of templates is not known here.

use super::patient::party;
use super::tree::Taken;
use super::value;
use crate::xml::Element;
use model::codes;
use model::reading::{Extent, Resource, StatedRecord};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Item codes of 特定健診: the system where the schema lets it be left out, and JLAC10 by their making.
const CHECKUP_ITEM: &str = "1.2.392.200119.6.1005";

/// Makes records of entries.
pub(super) struct Entries<'a, 't> {
    pub taken: &'a Taken<'t>,
    /// The set of the document; the keys of its records begin with it.
    pub set: &'a str,
    /// When what the document is about was done, for entries that say no time of their own.
    pub time: Option<String>,
    /// Whether the document is a health check-up (特定健診).
    pub checkup: bool,
    /// The label of a document that is not for everybody: what is in it is not either.
    pub security: Option<Value>,
    pub records: Vec<StatedRecord>,
    /// How many of a key there are.
    pub keys: HashMap<String, usize>,
}

impl<'t> Entries<'_, 't> {
    /// The records of an entry or a component of one; gives their keys.
    pub fn read(&mut self, holder: &'t Element, at: &str) -> Vec<String> {
        let mut keys = Vec::new();
        for act in holder.children() {
            let place = format!("{at}/{}", act.local());
            match act.local() {
                "observation" => keys.extend(self.observation(act, &place)),
                "substanceAdministration" => keys.extend(self.medication(act, &place)),
                "organizer" | "act" | "procedure" | "encounter" | "supply" => {
                    if !matches!(act.local(), "organizer" | "act") {
                        self.not_mapped(act, &place);
                    }
                    keys.extend(self.inside(act, &place));
                }
                "observationMedia" | "regionOfInterest" => self.not_mapped(act, &place),
                _ => {}
            }
        }
        keys
    }

    /// What is in components and relationships of an act.
    fn inside(&mut self, act: &'t Element, at: &str) -> Vec<String> {
        let mut keys = Vec::new();
        for name in ["component", "entryRelationship"] {
            for (index, inner) in act.all(name).enumerate() {
                keys.extend(self.read(inner, &format!("{at}/{name}[{}]", index + 1)));
            }
        }
        keys
    }

    fn not_mapped(&self, act: &Element, at: &str) {
        let mood = act.attribute("moodCode").filter(|mood| *mood != "EVN");
        let text = match mood {
            Some(_) => "planned or asked for; kept with the document, no record of its own",
            None => "kept with the document, no record of its own",
        };
        self.taken.problem("not-mapped", at, text);
    }

    /// Whether an act happened, and is not denied.
    fn happened(&self, act: &Element, at: &str) -> bool {
        let happened = act.attribute("moodCode").is_none_or(|mood| mood == "EVN");
        if !happened {
            self.not_mapped(act, at);
        }
        happened
    }

    fn observation(&mut self, act: &'t Element, at: &str) -> Vec<String> {
        if !self.happened(act, at) {
            return self.inside(act, at);
        }
        let taken = self.taken;
        let Some(code) = act.child("code").and_then(|code| self.code(code)) else {
            self.taken.problem("not-mapped", at, "an observation without a code; kept with the document");
            return self.inside(act, at);
        };
        let mut observation = Map::new();
        observation.insert("resourceType".into(), "Observation".into());
        let ids: Vec<Value> = act.all("id").filter_map(|id| taken.identifier(id)).collect();
        put(&mut observation, "identifier", ids);
        let values: Vec<&Element> = act.all("value").collect();
        let denied = act.attribute("negationInd").is_some_and(|denied| denied == "true");
        taken.attribute(act, "negationInd");
        let empty = values.iter().all(|value| value::is_empty(value));
        // Nothing was done: the health check-up says it so (特定健診情報ファイル仕様 3.3.2.3).
        let not_done = denied && empty;
        observation.insert("status".into(), if not_done { "cancelled" } else { self.status(act) }.into());
        let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Observation_Common";
        observation.insert("meta".into(), json!({ "profile": [profile] }));
        let key = self.key("Observation", &code);
        observation.insert("category".into(), json!([category(&code)]));
        observation.insert("code".into(), code);
        observation.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        self.time(&mut observation, act, at);
        let performers = act.all("performer").chain(act.all("author")).filter_map(|each| party(each, taken));
        put(&mut observation, "performer", performers.collect());
        if denied && !empty {
            // What is said not to be must never look as if it were.
            let text = "否定 (negationInd): 値は原本";
            observation.insert("note".into(), json!([{ "text": text }]));
            observation.insert("dataAbsentReason".into(), json!({"text": "否定"}));
            taken.problem("not-mapped", at, "denied; its value is kept with the document and in no element");
        } else if not_done {
            observation.insert("dataAbsentReason".into(), value::absent("not-performed", "未実施"));
        } else {
            let mut all = values.into_iter();
            if let Some(first) = all.next() {
                value::put(&mut observation, first, taken, &format!("{at}/value"));
            }
            if all.next().is_some() {
                taken.problem("not-mapped", at, "more than one value; the others are kept with the document");
            }
        }
        self.interpretation(&mut observation, act);
        for (name, element) in [("methodCode", "method"), ("targetSiteCode", "bodySite")] {
            if let Some(concept) = act.child(name).and_then(|code| taken.concept(code, None)) {
                observation.insert(element.into(), concept);
            }
        }
        let texts = act.child("text").and_then(|text| taken.text(text));
        if let (Some(text), false) = (texts, observation.contains_key("note")) {
            observation.insert("note".into(), json!([{ "text": text }]));
        }
        let ranges = act.all("referenceRange").filter_map(|each| value::range(each, taken));
        put(&mut observation, "referenceRange", ranges.collect());
        self.state(key.clone(), observation, at);
        let mut keys = vec![key];
        keys.extend(self.inside(act, at));
        keys
    }

    /// The code of an observation; that of 特定健診 is JLAC10 too, but for its own items (9N…).
    fn code(&self, code: &'t Element) -> Option<Value> {
        let mut concept = self.taken.concept(code, self.checkup.then_some(CHECKUP_ITEM))?;
        let own = format!("urn:oid:{CHECKUP_ITEM}");
        let jlac10 =
            concept.get("coding").and_then(Value::as_array).into_iter().flatten().find_map(|coding| {
                let code = coding.get("code")?.as_str()?;
                let said = coding.get("system").and_then(Value::as_str) == Some(&own);
                (said && code.len() == 17 && !code.starts_with("9N")).then(|| code.to_owned())
            });
        if let (Some(code), Some(codings)) = (jlac10, concept.get_mut("coding").and_then(Value::as_array_mut))
        {
            codings.push(json!({"system": codes::JLAC10, "code": code}));
        }
        Some(concept)
    }

    fn status(&self, act: &'t Element) -> &'static str {
        let said = act.child("statusCode").and_then(|status| self.taken.attribute(status, "code"));
        match said {
            None | Some("completed") => "final",
            Some("active" | "new" | "held" | "suspended") => "preliminary",
            Some("aborted" | "cancelled") => "cancelled",
            Some("nullified" | "obsolete") => "entered-in-error",
            Some(_) => "unknown",
        }
    }

    fn time(&self, resource: &mut Resource, act: &'t Element, at: &str) {
        let time = act.child("effectiveTime");
        let (start, end) =
            time.map(|time| self.taken.interval(time, &format!("{at}/effectiveTime"))).unwrap_or_default();
        match (start, end) {
            (None, None) => {
                if let Some(time) = &self.time {
                    resource.insert("effectiveDateTime".into(), time.as_str().into());
                }
            }
            (Some(start), None) => drop(resource.insert("effectiveDateTime".into(), start.into())),
            (start, end) => drop(resource.insert("effectivePeriod".into(), value::period(start, end))),
        }
    }

    fn interpretation(&self, observation: &mut Resource, act: &'t Element) {
        let system = Some("2.16.840.1.113883.5.83");
        let concepts = act.all("interpretationCode").filter_map(|code| self.taken.concept(code, system));
        put(observation, "interpretation", concepts.collect());
    }

    fn medication(&mut self, act: &'t Element, at: &str) -> Vec<String> {
        let taken = self.taken;
        let denied = act.attribute("negationInd") == Some("true");
        if denied || !self.happened(act, at) {
            if denied {
                taken.problem("not-mapped", at, "denied: not given; kept with the document");
            }
            return self.inside(act, at);
        }
        let material =
            act.child("consumable").and_then(|each| each.child("manufacturedProduct")).and_then(|product| {
                product.child("manufacturedMaterial").or_else(|| product.child("manufacturedLabeledDrug"))
            });
        let name = material.and_then(|material| material.child("name")).and_then(|name| taken.text(name));
        let code =
            material.and_then(|material| material.child("code")).and_then(|code| taken.concept(code, None));
        let drug = match (code, name) {
            (Some(mut code), Some(name)) => {
                if let Some(code) = code.as_object_mut() {
                    code.entry("text").or_insert_with(|| name.into());
                }
                code
            }
            (Some(code), None) => code,
            (None, Some(name)) => json!({ "text": name }),
            (None, None) => {
                taken.problem("not-mapped", at, "no medicine is named; kept with the document");
                return self.inside(act, at);
            }
        };
        let mut statement = Map::new();
        statement.insert("resourceType".into(), "MedicationStatement".into());
        put(&mut statement, "identifier", act.all("id").filter_map(|id| taken.identifier(id)).collect());
        let said = act.child("statusCode").and_then(|status| taken.attribute(status, "code"));
        let status = match said {
            Some("completed") => "completed",
            Some("active") => "active",
            Some("aborted") => "stopped",
            Some("nullified") => "entered-in-error",
            _ => "unknown",
        };
        statement.insert("status".into(), status.into());
        let key = self.key("MedicationStatement", &drug);
        statement.insert("medicationCodeableConcept".into(), drug);
        statement.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        // Only times of a period are read; how often is text of the section.
        let time = act.all("effectiveTime").next();
        let (start, end) =
            time.map(|time| taken.interval(time, &format!("{at}/effectiveTime"))).unwrap_or_default();
        if start.is_some() || end.is_some() {
            statement.insert("effectivePeriod".into(), value::period(start, end));
        }
        let mut dosage = Map::new();
        if let Some(text) = act.child("text").and_then(|text| taken.text(text)) {
            dosage.insert("text".into(), text.into());
        }
        if let Some(route) = act.child("routeCode").and_then(|route| taken.concept(route, None)) {
            dosage.insert("route".into(), route);
        }
        if let Some(quantity) = act.child("doseQuantity").and_then(|dose| value::quantity(dose, taken)) {
            dosage.insert("doseAndRate".into(), json!([{ "doseQuantity": quantity }]));
        }
        if !dosage.is_empty() {
            statement.insert("dosage".into(), json!([dosage]));
        }
        self.state(key.clone(), statement, at);
        let mut keys = vec![key];
        keys.extend(self.inside(act, at));
        keys
    }

    /// A key of the document by what it is about: the code, and which of them.
    fn key(&mut self, kind: &str, concept: &Value) -> String {
        let coding = concept.get("coding").and_then(|codings| codings.get(0));
        let part = |name: &str| coding.and_then(|coding| coding.get(name)).and_then(Value::as_str);
        let name = part("code").or_else(|| concept.get("text")?.as_str()).unwrap_or_default();
        let base = format!("{}/{kind}/{name}", self.set);
        let count = self.keys.entry(base.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { base } else { format!("{base}~{count}") }
    }

    fn state(&mut self, key: String, mut resource: Resource, at: &str) {
        if let Some(label) = &self.security {
            let meta = resource.entry("meta").or_insert_with(|| json!({}));
            if let Some(meta) = meta.as_object_mut() {
                meta.insert("security".into(), json!([label]));
            }
        }
        self.records.push(StatedRecord { key, resource, extent: Extent::Whole, at: at.to_owned() });
    }
}

/// 検体検査 by a code of JLAC10's laboratory groups (1 to 8), else an examination.
fn category(code: &Value) -> Value {
    let codings = code.get("coding").and_then(Value::as_array);
    let laboratory = codings.into_iter().flatten().any(|coding| {
        let text = |name: &str| coding.get(name).and_then(Value::as_str).unwrap_or_default();
        text("system") == codes::JLAC10 && text("code").starts_with(|c: char| ('1'..='8').contains(&c))
    });
    let word = if laboratory { "laboratory" } else { "exam" };
    json!({"coding": [{"system": codes::OBSERVATION_CATEGORY, "code": word}]})
}

fn put(resource: &mut Resource, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        resource.insert(name.to_owned(), list.into());
    }
}
