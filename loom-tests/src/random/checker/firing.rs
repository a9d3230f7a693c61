//! The last firing of each key, followed through a journal.

use herald_throttle::internals::table::word::{Stamp, Tag, Word};

use super::super::journal::Call;
use super::call::Running;
use super::{Scene, Verdict, hold};

pub(super) struct Firings {
    firings: Vec<Firing>,
    /// The most sounds of any key in a row.
    pub(super) loudest: usize,
}

/// A key's last firing.
struct Firing {
    tag: Tag,
    stamp: Stamp,
    /// Whether it suppresses its key: not if it was displaced, cancelled or reset.
    stands: bool,
    /// Sounds since the key was last displaced, cancelled or reset, except those with a window of zero.
    sounds: usize,
}

impl Firings {
    /// The firings in `words`, and none for the other keys.
    pub(super) fn of(words: &[Word], tags: &[Tag]) -> Self {
        let firing = |&tag| {
            let word = words.iter().find(|word| word.is_of(tag));
            Firing {
                tag,
                stamp: word.map_or(Stamp::ZERO, |word| word.stamp()),
                stands: word.is_some_and(|word| !word.is_void()),
                sounds: 0,
            }
        };
        Self {
            firings: tags.iter().map(firing).collect(),
            loudest: 0,
        }
    }

    pub(super) fn change<const WAYS: usize>(
        &mut self,
        by: &Running,
        old: Word,
        new: Word,
        scene: &Scene<WAYS>,
    ) -> Verdict {
        let (tag, window_ms) = match by.call {
            Call::Admit { tag, window_ms } => (tag, window_ms),
            Call::Mark { tag, .. } => (tag, 0),
            Call::Cancel { .. } | Call::Reset { .. } | Call::ResetAll | Call::Peek { .. } => {
                let taken_back = |firing: &&mut Firing| old.is_of(firing.tag);
                self.firings
                    .iter_mut()
                    .filter(taken_back)
                    .for_each(Firing::end);
                return Ok(());
            }
        };
        // An overtaken call may have left the key a second word with its own firing.
        let stands_once = scene.words.iter().filter(|word| word.is_of(tag)).count() <= 1;
        for firing in &mut self.firings {
            if firing.tag == tag {
                let counts = firing.stands && !firing.stamp.is_junk_at(scene.now);
                let is_early = counts && firing.stamp.age_at(new.stamp()) < window_ms;
                let is_excused = by.is_overtaken || !stands_once;
                hold!(
                    !is_early || is_excused,
                    "a key was admitted again within its window"
                );
                firing.stamp = new.stamp();
                firing.stands = true;
                firing.sounds += usize::from(window_ms > 0);
                self.loudest = self.loudest.max(firing.sounds);
            } else if old.is_of(firing.tag) {
                firing.end();
            }
        }
        Ok(())
    }
}

impl Firing {
    fn end(&mut self) {
        self.stands = false;
        self.sounds = 0;
    }
}
