//! Herald and the alternatives that keep their state in one process.
//!
//! Each answers the same question, "may this key fire now?", the way its user would write it:
//! with the clock it comes with, and with whatever can be prepared once prepared once.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use herald_audio::Throttle;
use herald_audio::internals::clock::{Clock, ManualClock, SystemClock};
use herald_audio::internals::state_file::{StateFile, Storage, UnmappedFile};
use herald_audio::internals::throttle::{Key, SETS, Table, WAYS};

/// Something that can throttle.
pub(crate) trait Contestant: Send + Sized {
    /// What it is called in the tables.
    const NAME: &'static str;
    /// Checks timed together: many enough that reading the timer, 50 ns, does not count.
    const BATCH: u32;

    /// Makes `dir` as it has to be, once, before anybody opens anything in it.
    fn prepare(_dir: &Path) {}

    /// Opens what is kept in `dir`, to admit a key once in `window`; zero: always.
    fn open(dir: &Path, window: Duration) -> Self;

    /// The same state for another thread.
    fn share(&self) -> Self;

    /// Whether `key` may fire now. Marks it if so.
    fn admit(&self, key: Key) -> bool;
}

/// Checks timed together where one takes nanoseconds.
const MANY: u32 = 2_000;

/// A throttle over the state file, with time from `C`.
pub(crate) struct Herald<C> {
    throttle: Arc<Table<StateFile, C>>,
    window: Duration,
}

/// A clock to give to Herald.
pub(crate) trait Time: Clock + Send + Sync {
    /// What Herald is called with it.
    const HERALD: &'static str;
    /// The clock, at the present time.
    fn present() -> Self;
}

impl Time for SystemClock {
    const HERALD: &'static str = "Herald";

    fn present() -> Self {
        Self
    }
}

impl Time for ManualClock {
    const HERALD: &'static str = "Herald, time given";

    fn present() -> Self {
        Self::at(SystemClock.unix_ms())
    }
}

impl<C: Time> Herald<C> {
    /// The throttle of `dir`, which must be on `storage`.
    fn on(storage: Storage, dir: &Path, window: Duration) -> Self {
        let throttle = Table::new(StateFile::open(dir), C::present());
        assert_eq!(throttle.storage().health().storage, storage);
        let throttle = Arc::new(throttle);
        Self { throttle, window }
    }
}

impl<C: Time> Contestant for Herald<C> {
    const NAME: &'static str = C::HERALD;
    const BATCH: u32 = MANY;

    fn open(dir: &Path, window: Duration) -> Self {
        Self::on(Storage::Mapped, dir, window)
    }

    fn share(&self) -> Self {
        Self {
            throttle: self.throttle.clone(),
            window: self.window,
        }
    }

    #[inline]
    fn admit(&self, key: Key) -> bool {
        self.throttle.admit(key, self.window).is_admitted()
    }
}

/// Herald, given a name of 19 bytes to hash in place of a key.
pub(crate) struct HeraldHashing(Herald<SystemClock>);

impl Contestant for HeraldHashing {
    const NAME: &'static str = "Herald, name to hash";
    const BATCH: u32 = MANY;

    fn open(dir: &Path, window: Duration) -> Self {
        Self(Herald::open(dir, window))
    }

    fn share(&self) -> Self {
        Self(self.0.share())
    }

    #[inline]
    fn admit(&self, _: Key) -> bool {
        self.0.admit(Key::new(black_box("/home/dev/shop\0Stop")))
    }
}

/// Herald as a hook asks, which is suppressed without mapping the file.
pub(crate) struct HeraldOnce {
    file: UnmappedFile,
    throttle: OnceCell<Throttle>,
    window: Duration,
}

impl Contestant for HeraldOnce {
    const NAME: &'static str = "Herald, asked once";
    const BATCH: u32 = MANY;

    fn prepare(dir: &Path) {
        drop(StateFile::open(dir));
    }

    fn open(dir: &Path, window: Duration) -> Self {
        Self {
            file: UnmappedFile::open(dir).expect("a good file"),
            throttle: OnceCell::new(),
            window,
        }
    }

    fn share(&self) -> Self {
        unreachable!("it is asked once")
    }

    fn admit(&self, key: Key) -> bool {
        let throttle = || Throttle::of(self.file.map(None));
        self.file.peek(key, self.window).is_none()
            && self
                .throttle
                .get_or_init(throttle)
                .admit(key, self.window)
                .is_admitted()
    }
}

/// What a process takes that does nothing.
pub(crate) struct Nothing;

impl Contestant for Nothing {
    const NAME: &'static str = "nothing";
    const BATCH: u32 = MANY;

    fn open(_: &Path, _: Duration) -> Self {
        Self
    }

    fn share(&self) -> Self {
        Self
    }

    fn admit(&self, _: Key) -> bool {
        false
    }
}

/// Herald where the state file cannot be mapped.
pub(crate) struct HeraldLocked(Herald<SystemClock>);

impl Contestant for HeraldLocked {
    const NAME: &'static str = "Herald, locked-file fallback";
    const BATCH: u32 = 10;

    /// A directory in the file's place, and another one in the way of its repair.
    fn prepare(dir: &Path) {
        fs::create_dir_all(dir.join("throttle.v1/in the way")).unwrap();
        fs::create_dir(dir.join("throttle.v1.repair")).unwrap();
    }

    fn open(dir: &Path, window: Duration) -> Self {
        Self(Herald::on(Storage::Locked, dir, window))
    }

    fn share(&self) -> Self {
        Self(self.0.share())
    }

    fn admit(&self, key: Key) -> bool {
        self.0.admit(key)
    }
}

/// The rate limiter that a Rust program would pick.
pub(crate) struct Governor(Arc<DefaultKeyedRateLimiter<Key>>);

impl Contestant for Governor {
    const NAME: &'static str = "governor, in process";
    const BATCH: u32 = MANY;

    fn open(_: &Path, window: Duration) -> Self {
        Self(Arc::new(RateLimiter::keyed(quota(window))))
    }

    fn share(&self) -> Self {
        Self(self.0.clone())
    }

    #[inline]
    fn admit(&self, key: Key) -> bool {
        self.0.check_key(&key).is_ok()
    }
}

/// governor with a clock that stands still.
pub(crate) struct GovernorGiven(
    Arc<RateLimiter<Key, DashMapStateStore<Key>, FakeRelativeClock, NoOpMiddleware<Nanos>>>,
);

impl Contestant for GovernorGiven {
    const NAME: &'static str = "governor, time given";
    const BATCH: u32 = MANY;

    fn open(_: &Path, window: Duration) -> Self {
        let clock = FakeRelativeClock::default();
        Self(Arc::new(RateLimiter::dashmap_with_clock(
            quota(window),
            clock,
        )))
    }

    fn share(&self) -> Self {
        Self(self.0.clone())
    }

    #[inline]
    fn admit(&self, key: Key) -> bool {
        self.0.check_key(&key).is_ok()
    }
}

/// Once in `window`. governor knows no quota without end; this one lasts for a measurement.
fn quota(window: Duration) -> Quota {
    let (period, burst) = match window {
        Duration::ZERO => (Duration::from_nanos(1), NonZeroU32::MAX),
        window => (window, NonZeroU32::MIN),
    };
    Quota::with_period(period).unwrap().allow_burst(burst)
}

/// What one writes without a library.
pub(crate) struct MutexAndMap {
    fired: Arc<Mutex<HashMap<Key, Instant>>>,
    window: Duration,
}

impl Contestant for MutexAndMap {
    const NAME: &'static str = "Mutex<HashMap>, in process";
    const BATCH: u32 = MANY;

    fn open(_: &Path, window: Duration) -> Self {
        let fired = Arc::default();
        Self { fired, window }
    }

    fn share(&self) -> Self {
        Self {
            fired: self.fired.clone(),
            window: self.window,
        }
    }

    #[inline]
    fn admit(&self, key: Key) -> bool {
        admit_by_map(&self.fired, key, self.window, Instant::now())
    }
}

/// The same, given a time that stands still.
pub(crate) struct MutexAndMapGiven {
    map: MutexAndMap,
    now: Instant,
}

impl Contestant for MutexAndMapGiven {
    const NAME: &'static str = "Mutex<HashMap>, time given";
    const BATCH: u32 = MANY;

    fn open(dir: &Path, window: Duration) -> Self {
        let map = MutexAndMap::open(dir, window);
        let now = Instant::now();
        Self { map, now }
    }

    fn share(&self) -> Self {
        Self {
            map: self.map.share(),
            now: self.now,
        }
    }

    #[inline]
    fn admit(&self, key: Key) -> bool {
        admit_by_map(&self.map.fired, key, self.map.window, black_box(self.now))
    }
}

#[inline]
fn admit_by_map(
    fired: &Mutex<HashMap<Key, Instant>>,
    key: Key,
    window: Duration,
    now: Instant,
) -> bool {
    let mut fired = fired.lock().unwrap();
    if let Some(&last) = fired.get(&key)
        && now.duration_since(last) < window
    {
        return false;
    }
    fired.insert(key, now);
    true
}

/// No throttle: the clock that Herald's check reads, and nothing else.
pub(crate) struct ClockAlone;

impl Contestant for ClockAlone {
    const NAME: &'static str = "the clock alone";
    const BATCH: u32 = MANY;

    fn open(_: &Path, _: Duration) -> Self {
        Self
    }

    fn share(&self) -> Self {
        Self
    }

    #[inline]
    fn admit(&self, _: Key) -> bool {
        black_box(SystemClock.unix_ms()) == 0
    }
}

/// The clock, and one word of a table as large as Herald's: what fetching a key's line costs.
pub(crate) struct ClockAndLine(Arc<[[AtomicU64; WAYS]]>);

impl Contestant for ClockAndLine {
    const NAME: &'static str = "the clock and a load";
    const BATCH: u32 = MANY;

    fn open(_: &Path, _: Duration) -> Self {
        let lines = (0..SETS).map(|_| [const { AtomicU64::new(0) }; WAYS]);
        Self(lines.collect())
    }

    fn share(&self) -> Self {
        Self(self.0.clone())
    }

    #[inline]
    fn admit(&self, key: Key) -> bool {
        let word = self.0[key.set(SETS)][0].load(Relaxed);
        black_box(SystemClock.unix_ms()) < word
    }
}
