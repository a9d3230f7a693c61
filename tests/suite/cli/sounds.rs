//! `herald sounds` and `herald pack preview`

use std::fs;

use herald_audio::Chime;
use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run, wav};

/// A sandbox with a pack of two sounds, of which one is muted.
fn with_pack() -> Sandbox {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home/.openpeon/packs/peon");
    fs::create_dir_all(&dir).unwrap();
    for name in ["done.wav", "work.wav"] {
        fs::write(dir.join(name), wav(&[1, 2, 3])).unwrap();
    }
    let manifest = json!({"name": "peon", "categories": {
        "task.acknowledge": {"sounds": [{"file": "work.wav"}]},
        "task.complete": {"sounds": [{"file": "done.wav"}, {"file": "work.wav"}, {"file": "gone.wav"}]},
    }});
    fs::write(dir.join("openpeon.json"), manifest.to_string()).unwrap();
    sandbox.with_config(&json!({"packs": {"muted_sounds": ["peon/work.wav"]}}))
}

fn answer(sandbox: &Sandbox, args: &[&str]) -> Value {
    let output = run(sandbox.herald(args), b"");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_sound_is_listed_as_a_command_and_a_config_take_it() {
    let sandbox = with_pack();
    let sounds = answer(&sandbox, &["sounds", "--json"]);
    let sounds = sounds.as_array().unwrap();
    let built_in = Chime::ALL.len();
    assert_eq!(sounds.len(), built_in + 2);
    assert_eq!(sounds[1]["sound"], "builtin:finished");
    assert_eq!(sounds[built_in]["about"], "task.complete");
    assert_eq!(
        sounds[built_in + 1]["about"],
        "task.acknowledge, task.complete"
    );
    assert_eq!(sounds[built_in + 1]["muted"], true);
    for sound in sounds {
        let name = sound["sound"].as_str().unwrap();
        assert_eq!(sandbox.play(name), Ok(()), "{name}");
        let set = answer(
            &sandbox,
            &["config", "set", "events.Stop.sound", name, "--json"],
        );
        let file = fs::read_to_string(set["file"].as_str().unwrap()).unwrap();
        let config: Value = serde_json::from_str(&file).unwrap();
        assert_eq!(config["events"]["Stop"]["sound"], name);
    }
    let found = answer(&sandbox, &["sounds", "PEON", "work", "--json"]);
    assert_eq!(found.as_array().unwrap().len(), 1);
    let words = run(sandbox.herald(&["sounds"]), b"").stdout;
    let words = String::from_utf8(words).unwrap();
    assert!(
        words.contains("work.wav") && words.contains("(muted)"),
        "{words}"
    );
    let end = format!("\n{} sounds\n", built_in + 2);
    assert!(words.ends_with(&end), "{words}");
}

#[test]
fn a_pack_is_heard_sound_by_sound() {
    let sandbox = with_pack();
    let heard = answer(&sandbox, &["pack", "preview", "peon", "--json"]);
    let names = |heard: &Value| {
        let heard = heard.as_array().unwrap().iter();
        let heard = heard.map(|sound| {
            let through = sound["through"].as_str().is_some();
            (sound["sound"].as_str().unwrap().to_owned(), through)
        });
        heard.collect::<Vec<_>>()
    };
    let expected = [("work.wav", true), ("done.wav", true), ("gone.wav", false)];
    assert_eq!(
        names(&heard),
        expected.map(|(name, through)| (name.to_owned(), through))
    );
    let one = answer(
        &sandbox,
        &["pack", "preview", "peon", "task.acknowledge", "--json"],
    );
    assert_eq!(names(&one), [("work.wav".to_owned(), true)]);
    for (args, says) in [
        (&["pack", "preview", "pean"][..], "did you mean peon?"),
        (
            &["pack", "preview", "peon", "task.error"],
            "no sound of peon was played for task.error",
        ),
    ] {
        let output = run(sandbox.herald(args), b"");
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains(says), "{why}");
        assert_eq!(output.status.code(), Some(1));
    }
}
