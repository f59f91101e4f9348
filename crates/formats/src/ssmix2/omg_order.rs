//! OMG-01, -02, -03 (OMG^O19): radiology, endoscopy and physiology orders → ServiceRequest; what the
//! requester tells along (weight, complaints, question) → Observation.
//!
//! ORC-1 says NW (the order), PA (its parent part, with the same number) and CH (its items, with numbers of
//! their own). NW and PA of one number are one request.

use super::oml_observation::{Around, observation};
use super::order::{Draft, Group, Groups, Orders};
use super::order_field::{Seg, component_text, raw, text};
use super::order_request::{Service, service_request};

/// Reads the orders of one message.
pub(super) fn read(cx: &mut Orders, segments: &[Seg], service: Service) -> Vec<Draft> {
    let groups = Groups::cut(segments, "ORC", false);
    name_orders(cx, &groups, |_| true);
    let mut drafts: Vec<Draft> = Vec::new();
    for group in &groups.groups {
        let mut request = request(cx, group, service);
        for (obx, notes) in group.observations() {
            let told = told(cx, obx, &notes, &order_number(group), service, None);
            request.push("supportingInfo", Some(told.reference()));
            drafts.push(told);
        }
        join(&mut drafts, request.made_of(&group.told_by()));
    }
    drafts
}

/// The number of an order group: ORC-2, else OBR-2.
pub(super) fn order_number(group: &Group) -> String {
    let of = |name: &str| group.first(name).and_then(|segment| component_text(segment, 2, 0));
    of("ORC").or_else(|| of("OBR")).unwrap_or_else(|| "-".to_owned())
}

/// Tells the context which key each order number has, so that children find their parents. Only the orders
/// that become a record of their own.
pub(super) fn name_orders(cx: &mut Orders, groups: &Groups, record: impl Fn(&Group) -> bool) {
    for group in groups.groups.iter().filter(|group| record(group)) {
        let number = order_number(group);
        let key = cx.plain_key(&number);
        cx.name_order(number, key);
    }
}

/// The ServiceRequest of a group, under the key of its number.
pub(super) fn request(cx: &mut Orders, group: &Group, service: Service) -> Draft {
    let key = cx.plain_key(&order_number(group));
    service_request(cx, group, &key, service)
}

/// Adds a draft, or joins it with the one of the same key.
pub(super) fn join(drafts: &mut Vec<Draft>, draft: Draft) {
    match drafts.iter_mut().find(|each| each.key == draft.key) {
        Some(same) => same.absorb(draft),
        None => drafts.push(draft),
    }
}

/// Something told along with an order or found in an examination.
pub(super) fn told(
    cx: &mut Orders,
    obx: &Seg,
    notes: &[&Seg],
    number: &str,
    service: Service,
    link: Option<(&'static str, serde_json::Value)>,
) -> Draft {
    let code = component_text(obx, 3, 0).unwrap_or_else(|| "-".to_owned());
    let sub = raw(obx, 4).unwrap_or_default();
    let key = cx.key(&format!("{number}/{code}/{sub}"));
    let category = match service {
        Service::Laboratory => "laboratory",
        Service::Imaging => "imaging",
        Service::Endoscopy | Service::Physiology | Service::Vital => "procedure",
    };
    let measured = matches!(text(obx, 2).as_deref(), Some("NM")) && code.starts_with("01-");
    let around = Around {
        category: if measured { "exam" } else { category },
        key,
        otherwise: cx.examined().or_else(|| cx.day()),
        links: link.into_iter().collect(),
        ..Around::default()
    };
    observation(cx, obx, &around, notes)
}
