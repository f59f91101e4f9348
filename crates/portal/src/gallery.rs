//! Every page from its sample, in every language: for looking at, and for the browser tests.

use crate::{
    course::view::{Group, Mode, Range, View},
    pages::{
        error::ErrorPage, inbox::InboxPage, invitation::InvitationPage, locked::LockedPage, login::LoginPage,
        mapping_preview::MappingPreviewPage, mappings::MappingsPage, operator::OperatorPage,
        original::OriginalPage, patient::PatientPage, problems::ProblemsPage, quality::QualityPage,
        quality_source::QualitySourcePage, reception::ReceptionPage, record::RecordPage, replay::ReplayPage,
        review::ReviewPage, search::SearchPage, staff::StaffPage, withdrawals::WithdrawalsPage,
        worklist::WorklistPage,
    },
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
    let single = [
        ("login", LoginPage::sample(lang).render()),
        ("locked", LockedPage::sample(lang).render()),
        ("invitation", InvitationPage::sample(lang).render()),
        ("search", SearchPage::sample(lang).render()),
        ("record", RecordPage::sample(lang).render()),
        ("record-deleted", RecordPage::sample_deleted(lang).render()),
        ("original", OriginalPage::sample(lang).render()),
        ("original-withheld", OriginalPage::sample_withheld(lang).render()),
        ("original-document", OriginalPage::sample_document(lang).render()),
        ("operator", OperatorPage::sample(lang).render()),
        ("problems", ProblemsPage::sample(lang).render()),
        ("replay", ReplayPage::sample(lang).render()),
        ("quality", QualityPage::sample(lang).render()),
        ("quality-source", QualitySourcePage::sample(lang).render()),
        ("mappings", MappingsPage::sample(lang).render()),
        ("mapping-preview", MappingPreviewPage::sample(lang).render()),
        ("staff", StaffPage::sample(lang).render()),
        ("withdrawals", WithdrawalsPage::sample(lang).render()),
        ("reception", ReceptionPage::sample(lang).render()),
        ("review", ReviewPage::sample(lang).render()),
        ("inbox", InboxPage::sample(lang).render()),
    ];
    let named = |(name, page): (&str, maud::Markup)| (name.to_owned(), page.into_string());
    let mut pages: Vec<(String, String)> = list.into_iter().chain(single).map(named).collect();
    for (name, page) in WorklistPage::samples(lang) {
        pages.push((name.to_owned(), page.render().into_string()));
    }
    for (at, page) in SearchPage::samples(lang).iter().enumerate() {
        pages.push((format!("search-{at}"), page.render().into_string()));
    }
    for page in ErrorPage::samples(lang) {
        pages.push((format!("error-{}", page.trouble.status()), page.render().into_string()));
    }
    pages
}
