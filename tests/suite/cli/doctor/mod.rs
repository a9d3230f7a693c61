//! What `herald doctor` finds, of trouble that is really there.

mod output;
mod player;
mod policy;
mod program;
mod remote;
mod state;

use serde_json::Value;

use crate::sandbox::{Sandbox, in_real_time, run};

/// What is found about `part`, without the test sound.
fn found(sandbox: &Sandbox, part: &str) -> Vec<Value> {
    of(&examined(sandbox, &["--no-sound"]), part)
}

/// Everything that is found; the exit code says whether something is wrong.
pub(crate) fn examined(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let output = run(sandbox.herald(&[&["doctor", "--json"], args].concat()), b"");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let wrong = findings.iter().any(|finding| finding["state"] == "wrong");
    assert_eq!(output.status.code(), Some(i32::from(wrong)));
    findings
}

pub(crate) fn of(findings: &[Value], part: &str) -> Vec<Value> {
    let of_part = findings.iter().filter(|finding| finding["part"] == part);
    of_part.cloned().collect()
}

/// Asserts that one of the findings is in `state`, says `what`, and has a mend that says `mend`.
#[track_caller]
pub(crate) fn assert_found(findings: &[Value], state: &str, what: &str, mend: &str) {
    let says = |finding: &&Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        text("state") == state && text("what").contains(what) && text("mend").contains(mend)
    };
    assert!(
        findings.iter().any(|finding| says(&finding)),
        "{findings:#?}"
    );
}

#[test]
fn findings_are_lines_with_their_mend_below_and_a_sum() {
    let sandbox = Sandbox::new();
    assert!(run(sandbox.herald(&["mute"]), b"").status.success());
    let output = run(sandbox.herald(&["doctor"]), b"");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let muted = "note   volume    muted\n                 herald unmute\n";
    assert!(text.contains(muted), "{text}");
    assert!(
        text.contains("note   sound     not tested: muted\n"),
        "{text}"
    );
    assert!(text.ends_with("\nnothing is wrong\n"), "{text}");
    let sandbox = sandbox.with("HERALD_OUTPUT", "loud");
    let output = run(sandbox.herald(&["doctor", "--no-sound"]), b"");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("\n1 thing is wrong\n"), "{text}");
    assert!(!text.contains("  sound  "), "{text}");
}

#[test]
fn the_test_sound_goes_the_way_of_every_sound() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let findings = examined(&sandbox, &[]);
        assert_found(&of(&findings, "sound"), "good", "went nowhere", "");
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(
            (&line["event"], &line["sound"], &line["through"]),
            (&"doctor".into(), &"builtin:finished".into(), &"null".into())
        );
        let file = sandbox.path("out.wav");
        let sandbox = sandbox.with("HERALD_OUTPUT", format!("wav:{}", file.display()));
        let findings = examined(&sandbox, &[]);
        let written = format!("was written into {}", file.display());
        assert_found(&of(&findings, "sound"), "good", &written, "");
        assert!(file.metadata().unwrap().len() > 10_000);
    });
}
