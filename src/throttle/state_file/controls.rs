//! State shared in addition to the throttle: mute, snooze and master volume, and the last picks.
//!
//! | words | controls | last picks |
//! |---|---|---|
//! | mapped | of all processes, at once | of all processes |
//! | in a locked file | of all processes; as last seen if the lock is not acquired | of this process, one set at a time |
//! | in this process | nothing is set, and nothing can be | of this process, one set at a time |
//!
//! In a default state directory the controls outlive the file: see [`super::kept`]. Elsewhere they are lost
//! with it: if it is removed, or damaged and replaced, nothing is muted any longer.

use std::time::Duration;

use super::kept::KeptControls;
use super::{Generation, StateFile};
use crate::controls::{self, Controls, LONGEST_SNOOZE, Snooze};
use crate::error::{Cause, Error, ErrorKind, Result};
use crate::picks;
use crate::sync::{AtomicU64, Ordering::Relaxed};

impl StateFile {
    /// The controls in force at `unix_ms` milliseconds since 1970, those of the fleet included. As for the
    /// throttle, the path is checked at most once per second.
    pub fn controls(&self, unix_ms: u64) -> Controls {
        let [own, fleet] = self.words_of_controls(unix_ms);
        own.beneath(fleet, unix_ms)
    }

    /// The user's own controls, and the fleet's.
    fn words_of_controls(&self, unix_ms: u64) -> [Controls; 2] {
        // Relaxed: see `controls`.
        let words = match self.follow(unix_ms) {
            Generation::Mapped(opened) => {
                let words = [opened.mapping.controls(), opened.mapping.fleet()];
                words.map(|word| word.load(Relaxed))
            }
            Generation::Locked(file, _) => match file.controls() {
                Ok(words) => {
                    self.known_controls.store(words[0], Relaxed);
                    words
                }
                Err(error) => {
                    let _ = self.lock_failure.set(Box::new(error));
                    [self.known_controls.load(Relaxed), 0]
                }
            },
            Generation::InProcess(_) => [0; 2],
        };
        words.map(Controls::from_bits)
    }

    /// Mutes everything for `time` from `unix_ms` milliseconds since 1970 on because the fleet is muted, at most
    /// for [`LONGEST_SNOOZE`]; none ends that. The user's own controls stay, and no copy is kept.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn set_fleet_mute(&self, unix_ms: u64, time: Option<Duration>) -> Result<()> {
        let snooze = time.map(|time| Snooze::new(unix_ms, time.min(LONGEST_SNOOZE)));
        let word = match snooze.transpose()? {
            Some(snooze) => Controls::NONE.snoozed(snooze),
            None => Controls::NONE,
        };
        match self.follow(unix_ms) {
            Generation::Mapped(opened) => {
                // Relaxed: one process writes it, and it publishes no other memory.
                opened.mapping.fleet().store(word.bits(), Relaxed);
                Ok(())
            }
            Generation::Locked(file, _) => file.set_fleet(word.bits()).map_err(cannot_change),
            Generation::InProcess(why) => Err(cannot_change(why.to_string())),
        }
    }

    /// Applies `change` to the controls at `unix_ms` milliseconds since 1970, for all processes. Returns the
    /// result. `change` may be called more than once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if other processes would not see it.
    pub fn change_controls(
        &self,
        unix_ms: u64,
        change: impl Fn(Controls) -> Controls,
    ) -> Result<Controls> {
        let change = |word: &AtomicU64| controls::change(word, &change);
        // Even if it was just checked: nobody sees a change in an abandoned file.
        self.look(unix_ms);
        match self.generation() {
            Generation::Mapped(opened) => {
                let changed = change(opened.mapping.controls());
                let path = self.path.as_deref();
                match path.is_some_and(|path| opened.is_still_at(path)) {
                    true => {
                        self.keep(unix_ms);
                        Ok(changed)
                    }
                    false => Err(cannot_change("the state file was removed")),
                }
            }
            Generation::Locked(file, _) => {
                let changed = file.change_controls(change).map_err(cannot_change)?;
                self.known_controls.store(changed.bits(), Relaxed);
                self.keep(unix_ms);
                Ok(changed)
            }
            // Includes its hint.
            Generation::InProcess(why) => Err(cannot_change(why.to_string())),
        }
    }

    /// When everything was muted, in milliseconds since 1970, if it is and that is known.
    pub fn muted_since(&self) -> Option<u64> {
        let copy = self.kept()?.read()?;
        copy.controls.is_muted().then_some(copy.muted_ms)
    }

    /// The copy of the controls that survives the state directory, if there is one.
    fn kept(&self) -> Option<KeptControls> {
        KeptControls::of(self.env.as_ref()?, self.path.as_deref()?.parent()?)
    }

    /// Copies the controls, which were changed at `unix_ms`.
    fn keep(&self, unix_ms: u64) {
        let kept = self.kept();
        let kept = kept.map_or(Ok(()), |kept| {
            kept.write(unix_ms, || self.words_of_controls(unix_ms)[0])
        });
        if let Err(error) = kept {
            let _ = self.keep_failure.set(Box::new(error));
        }
    }

    /// Picks one of `count` from `set`, a hash of the collection, using `dice`, 64 random bits: never the
    /// last pick of any process, if the file has it. Returns its index: 0 if there is only one, or none.
    ///
    /// Sets share 120 words and overwrite each other's pick: see [`crate::picks`]. The path is not checked,
    /// because the throttle was asked before.
    pub fn pick(&self, set: u64, count: usize, dice: u64) -> usize {
        let picked = self.pick_present(set, count, dice, |_| true);
        picked.unwrap_or_default()
    }

    /// As [`Self::pick`], among those that exist: see [`picks::pick_present`].
    pub fn pick_present(
        &self,
        set: u64,
        count: usize,
        dice: u64,
        is_there: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        picks::pick_present(self.pick_word(set), set, count, dice, is_there)
    }

    /// Picks the one of `count` from `set` after the last pick of any process: see [`picks::pick_next`].
    pub fn pick_next(&self, set: u64, count: usize) -> usize {
        picks::pick_next(self.pick_word(set), set, count)
    }

    /// The word with the last pick from `set`.
    fn pick_word(&self, set: u64) -> &AtomicU64 {
        let word = match self.generation() {
            Generation::Mapped(opened) => {
                let words = opened.mapping.picks();
                words.get(picks::place(set, words.len()))
            }
            Generation::Locked(..) | Generation::InProcess(_) => None,
        };
        word.unwrap_or(&self.known_pick)
    }
}

fn cannot_change(why: impl Into<Cause>) -> Error {
    Error::new(ErrorKind::State, "cannot change the shared controls").because(why)
}
