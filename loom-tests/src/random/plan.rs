//! The calls of an execution, chosen at random by shuttle, which can repeat them.

use herald_throttle::internals::table::word::{Stamp, Tag, Word};
use shuttle::rand::{Rng, rngs::ThreadRng};

use super::journal::{Call, Outcome};
use super::world::{SharedClock, World};
use crate::WINDOW_MS;
use crate::copies::Throttle;

/// One more than the words of the largest set, so that keys displace each other.
pub(super) const TAGS: [Tag; 9] = {
    let mut tags = [Tag::from_bits(1); 9];
    let mut number = 1;
    while number < tags.len() {
        tags[number] = Tag::from_bits(number as u32 + 1);
        number += 1;
    }
    tags
};

/// The behaviour of the clock in a model, which determines the guarantees of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clockwork {
    /// It ticks like a coarse clock.
    Ticks,
    /// Also, threads are sometimes suspended so long that everything looks like junk.
    Stalls,
    /// It ticks, and is set, in both directions, between calls.
    StepsBetweenCalls,
    /// It ticks, and is set at any moment.
    StepsDuringCalls,
}

impl Clockwork {
    /// Whether the clock is set. Then sounds are counted, so no window must end by itself.
    pub(super) fn steps(self) -> bool {
        matches!(self, Self::StepsBetweenCalls | Self::StepsDuringCalls)
    }

    pub(super) fn may_overtake(self) -> bool {
        self == Self::StepsDuringCalls
    }

    /// The number of rounds of calls; the clock is set in between.
    pub(super) fn rounds(self) -> usize {
        if self == Self::StepsBetweenCalls {
            3
        } else {
            1
        }
    }

    /// Moves the clock a few times.
    pub(super) fn run(self, clock: &SharedClock, rng: &mut ThreadRng) {
        for _ in 0..rng.gen_range(2..6) {
            match self {
                Self::Stalls if rng.gen_bool(0.3) => clock.tick(rng.gen_range(10_001..40_000)),
                Self::StepsDuringCalls if rng.gen_bool(0.3) => {
                    clock.step(one_of(rng, &[-25_000, -12_000, -3_000, 3_000, 25_000]));
                }
                _ => clock.tick(rng.gen_range(1..=4)),
            }
        }
    }

    /// Sets the clock. No two of these steps bring an earlier stamp to the border of junk.
    pub(super) fn set(clock: &SharedClock, rng: &mut ThreadRng) {
        clock.step(one_of(rng, &[-20_000, -3_000, 3_000, 20_000]));
    }
}

fn one_of<T: Copy>(rng: &mut ThreadRng, choices: &[T]) -> T {
    choices[rng.gen_range(0..choices.len())]
}

/// Words of different keys: empty, cancelled, about to expire, or junk.
pub(super) fn words<const WAYS: usize>(
    clockwork: Clockwork,
    unix_ms: u64,
    rng: &mut ThreadRng,
) -> [Word; WAYS] {
    const AGES: &[i64] = &[60_000, 5_001, 5_000, 5_000, 4_998, 1, 0, 0, -2, -3_600_000];
    const AT_THE_LIMIT: &[i64] = &[-9_999, -10_000, -10_001, -10_002];
    // A tick may turn these into junk, or back.
    let ages = match clockwork.may_overtake() {
        true => &[AGES, AT_THE_LIMIT].concat(),
        false => AGES,
    };
    let mut tags = TAGS[..=WAYS].iter().cycle().skip(rng.gen_range(0..=WAYS));
    std::array::from_fn(|_| {
        let tag = *tags.next().unwrap();
        let stamp = ago(unix_ms, one_of(rng, ages));
        match rng.gen_range(0..8) {
            0 | 1 => Word::EMPTY,
            2 => Word::fired(stamp, tag).voided(),
            _ => Word::fired(stamp, tag),
        }
    })
}

/// The stamp `age` milliseconds before `unix_ms`, or after it if negative.
fn ago(unix_ms: u64, age: i64) -> Stamp {
    Stamp::from_unix_ms(unix_ms.wrapping_add_signed(-age))
}

/// The next action of a thread.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    Call(Call),
    /// Cancels its last mark, if there is one.
    CancelMine,
}

/// One to three actions for `tags`, around `unix_ms`.
pub(super) fn wishes(
    clockwork: Clockwork,
    tags: &[Tag],
    unix_ms: u64,
    rng: &mut ThreadRng,
) -> Vec<Wish> {
    let number = rng.gen_range(1..=3);
    let wish = |_| wish(clockwork, one_of(rng, tags), unix_ms, rng);
    (0..number).map(wish).collect()
}

fn wish(clockwork: Clockwork, tag: Tag, unix_ms: u64, rng: &mut ThreadRng) -> Wish {
    // If sounds are counted, no window ends by itself, and no mark is older than it.
    let (windows, ages): (&[u64], &[i64]) = match clockwork.steps() {
        true => (&[0, WINDOW_MS, WINDOW_MS, WINDOW_MS], &[0, -60_000]),
        false => (
            &[0, 3, WINDOW_MS, WINDOW_MS, WINDOW_MS],
            &[4_998, 3, 0, -1, -60_000],
        ),
    };
    let window_ms = one_of(rng, windows);
    Wish::Call(match rng.gen_range(0..17) {
        0 => {
            let when = ago(unix_ms, one_of(rng, ages));
            Call::Mark { tag, when }
        }
        1 => Call::Peek { tag, window_ms },
        2 => Call::Reset { tag, last: None },
        3 => Call::ResetAll,
        4 => {
            let last = Some(ago(unix_ms, one_of(rng, ages)));
            Call::Reset { tag, last }
        }
        5 | 6 => return Wish::CancelMine,
        _ => Call::Admit { tag, window_ms },
    })
}

/// Performs a thread's actions.
pub(super) fn fulfil<T: Throttle, const WAYS: usize>(world: &World<WAYS>, wishes: Vec<Wish>) {
    let mut mine = None;
    for wish in wishes {
        let call = match wish {
            Wish::Call(call) => call,
            Wish::CancelMine => match mine.take() {
                Some(mark) => Call::Cancel { mark },
                None => continue,
            },
        };
        if let Outcome::Left(Some(mark)) = world.call::<T>(call) {
            mine = Some(mark);
        }
    }
}
