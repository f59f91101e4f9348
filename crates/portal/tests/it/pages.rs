//! Every page from its sample in every language: what must hold for each of them.

use portal::{
    assets,
    course::{sample, view::View},
    gallery,
    pages::patient::PatientPage,
    text::{Id, Lang},
};

fn every_page() -> Vec<(String, String, String)> {
    let mut list = Vec::new();
    for lang in Lang::ALL {
        for (name, html) in gallery::pages(lang.code()) {
            list.push((lang.code().to_owned(), name, html));
        }
    }
    list
}

#[test]
fn there_is_a_page_for_every_screen_in_every_language() {
    let pages = every_page();
    for name in [
        "login",
        "locked",
        "invitation",
        "search",
        "patient",
        "patient-table",
        "record",
        "original",
        "physician",
        "nurse",
        "pharmacist",
        "care-manager",
        "helper",
        "dentist",
        "operator",
        "quality",
        "quality-source",
        "mappings",
        "mapping-preview",
        "staff",
        "withdrawals",
        "reception",
        "review",
        "inbox",
        "error-404",
        "error-403",
        "error-401",
        "error-409",
        "error-422",
        "error-503",
    ] {
        assert_eq!(pages.iter().filter(|(_, each, _)| each == name).count(), Lang::ALL.len(), "{name}");
    }
    assert!(gallery::pages("fr").is_empty());
}

#[test]
fn pages_obey_the_content_policy() {
    for (lang, name, html) in every_page() {
        for forbidden in [" style=", "<style", " onclick", " onload", "javascript:", "http://", "<iframe"] {
            assert!(!html.contains(forbidden), "{lang} {name} has {forbidden}");
        }
        for script in html.split("<script").skip(1) {
            assert!(script.contains("src=\"/assets/"), "{lang} {name} has a script of its own");
            assert!(script.split_once('>').unwrap().1.starts_with("</script>"), "{lang} {name}");
        }
    }
}

#[test]
fn pages_name_their_language_and_their_parts() {
    for (lang, name, html) in every_page() {
        let tag = Lang::parse(&lang).unwrap().html();
        assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{tag}\">")), "{lang} {name}");
        for (part, count) in [("<main", 1), ("<h1", 1), ("<title>", 1), ("class=\"skip\"", 1)] {
            let title_in_chart = part == "<title>";
            let found = html.matches(part).count();
            assert!(
                if title_in_chart { found >= count } else { found == count },
                "{lang} {name} {part} {found}"
            );
        }
        let files = html.matches("rel=\"stylesheet\"").count() + html.matches("<script").count();
        assert!(files <= 5, "{lang} {name} asks for {files} files");
    }
}

#[test]
fn ids_are_unique_on_a_page() {
    for (lang, name, html) in every_page() {
        let mut seen = std::collections::HashSet::new();
        for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(seen.insert(id), "{lang} {name} has {id} twice");
        }
    }
}

#[test]
fn titles_carry_no_persons_data() {
    for (lang, name, html) in every_page() {
        let title = html.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
        for personal in ["佐倉", "サクラ", "遠藤", "カリウム"] {
            assert!(!title.contains(personal), "{lang} {name}: {title}");
        }
    }
}

#[test]
fn a_worklist_shows_no_clinical_value() {
    for (lang, name, html) in every_page() {
        if ["physician", "nurse", "pharmacist", "care-manager", "helper", "dentist"].contains(&name.as_str())
        {
            for clinical in ["mmol", "mg", "カリウム", "アゾセミド", "▲", "▼"] {
                assert!(!html.contains(clinical), "{lang} {name} shows {clinical}");
            }
        }
    }
}

#[test]
fn every_asset_that_a_page_names_is_there() {
    for (lang, name, html) in every_page() {
        for address in html.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next()) {
            let file = address.split('?').next().unwrap();
            assert!(assets::find(file).is_some(), "{lang} {name} names {file}");
        }
        for class in html.split("href=\"#g-").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(html.contains(&format!("id=\"g-{class}\"")), "{lang} {name} uses #g-{class}");
        }
    }
}

#[test]
fn the_four_reasons_for_a_missing_record_read_differently() {
    for lang in Lang::ALL {
        let html = PatientPage::sample_as(*lang, View::of(sample::person())).render().into_string();
        let silent = lang.f(Id::FeedSilent, &["2026-11-23 08:31", "2026-11-21 18:02"]);
        assert!(html.contains(&silent), "{lang:?}");
        assert!(html.contains(lang.t(Id::FeedNotConsented)));
        assert!(html.contains(lang.f(Id::FeedOutsideRole, &[""]).trim()));
        assert!(html.contains(lang.t(Id::SensitiveLine)));
        assert!(html.contains("class=\"row late\""));
    }
}
