//! Ways to share a config with threads that read it while another replaces it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use herald_audio::internals::config::{Config, LiveConfig, load};
use herald_audio::internals::system::env::Env;

/// The source of a config: one file, for a project.
pub(crate) struct Origin {
    pub(crate) env: Env,
    pub(crate) root: PathBuf,
}

impl Origin {
    fn load(&self) -> Config {
        load(&self.env, Some(&self.root))
    }

    fn live(&self) -> LiveConfig {
        LiveConfig::load(self.env.clone(), Some(&self.root))
    }
}

/// A holder of a config.
pub(crate) trait Contestant: Sync {
    /// The name in tables.
    const NAME: &'static str;

    /// Loads the config of `origin`.
    fn new(origin: Origin) -> Self;

    /// A reader for one thread: each call needs one value of the config in force.
    fn reader(&self) -> impl FnMut() -> usize;

    /// Loads the config again and publishes it.
    fn reload(&self);
}

/// The value of a read: the length of the sounds directory's path.
#[inline]
fn value(config: &Config) -> usize {
    config.base_path().map_or(0, |dir| dir.as_os_str().len())
}

/// A separate reader for each thread.
pub(crate) struct HeraldReader(LiveConfig);

impl Contestant for HeraldReader {
    const NAME: &'static str = "Herald, a reader";

    fn new(origin: Origin) -> Self {
        Self(origin.live())
    }

    fn reader(&self) -> impl FnMut() -> usize {
        let mut reader = self.0.reader();
        move || value(reader.get())
    }

    fn reload(&self) {
        self.0.reload();
    }
}

/// A snapshot for each read.
pub(crate) struct HeraldSnapshot(LiveConfig);

impl Contestant for HeraldSnapshot {
    const NAME: &'static str = "Herald, snapshots";

    fn new(origin: Origin) -> Self {
        Self(origin.live())
    }

    fn reader(&self) -> impl FnMut() -> usize {
        || value(&self.0.snapshot())
    }

    fn reload(&self) {
        self.0.reload();
    }
}

/// A reader lock, held while incrementing the reference count.
pub(crate) struct RwLockCounted(RwLock<Arc<Config>>, Origin);

impl Contestant for RwLockCounted {
    const NAME: &'static str = "RwLock<Arc>, cloned";

    fn new(origin: Origin) -> Self {
        Self(RwLock::new(Arc::new(origin.load())), origin)
    }

    fn reader(&self) -> impl FnMut() -> usize {
        || {
            let config = self.0.read().unwrap().clone();
            value(&config)
        }
    }

    fn reload(&self) {
        let config = Arc::new(self.1.load());
        *self.0.write().unwrap() = config;
    }
}

/// The same lock, held while the config is used.
pub(crate) struct RwLockHeld(RwLockCounted);

impl Contestant for RwLockHeld {
    const NAME: &'static str = "RwLock<Arc>, held";

    fn new(origin: Origin) -> Self {
        Self(RwLockCounted::new(origin))
    }

    fn reader(&self) -> impl FnMut() -> usize {
        || value(&self.0.0.read().unwrap())
    }

    fn reload(&self) {
        self.0.reload();
    }
}

/// A mutex, held while incrementing the reference count.
pub(crate) struct MutexCounted(Mutex<Arc<Config>>, Origin);

impl Contestant for MutexCounted {
    const NAME: &'static str = "Mutex<Arc>, cloned";

    fn new(origin: Origin) -> Self {
        Self(Mutex::new(Arc::new(origin.load())), origin)
    }

    fn reader(&self) -> impl FnMut() -> usize {
        || {
            let config = self.0.lock().unwrap().clone();
            value(&config)
        }
    }

    fn reload(&self) {
        let config = Arc::new(self.1.load());
        *self.0.lock().unwrap() = config;
    }
}

/// The original's method: one lock around the config, and a copy of the value.
pub(crate) struct MutexOriginal(Mutex<Config>, Origin);

impl Contestant for MutexOriginal {
    const NAME: &'static str = "Mutex<Config>, value copied";

    fn new(origin: Origin) -> Self {
        Self(Mutex::new(origin.load()), origin)
    }

    fn reader(&self) -> impl FnMut() -> usize {
        || {
            let dir = self.0.lock().unwrap().base_path().map(PathBuf::from);
            dir.map_or(0, |dir| dir.as_os_str().len())
        }
    }

    fn reload(&self) {
        let config = self.1.load();
        *self.0.lock().unwrap() = config;
    }
}
