//! Makes broken copies of the table, each by one change of its text, so that the models can show
//! that they notice; and one copy that is not broken, with loads that are read-modify-writes.
//!
//! loom loses interleavings of a thread that loads a cell and later writes it
//! (tokio-rs/loom#166), but not with read-modify-writes: so the models run with both.

use std::path::Path;
use std::{env, fs};

/// Name of the copy, the text to change, and what it becomes.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "loads_that_write",
        "slot.load(Relaxed)",
        "slot.fetch_or(0, Relaxed)",
    ),
    (
        "store_instead_of_swap",
        ".compare_exchange(old.bits(), new.bits(), Relaxed, Relaxed)\n            .is_ok()",
        ".load(Relaxed) == old.bits() && { self.slots[index].store(new.bits(), Relaxed); true }",
    ),
    (
        "loser_is_admitted",
        "if self.swap(index, old, new) {\n                return Decision::Admit",
        "if self.swap(index, old, new) || true {\n                return Decision::Admit",
    ),
    ("no_bump", "now.max(stamp.next())", "now.max(stamp)"),
    (
        "last_of_equal_victims",
        "stamp < smallest",
        "stamp <= smallest",
    ),
    (
        "cancel_drops_the_tag",
        "self.swap(index, word, word.voided())",
        "self.swap(index, word, Word::EMPTY)",
    ),
];

fn main() {
    let source = "../src/throttle/table.rs";
    println!("cargo::rerun-if-changed={source}");
    println!("cargo::rerun-if-changed=mutants.rs");
    let table = fs::read_to_string(source).expect("the table's source");
    let table: String = table
        .lines()
        .filter(|line| !line.starts_with("//!"))
        .map(|line| {
            line.replace("super::", "herald::throttle::")
                .replace("crate::", "herald::")
                + "\n"
        })
        .collect();
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    for (name, from, to) in CHANGES {
        assert_eq!(
            table.matches(from).count(),
            1,
            "{name}: {from:?} must be in {source} once"
        );
        let copy = Path::new(&out).join(name).with_extension("rs");
        fs::write(copy, table.replace(from, to)).expect("OUT_DIR is writable");
    }
}
