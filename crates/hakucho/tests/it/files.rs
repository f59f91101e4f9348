//! Files as facilities write them; every person is invented.

/// A laboratory result of a storage: its path below the root and its bytes. `flag` is the condition flag.
pub fn laboratory(patient: &str, order: u32, time: &str, value: &str, flag: char) -> (String, String) {
    let day = &time[..8];
    let name = format!("{patient}_{day}_OML-11_{order:015}_{time}_01_{flag}");
    let path = format!("{}/{}/{patient}/{day}/OML-11/{name}", &patient[..3], &patient[3..6]);
    let stamp = &time[..14];
    let segments = [
        format!(
            "MSH|^~\\&|HIS|SEND|GW|RCV|{stamp}||OUL^R22^OUL_R22|{time}{order:02}|P|2.5||||||UNICODE UTF-8"
        ),
        format!("PID|0001||{patient}^^^^PI||佐倉^花子^^^^^L^I~サクラ^ハナコ^^^^^L^P||19400505|F"),
        "SPM|1|000000100000141||022^血漿^JC10|||||||||||||202603101141".to_owned(),
        format!("OBR|1|{order:015}||E002^検体検査^99EXM|||{stamp}|||||||||||||||{stamp}|||F"),
        format!("ORC|SC|{order:015}|||CM||||{stamp}"),
        format!(
            "OBX|1|NM|3H015000002326101^カリウム^JC10||{value}|mmol/L^mmol/L^99UNT|3.6-4.8||||F|||{stamp}"
        ),
    ];
    (path, segments.join("\r") + "\r")
}

/// One resident of a register.
pub fn register(number: &str, address: &str, updated: &str) -> String {
    format!(
        "宛名番号,氏名,氏名カナ,生年月日,性別,住所,支援措置,更新日時\r\n\
         {number},佐倉 花子,サクラ ハナコ,S150505,女,{address},0,{updated}\r\n"
    )
}

/// A medicine notebook with one dispensing.
pub fn notebook(drug: &str) -> String {
    format!(
        "JAHISTC08,1\r\n1,佐倉 花子,2,S150505,0520000,伊達市架空町1-2-3,0142000000,,,,,サクラ ハナコ\r\n\
         5,20260310,1\r\n11,みずうみ薬局,01,4,1234567,0520000,伊達市架空町4,0142000001,1\r\n\
         51,架空病院,01,1,7654321,1\r\n55,高橋 亮,内科,1\r\n\
         201,1,{drug},1,錠,2,620000000,1\r\n301,1,分1 朝食後服用,14,日分,1,1,,1\r\n"
    )
}

/// A collection Bundle: a Patient with the facility's number and one reading of hers.
pub fn bundle(patient: &str, value: u32) -> String {
    let text = serde_json::json!({
        "resourceType": "Bundle", "type": "collection", "id": "b1", "timestamp": "2026-03-10T09:00:00+09:00",
        "entry": [
            {"fullUrl": "urn:uuid:0fbed6c5-09f5-4f2d-b074-54df3cfd4d5c", "resource": {
                "resourceType": "Patient", "id": "p1",
                "identifier": [{"system": "urn:oid:1.2.392.100495.20.3.51.10123456789", "value": patient}],
                "name": [{"text": "佐倉 花子"}], "gender": "female", "birthDate": "1940-05-05"}},
            {"fullUrl": "urn:uuid:1fbed6c5-09f5-4f2d-b074-54df3cfd4d5c", "resource": {
                "resourceType": "Observation", "id": "o1", "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
                "subject": {"reference": "urn:uuid:0fbed6c5-09f5-4f2d-b074-54df3cfd4d5c"},
                "effectiveDateTime": "2026-03-10T09:00:00+09:00",
                "valueQuantity": {"value": value, "unit": "/min"},
                "extension": [{"url": "urn:example:unknown", "valueString": "残る"}]}}
        ]
    });
    text.to_string()
}

/// A consent and a relationship.
pub fn consents(patient: &str) -> String {
    format!(
        "local_id,entry,facilities,reason,from,until\n{patient},permit,,,2026-04-01,\n\
         {patient},relationship,VN02,care-contract,2026-04-10,2027-03-31\n"
    )
}
