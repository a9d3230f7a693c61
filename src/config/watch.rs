//! Watches the config files, for long-running programs.
//!
//! # Method
//!
//! It watches directories, not files, because an editor that saves by renaming creates a new file. For a
//! link, both ends are watched. For a missing directory, the nearest existing parent is watched. Changes
//! within [`SETTLE`] count as one, so a file is read when it is complete.
//!
//! # Limits
//!
//! Changes go unnoticed if the system has no more watches, and on some network file systems. Reload
//! explicitly there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::error::{Error, ErrorKind, Result};

/// How long to wait after a change for further ones, and the limit for all of them.
const SETTLE: Duration = Duration::from_millis(50);
const SETTLE_LIMIT: Duration = Duration::from_secs(1);
/// How often to repeat an update while directories appear and disappear.
const MAX_UPDATES: usize = 8;

/// Watches files until it is dropped: see [`AudioManager::watch_config`](crate::AudioManager::watch_config).
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let options = herald_audio::Options::new().config(dir.path().join("herald.json"));
/// # let manager = herald_audio::AudioManager::open(options)?;
/// let watch: herald_audio::FileWatch = manager.watch_config()?;
/// manager.on_config_change(|config| println!("volume: {}", config.volume()));
/// drop(watch); // from here on the config stays as it is
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileWatch(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched<W = RecommendedWatcher> {
    watcher: W,
    files: Vec<PathBuf>,
    dirs: BTreeSet<PathBuf>,
}

impl FileWatch {
    /// Calls `changed` on a separate thread whenever one of the files may have changed. [`Self::set_files`]
    /// sets the files.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the system cannot watch files.
    pub(crate) fn new(changed: impl Fn() + Send + 'static) -> Result<Self> {
        let (sender, events) = channel();
        // Never blocks the system's thread, which is needed to watch more directories.
        let watcher = notify::recommended_watcher(move |event| _ = sender.send(event));
        let watched = Arc::new(Mutex::new(Watched {
            watcher: watcher.map_err(cannot_watch)?,
            files: Vec::new(),
            dirs: BTreeSet::new(),
        }));
        let weak = Arc::downgrade(&watched);
        thread::Builder::new()
            .name("herald-watch".to_owned())
            .spawn(move || notice(&events, &weak, changed))
            .map_err(cannot_watch)?;
        Ok(Self(watched))
    }

    /// Watches exactly `files`. They need not exist.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if a directory cannot be watched; the others are watched.
    pub(crate) fn set_files(&self, files: impl IntoIterator<Item = PathBuf>) -> Result<()> {
        let mut watched = lock(&self.0);
        watched.files = files.into_iter().collect();
        watched.update()
    }
}

/// Calls `changed` when a watched file has changed and settled, until the sender is dropped with the watch.
fn notice(
    events: &Receiver<notify::Result<Event>>,
    watched: &Weak<Mutex<Watched>>,
    changed: impl Fn(),
) {
    let concerns_us = |event: &notify::Result<Event>| {
        let watched = watched.upgrade();
        watched.is_some_and(|watched| lock(&watched).is_concerned_by(event))
    };
    while let Ok(event) = events.recv() {
        if !concerns_us(&event) {
            continue;
        }
        let first = Instant::now();
        while first.elapsed() < SETTLE_LIMIT && events.recv_timeout(SETTLE).is_ok() {}
        // Dropped; the last change no longer matters.
        let Some(watched) = watched.upgrade() else {
            return;
        };
        // Errors were reported when the directory was first watched.
        let _ = lock(&watched).update();
        changed();
    }
}

impl<W: Watcher> Watched<W> {
    /// Whether `event` may have changed one of the files. Reading does not.
    fn is_concerned_by(&self, event: &notify::Result<Event>) -> bool {
        let Ok(event) = event else {
            // Missed events may concern any file.
            return true;
        };
        let ends: Vec<_> = self.files.iter().flat_map(|file| ends(file)).collect();
        let is_above_a_file = |path: &PathBuf| ends.iter().any(|end| end.starts_with(path));
        !event.kind.is_access() && (event.need_rescan() || event.paths.iter().any(is_above_a_file))
    }

    /// Watches the current directories of the files.
    fn update(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        for _ in 0..MAX_UPDATES {
            outcome = self.watch(self.wanted());
            // A directory may have appeared or disappeared in between, without an event.
            if outcome.is_ok() && self.wanted() == self.dirs {
                break;
            }
        }
        outcome
    }

    fn wanted(&self) -> BTreeSet<PathBuf> {
        let ends = self.files.iter().flat_map(|file| ends(file));
        ends.filter_map(nearest_dir).collect()
    }

    fn watch(&mut self, wanted: BTreeSet<PathBuf>) -> Result<()> {
        let watcher = &mut self.watcher;
        for gone in self.dirs.difference(&wanted) {
            let _ = watcher.unwatch(gone);
        }
        let mut outcome = Ok(());
        // A directory that was removed and created again needs a new watch under the same name.
        for dir in &wanted {
            if self.dirs.contains(dir) {
                let _ = watcher.unwatch(dir);
            }
            if let Err(error) = watcher.watch(dir, RecursiveMode::NonRecursive) {
                outcome = Err(cannot_watch(error));
            }
        }
        self.dirs = wanted;
        outcome
    }
}

/// The paths at which the system may report the file: its own, its link target, and its real path.
fn ends(file: &Path) -> BTreeSet<PathBuf> {
    let real_dir = file.parent().and_then(|dir| dir.canonicalize().ok());
    let in_real_dir = real_dir.zip(file.file_name());
    let names = [
        Some(file.to_owned()),
        file.canonicalize().ok(),
        in_real_dir.map(|(dir, name)| dir.join(name)),
    ];
    names.into_iter().flatten().collect()
}

fn nearest_dir(file: PathBuf) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above.find(|dir| dir.is_dir()).map(Path::to_owned)
}

fn lock(watched: &Mutex<Watched>) -> std::sync::MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cannot_watch(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Config, "cannot watch the config files").because(error)
}

#[cfg(test)]
mod tests;
