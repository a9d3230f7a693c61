//! The config in force, shared by threads that read it and threads that reload it.
//!
//! # Purpose
//!
//! Readers never wait: a snapshot is an atomic load, and does not change while it is held. A reload parses
//! and checks first and swaps last, so no reader sees half a config. An invalid file keeps its last valid
//! values.
//!
//! # Concurrency
//!
//! Readers and writers share one pointer. [`LiveConfig::snapshot`] increments a reference count.
//! [`LiveConfig::reader`] caches the latest snapshot and costs a load and a comparison; use it in loops.
//! Reloads are serialised, so the one that read the files last is in force. Observers are called in that
//! order, on the reloading thread. In the child of a fork during a reload, the lock is never released, so
//! waiting for it is limited to one second.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Cache};

use super::{Config, load};
use crate::system::env::Env;

/// A config that can be replaced while others read it.
pub struct LiveConfig {
    current: Arc<ArcSwap<Config>>,
    env: Env,
    root: Option<PathBuf>,
    /// The observers. The lock also serialises reloads.
    observers: Mutex<Vec<Observer>>,
}

/// How long a reload waits for others.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it retries the lock.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Called with each new config.
pub(crate) type Observer = Box<dyn Fn(&Arc<Config>) + Send>;

impl LiveConfig {
    /// Starts with `config`; reloads use `env` and the project at `root`.
    pub fn new(config: Config, env: Env, root: Option<&Path>) -> Self {
        Self {
            current: Arc::new(ArcSwap::from_pointee(config)),
            env,
            root: root.map(Path::to_owned),
            observers: Mutex::default(),
        }
    }

    /// Loads the config for `env` and the project at `root`.
    pub fn load(env: Env, root: Option<&Path>) -> Self {
        Self::new(load::load(&env, root), env, root)
    }

    /// The config in force now. It does not change while it is held.
    pub fn snapshot(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// A cached reader for one thread.
    pub fn reader(&self) -> ConfigReader {
        ConfigReader(Cache::new(self.current.clone()))
    }

    /// Loads the files again and publishes the result to all later snapshots. Returns the new config, with
    /// its problems in [`Config::issues`].
    ///
    /// For a file that cannot be parsed, its last valid version stays in effect.
    pub fn reload(&self) -> Arc<Config> {
        let observers = self.observers();
        let before = self.snapshot();
        let said = |path: &Path| before.said(path);
        let root = self.root.as_deref();
        let config = Arc::new(load::load_remembering(&self.env, root, said));
        self.current.store(config.clone());
        for observer in observers.iter().flat_map(|observers| observers.iter()) {
            observer(&config);
        }
        config
    }

    /// Waits for reloads on other threads; gives up after a second, because after a fork the lock may never
    /// be released.
    fn observers(&self) -> Option<MutexGuard<'_, Vec<Observer>>> {
        let asked = Instant::now();
        loop {
            match self.observers.try_lock() {
                Ok(observers) => return Some(observers),
                // A panic in an observer leaves the list valid.
                Err(TryLockError::Poisoned(error)) => return Some(error.into_inner()),
                Err(TryLockError::WouldBlock) if asked.elapsed() > PATIENCE => return None,
                Err(TryLockError::WouldBlock) => thread::sleep(POLL_INTERVAL),
            }
        }
    }

    /// Calls `observer` with each config from later reloads. It must not reload.
    pub fn observe(&self, observer: Observer) {
        if let Some(mut observers) = self.observers() {
            observers.push(observer);
        }
    }

    /// The files that a reload reads; some may not exist.
    pub fn files(&self) -> Vec<PathBuf> {
        load::files(&self.env, self.root.as_deref())
    }
}

impl fmt::Debug for LiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveConfig").field(&self.snapshot()).finish()
    }
}

/// A cached reader for one thread: reads the config in about a nanosecond.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let options = herald_audio::Options::new().config(dir.path().join("herald.json"));
/// # let manager = herald_audio::AudioManager::open(options)?;
/// let mut reader = manager.config_reader();
/// for event in ["Stop", "Notification"] {
///     println!("{event}: {}", reader.get().is_enabled(event));
/// }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConfigReader(Cache<Arc<ArcSwap<Config>>, Arc<Config>>);

impl ConfigReader {
    /// The config in force now.
    pub fn get(&mut self) -> &Arc<Config> {
        self.0.load()
    }
}

#[cfg(test)]
mod tests;
