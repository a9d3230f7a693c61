//! The test sound of `herald doctor`, as recorded.

use std::fs;

use serde_json::json;

use super::tunnel::{Place, Tunnel, free_port};
use super::{SoundServer, Way};
use crate::support::doctor::{assert_found, examined, of};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, noise, wait_until, write_program};

/// The findings about the test sound and the output.
fn sound_and_output(sandbox: &Sandbox) -> Vec<serde_json::Value> {
    let findings = examined(sandbox, &[]);
    [of(&findings, "output"), of(&findings, "sound")].concat()
}

/// The same, repeated until the recorder was ready: doctor does not wait long for it.
fn heard_and_output(sandbox: &Sandbox) -> Vec<serde_json::Value> {
    wait_until("somebody listens to doctor's sound", || {
        let findings = sound_and_output(sandbox);
        let text = serde_json::to_string(&findings).unwrap();
        (!text.contains("was not checked")).then_some(findings)
    })
}

#[test]
fn the_test_sound_is_heard_at_the_default_sink() {
    in_real_time(|| {
        let sandbox = Way::Native.sandbox(&noise(50));
        let pulse = SoundServer::start(&sandbox, &["cap"]);
        let findings = heard_and_output(&sandbox);
        assert_found(
            &findings,
            "ok",
            "played to its end through PulseAudio: ",
            "",
        );
        let heard = "it arrived at the default sink, peak -";
        assert_found(&findings, "ok", heard, "");
        pulse.wait_for("cap", 10_000);
    });
}

#[test]
fn a_recorder_that_records_nothing_is_not_waited_for_and_not_believed() {
    in_real_time(|| {
        let sandbox = Way::Native.sandbox(&noise(50));
        let bin = sandbox.path("bin");
        fs::create_dir(&bin).unwrap();
        let sandbox = sandbox.with("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        let _pulse = SoundServer::start(&sandbox, &["cap"]);
        let recorder = bin.join("parec");
        write_program(&recorder, "exec sleep 600");
        let what = "the default sink was not checked, because parec recorded nothing";
        assert_found(&sound_and_output(&sandbox), "ok", what, "");
    });
}

#[test]
fn a_sink_that_is_muted_or_turned_down_is_wrong() {
    in_real_time(|| {
        let sandbox = Way::Native.sandbox(&noise(50));
        let pulse = SoundServer::start(&sandbox, &["cap"]);
        pulse.control(&["set-sink-mute", "cap", "1"]);
        let hint = "pactl set-sink-mute @DEFAULT_SINK@ 0";
        assert_found(
            &sound_and_output(&sandbox),
            "error",
            "the default sink is muted",
            hint,
        );
        pulse.control(&["set-sink-mute", "cap", "0"]);
        pulse.control(&["set-sink-volume", "cap", "0%"]);
        let hint = "pactl set-sink-volume @DEFAULT_SINK@ 50%";
        assert_found(&sound_and_output(&sandbox), "error", "at volume 0 %", hint);
    });
}

#[test]
fn a_stream_that_is_muted_at_the_server_is_wrong() {
    in_real_time(|| {
        // The player keeps its stream open that long.
        let sandbox = Way::Native
            .sandbox(&noise(50))
            .with_config(&json!({"audio_settings": {"stream_idle_ms": 60_000}}));
        let pulse = SoundServer::start(&sandbox, &["cap"]);
        assert_eq!(sandbox.play("started"), Ok(()));
        let inputs = pulse.control(&["list", "short", "sink-inputs"]);
        let mut streams = inputs.lines().filter_map(|line| line.split('\t').next());
        let ours = streams.next_back().unwrap().to_owned();
        pulse.control(&["set-sink-input-mute", &ours, "1"]);
        let what = "but did not arrive at the default sink";
        assert_found(
            &heard_and_output(&sandbox),
            "error",
            what,
            "pactl list sink-inputs",
        );
    });
}

#[test]
fn a_laptop_at_the_other_end_is_named_and_one_without_the_key_gets_it() {
    in_real_time(|| {
        let laptop = Sandbox::new();
        let pulse = SoundServer::start(&laptop, &["cap"]);
        let port = free_port();
        let at = format!("port={port}");
        let module = [
            "load-module",
            "module-native-protocol-tcp",
            "listen=127.0.0.1",
        ];
        pulse.control(&[&module[..], &[&at]].concat());
        let tunnel = Tunnel::open(Place::Tcp(free_port()), Place::Tcp(port));
        let sandbox = Sandbox::new()
            .with("HERALD_OUTPUT", "cpal")
            .with("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")
            .with("PULSE_SERVER", tunnel.address());
        let refused = "denies access";
        assert_found(
            &sound_and_output(&sandbox),
            "error",
            refused,
            "PULSE_COOKIE",
        );
        let cookie = laptop.path("home/.config/pulse/cookie");
        let sandbox = sandbox.with("PULSE_COOKIE", cookie);
        let findings = examined(&sandbox, &[]);
        let there = format!(
            "running in an SSH session; sound plays at {}",
            tunnel.address()
        );
        assert_found(&of(&findings, "remote"), "ok", &there, "");
        assert_found(&of(&findings, "sound"), "ok", "peak -", "");
    });
}
