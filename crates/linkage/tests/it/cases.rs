//! Pairs as they occur at a reception desk, with the verdict a careful clerk would give.

use crate::people::{Form, hanako};
use linkage::{LinkRule, Verdict, Why, block_keys, compare, decide};
use model::registration::Sex;

fn verdict(a: &Form, b: &Form) -> Verdict {
    let (a, b) = (a.clone().done(), b.clone().done());
    let found = decide(&compare(&a, &b));
    assert_eq!(decide(&compare(&b, &a)), found, "not symmetric");
    if found != Verdict::Distinct {
        let keys = block_keys(&b);
        assert!(block_keys(&a).iter().any(|key| keys.contains(key)), "would never be compared");
    }
    found
}

fn assert_link(a: &Form, b: &Form, rule: LinkRule) {
    assert_eq!(verdict(a, b), Verdict::Link { rule });
}

fn assert_review(a: &Form, b: &Form, expected: Why) {
    let found = verdict(a, b);
    let Verdict::Review(review) = &found else { panic!("{found:?}, expected a review for {expected:?}") };
    assert!(review.why.contains(&expected), "{review:?} lacks {expected:?}");
}

fn assert_distinct(a: &Form, b: &Form) {
    assert_eq!(verdict(a, b), Verdict::Distinct);
}

#[test]
fn insurance_with_branch_links_in_any_spelling() {
    let a = hanako().insured("01012345", "12-34", "5678", "01");
    let b = Form::new("櫻 花子", "ｻｸﾗ ﾊﾅｺ", "1950-04-01", Sex::Female).insured(
        "１０１２３４５",
        "１２３４",
        "００５６７８",
        "1",
    );
    assert_link(&a, &b, LinkRule::InsuranceBranch);
    let married = Form::new("白鳥 花子", "シラトリ ハナコ", "1950-04-01", Sex::Female)
        .insured("01012345", "1234", "5678", "01");
    assert_link(&a, &married, LinkRule::InsuranceBranch);
    // Kanji here, kana there: nobody can tell the given names apart, or together.
    let kanji =
        Form::new("佐倉 花子", "", "1950-04-01", Sex::Female).insured("01012345", "1234", "5678", "01");
    let kana =
        Form::new("", "サクラ ハナコ", "1950-04-01", Sex::Female).insured("01012345", "1234", "5678", "01");
    assert_review(&kanji, &kana, Why::GivenNameUnknown);
}

#[test]
fn insurance_without_branch_needs_the_given_name() {
    let a = hanako().insured("010123", "室", "187", "");
    assert_link(&a, &hanako().insured("010123", "室", "187", "02"), LinkRule::InsuranceGiven);
    let unparted =
        Form::new("佐倉花子", "サクラハナコ", "1950-04-01", Sex::Female).insured("010123", "室", "187", "");
    assert_link(&a, &unparted, LinkRule::InsuranceGiven);
    let variant =
        Form::new("佐倉 華子", "サクラ ハナコ", "1950-04-01", Sex::Female).insured("010123", "室", "187", "");
    assert_review(&a, &variant, Why::SameNameAndBirthDate);
    let nameless = Form::new("", "", "1950-04-01", Sex::Female).insured("010123", "室", "187", "");
    assert_review(&a, &nameless, Why::GivenNameUnknown);
}

#[test]
fn name_kana_birth_sex_and_home_link() {
    let a = hanako().address("北海道室蘭市幸町１丁目２番３号").phone("0143-22-1111");
    assert_link(&a, &hanako().address("室蘭市幸町1-2-3 白鳥荘101"), LinkRule::NameAddress);
    assert_link(&a, &hanako().phone("０１４３（２２）１１１１"), LinkRule::NamePhone);
    assert_review(&a, &hanako(), Why::SameNameAndBirthDate);
    assert_review(&a, &hanako().address("室蘭市"), Why::SameNameAndBirthDate);
    let no_kana = Form::new("佐倉 花子", "", "1950-04-01", Sex::Female).phone("0143221111");
    assert_review(&a, &no_kana, Why::SameNameAndBirthDate);
    let no_sex = Form::new("佐倉 花子", "サクラ ハナコ", "1950-04-01", Sex::Unknown).phone("0143221111");
    assert_review(&a, &no_sex, Why::SameNameAndBirthDate);
}

#[test]
fn long_vowels_are_let_go_only_beside_equal_kanji() {
    let long = Form::new("大野 優希", "オオノ ユウキ", "2013-04-01", Sex::Female).phone("0143-22-1111");
    let dash = Form::new("大野 優希", "オーノ ユーキ", "2013-04-01", Sex::Female).phone("0143-22-1111");
    assert_link(&long, &dash, LinkRule::NamePhone);
    let only_kana = |kana| Form::new("", kana, "2013-04-01", Sex::Female).insured("010123", "室", "187", "");
    assert_review(&only_kana("オオノ ユウキ"), &only_kana("オオノ ユキ"), Why::GivenNamesDiffer);
}

#[test]
fn twins_are_two() {
    let twin = |name, kana, sex, branch| {
        Form::new(name, kana, "2013-04-01", sex)
            .address("室蘭市幸町1-2-3")
            .phone("0143-22-1111")
            .insured("010123", "室", "187", branch)
    };
    let haruka = |branch| twin("佐倉 晴香", "サクラ ハルカ", Sex::Female, branch);
    assert_distinct(&haruka("03"), &twin("佐倉 美月", "サクラ ミヅキ", Sex::Female, "04"));
    assert_distinct(&haruka(""), &twin("佐倉 美月", "サクラ ミヅキ", Sex::Female, ""));
    assert_distinct(&haruka(""), &twin("佐倉 大地", "サクラ ダイチ", Sex::Male, ""));
    // Nearly the same name: two branches decide, without them a human does.
    assert_distinct(&haruka("03"), &twin("佐倉 晴菜", "サクラ ハルナ", Sex::Female, "04"));
    assert_review(&haruka(""), &twin("佐倉 晴菜", "サクラ ハルナ", Sex::Female, ""), Why::GivenNamesDiffer);
    // A branch typed for both is not believed.
    assert_review(
        &haruka("03"),
        &twin("佐倉 美月", "サクラ ミヅキ", Sex::Female, "03"),
        Why::GivenNamesDiffer,
    );
    assert_review(
        &haruka("03"),
        &twin("佐倉 晴菜", "サクラ ハルナ", Sex::Female, "03"),
        Why::GivenNamesDiffer,
    );
}

#[test]
fn newborns_without_a_name_are_for_humans() {
    let baby = |name, branch| {
        Form::new(name, "サクラ ベビー", "2026-04-01", Sex::Female)
            .address("室蘭市幸町1-2-3")
            .insured("010123", "室", "187", branch)
    };
    assert_review(
        &baby("佐倉 ベビー", "03"),
        &baby("佐倉 ベビー", "03"),
        Why::Placeholder(linkage::Placeholder::Newborn),
    );
    assert_distinct(&baby("佐倉 ベビー", "03"), &baby("佐倉 ベビー", "04"));
    let named = Form::new("佐倉 結衣", "サクラ ユイ", "2026-04-01", Sex::Female).address("室蘭市幸町1-2-3");
    assert_review(&baby("佐倉 花子ベビー", "03"), &named, Why::GivenNameUnknown);
    let mother = Form::new("佐倉 花子", "サクラ ハナコ", "1995-04-01", Sex::Female)
        .insured("010123", "室", "187", "02");
    assert_distinct(&baby("佐倉 花子ベビー", "03"), &mother);
}

#[test]
fn parents_children_and_couples_are_two() {
    let home = |form: Form| form.address("室蘭市幸町1-2-3").phone("0143-22-1111");
    let family = |form: Form, branch| home(form).insured("010123", "室", "187", branch);
    let ichiro = Form::new("佐倉 一郎", "サクラ イチロウ", "1950-04-01", Sex::Male);
    let son = Form::new("佐倉 一朗", "サクラ イチロウ", "1978-09-12", Sex::Male);
    assert_distinct(&home(ichiro.clone()), &home(son.clone()));
    assert_distinct(&family(ichiro.clone(), "01"), &family(son, "03"));
    assert_distinct(&family(ichiro.clone(), ""), &family(hanako(), ""));
    // The same given name in one household, another birth date, no branch: perhaps a slip.
    let other_day = Form::new("佐倉 一郎", "サクラ イチロウ", "1978-09-12", Sex::Male);
    assert_review(&family(ichiro, ""), &family(other_day, ""), Why::InsuranceWithOtherBirthDate);
}

#[test]
fn namesakes_of_one_birthday_are_not_linked() {
    let one = hanako().address("室蘭市幸町1-2-3").phone("0143-22-1111").insured("01012345", "1", "2", "00");
    let other = hanako()
        .address("札幌市北区北6条西4丁目5番")
        .phone("011-222-3333")
        .insured("01098765", "3", "4", "00");
    assert_review(&one, &other, Why::SameNameAndBirthDate);
}

#[test]
fn contradictions_stop_every_rule() {
    let a = hanako().address("室蘭市幸町1-2-3").insured("010123", "室", "187", "01");
    let man = Form::new("佐倉 花子", "サクラ ハナコ", "1950-04-01", Sex::Male)
        .address("室蘭市幸町1-2-3")
        .insured("010123", "室", "187", "01");
    assert_review(&a, &man, Why::SexesDiffer);
    assert_review(
        &a,
        &hanako().address("室蘭市幸町1-2-3").insured("010123", "室", "187", "02"),
        Why::BranchesConflict,
    );
    let slip = Form::new("佐倉 花子", "サクラ ハナコ", "1950-04-07", Sex::Female)
        .address("室蘭市幸町1-2-3")
        .insured("010123", "室", "187", "01");
    assert_review(&a, &slip, Why::NearlySameBirthDate);
    let both = hanako().insured("010123", "室", "187", "01").insured("010123", "室", "187", "05");
    assert_review(&a, &both, Why::BranchesConflict);
}

#[test]
fn stand_ins_never_link() {
    for (name, kana, birth) in [
        ("テスト 花子", "テスト ハナコ", "1950-04-01"),
        ("練習 太郎", "レンシュウ タロウ", "1950-04-01"),
        ("氏名不詳", "シメイフショウ", "1950-04-01"),
        ("佐倉 花子", "サクラ ハナコ", "1900-01-01"),
        ("佐倉 花子", "サクラ ハナコ", "0000-00-00"),
        ("患者 ００１", "カンジャ ００１", "1950-04-01"),
    ] {
        let form = Form::new(name, kana, birth, Sex::Female)
            .address("室蘭市幸町1-2-3")
            .phone("0143-22-1111")
            .insured("010123", "室", "187", "01");
        let found = verdict(&form, &form);
        assert!(matches!(found, Verdict::Review(_)), "{name} {birth}: {found:?}");
    }
    let filler = |form: Form| form.insured("99999999", "9", "9999999", "01");
    assert_review(&filler(hanako()), &filler(hanako()), Why::SameNameAndBirthDate);
}

#[test]
fn slips_and_changes_reach_a_human() {
    let a = hanako().address("室蘭市幸町1-2-3").phone("0143-22-1111");
    let with = |name, kana, birth| Form::new(name, kana, birth, Sex::Female);
    assert_review(&a, &with("佐倉 花子", "サクラ ハナコ", "1950-01-04"), Why::NearlySameBirthDate);
    assert_review(
        &a,
        &with("佐倉 花子", "サクラ ハナコ", "1964-04-01").phone("0143-22-1111"),
        Why::NearlySameBirthDate,
    );
    assert_review(&a, &with("花子 佐倉", "ハナコ サクラ", "1950-04-01"), Why::NearlySameName);
    assert_review(&a, &with("佐倉 花子", "サグラ ハナコ", "1950-04-01"), Why::SameNameAndBirthDate);
    assert_review(&a, &with("佐蔵 花子", "サクラ ハナコ", "1950-04-01"), Why::SameNameAndBirthDate);
    assert_review(
        &a,
        &with("白鳥 花子", "シラトリ ハナコ", "1950-04-01").phone("0143-22-1111"),
        Why::FamilyNameChanged,
    );
    assert_review(&a, &with("佐倉 花子", "サクラ ハナコ", "").phone("0143-22-1111"), Why::BirthDateUnknown);
    assert_review(&a, &with("サクラ ハナコ", "", "1950-04-01"), Why::SameNameAndBirthDate);
    assert_distinct(&a, &with("白鳥 花子", "シラトリ ハナコ", "1950-04-01"));
    assert_distinct(&a, &with("佐倉 花子", "サクラ ハナコ", "1962-08-09"));
}
