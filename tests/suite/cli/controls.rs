//! Mute, snooze and master volume: set in one process, in force in all others.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::internals::clock::SystemClock;
use herald_audio::internals::player::protocol::Request;
use herald_audio::internals::sound::{Chime, Sound};
use herald_audio::internals::state_file::StateFile;
use herald_audio::internals::throttle::Table;
use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    Sandbox, complaint, noise, payload, run, samples, wait_until, write_program,
};

const HOUR: Duration = Duration::from_secs(3_600);
const MUTED: &str = "muted until you run `herald unmute`";

/// The output of `herald` with `args`, which must succeed without errors.
#[track_caller]
fn say(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = run(sandbox.herald(args), b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// The error of `herald` with `args`, and its exit code.
fn refusal(sandbox: &Sandbox, args: &[&str]) -> (i32, String) {
    let output = run(sandbox.herald(args), b"");
    let words = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), words)
}

/// The original Herald's line about a Stop.
fn stop(sandbox: &Sandbox) -> String {
    let hook = sandbox.herald(&["--hook", "Stop"]);
    String::from_utf8(run(hook, &payload("Stop")).stderr).unwrap()
}

#[test]
fn a_mute_silences_the_next_hook_and_leaves_no_mark() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        assert_eq!(say(&sandbox, &["mute"]), MUTED);
        let line = stop(&sandbox);
        assert!(
            line.contains("played=False throttled=False notes=muted"),
            "{line}"
        );
        say(&sandbox, &["snooze", "1h"]);
        say(&sandbox, &["unmute"]);
        say(&sandbox, &["snooze", "1h"]);
        let line = stop(&sandbox);
        assert!(
            line.contains("played=False throttled=False notes=snoozed"),
            "{line}"
        );

        for args in [&["play", "Stop"][..], &["play", "Stop", "--wait"]] {
            let (code, error) = refusal(&sandbox, args);
            assert_eq!(code, 1);
            assert!(error.starts_with("error: snoozed ("), "{error}");
            assert!(error.ends_with("\nhint: herald unmute\n"), "{error}");
        }
        let list = say(&sandbox, &["throttle", "list", "--json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        assert_eq!((&list["keys"], &list["events"]), (&json!([]), &json!({})));
        assert!(sandbox.record().is_empty(), "no player was asked");

        assert_eq!(say(&sandbox, &["unmute"]), "unmuted");
        let line = stop(&sandbox);
        assert!(line.contains("played=True"), "{line}");
        assert_eq!(sandbox.wait_for_record(1)[0]["status"], "played");
    });
}

#[test]
fn what_is_in_force_is_told_to_people_and_to_scripts() {
    let sandbox = Sandbox::new();
    assert_eq!(say(&sandbox, &["volume"]), "master volume 1");
    assert_eq!(say(&sandbox, &["snooze"]), "not snoozed");
    assert_eq!(say(&sandbox, &["volume", "40%"]), "master volume 0.4");
    let json = say(&sandbox, &["volume", "--json"]);
    assert_eq!(json, r#"{"muted":false,"snoozedForMs":0,"volume":0.4}"#);
    let snoozed = say(&sandbox, &["snooze", "30"]);
    assert!(snoozed.starts_with("snoozed until "), "{snoozed}");
    assert!(
        snoozed.ends_with(" left); `herald unmute` ends it"),
        "{snoozed}"
    );
    let json: Value = serde_json::from_str(&say(&sandbox, &["snooze", "--json"])).unwrap();
    let left = json["snoozedForMs"].as_u64().unwrap();
    assert!(0 < left && left <= 1_801_000, "{json}");
    let json: Value = serde_json::from_str(&say(&sandbox, &["mute", "--json"])).unwrap();
    assert_eq!(
        (&json["muted"], &json["volume"]),
        (&json!(true), &json!(0.4))
    );
    assert_eq!(say(&sandbox, &["unmute"]), "unmuted, master volume 0.4");
    assert_eq!(say(&sandbox, &["volume", "0"]), "master volume 0 (silent)");
    let (_, error) = refusal(&sandbox, &["play", "Stop"]);
    assert_eq!(
        error,
        "error: master volume 0 (silent)\nhint: herald volume --reset\n"
    );
    assert_eq!(say(&sandbox, &["volume", "--reset"]), "master volume 1");

    for (args, says) in [
        (&["volume", "101"][..], "not a volume from 0"),
        (&["volume", "+101%"], "not a volume from 0"),
        (
            &["volume", "1.5"],
            "\nhint: 1 is full volume; for a percentage, write 1.5%\n",
        ),
        (&["volume", "+1"], "\nhint: write +1% or +100%\n"),
        (&["volume", "0.5", "--reset"], "cannot be used with"),
        (&["snooze", "0"], "give a time up to 7 days"),
        (&["snooze", "8d"], "longer than 7 days"),
        (
            &["snooze", "later"],
            "error: not a time: \"later\"\nhint: herald snooze 30,",
        ),
        (&["snooze", "until", "noon"], "not a time: \"until noon\"\n"),
        (&["snooze", "until"], "not a time: \"until\"\n"),
        (&["snooze", "-5"], "not a time: \"-5\"\n"),
        (&["snooze", "inf"], "not a time: \"inf\"\n"),
    ] {
        let (code, error) = refusal(&sandbox, args);
        assert_eq!(code, 2, "{args:?}");
        assert!(error.contains(says), "{args:?}: {error}");
    }
}

#[test]
fn a_variable_mutes_one_session_alone() {
    let sandbox = Sandbox::new();
    let muted = |args: &[&str]| {
        let mut herald = sandbox.herald(args);
        herald.env("HERALD_MUTE", "1");
        run(herald, &payload("Stop"))
    };
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let line = words(muted(&["--hook", "Stop"]).stderr);
    assert!(
        line.contains("played=False throttled=False notes=muted"),
        "{line}"
    );
    let end = "muted by HERALD_MUTE; `unset HERALD_MUTE` ends it";
    let status = words(muted(&["status"]).stdout);
    assert!(status.contains(&format!("sound   {end}\n")), "{status}");
    assert_eq!(words(muted(&["status", "--line"]).stdout), "muted\n");
    let unmute = muted(&["unmute"]);
    assert_eq!(words(unmute.stderr), format!("warning: {end}\n"));
    for args in [&["doctor", "--no-sound"][..], &["test"]] {
        let said = words(muted(args).stdout);
        assert!(said.contains("muted by HERALD_MUTE\n"), "{args:?}: {said}");
        assert!(said.contains("unset HERALD_MUTE\n"), "{args:?}: {said}");
    }
    let play = muted(&["play", "Stop"]);
    let error = "error: muted by HERALD_MUTE\nhint: unset HERALD_MUTE\n";
    assert_eq!(words(play.stderr), error);
    assert!(sandbox.record().is_empty(), "no player was asked");

    for off in ["", "0", "off"] {
        let sandbox = Sandbox::new().with("HERALD_MUTE", off);
        let line = stop(&sandbox);
        assert!(line.contains("played=True"), "{off:?}: {line}");
    }
}

/// Relative to the current value rather than to the last request, and clamped.
#[test]
fn a_change_of_the_volume_is_relative_to_what_is_set() {
    let sandbox = Sandbox::new();
    for (change, volume) in [
        ("-10%", "0.9"),
        ("40", "0.4"),
        ("+10%", "0.5"),
        ("-0.2", "0.3"),
        ("+10", "0.4"),
        ("-50%", "0 (silent)"),
        ("+5%", "0.05"),
        ("+100%", "1"),
        ("1%", "0.01"),
        ("1", "1"),
    ] {
        let said = say(&sandbox, &["volume", change]);
        assert_eq!(said, format!("master volume {volume}"), "{change}");
    }
    let json = say(&sandbox, &["volume", "-10%", "--json"]);
    assert_eq!(json, r#"{"muted":false,"snoozedForMs":0,"volume":0.9}"#);
}

#[test]
fn a_mute_is_toggled_and_a_snooze_ended() {
    let sandbox = Sandbox::new();
    assert_eq!(say(&sandbox, &["mute", "--toggle"]), MUTED);
    assert_eq!(say(&sandbox, &["mute", "--toggle"]), "unmuted");
    say(&sandbox, &["snooze", "1h", "30m"]);
    assert_eq!(say(&sandbox, &["mute", "--toggle"]), "unmuted");
    say(&sandbox, &["snooze", "30"]);
    assert_eq!(say(&sandbox, &["snooze", "off"]), "not snoozed");
    say(&sandbox, &["mute"]);
    say(&sandbox, &["snooze", "30"]);
    assert_eq!(
        say(&sandbox, &["snooze", "off"]),
        format!("not snoozed, but {MUTED}")
    );
}

/// Of two times of day 12 hours apart, one comes within 12 hours.
#[test]
fn a_snooze_until_a_time_of_day_ends_when_it_is_next_that_time() {
    let sandbox = Sandbox::new().with("TZ", "XYZ-2");
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let until = |time: &str| {
        let json = say(&sandbox, &["snooze", "until", time, "--json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        json["snoozedForMs"].as_u64().unwrap()
    };
    let (morning, evening) = (until("06:15"), until("18:15"));
    // The end of a snooze is rounded up to a second.
    for left in [morning, evening] {
        assert!((1..=DAY_MS + 1_000).contains(&left), "{left}");
    }
    let apart = morning.abs_diff(evening);
    assert!(
        apart.abs_diff(DAY_MS / 2) < DAY_MS / 24,
        "{morning} {evening}"
    );
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    let end_of_day_ms = (now_ms + evening) % DAY_MS;
    // 18:15 there is 16:15 UTC.
    let expected_ms = (16 * 60 + 15) * 60 * 1_000;
    assert!(
        end_of_day_ms.abs_diff(expected_ms) < DAY_MS / 24,
        "{end_of_day_ms}"
    );
}

/// A sandbox that renders into a file, with `ms` milliseconds of noise for Stop.
fn rendering(ms: usize) -> (Sandbox, Vec<i16>) {
    let noise = noise(ms);
    let sandbox = Sandbox::new().with_stop(&noise);
    let output = format!("wav:{}", sandbox.path("rendered.wav").display());
    (sandbox.with("HERALD_OUTPUT", output), noise)
}

/// The rendered samples from the first frame that is not silent.
fn rendered(sandbox: &Sandbox) -> Vec<i16> {
    let all = samples(&sandbox.path("rendered.wav"));
    let start = all.chunks_exact(2).position(|frame| frame != [0, 0]);
    start.map_or_else(Vec::new, |start| all[2 * start..].to_vec())
}

#[test]
fn a_mute_silences_the_rest_of_what_sounds_and_unmuting_brings_it_back() {
    in_real_time(|| {
        /// Samples of 50 ms.
        const STRETCH: usize = 4_800;
        let (sandbox, noise) = rendering(20_000);
        say(&sandbox, &["play", "Stop"]);
        let wait_for_end = |what, is_so: fn(&[i16], &[i16]) -> bool| {
            wait_until(what, || {
                let rendered = rendered(&sandbox);
                let end = rendered.len().checked_sub(STRETCH)?;
                let sound = noise.get(end..rendered.len())?;
                is_so(&rendered[end..], sound).then_some(())
            });
        };
        wait_for_end("it sounds", |rendered, sound| rendered == sound);
        say(&sandbox, &["mute"]);
        wait_for_end("it is silent", |rendered, _| {
            rendered.iter().all(|sample| *sample == 0)
        });
        say(&sandbox, &["unmute"]);
        wait_for_end("it goes on where it would have been", |rendered, sound| {
            rendered == sound
        });
    });
}

#[test]
fn the_master_volume_is_a_factor_on_top_of_the_others() {
    in_real_time(|| {
        let (sandbox, noise) = rendering(200);
        say(&sandbox, &["volume", "0.5"]);
        assert_eq!(sandbox.play("Stop"), Ok(()));
        let halved = noise
            .iter()
            .map(|sample| (f32::from(*sample) / 2.0).round() as i16);
        // It may end with an incomplete period.
        let rendered = rendered(&sandbox);
        assert!(rendered.len() >= noise.len());
        assert!(halved.eq(rendered[..noise.len()].iter().copied()));
    });
}

#[test]
fn a_request_that_comes_while_all_is_muted_is_skipped_and_takes_its_mark_back() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    say(&sandbox, &["mute"]);
    // Like a hook that has just checked.
    let throttle = Table::new(StateFile::open(&sandbox.state_dir()), SystemClock);
    let mark = throttle.admit("Stop", HOUR).admission();
    let mark = mark.expect("it never fired");
    let sound = Sound::Chime(Chime::Finished);
    let mut request = Request::new("Stop", vec![sound], 1.0);
    request.admissions = vec![mark.to_parts()];
    sandbox.player().send(request).unwrap();
    let line = &sandbox.wait_for_record(2)[1];
    assert_eq!(line["status"], "skipped", "{line}");
    assert_eq!(line["reason"], "muted; hint: herald unmute");
    assert_eq!(throttle.peek("Stop", HOUR), None);
}

#[test]
fn an_external_player_gets_the_master_volume_and_is_ended_by_a_mute() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let [player, said] = ["player", "said"].map(|name| sandbox.path(name));
        let script = format!(
            "echo $$ $HERALD_VOLUME > {}; exec sleep 600",
            said.display()
        );
        write_program(&player, &script);
        let sandbox = sandbox
            .with("HERALD_OUTPUT", "command")
            .with("AUDIO_PLAYER_CMD", &player);
        say(&sandbox, &["volume", "50%"]);
        let wait = sandbox.herald(&["play", "Stop", "--volume", "0.5", "--wait"]);
        let error = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| complaint(run(wait, b"")).unwrap_err());
            let text = wait_until("the player runs", || {
                let text = fs::read_to_string(&said).unwrap_or_default();
                text.ends_with('\n').then_some(text)
            });
            let (pid, volume) = text.trim().split_once(' ').unwrap();
            assert_eq!(volume, "0.25");
            say(&sandbox, &["mute"]);
            assert_eq!(sandbox.wait_for_record(1)[0]["status"], "stopped");
            assert!(!Path::new("/proc").join(pid).exists());
            waiting.join().unwrap()
        });
        assert_eq!(error, "error: muted\nhint: herald unmute\n");
    });
}

#[test]
fn a_mute_goes_with_the_state_directory() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.play("started"), Ok(()));
    say(&sandbox, &["mute"]);
    fs::remove_dir_all(sandbox.state_dir()).unwrap();
    assert_eq!(sandbox.play("started"), Ok(()));
    say(&sandbox, &["mute"]);
    let (_, error) = refusal(&sandbox, &["play", "started"]);
    assert_eq!(error, "error: muted\nhint: herald unmute\n");
}

#[test]
fn a_mute_needs_no_mapping_but_a_file_that_others_see() {
    let sandbox = Sandbox::without_mapping();
    let mute = run(sandbox.herald(&["mute"]), b"");
    assert_eq!(String::from_utf8_lossy(&mute.stdout), format!("{MUTED}\n"));
    let notes = String::from_utf8(mute.stderr).unwrap();
    assert!(
        notes.starts_with("warning: cannot use the state file"),
        "{notes}"
    );
    let line = stop(&sandbox);
    assert!(
        line.contains("played=False throttled=False notes=muted"),
        "{line}"
    );
    assert!(run(sandbox.herald(&["unmute"]), b"").status.success());
    let line = stop(&sandbox);
    assert!(line.contains("played=True"), "{line}");

    let nowhere = Sandbox::without_mapping();
    fs::create_dir(nowhere.state_dir().join("throttle.v1.locked")).unwrap();
    let (code, error) = refusal(&nowhere, &["mute"]);
    assert_eq!(code, 1);
    assert!(
        error.starts_with("error: cannot change the shared controls: "),
        "{error}"
    );
    assert!(
        error.contains("\nhint: set HERALD_STATE_DIR to a directory"),
        "{error}"
    );
}

/// A sandbox with its state in the default place.
#[cfg(unix)]
mod kept {
    use super::*;

    fn herald(sandbox: &Sandbox, args: &[&str]) -> std::process::Output {
        let mut herald = sandbox.herald(args);
        herald.env_remove("HERALD_STATE_DIR");
        run(herald, &payload("Stop"))
    }

    fn controls(sandbox: &Sandbox) -> Value {
        let output = herald(sandbox, &["volume", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn log_out(sandbox: &Sandbox) {
        fs::remove_dir_all(sandbox.path("run/herald")).unwrap();
    }

    #[test]
    fn controls_survive_the_state_directory() {
        let sandbox = Sandbox::new();
        herald(&sandbox, &["volume", "0.4"]);
        herald(&sandbox, &["snooze", "2h"]);
        herald(&sandbox, &["mute"]);
        let before = controls(&sandbox);
        log_out(&sandbox);
        // A hook is the first process afterwards.
        let hook = herald(&sandbox, &["--hook", "Stop"]);
        let line = String::from_utf8(hook.stderr).unwrap();
        assert!(line.contains("notes=muted"), "{line}");
        let after = controls(&sandbox);
        for key in ["muted", "volume"] {
            assert_eq!(before[key], after[key]);
        }
        assert!(after["snoozedForMs"].as_u64() > Some(0), "{after}");
        herald(&sandbox, &["unmute"]);
        log_out(&sandbox);
        let after = controls(&sandbox);
        let expected = json!({"muted": false, "snoozedForMs": 0, "volume": 0.4});
        assert_eq!(after, expected);
    }

    #[test]
    fn a_mute_that_was_forgotten_is_named_first() {
        let sandbox = Sandbox::new();
        herald(&sandbox, &["mute"]);
        log_out(&sandbox);
        for args in [&["play", "Stop"][..], &["test"], &["install", "--dry-run"]] {
            let output = herald(&sandbox, args);
            let words = String::from_utf8(output.stderr).unwrap();
            let begin = "warning: muted since ";
            assert!(words.starts_with(begin), "{args:?}: {words}");
        }
        let status = herald(&sandbox, &["status"]).stdout;
        let status = String::from_utf8(status).unwrap();
        assert!(status.contains("sound   muted since "), "{status}");
        let copy = sandbox.path("home/.local/state/herald/controls");
        let doctor = herald(&sandbox, &["doctor", "--no-sound"]).stdout;
        let doctor = String::from_utf8(doctor).unwrap();
        assert!(doctor.contains(&*copy.to_string_lossy()) || !doctor.contains("in memory"));
        fs::write(&copy, "damaged").unwrap();
        log_out(&sandbox);
        assert_eq!(controls(&sandbox)["muted"], false);
    }

    #[test]
    fn what_cannot_be_kept_still_holds_now_and_is_told() {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.path("home/.local")).unwrap();
        fs::write(sandbox.path("home/.local/state"), "in the way").unwrap();
        let output = herald(&sandbox, &["mute"]);
        assert!(output.status.success());
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("lost with the state directory"), "{words}");
        assert_eq!(controls(&sandbox)["muted"], true);
    }

    #[test]
    fn a_named_directory_keeps_nothing_elsewhere() {
        let sandbox = Sandbox::new();
        say(&sandbox, &["mute"]);
        assert!(!sandbox.path("home/.local").exists());
    }
}
