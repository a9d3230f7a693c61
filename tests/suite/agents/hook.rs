//! `herald hook`: always one valid reply and exit code 0.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    REPLY, Running, Sandbox, herald_alone, noise, output_of, payload, payloads, run, wait_until,
    wav,
};

/// The members a reply may have.
const SCHEMA: &[&str] = &[
    "continue",
    "suppressOutput",
    "stopReason",
    "systemMessage",
    "decision",
    "reason",
    "hookSpecificOutput",
];

/// Sends every sample payload through `herald hook` and checks the replies.
fn answers_every_payload(sandbox: &Sandbox) {
    for (name, payload) in payloads() {
        let output = run(sandbox.herald(&["hook"]), &payload);
        assert!(output.status.success(), "{name}: {}", output.status);
        assert_valid_reply(&name, &output.stdout);
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "",
            "{name}: stderr is not for us"
        );
    }
}

fn assert_valid_reply(name: &str, stdout: &[u8]) {
    let reply: Value = serde_json::from_slice(stdout).unwrap_or_else(|error| {
        panic!("{name}: {error} in {:?}", String::from_utf8_lossy(stdout));
    });
    let reply = reply.as_object().expect("an object");
    assert_eq!(reply["continue"], true, "{name}");
    for member in reply.keys() {
        assert!(
            SCHEMA.contains(&member.as_str()),
            "{name}: {member} is not in the agent's schema"
        );
    }
    for decision in ["decision", "hookSpecificOutput"] {
        assert!(
            !reply.contains_key(decision),
            "{name}: a sound decides nothing"
        );
    }
}

#[test]
fn every_payload_is_answered() {
    let long = json!({"Notification": 600, "PermissionRequest": 600, "Stop": 600});
    let config = json!({"audio_settings": {"throttle_seconds": long}});
    let sandbox = Sandbox::new().with_config(&config);
    answers_every_payload(&sandbox);
    // One for each notification that wants the user, which is also that of the permission request; one for
    // Stop, which comes twice; one for StopFailure. By default nothing else sounds.
    let record = sandbox.wait_for_record(4);
    let mut events: Vec<_> = record
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    events.sort_unstable();
    let [notification, stop, failure] = ["Notification", "Stop", "StopFailure"];
    assert_eq!(events, [notification, notification, stop, failure]);
}

#[test]
fn every_payload_is_answered_without_a_sound_device() {
    let sandbox = Sandbox::new()
        .with("HERALD_OUTPUT", "auto")
        .with("ALSA_CONFIG_PATH", "/dev/null")
        .with("PULSE_SERVER", "unix:/nowhere");
    answers_every_payload(&sandbox);
    let line = &sandbox.wait_for_record(1)[0];
    assert_eq!(line["status"], "failed");
    assert!(
        line["reason"]
            .as_str()
            .unwrap()
            .contains("no sound server at unix:/nowhere"),
        "{line}"
    );
}

#[test]
fn every_payload_is_answered_when_the_output_cannot_be_written() {
    answers_every_payload(&Sandbox::new().with("HERALD_OUTPUT", "wav:/nowhere/out.wav"));
}

#[test]
fn every_payload_is_answered_with_an_unknown_output() {
    let sandbox = Sandbox::new().with("HERALD_OUTPUT", "gramophone");
    answers_every_payload(&sandbox);
    let error = run(sandbox.herald(&["play", "Stop"]), b"").stderr;
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains("unknown output \"gramophone\""), "{error}");
    assert!(error.contains("wav:PATH"), "{error}");
    assert!(
        sandbox.record().is_empty(),
        "it is not taken for another output"
    );
}

#[test]
fn every_payload_is_answered_without_a_player() {
    let sandbox = Sandbox::new().with("PATH", "");
    let dir = herald_alone();
    let alone = dir.path().join("herald");
    for (name, payload) in payloads() {
        let mut hook = sandbox.command(&alone);
        hook.arg("hook");
        let output = run(hook, &payload);
        assert!(output.status.success(), "{name}");
        assert_valid_reply(&name, &output.stdout);
    }
    let line = String::from_utf8(run_original(&sandbox, &alone)).unwrap();
    assert!(
        line.contains("played=False") && line.contains("cannot start the player"),
        "{line}"
    );
    let again = String::from_utf8(run_original(&sandbox, &alone)).unwrap();
    assert!(
        again.contains("throttled=False"),
        "what did not sound does not throttle: {again}"
    );
}

fn run_original(sandbox: &Sandbox, herald: &std::path::Path) -> Vec<u8> {
    let mut hook = sandbox.command(herald);
    hook.args(["--hook", "Stop"]);
    run(hook, &payload("Stop")).stderr
}

#[cfg(unix)]
#[test]
fn every_payload_is_answered_with_an_unusable_state_directory() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.state_dir(), "in the way").unwrap();
    answers_every_payload(&sandbox);
    assert!(
        sandbox.path("run/herald/throttle.v1").exists(),
        "the next place was taken"
    );
}

#[test]
fn every_payload_is_answered_with_a_broken_config() {
    let sandbox = Sandbox::new().with_config(&json!({"audio_settings": 7}));
    answers_every_payload(&sandbox);
    fs::write(sandbox.path("project/.claude/herald.json"), "{ not json").unwrap();
    answers_every_payload(&sandbox);
    let output = run(sandbox.herald(&["--hook", "Setup"]), b"{}");
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.contains("herald.json:1:3: not valid JSON"), "{line}");
}

#[test]
fn invalid_payloads_get_a_reply() {
    let sandbox = Sandbox::new();
    let nested = "[".repeat(100_000);
    for input in [
        "",
        "{",
        "null",
        "[]",
        "{\"hook_event_name\": 7}",
        "\u{0}\u{1}",
        &nested,
    ] {
        let output = run(sandbox.herald(&["hook"]), input.as_bytes());
        assert!(output.status.success());
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            REPLY,
            "{input:.20}"
        );
    }
}

#[test]
fn an_input_that_never_ends_is_not_waited_for() {
    let sandbox = Sandbox::new();
    for begun in [&payload("Stop")[..], b"", b"{\"hook_event_name\":"] {
        let (stdin, mut open) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut open, begun).unwrap();
        let mut hook = sandbox.herald(&["hook"]);
        hook.stdin(stdin);
        // The input is still open: waiting for its end would hang here.
        let output = output_of(hook);
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
        drop(open);
    }
    assert_eq!(sandbox.wait_for_record(1)[0]["event"], "Stop");
}

#[test]
fn an_input_that_trickles_for_ever_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let mut hook = sandbox.herald(&["hook"]);
    hook.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut hook = Running::start(hook);
    let mut stdin = hook.child().stdin.take().unwrap();
    wait_until("the hook answers", || {
        let _ = std::io::Write::write_all(&mut stdin, b" ");
        hook.child().try_wait().unwrap()
    });
    let output = hook.output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
}

#[test]
fn a_payload_of_megabytes_is_answered() {
    let sandbox = Sandbox::new();
    let noise = "x\\n".repeat(2_000_000);
    let payload = format!(r#"{{"tool_response":{{"stdout":"{noise}"}},"hook_event_name":"Stop"}}"#);
    let output = run(sandbox.herald(&["hook"]), payload.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
    assert_eq!(sandbox.wait_for_record(1)[0]["event"], "Stop");
}

#[test]
fn the_originals_command_line_works() {
    // A window that does not pass on a busy machine.
    let sandbox = Sandbox::new().with_stop(&noise(5)).with_config(&json!({
        "sound_files": {"mappings": {"Stop": "stop.wav"}},
        "audio_settings": {"throttle_seconds": {"Stop": 3600}},
    }));
    let original = |args: &[&str]| {
        let output = run(sandbox.herald(args), &payload("Stop"));
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
        String::from_utf8(output.stderr).unwrap()
    };
    let quiet = original(&["--hook", "Stop", "--no-audio"]);
    assert!(quiet.contains("played=False throttled=False"), "{quiet}");
    let first = original(&["--hook", "Stop", "--enable-audio"]);
    assert!(
        first.starts_with("[Herald] event=Stop ") && first.contains("played=True"),
        "{first}"
    );
    assert!(first.contains("stop.wav"), "{first}");
    let second = original(&["--hook", "Stop"]);
    assert!(
        second.contains("throttled=True") && second.contains("Throttled (<= 3600s)"),
        "{second}"
    );
    assert_eq!(original(&["--json-only", "--hook", "Stop"]), "");
    assert_eq!(sandbox.wait_for_record(1).len(), 1);
}

#[test]
fn a_permission_request_and_its_notification_sound_once() {
    in_real_time(|| {
        // Windows that do not pass on a busy machine.
        let sandbox = Sandbox::new().with_config(&json!({
        "audio_settings": {"throttle_seconds": {"PermissionRequest": 3600, "Notification": 3600}},
    }));
        run(sandbox.herald(&["hook"]), &payload("PermissionRequest"));
        // Otherwise the second hook might start a faster player.
        sandbox.wait_for_record(1);
        run(
            sandbox.herald(&["hook"]),
            &payload("Notification-permission_prompt"),
        );
        run(
            sandbox.herald(&["hook"]),
            &payload("Notification-elicitation_dialog"),
        );
        let events: Vec<_> = sandbox
            .wait_for_record(2)
            .iter()
            .map(|line| line["event"].clone())
            .collect();
        assert_eq!(events, ["PermissionRequest", "Notification"]);
    });
}

#[test]
fn a_sound_that_failed_does_not_silence_the_next() {
    in_real_time(|| {
        let sandbox = Sandbox::new().with("HERALD_OUTPUT", "command");
        let sandbox = sandbox.with("AUDIO_PLAYER_CMD", "false");
        run(sandbox.herald(&["hook"]), &payload("Stop"));
        assert_eq!(sandbox.wait_for_record(1)[0]["status"], "failed");
        let sandbox = sandbox.with("HERALD_OUTPUT", "null");
        run(sandbox.herald(&["hook"]), &payload("Stop"));
        assert_eq!(sandbox.wait_for_record(2)[1]["status"], "played");
    });
}

#[test]
fn a_file_rendered_to_holds_the_sounds_and_nothing_else() {
    in_real_time(|| {
        let noise = noise(40);
        let sandbox = Sandbox::new().with_stop(&noise);
        let rendered = sandbox.path("out.wav");
        let output = format!("wav:{}", rendered.display());
        let sandbox = sandbox.with("HERALD_OUTPUT", &output);
        for times in 1..=2 {
            assert_eq!(sandbox.play("Stop"), Ok(()));
            let file = fs::read(&rendered).unwrap();
            let mut expected = wav(&noise.repeat(times))[44..].to_vec();
            let mut sounds = file[44..].to_vec();
            for samples in [&mut sounds, &mut expected] {
                // Frames of silence before, between and after are ignored.
                let frames = samples.chunks_exact(4).filter(|frame| **frame != [0; 4]);
                *samples = frames.flatten().copied().collect();
            }
            assert_eq!(sounds, expected);
        }
    });
}

#[test]
fn play_says_what_it_cannot_play() {
    let sandbox = Sandbox::new();
    let failing = |args: &[&str]| {
        let output = run(sandbox.herald(args), b"");
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(failing(&["play", "no-such-sound"]).contains("use an event such as Stop"));
    assert!(failing(&["play", "/", "--wait"]).contains("not a regular file"));
    assert!(failing(&["play", "finished", "--volume", "700"]).contains("from 0"));
    for sound in ["finished", "Stop", "attention"] {
        assert_eq!(sandbox.play(sound), Ok(()));
    }
}

/// Codex runs its `notify` program with the payload as an argument.
#[test]
fn codex_notifies_with_an_argument() {
    let sandbox = Sandbox::new();
    let payload = json!({"type": "agent-turn-complete", "cwd": "/", "turn-id": "1"}).to_string();
    let mut command = sandbox.herald(&["hook", &payload]);
    // Nobody writes to its standard input or closes it.
    let (stdin, _open) = std::io::pipe().unwrap();
    command.stdin(stdin);
    let output = output_of(command);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), REPLY);
    assert_eq!(sandbox.wait_for_record(1)[0]["event"], "Stop");
}

/// Not at its end, and without data.
#[test]
fn an_input_that_has_nothing_and_does_not_block_is_given_up() {
    let sandbox = Sandbox::new();
    let (input, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    input.set_nonblocking(true).unwrap();
    let mut hook = sandbox.herald(&["hook", "Stop"]);
    hook.stdin(std::os::fd::OwnedFd::from(input));
    let output = output_of(hook);
    assert_eq!(output.stdout, REPLY.as_bytes());
    assert!(output.status.success());
}

#[test]
fn a_pipe_that_nobody_empties_does_not_keep_the_hook() {
    use rustix::io::{Errno, ioctl_fionbio, write};
    let sandbox = Sandbox::new();
    let (_nobody, full) = std::io::pipe().unwrap();
    ioctl_fionbio(&full, true).unwrap();
    while write(&full, &[0; 4096]) != Err(Errno::AGAIN) {}
    ioctl_fionbio(&full, false).unwrap();
    let mut hook = sandbox.herald(&["--hook", "Stop"]);
    hook.stdout(full.try_clone().unwrap()).stderr(full);
    assert!(Running::start(hook).wait().success());
}
