//! Creates copies of the sources under test, most of them broken by one textual change, so that the models
//! can show that they detect it.
//!
//! Each text to change must occur in the source exactly once: when the source changes, this build fails
//! rather than leave a copy intact that should be broken.

use std::path::Path;
use std::{env, fs};

const SET: &str = "../src/throttle/table/set.rs";
/// The files of the engine with their modules; outer modules come first.
const ENGINE: [(&str, &str); 7] = [
    ("", "../src/engine/mod.rs"),
    ("lane", "../src/engine/lane.rs"),
    ("life", "../src/engine/life.rs"),
    ("master", "../src/engine/master.rs"),
    ("realtime::limiter", "../src/engine/realtime/limiter.rs"),
    ("realtime::ramp", "../src/engine/realtime/ramp.rs"),
    ("realtime::voice", "../src/engine/realtime/voice.rs"),
];
const CONTROLS: &str = "../src/throttle/controls.rs";
const REREAD: &str = "../src/throttle/table/reread.rs";
const PICKS: &str = "../src/throttle/picks.rs";
const REALTIME: &str = "../src/engine/realtime/mod.rs";

/// A copy: its name, the texts to change, and their replacements.
type Copy = (&'static str, &'static [(&'static str, &'static str)]);

const SET_COPIES: &[Copy] = &[
    // Intact.
    ("shipped", &[]),
    // Intact: loom loses interleavings of a thread that loads a cell and later writes it (tokio-rs/loom#166),
    // but none of read-modify-writes.
    (
        "loads_that_write",
        &[(
            "Word::from_bits(self.slots[way].load(Relaxed))",
            "Word::from_bits(self.slots[way].fetch_or(0, Relaxed))",
        )],
    ),
    // Intact: the tie rule may be reversed, as long as there is one.
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
    // The first word older than the window, and the smallest only if there is none.
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
    // A loser swaps again on the current word, without examining it.
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
    (
        "reset_of_any_firing",
        &[("word.is_of(tag) && word.stamp() == last", "word.is_of(tag)")],
    ),
];

const CONTROLS_COPIES: &[Copy] = &[
    // Intact: see above.
    (
        "controls_loads_that_write",
        &[("word.load(Relaxed)", "word.fetch_or(0, Relaxed)")],
    ),
    (
        "controls_by_store",
        &[(
            "match word.compare_exchange(found, changed.0, Relaxed, Relaxed) {",
            "word.store(changed.0, Relaxed);
        match Ok::<u64, u64>(found) {",
        )],
    ),
    // A loser replaces the latest word with its result for an old one.
    (
        "controls_of_an_old_word",
        &[(
            "    loop {
        let changed = change(Controls(found));
",
            "    let changed = change(Controls(found));
    loop {
",
        )],
    ),
];

const PICKS_COPIES: &[Copy] = &[
    // Intact: see above.
    (
        "picks_loads_that_write",
        &[("word.load(Relaxed)", "word.fetch_or(0, Relaxed)")],
    ),
    (
        "picks_by_store",
        &[(
            "match word.compare_exchange(found, remember(set, index), Relaxed, Relaxed) {",
            "word.store(remember(set, index), Relaxed);
        match Ok::<u64, u64>(found) {",
        )],
    ),
    // A loser keeps its pick, whatever the other pick was.
    (
        "picks_after_an_old_one",
        &[(
            "    loop {
        let before = last(found, set, count);
        let index = choose(before)?;
",
            "    let before = last(found, set, count);
    let index = choose(before)?;
    loop {
",
        )],
    ),
];

const REREAD_COPIES: &[Copy] = &[(
    "believed_at_once",
    &[(
        "is_read_again(words, read).then_some(retry_after)",
        "{ let _ = words; Some(retry_after) }",
    )],
)];

/// Changes in every copy of the engine, which make it small enough to explore.
const SMALL: &[(&str, &str)] = &[
    (
        "pub const MAX_VOICES: usize = 64;",
        "pub const MAX_VOICES: usize = 2;",
    ),
    (
        "pub const MAX_STARTING: usize = 64;",
        "pub const MAX_STARTING: usize = 2;",
    ),
    ("lane(MAX_VOICES + MAX_STARTING)", "lane(1)"),
];

const ENGINE_COPIES: &[Copy] = &[
    // Intact.
    ("engine_shipped", &[]),
    // Intact: see above. (Threads that load the lanes' counts never write them.)
    (
        "engine_loads_that_write",
        &[("self.state.load(Relaxed)", "self.state.load_by_write()")],
    ),
    (
        "push_announced_too_early",
        &[(
            "self.shared.queue.push(value)?;\n",
            "self.shared.pushed.store(self.pushed + 1, Ordering::Release);
             self.shared.queue.push(value)?;\n",
        )],
    ),
    (
        "pop_announced_too_early",
        &[(
            "let value = self.shared.queue.pop()?;\n",
            "self.shared.popped.store(self.popped + 1, Ordering::Release);
             let value = self.shared.queue.pop()?;\n",
        )],
    ),
    (
        "push_announced_relaxed",
        &[(
            "self.shared.pushed.store(self.pushed, Ordering::Release)",
            "self.shared.pushed.store(self.pushed, Ordering::Relaxed)",
        )],
    ),
    (
        "pop_announced_relaxed",
        &[(
            "self.shared.popped.store(self.popped, Ordering::Release)",
            "self.shared.popped.store(self.popped, Ordering::Relaxed)",
        )],
    ),
    (
        "push_learnt_relaxed",
        &[(
            "self.shared.pushed.load(Ordering::Acquire)",
            "self.shared.pushed.load(Ordering::Relaxed)",
        )],
    ),
    (
        "pop_learnt_relaxed",
        &[(
            "self.shared.popped.load(Ordering::Acquire)",
            "self.shared.popped.load(Ordering::Relaxed)",
        )],
    ),
    (
        "pop_without_a_look",
        &[(
            "if self.shared.pushed.load(Ordering::Acquire) == self.popped {",
            "if false {",
        )],
    ),
    (
        "push_without_a_look",
        &[(
            "if waiting >= self.shared.queue.capacity() as u64 {",
            "let _ = waiting;\n        if false {",
        )],
    ),
    (
        "one_more_than_fits",
        &[(
            "if waiting >= self.shared.queue.capacity() as u64 {",
            "if waiting > self.shared.queue.capacity() as u64 {",
        )],
    ),
    (
        "end_by_store",
        &[(
            "let _ = self.step(VoiceState::Playing, VoiceState::Finished)
            || self.step(VoiceState::Stopping, VoiceState::Stopped);",
            "self.state.store(VoiceState::Finished, Relaxed);",
        )],
    ),
    (
        "stop_by_store",
        &[(
            "state if self.step(state, VoiceState::Stopping) => return true,",
            "_ if { self.state.store(VoiceState::Stopping, Relaxed); true } => return true,",
        )],
    ),
    (
        "begin_by_store",
        &[(
            "self.step(VoiceState::Starting, VoiceState::Playing)",
            "{ self.state.store(VoiceState::Playing, Relaxed); true }",
        )],
    ),
    (
        "freed_in_the_callback",
        &[("*place = self.ended.push(voice).err();", "drop(voice);")],
    ),
    (
        "full_lane_forgotten",
        &[(
            "*place = self.ended.push(voice).err();",
            "let _ = self.ended.push(voice);",
        )],
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=copies.rs");
    let set = included(&read(SET));
    for (name, changes) in SET_COPIES {
        write(name, changed(name, set.clone(), changes));
    }
    for (path, copies) in [(CONTROLS, CONTROLS_COPIES), (PICKS, PICKS_COPIES)] {
        let source = without_tests(&read(path)).replace("crate::error::", "herald_throttle::");
        for (name, changes) in copies {
            write(name, changed(name, source.clone(), changes));
        }
    }
    let reread = included(&read(REREAD));
    for (name, changes) in REREAD_COPIES {
        write(name, changed(name, reread.clone(), changes));
    }
    let engine = engine();
    let engine = changed("every copy of the engine", engine, SMALL);
    for (name, changes) in ENGINE_COPIES {
        let copy = changed(name, engine.clone(), changes);
        let own = format!("crate::exhaustive::engine::copies::{name}::");
        write(name, copy.replace("crate::engine::", &own));
    }
}

fn read(path: &str) -> String {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn changed(name: &str, mut copy: String, changes: &[(&str, &str)]) -> String {
    for (from, to) in changes {
        let found = copy.matches(from).count();
        assert_eq!(found, 1, "{name}: {from:?} must be in the source once");
        copy = copy.replace(from, to);
    }
    copy
}

fn write(name: &str, copy: String) {
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let path = Path::new(&out).join(name).with_extension("rs");
    fs::write(path, copy).expect("OUT_DIR is writable");
}

/// The set's source as an includable module, with this package's atomics.
fn included(source: &str) -> String {
    source
        .lines()
        .filter(|line| !line.starts_with("//!"))
        .map(|line| {
            line.replace("super::", "herald_throttle::internals::table::")
                .replace("crate::clock::", "herald_throttle::internals::clock::")
                + "\n"
        })
        .collect()
}

/// The engine's source as one module with inline modules, and with this package's atomics, queue and clips.
fn engine() -> String {
    let mut realtime = without_tests(&read(REALTIME));
    let mut engine = String::new();
    for (module, path) in ENGINE {
        let source = without_tests(&read(path));
        match module.split_once("::") {
            None if module.is_empty() => engine = source,
            None => engine = inlined(&engine, module, &source),
            Some((_, module)) => realtime = inlined(&realtime, module, &source),
        }
    }
    let engine = inlined(&engine, "realtime", &realtime);
    let engine = engine
        .replace("pub(super) ", "pub ")
        .replace("pub(in crate::engine) ", "pub ")
        .replace("pub(crate) ", "pub ")
        .replace("crate::error::", "herald_throttle::")
        .replace("crate::audio::", "crate::exhaustive::engine::audio::");
    // Lints apply to the original.
    let start = engine.find("#![cfg_attr(").expect("the engine's lints");
    let end = engine[start..].find(")]\n").expect("their end") + start;
    engine[..start].to_owned() + &engine[end + 3..]
}

/// `source` without its documentation and tests.
fn without_tests(source: &str) -> String {
    let source = source
        .replace("#[cfg(test)]\nmod tests;\n", "")
        .replace("#[cfg(all(test, not(herald_loom)))]\nmod tests;\n", "")
        .replace("#[cfg(all(test, not(herald_loom)))]\n", "#[cfg(test)]\n");
    let source = source.split("#[cfg(test)]\nmod tests {").next();
    let lines = source.unwrap_or_default().lines();
    lines
        .filter(|line| !line.starts_with("//!"))
        .map(|line| line.to_owned() + "\n")
        .collect()
}

/// `source` with `content` as its inline module `name`.
fn inlined(source: &str, name: &str, content: &str) -> String {
    let declared = format!("mod {name};\n");
    assert_eq!(source.matches(&declared).count(), 1, "mod {name}");
    source.replace(&declared, &format!("pub mod {name} {{\n{content}}}\n"))
}
