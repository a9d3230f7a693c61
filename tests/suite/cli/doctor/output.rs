use std::fs;
use std::net::TcpListener;

use crate::support::doctor::{assert_found, examined, found, of};
use crate::support::sandbox::Sandbox;

/// A sandbox without a sound server. The machine may have a sound card.
fn sandbox() -> Sandbox {
    Sandbox::new().with("HERALD_OUTPUT", "cpal")
}

fn has_card() -> bool {
    let cards = fs::read_to_string("/proc/asound/cards").unwrap_or_default();
    cards.contains("]:")
}

#[test]
fn an_unknown_output_names_the_known_ones() {
    let sandbox = sandbox().with("HERALD_OUTPUT", "loud");
    let what = "unknown output \"loud\" in HERALD_OUTPUT";
    let findings = examined(&sandbox, &[]);
    assert_found(&of(&findings, "output"), "error", what, "use auto, cpal, ");
    let not_tested = "not tested: the output is invalid";
    assert_found(&of(&findings, "sound"), "warning", not_tested, "");
}

#[test]
fn no_sound_server_is_said_and_no_card_either() {
    let findings = found(&sandbox(), "output");
    let no_server = "no sound server at unix:/";
    match has_card() {
        true => assert_found(&findings, "ok", no_server, ""),
        false => {
            assert_found(
                &findings,
                "error",
                no_server,
                "start PulseAudio or PipeWire",
            );
            assert_found(&findings, "error", "no sound card either", "");
        }
    }
}

#[test]
fn a_named_sound_server_that_nobody_is_at_is_wrong() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sandbox = sandbox().with("PULSE_SERVER", format!("tcp:127.0.0.1:{port}"));
    // The connection is accepted, without an answer.
    let silent = format!("no sound server at tcp:127.0.0.1:{port}: no answer");
    assert_found(
        &found(&sandbox, "output"),
        "error",
        &silent,
        "open the tunnel",
    );
    drop(listener);
    let closed = format!("no sound server at tcp:127.0.0.1:{port}: Connection refused");
    assert_found(
        &found(&sandbox, "output"),
        "error",
        &closed,
        "open the tunnel",
    );
    let sandbox = sandbox.with("PULSE_SERVER", "tcp:");
    let what = "invalid PULSE_SERVER tcp:";
    assert_found(
        &found(&sandbox, "output"),
        "error",
        what,
        "unset PULSE_SERVER",
    );
}

#[test]
fn a_named_player_that_is_not_there_is_wrong() {
    let sandbox = sandbox()
        .with("HERALD_OUTPUT", "auto")
        .with("AUDIO_PLAYER_CMD", "no-such-player --loud");
    let what = "AUDIO_PLAYER_CMD names no-such-player, which does not exist";
    assert_found(
        &found(&sandbox, "output"),
        "error",
        what,
        "unset AUDIO_PLAYER_CMD",
    );
    let sandbox = sandbox.with("AUDIO_PLAYER_CMD", "sh -c true");
    assert_found(
        &found(&sandbox, "output"),
        "ok",
        "the external player /",
        "",
    );
}

#[test]
fn command_without_any_player_is_wrong() {
    let sandbox = Sandbox::new().with("HERALD_OUTPUT", "command");
    let empty = sandbox.path("empty");
    fs::create_dir(&empty).unwrap();
    let sandbox = sandbox.with("PATH", empty);
    let what = "no external player is installed";
    assert_found(
        &found(&sandbox, "output"),
        "error",
        what,
        "install one of afplay",
    );
}
