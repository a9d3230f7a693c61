//! `herald --version`

use crate::support::sandbox::{Sandbox, run};

fn said(args: &[&str]) -> String {
    let output = run(Sandbox::new().herald(args), b"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_version_is_one_line() {
    let line = format!("herald {}\n", env!("CARGO_PKG_VERSION"));
    for args in [&["--version"][..], &["-V"], &["--version", "status"]] {
        assert_eq!(said(args), line, "{args:?}");
    }
}

#[test]
fn verbose_says_how_it_was_built_and_which_player_it_finds() {
    for args in [["--version", "--verbose"], ["--verbose", "-V"]] {
        let said = said(&args);
        let lines: Vec<_> = said.lines().map(|line| line.split_once(": ")).collect();
        let keys: Vec<_> = lines.iter().flatten().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["commit", "target", "linked", "player"], "{said}");
        let (_, player) = lines.last().copied().flatten().unwrap();
        if cfg!(feature = "playback") {
            assert!(player.starts_with(env!("CARGO_PKG_VERSION")), "{said}");
        }
    }
    let alone = run(Sandbox::new().herald(&["--verbose"]), b"");
    assert_eq!(alone.status.code(), Some(2));
}
