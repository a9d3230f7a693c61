use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::doctor::{assert_found, found};
use crate::support::mount::Mount;
use crate::support::sandbox::Sandbox;

#[test]
fn the_state_directory_is_named_with_the_reason_for_it() {
    let sandbox = Sandbox::new();
    let named = format!(
        "{} (named by HERALD_STATE_DIR)",
        sandbox.path("state").display()
    );
    assert_found(&found(&sandbox, "state"), "ok", &named, "");
    let sandbox = sandbox.with("HERALD_STATE_DIR", "");
    let session = format!(
        "{} (in XDG_RUNTIME_DIR)",
        sandbox.path("run/herald").display()
    );
    assert_found(&found(&sandbox, "state"), "ok", &session, "");
}

#[test]
fn a_state_directory_in_memory_is_called_so() {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    let sandbox = Sandbox::new().with("HERALD_STATE_DIR", dir.path().join("state"));
    let what = "on tmpfs: in memory, lost at logout";
    assert_found(&found(&sandbox, "state"), "ok", what, "");
}

#[test]
fn a_state_directory_that_cannot_be_used_is_passed_over_with_the_reason() {
    let sandbox = Sandbox::new();
    let open = sandbox.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let sandbox = sandbox.with("HERALD_STATE_DIR", &open);
    let findings = found(&sandbox, "state");
    assert_found(&findings, "warning", "writable by other users", "");
    assert_found(&findings, "ok", "run/herald (in XDG_RUNTIME_DIR)", "");
}

/// It would be another directory in each project.
#[test]
fn a_relative_state_directory_is_refused() {
    let sandbox = Sandbox::new().with("HERALD_STATE_DIR", "relative");
    let findings = found(&sandbox, "state");
    assert_found(
        &findings,
        "warning",
        "directory relative: not an absolute path",
        "",
    );
    assert_found(&findings, "ok", "run/herald (in XDG_RUNTIME_DIR)", "");
    assert!(!sandbox.path("project/relative").exists());
}

#[test]
fn files_readable_by_others_are_reported() {
    let sandbox = Sandbox::new();
    let _ = found(&sandbox, "state");
    let state = sandbox.state_dir();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    let log = state.join("log.ndjson");
    fs::write(&log, "").unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).unwrap();
    let findings = found(&sandbox, "state");
    for (path, mode) in [(&state, "700"), (&log, "600")] {
        let what = format!("other users can read {}", path.display());
        let hint = format!("chmod {mode} {}", path.display());
        assert_found(&findings, "warning", &what, &hint);
    }
}

#[test]
fn a_log_that_cannot_be_written_is_wrong() {
    let sandbox = Sandbox::new();
    let log = sandbox.state_dir().join("log.ndjson");
    fs::create_dir_all(&log).unwrap();
    fs::set_permissions(sandbox.state_dir(), fs::Permissions::from_mode(0o700)).unwrap();
    let what = "log.ndjson: not a regular file";
    assert_found(&found(&sandbox, "state"), "error", what, "rm /");
}

#[test]
fn a_damaged_file_that_was_set_aside_is_named() {
    let sandbox = Sandbox::new();
    let _ = found(&sandbox, "state");
    let aside = sandbox.state_dir().join("throttle.v1.damaged-0");
    fs::write(&aside, "x").unwrap();
    let what = format!("renamed to {}", aside.display());
    let hint = format!("rm {}", aside.display());
    assert_found(&found(&sandbox, "state"), "warning", &what, &hint);
}

#[test]
fn a_throttle_that_is_locked_or_each_processs_own_is_told() {
    let locked = Sandbox::without_mapping();
    assert_found(&found(&locked, "throttle"), "warning", "locked file", "");
    let file = locked.state_dir().join("throttle.v1.locked");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let hint = "set HERALD_STATE_DIR";
    assert_found(
        &found(&locked, "throttle"),
        "error",
        "not shared between processes",
        hint,
    );
    assert_found(&found(&Sandbox::new(), "throttle"), "ok", "mapped file", "");
}

#[test]
fn a_locked_file_without_room_for_every_check_is_not_called_exact() {
    let Some(tiny) = Mount::new("size=8k,mode=700") else {
        return;
    };
    let sandbox = Sandbox::new().with("HERALD_STATE_DIR", tiny.path());
    let throttle = found(&sandbox, "throttle");
    assert_found(&throttle, "error", "several times", "HERALD_STATE_DIR");
}
