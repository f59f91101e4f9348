//! SS-MIX2 standardised storage: one HL7 v2.5 file → FHIR R4 records in JP Core's shape.
//!
//! Which data type it is, whose, since when and whether it still holds is what the path says; the message
//! says the rest, and whose it is if the two differ. A field FHIR has no place for is carried along under its
//! HL7 name in the extension [`SOURCE_FIELD`] of its segment's record; what belongs to no record is a
//! `not-mapped` problem. The index database, transaction storage and extended storage are not read here.

mod allergy;
pub mod context;
mod coverage;
pub mod data_type;
pub mod datatype;
mod diagnosis;
mod diet;
mod encounter;
mod header;
mod identify;
mod measurement;
mod omg_order;
mod omg_result;
mod omg_step;
mod oml_observation;
mod oml_order;
mod oml_result;
mod oml_specimen;
mod oml_value;
mod omp_administration;
mod omp_dosage;
mod omp_request;
mod order;
mod order_field;
mod order_request;
mod order_visit;
pub mod path;
mod patient;
pub mod record;
mod related;
mod stated_diagnosis;

use crate::hl7v2::Message;
use context::Context;
use data_type::DataType;
use model::reading::{Effect, Input, PATIENT_KEY, Problem, Reading, Refused, Statement};
use path::Name;

/// Extension that keeps one field of the original: `field` (`PID-11.4`) and `value`, as written.
pub const SOURCE_FIELD: &str = "https://hakucho.example/fhir/StructureDefinition/hl7v2-field";
/// Extension that keeps the text an element was made of, as written.
pub const SOURCE_RAW: &str = "https://hakucho.example/fhir/StructureDefinition/hl7v2-raw";

/// Reads one file of the standardised storage.
///
/// Refused is what holds no HL7 v2 message, and a message of a type the storage does not have under a name it
/// does not have. A deletion by name (flag 0) is kept even if its bytes cannot be read.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    read_counted(input).map(|(reading, _)| reading)
}

/// As [`read`], with how many leaves of the message hold something and how many of them nobody took.
pub fn read_counted(input: &Input<'_>) -> Result<(Reading, (usize, usize)), Refused> {
    let named = Name::parse(input.path);
    let Some((message, problems)) = Message::parse(input.bytes) else {
        return unreadable(named, input).map(|reading| (reading, (0, 0)));
    };
    let (name, problems) = identify::name(named, &message, input, problems)?;
    let mut context = Context::new(&message, &name, problems);
    let patient = identify::patient(&mut context, input.path);
    let effect = identify::effect(&mut context);
    patient::registration(&mut context);
    by_data_type(&mut context);
    let targets: Vec<String> = context.keys().map(str::to_owned).collect();
    header::read(&mut context, &targets);
    let (records, mut problems) = context.done();
    problems.extend(not_mapped(&message));
    if records.iter().all(|record| record.at == "MSH" || record.key == PATIENT_KEY) {
        let text = format!("the message holds nothing of what {} is about", name.data_type);
        problems.push(Problem::new("nothing-found", "message", text));
    }
    let (registration, records): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|each| each.key == PATIENT_KEY);
    let deleted = effect == Effect::Deleted && name.data_type == DataType::Adt00;
    let mut statements = Vec::new();
    if !registration.is_empty() {
        statements.push(Statement {
            patient: patient.clone(),
            set: PATIENT_KEY.to_owned(),
            order: name.registration_order(),
            effect: if deleted { Effect::Deleted } else { Effect::Stated },
            records: registration,
        });
    }
    statements.push(Statement { patient, set: name.set(), order: name.order(), effect, records });
    Ok((Reading { statements, problems, ..Reading::default() }, message.account()))
}

/// A file that holds no message: refused, unless its name says that something was deleted.
fn unreadable(named: Option<Name>, input: &Input<'_>) -> Result<Reading, Refused> {
    let Some(name) = named.filter(|name| name.flag == path::Flag::Deleted) else {
        let text = match input.bytes.len() {
            0 => "the file is empty".to_owned(),
            length => format!("no HL7 v2 message in {length} bytes"),
        };
        return Err(Refused { code: "not-ss-mix2", text });
    };
    let text = "no HL7 v2 message in the file; its name says that what it held is deleted";
    let statement = Statement {
        patient: identify::local(&name.patient),
        set: name.set(),
        order: name.order(),
        effect: Effect::Deleted,
        records: Vec::new(),
    };
    let problems = vec![Problem::new("unreadable", "message", text)];
    Ok(Reading { statements: vec![statement], problems, ..Reading::default() })
}

/// Hands the message to the rooms of its data type.
fn by_data_type(context: &mut Context<'_>) {
    match context.name.data_type {
        DataType::Adt00 | DataType::Adt61 => {
            encounter::mentioned(context);
            measurement::read(context);
        }
        DataType::Adt01
        | DataType::Adt12
        | DataType::Adt21
        | DataType::Adt22
        | DataType::Adt31
        | DataType::Adt32
        | DataType::Adt41
        | DataType::Adt42
        | DataType::Adt51
        | DataType::Adt52 => {
            encounter::read(context);
            measurement::read(context);
        }
        DataType::Ppr01 => {
            diagnosis::read(context);
            measurement::read(context);
        }
        DataType::Omd => {
            diet::read(context);
            measurement::read(context);
        }
        DataType::Omp01
        | DataType::Omp02
        | DataType::Omp11
        | DataType::Omp12
        | DataType::Oml01
        | DataType::Oml11
        | DataType::Omg01
        | DataType::Omg02
        | DataType::Omg03
        | DataType::Omg11
        | DataType::Omg12
        | DataType::Omg13 => order::read(context),
    }
    // Segments that any message may bring along.
    related::read(context);
    stated_diagnosis::read(context);
    coverage::read(context);
    allergy::read(context);
}

/// One problem for each place nobody has read.
fn not_mapped(message: &Message) -> impl Iterator<Item = Problem> {
    message
        .unread()
        .into_iter()
        .map(|at| Problem::new("not-mapped", at, "no record has a place for this field"))
}
