//! `herald voices`, and variations of sounds by project.

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run, samples};

/// The voices in use, and which of them is this project's.
fn used(sandbox: &Sandbox) -> (Vec<Value>, Vec<Value>) {
    let output = run(sandbox.herald(&["voices", "--json"]), b"");
    let voices: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(voices.len(), 12);
    let which = |key: &str| {
        let voices = voices.iter().filter(|voice| voice[key] == true);
        voices.map(|voice| voice["voice"].clone()).collect()
    };
    (which("inUse"), which("ofThisProject"))
}

#[test]
fn a_projects_sound_has_its_own_place_and_pitch_and_others_get_others() {
    let voice = json!({"audio_settings": {"voice": "project"}});
    let sandbox = Sandbox::new().with_config(&voice);
    let output = format!("wav:{}", sandbox.path("rendered.wav").display());
    let sandbox = sandbox.with("HERALD_OUTPUT", output);
    assert_eq!(used(&sandbox), (vec![], vec![]));
    sandbox.play("finished").unwrap();
    let (first, own) = used(&sandbox);
    assert_eq!((first.len(), &own), (1, &first));
    let rendered = samples(&sandbox.path("rendered.wav"));
    let loudest = |side: usize| {
        let side = rendered.iter().skip(side).step_by(2);
        f64::from(side.map(|sample| sample.abs()).max().unwrap())
    };
    let [left, right] = [0, 1].map(loudest);
    assert!(
        (left.min(right) / left.max(right) - 0.7).abs() < 0.01,
        "{left} {right}"
    );

    // The same one again, and another one for another project.
    sandbox.play("finished").unwrap();
    assert_eq!(used(&sandbox), (first.clone(), first.clone()));
    std::fs::create_dir_all(sandbox.path("other/.claude")).unwrap();
    std::fs::write(sandbox.path("other/.claude/herald.json"), voice.to_string()).unwrap();
    let other = sandbox.path("other");
    let sandbox = sandbox.with("CLAUDE_PROJECT_DIR", other);
    sandbox.play("finished").unwrap();
    let (both, own) = used(&sandbox);
    assert_eq!((both.len(), own.len()), (2, 1));
    assert_ne!(own, first);
}
