//! The throttle compared with the simplest correct model: a map from names to firings.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, UNIX_EPOCH};

use herald_audio::internals::clock::ManualClock;
use herald_audio::internals::throttle::{Admission, Decision, Key, LocalSlots, SETS, Table, WAYS};
use proptest::prelude::*;

const NOON: u64 = 1_800_000_000_000;
/// 2025-01-01, the epoch of stamps, and the length of their cycle.
const EPOCH: u64 = 1_735_689_600_000;
const CIRCLE: u64 = 1 << 40;
const JUNK_AHEAD: u64 = 10_000;

/// In different sets, so that none displaces another, as in a map.
const NAMES: [&str; 6] = ["Stop", "Notification", "build", "deploy", "a\0b", ""];

#[derive(Clone, Debug)]
enum Step {
    Admit(usize, u64),
    Peek(usize, u64),
    Mark(usize, i64),
    Cancel(usize),
    Reset(usize),
    ResetAll,
    Wait(u64),
    SetClock(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES.len();
    let window = prop_oneof![Just(0u64), 1..20u64, 1..60_000u64, Just(u64::MAX)];
    let clock = prop_oneof![
        5 => NOON - 40_000..NOON + 40_000,
        1 => EPOCH - 20_000..EPOCH + 20_000,
        1 => EPOCH + CIRCLE - 20_000..EPOCH + CIRCLE + 20_000,
        1 => prop_oneof![Just(0), Just(u64::MAX)],
    ];
    let step = prop_oneof![
        8 => (name.clone(), window.clone()).prop_map(|(name, window)| Step::Admit(name, window)),
        2 => (name.clone(), window).prop_map(|(name, window)| Step::Peek(name, window)),
        2 => (name.clone(), prop_oneof![-30_000..30_000i64, Just(i64::MIN)]).prop_map(|(name, offset)| Step::Mark(name, offset)),
        2 => (0..20usize).prop_map(Step::Cancel),
        1 => name.prop_map(Step::Reset),
        1 => Just(Step::ResetAll),
        6 => prop_oneof![0..5u64, 0..20_000u64].prop_map(Step::Wait),
        1 => clock.prop_map(Step::SetClock),
    ];
    prop::collection::vec(step, 1..120)
}

/// A firing in the map.
#[derive(Clone, Copy, PartialEq)]
struct Fired {
    stamp: u64,
    cancelled: bool,
}

#[derive(Default)]
struct Oracle(HashMap<usize, Fired>);

impl Oracle {
    /// When the name fired, unless that is so far ahead that it is junk.
    fn stamp(&self, name: usize, now: u64) -> Option<u64> {
        let stamp = self.0.get(&name)?.stamp;
        (stamp <= now + JUNK_AHEAD).then_some(stamp)
    }

    fn peek(&self, name: usize, window: u64, now: u64) -> Option<u64> {
        let age = now.saturating_sub(self.stamp(name, now)?);
        (!self.0[&name].cancelled && age < window).then(|| window - age)
    }

    /// The remaining time, or the stamp of the admission.
    fn admit(&mut self, name: usize, window: u64, now: u64) -> Result<u64, u64> {
        if let Some(rest) = self.peek(name, window, now) {
            return Err(rest);
        }
        let stamp = now.max(self.floor(name, now));
        self.0.insert(
            name,
            Fired {
                stamp,
                cancelled: false,
            },
        );
        Ok(stamp)
    }

    /// The smallest stamp for a firing. A first firing takes an empty word with stamp 0 and exceeds it, like
    /// one that replaces a cancelled firing.
    fn floor(&self, name: usize, now: u64) -> u64 {
        let stamp = self.stamp(name, now).unwrap_or(0);
        match self.0.get(&name) {
            Some(fired) if !fired.cancelled => stamp,
            _ => (stamp + 1).min(CIRCLE - 1),
        }
    }

    fn mark(&mut self, name: usize, when: u64, now: u64) -> bool {
        let when = when.min(now);
        let stamp = self.stamp(name, now).unwrap_or(0);
        let cancelled = self.0.get(&name).is_some_and(|fired| fired.cancelled);
        let is_news = when > stamp || cancelled && when == stamp;
        if is_news {
            let stamp = when.max(self.floor(name, now));
            let cancelled = false;
            self.0.insert(name, Fired { stamp, cancelled });
        }
        is_news
    }

    fn cancel(&mut self, name: usize, stamp: u64) -> bool {
        let mark = Fired {
            stamp,
            cancelled: false,
        };
        match self.0.get_mut(&name) {
            Some(fired) if *fired == mark => {
                fired.cancelled = true;
                true
            }
            _ => false,
        }
    }
}

fn stamp_of(unix_ms: u64) -> u64 {
    unix_ms.wrapping_sub(EPOCH) % CIRCLE
}

fn check(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut unix_ms = NOON;
    let clock = ManualClock::at(unix_ms);
    let throttle = Table::in_process(&clock);
    let mut oracle = Oracle::default();
    let mut admissions: Vec<(usize, u64, Admission)> = Vec::new();
    for step in steps {
        let now = stamp_of(unix_ms);
        match step {
            Step::Admit(name, window) => {
                let decision = throttle.admit(NAMES[name], Duration::from_millis(window));
                match (decision, oracle.admit(name, window, now)) {
                    (Decision::Admit(mark), Ok(stamp)) => admissions.push((name, stamp, mark)),
                    (Decision::Suppress { retry_after }, Err(rest)) => {
                        prop_assert_eq!(retry_after, Duration::from_millis(rest));
                    }
                    (decision, expected) => {
                        prop_assert!(false, "{decision:?} instead of {expected:?}");
                    }
                }
            }
            Step::Peek(name, window) => {
                let rest = oracle.peek(name, window, now).map(Duration::from_millis);
                prop_assert_eq!(
                    throttle.peek(NAMES[name], Duration::from_millis(window)),
                    rest
                );
            }
            Step::Mark(name, offset) => {
                let when = unix_ms.saturating_add_signed(offset).min(1 << 53);
                let at = UNIX_EPOCH + Duration::from_millis(when);
                let stamp = now.saturating_sub(unix_ms.saturating_sub(when));
                let is_news = throttle.mark(NAMES[name], at).is_some();
                prop_assert_eq!(is_news, oracle.mark(name, stamp, now));
            }
            Step::Cancel(nth) => {
                if let Some(&(name, stamp, mark)) = admissions.get(nth) {
                    prop_assert_eq!(throttle.cancel(mark), oracle.cancel(name, stamp));
                }
            }
            Step::Reset(name) => {
                let fired = oracle.0.get_mut(&name).filter(|fired| !fired.cancelled);
                let had_fired = fired.map(|fired| fired.cancelled = true).is_some();
                prop_assert_eq!(throttle.reset(NAMES[name]), had_fired);
            }
            Step::ResetAll => {
                let due = oracle.0.values_mut().filter(|fired| !fired.cancelled);
                let count = due.map(|fired| fired.cancelled = true).count();
                prop_assert_eq!(throttle.reset_all(), count);
            }
            Step::Wait(ms) => unix_ms = unix_ms.saturating_add(ms),
            Step::SetClock(ms) => unix_ms = ms,
        }
        clock.set(unix_ms);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_at_any_times_are_answered_as_by_a_map(steps in steps()) {
        check(steps)?;
    }

    /// Calls at ten per second, with occasional clock steps.
    #[test]
    fn a_clock_step_costs_a_sound_or_a_short_silence(
        window in 1..30_000u64,
        clock_steps in prop::collection::vec((0..1_200u64, -200_000..200_000i64), 0..4),
    ) {
        let clock = ManualClock::at(NOON);
        let throttle = Table::in_process(&clock);
        let mut admitted = Vec::new();
        for tenth in 0..1_200u64 {
            let offset: i64 = clock_steps.iter().filter(|(at, _)| *at <= tenth).map(|(_, ms)| ms).sum();
            clock.set((NOON + tenth * 100).saturating_add_signed(offset));
            if throttle.admit("Stop", Duration::from_millis(window)).is_admitted() {
                admitted.push(tenth * 100);
            }
        }
        let gaps = || admitted.windows(2).map(|pair| pair[1] - pair[0]);
        let early = gaps().filter(|gap| *gap < window).count();
        prop_assert!(early <= clock_steps.len(), "{early} extra sounds");
        // Each step may restart the window, or leave a stamp up to 10 s ahead.
        let steps = clock_steps.len() as u64;
        let longest = window + 100 + steps * (window + JUNK_AHEAD);
        prop_assert!(gaps().all(|gap| gap <= longest), "{:?} over {longest}", gaps().max());
    }
}

#[test]
fn the_names_of_the_map_test_have_sets_of_their_own() {
    let sets: HashSet<_> = NAMES.iter().map(|name| Key::new(name).set(SETS)).collect();
    assert_eq!(sets.len(), NAMES.len());
}

/// Pseudo-random numbers, the same in each run: SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

const KEYS: u64 = 256_000;
const CALLS: u64 = 2_600_000;
const DAYS: u64 = 30;

/// A month of a busy machine: one call per second, each for one of 256,000 keys.
#[test]
fn in_30_days_no_live_key_is_forgotten_and_none_is_suppressed_wrongly() {
    let keys: Vec<Key> = (0..KEYS)
        .map(|n| Key::new(&format!("/home/dev/p{n}\0Stop\0default")))
        .collect();
    let mut namesakes: HashMap<(usize, u32), u64> = HashMap::new();
    for key in &keys {
        *namesakes
            .entry((key.set(SETS), key.tag().get()))
            .or_default() += 1;
    }
    let has_namesake = |key: Key| namesakes[&(key.set(SETS), key.tag().get())] > 1;
    let pairs = keys.iter().filter(|key| has_namesake(**key)).count() / 2;
    // n (n - 1) / 2 pairs, each with probability 1 / (sets * tags): 1.9 are expected.
    assert!(pairs <= 8, "{pairs} pairs of keys share set and tag");

    let windows = [5, 10, 30, 60, 120, 300, 600].map(|s| s * 1_000);
    let mut numbers = Numbers(20_250_101);
    let clock = ManualClock::at(NOON);
    let throttle: Table<LocalSlots, _> = Table::in_process(clock);
    let mut fired = vec![None; keys.len()];
    let (mut unix_ms, mut admitted, mut wrongly) = (NOON, 0u64, 0u64);
    let mean_ms = DAYS * 86_400_000 / CALLS;
    let mut recent = std::collections::VecDeque::new();
    for _ in 0..CALLS {
        unix_ms += numbers.below(2 * mean_ms + 1);
        throttle.clock().set(unix_ms);
        // Half of the calls are for a recent key: those are the live ones.
        let index = match numbers.below(2) {
            0 if !recent.is_empty() => recent[numbers.below(recent.len() as u64) as usize],
            _ => numbers.below(KEYS) as usize,
        };
        recent.push_back(index);
        if recent.len() > 300 {
            recent.pop_front();
        }
        // A key has one window, like an event.
        let window = windows[index % windows.len()];
        let is_live = fired[index].is_some_and(|at| unix_ms - at < window);
        let decision = throttle.admit(keys[index], Duration::from_millis(window));
        match decision.is_admitted() {
            true => {
                assert!(!is_live, "key {index} was forgotten within its window");
                fired[index] = Some(unix_ms);
                admitted += 1;
            }
            false if is_live => {}
            false => {
                assert!(
                    has_namesake(keys[index]),
                    "key {index} was suppressed by nobody"
                );
                wrongly += 1;
            }
        }
    }
    assert!(
        admitted > CALLS / 4,
        "{admitted} admissions: hardly anything was tried"
    );
    // For a key in a full set: 8 chances in 2^23, if all eight are live.
    let most = CALLS * WAYS as u64 / (1 << 23) + 1;
    assert!(
        wrongly <= most,
        "{wrongly} suppressed wrongly, {most} expected at most"
    );
}
