//! Killed installations: the settings are complete, old or new, and no temporary file stays.

use std::fs;

use super::{backup, read, say, user_settings, with_settings};
use crate::support::sandbox::{Sandbox, run};

fn names(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path("home/.claude")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Runs `herald` with `args`, killed at its `number`th system call that changes files. Returns whether it
/// was.
fn is_killed_at(sandbox: &Sandbox, args: &[&str], number: usize) -> bool {
    let calls = "openat,write,fchown,fchmod,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,close";
    let trace = sandbox.path("trace");
    let mut traced = sandbox.command("strace");
    traced.arg("-o").arg(&trace);
    traced.args(["-e", &format!("trace={calls}")]);
    let inject = format!("inject={calls}:signal=SIGKILL:when={number}");
    traced.args(["-e", &inject]);
    traced.arg(env!("CARGO_BIN_EXE_herald")).args(args);
    run(traced, b"");
    // Its own exit status is not reliable.
    let trace = fs::read_to_string(trace).expect("strace is installed");
    !trace.contains("+++ exited with 0 +++")
}

#[test]
fn what_a_killed_installation_left_is_swept_by_the_next() {
    let before = r#"{"env": {"KEY": "secret"}}"#;
    let sandbox = with_settings(before);
    let settings = user_settings(&sandbox);
    let mut left_something = 0;
    let mut number = 0;
    loop {
        number += 1;
        fs::write(&settings, before).unwrap();
        let _ = fs::remove_file(backup(&sandbox));
        let was_killed = is_killed_at(&sandbox, &["install"], number);
        // Complete at any time.
        let found = fs::read_to_string(&settings).unwrap();
        assert!(
            found == before || read(&settings)["hooks"]["Stop"].is_array(),
            "{found}"
        );
        let is_left = |name: &String| name.starts_with(".herald-");
        left_something += usize::from(names(&sandbox).iter().any(is_left));
        say(&sandbox, &["install"]);
        say(&sandbox, &["uninstall"]);
        assert_eq!(
            names(&sandbox),
            ["settings.json"],
            "killed at call {number}"
        );
        assert_eq!(fs::read_to_string(&settings).unwrap(), before);
        if !was_killed {
            break;
        }
    }
    assert!(
        left_something > 3,
        "it was never killed with a file of its own"
    );
}
