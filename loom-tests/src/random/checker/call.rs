//! A call in progress: its allowed changes and answers.

use herald_throttle::internals::table::word::{Stamp, Tag, Word};

use super::super::journal::{Call, Outcome};
use super::{Scene, Verdict, hold};
use crate::copies::Mark;

pub(super) struct Running {
    pub(super) call: Call,
    /// Whether a clock step overtook it.
    pub(super) is_overtaken: bool,
    /// The lowest time of the clock during the call.
    pub(super) lowest_clock: Stamp,
    /// Its first and latest reading.
    readings: Option<(Stamp, Stamp)>,
    /// Its marks.
    changes: Vec<Mark>,
    /// The word that it is to cancel, while that is unchanged.
    stands: Option<usize>,
    /// Whether there was a reason to refuse at some moment since its reading.
    saw_reason: bool,
    /// Whether there was none at some moment since its reading.
    saw_none: bool,
}

impl Running {
    pub(super) fn new<const WAYS: usize>(call: Call, scene: &Scene<WAYS>) -> Self {
        let stands = |due: &dyn Fn(usize, Word) -> bool| {
            let mut words = scene.words.iter().enumerate();
            words
                .find(|&(way, &word)| due(way, word))
                .map(|(way, _)| way)
        };
        Self {
            call,
            is_overtaken: false,
            lowest_clock: scene.now,
            readings: None,
            changes: Vec::new(),
            stands: match call {
                Call::Cancel { mark } => stands(&|way, word| (way, word.bits()) == mark),
                Call::Reset { tag, last } => stands(&|_, word| {
                    let is_it = last.is_none_or(|last| word.stamp() == last);
                    word.is_of(tag) && is_it && !word.is_void()
                }),
                Call::ResetAll => stands(&|_, word| word != Word::EMPTY && !word.is_void()),
                Call::Admit { .. } | Call::Peek { .. } | Call::Mark { .. } => None,
            },
            saw_reason: false,
            saw_none: false,
        }
    }

    pub(super) fn has_read_the_clock(&self) -> bool {
        self.readings.is_some()
    }

    /// Whether it may leave a mark.
    pub(super) fn fires(&self) -> bool {
        matches!(self.call, Call::Admit { .. } | Call::Mark { .. })
    }

    /// Whether it displaces the key of `old`.
    pub(super) fn displaces(&self, old: Word) -> bool {
        match self.call {
            Call::Admit { tag, .. } | Call::Mark { tag, .. } => {
                old != Word::EMPTY && !old.is_of(tag)
            }
            _ => false,
        }
    }

    pub(super) fn read_clock<const WAYS: usize>(&mut self, stamp: Stamp, scene: &Scene<WAYS>) {
        let first = self.readings.map_or(stamp, |(first, _)| first);
        self.readings = Some((first, stamp));
        self.look(scene);
    }

    /// Updates it after a change at `way`.
    pub(super) fn see<const WAYS: usize>(&mut self, way: usize, scene: &Scene<WAYS>) {
        self.stands = self.stands.filter(|&stands| stands != way);
        self.look(scene);
    }

    /// Looks for a reason to refuse.
    fn look<const WAYS: usize>(&mut self, scene: &Scene<WAYS>) {
        let Some((first, latest)) = self.readings else {
            return;
        };
        match self.call {
            Call::Admit { tag, window_ms } | Call::Peek { tag, window_ms } => {
                let takes_at = |word: &Word, now| {
                    let counts = !word.is_void() && !word.stamp().is_junk_at(latest);
                    counts && word.stamp().age_at(now) < window_ms
                };
                let mut mine = scene.words.iter().filter(|word| word.is_of(tag));
                self.saw_reason |= mine.clone().any(|word| takes_at(word, first));
                // After a step a key may be in a second word, hidden by the first.
                let is_unknown = mine.clone().next().is_none();
                self.saw_none |= is_unknown || mine.any(|word| !takes_at(word, latest));
            }
            Call::Mark { tag, when } => {
                let when = when.min(latest);
                let oldest = scene
                    .words
                    .map(|word| scene.effective(word))
                    .into_iter()
                    .min();
                self.saw_reason |= match scene.words.iter().find(|word| word.is_of(tag)) {
                    Some(word) if word.is_void() => scene.effective(*word) > when,
                    Some(word) => scene.effective(*word) >= when,
                    None => oldest >= Some(when),
                };
            }
            Call::Cancel { .. } | Call::Reset { .. } | Call::ResetAll => {}
        }
    }

    pub(super) fn change<const WAYS: usize>(
        &mut self,
        way: usize,
        old: Word,
        new: Word,
        scene: &Scene<WAYS>,
    ) -> Verdict {
        let is_first = self.changes.is_empty();
        self.changes.push((way, new.bits()));
        match self.call {
            Call::Peek { .. } => Err("a look changed a word".to_owned()),
            Call::Admit { tag, .. } | Call::Mark { tag, .. } => {
                hold!(is_first, "a call left two marks");
                hold!(new.is_of(tag) && !new.is_void(), "a mark is not the key's");
                self.fire(way, old, new, tag, scene)
            }
            Call::Cancel { mark } => {
                hold!((way, old.bits()) == mark, "a cancel took another's mark");
                hold!(new == old.voided(), "a cancel lost tag or stamp");
                Ok(())
            }
            Call::Reset { tag, last } => {
                hold!(old.is_of(tag), "a reset hit another key");
                let is_it = last.is_none_or(|last| old.stamp() == last);
                hold!(is_it, "a reset hit another firing");
                hold!(new == old.voided(), "a reset lost tag or stamp");
                Ok(())
            }
            Call::ResetAll => {
                hold!(old != Word::EMPTY, "a reset of an empty word");
                hold!(new == old.voided(), "a reset lost tag or stamp");
                Ok(())
            }
        }
    }

    fn fire<const WAYS: usize>(
        &self,
        way: usize,
        old: Word,
        new: Word,
        tag: Tag,
        scene: &Scene<WAYS>,
    ) -> Verdict {
        if self.is_overtaken {
            let was_junk = old.stamp().is_junk_at(self.lowest_clock);
            hold!(
                new.stamp() >= old.stamp() || was_junk,
                "a stamp shrank that was never junk"
            );
            return Ok(());
        }
        let passed = scene.effective(old);
        hold!(new.stamp() >= passed, "a stamp shrank");
        // One more than the largest stamp that is not junk.
        hold!(!new.stamp().is_junk_at(scene.now.next()), "junk was left");
        if old.is_of(tag) {
            let passes = !old.is_void() || new.stamp() > passed || passed == Stamp::MAX;
            hold!(passes, "a firing did not pass the cancelled one before it");
            return Ok(());
        }
        hold!(
            new.stamp() > passed || passed == Stamp::MAX,
            "an insert left no larger stamp"
        );
        for (other, &word) in scene
            .words
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != way)
        {
            hold!(
                (passed, way) < (scene.effective(word), other),
                "an insert displaced another than the smallest stamp"
            );
            hold!(!word.is_of(tag), "a key stands in two words");
        }
        Ok(())
    }

    pub(super) fn end(self, outcome: Outcome) -> Verdict {
        let is_excused = self.is_overtaken;
        match outcome {
            Outcome::Left(mark) => {
                let left = self.changes.first().copied();
                hold!(
                    mark == left,
                    "a mark that was not left, or one that was not told of"
                );
                let is_right = mark.is_some() || self.saw_reason || is_excused;
                hold!(is_right, "refused without a reason");
            }
            Outcome::Suppressed(suppressed) => {
                let is_right = if suppressed {
                    self.saw_reason
                } else {
                    self.saw_none
                };
                hold!(is_right || is_excused, "a look saw what was not");
            }
            Outcome::TookBack(count) => {
                // A reset answers whether there was one; after a step a key may have had two.
                let told = match self.call {
                    Call::Reset { .. } => self.changes.len().min(1),
                    _ => self.changes.len(),
                };
                hold!(count == told, "a firing was taken back in name alone");
                hold!(self.stands.is_none(), "a firing was not taken back");
            }
        }
        Ok(())
    }
}
