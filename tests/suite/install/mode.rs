//! Who may read what is written, from the first byte on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{user_settings, with_settings};
use crate::sandbox::run;

/// Watches system calls instead of files: a look from outside may come too late.
#[test]
fn new_files_beside_private_settings_are_private_before_a_byte_is_in_them() {
    let sandbox = with_settings(br#"{"env": {"ANTHROPIC_API_KEY": "secret"}}"#);
    let settings = user_settings(&sandbox);
    fs::set_permissions(&settings, Permissions::from_mode(0o600)).unwrap();
    let trace = sandbox.path("trace");
    let mut traced = sandbox.command("strace");
    traced.args(["-f", "-e", "trace=open,openat,creat", "-o"]);
    traced.arg(&trace);
    traced.args([env!("CARGO_BIN_EXE_herald"), "install"]);
    let output = run(traced, b"");
    assert!(output.status.success(), "{output:?}");
    let trace = fs::read_to_string(trace).expect("strace is installed");
    let created = trace.lines().filter(|line| line.contains("/.herald-"));
    let created: Vec<_> = created.filter(|line| line.contains("O_CREAT")).collect();
    assert_eq!(created.len(), 2, "the settings and their backup: {trace}");
    for line in created {
        assert!(line.contains(", 0600)"), "{line}");
    }
}
