//! Makes copies of the set's source, most of them broken by one change of their text, so that the
//! models can show that they notice.
//!
//! Each text to change must stand in the source exactly once: when the source moves on, this
//! build fails rather than let a copy be whole that should be broken.

use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "../src/throttle/set.rs";

/// A copy: its name, the texts to change, and what each becomes.
type Copy = (&'static str, &'static [(&'static str, &'static str)]);

const COPIES: &[Copy] = &[
    // Not broken.
    ("shipped", &[]),
    // Not broken: loom loses interleavings of a thread that loads a cell and later writes it
    // (tokio-rs/loom#166), but none of read-modify-writes.
    (
        "loads_that_write",
        &[(
            "Word::from_bits(self.slots[way].load(Relaxed))",
            "Word::from_bits(self.slots[way].fetch_or(0, Relaxed))",
        )],
    ),
    // Not broken: the tie rule may be turned round, as long as it is one rule.
    (
        "last_of_equal_victims",
        &[("stamp < smallest.stamp", "stamp <= smallest.stamp")],
    ),
    (
        "store_instead_of_swap",
        &[(
            ".compare_exchange(old.bits(), new.bits(), Relaxed, Relaxed)\n            .is_ok()",
            ".load(Relaxed) == old.bits() && { self.slots[way].store(new.bits(), Relaxed); true }",
        )],
    ),
    // The first word that is older than the window, and the smallest only if there is none.
    (
        "any_expired_victim",
        &[(
            "victim.is_none_or(|smallest| stamp < smallest.stamp)",
            "victim.is_none_or(|chosen| chosen.stamp.age_at(now) < crate::WINDOW_MS
                && (stamp.age_at(now) >= crate::WINDOW_MS || stamp < chosen.stamp))",
        )],
    ),
    (
        "no_bump",
        &[(
            "if self.is_victim || self.word.is_void() {",
            "if self.word.is_void() {",
        )],
    ),
    (
        "no_bump_after_cancel",
        &[(
            "if self.is_victim || self.word.is_void() {",
            "if self.is_victim {",
        )],
    ),
    (
        "loser_is_admitted",
        &[(
            "self.swap(place.way, place.word, word).then_some(",
            "(self.swap(place.way, place.word, word) || true).then_some(",
        )],
    ),
    // A loser swaps again on whatever the word is now, without a look at it.
    (
        "no_rescan",
        &[(
            "self.swap(place.way, place.word, word).then_some(",
            "(self.swap(place.way, place.word, word) || {
                let seen = Word::from_bits(self.slots[place.way].load(Relaxed));
                self.swap(place.way, seen, word)
            })
            .then_some(",
        )],
    ),
    (
        "junk_by_an_old_reading",
        &[("self.zero_if_junk(stamp)\n", "Some(Stamp::ZERO)\n")],
    ),
    (
        "junk_is_bumped",
        &[(
            "            self.stamp.next()\n",
            "            self.word.stamp().next()\n",
        )],
    ),
    (
        "junk_is_known",
        &[(
            "(!stamp.is_junk_at(now)).then_some(Place::of_mine(way, word, stamp))",
            "Some(Place::of_mine(way, word, stamp))",
        )],
    ),
    (
        "cancel_drops_the_tag",
        &[(
            "way < WAYS && self.swap(way, word, word.voided())",
            "way < WAYS && self.swap(way, word, Word::EMPTY)",
        )],
    ),
    (
        "update_lowers_the_stamp",
        &[(
            "now.max(place.floor())",
            "if place.is_victim { now.max(place.floor()) } else { now }",
        )],
    ),
    (
        "old_news_is_marked",
        &[
            (
                "when < place.stamp || when == place.stamp",
                "when == place.stamp",
            ),
            ("when.max(place.floor())", "when"),
        ],
    ),
    (
        "reset_by_store",
        &[(
            "|(way, word): (usize, Word)| self.swap(way, word, word.voided());",
            "|(way, word): (usize, Word)| {
                self.slots[way].store(word.voided().bits(), Relaxed);
                true
            };",
        )],
    ),
];

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=mutants.rs");
    let source = included(&fs::read_to_string(SOURCE).expect("the set's source"));
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    for (name, changes) in COPIES {
        let mut copy = source.clone();
        for (from, to) in *changes {
            let found = copy.matches(from).count();
            assert_eq!(found, 1, "{name}: {from:?} must be in {SOURCE} once");
            copy = copy.replace(from, to);
        }
        let path = Path::new(&out).join(name).with_extension("rs");
        fs::write(path, copy).expect("OUT_DIR is writable");
    }
}

/// The source as a module of this package can include it. Its atomics are this package's.
fn included(source: &str) -> String {
    source
        .lines()
        .filter(|line| !line.starts_with("//!"))
        .map(|line| {
            line.replace("super::", "herald::throttle::")
                .replace("crate::clock::", "herald::clock::")
                + "\n"
        })
        .collect()
}
