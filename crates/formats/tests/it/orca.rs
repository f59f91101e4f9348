//! ORCA API answers: who, which sets, what each call becomes. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::orca::read;
use model::reading::{Effect, Extent, Input, PATIENT_KEY, PatientKey, Reading, Resource, Statement};
use serde_json::{Value, json};

/// Our own answers, one for each call that is read; also for the account of every value.
pub fn answers() -> Vec<Value> {
    let person = json!({"Patient_ID": "00731", "WholeName": "白鳥　澄子", "WholeName_inKana": "シラトリ　スミコ", "BirthDate": "1941-05-06", "Sex": "2"});
    let insurance = json!({"Insurance_Combination_Number": "0003", "InsuranceProvider_Class": "060", "InsuranceProvider_Number": "019999",
        "InsuranceProvider_WholeName": "国保", "HealthInsuredPerson_Symbol": "架空", "HealthInsuredPerson_Number": "７７１", "HealthInsuredPerson_Branch_Number": "02",
        "RelationToInsuredPerson": "1", "HealthInsuredPerson_WholeName": "白鳥　澄子", "Certificate_StartDate": "2020-04-01", "Certificate_ExpiredDate": "9999-12-31",
        "InsuranceCombination_Rate_Outpatient": "0.30", "Insurance_CheckDate": "2026-03-02",
        "PublicInsurance_Information": [{"PublicInsurance_Class": "054", "PublicInsurance_Name": "難病", "PublicInsurer_Number": "54019999", "PublicInsuredPerson_Number": "7654321",
            "Rate_Outpatient": "0.20", "Money_Outpatient": "  2500", "Certificate_IssuedDate": "2025-10-01", "Certificate_ExpiredDate": "2026-09-30"}, {}]});
    let head = |more: Value| {
        let mut head = json!({"Information_Date": "2026-03-10", "Information_Time": "09:15:30", "Api_Result": "00", "Api_Result_Message": "処理終了", "Reskey": "Patient Info"});
        head.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        head
    };
    let with = |base: &Value, more: Value| {
        let mut base = base.clone();
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        base
    };
    let whole = with(
        &person,
        json!({"HouseHolder_WholeName": "白鳥　一", "Relationship": "妻", "Occupation": "農業", "NickName": "スミ", "CellularNumber": "090-0000-0731",
        "FaxNumber": "0142-00-0732", "EmailAddress": "s@example.jp", "Home_Address_Information": {"Address_ZipCode": "0520000", "WholeAddress1": "北海道伊達市架空町", "WholeAddress2": "１－２－３", "PhoneNumber1": "0142-00-0731", "PhoneNumber2": "0142-00-0733"},
        "WorkPlace_Information": {"WholeName": "架空農園", "Address_ZipCode": "0520001", "WholeAddress1": "北海道伊達市空町", "WholeAddress2": "９", "PhoneNumber": "0142-00-0734"},
        "Contact_Information": {"WholeName": "白鳥　一", "Relationship": "夫", "PhoneNumber1": "0142-00-0735"}, "Home2_Information": {"WholeName": "実家", "PhoneNumber": "0143-00-0001"},
        "Contraindication1": "造影剤", "Allergy1": "そば", "Allergy2": "　", "Infection1": "ＨＢｓ（－）", "Comment1": "耳が遠い", "TestPatient_Flag": "0", "Death_Flag": "0",
        "Condition1": "01", "Condition1_Name": "車椅子", "FirstVisit_Date": "2019-02-03", "Outpatient_Class": "1", "Admission_Date": "2026-03-01",
        "HealthInsurance_Information": [insurance],
        "Care_Information": {"Insurance": [{"InsuranceProvider_Number": "019999", "HealthInsuredPerson_Number": "0000731", "Certificate_StartDate": "2024-01-01", "Certificate_ExpiredDate": "2026-12-31"}],
            "Certification": [{"Need_Care_State_Code": "22", "Need_Care_State": "要介護２", "Certification_Date": "2025-01-15", "Certificate_StartDate": "2025-02-01", "Certificate_ExpiredDate": "2027-01-31"}],
            "Community_Disease": [{"Target_Disease": "True"}, {"Target_Disease": "False"}]},
        "Personally_Information": {"Pregnant_Class": "該当なし"},
        "Individual_Number": [{"In_Id": "1", "In_Number": "123456789012", "In_Description": "x"}],
        "Patient_Contra_Information": {"Patient_Contra_Info": [{"Medication_Code": "610000731", "Medication_Name": "架空錠５ｍｇ", "Medication_EndDate": "9999-12-31", "Contra_StartDate": "2021-06-07"}]},
        "ResultOfQualificationConfirmation": {"FaceInfExistence": "True", "QualificationValidity": "1"}}),
    );
    let drug = json!({"Medication_Code": "620007310", "Medication_Name": "架空降圧錠５ｍｇ", "Medication_Number": "2", "Unit_Code": "016", "Unit_Code_Name": "錠", "Medication_Point": "97"});
    vec![
        json!({"patientinfores": head(json!({"Patient_Information": whole}))}),
        json!({"patientmodres": with(&head(json!({"Patient_Information": with(&person, json!({"Allergy1": "かに", "Death_Flag": "1"}))})), json!({"Api_Result": "000", "Api_Result_Message": "更新終了", "Karte_Uid": "k", "Orca_Uid": "o"}))}),
        json!({"patientlst1res": head(json!({"Target_Patient_Count": "002", "Patient_Information": [with(&person, json!({"CreateDate": "2019-02-03", "UpdateDate": "2026-03-09", "TestPatient_Flag": "1"})), {"Patient_ID": "00732", "WholeName": "白鳥　一", "WholeName_inKana": "シラトリ　ハジメ", "BirthDate": "1939-01-01", "Sex": "1"}]}))}),
        json!({"patientlst2res": head(json!({"Patient_Information": [with(&person, json!({"Outpatient_Class": "2", "HealthInsurance_Information": [insurance], "PublicInsurance_Information": [{"PublicInsurance_Class": "054", "PublicInsurer_Number": "54019999", "PublicInsuredPerson_Number": "7654321"}]})), {"Patient_ID": "99999", "WholeName": "患者番号がありません"}]}))}),
        json!({"patientlst6res": head(json!({"Api_Result": "000", "Patient_Information": person, "HealthInsurance_Information": [insurance]}))}),
        json!({"patientlst7res": head(json!({"Api_Result": "000", "Patient_Information": person, "Base_Date": "2026-03-10", "Patient_Memo_Information": [{"Department_Code": "01", "Department_Name": "内科", "Patient_Memo": "次回採血"}]}))}),
        json!({"patientlst8res": head(json!({"Api_Result": "000", "Patient_Information": person, "Former_Name_Information": [{"ChangeDate": "1966-03-03", "WholeName": "空知　澄子", "WholeName_inKana": "ソラチ　スミコ"}]}))}),
        json!({"patientmodv3res2": head(json!({"Api_Result": "000", "Api_Result_Message": "検索処理終了", "Patient_Information": person, "HealthInsurance_Information": {"HealthInsurance_Info": [with(&insurance, json!({"InsuranceProvider_Id": "0000000001", "Insurance_Combination_Number": ""}))]}, "PublicInsurance_Information": {"PublicInsurance_Info": [{"PublicInsurance_Id": "0000000002", "PublicInsurance_Class": "054", "PublicInsurance_Name": "難病"}]}, "HealthInsurance_Combination_Information": {"HealthInsurance_Combination_Info": [insurance]}}))}),
        json!({"patientmodv3res3": head(json!({"Api_Result": "000", "Api_Result_Message": "検索処理終了", "Patient_Information": person, "Accident_Insurance_Information": {"Accident_Insurance_Info": [{"InsuranceProvider_Id": "0000000003", "InsuranceProvider_Class": "971", "InsuranceProvider_Name": "労災", "Accident_StartDate": "2026-02-01", "Disease_Location": "右手"}]}}))}),
        json!({"patientmodv3res6": head(json!({"Api_Result": "000", "Api_Result_Message": "登録処理終了", "Patient_Information": person, "Care_Insurance_Information": {"Care_Insurance_Info": [{"InsuranceProvider_Number": "019999", "Certificate_StartDate": "2024-01-01", "Certificate_ExpiredDate": "9999-12-31"}]}, "Care_Certification_Information": {"Certification_Info": [{"Need_Care_State_Code": "21", "Need_Care_State": "要介護１", "Certification_Date": "2026-02-01"}]}}))}),
        json!({"patientmodv3res7": head(json!({"Api_Result": "000", "Api_Result_Message": "登録処理終了", "Patient_Information": person, "Patient_Contra_Information": {"Patient_Contra_Info": [{"Medication_Code": "610000732", "Medication_Name": "架空散", "Medication_StartDate": "2026-03-10"}]}}))}),
        json!({"disease_infores": head(json!({"Base_Date": "2026-03", "Information_Overflow": "False", "Disease_Infores": person, "Disease_Information": [
            {"Disease_InOut": "O", "Department_Code": "01", "Insurance_Combination_Number": "0003", "Disease_Name": "急性架空炎の疑い", "Disease_Single": [{"Disease_Single_Code": "ZZZ4012", "Disease_Single_Name": "急性"}, {"Disease_Single_Code": "8830731", "Disease_Single_Name": "架空炎"}, {"Disease_Single_Code": "ZZZ8002", "Disease_Single_Name": "の疑い", "Disease_Single_Condition": "2"}, {}],
             "Disease_Category": "PD", "Disease_SuspectedFlag": "SA", "Disease_StartDate": "2026-03-02", "Disease_Supplement_Name": "左", "Disease_Class": "05", "Disease_Receipt_Print": "1", "Insurance_Disease": "True", "Discharge_Certificate": "1"},
            {"Disease_InOut": "O", "Department_Code": "01", "Disease_Name": "架空症", "Disease_Single": [{"Disease_Single_Code": "8830732", "Disease_Single_Name": "架空症"}], "Disease_StartDate": "2025-01-02", "Disease_EndDate": "2026-03-05", "Disease_OutCome": "F", "Disease_Karte_Name": "カルテの名"},
            {"Department_Code": "20", "Disease_Name": "珍しい病", "Disease_Single": [{"Disease_Single_Code": "0000999"}], "Disease_StartDate": "2025-01-02"}]}))}),
        json!({"acceptlstres": head(json!({"Acceptance_Date": "2026-03-10", "Acceptlst_Information": [{"Acceptance_Time": "09:10:11", "Acceptance_Id": "00005", "Department_Code": "01", "Department_WholeName": "内科", "Physician_Code": "10001", "Physician_WholeName": "医師　一郎", "Medical_Information": "01", "Claim_Infometion": "0", "Account_Time": "10:20:00", "Appointment_Time": "09:00:00", "Patient_Information": person, "HealthInsurance_Information": insurance, "Patient_Memo_Information": {"Patient_Memo_Department": "2"}}]}))}),
        json!({"acceptres": with(&head(json!({"Acceptance_Date": "2026-03-10", "Acceptance_Time": "09:10:11", "Acceptance_Id": "00005", "Department_Code": "01", "Physician_Code": "10001", "Patient_Information": with(&person, json!({"HealthInsurance_Information": [insurance]}))})), json!({"Api_Result": "K1", "Api_Result_Message": "受付削除終了"}))}),
        json!({"appointlstres": head(json!({"Appointment_Date": "2026-03-17", "Appointlst_Information": [{"Appointment_Time": "15:30:00", "Medical_Information": "01", "Department_Code": "01", "Department_WholeName": "内科", "Physician_Code": "10001", "Physician_WholeName": "医師　一郎", "Visit_Information": "1", "Appointment_Id": "02", "Patient_Information": person}]}))}),
        json!({"appointlst2res": head(json!({"Base_Date": "2026-03-10", "Patient_Information": person, "Appointlst_Information": [{"Appointment_Date": "2026-03-17", "Appointment_Time": "15:30:00", "Medical_Information": "01", "Medical_Information_WholeName": "診察１", "Department_Code": "01", "Appointment_Id": "02", "Appointment_Note": "採血"}]}))}),
        json!({"appointres": with(&head(json!({"Appointment_Date": "2026-03-17", "Appointment_Time": "15:30:00", "Appointment_Id": "02", "Department_Code": "01", "Patient_Information": person})), json!({"Api_Result": "K3", "Api_Result_Message": "予約登録終了"}))}),
        json!({"visitptlst01res": head(json!({"Visit_Date": "2026-03-09", "Visit_List_Information": [{"Department_Code": "01", "Department_Name": "内科", "Physician_Code": "10001", "Voucher_Number": "0000861", "Sequential_Number": "1", "Insurance_Combination_Number": "0003", "Update_Date": "2026-03-09", "Patient_Information": person}]}))}),
        json!({"medicalget01res": head(json!({"Patient_Information": person, "Medical_List_Information": [{"Perform_Date": "2026-03-09", "Department_Code": "01", "Department_Name": "内科", "Sequential_Number": "1", "Insurance_Combination_Number": "0003", "HealthInsurance_Information": insurance, "Invoice_Number": "0000861"}]}))}),
        json!({"medicalget02res": head(json!({"Patient_Information": person, "Perform_Date": "2026-03-09", "Department_Code": "01", "Department_Name": "内科", "Sequential_Number": "1", "Medical_List_Information": [{"Insurance_Combination_Number": "0003", "HealthInsurance_Information": insurance, "Medical_Information": [
            {"Medical_Class": "210", "Medical_Class_Name": "内服薬剤", "Medical_Class_Number": "14", "Medical_Class_Point": "12", "Medication_info": [drug, {"Medication_Code": "001000730", "Medication_Name": "【１日１回朝食後に】"}]},
            {"Medical_Class": "220", "Medical_Class_Number": "5", "Medication_info": [with(&drug, json!({"Medication_Code": "620007311"}))]},
            {"Medical_Class": "600", "Medical_Class_Name": "検査", "Medical_Class_Number": "1", "Medication_info": [{"Medication_Code": "160000731", "Medication_Name": "架空検査", "Medication_Number": "1"}, {"Medication_Code": "840000042", "Medication_Name": "手術○日", "Medication_Name_Input_Value": "15"}]},
            {"Medical_Class": "310", "Medical_Class_Name": "皮下筋肉内注射", "Medical_Class_Number": "1", "Medication_info": [{"Medication_Code": "640007314", "Medication_Name": "架空注１ｍＬ", "Medication_Number": "1", "Unit_Code_Name": "管"}]},
            {"Medical_Class": "990", "Medication_info": [{"Medication_Code": "810000001", "Medication_Name": "コメントのみ"}]}]}]}))}),
        json!({"private_objects": head(json!({"Patient_Information": person, "Hospital_Stay_Infomation": [{"History_Number": "001", "Creation_Type": {"Label": "入院歴作成区分", "Data": "0", "Name": "通常登録"}, "Admission_Date": "2026-02-01", "Discharge_Date": "2026-02-10", "Discharge_Type": {"Label": "退院事由", "Data": "02", "Name": "完治"}, "Ward_Number": {"Label": "病棟番号", "Data": "01"}, "Ward_Name": {"Label": "病棟名", "Data": "北病棟"}, "Room_Number": {"Label": "病室番号", "Data": "101"}, "Department_Code": {"Label": "診療科", "Data": "10", "Name": "外科"}, "Doctor": [{"Label": "担当医", "Data": "10001", "Name": "医師　一郎"}], "HealthInsurance_Information": insurance, "Room_Charge": {"Label": "室料差額", "Data": "   1000", "Name": "円"}}]}))}),
        form(
            "shohosen",
            json!({"IssuedDate": "2026-03-10", "Department_Code": "01", "Memo2": ["備考の文"], "Qr_ID": "7"}),
        ),
        form("okusuri_techo", json!({"Invoice_Number": "0000861"})),
    ]
}

fn form(id: &str, more: Value) -> Value {
    let patient = json!({"ID": "00731", "Name": "白鳥　澄子", "KanaName": "シラトリ　スミコ", "BirthDate": "1941-05-06", "Sex": "2"});
    let mut data = json!({"Form_ID": id, "Perform_Date": "2026-03-10", "Patient": patient,
        "Insurance_Combination_Information": {"Number": "0003", "InsuranceProvider_Class": "060", "InsuranceProvider_Name": "国保", "HealthInsuredPerson_Rate": "030", "HealthInsurance_Information": {"InsuranceProvider_Number": "019999", "HealthInsuredPerson_Symbol": "架空", "HealthInsuredPerson_Number": "７７１", "RelationToInsuredPerson": "1"}},
        "Hospital": {"Prefectures_Number": "01", "Code": "1234567", "Name": ["架空医院", "", ""], "ZipCode": "0520000", "Address": ["北海道伊達市架空町１"], "PhoneNumber": "0142-00-0001"},
        "Doctor": {"Code": "10001", "Name": "医師　一郎"}, "IncludingNarcotic_Flg": "0",
        "Rp": [{"Medical_Class": "21", "Count": "014", "Unit_Name": "日分", "Medication": [{"Name": "架空降圧錠５ｍｇ", "Amount": "00001.50000", "Unit_Name": "錠", "Code": "620007310", "Generic_Flg": "1", "Generic_Code": "2149999F1ZZZ"}, {"Name": "【１日１回朝食後に】", "Code": "001000730", "Generic_Flg": "0"}, {}]},
            {"Medical_Class": "23", "Count": "001", "Unit_Name": "調剤", "Medication": [{"Name": "架空湿布", "Amount": "00070.00000", "Unit_Name": "枚", "Code": "620007313"}]}]});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"Information_Date": "2026-03-10", "Information_Time": "15:38:58", "Api_Result": "0000", "Api_Result_Message": "処理終了", "Form_ID": id, "Form_Name": "x", "Print_Date": "2026-03-10", "Print_Time": "15:38:58", "Patient": patient, "Forms": [{"data": data}]})
}

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "answer.json", bytes, source_time: "20260312000000000" }
}

fn reading(answer: &Value) -> Reading {
    read(&input(answer.to_string().as_bytes())).unwrap()
}

/// The answer of a call.
fn of(call: &str) -> Reading {
    let answer = answers().into_iter().find(|answer| answer.get(call).is_some() || answer["Form_ID"] == call);
    reading(&answer.unwrap())
}

fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Resource> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

fn sets(reading: &Reading) -> Vec<&str> {
    reading.statements.iter().map(|statement| statement.set.as_str()).collect()
}

fn codes(reading: &Reading) -> Vec<(&str, &str)> {
    reading.problems.iter().map(|problem| (problem.code.as_str(), problem.at.as_str())).collect()
}

#[test]
fn a_registration_is_whole_with_its_insurances_care_and_remarks() {
    let reading = of("patientinfores");
    assert_eq!(codes(&reading), [("not-mapped", "patientinfores.Patient_Information.Individual_Number")]);
    let sets = sets(&reading);
    for set in [
        "orca/pregnancy",
        "orca/contraindication",
        "orca/remark",
        "orca/coverage",
        "orca/care-insurance",
        "orca/care-level",
        "orca/in-hospital",
        PATIENT_KEY,
    ] {
        assert!(sets.contains(&set), "{set}");
    }
    let last = reading.statements.last().unwrap();
    assert_eq!(last.patient, PatientKey::Local("00731".into()));
    assert_eq!((last.order.time.as_str(), last.records[0].extent), ("20260310091530000", Extent::Whole));
    let patient = &last.records[0].resource;
    assert_eq!(patient["identifier"][0]["value"], "00731");
    assert_eq!(
        (patient["name"][0]["family"].as_str(), patient["birthDate"].as_str()),
        (Some("白鳥"), Some("1941-05-06"))
    );
    assert_eq!(patient["address"][0]["text"], "北海道伊達市架空町１－２－３");
    assert_eq!(patient["contact"].as_array().unwrap().len(), 3);
    assert!(!format!("{patient:?}").contains("123456789012"), "an Individual Number is never taken over");
    let coverages = resources(&reading, "Coverage");
    assert_eq!(coverages.len(), 3);
    assert_eq!(coverages[0]["identifier"][0]["value"], "00019999:架空:７７１:02");
    assert_eq!(coverages[0]["period"], json!({"start": "2020-04-01"}));
    assert_eq!(coverages[1]["type"]["coding"][0]["code"], "8");
    assert_eq!(coverages[1]["payor"][0]["identifier"]["value"], "54019999");
    assert_eq!(coverages[2]["identifier"][0]["value"], "019999:0000731");
    let level = resources(&reading, "Observation")
        .into_iter()
        .find(|each| each["code"]["text"] == "要介護状態区分")
        .unwrap();
    assert_eq!(level["valueCodeableConcept"]["text"], "要介護２");
    let allergies: Vec<_> =
        resources(&reading, "AllergyIntolerance").iter().map(|each| each["code"]["text"].clone()).collect();
    assert_eq!(allergies, ["架空錠５ｍｇ", "そば", "造影剤"]);
    assert_eq!(resources(&reading, "Encounter")[0]["status"], "in-progress");
}

#[test]
fn what_a_later_answer_no_longer_says_is_taken_back() {
    let mut answer = answers().remove(0);
    let patient = answer["patientinfores"]["Patient_Information"].as_object_mut().unwrap();
    patient.retain(|name, _| ["Patient_ID", "WholeName"].contains(&name.as_str()));
    let later = reading(&answer);
    let of_set =
        |set: &str| later.statements.iter().find(|statement| statement.set == set).unwrap().records.len();
    assert_eq!((of_set("orca/remark"), of_set("orca/coverage"), of_set("orca/in-hospital")), (0, 0, 0));
}

#[test]
fn words_of_an_accident_are_no_member_number() {
    let of_class = |class: &str| {
        let insurance = json!({"Insurance_Combination_Number": "0009", "InsuranceProvider_Class": class, "InsuranceProvider_WholeName": "x", "HealthInsuredPerson_Symbol": "短期給付", "HealthInsuredPerson_Number": "右手"});
        let answer = json!({"patientlst6res": {"Information_Date": "2026-03-10", "Api_Result": "000", "Patient_Information": {"Patient_ID": "1"}, "HealthInsurance_Information": [insurance]}});
        let reading = reading(&answer);
        let coverage = resources(&reading, "Coverage")[0].clone();
        (coverage.contains_key("subscriberId"), format!("{coverage:?}").contains("右手"))
    };
    assert_eq!((of_class("971"), of_class("060")), ((false, true), (true, true)));
}

#[test]
fn a_list_supplements_and_nobody_is_made_of_a_number_not_found() {
    let list = of("patientlst1res");
    assert_eq!(list.statements.len(), 2);
    assert!(list.statements.iter().all(|each| each.records[0].extent == Extent::Supplement));
    assert_eq!(list.statements[0].records[0].resource["meta"]["tag"][1]["code"], "HTEST");
    let list = of("patientlst2res");
    assert_eq!(codes(&list), [("no-such-patient", "patientlst2res.Patient_Information[1]")]);
    assert!(list.statements.iter().all(|each| each.patient == PatientKey::Local("00731".into())));
}

#[test]
fn diseases_have_modifiers_suspicion_outcome_and_a_set_each() {
    let reading = of("disease_infores");
    assert_eq!(codes(&reading), []);
    let conditions = resources(&reading, "Condition");
    let suspected = conditions[0];
    assert_eq!(suspected["verificationStatus"]["coding"][0]["code"], "provisional");
    assert_eq!(suspected["code"]["coding"][0]["code"], "8830731");
    let urls: Vec<&str> =
        suspected["extension"].as_array().unwrap().iter().map(|each| each["url"].as_str().unwrap()).collect();
    assert!(urls[0].ends_with("PrefixModifier") && urls[1].ends_with("PostfixModifier"));
    assert_eq!(suspected["category"][1]["text"], "主病名");
    let healed = conditions[1];
    assert_eq!(
        (healed["clinicalStatus"]["text"].as_str(), healed["abatementDateTime"].as_str()),
        (Some("治癒"), Some("2026-03-05"))
    );
    assert_eq!(conditions[2]["code"]["text"], "珍しい病");
    // The same disease in the answer of another month, now with its outcome, is the same set.
    let mut other = answers().into_iter().find(|answer| answer.get("disease_infores").is_some()).unwrap();
    other["disease_infores"]["Base_Date"] = json!("2026-04");
    other["disease_infores"]["Disease_Information"][0]["Disease_EndDate"] = json!("2026-04-01");
    other["disease_infores"]["Disease_Information"][0]["Disease_OutCome"] = json!("C");
    let later = self::reading(&other);
    assert_eq!(sets(&reading), sets(&later));
    let distinct: std::collections::HashSet<_> = sets(&reading).into_iter().collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn acceptances_are_visits_and_a_deleted_one_is_deleted() {
    let listed = of("acceptlstres");
    assert_eq!(codes(&listed), []);
    let visit = listed.statements.iter().find(|each| each.set.starts_with("orca/acc")).unwrap();
    assert_eq!((visit.set.as_str(), visit.effect), ("orca/acceptance/2026-03-10/00005", Effect::Stated));
    let encounter = &visit.records[0].resource;
    assert_eq!(
        (encounter["status"].as_str(), encounter["period"]["start"].as_str()),
        (Some("finished"), Some("2026-03-10T09:10:11+09:00"))
    );
    assert_eq!(encounter["participant"][0]["individual"]["display"], "医師　一郎");
    let deleted = of("acceptres");
    assert_eq!(codes(&deleted), []);
    let gone = deleted.statements.iter().find(|each| each.set.starts_with("orca/acc")).unwrap();
    // The insurance lives on: it is the same beside every visit.
    for reading in [&listed, &deleted, &of("medicalget02res"), &of("shohosen"), &of("patientlst6res")] {
        let insurance = reading.statements.iter().find(|each| each.set == "orca/combination/0003").unwrap();
        assert_eq!(
            (insurance.effect, insurance.records[0].key.as_str()),
            (Effect::Stated, "orca/combination/0003")
        );
    }
    assert_eq!((gone.set.as_str(), gone.effect), (visit.set.as_str(), Effect::Deleted));
}

#[test]
fn two_things_the_answer_does_not_tell_apart_are_both_kept() {
    for (call, list) in [
        ("medicalget01res", "Medical_List_Information"),
        ("acceptlstres", "Acceptlst_Information"),
        ("disease_infores", "Disease_Information"),
        ("appointlst2res", "Appointlst_Information"),
    ] {
        let mut answer = answers().into_iter().find(|answer| answer.get(call).is_some()).unwrap();
        let all = answer[call][list].as_array_mut().unwrap();
        all.push(all[0].clone());
        let reading = reading(&answer);
        let mut named: Vec<&str> = sets(&reading)
            .into_iter()
            .filter(|set| !set.contains("combination") && *set != PATIENT_KEY)
            .collect();
        let count = named.len();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), count, "{call}");
    }
}

#[test]
fn appointments_of_three_calls_are_one_set() {
    for call in ["appointlstres", "appointlst2res", "appointres"] {
        let reading = of(call);
        assert_eq!(codes(&reading), [], "{call}");
        assert!(sets(&reading).contains(&"orca/appointment/2026-03-17/02"), "{call}");
        let appointment = resources(&reading, "Appointment")[0];
        assert_eq!(appointment["start"], "2026-03-17T15:30:00+09:00");
        assert!(appointment.contains_key("_end"), "FHIR wants both ends or none");
    }
    assert_eq!(resources(&of("appointlstres"), "Appointment")[0]["status"], "fulfilled");
}

#[test]
fn acts_are_prescriptions_and_procedures_with_their_comments() {
    let reading = of("medicalget02res");
    assert_eq!(codes(&reading), []);
    assert!(sets(&reading).contains(&"orca/act/2026-03-09/01/1"));
    let requests = resources(&reading, "MedicationRequest");
    let daily = requests[0];
    assert_eq!(daily["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]["numerator"]["value"], 2);
    assert_eq!(daily["dispenseRequest"]["expectedSupplyDuration"]["value"], 14);
    assert_eq!(daily["note"][0]["text"], "【１日１回朝食後に】");
    assert_eq!(daily["medicationCodeableConcept"]["coding"][0]["system"], "urn:oid:1.2.392.100495.20.1.71");
    assert_eq!(requests[1]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["unit"], "錠");
    assert_eq!(requests[1]["dispenseRequest"]["quantity"]["value"], 5);
    let procedures = resources(&reading, "Procedure");
    assert_eq!(procedures[0]["code"]["text"], "架空検査");
    assert_eq!(procedures[0]["note"][0]["text"], "手術○日 15");
    assert_eq!(procedures.len(), 2);
    let given = resources(&reading, "MedicationAdministration")[0];
    assert_eq!(
        (given["dosage"]["dose"]["unit"].as_str(), given["effectiveDateTime"].as_str()),
        (Some("管"), Some("2026-03-09"))
    );
    // Another day, another set; the same day again, the same.
    assert_eq!(sets(&reading), sets(&of("medicalget02res")));
    assert!(sets(&of("medicalget01res")).contains(&"orca/visit/2026-03-09/01/1"));
    assert!(sets(&of("visitptlst01res")).contains(&"orca/visit/2026-03-09/01/1"));
}

#[test]
fn forms_are_what_was_prescribed_and_keep_the_digits() {
    let form = of("shohosen");
    assert_eq!(codes(&form), []);
    let requests = resources(&form, "MedicationRequest");
    assert_eq!(requests.len(), 2);
    let numerator = &requests[0]["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]["numerator"];
    assert_eq!(
        (numerator["value"].to_string().as_str(), numerator["unit"].as_str()),
        ("1.50000", Some("錠"))
    );
    assert_eq!(requests[0]["dosageInstruction"][0]["text"], "【１日１回朝食後に】");
    assert_eq!(
        requests[0]["medicationCodeableConcept"]["coding"][1]["system"],
        "urn:oid:1.2.392.100495.20.1.81"
    );
    assert_eq!(requests[1]["dispenseRequest"]["quantity"]["unit"], "枚");
    assert_eq!(requests[0]["requester"]["display"], "医師　一郎");
    assert!(sets(&of("okusuri_techo")).contains(&"orca/notebook/2026-03-10/slip-0000861"));
    // A form about somebody else than the answer is theirs.
    let mut other = self::form("shohosen", json!({}));
    other["Forms"][0]["data"]["Patient"]["ID"] = json!("00800");
    let reading = reading(&other);
    assert!(codes(&reading).contains(&("several-patients", "Forms[0].data.Patient")));
    let prescribed =
        reading.statements.iter().find(|each| each.set.starts_with("orca/prescription")).unwrap();
    assert_eq!(prescribed.patient, PatientKey::Local("00800".into()));
}

#[test]
fn an_error_a_question_and_an_unknown_call_make_no_record() {
    let head = |result: &str| json!({"Information_Date": "2026-03-10", "Api_Result": result, "Api_Result_Message": "x", "Patient_Information": {"Patient_ID": "1", "WholeName": "白鳥"}});
    for result in ["10", "E90", "S20", "0105", "E00", ""] {
        let reading = reading(&json!({"patientinfores": head(result)}));
        assert_eq!(reading.statements, vec![], "{result}");
        assert_eq!(codes(&reading), [("api-error", "patientinfores.Api_Result")], "{result}");
    }
    for result in ["0", "00", "000", "0000", "00000", "K1", "W00"] {
        assert_ne!(reading(&json!({"patientinfores": head(result)})).statements, vec![], "{result}");
    }
    for (call, code) in [
        ("incomev3res", "not-mapped"),
        ("medicalv3res1", "not-mapped"),
        ("physicianres", "not-mapped"),
        ("novelres", "unknown-call"),
    ] {
        let reading = reading(&json!({call: head("00")}));
        assert_eq!((reading.statements.len(), codes(&reading)), (0, vec![(code, call)]));
    }
    // A step of a dialogue that has not registered anything yet.
    let step = reading(&json!({"patientmodres": head("000")}));
    assert_eq!(codes(&step), [("not-mapped", "patientmodres")]);
}

#[test]
fn two_people_without_a_number_never_share_a_place() {
    let person = |name: &str| json!({"WholeName": name, "BirthDate": "1950-01-01", "Sex": "1"});
    let reading = reading(
        &json!({"patientlst1res": {"Information_Date": "2026-03-10", "Api_Result": "00", "Patient_Information": [person("甲"), person("乙"), person("甲")]}}),
    );
    let keys: Vec<&PatientKey> = reading.statements.iter().map(|each: &Statement| &each.patient).collect();
    assert_eq!(keys[0], &PatientKey::Nobody);
    assert!(matches!(keys[1], PatientKey::Disputed { .. }));
    assert_eq!(keys[0], keys[2]);
}

#[test]
fn what_is_no_answer_is_refused() {
    for text in [
        "",
        "x",
        "{}",
        "{\"a\": 1}",
        "[1]",
        "<data/>",
        "<xmlio2/>",
        "<xmlio2><a>",
        "{\"patientinfores\": {\"Api_Result\": \"00\"",
    ] {
        assert_eq!(read(&input(text.as_bytes())).unwrap_err().code, "not-orca", "{text}");
    }
}
