//! The signs on the matrix: a kanji, a shape and a colour each, so that none of the three is needed alone.

use crate::text::{Id, Lang};
use maud::{Markup, html};
use model::facility::RecordKind;

/// One sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Glyph {
    /// 入院した
    Admitted,
    /// 退院した
    Discharged,
    /// Everything else, by kind.
    Kind(RecordKind),
}

/// Outline of a sign: the professions that act, that care, that measure, that dispense, that write.
enum Shape {
    Square,
    Circle,
    Octagon,
    Pill,
    Sheet,
}

impl Glyph {
    /// Every sign, in the order of the legend.
    pub fn all() -> Vec<Self> {
        use RecordKind as K;
        let kinds = [
            K::Encounter,
            K::Condition,
            K::Allergy,
            K::Medication,
            K::Laboratory,
            K::Imaging,
            K::Procedure,
            K::Vital,
            K::Nursing,
            K::Care,
            K::Dental,
            K::Diet,
            K::Document,
            K::Demographics,
            K::Other,
        ];
        [Self::Admitted, Self::Discharged].into_iter().chain(kinds.into_iter().map(Self::Kind)).collect()
    }

    /// The kanji.
    pub fn kanji(self) -> &'static str {
        use RecordKind as K;
        match self {
            Self::Admitted => "入",
            Self::Discharged => "退",
            Self::Kind(K::Encounter) => "診",
            Self::Kind(K::Condition) => "病",
            Self::Kind(K::Allergy) => "敏",
            Self::Kind(K::Medication) => "処",
            Self::Kind(K::Laboratory) => "検",
            Self::Kind(K::Imaging) => "画",
            Self::Kind(K::Procedure) => "術",
            Self::Kind(K::Vital) => "測",
            Self::Kind(K::Nursing) => "看",
            Self::Kind(K::Care) => "介",
            Self::Kind(K::Dental) => "歯",
            Self::Kind(K::Diet) => "食",
            Self::Kind(K::Document) => "文",
            Self::Kind(K::Demographics) => "基",
            Self::Kind(K::Other) => "他",
        }
    }

    /// The word behind the kanji.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Admitted => lang.t(Id::Admitted),
            Self::Discharged => lang.t(Id::Discharged),
            Self::Kind(RecordKind::Encounter) => lang.t(Id::Visit),
            Self::Kind(RecordKind::Medication) => lang.t(Id::Dispensing),
            Self::Kind(kind) => lang.kind(kind),
        }
    }

    /// The part of ids and classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admitted => "in",
            Self::Discharged => "out",
            Self::Kind(kind) => kind.word(),
        }
    }

    fn shape(self) -> Shape {
        use RecordKind as K;
        match self {
            Self::Admitted | Self::Discharged => Shape::Square,
            Self::Kind(kind) => match kind {
                K::Encounter | K::Condition | K::Procedure | K::Dental | K::Allergy => Shape::Square,
                K::Nursing | K::Care | K::Diet => Shape::Circle,
                K::Laboratory | K::Imaging | K::Vital => Shape::Octagon,
                K::Medication => Shape::Pill,
                K::Document | K::Demographics | K::Other => Shape::Sheet,
            },
        }
    }

    /// The definition, drawn around 0,0 in a box of 20 px.
    pub fn define(self) -> Markup {
        html! {
            g id={ "g-" (self.name()) } .{ "g g-" (self.name()) } {
                @match self.shape() {
                    Shape::Square => { rect x="-10" y="-10" width="20" height="20" rx="2.5" {} }
                    Shape::Circle => { circle r="10.5" {} }
                    Shape::Octagon => { path d="M-4.5-10h9l5.5 5.5v9l-5.5 5.5h-9l-5.5-5.5v-9z" {} }
                    Shape::Pill => { rect x="-12" y="-9" width="24" height="18" rx="9" {} }
                    Shape::Sheet => { path d="M-9-10h13l5 5v15h-18z" {} }
                }
                text y="4.5" text-anchor="middle" { (self.kanji()) }
            }
        }
    }

    /// The sign alone, beside a word that says the same.
    pub fn icon(self) -> Markup {
        html! {
            svg .icon width="26" height="22" aria-hidden="true" { use href={ "#g-" (self.name()) } x="13" y="11" {} }
        }
    }
}

/// Every definition a page with signs needs, once.
pub fn definitions(more: Markup) -> Markup {
    html! {
        svg .defs width="0" height="0" aria-hidden="true" {
            defs {
                @for glyph in Glyph::all() { (glyph.define()) }
                circle #new .g-new r="4.5" {}
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect .hatch-a width="6" height="6" {}
                    line .hatch-b y2="6" x1="1" x2="1" {}
                }
                (more)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_kanji_and_word() {
        let mut kanji = std::collections::HashSet::new();
        for glyph in Glyph::all() {
            assert!(kanji.insert(glyph.kanji()), "{}", glyph.kanji());
        }
        assert_eq!(Glyph::all().len(), RecordKind::ALL.len() + 2);
        for lang in Lang::ALL {
            let words: std::collections::HashSet<_> = Glyph::all().iter().map(|g| g.word(*lang)).collect();
            assert_eq!(words.len(), Glyph::all().len());
        }
    }
}
