//! A hub of its own for one test: a temporary store, three facilities, an account for each profession, the pages.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use hub::accounts::token_hash;
use hub::prepare::Arrival;
use hub::{Hub, Settings};
use model::clock::{Clock, Randomness};
use model::facility::{FacilityKind, Profession};
use model::reading::Format;
use model::{CompartmentId, FacilityId, PersonId, Personal, SourceName, StaffId};
use portal::Portal;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use store::{AuditFilter, Facility, Staff, Store, StoreConfig};
use tower::ServiceExt;

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(1_795_000_000_000 + self.0.fetch_add(7, Ordering::Relaxed)).unwrap()
    }
}

struct Counting(AtomicU8);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

pub struct House {
    pub hub: Hub,
    pages: Router,
    _directory: tempfile::TempDir,
}

/// Status, where it sends to, the cookie it sets, and the body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub to: String,
    pub cookie: String,
    pub body: String,
}

pub fn facility(id: &str) -> FacilityId {
    FacilityId::new(id).unwrap()
}

pub fn number(facility: &str, number: &str) -> CompartmentId {
    CompartmentId::derive(&self::facility(facility), &format!("id:{number}"))
}

/// The account of a profession; reception is at the clinic, the operator at the office, others at the hospital.
pub fn staff_id(profession: Profession) -> StaffId {
    let place = Profession::ALL.iter().position(|each| *each == profession).unwrap();
    StaffId(uuid::Uuid::from_u128(100 + place as u128))
}

impl House {
    pub async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", directory.path().join("hub.sqlite").display());
        let config = StoreConfig { database, blobs: directory.path().join("blobs") };
        let clock = Arc::new(Ticking(AtomicI64::new(0)));
        let store = Store::open(&config, clock.clone()).await.unwrap();
        let settings = Settings {
            region_name: "試験地域".into(),
            fictitious: true,
            session_hours: 8,
            session_idle_minutes: 30,
            secure_cookies: false,
            silent_seconds: 90,
            late_hours: 24,
        };
        let hub = Hub::new(store, clock, Arc::new(Counting(AtomicU8::new(1))), settings);
        for (id, kind, name) in [
            ("hospital", FacilityKind::Hospital, "白鳥総合病院"),
            ("clinic", FacilityKind::Clinic, "港町内科クリニック"),
            ("town", FacilityKind::TownHall, "白鳥市役所"),
            ("office", FacilityKind::TownHall, "事務局"),
        ] {
            let facility = Facility { id: facility(id), kind, name: name.into(), number: String::new() };
            hub.store.upsert_facility(&facility).await.unwrap();
        }
        for profession in Profession::ALL {
            let place = match profession {
                Profession::Operator => "office",
                Profession::Reception => "clinic",
                _ => "hospital",
            };
            let staff = Staff {
                id: staff_id(*profession),
                login: profession.word().into(),
                name: format!("試験 {}", profession.ja()),
                profession: *profession,
                facility: facility(place),
                password_hash: Personal::new("phc".into()),
                totp_secret: Personal::new(Vec::new()),
                totp_last_step: 0,
                failures: 0,
                locked_until: 0,
                active: true,
                created_at: String::new(),
            };
            assert!(hub.store.add_staff(&staff).await.unwrap());
            hub.store.open_session(&token_hash(profession.word()), staff.id, i64::MAX).await.unwrap();
        }
        let pages = portal::router(Portal { hub: hub.clone() });
        Self { hub, pages, _directory: directory }
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let text = |name| {
            let value = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            value.unwrap_or_default()
        };
        let (status, to, cookie) = (response.status(), text(header::LOCATION), text(header::SET_COOKIE));
        let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        Answer { status, to, cookie, body: String::from_utf8_lossy(&body).into_owned() }
    }

    fn request(
        who: Option<Profession>,
        method: &str,
        path: &str,
        more: &str,
    ) -> axum::http::request::Builder {
        let builder = Request::builder().method(method).uri(path).header(header::HOST, "hub.example");
        match who {
            Some(who) => builder.header(header::COOKIE, format!("hakucho_session={}{more}", who.word())),
            None => builder,
        }
    }

    pub async fn get(&self, who: impl Into<Option<Profession>>, path: &str) -> Answer {
        self.answer(Self::request(who.into(), "GET", path, "").body(Body::empty()).unwrap()).await
    }

    pub async fn get_with(&self, who: Profession, path: &str, cookie: &str) -> Answer {
        let more = format!("; {}", cookie.split(';').next().unwrap());
        self.answer(Self::request(Some(who), "GET", path, &more).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, who: impl Into<Option<Profession>>, path: &str, form: &str) -> Answer {
        let request = Self::request(who.into(), "POST", path, "")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.answer(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// Receives a file, which must be kept.
    pub async fn receives(&self, facility: &str, format: Format, path: &str, text: &str) {
        let arrival = Arrival {
            facility: self::facility(facility),
            source: SourceName::new("feed").unwrap(),
            path: path.into(),
            bytes: Bytes::from(text.to_owned()),
            source_time: "20261120000000000".into(),
            sequence: 0,
            again: false,
        };
        let received = self.hub.receive(vec![(arrival, Some(format))]).await.unwrap();
        assert!(matches!(received[0].answer, hub::intake::Answer::Kept), "{:?}", received[0]);
    }

    /// Registers 佐倉 花子 at a facility: number, birth date, address, whether the address is hidden.
    pub async fn registers(&self, facility: &str, number: &str, birth: &str, address: &str, hidden: bool) {
        let hidden = u8::from(hidden);
        let text = format!(
            "宛名番号,氏名,氏名カナ,生年月日,性別,住所,電話番号,支援措置,更新日時\n\
             {number},佐倉 花子,サクラ ハナコ,{birth},女,{address},0143-22-1234,{hidden},20261120\n"
        );
        self.receives(facility, Format::Resident, &format!("{number}.csv"), &text).await;
    }

    pub async fn person(&self, compartment: CompartmentId) -> PersonId {
        self.hub.store.person_of(compartment).await.unwrap().unwrap()
    }

    /// Puts two registrations on the list of look-alikes.
    pub async fn look_alike(&self, a: CompartmentId, b: CompartmentId) {
        let mut turn = self.hub.store.linking_turn().await.unwrap();
        turn.add_review(a, b, 900, "氏名が一致").await.unwrap();
        turn.commit().await.unwrap();
    }

    /// What the audit says of an event: outcome and detail, latest first.
    pub async fn audited(&self, event: &str) -> Vec<(String, String)> {
        let filter = AuditFilter { event: event.into(), ..AuditFilter::default() };
        let events = self.hub.store.audit_events(&filter).await.unwrap();
        events.into_iter().map(|event| (event.entry.outcome, event.entry.detail)).collect()
    }
}
