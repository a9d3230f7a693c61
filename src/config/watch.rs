//! Watching the config's files, for programs that live long.
//!
//! # What is watched
//!
//! Directories, not files: an editor that saves by renaming leaves another file under the name.
//! A file that is a link is watched at both ends, and where a directory is not there yet, the
//! nearest one above it is watched until it is. What happens within [`SETTLE`] counts as one
//! change, so that a file that is being written is read when it is written.
//!
//! # Limits
//!
//! Where the system has no more watches to give, and on some network file systems, changes go
//! unnoticed: a reload can be asked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::error::{Error, ErrorKind, Result};

/// For how long a file is left alone after it has changed, and for how long at the most.
const SETTLE: Duration = Duration::from_millis(50);
const SETTLE_LIMIT: Duration = Duration::from_secs(1);
/// How often directories that come and go are looked for anew at a time.
const MAX_UPDATES: usize = 8;

/// Watches files until it is dropped.
#[derive(Debug)]
pub struct FileWatch(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched<W = RecommendedWatcher> {
    watcher: W,
    files: Vec<PathBuf>,
    dirs: BTreeSet<PathBuf>,
}

impl FileWatch {
    /// Calls `changed`, on a thread of its own, whenever one of the files may have changed. Files
    /// are watched from [`Self::set_files`] on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the system has no way to watch files.
    pub fn new(changed: impl Fn() + Send + 'static) -> Result<Self> {
        let (sender, events) = channel();
        // Nothing waits on the system's thread: it is needed to watch another directory.
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

    /// Watches `files`, and no others. They need not be there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if a directory cannot be watched; the others are.
    pub fn set_files(&self, files: impl IntoIterator<Item = PathBuf>) -> Result<()> {
        let mut watched = lock(&self.0);
        watched.files = files.into_iter().collect();
        watched.update()
    }
}

/// Calls `changed` when something has happened to a file that is watched, and settled; until the
/// watch is dropped, and with it the sender.
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
        // The last change before the watch was dropped is nobody's business any more.
        let Some(watched) = watched.upgrade() else {
            return;
        };
        // What cannot be watched was complained of when it was new.
        let _ = lock(&watched).update();
        changed();
    }
}

impl<W: Watcher> Watched<W> {
    /// Whether `event` may have changed one of the files. That one was read has not.
    fn is_concerned_by(&self, event: &notify::Result<Event>) -> bool {
        let Ok(event) = event else {
            // What was missed may have been about any of them.
            return true;
        };
        let ends: Vec<_> = self.files.iter().flat_map(|file| ends(file)).collect();
        let is_above_a_file = |path: &PathBuf| ends.iter().any(|end| end.starts_with(path));
        !event.kind.is_access() && (event.need_rescan() || event.paths.iter().any(is_above_a_file))
    }

    /// Watches the directories that the files are in now.
    fn update(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        for _ in 0..MAX_UPDATES {
            outcome = self.watch(self.wanted());
            // One may have come or gone meanwhile, and nobody would tell.
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
        // One that was removed and made anew has the name of the old one: it is watched anew.
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

/// The names by which the system may tell of the file: its path, where that leads to if it is a
/// link, and where it really stands.
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
