//! The names of all messages. Each language has a text for every one of them, or it does not compile.

macro_rules! ids {
    ($($name:ident)+) => {
        /// The name of a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Id { $($name,)+ }

        impl Id {
            /// Every message.
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

ids! {
    ProductName Fictitious SkipToContent FindPerson AutoLockIn Away Logout Language FootTimes LiveNews
    Sunday Monday Tuesday Wednesday Thursday Friday Saturday PersonCheck KanaUnknown Unknown Years BirthDate
    Sex Female Male SexOther RegionalId CareLevel AllergyPresent AllergyAbsent AllergyNotAsked Taking
    SameSurname AndMore Consent ConsentEffective ConsentFacilities ConsentOwnOnly ReasonForViewing
    CourseTitle ViewTools Range RangeMonth RangeQuarter RangeYear RangeAll Grouping ByFacility ByKind
    ByProblem ViewAs AsChart AsTable MoveInTime Earlier Later MarkSeen UndatedNotice Undated MatrixTitle
    TimeAxis WeekHint Today StretchRecords NoRecordsInRange NoRecordsYet NewCount NotShown NotReceived
    LateShort Newest FeedLate FeedSilent FeedNotConsented FeedOutsideRole FeedPartlyOutside SensitiveLine
    NoProblemNamed StillSo OnDays Unread Legend LegendTimes Admitted Discharged Visit Dispensing Drugs
    DrugsNote NoDrugsInRange EndedOn EndNotStated DoseStarted DoseUp DoseDown Labs LabsNote NoLabsInRange
    MoreLabs MoreLife ShowAllLabs Reference NoReference RangesDiffer Previous NoPrevious FirstResult Thinned
    Life LifeNote NoLifeInRange InHospital CountsPerDay DarkerMore LastWeek WeekBefore Since DayTitle
    ClosePanel NoDayChosen NoRecordsThatDay TakingThatDay SinceDay EndsThatDay AuthorNotStated Made Received
    SeeOriginal Version IncompleteTitle AllRecords RecordCount OutsideRange ColumnTime ColumnKind ColumnItem
    ColumnResult ColumnSource ColumnAuthor ColumnDrug ColumnDose ColumnFrom ColumnUntil Pages PageOf
    PagePrevious PageNext ClassAllergy ClassAnticoagulant ClassAntiplatelet ClassBowel ClassBreath
    ClassCancer ClassDementia ClassDiuretic ClassEpilepsy ClassGout ClassHeart ClassInfection ClassInsulin
    ClassKampo ClassLipid ClassMind ClassOpioid ClassPain ClassParkinson ClassPressure ClassRhythm
    ClassSedative ClassSteroid ClassSugar ClassThyroid ClassUlcer ClassUrine ClassVessel ClassVirus
}
