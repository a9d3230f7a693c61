//! Sound files that cannot be decoded: a substitute is played, and checks report them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Options};
use serde_json::{Value, json};

use crate::support::doctor;
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, herald_alone, run, wav, write_program};
use crate::support::unplayable;

/// Longer than the limit, and sparse.
const LARGE: &str = "large.wav";

/// Writes all of them into `dir`; returns their names and reasons.
fn write(dir: &Path) -> Vec<(&'static str, &'static str)> {
    fs::create_dir_all(dir).unwrap();
    let mut written = Vec::new();
    for (name, content, says) in unplayable::files() {
        fs::write(dir.join(name), content).unwrap();
        written.push((name, says));
    }
    fs::write(dir.join(LARGE), wav(&[1, 2])).unwrap();
    let large = File::options().write(true).open(dir.join(LARGE)).unwrap();
    large.set_len(34 << 20).unwrap();
    written.push((LARGE, "32 MiB"));
    written
}

/// A sandbox with the user's `config` and sounds.
fn with(config: &Value) -> (Sandbox, PathBuf, Vec<(&'static str, &'static str)>) {
    let sandbox = Sandbox::new();
    let file = sandbox.path("home/.config/herald/config.json");
    let written = write(&file.with_file_name("sounds"));
    fs::write(&file, config.to_string()).unwrap();
    (sandbox, file, written)
}

/// The player's log line for another Stop.
fn stop(sandbox: &Sandbox) -> Value {
    let before = sandbox.record().len();
    let payload = json!({ "hook_event_name": "Stop", "number": before });
    run(sandbox.herald(&["hook"]), payload.to_string().as_bytes());
    sandbox.wait_for_record(before + 1)[before].clone()
}

fn mapped(sounds: Value) -> Value {
    json!({
        "sound_files": {"mappings": {"Stop": sounds}},
        "audio_settings": {"throttle_seconds": {"Stop": 0}},
    })
}

#[track_caller]
fn assert_heard(line: &Value, sound: &str, why: &str) {
    assert_eq!(line["status"], "played", "{line}");
    let heard = line["sound"].as_str().unwrap();
    assert!(heard.ends_with(sound), "{line}");
    let reason = line["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(why), "{line}");
}

#[test]
fn the_built_in_sound_is_heard_in_its_place() {
    in_real_time(|| {
        let (sandbox, file, written) = with(&json!({}));
        for (name, why) in written {
            fs::write(&file, mapped(json!(name)).to_string()).unwrap();
            assert_heard(&stop(&sandbox), "builtin:finished", why);
        }
        // Under the original's config, too, which was only silent for a missing file.
        let original = sandbox.path("project/.claude/hooks/utils/audio_config.json");
        fs::create_dir_all(original.parent().unwrap()).unwrap();
        write(&sandbox.path("project/.claude/sounds"));
        fs::remove_file(file).unwrap();
        fs::write(original, mapped(json!("bell.mid")).to_string()).unwrap();
        assert_heard(
            &stop(&sandbox),
            "builtin:finished",
            "unsupported format: MIDI",
        );
    });
}

/// In a program that plays in process.
#[test]
fn a_program_hears_the_built_in_sound_in_its_place() {
    in_real_time(|| {
        let (sandbox, ..) = with(&mapped(json!("junk.mp3")));
        let env = Env::of(sandbox.vars());
        let options = Options::new().env(env).cwd(sandbox.path("project"));
        let manager = AudioManager::open(options.in_process()).unwrap();
        assert!(manager.play_audio("Stop", true).played);
        assert!(manager.wait_until_silent(test_support::PATIENCE));
        assert_heard(
            &sandbox.wait_for_record(1)[0],
            "builtin:finished",
            "junk.mp3",
        );
    });
}

#[test]
fn of_several_the_others_are_heard_in_its_place() {
    in_real_time(|| {
        let (sandbox, file, _) = with(&mapped(json!(["bell.mid", "none.wav", "good.wav"])));
        let sounds = file.with_file_name("sounds");
        fs::write(sounds.join("good.wav"), wav(&[1, 2])).unwrap();
        let lines: Vec<_> = (0..6).map(|_| stop(&sandbox)).collect();
        for line in &lines {
            assert_heard(line, "sounds/good.wav", "");
        }
        // None is picked twice in a row.
        let told = lines.iter().filter(|line| line["reason"].is_string());
        assert!(told.count() >= 3, "{lines:#?}");
    });
}

/// A pack with an unplayable sound, and another sound.
fn pack_of_two(dir: &Path, second: &str) {
    fs::create_dir_all(dir.join("sounds")).unwrap();
    let sounds = ["junk.wav", second].map(|file| json!({"file": file, "label": "x"}));
    let manifest = json!({
        "cesp_version": "1.0", "name": "two", "display_name": "Two", "version": "1.0.0",
        "categories": {"task.complete": {"sounds": sounds}},
    });
    fs::write(dir.join("openpeon.json"), manifest.to_string()).unwrap();
    fs::write(dir.join("sounds/junk.wav"), b"RIFF\0\0\0\0WAVEjunk").unwrap();
    fs::write(dir.join("sounds/good.wav"), wav(&[1, 2])).unwrap();
    fs::write(dir.join("sounds/none.wav"), b"RIFF").unwrap();
}

#[test]
fn of_a_pack_the_others_of_its_category_and_then_the_built_in_one() {
    in_real_time(|| {
        let (sandbox, ..) = with(&json!({
            "packs": {"active": "two"},
            "audio_settings": {"throttle_seconds": {"Stop": 0}},
        }));
        let dir = sandbox.path("home/.openpeon/packs/two");
        pack_of_two(&dir, "good.wav");
        for _ in 0..4 {
            assert_heard(&stop(&sandbox), "sounds/good.wav", "");
        }
        pack_of_two(&dir, "none.wav");
        assert_heard(&stop(&sandbox), "builtin:finished", "junk.wav");
    });
}

/// The output of `herald config check`, and its exit code.
fn checked(mut herald: Command) -> (Vec<String>, Option<i32>) {
    herald.args(["config", "check"]);
    let output = run(herald, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(str::to_owned).collect();
    (lines, output.status.code())
}

#[test]
fn a_check_and_doctor_decode_what_the_config_names() {
    let (sandbox, file, written) = with(&json!({}));
    pack_of_two(&sandbox.path("home/.openpeon/packs/two"), "good.wav");
    let sounds = file.with_file_name("sounds");
    fs::write(sounds.join("long.wav"), wav(&vec![1; 61 * 96_000])).unwrap();
    fs::write(sounds.join("good.wav"), wav(&[1, 2])).unwrap();
    let at = |name: &str| sounds.join(name).display().to_string();
    let names: Vec<_> = written.iter().map(|(name, _)| *name).collect();
    let mut config = mapped(json!(names));
    config["events"] = json!({"StopFailure": {"sound": "opus.ogg"}});
    config["sound_files"]["mappings"]["Notification"] = json!("good.wav");
    config["packs"] = json!({"active": "two"});
    fs::write(&file, config.to_string()).unwrap();
    let (lines, code) = checked(sandbox.herald(&[]));
    assert_eq!(code, Some(0), "{lines:#?}");
    for (name, why) in &written {
        let says = |line: &&String| {
            line.contains(&format!(
                "{} cannot be played, another one is played instead",
                at(name)
            )) && line.contains(why)
                && line.contains(" sound_files.mappings.Stop: ")
        };
        assert!(lines.iter().any(|line| says(&line)), "{name}: {lines:#?}");
    }
    let of_pack = "packs.active: 1 of the 2 sounds of the pack two cannot be played";
    let alone = format!(
        "{} cannot be played, the built-in sound is played instead",
        at("opus.ogg")
    );
    for says in [of_pack, &alone] {
        assert!(lines.iter().any(|line| line.contains(says)), "{lines:#?}");
    }
    assert!(
        !lines.iter().any(|line| line.contains("good.wav")),
        "{lines:#?}"
    );
    let last = format!("0 errors, 9 warnings in {}", file.display());
    assert_eq!(lines.last(), Some(&last));

    let findings = doctor::of(&doctor::examined(&sandbox, &["--no-sound"]), "config");
    doctor::assert_found(&findings, "warning", "unsupported format: MIDI", "");
    doctor::assert_found(&findings, "warning", of_pack, "");

    fs::write(&file, mapped(json!("long.wav")).to_string()).unwrap();
    let (lines, _) = checked(sandbox.herald(&[]));
    assert!(lines[0].contains("is longer than 60 s"), "{lines:#?}");
}

/// `herald` itself decodes nothing.
#[test]
fn without_a_player_nothing_is_passed_as_checked() {
    let (sandbox, file, _) = with(&mapped(json!(["good.wav", "none.wav"])));
    fs::write(file.with_file_name("sounds").join("good.wav"), wav(&[1, 2])).unwrap();
    let dir = herald_alone();
    let herald = || sandbox.command(dir.path().join("herald"));
    let not_decoded = "2 sounds were not decoded, so not checked: herald-player is not installed";
    let (lines, code) = checked(herald());
    assert_eq!((lines.len(), code), (3, Some(0)), "{lines:#?}");
    assert!(lines[0].contains(not_decoded), "{lines:#?}");
    assert!(
        lines[2].starts_with("0 errors, 1 warning in "),
        "{lines:#?}"
    );

    let mut doctor = herald();
    doctor.args(["doctor", "--no-sound"]);
    let output = run(doctor, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(not_decoded), "{text}");

    let pack = sandbox.path("project/two");
    pack_of_two(&pack, "good.wav");
    let mut check = herald();
    check.args(["pack", "check", "two"]);
    let output = run(check, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(not_decoded), "{text}");
}

/// Only the player knows where a sound is cut.
#[test]
fn a_sound_of_which_only_the_beginning_is_played_is_warned_of() {
    let (sandbox, file, _) = with(&mapped(json!("good.wav")));
    let sounds = file.with_file_name("sounds");
    fs::write(sounds.join("good.wav"), wav(&[1, 2])).unwrap();
    let dir = herald_alone();
    let script = "cat > /dev/null; for n in 0 1; do echo \"[$n,{\\\"playable\\\":{\\\"first_s\\\":60}}]\"; done";
    write_program(&dir.path().join("herald-player"), script);
    let herald = || sandbox.command(dir.path().join("herald"));
    let says = " is longer than 60 s: only the first 60 s are played";
    let (lines, code) = checked(herald());
    assert!(lines[0].contains(says), "{lines:#?}");
    assert_eq!((lines.len(), code), (3, Some(0)));
    pack_of_two(&sandbox.path("project/two"), "good.wav");
    let mut check = herald();
    check.args(["pack", "check", "two"]);
    let output = run(check, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches(says).count(), 2, "{text}");
    assert!(text.ends_with("two: 0 errors, 2 warnings\n"), "{text}");
}

/// The player's program may be killed, or be another program.
#[test]
fn a_player_that_cannot_decode_is_told_of() {
    let (sandbox, file, _) = with(&mapped(json!("good.wav")));
    fs::write(file.with_file_name("sounds").join("good.wav"), wav(&[1, 2])).unwrap();
    let dir = herald_alone();
    write_program(&dir.path().join("herald-player"), "echo '[0,'; exit 3");
    let (lines, _) = checked(sandbox.command(dir.path().join("herald")));
    let says = "1 sound was not decoded, so not checked: ";
    assert!(
        lines[0].contains(says) && lines[0].contains("herald-player ended with exit status: 3"),
        "{lines:#?}"
    );
}
