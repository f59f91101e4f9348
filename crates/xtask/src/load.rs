//! Load for a running hub: synthetic SS-MIX2 laboratory files, sent as a gateway sends them.

use anyhow::{Context, bail};
use model::reading::Format;
use model::{DeliveryId, FacilityId, Personal, SourceName};
use protocol::{Answers, Batch, DeliveryHead, Framed, Opening, Outcome};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Name of the feed.
pub const SOURCE: &str = "ss-mix2";

/// One file of an SS-MIX2 storage.
pub struct File {
    /// Path below the storage's root.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl File {
    /// Lower-case hex SHA-256.
    pub fn sha256(&self) -> String {
        Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Which file of the load; the same one always has the same path and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Number of the patient.
    pub patient: u32,
    /// Number of the order, the file's own.
    pub number: u64,
    /// How many results.
    pub results: usize,
}

impl Order {
    /// The file.
    pub fn file(self) -> File {
        laboratory(self.patient, self.number, self.results)
    }
}

const FAMILIES: &[(&str, &str)] = &[
    ("佐倉", "サクラ"),
    ("有珠", "ウス"),
    ("大滝", "オオタキ"),
    ("南黒", "ミナミグロ"),
    ("舟岡", "フナオカ"),
    ("乾", "イヌイ"),
    ("長和", "ナガワ"),
    ("稀府", "マレップ"),
    ("関内", "セキナイ"),
    ("喜門", "キモン"),
    ("幌萌", "ホロモエ"),
];
const GIVEN: &[(&str, &str)] = &[
    ("花子", "ハナコ"),
    ("ミツ", "ミツ"),
    ("恵", "メグミ"),
    ("さゆり", "サユリ"),
    ("千代", "チヨ"),
    ("弘美", "ヒロミ"),
    ("トメ", "トメ"),
    ("和歌", "ワカ"),
    ("静江", "シズエ"),
    ("良枝", "ヨシエ"),
    ("文", "フミ"),
    ("久仁子", "クニコ"),
    ("由紀", "ユキ"),
];

fn nth(names: &[(&'static str, &'static str)], number: u32) -> (&'static str, &'static str) {
    names.get(number as usize % names.len()).copied().unwrap_or_default()
}

/// A laboratory result file (OML-11) of `results` results for patient number `patient`, order `order`.
pub fn laboratory(patient: u32, order: u64, results: usize) -> File {
    const ITEMS: &[(&str, &str, &str, f64, &str)] = &[
        ("3H015000002326101", "カリウム", "mmol/L", 4.1, "3.6-4.8"),
        ("3H010000002326101", "ナトリウム", "mmol/L", 140.0, "138-145"),
        ("3C015000002327101", "クレアチニン", "mg/dL", 0.9, "0.46-0.79"),
        ("3C025000002327101", "尿素窒素", "mg/dL", 16.0, "8-20"),
        ("2A990000001930952", "ヘモグロビン", "g/dL", 12.4, "11.6-14.8"),
        ("3B035000002327201", "AST", "U/L", 24.0, "13-30"),
        ("3B045000002327201", "ALT", "U/L", 20.0, "7-23"),
        ("5C070000002306201", "CRP", "mg/dL", 0.1, "0-0.14"),
    ];
    let (family, family_kana) = nth(FAMILIES, patient);
    let (given, given_kana) = nth(GIVEN, patient / FAMILIES.len() as u32);
    // Nobody is born on the day of anybody else of the same name, so that linking has the work it has in a region.
    let (year, month, birth) = (1925 + patient * 7 % 80, patient / 80 % 12 + 1, patient / 960 % 28 + 1);
    let day = format!("2026{:02}{:02}", order / 28 % 12 + 1, order % 28 + 1);
    let id = format!("{patient:010}");
    let time = format!("{day}{:02}{:02}00", order % 24, order % 60);
    let mut text = format!(
        "MSH|^~\\&|HIS|SEND|GW|RCV|{time}.000||OUL^R22^OUL_R22|{order:015}|P|2.5||||||~ISO IR87||ISO 2022-1994|SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO\r\
         PID|0001||{id}^^^^PI||{family}^{given}^^^^^L^I~{family_kana}^{given_kana}^^^^^L^P||{year}{month:02}{birth:02}|F\r\
         PV1|0001|O|01^^^^^C\r\
         SPM|1|{order:012}||023^血清^JC10|||||||||||||{time}\r\
         OBR|1|{order:015}|{order:012}|E001^生化学検査^99O03|||{day}\r\
         ORC|SC|{order:015}|{order:012}||CM||||{time}\r",
    );
    for index in 0..results {
        let (code, name, unit, middle, range) = ITEMS.get(index % ITEMS.len()).copied().unwrap_or_default();
        let sub = index / ITEMS.len();
        let value = middle * (0.8 + (order.wrapping_mul(31).wrapping_add(index as u64) % 40) as f64 / 100.0);
        text.push_str(&format!(
            "OBX|{}|NM|{code}^{name}^JC10|{}|{value:.2}|{unit}^{unit}^99XYZ|{range}||||F|||{time}\r",
            index + 1,
            sub + 1,
        ));
    }
    text.push('\u{1c}');
    let (first, second) = (id.get(..3).unwrap_or_default(), id.get(3..6).unwrap_or_default());
    let name = format!("{id}_{day}_OML-11_{order:015}_{time}000_01_1");
    File { path: format!("{first}/{second}/{id}/{day}/OML-11/{name}"), bytes: text.into_bytes() }
}

/// A gateway of our own: one connection, one request after the other.
pub struct Sender {
    stream: TcpStream,
    token: String,
    facility: FacilityId,
    sequence: u64,
}

impl Sender {
    /// Connects to a hub.
    pub fn connect(address: SocketAddr, facility: &FacilityId, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), facility: facility.clone(), sequence: 0 })
    }

    /// Sends the files; gives for each what the hub says became of it.
    pub fn send(&mut self, files: &[File]) -> anyhow::Result<Vec<Outcome>> {
        let source = SourceName::new(SOURCE)?;
        let mut deliveries = Vec::with_capacity(files.len());
        for file in files {
            self.sequence += 1;
            let sha256 = file.sha256();
            let head = DeliveryHead {
                source: source.clone(),
                format: Format::SsMix2.word().to_owned(),
                path: Personal::new(file.path.clone()),
                sequence: self.sequence,
                source_time: String::new(),
                key: DeliveryId::derive(&self.facility, &source, &file.path, &sha256),
                sha256,
                length: file.bytes.len() as u64,
            };
            deliveries.push(Framed { head, bytes: &file.bytes });
        }
        let opening = Opening::new(self.facility.clone(), "load", "xtask", files.len());
        let body = Batch { opening, deliveries }.encode();
        let (status, answer) = self.post(protocol::DELIVERIES_PATH, &body)?;
        match status {
            200 => {}
            // Nothing was taken: as if each had been answered so.
            503 => return Ok(vec![Outcome::RetryLater { seconds: 1 }; files.len()]),
            _ => bail!("the hub answered {status}: {}", String::from_utf8_lossy(&answer)),
        }
        let answers = Answers::decode(&answer)?;
        if answers.answers.len() != files.len() {
            bail!("{} answers to {} deliveries", answers.answers.len(), files.len());
        }
        Ok(answers.answers.into_iter().map(|each| each.outcome).collect())
    }

    fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            self.token,
            protocol::CONTENT_TYPE,
            body.len()
        );
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(body)?;
        let (mut got, mut piece) = (Vec::new(), [0; 16_384]);
        loop {
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                bail!("the hub closed the connection");
            }
            got.extend_from_slice(piece.get(..read).unwrap_or_default());
            if let Some(answer) = whole(&got)? {
                return Ok(answer);
            }
        }
    }
}

/// Status and body of a whole HTTP answer, once it is all there.
fn whole(got: &[u8]) -> anyhow::Result<Option<(u16, Vec<u8>)>> {
    let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(got.get(..end).unwrap_or_default()).to_lowercase();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|text| text.trim().parse().ok())
        .context("an answer without content-length")?;
    let Some(body) = got.get(end + 4..end + 4 + length) else { return Ok(None) };
    let status = head.split_whitespace().nth(1).and_then(|text| text.parse().ok()).context("no status")?;
    Ok(Some((status, body.to_vec())))
}

/// What was sent to a hub and what became of it; shared by the threads that send.
#[derive(Default)]
pub struct Load {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    /// Sent without an answer, or answered with "later".
    waiting: VecDeque<Order>,
    acknowledged: Vec<Order>,
}

impl Load {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `count` files, those that wait before new ones (whose number is set here).
    pub fn send(
        &self,
        sender: &mut Sender,
        count: usize,
        mut fresh: impl FnMut() -> Order,
    ) -> anyhow::Result<Vec<Outcome>> {
        let mut orders = self.take(count);
        let mut inner = self.lock();
        while orders.len() < count {
            inner.last += 1;
            orders.push(Order { number: inner.last, ..fresh() });
        }
        drop(inner);
        self.post(sender, orders)
    }

    /// Sends up to `count` files of those that wait.
    pub fn send_waiting(&self, sender: &mut Sender, count: usize) -> anyhow::Result<Vec<Outcome>> {
        let orders = self.take(count);
        self.post(sender, orders)
    }

    /// Adds files that somebody else brought to the hub.
    pub fn note(&self, orders: &[Order]) {
        self.lock().acknowledged.extend(orders);
    }

    /// Everything a hub said it has, in the order of the answers.
    pub fn acknowledged(&self) -> Vec<Order> {
        self.lock().acknowledged.clone()
    }

    /// How many files wait to be sent again.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Forgets the files that wait.
    pub fn forget_waiting(&self) {
        self.lock().waiting.clear();
    }

    fn take(&self, count: usize) -> Vec<Order> {
        let mut inner = self.lock();
        let count = count.min(inner.waiting.len());
        inner.waiting.drain(..count).collect()
    }

    fn post(&self, sender: &mut Sender, orders: Vec<Order>) -> anyhow::Result<Vec<Outcome>> {
        let files: Vec<File> = orders.iter().map(|order| order.file()).collect();
        let answer = sender.send(&files);
        let mut inner = self.lock();
        match answer {
            Ok(outcomes) => {
                for (order, outcome) in orders.into_iter().zip(&outcomes) {
                    match outcome {
                        Outcome::Kept | Outcome::Known => inner.acknowledged.push(order),
                        _ => inner.waiting.push_back(order),
                    }
                }
                Ok(outcomes)
            }
            Err(error) => {
                inner.waiting.extend(orders);
                Err(error)
            }
        }
    }
}
