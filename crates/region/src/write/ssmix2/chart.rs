//! Who the patient is and where: ADT-00, -12, -22, -42, -52, -61 and PPR-01.

use super::hl7::{self, Segment, coded, escape};
use super::{Cabinet, Message, NO_ORDER, date};
use crate::catalogue::Disease;
use crate::registration::Registration;
use crate::story::{Entry, INTERNAL};
use crate::write::{minutes, seconds};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

impl Cabinet<'_> {
    /// ADT-00: the patient as the desk knows them.
    pub(super) fn patient(&mut self, at: DateTime, registration: &Registration) {
        let at = at.saturating_sub(2.minutes());
        let pid = hl7::pid(registration).set(33, seconds(at));
        let doctor = hl7::staff(&self.facility.staff(0));
        let mut segments = vec![
            Segment::new("EVN").set(2, minutes(at)).set(5, "RECEPTION"),
            pid,
            Segment::new("PV1").set(1, "0001").set(2, "O").set(3, self.place()).set(7, doctor),
        ];
        if let Some(card) = &registration.insurance {
            let (kind, kind_name) = card.kind;
            segments.push(
                Segment::new("IN1")
                    .set(1, "1")
                    .set(2, coded(kind, kind_name, "JHSD0001"))
                    .set(3, card.insurer.clone())
                    .set(10, escape(&card.symbol))
                    .set(11, escape(&card.number))
                    .set(12, date(at.date().first_of_month()))
                    .set(17, "SEL^本人^HL70063"),
            );
        }
        self.file(Message {
            day: "-".into(),
            kind: "ADT-00",
            order: NO_ORDER.into(),
            department: "-",
            at,
            message_type: "ADT^A08^ADT_A01",
            segments,
        });
    }

    /// ADT-12: outpatient reception.
    pub(super) fn visit(&mut self, entry: &Entry, department: (&'static str, &'static str)) {
        self.department = department;
        let pv1 = self.pv1(entry).set(44, minutes(entry.at));
        self.movement(entry, "ADT-12", "ADT^A04^ADT_A01", Segment::new("EVN"), pv1);
    }

    /// ADT-22: admission.
    pub(super) fn admission(
        &mut self,
        entry: &Entry,
        ward: &'static str,
        department: (&'static str, &'static str),
    ) {
        self.ward = Some(ward);
        self.department = department;
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        let pv1 = self.pv1(entry).set(17, doctor).set(44, minutes(entry.at));
        self.movement(entry, "ADT-22", "ADT^A01^ADT_A01", Segment::new("EVN"), pv1);
    }

    /// ADT-42: move to another ward.
    pub(super) fn transfer(&mut self, entry: &Entry, _from: &'static str, to: &'static str) {
        let before = self.place();
        self.ward = Some(to);
        let pv1 = self.pv1(entry).set(6, before);
        let evn = Segment::new("EVN").set(6, minutes(entry.at));
        self.movement(entry, "ADT-42", "ADT^A02^ADT_A02", evn, pv1);
    }

    /// ADT-52: discharge (disposition 01 to the outpatient department, 20 died: user table 0112).
    pub(super) fn discharge(&mut self, entry: &Entry, _ward: &'static str, died: bool) {
        let disposition = if died { "20" } else { "01" };
        let pv1 = self.pv1(entry).set(36, disposition).set(45, minutes(entry.at));
        let evn = Segment::new("EVN").set(6, minutes(entry.at));
        self.movement(entry, "ADT-52", "ADT^A03^ADT_A03", evn, pv1);
        self.ward = None;
        self.department = INTERNAL;
    }

    fn movement(
        &mut self,
        entry: &Entry,
        kind: &'static str,
        message_type: &'static str,
        evn: Segment,
        pv1: Segment,
    ) {
        let at = entry.at.saturating_add(1.minutes());
        let segments = vec![evn.set(2, minutes(at)).set(5, "HIS"), self.pid(), pv1];
        let (order, department) = (self.order(), self.department.0);
        self.file(Message { day: Self::day(entry), kind, order, department, at, message_type, segments });
    }

    /// ADT-61: allergies.
    pub(super) fn allergies(&mut self, entry: &Entry, known: &[(&'static str, &'static str)]) {
        let at = entry.at;
        let mut segments = vec![Segment::new("EVN").set(2, minutes(at)), self.pid()];
        for (place, (name, reaction)) in known.iter().enumerate() {
            let (kind, kind_name) = if *name == "そば" {
                ("FA", "食物アレルギー")
            } else {
                ("DA", "薬剤アレルギー")
            };
            segments.push(
                Segment::new("IAM")
                    .set(1, (place + 1).to_string())
                    .set(2, coded(kind, kind_name, "HL70127"))
                    .set(3, coded(&format!("A{:03}", place + 1), name, "99ALG"))
                    .set(5, escape(reaction))
                    .set(6, "A^追加^HL70323"),
            );
        }
        self.file(Message {
            day: "-".into(),
            kind: "ADT-61",
            order: NO_ORDER.into(),
            department: "-",
            at,
            message_type: "ADT^A60^ADT_A60",
            segments,
        });
    }

    /// PPR-01: a diagnosis, or its end as a new version.
    pub(super) fn diagnosis(
        &mut self,
        entry: &Entry,
        disease: Disease,
        onset: Date,
        main: bool,
        ended: bool,
    ) {
        let order = match self.diagnoses.get(disease.local) {
            Some(order) if ended => order.clone(),
            // Said again at a later visit: the list already has it.
            Some(_) => return,
            None => self.order(),
        };
        self.diagnoses.insert(disease.local, order.clone());
        let icd = disease.icd10.replace('.', "");
        let mut prb = Segment::new("PRB")
            .set(1, if ended { "UP" } else { "AD" })
            .set(2, date(entry.at.date()))
            .set(3, coded(disease.local, disease.name, "99DIS"))
            .set(4, order.clone())
            .set(7, date(onset))
            .set(10, format!("{icd}^^I10"))
            .set(16, date(onset))
            .set(17, escape(disease.name));
        if main {
            prb = prb.set(18, "1^主診断^JHSD0007");
        }
        if ended {
            prb = prb.set(9, date(entry.at.date())).set(14, "F^治癒^HL70241");
        }
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        let class = if self.ward.is_some() {
            "I^入院患者オーダ^HL70482"
        } else {
            "O^外来患者オーダ^HL70482"
        };
        let orc = Segment::new("ORC")
            .set(1, "NW")
            .set(2, order.clone())
            .set(12, doctor)
            .set(17, self.department_coded())
            .set(29, class);
        let segments = vec![self.pid(), prb, orc];
        self.file(Message {
            day: "-".into(),
            kind: "PPR-01",
            order,
            department: self.department.0,
            at: entry.at,
            message_type: "PPR^ZD1^PPR_ZD1",
            segments,
        });
    }
}
