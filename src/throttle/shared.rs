//! [`Throttle`]: the table in the file that processes share, with the time of the system's clock.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::clock::SystemClock;
use crate::error::{Error, Result};
use crate::state_file::{StateFile, Storage};
use crate::system::env::Env;
use crate::table::{Admission, Decision, Firing, Key, Table};

/// A throttle shared by every process that opens the same directory.
///
/// Exactly one of any number of simultaneous calls for a key is admitted in each window: see the
/// [limits](crate#limits). Every method may be called from any number of threads. A throttle goes on
/// working in the child of a fork.
///
/// ```
/// use std::time::Duration;
/// use herald_throttle::Throttle;
///
/// # let dir = tempfile::tempdir()?;
/// let throttle = Throttle::open(&dir)?;
/// let minute = Duration::from_secs(60);
/// assert!(throttle.admit("backup finished", minute).is_admitted());
/// assert!(throttle.peek("backup finished", minute) > Some(Duration::from_secs(50)));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Throttle(Table<StateFile>);

impl Throttle {
    /// The throttle whose file is in the directory `dir`; makes the file if there is none, and replaces a
    /// damaged one. The directory must exist and be this user's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the file cannot be mapped here: the directory is
    /// missing, read-only or full, belongs to another user, or is on a file system that other machines
    /// share.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let file = StateFile::open_mapped(dir.as_ref());
        let hint = "name a directory of your own on a local disk";
        let file = file.map_err(|error| error.with_hint(hint))?;
        Ok(Self::of(file))
    }

    /// As [`Self::open`]; where the file cannot be mapped, a file that is locked for each check, and
    /// where that cannot be had either, the memory of this process. [`Self::storage`] says which,
    /// [`Self::problems`] why.
    ///
    /// ```
    /// use herald_throttle::{Storage, Throttle};
    ///
    /// let throttle = Throttle::open_or_fall_back("/no/such/directory");
    /// assert_eq!(throttle.storage(), Storage::InProcess);
    /// assert_eq!(throttle.problems().len(), 1);
    /// ```
    pub fn open_or_fall_back(dir: impl AsRef<Path>) -> Self {
        Self::of(StateFile::open(dir.as_ref()))
    }

    /// Asks whether `key` may fire, at most once per `window`, and marks it if so.
    ///
    /// Pass an admission that is not used after all to [`Self::cancel`]. Windows are whole milliseconds,
    /// rounded up, and accurate to one tick of the clock (up to 4 ms on Linux); a window of zero never
    /// suppresses.
    #[inline(always)] // Not left to the compiler: a call more is a quarter of what a check costs.
    pub fn admit(&self, key: impl Into<Key>, window: Duration) -> Decision {
        self.0.admit(key, window)
    }

    /// The time until `key` may fire; `None` if it may now. Marks nothing.
    pub fn peek(&self, key: impl Into<Key>, window: Duration) -> Option<Duration> {
        self.0.peek(key, window)
    }

    /// Marks `key` as fired at `when`; the future counts as now.
    ///
    /// Returns the mark, or `None` if a later firing was recorded already.
    pub fn mark(&self, key: impl Into<Key>, when: SystemTime) -> Option<Admission> {
        self.0.mark(key, when)
    }

    /// Cancels an admission, so that the next call is admitted. Returns whether the mark was still in place.
    pub fn cancel(&self, admission: Admission) -> bool {
        self.0.cancel(admission)
    }

    /// Lets `key` fire again at once. Returns whether it was known to have fired.
    pub fn reset(&self, key: impl Into<Key>) -> bool {
        self.0.reset(key)
    }

    /// As [`Self::reset`], if `last` is still the key's last firing. Returns whether it was.
    pub fn reset_if_last(&self, key: impl Into<Key>, last: Firing) -> bool {
        self.0.reset_if_last(key, last)
    }

    /// Lets every key fire again at once. Returns how many had fired.
    pub fn reset_all(&self) -> usize {
        self.0.reset_all()
    }

    /// When `key` last fired, if known.
    pub fn recall(&self, key: impl Into<Key>) -> Option<Firing> {
        self.0.recall(key)
    }

    /// What guarantees the single winner now.
    pub fn storage(&self) -> Storage {
        self.state_file().storage()
    }

    /// Past and present problems of the file, for people; empty if there are none.
    pub fn problems(&self) -> Vec<String> {
        self.state_file().health().problems
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Throttle {
    /// In `file`.
    pub fn of(file: StateFile) -> Self {
        Self(Table::new(file, SystemClock))
    }

    /// In the memory of this process, because of `reason`.
    pub fn in_process(reason: Error) -> Self {
        Self::of(StateFile::in_process(reason))
    }

    /// As [`Self::open_or_fall_back`]. If `dir` is a default state directory of `env`, mute, snooze and
    /// volume survive it.
    pub fn open_keeping(dir: impl AsRef<Path>, env: &Env) -> Self {
        Self::of(StateFile::open_keeping(dir.as_ref(), Some(env.clone())))
    }

    /// Whether `admission` is of `key` and still its last firing.
    pub fn stands(&self, key: impl Into<Key>, admission: Admission) -> bool {
        self.0.stands(key, admission)
    }

    pub const fn state_file(&self) -> &StateFile {
        self.0.storage()
    }

    /// All known firings, each with the index of its word. The table has no names.
    pub fn firings(&self) -> Vec<(usize, Firing)> {
        self.0.firings()
    }

    /// As [`Self::admit`], with a window in whole milliseconds: for the C library.
    #[inline(always)]
    pub fn admit_within_ms(&self, key: impl Into<Key>, window_ms: u64) -> Decision {
        self.0.admit_within_ms(key, window_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn it_falls_back_only_if_that_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing");
        let error = Throttle::open(&missing).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        let told = error.to_string();
        assert!(told.contains(missing.to_str().unwrap()), "{told}");
        assert!(told.contains("name a directory of your own"), "{told}");
        assert!(!missing.exists());
        let throttle = Throttle::open_or_fall_back(&missing);
        assert_eq!(throttle.storage(), Storage::InProcess);
        assert!(throttle.admit("k", Duration::from_secs(60)).is_admitted());
        let throttle = Throttle::open(&dir).unwrap();
        assert_eq!(throttle.storage(), Storage::Mapped);
        assert_eq!(throttle.problems(), [""; 0]);
    }

    #[test]
    fn no_other_file_is_made_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["throttle.v1", "throttle.v1.repair"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        assert_eq!(Throttle::open(&dir).unwrap_err().kind(), ErrorKind::State);
        let locked = dir.path().join("throttle.v1.locked");
        assert!(!locked.exists());
        let throttle = Throttle::open_or_fall_back(&dir);
        assert_eq!(throttle.storage(), Storage::Locked);
        assert!(locked.exists());
    }
}
