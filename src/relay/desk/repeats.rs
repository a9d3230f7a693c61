//! Recognizes what a box sent twice, in a few bytes.
//!
//! A sequence is a number of the relay that sent it, which is random, and a count. Of the last two relays of a
//! box the last 1,024 counts are known; earlier ones count as known.

const WORDS: usize = 16;
const REMEMBERED: u32 = WORDS as u32 * u64::BITS;

/// The sequences of a box so far.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// The latest relay first.
    relays: [Option<Counts>; 2],
}

/// The counts of one relay.
#[derive(Clone, Copy, Debug)]
struct Counts {
    relay: u32,
    newest: u32,
    /// Bit `n % 1024` for each known count `n`, up to 1,023 below the newest.
    known: [u64; WORDS],
}

impl Repeats {
    /// Whether `sequence` was not there before; now it was.
    pub(super) fn is_new(&mut self, sequence: u64) -> bool {
        let (relay, count) = ((sequence >> 32) as u32, sequence as u32);
        let mut known = self.relays.iter_mut().flatten();
        if let Some(counts) = known.find(|counts| counts.relay == relay) {
            return counts.is_new(count);
        }
        let first = Counts {
            relay,
            newest: count,
            known: [0; WORDS],
        };
        self.relays[1] = self.relays[0].replace(first);
        self.relays[0]
            .as_mut()
            .is_some_and(|counts| counts.is_new(count))
    }
}

impl Counts {
    fn is_new(&mut self, count: u32) -> bool {
        if count > self.newest {
            // The places between them were those of counts that are too old now.
            let ahead = (count - self.newest).min(REMEMBERED);
            (0..ahead).for_each(|back| self.forget(count - back));
            self.newest = count;
        }
        if self.newest - count >= REMEMBERED {
            return false;
        }
        let (word, bit) = place(count);
        let is_new = self.known[word] & bit == 0;
        self.known[word] |= bit;
        is_new
    }

    fn forget(&mut self, count: u32) {
        let (word, bit) = place(count);
        self.known[word] &= !bit;
    }
}

fn place(count: u32) -> (usize, u64) {
    let place = count % REMEMBERED;
    ((place / u64::BITS) as usize, 1 << (place % u64::BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_of_the_last_two_relays_are_known() {
        let mut repeats = Repeats::default();
        let relay = |number: u64, count: u64| number << 32 | count;
        for number in [1, 2] {
            assert!(repeats.is_new(relay(number, 5)));
            assert!(!repeats.is_new(relay(number, 5)));
        }
        assert!(
            repeats.is_new(relay(1, 5 + 1_024)),
            "the first relay goes on"
        );
        assert!(!repeats.is_new(relay(1, 5)), "too old to know");
        assert!(repeats.is_new(relay(1, 6)));
        assert!(repeats.is_new(relay(3, 5)));
        assert!(!repeats.is_new(relay(2, 5)));
        assert!(repeats.is_new(relay(3, u64::from(u32::MAX))));
    }

    proptest! {
        #[test]
        fn as_a_set_of_all_within_reach(counts in prop::collection::vec(0_u32..3_000, 1..600)) {
            let mut repeats = Repeats::default();
            let mut all = HashSet::new();
            let mut newest = 0;
            for count in counts {
                newest = newest.max(count);
                let is_new = all.insert(count) && newest - count < REMEMBERED;
                prop_assert_eq!(repeats.is_new(u64::from(count)), is_new);
            }
        }
    }
}
