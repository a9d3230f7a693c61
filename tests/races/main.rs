//! The guarantees of the throttle and its file, with processes that race, die and stop.
//!
//! A test starts processes: this same program with a role ([`crew`]). They meet and count on a shared board
//! ([`board`]), so nothing here is timed: a busy machine makes a test slow rather than fail. Two controls,
//! each a common simpler method, run in the same harness and must fail: a harness that finds no fault in them
//! would prove nothing.
//!
//! `cargo test -p herald-cli --test races` takes 5 to 15 seconds on two processors. The long run,
//! `HERALD_SOAK=1 cargo test -p herald-cli --test races`, is 2,000 rounds of the race, 1,000 processes killed
//! while they ask and 1,000 while they create the file; it took 54 to 77 seconds there. With `-- --nocapture`
//! each test prints its counts.
#![cfg(unix)]

#[cfg(feature = "playback")]
mod all_idle;
mod board;
mod controls;
mod creation;
mod crew;
mod dice;
#[cfg(feature = "playback")]
mod held;
#[cfg(feature = "playback")]
mod idle;
mod json;
mod kept;
mod locked;
#[cfg(feature = "playback")]
mod manager;
mod path;
mod race;
#[cfg(feature = "playback")]
mod reminders;
mod repair;
#[cfg(feature = "playback")]
mod rotation;
#[cfg(feature = "playback")]
mod runs;
mod stop;
mod storm;
mod torn;
#[cfg(feature = "playback")]
mod turns;
#[cfg(feature = "playback")]
mod voices;

use crew::Member;

/// Whether this is the long run.
fn is_soak() -> bool {
    std::env::var_os("HERALD_SOAK").is_some_and(|value| value == "1")
}

/// The number of repetitions: `soak` in the long run, else `usual`; fewer where the tests themselves are
/// repeated, in `cargo xtask test --stress`.
fn rounds(usual: u64, soak: u64) -> u64 {
    match std::env::var_os("HERALD_STRESS") {
        _ if is_soak() => soak,
        Some(_) => usual / 5,
        None => usual,
    }
}

/// Not a test: runs the role of a process that a test started.
#[test]
#[ignore = "the tests run it, in processes of their own"]
fn role() {
    let Some((role, me)) = Member::here() else {
        return;
    };
    match role.as_str() {
        "race" => race::ask(me),
        "locked" => locked::ask(me),
        "controls" => controls::change(me),
        "kept" => kept::restore(me),
        "json" => json::ask(me),
        #[cfg(feature = "playback")]
        "manager" => manager::ask(me),
        "creation" => creation::open(me),
        "half-made" => creation::open_naively(me),
        "storm" => storm::ask(me),
        "torn" => torn::make(me),
        "stop" => stop::ask(me),
        "repair" => repair::open(me),
        #[cfg(feature = "playback")]
        "turns" => turns::stop(me),
        #[cfg(feature = "playback")]
        "all idle" => all_idle::work(me),
        #[cfg(feature = "playback")]
        "rotation" => rotation::pick(me),
        #[cfg(feature = "playback")]
        "runs" => runs::stop(me),
        #[cfg(feature = "playback")]
        "held" => held::ask(me),
        #[cfg(feature = "playback")]
        "idle" => idle::stop(me),
        #[cfg(feature = "playback")]
        "reminders" => reminders::stop(me),
        #[cfg(feature = "playback")]
        "voices" => voices::look(me),
        "path" => path::follow(me),
        _ => panic!("no role {role:?}"),
    }
}
