//! Simultaneous mutes and volume changes: none is lost.

use herald_audio::internals::controls::Controls;
use herald_audio::internals::state_file::StateFile;

use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::PROCESSES;
use crate::rounds;

/// No snooze is requested, so the time does not matter.
const NOON: u64 = 1_800_000_000_000;

fn all_rounds() -> u64 {
    rounds(100, 2_000)
}

fn mute_or_turn_up(number: usize, controls: Controls) -> Controls {
    if number.is_multiple_of(2) {
        return controls.muted();
    }
    let louder = controls.thousandths().unwrap_or(0) + 1;
    controls.at_volume(Some(f32::from(louder) / 1_000.0))
}

/// In each round every other member increases the volume by a thousandth, and the others mute.
pub(crate) fn change(mut me: Member) {
    let file = StateFile::open(&me.dir);
    let number = me.number;
    let mine = |controls| mute_or_turn_up(number, controls);
    for round in 0..all_rounds() {
        me.line_up();
        file.change_controls(NOON, mine).unwrap();
        me.meet();
        if me.is_first() {
            let controls = file.controls(NOON);
            assert!(controls.is_muted(), "round {round}");
            let turned_up = controls.thousandths().map(usize::from);
            assert_eq!(turned_up, Some(me.len / 2), "round {round}");
            let reset = |controls: Controls| controls.unmuted().at_volume(None);
            file.change_controls(NOON, reset).unwrap();
        }
    }
}

#[test]
fn of_32_processes_that_change_the_controls_each_is_heeded_in_each_round() {
    let dir = dir_in_memory();
    drop(StateFile::open(dir.path()));
    Crew::start("controls", PROCESSES, dir.path()).finish();
    println!("{} rounds, {PROCESSES} changes in each", all_rounds());
}
