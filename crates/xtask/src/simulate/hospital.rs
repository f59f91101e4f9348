//! A hospital's SS-MIX2 storage on a real disk, which goes on whatever happens to gateway and hub: orders are written,
//! corrected (the old file renamed to flag 2), deleted (every file renamed to 0) and issued again, some half first.

use rand::Rng;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Patients of one hospital: few, so that each has a course.
const PATIENTS: u32 = 4;

/// The storage of one hospital.
pub struct Hospital {
    root: PathBuf,
    /// Second of the next file, from the beginning of its day.
    second: u32,
    next_order: u32,
    /// Files of each order: patient, and names by flag 1 or 2.
    orders: BTreeMap<u32, (u32, Vec<PathBuf>)>,
    /// What is only half written: the place and the rest.
    half: Vec<(PathBuf, Vec<u8>)>,
    /// Files ever made under a name of their own.
    pub made: u64,
}

impl Hospital {
    pub fn new(root: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&root)?;
        Ok(Self { root, second: 0, next_order: 1, orders: BTreeMap::new(), half: Vec::new(), made: 0 })
    }

    /// Something happens.
    pub fn act(&mut self, random: &mut StdRng) -> std::io::Result<()> {
        for (place, rest) in std::mem::take(&mut self.half) {
            append(&place, &rest)?;
        }
        let known: Vec<u32> = self.orders.keys().copied().collect();
        let some = known.get(random.random_range(0..known.len().max(1))).copied();
        match (random.random_range(0..10), some) {
            (0..5, _) | (_, None) => {
                let (order, patient) = (self.next_order, random.random_range(0..PATIENTS));
                self.next_order += 1;
                self.write(order, patient, '1', random)
            }
            (5..8, Some(order)) => self.correct(order, random),
            (8, Some(order)) => self.delete(order, random),
            (_, Some(_)) => self.junk(random),
        }
    }

    /// Whatever was begun is finished.
    pub fn finish(&mut self) -> std::io::Result<()> {
        std::mem::take(&mut self.half).iter().try_for_each(|(place, rest)| append(place, rest))
    }

    fn write(&mut self, order: u32, patient: u32, flag: char, random: &mut StdRng) -> std::io::Result<()> {
        self.second += random.random_range(1..30);
        let (path, bytes) = message(patient, order, self.second, random.random_range(20..80), flag);
        let place = self.root.join(path);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        if random.random_bool(0.2) {
            let (first, rest) = bytes.split_at(bytes.len() / 2);
            std::fs::write(&place, first)?;
            self.half.push((place.clone(), rest.to_vec()));
        } else {
            std::fs::write(&place, &bytes)?;
        }
        self.made += 1;
        let (_, files) = self.orders.entry(order).or_insert_with(|| (patient, Vec::new()));
        if flag != '0' {
            files.push(place);
        }
        Ok(())
    }

    fn correct(&mut self, order: u32, random: &mut StdRng) -> std::io::Result<()> {
        let Some((patient, files)) = self.orders.get_mut(&order) else { return Ok(()) };
        let patient = *patient;
        for file in files.iter_mut() {
            self.made += u64::from(rename(file, '2')?);
        }
        self.write(order, patient, '1', random)
    }

    fn delete(&mut self, order: u32, random: &mut StdRng) -> std::io::Result<()> {
        let Some((patient, files)) = self.orders.get_mut(&order) else { return Ok(()) };
        let patient = *patient;
        for mut file in std::mem::take(files) {
            self.made += u64::from(rename(&mut file, '0')?);
        }
        self.write(order, patient, '0', random)
    }

    /// Two bytes under a proper name: refused by name, and nothing behind it waits.
    fn junk(&mut self, random: &mut StdRng) -> std::io::Result<()> {
        self.second += random.random_range(1..30);
        let (path, _) = message(random.random_range(0..PATIENTS), 90_000 + self.second, self.second, 0, '1');
        let place = self.root.join(path);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        self.made += 1;
        std::fs::write(place, [0xfb, 0xfc])
    }
}

/// Gives the file another flag, as the storage does; false if it has it.
fn rename(file: &mut PathBuf, flag: char) -> std::io::Result<bool> {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return Ok(false) };
    let Some((stem, old)) = name.rsplit_once('_') else { return Ok(false) };
    if old == flag.to_string() {
        return Ok(false);
    }
    let new = file.with_file_name(format!("{stem}_{flag}"));
    std::fs::rename(&*file, &new)?;
    *file = new;
    Ok(true)
}

fn append(place: &Path, rest: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    // It may have been renamed half written: then it goes on under its new name.
    let name = place.to_string_lossy();
    let stem = name.rsplit_once('_').map_or("", |(stem, _)| stem);
    let there =
        ["1", "2", "0"].iter().map(|flag| PathBuf::from(format!("{stem}_{flag}"))).find(|path| path.exists());
    match there {
        Some(path) => std::fs::File::options().append(true).open(path)?.write_all(rest),
        None => Ok(()),
    }
}

/// A laboratory result (OML-11) with one value.
fn message(patient: u32, order: u32, second: u32, value: u32, flag: char) -> (String, Vec<u8>) {
    let id = format!("{:010}", 4_100_000 + patient);
    let (day, clock) =
        ("20261124", format!("{:02}{:02}{:02}", 8 + second / 3600, second / 60 % 60, second % 60));
    let time = format!("{day}{clock}");
    let text = format!(
        "MSH|^~\\&|HIS|SEND|GW|RCV|{time}.000||OUL^R22^OUL_R22|{second:015}|P|2.5||||||~ISO IR87||ISO 2022-1994|SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO\r\
         PID|0001||{id}^^^^PI||SAKURA^P{patient}^^^^^L^A||195{patient}0102|F\r\
         SPM|1|{order:012}||023^serum^JC10|||||||||||||{time}\r\
         OBR|1|{order:015}|{order:012}|E001^chemistry^99O03|||{day}\r\
         ORC|SC|{order:015}|{order:012}||CM||||{time}\r\
         OBX|1|NM|3H015000002326101^K^JC10|1|{}.{}|mmol/L^mmol/L^99XYZ|3.6-4.8||||F|||{time}\r\u{1c}",
        value / 10,
        value % 10,
    );
    let (first, second) = (id.get(..3).unwrap_or_default(), id.get(3..6).unwrap_or_default());
    let name = format!("{id}_{day}_OML-11_{order:015}_{time}000_01_{flag}");
    (format!("{first}/{second}/{id}/{day}/OML-11/{name}"), text.into_bytes())
}
