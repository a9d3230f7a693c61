//! One loudness for sounds of different levels.

use std::f64::consts::TAU;
use std::fs;

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, output_of, wav};

/// Half a second of 1 kHz with this peak, on both loudspeakers.
fn tone(peak: f64) -> Vec<u8> {
    let sample = |n: i32| (peak * (TAU * f64::from(n) / 48.0).sin()) as i16;
    let samples: Vec<_> = (0..24_000).flat_map(|n| [sample(n); 2]).collect();
    wav(&samples)
}

fn words_of(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = output_of(sandbox.herald(args));
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json_of(sandbox: &Sandbox, args: &[&str]) -> Value {
    serde_json::from_str(&words_of(sandbox, &[args, &["--json"]].concat())).unwrap()
}

#[test]
fn packs_are_turned_up_and_down_own_files_down_and_built_in_sounds_stay() {
    let pack = "home/.openpeon/packs/soft";
    let sandbox = Sandbox::new().with_config(&json!({"packs": {"active": "soft"}}));
    fs::create_dir_all(sandbox.path(pack)).unwrap();
    let manifest = json!({
        "cesp_version": "1.0", "name": "soft", "display_name": "Soft", "version": "1.0.0",
        "categories": {"task.complete": {"sounds": [{"file": "soft.wav", "label": "soft"}]}},
    });
    fs::write(
        sandbox.path(pack).join("openpeon.json"),
        manifest.to_string(),
    )
    .unwrap();
    fs::write(sandbox.path(pack).join("soft.wav"), tone(300.0)).unwrap();
    fs::write(sandbox.path("project/soft.wav"), tone(300.0)).unwrap();
    fs::write(sandbox.path("project/loud.wav"), tone(30_000.0)).unwrap();

    let change = |sound: &str| json_of(&sandbox, &["play", sound, "--wait"])["gainDb"].clone();
    assert_eq!(change("Stop"), 22.8);
    assert_eq!(change("./soft.wav"), 0.0);
    assert_eq!(change("./loud.wav"), -17.2);
    assert_eq!(change("attention"), Value::Null);
    assert_eq!(sandbox.record()[0]["gain_db"], 22.8);

    let check = json_of(&sandbox, &["pack", "check", "soft"]);
    let expected = json!([{"file": "soft.wav", "lufs": -40.8, "peakDb": -40.8, "gainDb": 22.8}]);
    assert_eq!(check["sounds"], expected);
    let words = words_of(&sandbox, &["pack", "check", "soft"]);
    let loudness = "loudness of 1 sound: -40.8 to -40.8 LUFS, played at -18 LUFS\n";
    assert!(words.contains(loudness), "{words}");

    let off = json!({"packs": {"active": "soft"}, "audio_settings": {"loudness": "off"}});
    let sandbox = sandbox.with_config(&off);
    let change = |sound: &str| json_of(&sandbox, &["play", sound, "--wait"])["gainDb"].clone();
    assert_eq!(change("Stop"), Value::Null);
    assert_eq!(change("./loud.wav"), Value::Null);
}
