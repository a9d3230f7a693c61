//! Controls after the state directory is lost: of the processes that come first, none finds them unset,
//! and none of their changes is lost.

use herald_audio::internals::state_file::StateFile;
use herald_audio::internals::system::env::Env;

use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::PROCESSES;
use crate::rounds;

/// No snooze is asked for, so the time does not count.
const NOON: u64 = 1_800_000_000_000;

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

/// In each round all open a new file; every other one turns the volume up, from a thousandth on.
pub(crate) fn restore(mut me: Member) {
    let runtime = me.dir.join("run");
    let dir = runtime.join("herald");
    let env = Env::of([("XDG_RUNTIME_DIR", &runtime), ("XDG_STATE_HOME", &me.dir)]);
    for round in 0..all_rounds() {
        if me.is_first() {
            std::fs::remove_dir_all(&dir).unwrap();
            std::fs::create_dir(&dir).unwrap();
        }
        me.line_up();
        let file = StateFile::open_keeping(&dir, Some(env.clone()));
        let found = file.controls(NOON);
        assert!(found.is_muted(), "round {round}");
        assert!(found.thousandths() >= Some(1), "round {round}");
        if me.number.is_multiple_of(2) {
            let louder = |found: herald_audio::Controls| {
                let louder = found.thousandths().unwrap_or(0) + 1;
                found.at_volume(Some(f32::from(louder) / 1_000.0))
            };
            file.change_controls(NOON, louder).unwrap();
        }
        me.meet();
        if me.is_first() {
            let expected = Some(me.len as u16 / 2 + 1);
            assert_eq!(file.controls(NOON).thousandths(), expected, "round {round}");
            // The copy says the same.
            std::fs::remove_dir_all(&dir).unwrap();
            std::fs::create_dir(&dir).unwrap();
            let again = StateFile::open_keeping(&dir, Some(env.clone()));
            assert_eq!(
                again.controls(NOON).thousandths(),
                expected,
                "round {round}"
            );
            let lowest = |found: herald_audio::Controls| found.at_volume(Some(0.001));
            again.change_controls(NOON, lowest).unwrap();
        }
        me.meet();
    }
}

#[test]
fn of_32_processes_that_come_first_each_finds_the_controls() {
    let dir = dir_in_memory();
    let runtime = dir.path().join("run");
    std::fs::create_dir_all(runtime.join("herald")).unwrap();
    let env = Env::of([
        ("XDG_RUNTIME_DIR", &*runtime),
        ("XDG_STATE_HOME", dir.path()),
    ]);
    let file = StateFile::open_keeping(&runtime.join("herald"), Some(env));
    file.change_controls(NOON, |found| found.muted().at_volume(Some(0.001)))
        .unwrap();
    Crew::start("kept", PROCESSES, dir.path()).finish();
    println!("{} losses", all_rounds());
}
