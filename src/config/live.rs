//! The config in force, shared by threads that read it and threads that replace it.
//!
//! # Purpose
//!
//! Readers never wait: a snapshot is an atomic load, and stays whole however long it is held. A
//! reload reads and checks first and swaps last, so nobody sees half a config; a file that cannot
//! be understood leaves what it said before in force.
//!
//! # Concurrency
//!
//! Readers and writers meet in one pointer. [`LiveConfig::snapshot`] counts its holder;
//! [`LiveConfig::reader`] keeps a snapshot for as long as it is the latest, and costs a load and a
//! comparison: what a loop should use. Reloads wait for each other, so that the one that read the
//! files last is the one that is in force; observers are told in that order, on the thread that
//! reloads. In a child of a fork that happened amid a reload, that one never ends: so nobody waits for
//! longer than a second.

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
    /// Who is told of reloads, and what keeps them apart.
    observers: Mutex<Vec<Observer>>,
}

/// How long a reload waits for others.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it looks whether they are done.
const LOOK: Duration = Duration::from_millis(1);

/// Told of each new config.
pub type Observer = Box<dyn Fn(&Arc<Config>) + Send>;

impl LiveConfig {
    /// Puts `config` in force, which reloads load anew for `env` and the project at `root`.
    pub fn new(config: Config, env: Env, root: Option<&Path>) -> Self {
        Self {
            current: Arc::new(ArcSwap::from_pointee(config)),
            env,
            root: root.map(Path::to_owned),
            observers: Mutex::default(),
        }
    }

    /// Loads the config for `env` and the project at `root`, and puts it in force.
    pub fn load(env: Env, root: Option<&Path>) -> Self {
        Self::new(load::load(&env, root), env, root)
    }

    /// The config in force now. It does not change under its holder.
    pub fn snapshot(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// A way for one thread to look at the config in force again and again.
    pub fn reader(&self) -> ConfigReader {
        ConfigReader(Cache::new(self.current.clone()))
    }

    /// Loads the files anew and puts what they say in force, for every snapshot from now on.
    /// Returns the new config; what is wrong with it is in its [`Config::issues`].
    ///
    /// A file that cannot be understood counts as what it said before.
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

    /// Waits for reloads of other threads, unless they take too long to be of this process.
    fn observers(&self) -> Option<MutexGuard<'_, Vec<Observer>>> {
        let asked = Instant::now();
        loop {
            match self.observers.try_lock() {
                Ok(observers) => return Some(observers),
                // An observer that panicked has not harmed the list.
                Err(TryLockError::Poisoned(error)) => return Some(error.into_inner()),
                Err(TryLockError::WouldBlock) if asked.elapsed() > PATIENCE => return None,
                Err(TryLockError::WouldBlock) => thread::sleep(LOOK),
            }
        }
    }

    /// Calls `observer` with each config that a reload puts in force from now on. It must not
    /// reload.
    pub fn observe(&self, observer: Observer) {
        if let Some(mut observers) = self.observers() {
            observers.push(observer);
        }
    }

    /// The files that a reload reads, whether or not they are there.
    pub fn files(&self) -> Vec<PathBuf> {
        load::files(&self.env, self.root.as_deref())
    }
}

impl fmt::Debug for LiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveConfig").field(&self.snapshot()).finish()
    }
}

/// One thread's way to the config in force: see [`LiveConfig::reader`].
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
