//! Findings of `herald doctor` about real problems.

mod output;
mod player;
mod policy;
mod program;
mod remote;
mod state;

use crate::support::doctor::{assert_found, examined, of};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{Sandbox, run};

#[test]
fn findings_are_lines_with_their_mend_below_and_a_sum() {
    let sandbox = Sandbox::new();
    assert!(run(sandbox.herald(&["mute"]), b"").status.success());
    let output = run(sandbox.herald(&["doctor"]), b"");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let muted = "warning  volume    muted\n                   hint: herald unmute\n";
    assert!(text.contains(muted), "{text}");
    assert!(
        text.contains("warning  sound     not tested: muted\n"),
        "{text}"
    );
    assert!(text.contains("\n0 errors, "), "{text}");
    let sandbox = sandbox.with("HERALD_OUTPUT", "loud");
    let output = run(sandbox.herald(&["doctor", "--no-sound"]), b"");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\n1 error, "), "{text}");
    assert!(!text.contains("  sound  "), "{text}");
}

#[test]
fn the_test_sound_goes_the_way_of_every_sound() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let findings = examined(&sandbox, &[]);
        assert_found(&of(&findings, "sound"), "ok", "was discarded", "");
        let line = &sandbox.wait_for_record(1)[0];
        assert_eq!(
            (&line["event"], &line["sound"], &line["through"]),
            (&"doctor".into(), &"builtin:finished".into(), &"null".into())
        );
        let file = sandbox.path("out.wav");
        let sandbox = sandbox.with("HERALD_OUTPUT", format!("wav:{}", file.display()));
        let findings = examined(&sandbox, &[]);
        let written = format!("was written to {}", file.display());
        assert_found(&of(&findings, "sound"), "ok", &written, "");
        assert!(file.metadata().unwrap().len() > 10_000);
    });
}
