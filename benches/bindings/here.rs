//! Rust, in this process.

use std::hint::black_box;
use std::time::Duration;

use benches::{batches, median};
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Key, Options};

use crate::Case;
use crate::child::Home;

/// The argument of a check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Name,
}

/// Checks timed together: enough to make the timer's 50 ns negligible.
const BATCH: usize = 2_000;
const NAME: &str = "Stop";
const KEY: Key = Key::of_static(NAME);
const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) struct Here {
    manager: AudioManager,
    by: By,
    _home: Home,
}

impl Here {
    pub(crate) fn new(by: By) -> Self {
        let home = Home::new();
        let options = Options::new().env(Env::of(home.vars())).cwd(home.path());
        let manager = AudioManager::open(options).expect("a manager");
        assert!(!manager.is_throttled(NAME, HOUR), "the first check");
        Self {
            manager,
            by,
            _home: home,
        }
    }

    pub(crate) fn measure(&self, case: Case, time: Duration) -> f64 {
        let (manager, hour) = (&self.manager, || black_box(HOUR));
        let (key, name) = (|| black_box(KEY), || black_box(NAME));
        let none = || black_box(Duration::ZERO);
        match (case, self.by) {
            (Case::Nothing, _) => checks(time, false, || nothing(key(), hour())),
            (Case::Suppressed, By::Key) => checks(time, false, || {
                manager.throttle().admit(key(), hour()).is_admitted()
            }),
            (Case::Suppressed, By::Name) => {
                checks(time, true, || manager.is_throttled(name(), hour()))
            }
            (Case::Admitted, By::Key) => checks(time, true, || {
                manager.throttle().admit(key(), none()).is_admitted()
            }),
            (Case::Admitted, By::Name) => {
                checks(time, true, || manager.admit(name(), none()).is_admitted())
            }
        }
    }
}

/// The median time of a check; each must answer `answer`.
fn checks(time: Duration, answer: bool, check: impl Fn() -> bool) -> f64 {
    median(batches(time, BATCH, || {
        let yes = (0..BATCH).filter(|_| check()).count();
        assert_eq!(yes, if answer { BATCH } else { 0 }, "wrong answers");
    }))
}

#[inline(never)]
fn nothing(key: Key, window: Duration) -> bool {
    black_box((key, window));
    false
}
