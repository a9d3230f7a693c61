//! `herald output`

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, herald_alone, run, write_program};

const DEVICES: &str = r#"[
    {"name": "pulseaudio:alsa_output.usb", "description": "USB Headphones", "host": "sound server", "is_default": false},
    {"name": "pulseaudio:alsa_output.pci", "description": "Speakers", "host": "sound server", "is_default": true}
]"#;

struct Place {
    sandbox: Sandbox,
    dir: tempfile::TempDir,
}

impl Place {
    /// With a stand-in for the player, which says that these devices exist.
    fn new() -> Self {
        let dir = herald_alone();
        let script = format!("test \"$*\" = --devices && cat <<'E'\n{DEVICES}\nE");
        write_program(&dir.path().join("herald-player"), &script);
        Self {
            sandbox: Sandbox::new(),
            dir,
        }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = self.sandbox.command(self.dir.path().join("herald"));
        command.env_remove("HERALD_OUTPUT").arg("output").args(args);
        run(command, b"")
    }

    fn answer(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn config(&self) -> Value {
        let path = self.sandbox.path("home/.config/herald/config.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }
}

#[test]
fn a_device_is_chosen_by_its_name_or_description() {
    let place = Place::new();
    assert_eq!(
        place.answer(&[]),
        json!({"output": "auto", "source": "built in"})
    );
    for (name, output) in [
        ("usb headphones", "cpal:pulseaudio:alsa_output.usb"),
        (
            "pulseaudio:alsa_output.pci",
            "cpal:pulseaudio:alsa_output.pci",
        ),
        ("cpal:Speakers", "cpal:pulseaudio:alsa_output.pci"),
        ("null", "null"),
        ("auto", "auto"),
    ] {
        assert_eq!(place.answer(&[name])["output"], output, "{name}");
        assert_eq!(
            place.config(),
            json!({"audio_settings": {"output": output}})
        );
        assert_eq!(place.answer(&[])["output"], output);
    }
    for (name, says) in [
        (
            "Speeker",
            "no sound device \"Speeker\"\nhint: did you mean \"Speakers\"?",
        ),
        ("nothing like it", "hint: herald output list"),
        ("wav:", "no sound device \"wav:\""),
    ] {
        let output = place.run(&[name]);
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains(says), "{why}");
        assert_eq!(output.status.code(), Some(1));
    }
    assert_eq!(place.answer(&[])["output"], "auto");
}

#[test]
fn the_list_marks_where_sound_goes() {
    let place = Place::new();
    let chosen = || {
        let list = place.answer(&["list"]);
        let devices = list["devices"].as_array().unwrap();
        devices
            .iter()
            .map(|device| device["chosen"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!(chosen(), [false, true]);
    place.answer(&["USB Headphones"]);
    assert_eq!(chosen(), [true, false]);
    let words = String::from_utf8(place.run(&["list"]).stdout).unwrap();
    let lines: Vec<_> = words.lines().collect();
    assert!(lines[1].starts_with("*  USB Headphones"), "{words}");

    let mut command = place.sandbox.command(place.dir.path().join("herald"));
    command
        .env("HERALD_OUTPUT", "null")
        .args(["output", "auto"]);
    let why = String::from_utf8(run(command, b"").stderr).unwrap();
    assert!(why.contains("HERALD_OUTPUT is set here"), "{why}");

    fs::remove_file(place.dir.path().join("herald-player")).unwrap();
    let mut command = place.sandbox.command(place.dir.path().join("herald"));
    command.env("PATH", "/nonexistent").args(["output", "list"]);
    let why = String::from_utf8(run(command, b"").stderr).unwrap();
    assert!(why.contains("cannot list sound devices"), "{why}");
}
