//! The first screens as the gallery shows them; every person is invented.

use super::{Fresh, Moved, NewsOf, WorklistPage};
use crate::banner::Sex;
use crate::page::Shell;
use crate::text::Lang;
use crate::when;
use access::{Purpose, role::may_see};
use model::PersonId;
use model::facility::{Profession, RecordKind};
use store::Step;

impl WorklistPage {
    /// A physician's morning.
    pub fn sample(lang: Lang) -> Self {
        Self::sample_for(Shell::sample(lang))
    }

    /// The first screens of the professions.
    pub fn samples(lang: Lang) -> Vec<(&'static str, Self)> {
        let of = |name: &str, profession, facility: &str| {
            Self::sample_for(Shell::sample_for(lang, name, profession, facility))
        };
        let mut manager = of("渚 健", Profession::CareManager, "居宅介護支援 なぎさ");
        manager.people.extend(certified());
        let mut helper = of("小林 陽", Profession::Helper, "訪問介護 みなと");
        helper.people.push(quiet("村上　ヨシ", "ムラカミ　ヨシ", "1934-08-30", Sex::Female));
        helper.people.push(quiet("石田　清", "イシダ　キヨシ", "1939-01-15", Sex::Male));
        helper.quiet = 0;
        vec![
            ("physician", Self::sample(lang)),
            ("nurse", of("木村 彩", Profession::Nurse, "訪問看護 ひかり")),
            ("pharmacist", of("小田 涼", Profession::Pharmacist, "すずらん薬局")),
            ("care-manager", manager),
            ("helper", helper),
            ("dentist", of("緑川 歩", Profession::Dentist, "みどり歯科")),
        ]
    }

    fn sample_for(shell: Shell) -> Self {
        use RecordKind as K;
        let profession = shell.user.as_ref().map(|user| user.profession);
        let sees = |kind: K| profession.is_some_and(|each| may_see(each, Purpose::Treatment, kind));
        let news = |list: &[(K, &str, usize, usize)]| -> Vec<Fresh> {
            let shown = list.iter().filter(|(kind, ..)| sees(*kind));
            shown
                .map(|(kind, facility, count, plans)| Fresh {
                    kind: *kind,
                    facility: (*facility).to_owned(),
                    count: *count,
                    plans: *plans,
                })
                .collect()
        };
        let mut hanako = quiet("佐倉　花子", "サクラ　ハナコ", "1940-05-05", Sex::Female);
        hanako.received = "2026-11-23T08:10:00+09:00".to_owned();
        hanako.person = crate::course::sample::person();
        hanako.same_surname = true;
        hanako.goal = true;
        hanako.news = news(&[
            (K::Care, "グループホーム なぎさ", 6, 2),
            (K::Laboratory, "港町内科クリニック", 6, 0),
            (K::Nursing, "訪問看護 こだま", 1, 0),
            (K::Dental, "海岸歯科", 1, 0),
        ]);
        hanako.movements = vec![moved(Step::Visited, "2026-11-20", "港町内科クリニック")];
        let mut other = quiet("佐倉　華子", "サクラ　ハナコ", "1942-03-11", Sex::Female);
        other.received = "2026-11-22T18:40:00+09:00".to_owned();
        other.same_surname = true;
        other.news = news(&[(K::Medication, "すずらん薬局", 3, 0)]);
        let mut takeshi = quiet("遠藤　武", "エンドウ　タケシ", "1951-12-01", Sex::Male);
        takeshi.received = "2026-11-22T16:05:00+09:00".to_owned();
        takeshi.news = news(&[(K::Document, "白鳥総合病院", 1, 0)]);
        takeshi.movements = vec![moved(Step::Discharged, "2026-11-22", "白鳥総合病院")];
        let mut fumi = quiet("大西　フミ", "オオニシ　フミ", "1937-07-02", Sex::Female);
        fumi.received = "2026-11-23T07:20:00+09:00".to_owned();
        fumi.movements = vec![
            moved(Step::DischargePlanned, "2026-11-27", "白鳥総合病院"),
            moved(Step::Admitted, "2026-11-23", "白鳥総合病院"),
        ];
        fumi.goal = true;
        Self {
            shell,
            people: vec![hanako, other, takeshi, fumi],
            quiet: 38,
            uncertain: 0,
            behind: vec![
                ("伊ノ浜病院".to_owned(), "2026-11-21T18:02:00+09:00".to_owned(), true),
                ("グループホーム なぎさ".to_owned(), "2026-11-22T05:10:00+09:00".to_owned(), false),
            ],
            today: crate::course::sample::TODAY,
        }
    }
}

fn quiet(name: &str, kana: &str, birth: &str, sex: Sex) -> NewsOf {
    NewsOf {
        person: PersonId(uuid::Uuid::from_u128(
            birth.bytes().fold(0, |sum, byte| sum * 256 + u128::from(byte)),
        )),
        name: name.to_owned(),
        kana: kana.to_owned(),
        birth: when::day(birth),
        sex,
        same_surname: false,
        movements: Vec::new(),
        news: Vec::new(),
        received: String::new(),
        goal: false,
        certified_until: None,
    }
}

fn certified() -> Vec<NewsOf> {
    let mut soon = quiet("村上　ヨシ", "ムラカミ　ヨシ", "1934-08-30", Sex::Female);
    soon.certified_until = when::day("2026-12-31");
    let mut ended = quiet("石田　清", "イシダ　キヨシ", "1939-01-15", Sex::Male);
    ended.certified_until = when::day("2026-11-20");
    vec![ended, soon]
}

fn moved(step: Step, day: &str, facility: &str) -> Moved {
    Moved { step, day: when::day(day).unwrap_or_default(), facility: facility.to_owned() }
}
