//! Enter once: what a facility has entered here, in the form that others ask of it (LIFE for the ministry, お薬手帳 for the
//! person). The reading direction reversed; only records that the facility itself has sent, and only those that were
//! made of such a form.

use crate::Hub;
use access::Job;
use formats::life::{self, TextCharset};
use formats::okusuri;
use model::FacilityId;
use model::fhir::resource_type;
use model::reading::{Problem, Resource};
use std::collections::BTreeMap;

/// Registrations read at a time.
const PAGE: u32 = 100;

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One file for each LIFE form.
    Life(TextCharset),
    /// One notebook for each person, Shift_JIS.
    Okusuri,
}

/// A file, and what could not be said in it.
pub struct Written {
    /// Its name, which says nothing about anybody.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What was changed or left out.
    pub problems: Vec<Problem>,
}

impl Hub {
    /// Writes what a facility has entered; it is in the audit before anything is read.
    pub async fn own_records(
        &self,
        facility: &FacilityId,
        form: Form,
        by: &str,
    ) -> anyhow::Result<Vec<Written>> {
        let permit = access::job(Job::Export, by);
        self.store.audit_job(&permit, "own records", facility.to_string(), format!("{form:?}")).await?;
        let mut reader = self.store.export(&permit).await?;
        let (mut forms, mut notebooks) = (BTreeMap::<String, Vec<Resource>>::new(), Vec::new());
        loop {
            let page = reader.compartments(PAGE).await?;
            if page.is_empty() {
                break;
            }
            for compartment in page.into_iter().filter(|each| each.facility == *facility) {
                let resources: Vec<Resource> =
                    compartment.current.into_iter().map(|(_, resource)| resource).collect();
                match form {
                    Form::Life(_) => sort_out(resources, &mut forms),
                    Form::Okusuri => notebooks.extend(notebook(&resources, notebooks.len() + 1)),
                }
            }
        }
        reader.finish().await?;
        let Form::Life(charset) = form else { return Ok(notebooks) };
        let write = |(name, resources): (String, Vec<Resource>)| {
            let life::Written { bytes, problems } = life::write(&name, &resources, charset);
            Written { name: format!("{name}.csv"), bytes, problems }
        };
        Ok(forms.into_iter().map(write).collect())
    }
}

/// Each record to its form; the person to every form of theirs.
fn sort_out(resources: Vec<Resource>, forms: &mut BTreeMap<String, Vec<Resource>>) {
    let mut own: BTreeMap<String, Vec<Resource>> = BTreeMap::new();
    let mut person = Vec::new();
    for resource in resources {
        match life::form_of(&resource) {
            _ if matches!(resource_type(&resource), "Patient" | "Coverage") => person.push(resource),
            Some(form) => own.entry(form).or_default().push(resource),
            None => {}
        }
    }
    for (form, mut resources) in own {
        resources.extend(person.iter().cloned());
        forms.entry(form).or_default().append(&mut resources);
    }
}

/// A person's dispensings as a notebook, if there are any.
fn notebook(resources: &[Resource], number: usize) -> Option<Written> {
    let dispensed = |resource: &&Resource| resource_type(resource) == "MedicationDispense";
    resources.iter().find(dispensed)?;
    let own: Vec<&Resource> = resources.iter().collect();
    let okusuri::Written { bytes, problems } = okusuri::write(&own);
    Some(Written { name: format!("notebook-{number:05}.csv"), bytes, problems })
}
