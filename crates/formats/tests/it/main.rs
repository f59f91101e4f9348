//! Readings as a whole: fixtures, properties, and the outside samples where they are at hand.

mod care_claim;
mod care_plan;
mod cda;
mod consent;
mod dental;
mod detect;
mod dicom;
mod dicom_report;
mod eligibility;
mod fhir;
mod fhir_text;
mod fhir_xml;
mod hl7;
mod image;
mod life;
mod okusuri;
mod okusuri_order;
mod orca;
mod outside;
mod pdf;
mod resident;
mod rx_2d;
mod ssmix2_base;
mod ssmix2_orders;
mod ssmix2_traps;
mod uke;
