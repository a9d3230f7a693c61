//! Loading config files.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;

use benches::table::{heading, print, row, show};
use benches::{batches, median};
use herald_audio::internals::config::{LiveConfig, load};
use herald_audio::internals::system::env::Env;
use serde_json::Value;

use crate::{Effort, Home};

/// The worst case of a repository: as many meaningless names as a config may have.
const HOSTILE: usize = 5_000;
const HOSTILE_LEN: usize = 255 << 10;

pub(crate) fn run(home: &Home, effort: Effort) {
    let names = |value: &str| -> String {
        let len = HOSTILE_LEN / HOSTILE - value.len() - 8;
        let member = |n: usize| format!("\"{n:x<len$}\": {value},\n");
        (0..HOSTILE).map(member).collect()
    };
    let keys = format!("{{{} \"z\": 1}}", names("1"));
    let events = format!(
        "{{\"events\": {{{} \"z\": {{}}}}}}",
        names(r#"{"enabled": 1}"#)
    );
    let file = |name, content: &str| Some(home.write(name, content));
    let cases = [
        ("no file", None),
        ("a small file", file("small.json", crate::SMALL)),
        // Recognised as the original's by this name.
        (
            "the original's file",
            file("audio_config.json", crate::ORIGINAL),
        ),
        ("255 KiB, 5,000 unknown keys", file("keys.json", &keys)),
        (
            "255 KiB, 5,000 unknown events, each with a wrong value",
            file("events.json", &events),
        ),
    ];
    println!("Loading a config:\n");
    let columns = ["load", "reload and swap", "the file alone, by serde_json"];
    let mut table = heading(columns.map(str::to_owned));
    for (name, file) in cases {
        let times = times(home, file, effort);
        let cells = times.map(|time| time.map_or("–".to_owned(), show));
        table.push(row(name, cells));
    }
    print(&table);
}

/// The times for loading, reloading, and only parsing JSON.
fn times(home: &Home, file: Option<PathBuf>, effort: Effort) -> [Option<f64>; 3] {
    let env = match &file {
        Some(file) => Env::of([("HERALD_CONFIG", file)]),
        None => Env::of([("HOME", home.root())]),
    };
    let root = Some(home.root());
    let live = LiveConfig::load(env.clone(), root);
    let mut medians: [Vec<f64>; 3] = Default::default();
    for _ in 0..effort.repeats {
        let mut time = |number: usize, way: &dyn Fn()| {
            medians[number].push(median(batches(effort.time, 1, way)));
        };
        time(0, &|| _ = black_box(load(&env, root)));
        time(1, &|| _ = black_box(live.reload()));
        if let Some(file) = &file {
            time(2, &|| {
                let text = fs::read(file).unwrap();
                black_box(serde_json::from_slice::<Value>(&text).unwrap());
            });
        }
    }
    medians.map(|times| (!times.is_empty()).then(|| median(times)))
}
