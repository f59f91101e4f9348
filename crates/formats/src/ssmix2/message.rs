//! One message under a name → what it states: the registration as far as it says it, the set it is about, and the
//! end of the orders it replaces.

use super::context::Context;
use super::data_type::DataType;
use super::path::Name;
use super::{
    allergy, coverage, derive, diagnosis, diet, encounter, file, header, identify, measurement, order,
    patient, related, stated_diagnosis,
};
use crate::hl7v2::Message;
use model::reading::{Effect, PATIENT_KEY, Problem, Reading, Statement};

/// Reads a message. `path` is that of its file, "" where the message came without one.
pub fn read(message: &Message, name: &Name, problems: Vec<Problem>, path: &str) -> Reading {
    let mut context = Context::new(message, name, problems);
    let patient = identify::patient(&mut context, path);
    let effect = identify::effect(&mut context);
    patient::registration(&mut context);
    by_data_type(&mut context);
    let targets: Vec<String> = context.keys().map(str::to_owned).collect();
    header::read(&mut context, &targets);
    let (records, mut problems) = context.done();
    problems.extend(not_mapped(message));
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
    for old in derive::replaced(message, name) {
        statements.push(Statement { patient: patient.clone(), ..file::deletion(&old) });
    }
    statements.push(Statement { patient, set: name.set(), order: name.order(), effect, records });
    Reading { statements, problems, ..Reading::default() }
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
        | DataType::Omg13
        | DataType::Observations => order::read(context),
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
