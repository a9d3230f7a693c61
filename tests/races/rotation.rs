//! Packs in turn, picked by many processes at the same moment: none is skipped, and none comes twice.

use std::fs;
use std::path::Path;

use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Options, Sound};

use crate::board::Tally;
use crate::crew::{Crew, Member, dir_in_memory};
use crate::race::PROCESSES;
use crate::rounds;

/// Not a divisor of the number of processes, so that each round begins with another.
const PACKS: usize = 5;
const MANIFEST: &str = r#"{
    "cesp_version": "1.0",
    "name": "pack",
    "categories": {"task.complete": {"sounds": [{"file": "sounds/done.wav", "label": "Done"}]}}
}"#;

fn all_rounds() -> u64 {
    rounds(200, 2_000)
}

/// How often the pack of this number was picked.
fn picks_of(pack: usize) -> Tally {
    Tally(1 + pack)
}

fn name_of(pack: usize) -> String {
    format!("pack{pack}")
}

/// The number of the pack in `dir` that `sound` is from.
fn pack_of(sound: &Path) -> Option<usize> {
    let is_from = |pack: &usize| sound.iter().any(|name| *name == *name_of(*pack));
    (0..PACKS).find(is_from)
}

/// Each picks one sound a round. After it, the picks of all packs are those of all processes in turn.
pub(crate) fn pick(mut me: Member) {
    let env = [
        ("HOME", me.dir.clone()),
        ("HERALD_STATE_DIR", me.dir.join("state")),
        ("HERALD_CONFIG", me.dir.join("config.json")),
    ];
    let options = Options::new().env(Env::of(env)).cwd(&me.dir).in_process();
    let manager = AudioManager::open(options).unwrap();
    for round in 1..=all_rounds() {
        me.line_up();
        match manager.pick_sound("Stop") {
            Some(Sound::File(sound)) => me.board.add(picks_of(pack_of(&sound).unwrap())),
            sound => panic!("{sound:?} is of no pack"),
        }
        me.meet();
        if me.number == round as usize % me.len {
            let picks = round * me.len as u64;
            for pack in 0..PACKS {
                let expected = (picks - pack as u64).div_ceil(PACKS as u64);
                let often = me.board.read(picks_of(pack));
                assert_eq!(often, expected, "pack {pack} in round {round}");
            }
        }
        me.meet();
    }
}

#[test]
fn packs_in_turn_are_each_picked_in_their_turn() {
    let dir = dir_in_memory();
    for pack in 0..PACKS {
        let pack = dir.path().join(".openpeon/packs").join(name_of(pack));
        fs::create_dir_all(pack.join("sounds")).unwrap();
        fs::write(pack.join("sounds/done.wav"), "a sound").unwrap();
        fs::write(pack.join("openpeon.json"), MANIFEST).unwrap();
    }
    let names: Vec<_> = (0..PACKS).map(name_of).collect();
    let config = format!(r#"{{"packs": {{"active": {names:?}, "rotation": "in_turn"}}}}"#);
    fs::write(dir.path().join("config.json"), config).unwrap();
    Crew::start("rotation", PROCESSES, dir.path()).finish();
    println!("{} picks", all_rounds() * PROCESSES as u64);
}
