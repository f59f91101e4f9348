//! The rules by name, and their words for people: Japanese, plain Japanese, English.
//!
//! The plain words (やさしい日本語) are for staff and residents who read little kanji. Not here: other texts of pages.

use crate::relationship::Relationship;

/// The languages reasons are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 日本語
    Japanese,
    /// やさしい日本語
    Plain,
    /// English
    English,
}

/// A rule that spoke in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The viewer's facility has its own registration of the person.
    OwnRegistration,
    /// An agreement for every facility of the region.
    ConsentAll,
    /// An agreement for facilities said by name.
    ConsentNamed,
    /// The viewer's facility has to do with the person; with the reason's word.
    Relationship(String),
    /// For administration only the demographics are shown.
    AdministrationShowsLittle,
    /// There is no agreement.
    NoConsent,
    /// The agreement was taken back.
    ConsentWithdrawn,
    /// The agreement is over.
    ConsentOver,
    /// The agreement has not begun.
    ConsentNotYet,
    /// The agreement is for other facilities.
    ConsentForOthers,
    /// The person refuses.
    Denied,
    /// The viewer's facility has nothing to do with the person.
    NoRelationship,
    /// It had, but no longer or not yet.
    RelationshipOver,
    /// The account does not say whose it is.
    NamelessAccount,
    /// Public duty, but not at a town hall.
    NotTheTownHall,
    /// Remedy: write down the person's agreement.
    EnterConsent,
    /// Remedy: the person takes the refusal back.
    PersonTakesBackDenial,
    /// Remedy: write down the relationship.
    EnterRelationship,
    /// Remedy: register the person as a patient or user.
    RegisterPatient,
    /// Remedy: give the account its owner's name.
    NameTheAccount,
    /// Remedy: choose another purpose.
    ChooseOtherPurpose,
}

impl Rule {
    /// The id used in the audit and the API.
    pub fn id(&self) -> &'static str {
        self.row().0
    }

    /// Whether the rule speaks against showing.
    pub fn is_against(&self) -> bool {
        matches!(
            self,
            Self::NoConsent
                | Self::ConsentWithdrawn
                | Self::ConsentOver
                | Self::ConsentNotYet
                | Self::ConsentForOthers
                | Self::Denied
                | Self::NoRelationship
                | Self::RelationshipOver
                | Self::NamelessAccount
                | Self::NotTheTownHall
        )
    }

    /// Id, Japanese, plain Japanese, English.
    #[rustfmt::skip]
    fn row(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::OwnRegistration => ("own-registration", "自施設に登録のある方です", "この しせつの かたです", "registered at your facility"),
            Self::ConsentAll => ("consent-all", "地域の全施設での共有に同意されています", "ちいきの ぜんぶの しせつで 見て よいと 言って います", "agreed to sharing in the whole region"),
            Self::ConsentNamed => ("consent-named", "名前を挙げた施設での共有に同意されています", "えらんだ しせつで 見て よいと 言って います", "agreed to sharing among named facilities"),
            Self::Relationship(_) => ("relationship", "自施設と関わりのある方です", "この しせつと かかわりが あります", "your facility has a relationship"),
            Self::AdministrationShowsLittle => ("administration", "受付・事務の目的では基本情報だけを表示します", "うけつけでは 名前や じゅうしょだけ 見られます", "for administration only the demographics are shown"),
            Self::NoConsent => ("no-consent", "情報共有の同意がまだありません", "まだ 「見て よい」と 言って いません", "no consent to sharing yet"),
            Self::ConsentWithdrawn => ("consent-withdrawn", "同意は撤回されています", "「見て よい」を やめました", "the consent was withdrawn"),
            Self::ConsentOver => ("consent-over", "同意の期間が終わっています", "「見て よい」の きかんが おわりました", "the consent has ended"),
            Self::ConsentNotYet => ("consent-not-yet", "同意の期間がまだ始まっていません", "「見て よい」の きかんが まだ はじまって いません", "the consent has not begun"),
            Self::ConsentForOthers => ("consent-for-others", "同意の範囲に自施設が含まれていません", "この しせつには 「見て よい」と 言って いません", "the consent does not include your facility"),
            Self::Denied => ("denied", "ご本人が自施設での閲覧を断っています", "この しせつでは 「見ないで」と 言って います", "the person refuses that your facility sees this"),
            Self::NoRelationship => ("no-relationship", "自施設とこの方との関わりが登録されていません", "この しせつとの かかわりが わかりません", "your facility has no relationship with the person"),
            Self::RelationshipOver => ("relationship-over", "自施設との関わりの期間外です", "かかわりの きかんでは ありません", "outside the days of your facility's relationship"),
            Self::NamelessAccount => ("nameless-account", "利用者の氏名が登録されていないため閲覧できません", "あなたの 名前が とうろく されて いません", "the account carries no name"),
            Self::NotTheTownHall => ("not-the-town-hall", "公務の目的で見られるのは市町村だけです", "この もくてきは 市や 町の やくしょだけです", "public duty is for the town hall only"),
            Self::EnterConsent => ("enter-consent", "ご本人の同意を受付で登録すると見られます", "本人に きいて、うけつけで とうろくします", "enter the person's consent at reception"),
            Self::PersonTakesBackDenial => ("take-back-denial", "ご本人が拒否を取り下げると見られます", "本人が 「見ないで」を やめると 見られます", "the person may take the refusal back"),
            Self::EnterRelationship => ("enter-relationship", "紹介・契約などの関わりを登録すると見られます", "かかわりを とうろくすると 見られます", "enter the relationship (referral, contract, …)"),
            Self::RegisterPatient => ("register-patient", "自施設の患者・利用者として登録すると自施設の記録が見られます", "この しせつに とうろくすると この しせつの きろくが 見られます", "register the person at your facility to see its own records"),
            Self::NameTheAccount => ("name-the-account", "管理者に氏名の登録を依頼してください", "かんりしゃに 名前の とうろくを たのみます", "ask the operator to enter your name"),
            Self::ChooseOtherPurpose => ("choose-other-purpose", "診療または介護の目的を選んでください", "べつの もくてきを えらびます", "choose treatment or care as the purpose"),
        }
    }
}

/// A rule that spoke, with what makes it concrete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    rule: Rule,
    until: Option<String>,
}

impl Reason {
    pub(crate) fn new(rule: Rule) -> Self {
        Self { rule, until: None }
    }

    pub(crate) fn until(rule: Rule, until: Option<&str>) -> Self {
        Self { rule, until: until.map(str::to_owned) }
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The rule's id, e.g. `consent-all`.
    pub fn id(&self) -> &'static str {
        self.rule.id()
    }

    /// The reason in Japanese.
    pub fn ja(&self) -> String {
        self.words(Language::Japanese)
    }

    /// The reason in a language.
    pub fn words(&self, language: Language) -> String {
        let (_, ja, plain, en) = self.rule.row();
        let mut detail = Vec::new();
        if let Rule::Relationship(reason) = &self.rule {
            detail.push(match language {
                Language::Japanese | Language::Plain => Relationship::reason_ja(reason).to_owned(),
                Language::English => Relationship::reason_en(reason).to_owned(),
            });
        }
        if let Some(day) = &self.until {
            detail.push(match language {
                Language::Japanese | Language::Plain => format!("{day} まで"),
                Language::English => format!("until {day}"),
            });
        }
        let (text, open, between, close) = match language {
            Language::Japanese => (ja, "（", "、", "）"),
            Language::Plain => (plain, "（", "、", "）"),
            Language::English => (en, " (", ", ", ")"),
        };
        if detail.is_empty() {
            text.to_owned()
        } else {
            format!("{text}{open}{}{close}", detail.join(between))
        }
    }
}
