//! Staff accounts: invite, reset, close. `POST /operator/staff` takes `name`, `login`, `profession`,
//! `facility`; `…/{id}/reset`, `…/{id}/close` and `…/{id}/reopen` take nothing. A reset makes a new one-time link.

use super::{form, operator};
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::{FacilityId, StaffId, facility::Profession};

/// What the staff page shows.
#[derive(Debug, Clone)]
pub struct StaffPage {
    /// Frame.
    pub shell: Shell,
    /// Accounts.
    pub staff: Vec<StaffLine>,
    /// Facilities to choose from.
    pub facilities: Vec<(FacilityId, String)>,
    /// A one-time link that was just made: for whom, address, valid until (ISO). Shown once.
    pub link: Option<(String, String, String)>,
}

/// One account.
#[derive(Debug, Clone)]
pub struct StaffLine {
    /// Which.
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// Login.
    pub login: String,
    /// Profession.
    pub profession: Profession,
    /// Facility by name.
    pub facility: String,
    /// Last login, ISO; `None` = never.
    pub last_login: Option<String>,
    /// State.
    pub state: StaffState,
    /// The viewer's own account, which they cannot close.
    pub own: bool,
}

/// State of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffState {
    /// May log in.
    Active,
    /// Has not used the link yet.
    Invited,
    /// Closed.
    Closed,
}

impl StaffPage {
    /// One of each state, and a fresh link.
    pub fn sample(lang: Lang) -> Self {
        let line = |n: u128, name: &str, login: &str, profession, state, last: Option<&str>| StaffLine {
            id: StaffId(uuid::Uuid::from_u128(n)),
            name: name.to_owned(),
            login: login.to_owned(),
            profession,
            facility: "港町内科クリニック".to_owned(),
            last_login: last.map(str::to_owned),
            state,
            own: n == 1,
        };
        let last = Some("2026-11-23T08:31:00+09:00");
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            staff: vec![
                line(1, "高橋 亮", "takahashi", Profession::Physician, StaffState::Active, last),
                line(2, "南 さくら", "minami", Profession::Reception, StaffState::Invited, None),
                line(3, "古川 実", "furukawa", Profession::Nurse, StaffState::Closed, last),
            ],
            facilities: FacilityId::new("minato")
                .map(|id| (id, "港町内科クリニック".to_owned()))
                .into_iter()
                .collect(),
            link: Some((
                "南 さくら".to_owned(),
                "https://hub.example/invitation/4c1d".to_owned(),
                "2026-11-26T14:32:00+09:00".to_owned(),
            )),
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links(lang))
            @if let Some((name, address, until)) = &self.link {
                div .notice role="status" {
                    p { b { (lang.f(Id::LinkMade, &[name])) } }
                    p { code .once { (address) } }
                    p { (lang.f(Id::LinkOnce, &[&when::stamp(until)])) }
                }
            }
            (self.table())
            (self.invite())
        };
        page::plain(&self.shell, Id::StaffTitle, body)
    }

    fn table(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Id::StaffList)) } small { (lang.f(Id::Count, &[&self.staff.len().to_string()])) } }
                div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::StaffList)) { table .wide {
                    thead { tr { @for id in [Id::Name, Id::LoginName, Id::Profession, Id::ColumnSource, Id::State, Id::LastLogin, Id::Actions] {
                        th scope="col" { (lang.t(id)) } } } }
                    tbody { @for line in &self.staff { (self::line(lang, line)) } }
                } }
            }
        }
    }

    fn invite(&self) -> Markup {
        let lang = self.shell.lang;
        let professions: Vec<_> = Profession::ALL
            .iter()
            .map(|each| {
                (each.word().to_owned(), lang.profession(*each).to_owned(), *each == Profession::Nurse)
            })
            .collect();
        // Nothing is chosen at first: a facility is never given by mistake.
        let mut facilities = vec![(String::new(), lang.t(Id::DeskFacility).to_owned(), true)];
        facilities
            .extend(self.facilities.iter().map(|(id, name)| (id.as_str().to_owned(), name.clone(), false)));
        html! {
            section .sec {
                header { h2 { (lang.t(Id::Invite)) } small { (lang.t(Id::InviteNote)) } }
                form .body action="/operator/staff" method="post" {
                    div .grid {
                        (form::field(lang, "name", Id::Name, None, "text", "off", ""))
                        (form::field(lang, "login", Id::LoginName, None, "text", "off", ""))
                        (form::choice(lang, "profession", Id::Profession, &professions))
                        (form::choice(lang, "facility", Id::ColumnSource, &facilities))
                    }
                    div .actions { button .pri type="submit" { (lang.t(Id::Invite)) } }
                }
            }
        }
    }
}

fn line(lang: Lang, line: &StaffLine) -> Markup {
    let act = |verb: &str, words: Id, class: &str| {
        html! {
            form action={ "/operator/staff/" (line.id) "/" (verb) } method="post" {
                button .(class) type="submit" aria-label={ (lang.t(words)) " " (line.name) } { (lang.t(words)) }
            }
        }
    };
    html! {
        tr {
            th scope="row" { (line.name) }
            td { (line.login) }
            td { (lang.profession(line.profession)) }
            td { (line.facility) }
            td { (lang.t(match line.state {
                StaffState::Active => Id::StaffActive,
                StaffState::Invited => Id::StaffInvited,
                StaffState::Closed => Id::StaffClosed,
            })) }
            td .t { @match &line.last_login { Some(last) => { (when::stamp(last)) } None => { (lang.t(Id::NeverYet)) } } }
            td { div .actions {
                @if line.state == StaffState::Closed { (act("reopen", Id::Reopen, "")) } @else {
                    (act("reset", Id::Reset, ""))
                    @if !line.own { (act("close", Id::CloseAccount, "danger")) }
                }
            } }
        }
    }
}
