//! The command line.

use clap::{Parser, Subcommand};
use gateway::{Listen, Watch};
use model::facility::FacilityKind;
use model::{FacilityId, SourceName};
use std::path::{Path, PathBuf};

/// 白鳥 — 地域の医療・介護情報連携 (regional health & care information exchange)
#[derive(Debug, Parser)]
#[command(name = "hakucho", version, about)]
pub struct Arguments {
    /// Configuration file instead of DIR/hakucho.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Collect a synthetic region through the normal path and show it while new deliveries arrive
    Demo(Demo),
    /// The regional hub
    #[command(subcommand)]
    Hub(Hub),
    /// The gateway inside a facility
    #[command(subcommand)]
    Gateway(Gateway),
    /// Put files of a facility into the store
    Import(Import),
    /// Write everything out as FHIR NDJSON with the original deliveries
    Export(Export),
    /// Write what a facility has entered here as LIFE files or medicine notebooks
    Write(Write),
    /// Write the whole store into one file, while the hub may be running
    Backup(Backup),
    /// Make a new data directory from a backup
    Restore(Restore),
    /// Print what a file says, without any store
    Read(Read),
    /// Read kept deliveries again with today's reading rules
    Replay(Replay),
    /// Make a synthetic region that writes real source formats
    Region(Region),
    /// Explain what is wrong with a configuration or a data directory, and how to mend it
    Check(Data),
    /// The audit log
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Debug, clap::Args)]
pub struct Data {
    /// Data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Number of residents
    #[arg(long, default_value_t = 300)]
    pub residents: usize,
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 8480)]
    pub port: u16,
    /// Data directory (kept); a temporary one if not given
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Write the logins as JSON before the address is printed
    #[arg(long, value_name = "FILE")]
    pub logins: Option<PathBuf>,
    /// Seed of the synthetic region
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Subcommand)]
pub enum Hub {
    /// Make the first operator account; prints a link that works once
    Init(Data),
    /// Run the hub and its portal
    Run {
        #[command(flatten)]
        data: Data,
        /// Address to listen on, instead of the configured one
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
    /// Print a token for the gateway of a facility (the one before stops working)
    Token {
        #[command(flatten)]
        data: Data,
        /// Facility id; registered on the way if it is unknown
        #[arg(long, value_name = "ID")]
        facility: FacilityId,
        /// Kind of the facility
        #[arg(long)]
        kind: Option<FacilityKind>,
        /// Name of the facility
        #[arg(long)]
        name: Option<String>,
    },
    /// Print a code with which a facility joins: `hakucho gateway join URL CODE` (once, 24 hours)
    Invite {
        #[command(flatten)]
        data: Data,
        /// Facility id; registered on the way if it is unknown
        #[arg(long, value_name = "ID")]
        facility: FacilityId,
        /// Kind of the facility
        #[arg(long)]
        kind: Option<FacilityKind>,
        /// Name of the facility
        #[arg(long)]
        name: Option<String>,
    },
    /// List facilities with their certificates and last signs of life
    Gateways(Data),
    /// End certificates, token and open invitation of a facility at once
    Revoke {
        #[command(flatten)]
        data: Data,
        /// Facility id
        #[arg(long, value_name = "ID")]
        facility: FacilityId,
    },
}

#[derive(Debug, Subcommand)]
pub enum Gateway {
    /// Join a hub with a code from `hakucho hub invite`: gets a certificate that renews itself
    Join {
        /// Address of the hub's TLS port, e.g. https://hub.example.jp:8443
        #[arg(value_name = "URL")]
        url: String,
        /// The code; spaces, hyphens and case do not matter
        #[arg(value_name = "CODE", required = true, num_args = 1..)]
        code: Vec<String>,
        #[command(flatten)]
        data: Data,
    },
    /// Watch folders, receive messages and documents, and send what is new to the hub
    Run {
        #[command(flatten)]
        data: Data,
        /// Address of the hub
        #[arg(long, value_name = "URL")]
        hub: Option<String>,
        /// Token from `hakucho hub token`
        #[arg(long, value_name = "T", allow_hyphen_values = true)]
        token: Option<String>,
        /// Facility id
        #[arg(long, value_name = "ID")]
        facility: Option<FacilityId>,
        /// Folder to watch
        #[arg(long, value_name = "FORMAT=PATH")]
        watch: Vec<Watch>,
        /// Receive HL7 v2 messages over MLLP at this address
        #[arg(long, value_name = "hl7[:SOURCE]=ADDR")]
        listen: Vec<Listen>,
        /// Show a page at this address on which people hand over photographs and documents
        #[arg(long, value_name = "ADDR")]
        upload: Option<String>,
    },
    /// What waits, what was refused, whether sending is stopped
    Status(Data),
    /// Stop sending until `start`, also over restarts; what comes in is kept here
    Stop(Data),
    /// Send again
    Start(Data),
    /// List what the hub refused, oldest first
    Refused(Chosen),
    /// Send what was refused once more, oldest first
    Resend(Chosen),
    /// Let go of the copies of what was refused, after somebody has looked at it
    Discard(Chosen),
    /// Read files that the hub has had once more and send them (after the hub was restored from a backup)
    Again(Chosen),
}

#[derive(Debug, clap::Args)]
pub struct Chosen {
    #[command(flatten)]
    pub data: Data,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<SourceName>,
    /// Only what was refused with this word
    #[arg(long, value_name = "WORD")]
    pub code: Option<String>,
    /// Only what was taken in at this moment or later (2026-11-29T00:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub since: Option<jiff::Timestamp>,
    /// Only count
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub struct Import {
    #[command(flatten)]
    pub data: Data,
    /// Facility the files come from; registered on the way if it is unknown
    #[arg(long, value_name = "ID")]
    pub facility: FacilityId,
    /// Kind of the facility
    #[arg(long)]
    pub kind: Option<FacilityKind>,
    /// Name of the facility
    #[arg(long)]
    pub name: Option<String>,
    /// Name of the feed
    #[arg(long, value_name = "NAME")]
    pub source: SourceName,
    /// ss-mix2, hl7, okusuri, rx-2d, resident, eligibility, fhir, cda, pdf, image, dicom, uke, orca, life, care-claim, care-plan, dental, consent; or auto
    #[arg(long)]
    pub format: String,
    /// Write a report as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Files, storage roots, or folders above them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    pub data: Data,
    /// Directory to make; it must not exist yet or be empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Write {
    #[command(flatten)]
    pub data: Data,
    /// Facility whose records they are
    #[arg(long, value_name = "ID")]
    pub facility: FacilityId,
    /// What is written
    #[arg(long)]
    pub format: WriteForm,
    /// How the text of LIFE files is encoded
    #[arg(long, default_value = "utf8-mark")]
    pub text: Text,
    /// Directory to make; it must not exist yet or be empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum WriteForm {
    /// One CSV for each LIFE form
    Life,
    /// One notebook (JAHISTC08) for each person
    Okusuri,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Text {
    /// UTF-8
    Utf8,
    /// UTF-8 with a byte order mark
    Utf8Mark,
    /// MS932
    Ms932,
}

#[derive(Debug, clap::Args)]
pub struct Backup {
    #[command(flatten)]
    pub data: Data,
    /// File to make; it must not exist yet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub data: Data,
    /// Read everything again from its new place and compare counts, digests and the audit's chains
    #[arg(long)]
    pub verify: bool,
}

#[derive(Debug, clap::Args)]
pub struct Read {
    /// ss-mix2, hl7, okusuri, rx-2d, resident, eligibility, fhir, cda, pdf, image, dicom, uke, orca, life, care-claim, care-plan, dental, consent; found by content if not given
    #[arg(long)]
    pub format: Option<String>,
    /// Files to read
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Replay {
    #[command(flatten)]
    pub data: Data,
    /// Only deliveries of this facility
    #[arg(long, value_name = "ID")]
    pub facility: Option<FacilityId>,
    /// Only count what would be read again
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub struct Region {
    /// Number of residents
    #[arg(long)]
    pub residents: usize,
    /// Seed: the same seed makes the same region
    #[arg(long)]
    pub seed: u64,
    /// Directory to make
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Last day of the courses (YYYY-MM-DD); today if not given
    #[arg(long, value_name = "DAY")]
    pub today: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check the hash chain of every bucket
    Verify(Data),
}

impl Hub {
    /// The data directory of the command.
    pub fn data(&self) -> &Path {
        match self {
            Self::Init(data)
            | Self::Gateways(data)
            | Self::Run { data, .. }
            | Self::Token { data, .. }
            | Self::Invite { data, .. }
            | Self::Revoke { data, .. } => &data.data,
        }
    }
}

impl Gateway {
    /// The data directory of the command.
    pub fn data(&self) -> &Path {
        match self {
            Self::Run { data, .. }
            | Self::Join { data, .. }
            | Self::Status(data)
            | Self::Stop(data)
            | Self::Start(data) => &data.data,
            Self::Refused(chosen) | Self::Resend(chosen) | Self::Discard(chosen) | Self::Again(chosen) => {
                &chosen.data.data
            }
        }
    }
}

impl Audit {
    /// The data directory of the command.
    pub fn data(&self) -> &Path {
        let Self::Verify(data) = self;
        &data.data
    }
}
