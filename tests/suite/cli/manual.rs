//! The manual pages and completions of a release.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::examples::example;
use crate::support::sandbox::{Sandbox, run};

fn names(dir: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(dir).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_command_has_a_page_and_every_shell_its_script() {
    let sandbox = Sandbox::new();
    let dir = tempfile::tempdir().unwrap();
    let mut manual = sandbox.command(example("manual"));
    manual.arg(dir.path());
    assert!(run(manual, b"").status.success());

    let pages = names(&dir.path().join("man"));
    for page in ["herald.1", "herald-hook.1", "herald-throttle-check.1"] {
        assert!(pages.contains(page), "{page}: {pages:?}");
    }
    let of_help = pages.iter().find(|page| page.contains("help"));
    assert_eq!(of_help, None);
    let page = fs::read_to_string(dir.path().join("man/herald-hook.1")).unwrap();
    assert!(page.contains("herald hook"), "{page}");

    let scripts = names(&dir.path().join("completions"));
    let all = [
        "_herald",
        "_herald.ps1",
        "herald.bash",
        "herald.elv",
        "herald.fish",
    ];
    assert!(scripts.iter().eq(all), "{scripts:?}");
    let script = fs::read(dir.path().join("completions/herald.fish")).unwrap();
    let printed = run(sandbox.herald(&["completions", "fish"]), b"").stdout;
    assert_eq!(script, printed);
}
