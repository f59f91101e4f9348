//! Every page from its sample, in every language: for looking at, and for the browser tests.

use crate::{
    course::view::{Group, Mode, Range, View},
    pages::patient::PatientPage,
    text::Lang,
};

/// Name and HTML of every sample page in the language `ja`, `easy` or `en`; empty for another word.
pub fn pages(language: &str) -> Vec<(String, String)> {
    Lang::parse(language).map(of).unwrap_or_default()
}

fn of(lang: Lang) -> Vec<(String, String)> {
    let patient = PatientPage::sample(lang);
    let view = patient.view;
    let other = |view: View| PatientPage::sample_as(lang, view).render();
    let list = [
        ("patient", patient.render()),
        ("patient-latest", other(View { day: None, ..view })),
        ("patient-month", other(View { range: Range::Month, ..view })),
        ("patient-year", other(View { range: Range::Year, ..view })),
        ("patient-all", other(View { range: Range::All, ..view })),
        ("patient-kind", other(View { group: Group::Kind, ..view })),
        ("patient-problem", other(View { group: Group::Problem, ..view })),
        ("patient-table", other(View { mode: Mode::Table, ..view })),
    ];
    list.into_iter().map(|(name, page)| (name.to_owned(), page.into_string())).collect()
}
