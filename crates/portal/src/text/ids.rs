//! The names of all messages. Each language has a text for every one of them, or it does not compile.

macro_rules! ids {
    ($($name:ident)+) => {
        /// The name of a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Id { $(#[doc = stringify!($name)] $name,)+ }

        impl Id {
            /// Every message.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

ids! {
    FromClaims OpenDocument OriginalPicture ProductName Fictitious SkipToContent FindPerson AutoLockIn Away Logout Language FootTimes LiveNews
    Sunday Monday Tuesday Wednesday Thursday Friday Saturday PersonCheck KanaUnknown Unknown Years BirthDate
    Sex Female Male SexOther RegionalId CareLevel AllergyPresent AllergyAbsent AllergyNotAsked AllergyNotShown Taking
    SameSurname SameReading AndMore Consent ConsentEffective ConsentFacilities ConsentOwnOnly ReasonForViewing
    CourseTitle ViewTools Range RangeMonth RangeQuarter RangeYear RangeAll Grouping ByFacility ByKind
    ByProblem ViewAs AsChart AsTable MoveInTime Earlier Later MarkSeen UndatedNotice Undated MatrixTitle
    TimeAxis WeekHint Today StretchRecords NoRecordsInRange NoRecordsYet NewCount NotShown NotReceived
    LateShort Newest FeedLate FeedSilent FeedNotConsented FeedNotRelated Ordered NotPerformed ClassBone OriginalShared FeedOutsideRole FeedPartlyOutside SensitiveLine
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
    ClassSedative ClassSteroid ClassSugar ClassThyroid ClassUlcer ClassUrine ClassVessel ClassVirus Actions
    Address After Assign AssignHint BackToStart Before BirthNotUnderstood BirthUnderstood Charset
    CheckedIdentity CloseAccount CodeWrong Compared ConsentKind ConsentScope ConsentWithdrawn ConsentsNone
    ConsentsTitle Count DeliveryFindHint DeliveryNone DeliveryPath Deny Differs Download EnteredBy Equal
    SupersededHere DeletedHere OutsideRolePage OtherOrigin InvitationOver
    ErrorTitle ErrorWho ErrorDo ErrorAt ErrorNumber ErrorNotFound ErrorNotFoundDo ErrorOnlyYou ErrorRefused
    ErrorRefusedWho ErrorRefusedDo ErrorSignIn ErrorSignInDo ErrorChanged ErrorChangedDo ErrorInvalid
    ErrorInvalidDo ErrorNothingSaved ErrorUnavailable ErrorUnavailableDo ErrorEverybody Feed FeedGood
    FeedsTitle InboxTitle InboxLead Insurance InvitationTitle InvitationLead InvitationButton Invite
    InviteNote JobsTitle JobsNone Kana Lag LastDelivery LastLogin LastReceipt LinkMade LinkOnce LocalNumber
    LockedTitle LockedLead LoginTitle LoginName LoginButton LoginFailed LoginFailedHelp LoginWait LoginHelp
    Name NeverDelivered NeverYet NewConsent NewPassword NewPasswordHint NewRelationship NoEnd NoFeeds NoText
    NotRegisteredHere NotStated OneSideOnly OperatorPages OperatorTitle OriginalTitle OriginalLead
    OriginalText OtherUser Password PasswordAgain PasswordShort PasswordsDiffer PerDay Period Permit Phone
    Problems ProblemCode ProblemAt ProblemText Profession Reason ReasonVisit ReasonReferral
    ReasonCareContract ReasonTeam ReceptionTitle RecordTitle RecordContent RecordOrigin RecordHistory
    RecordJson RecordsHeld RelationshipsTitle RelationshipsNote RelationshipsNone Replay Reset ReviewTitle
    ReviewLead ReviewWaiting SameSurnameHelp SaveConsent SaveRelationship SaysMessage SaysPath SearchTitle
    SearchName SearchNameHint SearchBirthHint SearchButton SearchLead SearchTooShort SearchTooMany
    SearchNobody SearchCount SilentShort Size SourceTime StaffTitle StaffList StaffActive StaffInvited
    StaffClosed Standing State TheseFacilities TileBehind TileInbox TileReviews TileProblems TileDeliveries
    TilePeople Totp TotpHint TotpSetup TotpSetupLead TotpOpenApp Undo UnlockButton UnlockFailed
    UntilOptional VerdictSame VerdictDifferent VerdictLater VerdictNote VerdictHelp VersionCurrent
    VersionSuperseded VersionDeleted VersionWithdrawn VersionGoneHelp VersionSameAs WaitingSince Who
    WholeRegion WhyDisputed WhyNobody Withdraw WithdrawEffect WithdrawNoEffect WithdrawConfirm
    WithdrawDelivery WithdrawDeliveryHelp WithdrawRecords WithdrawalsTitle WithdrawalsDone WithdrawalsNone
    WorklistTitle WorklistPhysician WorklistNurse WorklistPharmacist WorklistCount WorklistQuiet
    WorklistNothing WorklistNews WorklistBehind
    UndatedShort UndatedInRow
    Reopen DeskNotThere DeskDay DeskOrder DeskFacility DeskKind DeskOtherFacility DeskOtherRefusal
    DeskUnreadable DeskReason DeskDifferent DeskOthers DeskLoginTaken DeskLogin DeskOwnAccount
    DeskRunning DeskChecked SavedConsent SavedDeny SavedWithdraw SavedRelationship StillDenied
    ConsentOver ConsentLater ConsentOverruled TakeBackDeny DenyEffect DenyNoEffect WithdrawByDenial
    AddressHidden Near NotCompared DecidedTitle DecidedSame DecidedDifferent Candidates CandidatesNone
    CandidateSearch AssignThis AssignedDone WithdrawnDone MoreDeliveries ReplayTitle ReplayLead
    ReplayStart JobRunning JobDone JobFailed LagSeconds LagMinutes LagHours LagDays SpoolWaiting
    ProblemsTitle ProblemsNone AllFacilities AllCodes
    LastSign ClockOff NumberThere NotRegisteredThere
}
