//! Replays a journal, and checks every change and answer against the guarantees of the set.
//!
//! # Exact, if the clock does not step during a call
//!
//! A stamp more than 10 s ahead of the clock is junk and counts as zero. Then:
//!
//! - a stamp never shrinks;
//! - an insert displaces the smallest stamp, ties going to the lowest index, and leaves a larger
//!   one (unless there is none larger);
//! - a firing is followed by another admission of its key no sooner than the window of that
//!   call, unless it was displaced, cancelled or reset, or there was no window;
//! - a key stands in at most one word;
//! - a firing in place of a cancelled one leaves a larger stamp, too;
//! - a cancel and a reset keep tag and stamp, and each call changes what its answer says;
//! - a key is suppressed only if at some moment of the call it had fired less than a window ago.
//!
//! # Relaxed, for calls that a step overtook
//!
//! A call is *overtaken* if during it the clock went back, or a standing word became junk or
//! ceased to be; or if an overtaken call changed a word meanwhile, or one left junk. Such a call may break the rules
//! above, though a stamp still shrinks only if it was junk at some moment. In return sounds are
//! counted: in a run much shorter than the window, each key sounds at most once, and once more for
//! each step of the clock, and twice more for each overtaken call. (One for the call itself, by
//! its old reading; one for the junk that it may leave.) And once more for each firing that passes
//! a stamp at the very limit of junk, and so leaves junk.
//!
//! # Limits
//!
//! Marks are told apart by their bits, as the set does. So two admissions of one key in one
//! millisecond, the second with no window, count as one mark, and each may cancel the other.

mod call;
mod firing;
mod tally;

use std::collections::BTreeMap;

use herald_throttle::internals::table::word::{Stamp, Tag, Word};

use self::call::Running;
use self::firing::Firings;
pub(super) use self::tally::Tally;
use super::journal::{Entry, Event, Outcome, Shown};
use super::plan::Clockwork;

/// The violation, as a sentence.
type Verdict = Result<(), String>;

macro_rules! hold {
    ($rule:expr, $($message:tt)*) => {
        if !$rule {
            return Err(format!($($message)*));
        }
    };
}
use hold;

/// The replayed words and clock.
struct Scene<const WAYS: usize> {
    words: [Word; WAYS],
    now: Stamp,
}

impl<const WAYS: usize> Scene<WAYS> {
    /// The effective stamp: zero if the word's is junk.
    fn effective(&self, word: Word) -> Stamp {
        match word.stamp() {
            junk if junk.is_junk_at(self.now) => Stamp::ZERO,
            stamp => stamp,
        }
    }
}

pub(super) struct Checker<const WAYS: usize> {
    clockwork: Clockwork,
    scene: Scene<WAYS>,
    running: BTreeMap<usize, Running>,
    firings: Firings,
    tally: Tally,
}

impl<const WAYS: usize> Checker<WAYS> {
    pub(super) fn new(clockwork: Clockwork, words: [Word; WAYS], now: Stamp, tags: &[Tag]) -> Self {
        Self {
            clockwork,
            scene: Scene { words, now },
            running: BTreeMap::new(),
            firings: Firings::of(&words, tags),
            tally: Tally::of_one_run(),
        }
    }

    /// Replays `journal`, after which the words must be `finally`.
    ///
    /// # Panics
    ///
    /// If a guarantee is violated; the message includes the journal so far.
    pub(super) fn check(mut self, journal: &[Entry], finally: [Word; WAYS]) -> Tally {
        let words = self.scene.words;
        let fail = |wrong: &str, journal: &[Entry]| -> ! {
            let words = words.map(|word| Shown(word).to_string()).join(" ");
            let lines: Vec<_> = journal.iter().map(Entry::to_string).collect();
            panic!("{wrong}\nwords: {words}\n{}", lines.join("\n"));
        };
        for (number, entry) in journal.iter().enumerate() {
            if let Err(wrong) = self.replay(entry) {
                fail(&wrong, &journal[..=number]);
            }
        }
        if let Err(wrong) = self.finish(finally) {
            fail(&wrong, journal);
        }
        self.tally
    }

    fn finish(&self, finally: [Word; WAYS]) -> Verdict {
        hold!(self.running.is_empty(), "a call did not end");
        hold!(self.scene.words == finally, "a change was not written down");
        if self.clockwork.steps() {
            let (most, loudest) = (self.tally.most_sounds(), self.firings.loudest);
            hold!(loudest <= most, "{loudest} sounds instead of {most}");
        }
        Ok(())
    }

    fn replay(&mut self, &Entry { task, event }: &Entry) -> Verdict {
        match event {
            Event::Began(call) => {
                self.running.insert(task, Running::new(call, &self.scene));
            }
            Event::ReadClock(stamp) => {
                let call = self.running.get_mut(&task).ok_or("nobody needs the time")?;
                call.read_clock(stamp, &self.scene);
            }
            Event::Changed { way, old, new } => self.change(task, way, old, new)?,
            Event::Ended(outcome) => self.end(task, outcome)?,
            Event::Ticked(now) => self.move_clock(now, false)?,
            Event::Stepped(now) => self.move_clock(now, true)?,
        }
        Ok(())
    }

    fn move_clock(&mut self, now: Stamp, is_set: bool) -> Verdict {
        let before = std::mem::replace(&mut self.scene.now, now);
        // Beyond the largest stamp, a tick goes back, too.
        self.tally.steps += usize::from(is_set || now < before);
        let is_other_junk =
            |word: &Word| word.stamp().is_junk_at(before) != word.stamp().is_junk_at(now);
        if now < before || self.scene.words.iter().any(is_other_junk) {
            self.overtake(usize::MAX)?;
        }
        for call in self.running.values_mut() {
            call.lowest_clock = call.lowest_clock.min(now);
        }
        Ok(())
    }

    /// Marks all running calls except that of task `by` as overtaken.
    fn overtake(&mut self, by: usize) -> Verdict {
        for (&task, call) in &mut self.running {
            if task != by && call.has_read_the_clock() && !call.is_overtaken {
                hold!(
                    self.clockwork.may_overtake(),
                    "a call was overtaken by nothing"
                );
                call.is_overtaken = true;
                self.tally.overtaken += 1;
            }
        }
        Ok(())
    }

    fn change(&mut self, task: usize, way: usize, old: Word, new: Word) -> Verdict {
        hold!(
            self.scene.words[way] == old,
            "a change was not written down"
        );
        let call = self.running.get_mut(&task).ok_or("nobody may change it")?;
        call.change(way, old, new, &self.scene)?;
        self.firings.change(call, old, new, &self.scene)?;
        self.tally.changes += 1;
        self.tally.displaced += usize::from(call.displaces(old));
        let leaves_junk = call.fires() && new.stamp().is_junk_at(self.scene.now);
        self.tally.past_the_limit += usize::from(leaves_junk && !call.is_overtaken);
        let is_overtaken = call.is_overtaken;
        self.scene.words[way] = new;
        for call in self.running.values_mut() {
            call.see(way, &self.scene);
        }
        if is_overtaken || leaves_junk {
            self.overtake(task)?;
        }
        Ok(())
    }

    fn end(&mut self, task: usize, outcome: Outcome) -> Verdict {
        let call = self.running.remove(&task).ok_or("nobody asked")?;
        self.tally.refused += usize::from(matches!(outcome, Outcome::Left(None)));
        call.end(outcome)
    }
}
