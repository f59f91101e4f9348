//! Where a test's store lives.

use model::clock::{Clock, SharedClock};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use store::testing::Cluster;
use store::{Store, StoreConfig};

/// A store of its own for one test.
pub struct Place {
    pub store: Store,
    pub config: StoreConfig,
    pub clock: SharedClock,
    /// Name of the PostgreSQL database, if it is one.
    pub database: Option<String>,
    /// Removed with the place.
    _directory: tempfile::TempDir,
}

/// A clock that goes on by a second each time it is asked.
pub struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_795_000_000 + self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }
}

pub fn ticking() -> SharedClock {
    Arc::new(Ticking(AtomicI64::new(0)))
}

static SKIPPED: AtomicU32 = AtomicU32::new(0);
static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static TEMPLATE: tokio::sync::OnceCell<&str> = tokio::sync::OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The cluster all tests of this run share.
pub fn cluster() -> Option<&'static Cluster> {
    let cluster = CLUSTER.get_or_init(|| {
        Cluster::start(&["fsync=off", "full_page_writes=off", "shared_buffers=64MB"]).expect("a cluster")
    });
    if cluster.is_none() {
        let skipped = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
        println!("skipped without PostgreSQL: {skipped} so far");
    }
    cluster.as_ref()
}

impl Place {
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("白鳥 1.db");
        Self::open(format!("sqlite://{}", file.display()), None, directory).await
    }

    pub async fn postgres() -> Option<Self> {
        let cluster = tokio::task::spawn_blocking(cluster).await.unwrap()?;
        let template = TEMPLATE.get_or_init(|| async {
            let address = cluster.database("migrated", None).unwrap();
            let directory = tempfile::tempdir().unwrap();
            Self::open(address, None, directory).await.store.close().await;
            "migrated"
        });
        let template = template.await;
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let address = cluster.database(&name, Some(template)).unwrap();
        Some(Self::open(address, Some(name), tempfile::tempdir().unwrap()).await)
    }

    async fn open(database: String, name: Option<String>, directory: tempfile::TempDir) -> Self {
        let config = StoreConfig { database, blobs: directory.path().join("blobs") };
        let clock = ticking();
        let store = Store::open(&config, Arc::clone(&clock)).await.unwrap();
        Self { store, config, clock, database: name, _directory: directory }
    }

    /// Another handle, as another process would have it.
    pub async fn again(&self) -> Store {
        Store::open(&self.config, Arc::clone(&self.clock)).await.unwrap()
    }
}

/// Runs each test on both engines.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::place::Place::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(place) = crate::place::Place::postgres().await {
                    super::$name(place).await;
                }
            })+
        }
    };
}
