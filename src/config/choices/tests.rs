use super::*;
use crate::config::load;
use crate::system::env::Env;
use std::fs;

#[test]
fn only_the_pick_is_looked_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    let text = r#"{"sound_files": {"base_path": "sounds", "mappings": {
        "Stop": ["gone.wav", "there.wav", "builtin:failed"]
    }}}"#;
    fs::write(&file, text).unwrap();
    fs::create_dir(dir.path().join("sounds")).unwrap();
    fs::write(dir.path().join("sounds/there.wav"), "").unwrap();
    let config = load(&Env::of([("HERALD_CONFIG", &file)]), Some(dir.path()));
    let there = Sound::File(dir.path().join("sounds/there.wav"));
    for name in ["Stop", "SubagentStop"] {
        let taken = config.first_choice(name, |choices| {
            assert_eq!(choices.len(), 3);
            assert_eq!(choices.find(0), None);
            assert_eq!(choices.find(3), None);
            choices.find(1)
        });
        assert_eq!(taken.as_ref(), Some(&there), "{name}");
    }
    assert_eq!(
        config.sounds("Stop"),
        [there.clone(), Sound::Chime(Chime::Failed)]
    );
    assert_eq!(config.sound("Stop"), Some(there.clone()));
    assert_eq!(config.resolve_file("Stop").as_deref(), there.path());
    let nothing = config.first_choice("Notification", |choices| choices.find(0));
    assert_eq!(nothing, None);
    assert_eq!(
        config.chime("Notification"),
        Some(Sound::Chime(Chime::Attention))
    );
}

#[test]
fn choices_go_by_what_they_name_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    let text = r#"{"sound_files": {"mappings": {
        "Stop": ["a.wav", "b.wav"], "StopFailure": ["a.wav", "b.wav"],
        "Notification": ["a.wavb.wav"], "SessionStart": ["b.wav", "a.wav"]
    }}}"#;
    fs::write(&file, text).unwrap();
    let hash = |root: &str, name: &str| {
        let env = Env::of([("HERALD_CONFIG", &file)]);
        let config = load(&env, Some(&dir.path().join(root)));
        config
            .first_choice(name, |choices| Some(choices.hash()))
            .unwrap()
    };
    assert_eq!(hash("one", "Stop"), hash("one", "StopFailure"));
    for (root, name) in [
        ("two", "Stop"),
        ("one", "Notification"),
        ("one", "SessionStart"),
    ] {
        assert_ne!(hash("one", "Stop"), hash(root, name), "{root} {name}");
    }
}

#[test]
fn the_others_that_are_there_come_after_the_one_that_was_picked() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    let text = r#"{"sound_files": {"base_path": "sounds", "mappings": {
        "Stop": ["a.wav", "gone.wav", "b.wav", "builtin:failed"]
    }}}"#;
    fs::write(&file, text).unwrap();
    fs::create_dir(dir.path().join("sounds")).unwrap();
    let [a, b] = ["a.wav", "b.wav"].map(|name| {
        let path = dir.path().join("sounds").join(name);
        fs::write(&path, "").unwrap();
        Sound::File(path)
    });
    let config = load(&Env::of([("HERALD_CONFIG", &file)]), Some(dir.path()));
    let failed = Sound::Chime(Chime::Failed);
    let others = |index| {
        let others = config.first_choice("Stop", |choices| {
            let picked = choices.find(index)?;
            Some(choices.others(index, &picked).collect::<Vec<_>>())
        });
        others.unwrap_or_default()
    };
    assert_eq!(others(0), [b.clone(), failed.clone()]);
    assert_eq!(others(2), [failed.clone(), a.clone()]);
    assert_eq!(others(3), [], "a built-in sound can be played");
    let finished = Sound::Chime(Chime::Finished);
    let sounds = config.with_substitute("Stop", [a.clone(), b.clone()]);
    assert_eq!(sounds, [a, b, finished.clone()]);
    assert_eq!(
        config.with_substitute("Stop", sounds[2..].to_vec()),
        [finished]
    );
    assert_eq!(config.with_substitute("deploy", [failed.clone()]), [failed]);
}
