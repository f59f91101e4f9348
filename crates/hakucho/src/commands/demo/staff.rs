//! One account for every role, at the facilities that have to do with the person to look for.

use crate::system;
use anyhow::Context;
use hub::Hub;
use hub::accounts::{NewStaff, base32};
use hub::search::Asked;
use model::FacilityId;
use model::facility::{FacilityKind, Profession};
use serde::Serialize;

/// The person whose facilities get accounts.
const PERSON: &str = "佐倉 花子";

/// How to log in as one role.
#[derive(Debug, Serialize)]
pub struct Login {
    /// Profession.
    pub role: String,
    /// Facility id.
    pub facility: String,
    /// Login name.
    pub login: String,
    /// Password.
    pub password: String,
    /// Base32, SHA-1, 6 digits, 30 s.
    pub totp_secret: String,
}

/// Facilities with a registration of [`PERSON`], with their kinds.
pub async fn places(hub: &Hub) -> anyhow::Result<Vec<(FacilityId, FacilityKind)>> {
    let facilities = hub.store.facilities().await?;
    let keys = Asked::read(PERSON, "").words.into_iter().map(|word| word.text).collect();
    let mut turn = hub.store.linking_turn().await?;
    let found = turn.registered_under(&keys).await?;
    turn.commit().await?;
    let person =
        found.iter().max_by_key(|each| found.iter().filter(|other| other.person == each.person).count());
    let person = person.context("物語の主人公が見つかりません")?.person;
    let registered = hub.store.registrations_of(person).await?;
    let known =
        facilities.iter().filter(|facility| registered.iter().any(|each| each.facility == facility.id));
    Ok(known.map(|facility| (facility.id.clone(), facility.kind)).collect())
}

/// Makes or resets the accounts.
pub async fn make(
    hub: &Hub,
    office: &FacilityId,
    places: &[(FacilityId, FacilityKind)],
) -> anyhow::Result<Vec<Login>> {
    let at = |kinds: &[FacilityKind]| {
        let found = kinds.iter().find_map(|kind| places.iter().find(|(_, each)| each == kind));
        found.map_or(office, |(facility, _)| facility)
    };
    use FacilityKind::{Care, Clinic, Dental, Hospital, Pharmacy, VisitingNurse};
    let roles = [
        (Profession::Operator, office, "運営 直子"),
        (Profession::Reception, at(&[Hospital, Clinic]), "受付 由美"),
        (Profession::Physician, at(&[Clinic, Hospital]), "高橋 亮"),
        (Profession::Nurse, at(&[VisitingNurse, Hospital]), "木村 彩"),
        (Profession::Pharmacist, at(&[Pharmacy]), "鈴木 蘭"),
        (Profession::Dentist, at(&[Dental]), "緑川 歩"),
        (Profession::CareManager, at(&[Care]), "渚 健"),
        (Profession::Helper, at(&[Care]), "小林 陽"),
    ];
    let mut logins = Vec::new();
    for (profession, facility, name) in roles {
        let (password, secret) = (password(), secret());
        let new = NewStaff {
            login: profession.word().to_owned(),
            name: name.to_owned(),
            profession,
            facility: facility.clone(),
        };
        hub.invite_staff(&new).await?;
        let staff = hub
            .store
            .staff_by_login(&new.login)
            .await?
            .context("an account that was just made is missing")?;
        hub.set_credentials(staff.id, &password, &secret).await?;
        logins.push(Login {
            role: profession.word().to_owned(),
            facility: staff.facility.to_string(),
            login: new.login,
            password,
            totp_secret: base32(&secret),
        });
    }
    Ok(logins)
}

fn secret() -> Vec<u8> {
    let mut bytes = vec![0; 20];
    system::randomness().fill(&mut bytes);
    bytes
}

/// Sixteen letters and digits that are not mistaken for each other.
fn password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    system::randomness().fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|byte| char::from(*byte))
        .collect()
}
