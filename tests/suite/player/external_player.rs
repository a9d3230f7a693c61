//! External players: real processes, created by the test.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    Sandbox, complaint, noise, run, samples, wait_until, wav, write_program,
};

/// A sandbox with a sound of 100 ms and a directory for players.
fn sandbox() -> Sandbox {
    let config = json!({"audio_settings": {"loudness": "off"}});
    let sandbox = Sandbox::new()
        .with("HERALD_OUTPUT", "command")
        .with_config(&config);
    fs::create_dir(sandbox.path("bin")).unwrap();
    fs::write(sandbox.path("sound.wav"), wav(&noise(100))).unwrap();
    sandbox
}

/// Writes a player that runs `script`; `$last` is the file to play.
fn player(sandbox: &Sandbox, name: &str, script: &str) -> PathBuf {
    let path = sandbox.path("bin").join(name);
    write_program(&path, &format!("for last; do :; done\n{script}"));
    path
}

fn play(sandbox: &Sandbox, more: &[&str]) -> Result<(), String> {
    let sound = sandbox.path("sound.wav");
    let mut args = vec!["play", sound.to_str().unwrap(), "--wait"];
    args.extend(more);
    complaint(run(sandbox.herald(&args), b""))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_player_that_is_named_gets_the_file_itself_after_its_arguments() {
    in_real_time(|| {
        let sandbox = sandbox();
        let said = sandbox.path("said");
        let script = format!("echo \"$HERALD_VOLUME $*\" > {}", said.display());
        let player = player(&sandbox, "my-player", &script);
        let sound = sandbox.path("sound.wav");
        let sandbox = sandbox
            .with("AUDIO_PLAYER_CMD", &player)
            .with("AUDIO_PLAYER_ARGS", "-q 'two words'");
        for output in ["command", "auto"] {
            let sandbox = &sandbox;
            let _ = fs::remove_file(&said);
            let mut herald = sandbox.herald(&["play", sound.to_str().unwrap(), "--wait"]);
            herald
                .args(["--volume", "0.25"])
                .env("HERALD_OUTPUT", output);
            assert_eq!(complaint(run(herald, b"")), Ok(()));
            let expected = format!("0.25 -q two words {}\n", sound.display());
            assert_eq!(text(&said), expected, "{output}");
        }
    });
}

#[test]
fn a_player_that_is_found_gets_a_wav_file_with_the_volume_in_it() {
    in_real_time(|| {
        let sandbox = sandbox();
        let copy = sandbox.path("copy.wav");
        let name = sandbox.path("name");
        let script = format!(
            "cat \"$last\" > {}; echo \"$last\" > {}",
            copy.display(),
            name.display()
        );
        player(&sandbox, "aplay", &script);
        let path = format!("{}:/bin:/usr/bin", sandbox.path("bin").display());
        // The system's players would come first.
        for other in ["afplay", "pw-play", "paplay"] {
            player(&sandbox, other, "exit 1");
        }
        let sandbox = sandbox.with("PATH", path);
        assert_eq!(play(&sandbox, &["--volume", "0.5"]), Ok(()));
        let halved: Vec<i16> = noise(100)
            .iter()
            .map(|sample| (f32::from(*sample) / 2.0).round() as i16)
            .collect();
        assert_eq!(samples(&copy), halved);
        let temporary = PathBuf::from(text(&name).trim());
        assert!(!temporary.exists(), "{}", temporary.display());

        assert_eq!(sandbox.play("finished"), Ok(()));
        assert!(samples(&copy).len() > 48_000, "a built-in sound");
    });
}

#[test]
fn the_next_player_removes_the_file_of_one_that_was_killed() {
    in_real_time(|| {
        let sandbox = sandbox();
        let names = sandbox.path("names");
        let script = format!("echo \"$last\" >> {}; exec sleep 600", names.display());
        let external = player(&sandbox, "endless", &script);
        let sandbox = sandbox.with("AUDIO_PLAYER_CMD", &external);
        let play = |count: usize| {
            assert_eq!(
                complaint(run(sandbox.herald(&["play", "finished"]), b"")),
                Ok(())
            );
            wait_until("it plays", || {
                let names = text(&names);
                let names: Vec<_> = names.lines().map(PathBuf::from).collect();
                (names.len() == count).then_some(names)
            })
        };
        let left = play(1).remove(0);
        assert_eq!(left.parent(), Some(&*sandbox.state_dir()));
        let status = run(sandbox.herald(&["player", "status", "--json"]), b"").stdout;
        let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
        let pid = i32::try_from(status["pid"].as_i64().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        wait_until("it is gone", || {
            let status = run(sandbox.herald(&["player", "status"]), b"");
            (status.status.code() == Some(1)).then_some(())
        });
        assert!(left.exists());
        let used = play(2).remove(1);
        wait_until("the file is removed", || (!left.exists()).then_some(()));
        assert!(used.exists());
    });
}

/// So that a session manager does not duck or route it as music.
#[test]
fn a_player_that_is_found_says_that_it_is_no_music() {
    in_real_time(|| {
        let sandbox = sandbox();
        let said = sandbox.path("said");
        for name in ["afplay", "pw-play", "paplay"] {
            player(&sandbox, name, "exit 1");
        }
        let path = format!("{}:/bin", sandbox.path("bin").display());
        let sandbox = sandbox.with("PATH", path);
        for (name, role) in [
            ("paplay", "--property=media.role=event"),
            // This comes first.
            ("pw-play", "--media-role=Notification"),
        ] {
            player(&sandbox, name, &format!("echo \"$1\" > {}", said.display()));
            assert_eq!(play(&sandbox, &[]), Ok(()));
            assert_eq!(text(&said), format!("{role}\n"));
        }
    });
}

#[test]
fn a_player_that_takes_too_long_is_ended_with_all_that_it_started() {
    in_real_time(|| {
        let sandbox = sandbox();
        let pids = sandbox.path("pids");
        let script = format!(
            "trap '' TERM; sleep 600 & echo $$ $! > {}; wait; sleep 600",
            pids.display()
        );
        let player = player(&sandbox, "slow", &script);
        let mut sandbox = sandbox.with("AUDIO_PLAYER_CMD", &player);
        // Until it has started its child.
        let has_started = |pids: &str| pids.split_whitespace().count() == 2;
        let mut timeout_ms = 200;
        while !has_started(&text(&pids)) {
            let seconds = format!("{}", f64::from(timeout_ms) / 1_000.0);
            sandbox = sandbox.with("AUDIO_PLAYER_TIMEOUT", seconds);
            let error = play(&sandbox, &[]).unwrap_err();
            assert!(error.contains("slow did not finish within "), "{error}");
            assert!(timeout_ms < 100_000, "it never starts");
            timeout_ms *= 2;
        }
        let pids = text(&pids);
        for pid in pids.split_whitespace() {
            wait_until("the processes are gone", || {
                let status = text(Path::new(&format!("/proc/{pid}/status")));
                // A zombie without a parent is not ours.
                (status.is_empty() || status.contains("State:\tZ")).then_some(())
            });
        }
    });
}

#[test]
fn a_player_that_fails_says_why_and_the_next_way_is_taken() {
    in_real_time(|| {
        let sandbox = sandbox();
        let broken = player(&sandbox, "broken", "echo 'no such codec' >&2; exit 3");
        let played = sandbox.path("played");
        let script = format!("echo yes > {}", played.display());
        let sandbox = sandbox.with("AUDIO_PLAYER_CMD", &broken);
        let error = play(&sandbox, &[]).unwrap_err();
        assert!(
            error.contains("broken failed (exit status: 3): no such codec"),
            "{error}"
        );

        let unheard = player(&sandbox, "unheard", "echo 'audio open failed' >&2");
        let sandbox = sandbox.with("AUDIO_PLAYER_CMD", &unheard);
        let error = play(&sandbox, &[]).unwrap_err();
        assert!(
            error.contains("unheard played nothing: audio open failed"),
            "{error}"
        );

        // Without a sound device; then the installed players.
        for found in ["afplay", "pw-play", "paplay"] {
            player(&sandbox, found, &script);
        }
        let path = format!("{}:/bin:/usr/bin", sandbox.path("bin").display());
        let sandbox = sandbox
            .with("PATH", path)
            .with("ALSA_CONFIG_PATH", "/dev/null")
            .with("HERALD_OUTPUT", "auto");
        // Another environment needs another player.
        let other_state = sandbox.path("other-state");
        let sandbox = sandbox.with("HERALD_STATE_DIR", other_state);
        assert_eq!(play(&sandbox, &[]), Ok(()));
        assert_eq!(text(&played), "yes\n");
    });
}

#[test]
fn a_player_that_is_not_there_is_named() {
    in_real_time(|| {
        let sandbox = sandbox().with("AUDIO_PLAYER_CMD", "no-such-player --loud");
        let error = play(&sandbox, &[]).unwrap_err();
        assert!(
            error.contains("no-such-player: program not found"),
            "{error}"
        );
        let sandbox = sandbox.with("AUDIO_PLAYER_TIMEOUT", "soon");
        let error = play(&sandbox, &[]).unwrap_err();
        assert!(error.contains("AUDIO_PLAYER_TIMEOUT"), "{error}");
    });
}

#[test]
fn two_sounds_are_two_players_at_once_and_a_replaced_one_is_ended() {
    in_real_time(|| {
        let sandbox = sandbox();
        let started = sandbox.path("started");
        let script = format!("echo $$ >> {}; exec sleep 600", started.display());
        let player = player(&sandbox, "endless", &script);
        let sound = sandbox.path("sound.wav");
        let hand_over = |sandbox: &Sandbox| {
            let herald = sandbox.herald(&["play", sound.to_str().unwrap()]);
            assert_eq!(complaint(run(herald, b"")), Ok(()));
        };
        let sandbox = sandbox.with("AUDIO_PLAYER_CMD", &player);
        hand_over(&sandbox);
        hand_over(&sandbox);
        wait_until("two players run", || {
            (text(&started).lines().count() == 2).then_some(())
        });
        assert!(sandbox.record().is_empty(), "neither has ended");
        let sandbox = sandbox.with_config(&json!({"audio_settings": {"overlap": "replace"}}));
        hand_over(&sandbox);
        for line in sandbox.wait_for_record(2) {
            assert_eq!(line["status"], "stopped", "{line}");
        }
        let pids = text(&started);
        for pid in pids.lines().take(2) {
            assert!(
                !Path::new("/proc").join(pid).exists(),
                "{pid} is still there"
            );
        }
        // The third would run for ten minutes.
        let third = pids.lines().nth(2).map(str::to_owned);
        let third = third.unwrap_or_else(|| {
            wait_until("the third runs", || {
                text(&started).lines().nth(2).map(str::to_owned)
            })
        });
        let pid = rustix::process::Pid::from_raw(third.parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        let last = &sandbox.wait_for_record(3)[2];
        assert_eq!(last["status"], "failed", "{last}");
    });
}

#[test]
fn a_repository_cannot_name_a_player() {
    in_real_time(|| {
        let sandbox = sandbox();
        let ran = sandbox.path("ran");
        let player = player(&sandbox, "evil", &format!("touch {}", ran.display()));
        let player = player.to_str().unwrap();
        let sandbox = sandbox.with("HERALD_OUTPUT", "null").with_config(&json!({
            "AUDIO_PLAYER_CMD": player,
            "output": "command",
            "audio_settings": {"player": player, "AUDIO_PLAYER_CMD": player, "player_cmd": player},
        }));
        assert_eq!(play(&sandbox, &[]), Ok(()));
        assert!(!ran.exists());
    });
}

#[test]
fn where_there_is_none_it_says_what_to_install() {
    let sandbox = Sandbox::new()
        .with("HERALD_OUTPUT", "command")
        .with("PATH", "/nonexistent");
    let output = run(sandbox.herald(&["play", "finished", "--wait"]), b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let reason = "error: no external player is installed\nhint: install one of ";
    assert!(said.starts_with(reason), "{said}");
}
