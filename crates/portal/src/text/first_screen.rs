//! The words of the first screens of care manager, helper and dentist, and of movements on every first screen.

use store::Step;

super::messages! {
    /// What the first screens say beyond what all pages say.
    FirstScreen {
        LeadCareManager: "担当している方の入退院・受診と、届いた記録です。内容は、開いたときに表示され、閲覧履歴に残ります。",
            "あなたの人の 入院・退院と、とどいた記録です。開くと 中が見えます。",
            "Admissions, discharges and visits of your people, then new records. Content is shown, and the view recorded, when you open a person.";
        LeadHelper: "担当している方に、前に見たあと何があったかです。名前を押すと、くわしく見られます（閲覧履歴に残ります）。",
            "前に 見たあとに あったことです。名前を おすと くわしく 見えます。",
            "What has happened to your people since you last looked. Choose a name to read more; the view is recorded.";
        LeadDentist: "担当している方の入退院と、届いた薬・歯科・手術の記録です。内容は、開いたときに表示され、閲覧履歴に残ります。",
            "あなたの人の 入院・退院と、薬・歯・手術の記録です。開くと 中が見えます。",
            "Admissions of your people, and new records of drugs, teeth and surgery. Content is shown, and the view recorded, when you open a person.";
        Movements: "入院・退院・受診", "入院・退院・病院に行った", "Admissions, discharges, visits";
        MovementsOf: "{0}人・{1}件", "{0}人・{1}件", "{0} people, {1} in all";
        NoMovements: "新しい入退院・受診はありません", "入院・退院は ありません", "No new admissions, discharges or visits";
        Planned: "これからの予定", "これからの予定", "Planned";
        Certification: "要介護認定の有効期限（60日以内）", "介護の認定の おわりの日（60日）", "Care certification ends (within 60 days)";
        CertifiedUntil: "有効期限", "おわりの日", "Last day";
        CertifiedUnknown: "期限は、届いている介護保険の記録によります。更新後の記録がまだ届いていないこともあります。",
            "とどいた記録の 日です。新しい認定が まだ とどいていない ことも あります。",
            "As told by the insurance records received; a renewal may not have arrived yet.";
        CertifiedUnlooked: "人数が多いため、{0}人の期限は確かめていません。",
            "人が 多いので {0}人の 日は 見ていません。",
            "There are too many people: the certification of {0} was not looked up.";
        Ended: "期限切れ", "おわりました", "Ended";
        When: "いつ", "いつ", "When";
        What: "内容", "なに", "What";
        Place: "施設", "所", "Facility";
        Person: "お名前", "名前", "Name";
        Records: "新しい記録のある方 {0}人", "新しい記録が ある人 {0}人", "{0} people with new records";
        NoRecords: "新しい記録はありません", "新しい記録は ありません", "No new records";
        MoreMovements: "ほかに{0}件あります。下の一覧から各々の方を開いてください。",
            "ほかに {0}件 あります。下の名前から 開いてください。",
            "{0} more: open the people below.";
        Plans: "計画・目標", "計画・目標", "Plans and goals";
        AdmissionPlanned: "入院予定", "入院する予定", "Admission planned";
        Admitted: "入院", "入院した", "Admitted";
        Transferred: "転科・転棟", "病院の中で うつった", "Transferred within hospital";
        Left: "外出・外泊", "病院から 外に出た", "On leave";
        Returned: "外泊から帰院", "病院に もどった", "Back from leave";
        DischargePlanned: "退院予定", "退院する予定", "Discharge planned";
        Discharged: "退院", "退院した", "Discharged";
        Emergency: "救急受診", "救急で 行った", "Emergency visit";
        HomeVisit: "訪問", "家に来た", "Home visit";
        Visited: "受診", "病院に行った", "Visit";
        SaysAdmissionPlanned: "入院する予定があります", "入院する 予定が あります", "A hospital stay is planned";
        SaysAdmitted: "入院しました", "入院しました", "Went into hospital";
        SaysTransferred: "病院の中で部屋や科が変わりました", "病院の中で へやが かわりました", "Moved within the hospital";
        SaysLeft: "病院から一時外出・外泊しました", "病院から 少しの間 外に 出ました", "Left the hospital for a short while";
        SaysReturned: "外泊から病院に戻りました", "病院に もどりました", "Came back to the hospital";
        SaysDischargePlanned: "退院する予定があります", "退院する 予定が あります", "Leaving hospital is planned";
        SaysDischarged: "病院から退院しました", "病院から 退院しました", "Came out of hospital";
        SaysEmergency: "救急で病院にかかりました", "急いで 病院に 行きました", "Went to hospital in an emergency";
        SaysHomeVisit: "医療の訪問を受けました", "家に 来てもらいました", "Was visited at home";
        SaysVisited: "お医者さんにかかりました", "お医者さんに 会いました", "Saw a doctor";
        SaysMedication: "薬の新しい記録があります。変わったか確かめてください", "薬の 新しい記録が あります。かわったか 見てください", "New record of medicines: check whether they changed";
        SaysPlans: "新しい計画や目標があります", "新しい計画や 目標が あります", "There is a new plan or goal";
        SaysOther: "{0}の新しい記録があります", "{0}の 新しい記録が あります", "New record: {0}";
        GoalThere: "チームの目標があります（開いて見る）", "みんなの 目標が あります（開く）", "There is a team goal (open)";
        NothingSince: "前に見たあと、見られる記録に新しいことはありません", "見られる記録に 新しいことは ありません", "Nothing new since you last looked, in what you may see";
        HelperNobody: "表示できる方がいません", "見られる人が いません", "There is nobody you may see here";
        Today: "今日", "今日", "today";
        Yesterday: "昨日", "きのう", "yesterday";
        Tomorrow: "明日", "あした", "tomorrow";
        DaysAgo: "{0}日前", "{0}日前", "{0} days ago";
        InDays: "あと{0}日", "あと {0}日", "in {0} days";
    }
}

impl FirstScreen {
    /// The word for a movement.
    pub fn of(step: Step) -> Self {
        match step {
            Step::AdmissionPlanned => Self::AdmissionPlanned,
            Step::Admitted => Self::Admitted,
            Step::Transferred => Self::Transferred,
            Step::Left => Self::Left,
            Step::Returned => Self::Returned,
            Step::DischargePlanned => Self::DischargePlanned,
            Step::Discharged => Self::Discharged,
            Step::Emergency => Self::Emergency,
            Step::HomeVisit => Self::HomeVisit,
            Step::Visited => Self::Visited,
        }
    }

    /// The sentence for a movement, in plain words.
    pub fn says(step: Step) -> Self {
        match step {
            Step::AdmissionPlanned => Self::SaysAdmissionPlanned,
            Step::Admitted => Self::SaysAdmitted,
            Step::Transferred => Self::SaysTransferred,
            Step::Left => Self::SaysLeft,
            Step::Returned => Self::SaysReturned,
            Step::DischargePlanned => Self::SaysDischargePlanned,
            Step::Discharged => Self::SaysDischarged,
            Step::Emergency => Self::SaysEmergency,
            Step::HomeVisit => Self::SaysHomeVisit,
            Step::Visited => Self::SaysVisited,
        }
    }
}
