//! What is ordered, given and found: OMD, OMP-01, -11, -02, -12, OML-01, -11, OMG-01, -11, -03, -13.

use super::hl7::{self, Segment, coded, escape};
use super::{Cabinet, Message};
use crate::catalogue::{Drug, Test};
use crate::story::{Entry, Group, Setting};
use crate::write::{minutes, number, seconds};
use jiff::ToSpan;
use jiff::civil::DateTime;

fn drug(drug: &Drug) -> String {
    coded(drug.code, drug.name, "99DRG")
}

fn unit(drug: &Drug) -> String {
    format!("{}^{}^MR9P", drug.unit.0, drug.unit.1)
}

impl Cabinet<'_> {
    /// ORC of an order; `control` NW new, CA cancelled, SC results.
    fn orc(&self, entry: &Entry, control: &str, order: &str, at: DateTime) -> Segment {
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        let class = if self.ward.is_some() {
            "I^入院患者オーダ^HL70482"
        } else {
            "O^外来患者オーダ^HL70482"
        };
        Segment::new("ORC")
            .set(1, control)
            .set(2, order)
            .set(9, seconds(at))
            .set(12, doctor)
            .set(13, self.place())
            .set(17, self.department_coded())
            .set(21, escape(&self.facility.name))
            .set(29, class)
    }

    /// The department as ORC-17.
    pub(super) fn department_coded(&self) -> String {
        coded(self.department.0, self.department.1, "99DEP")
    }

    /// OMP-01, and on the ward OMP-11: prescription and its first administration.
    pub(super) fn prescription(
        &mut self,
        entry: &Entry,
        setting: Setting,
        groups: &[Group],
        cancelled: bool,
    ) {
        let order = self.order();
        let segments = self.prescription_segments(entry, setting, groups, &order, "NW");
        let department = self.department.0;
        let message = |at, segments| Message {
            day: Self::day(entry),
            kind: "OMP-01",
            order: order.clone(),
            department,
            at,
            message_type: "RDE^O11^RDE_O11",
            segments,
        };
        self.file(message(entry.at, segments));
        if cancelled {
            let at = entry.at.saturating_add(4.minutes());
            let segments = self.prescription_segments(entry, setting, groups, &order, "CA");
            self.delete(message(at, segments));
        } else if setting == Setting::Inpatient {
            self.administration(entry, groups, order.clone());
        }
    }

    fn prescription_segments(
        &self,
        entry: &Entry,
        setting: Setting,
        groups: &[Group],
        order: &str,
        control: &str,
    ) -> Vec<Segment> {
        let class = match setting {
            Setting::Outpatient => "OHP^外来処方^MR9P~OHO^院外処方^MR9P",
            Setting::Inpatient => "IHP^入院処方^MR9P~FTP^定時処方^MR9P",
            Setting::Discharge => "IHP^入院処方^MR9P~DCG^退院処方^MR9P",
        };
        let mut segments = vec![self.pid(), self.pv1(entry)];
        for (place, group) in groups.iter().enumerate() {
            let usage = match group.usage.jami {
                "" => format!("{}&{}&99USG", group.usage.local, escape(group.usage.text)),
                jami => format!("{jami}&内服・経口・{}&JAMISDP01", escape(group.usage.text)),
            };
            let times = f64::from(group.usage.times.max(1));
            let external = group.drugs.iter().any(|(drug, _)| drug.form == 5);
            for (each, per_day) in &group.drugs {
                let total = if external { *per_day } else { per_day * f64::from(group.days) };
                let (code, text) = each.unit;
                segments.push(self.orc(entry, control, order, entry.at).set(4, (place + 1).to_string()));
                segments.push(
                    Segment::new("RXE")
                        .set(2, drug(each))
                        .set(3, number(per_day / times))
                        .set(5, unit(each))
                        .set(10, number(total))
                        .set(11, unit(each))
                        .set(15, order.to_owned())
                        .set(19, format!("{}^{code}&{text}&MR9P", number(*per_day)))
                        .set(21, class),
                );
                segments.push(
                    Segment::new("TQ1")
                        .set(1, "1")
                        .set(3, usage.clone())
                        .set(6, format!("{}^d", group.days))
                        .set(7, seconds(entry.at)),
                );
                segments.push(
                    Segment::new("RXR").set(1, if external { "IH^吸入^HL70162" } else { "PO^口^HL70162" }),
                );
            }
        }
        segments
    }

    fn administration(&mut self, entry: &Entry, groups: &[Group], order: String) {
        let at = entry.at.saturating_add(90.minutes());
        let nurse = hl7::staff(&self.facility.staff(entry.author + 2));
        let mut segments = vec![self.pid(), self.pv1(entry), self.orc(entry, "NW", &order, entry.at)];
        for (each, per_day) in groups.iter().flat_map(|group| &group.drugs) {
            segments.push(rxa(each, *per_day, at, &nurse, &self.place()));
        }
        segments.push(Segment::new("RXR").set(1, "PO^口^HL70162"));
        self.file(Message {
            day: Self::day(entry),
            kind: "OMP-11",
            order,
            department: self.department.0,
            at: at.saturating_add(5.minutes()),
            message_type: "RAS^O17^RAS_O17",
            segments,
        });
    }

    /// OMP-02 and OMP-12: injections ordered and given.
    pub(super) fn injection(&mut self, entry: &Entry, drugs: &[(Drug, f64)]) {
        let order = self.order();
        let end = entry.at.saturating_add(60.minutes());
        let ordered = entry.at.saturating_sub(40.minutes());
        let mut segments = vec![
            self.pid(),
            self.pv1(entry),
            self.orc(entry, "NW", &order, ordered).set(4, format!("{order}_01_001")),
            Segment::new("RXE")
                .set(2, "00^一般^99INJ")
                .set(3, "100")
                .set(5, "ML^ミリリットル^MR9P")
                .set(6, "INJ^注射剤^MR9P")
                .set(15, order.clone())
                .set(21, "IHP^入院処方^MR9P~FTP^定時処方^MR9P"),
            Segment::new("TQ1").set(1, "1").set(7, minutes(entry.at)).set(8, minutes(end)),
            Segment::new("RXR").set(1, "IV^静脈内^HL70162"),
        ];
        for (place, (each, amount)) in drugs.iter().enumerate() {
            segments.push(
                Segment::new("RXC")
                    .set(1, if place == 0 { "B" } else { "A" })
                    .set(2, drug(each))
                    .set(3, number(*amount))
                    .set(4, unit(each)),
            );
        }
        let (day, department) = (Self::day(entry), self.department.0);
        self.file(Message {
            day: day.clone(),
            kind: "OMP-02",
            order: order.clone(),
            department,
            at: ordered,
            message_type: "RDE^O11^RDE_O11",
            segments,
        });
        let nurse = hl7::staff(&self.facility.staff(entry.author + 2));
        let orc = self.orc(entry, "NW", &order, ordered).set(4, format!("{order}_01_001"));
        let mut segments = vec![self.pid(), self.pv1(entry), orc];
        for (each, amount) in drugs {
            segments.push(rxa(each, *amount, entry.at, &nurse, &self.place()).set(4, minutes(end)));
        }
        segments.push(Segment::new("RXR").set(1, "IV^静脈内^HL70162"));
        let message_type = "RAS^O17^RAS_O17";
        self.file(Message { day, kind: "OMP-12", order, department, at: end, message_type, segments });
    }

    /// OML-01 and OML-11: a laboratory order and its result.
    pub(super) fn labs(&mut self, entry: &Entry, values: &[(Test, f64)], preliminary: bool) {
        let order = self.order();
        let drawn = entry.at.saturating_add(6.minutes());
        let mut segments = vec![self.pid(), self.pv1(entry)];
        for (place, specimen) in specimens(values).into_iter().enumerate() {
            segments.push(spm(place, specimen, &order, drawn));
            segments.push(self.orc(entry, "NW", &order, entry.at));
            segments.push(self.obr(entry, &order, drawn));
            let ordered = values.iter().filter(|(test, _)| test.specimen == specimen);
            for (line, (test, _)) in ordered.enumerate() {
                segments.push(
                    Segment::new("OBX").set(1, (line + 1).to_string()).set(3, identifier(test)).set(11, "O"),
                );
            }
        }
        let (day, department) = (Self::day(entry), self.department.0);
        self.file(Message {
            day: day.clone(),
            kind: "OML-01",
            order: order.clone(),
            department,
            at: entry.at,
            message_type: "OML^O33^OML_O33",
            segments,
        });
        let mut report = |after: i32, values: &[(Test, f64)], status: &str| {
            let at = entry.at.saturating_add(after.minutes());
            let mut segments = vec![self.pid(), self.pv1(entry)];
            for (place, specimen) in specimens(values).into_iter().enumerate() {
                segments.push(spm(place, specimen, &order, drawn));
                segments.push(self.obr(entry, &order, drawn).set(22, seconds(at)).set(25, status));
                segments.push(self.orc(entry, "SC", &order, at).set(5, "CM"));
                let found = values.iter().filter(|(test, _)| test.specimen == specimen);
                for (line, (test, value)) in found.enumerate() {
                    segments.push(obx(line + 1, test, *value, status, drawn));
                }
            }
            self.file(Message {
                day: day.clone(),
                kind: "OML-11",
                order: order.clone(),
                department,
                at,
                message_type: "OUL^R22^OUL_R22",
                segments,
            });
        };
        if preliminary && let Some(first) = values.get(..2) {
            report(25, first, "P");
        }
        report(55, values, "F");
    }

    fn obr(&self, entry: &Entry, order: &str, drawn: DateTime) -> Segment {
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        Segment::new("OBR")
            .set(1, "1")
            .set(2, order)
            .set(4, "E002^検体検査^99EXM")
            .set(7, minutes(drawn))
            .set(16, doctor)
    }

    /// OMG-01 and OMG-11: an image ordered and taken.
    pub(super) fn imaging(&mut self, entry: &Entry, name: &'static str) {
        let (parent, child) = (self.order(), self.order());
        let taken = entry.at.saturating_add(20.minutes());
        let item = match name {
            "胸部Ｘ線単純撮影" => "1000000000000000^Ｘ線単純撮影^JJ1017".to_owned(),
            _ => coded("X100", name, "99IMG"),
        };
        let detail = coded("X101", name, "99IMG");
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        let obr =
            |order: &str, item: &str| Segment::new("OBR").set(2, order).set(4, item).set(16, doctor.clone());
        let modality = match name {
            _ if name.contains("ＭＲＩ") => "MR",
            _ if name.contains("ＣＴ") => "CT",
            _ if name.contains("エコー") || name.contains("超音波") => "US",
            _ => "CR",
        };
        let accession = format!("A{}", parent.get(2..).unwrap_or_default());
        let study = format!("2.25.{}", parent.trim_start_matches('0'));
        for (kind, message_type, at, done) in
            [("OMG-01", "OMG^O19^OMG_O19", entry.at, false), ("OMG-11", "OMI^Z23^OMI_Z23", taken, true)]
        {
            let mut segments = vec![self.pid(), self.pv1(entry)];
            for (control, order, item) in
                [("NW", &parent, &item), ("PA", &parent, &item), ("CH", &child, &detail)]
            {
                let mut orc = self.orc(entry, control, order, at);
                let mut obr = obr(order, item);
                if control == "CH" {
                    orc = orc.set(8, parent.clone());
                    obr = obr.set(29, parent.clone());
                }
                if done {
                    obr = obr.set(7, minutes(taken)).set(22, seconds(taken)).set(25, "F");
                }
                segments.push(orc);
                segments.push(Segment::new("TQ1").set(1, "1").set(9, "R^^HL70485"));
                segments.push(obr);
                if done {
                    if control == "CH" {
                        segments.push(Segment::new("ZE1").set(1, "1").set(2, "RS").set(3, item.clone()));
                    }
                    segments.push(
                        Segment::new("IPC")
                            .set(1, accession.clone())
                            .set(2, "P1")
                            .set(3, study.clone())
                            .set(5, format!("{modality}^^DCM")),
                    );
                }
            }
            let (day, order, department) = (Self::day(entry), parent.clone(), self.department.0);
            self.file(Message { day, kind, order, department, at, message_type, segments });
        }
    }

    /// OMG-03 and OMG-13: an electrocardiogram ordered and read.
    pub(super) fn electrocardiogram(&mut self, entry: &Entry, finding: &'static str, rate: f64) {
        let order = self.order();
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        let obr = Segment::new("OBR")
            .set(1, "1")
            .set(2, order.clone())
            .set(4, "9A110^標準１２誘導心電図^JC10")
            .set(16, doctor);
        let segments = vec![
            self.pid(),
            self.pv1(entry),
            self.orc(entry, "NW", &order, entry.at),
            Segment::new("TQ1").set(1, "1").set(9, "R^^HL70485"),
            obr.clone(),
        ];
        let (day, department) = (Self::day(entry), self.department.0);
        self.file(Message {
            day: day.clone(),
            kind: "OMG-03",
            order: order.clone(),
            department,
            at: entry.at,
            message_type: "OMG^O19^OMG_O19",
            segments,
        });
        let at = entry.at.saturating_add(15.minutes());
        let result = |line: &str| Segment::new("OBX").set(1, line).set(11, "F");
        let segments = vec![
            self.pid(),
            self.pv1(entry),
            obr.set(7, minutes(entry.at)).set(22, seconds(at)).set(25, "F"),
            result("1").set(2, "TX").set(3, "9A100&IMP^心電図所見^JC10").set(5, escape(finding)),
            result("2").set(2, "NM").set(3, "ECG01^心拍数^99ECG").set(5, number(rate)).set(6, "bpm"),
        ];
        let message_type = "ORU^R01^ORU_R01";
        self.file(Message { day, kind: "OMG-13", order, department, at, message_type, segments });
    }

    /// OMD: a diet order.
    pub(super) fn diet(&mut self, entry: &Entry, text: &'static str) {
        let order = self.order();
        let segments = vec![
            self.pid(),
            self.pv1(entry),
            self.orc(entry, "NW", &order, entry.at),
            Segment::new("TQ1")
                .set(1, "1")
                .set(3, "TID&１日３回&HL70335")
                .set(7, minutes(entry.at))
                .set(9, "R^ルーチン^HL70485"),
            Segment::new("ODS").set(1, "D").set(3, coded("001", text, "99DIE")),
        ];
        let (day, department, at) = (Self::day(entry), self.department.0, entry.at);
        let message_type = "OMD^O03^OMD_O03";
        self.file(Message { day, kind: "OMD", order, department, at, message_type, segments });
    }
}

fn rxa(each: &Drug, amount: f64, at: DateTime, nurse: &str, place: &str) -> Segment {
    Segment::new("RXA")
        .set(1, "0")
        .set(2, "1")
        .set(3, minutes(at))
        .set(4, minutes(at))
        .set(5, drug(each))
        .set(6, number(amount))
        .set(7, unit(each))
        .set(10, nurse)
        .set(11, place)
        .set(20, "CP")
}

/// The specimens the tests need, each once, in order of appearance.
fn specimens(values: &[(Test, f64)]) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for (test, _) in values {
        if !found.contains(&test.specimen) {
            found.push(test.specimen);
        }
    }
    found
}

fn spm(place: usize, specimen: (&'static str, &'static str), order: &str, drawn: DateTime) -> Segment {
    let id = format!("{}{}", order.get(1..).unwrap_or_default(), place + 1);
    Segment::new("SPM")
        .set(1, (place + 1).to_string())
        .set(2, id)
        .set(4, format!("{}^{}^JC10", specimen.0, specimen.1))
        .set(17, minutes(drawn))
}

/// JLAC10 first where there is one, then the sender's own code.
fn identifier(test: &Test) -> String {
    let own = coded(test.local, test.name, "99LAB");
    if test.jlac10.is_empty() { own } else { format!("{}^{own}", coded(test.jlac10, test.name, "JC10")) }
}

fn obx(line: usize, test: &Test, value: f64, status: &str, drawn: DateTime) -> Segment {
    let digits = test.digits;
    let (low, high) = test.range;
    let shown = format!("{value:.digits$}");
    let rounded: f64 = shown.parse().unwrap_or(value);
    let flag = if rounded < low {
        "L"
    } else if rounded > high {
        "H"
    } else {
        ""
    };
    let unit = if test.unit.is_empty() {
        String::new()
    } else {
        format!("{}^{}^99UNT", escape(test.unit), escape(test.unit))
    };
    Segment::new("OBX")
        .set(1, line.to_string())
        .set(2, "NM")
        .set(3, identifier(test))
        .set(5, shown)
        .set(6, unit)
        .set(7, format!("{low:.digits$}-{high:.digits$}"))
        .set(8, flag)
        .set(11, status)
        .set(14, minutes(drawn))
}
