//! Where a document stands in the SS-MIX2 extended storage (構成の説明と構築ガイドライン 4–6), and what that says.
//!
//! `<ID 1-3>/<ID 4-6>/<patient>/<day>/<type>/<patient>_…_<flag>/<file>`: the folder of the content names the patient
//! and ends in the condition flag. Anything else says nothing.

use model::reading::Effect;

/// What the place says.
pub(super) struct Place<'p> {
    pub patient: &'p str,
    pub effect: Effect,
    /// The content without its flag: what stays the same when it is corrected or deleted.
    pub content: &'p str,
}

/// Reads a path.
pub(super) fn parse(path: &str) -> Option<Place<'_>> {
    let parts: Vec<&str> = path.split('/').collect();
    parts.windows(7).rev().find_map(|window| {
        let [first, second, patient, _, _, content, _] = window else { return None };
        let digits: String = patient.chars().take(3).collect();
        let next: String = patient.chars().skip(3).take(3).collect();
        let (content, flag) = content.rsplit_once('_')?;
        let owner = content.split('_').next()?;
        let effect = match flag {
            "1" => Effect::Stated,
            "2" => Effect::Superseded,
            "0" => Effect::Deleted,
            _ => return None,
        };
        let fits = owner == *patient && *first == digits && *second == next && !patient.is_empty();
        fits.then_some(Place { patient, effect, content })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_says_whose_and_whether_it_holds() {
        let path = "root/001/234/0012345/20260401/L1^要約^99Z^18842-5^退院時サマリー^LN/0012345_20260401_L1_1_20260401101500_01_1/main.xml";
        let place = parse(path).unwrap();
        assert_eq!((place.patient, place.effect), ("0012345", Effect::Stated));
        assert_eq!(parse(&path.replace("_01_1/", "_01_0/")).unwrap().effect, Effect::Deleted);
        for other in
            ["main.xml", "a/b/c/d/e/f/g", &path.replace("/234/", "/235/"), &path.replace("_01_1/", "_01/")]
        {
            assert!(parse(other).is_none(), "{other}");
        }
    }
}
