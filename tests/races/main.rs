//! What the throttle and its file promise, put to processes that race, die and stand still.
//!
//! A test starts processes: this same program with a role to play ([`crew`]). They meet and count
//! on a board that all of them see ([`board`]), so that nothing here is timed: a machine that is
//! busy makes a test slow, not red. Two controls, each a common way to do without what Herald
//! does, run in the same harness and must fail in it: a harness that finds nothing wrong with
//! those would prove nothing.
//!
//! `cargo test -p herald-cli --test races` takes 5 to 15 seconds on two processors. The long run,
//! `HERALD_SOAK=1 cargo test -p herald-cli --test races`, is 2,000 rounds of the race, 1,000 processes killed
//! while they ask and 1,000 while they make the file; it took 54 to 77 seconds there. With
//! `-- --nocapture` each test tells what it has counted.
#![cfg(unix)]

mod board;
mod controls;
mod creation;
mod crew;
mod dice;
mod json;
mod locked;
#[cfg(feature = "playback")]
mod manager;
mod path;
mod race;
mod repair;
mod stop;
mod storm;
mod torn;
#[cfg(feature = "playback")]
mod turns;

use crew::Member;

/// Whether this is the long run, of all the rounds and kills.
fn is_soak() -> bool {
    std::env::var_os("HERALD_SOAK").is_some_and(|value| value == "1")
}

/// How often something is done: `soak` times in the long run, else `usual` times.
fn rounds(usual: u64, soak: u64) -> u64 {
    if is_soak() { soak } else { usual }
}

/// Not a test: what the processes do that the tests start.
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
        "path" => path::follow(me),
        _ => panic!("no role {role:?}"),
    }
}
