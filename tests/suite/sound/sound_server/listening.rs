//! Rules about microphones and headphones, at a real sound server.

use std::process::Stdio;

use serde_json::{Value, json};

use super::server::{SoundServer, client};
use super::{Way, two_sounds};
use crate::support::rules::{becomes, doctor_about_rules, with_rules};
use crate::support::sandbox::{Running, Sandbox, run};

/// A program that records from `source`.
fn recorder(sandbox: &Sandbox, source: &str) -> Running {
    let mut parec = client(sandbox, "pulse", "parec");
    parec.args(["-d", source, "--raw"]).stdout(Stdio::null());
    Running::start(parec)
}

#[test]
fn a_call_keeps_events_quiet_and_a_recorded_output_does_not() {
    let sandbox = Way::Native.sandbox(&two_sounds(100).0);
    let server = SoundServer::start(&sandbox, &["speaker"]);
    with_rules(&sandbox, &json!({"quiet_in_calls": true}));
    // The sink's monitor is recorded all the time.
    becomes(&sandbox, "played");
    let call = recorder(&sandbox, "silence");
    let line = becomes(&sandbox, "skipped");
    assert_eq!(
        line["reason"],
        "rules.quiet_in_calls: a microphone is in use"
    );
    let told = doctor_about_rules(&sandbox).concat();
    assert!(
        told.contains("a microphone is in use") || told.contains("the answer took"),
        "{told}"
    );
    drop(call);
    becomes(&sandbox, "played");
    drop(server);
}

#[test]
fn only_headphones_keeps_speakers_quiet_and_what_is_unknown_sounds() {
    let sandbox = Way::Native.sandbox(&two_sounds(100).0);
    let mut server = SoundServer::start(&sandbox, &["unknown"]);
    with_rules(&sandbox, &json!({"only_headphones": true}));
    becomes(&sandbox, "played");
    let told = doctor_about_rules(&sandbox).concat();
    assert!(told.contains("unknown does not say what it is"), "{told}");
    server.add_with("speaker", &["sink_properties=device.form_factor=speaker"]);
    server.choose("speaker");
    let line = becomes(&sandbox, "skipped");
    assert_eq!(
        line["reason"],
        "rules.only_headphones: the output is not headphones"
    );
    server.add_with(
        "headphones",
        &["sink_properties=device.form_factor=headset"],
    );
    server.choose("headphones");
    becomes(&sandbox, "played");
}

#[test]
fn without_a_sound_server_events_sound() {
    let sandbox = Sandbox::new().with("PULSE_SERVER", "unix:/nowhere");
    with_rules(
        &sandbox,
        &json!({"quiet_in_calls": true, "only_headphones": true}),
    );
    becomes(&sandbox, "played");
    let told = doctor_about_rules(&sandbox);
    let [calls, headphones] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(
        calls.contains("no sound server at unix:/nowhere"),
        "{calls}"
    );
    assert!(
        headphones.contains("the output null is no device"),
        "{headphones}"
    );
}

#[test]
fn the_devices_of_a_sound_server_are_listed_and_each_is_found_by_its_name() {
    let sandbox = Way::Native.sandbox(&two_sounds(100).0);
    let mut server = SoundServer::start(&sandbox, &["speaker"]);
    server.add_with("headphones", &[]);
    server.choose("headphones");
    let list = run(sandbox.herald(&["output", "list", "--json"]), b"").stdout;
    let list: Value = serde_json::from_slice(&list).unwrap();
    let devices = list["devices"].as_array().unwrap();
    let names = devices
        .iter()
        .map(|device| device["name"].as_str().unwrap());
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"pulseaudio:speaker"), "{list}");
    let default = devices.iter().find(|device| device["default"] == true);
    assert_eq!(default.unwrap()["name"], "pulseaudio:headphones");
    for name in names {
        let sandbox = &mut sandbox.command(env!("CARGO_BIN_EXE_herald"));
        sandbox.env("HERALD_OUTPUT", format!("cpal:{name}"));
        sandbox.args(["play", "Stop", "--wait"]);
        assert!(sandbox.status().unwrap().success(), "{name}");
    }
}
