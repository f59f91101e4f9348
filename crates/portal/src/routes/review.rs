//! `/review`: look-alikes side by side, and what a human says of them.

use crate::pages::review::{Field, Pair, ReviewPage};
use crate::routes::desk::{DESKS, Fields, count, incomplete, names, refused};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::session::Signed;
use crate::text::{Id, Lang};
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use hub::desk_review::{Comparison, Finding, Level, Pair as Found, Side};
use model::CompartmentId;
use model::registration::Registration;
use std::collections::BTreeMap;
use store::{Registered, Verdict};

/// Pairs on the page.
const MOST: i64 = 10;

/// The pairs that wait and those decided lately.
pub async fn show(signed: Signed) -> Result<Response, Fault> {
    signed.only(DESKS).await?;
    let page = page(&signed).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed) -> Result<ReviewPage, Fault> {
    let names = names(signed).await?;
    let found = signed.portal.hub.pairs(&signed.viewer, MOST).await?;
    let done = found.decided.iter().map(|(review, sides)| {
        let heads: Vec<String> = sides.iter().flatten().map(|side| head(&names, side)).collect();
        let same = review.state == "same";
        let words = signed.lang.t(if same { Id::DecidedSame } else { Id::DecidedDifferent });
        let who = format!("{}：{words}（{}　{}）", heads.join(" ／ "), review.decided_by, review.reason);
        (who, format!("/review/{}.{}/undo", review.a, review.b))
    });
    Ok(ReviewPage {
        shell: signed.shell(),
        pairs: found.open.iter().map(|pair| self::pair(signed.lang, &names, pair)).collect(),
        waiting: count(found.waiting),
        done: done.collect(),
    })
}

fn head(names: &BTreeMap<String, String>, side: &Registered) -> String {
    let name = names.get(side.facility.as_str()).cloned().unwrap_or_else(|| side.facility.to_string());
    let number = side.registration.local_id.as_ref().map(|id| id.reveal().as_str()).unwrap_or_default();
    format!("{name} {number}").trim_end().to_owned()
}

fn pair(lang: Lang, names: &BTreeMap<String, String>, pair: &Found) -> Pair {
    let [left, right] = &pair.sides;
    Pair {
        id: format!("{}.{}", pair.review.a, pair.review.b),
        since: pair.review.created_at.clone(),
        reasons: vec![pair.review.why.clone()],
        heads: [head(names, &left.registered), head(names, &right.registered)],
        fields: fields(lang, &pair.comparison, left, right, pair.address_hidden),
        records: [count(left.records), count(right.records)],
    }
}

fn fields(lang: Lang, found: &Comparison, left: &Side, right: &Side, hidden: bool) -> Vec<Field> {
    let sides = [&left.registered.registration, &right.registered.registration];
    let field = |name: Id, finding: Finding, value: &dyn Fn(&Registration) -> String| {
        let sides = sides.map(value);
        let verdict = match (finding.level, sides.each_ref().map(String::is_empty)) {
            (Level::Same, _) => Id::Equal,
            (Level::Close, _) => Id::Near,
            (Level::Different, _) => Id::Differs,
            (Level::Missing, [true, true]) => Id::NotStated,
            (Level::Missing, [false, false]) => Id::NotCompared,
            (Level::Missing, _) => Id::OneSideOnly,
        };
        // The words of the comparison are Japanese; the level is told in every language.
        let note = if lang == Lang::En { "" } else { finding.note.ja() };
        Field { name, sides, verdict, note: note.to_owned() }
    };
    let mut fields = vec![
        field(Id::Name, found.name, &|side| side.full_name.reveal().clone()),
        field(Id::Kana, found.kana, &|side| side.kana.reveal().clone()),
        field(Id::BirthDate, found.birth_date, &|side| side.birth_date.reveal().clone()),
        field(Id::Sex, found.sex, &|side| said::sex(side).word(lang).to_owned()),
    ];
    // Where somebody lives is hidden: neither side is shown, nor how the two compare.
    let kept = |name: Id| {
        let sides = [(); 2].map(|()| lang.t(Id::AddressHidden).to_owned());
        Field { name, sides, verdict: Id::NotCompared, note: String::new() }
    };
    let phones = |side: &Registration| {
        side.phones.iter().map(|phone| phone.reveal().clone()).collect::<Vec<_>>().join("、")
    };
    if hidden {
        fields.extend([kept(Id::Address), kept(Id::Phone)]);
    } else {
        fields.push(field(Id::Address, found.address, &|side| side.address.reveal().clone()));
        fields.push(field(Id::Phone, found.phone, &phones));
    }
    fields.push(field(Id::Insurance, found.insurance, &insurance));
    fields
}

fn insurance(side: &Registration) -> String {
    let each = side.insurances.iter().map(|each| {
        let parts = [&each.insurer, &each.symbol, &each.number].map(|part| part.reveal().as_str());
        let whole = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("・");
        match each.branch.reveal().as_str() {
            "" => whole,
            branch => format!("{whole} 枝番 {branch}"),
        }
    });
    each.collect::<Vec<_>>().join("、")
}

/// The two registrations of a pair's address, `a.b`.
fn sides(id: &str) -> Option<(CompartmentId, CompartmentId)> {
    let (a, b) = id.split_once('.')?;
    Some((CompartmentId::parse(a)?, CompartmentId::parse(b)?))
}

/// `POST /review/{id}`
pub async fn judge(
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.only(DESKS).await?;
    let (a, b) = sides(&id).ok_or_else(|| Fault::not_found(&signed))?;
    let fields = Fields(fields);
    let Some(verdict) = Verdict::parse(fields.get("verdict")) else {
        return Err(incomplete(&signed, Id::DeskKind));
    };
    let judged = signed.portal.hub.judge(&signed.viewer, a, b, verdict, fields.get("note")).await;
    match judged.map_err(|error| Fault::from(error).framed(&signed))? {
        Ok(()) => Ok(Redirect::to("/review").into_response()),
        Err(why) => Err(refused(&signed, why)),
    }
}

/// `POST /review/{id}/undo`
pub async fn undo(signed: Signed, Path(id): Path<String>) -> Result<Response, Fault> {
    signed.only(DESKS).await?;
    let (a, b) = sides(&id).ok_or_else(|| Fault::not_found(&signed))?;
    let undone = signed.portal.hub.unjudge(&signed.viewer, a, b).await;
    match undone.map_err(|error| Fault::from(error).framed(&signed))? {
        Ok(()) => Ok(Redirect::to("/review").into_response()),
        Err(why) => Err(refused(&signed, why)),
    }
}
