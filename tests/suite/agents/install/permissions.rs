//! Permissions of written files, and limits of mounts.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::process::Output;

use super::{backup, command, read, user_settings, with_settings};
use crate::support::namespaces::unshared;
use crate::support::sandbox::{Sandbox, run};

/// Observes system calls rather than files, because an observer may be too late.
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

/// Runs `herald install` after `mount` in a separate mount namespace; none where this user may not have one.
fn install_after(mount: &str, sandbox: &Sandbox) -> Option<Output> {
    let mut unshared = unshared(sandbox, &["--map-root-user", "--mount"])?();
    unshared.args(["sh", "-ec"]);
    unshared.arg(format!("{mount}; exec \"$HERALD\" install"));
    unshared.env("HERALD", env!("CARGO_BIN_EXE_herald"));
    Some(run(unshared, b""))
}

#[test]
fn settings_that_are_a_mount_point_are_overwritten() {
    let before = r#"{"a": "a long value, so that the file might have to be cut"}"#;
    let sandbox = with_settings(before);
    let mount = "mount --bind \"$HOME/.claude/settings.json\" \"$HOME/.claude/settings.json\"";
    let Some(output) = install_after(mount, &sandbox) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let hooks = &read(&user_settings(&sandbox))["hooks"];
    assert_eq!(hooks["Stop"], super::groups(&command()));
    assert_eq!(fs::read_to_string(backup(&sandbox)).unwrap(), before);
}

#[test]
fn a_failed_installation_leaves_no_backup() {
    let sandbox = with_settings("{}");
    let dir = sandbox.path("home/read-only");
    fs::create_dir(&dir).unwrap();
    fs::rename(user_settings(&sandbox), dir.join("settings.json")).unwrap();
    symlink(dir.join("settings.json"), user_settings(&sandbox)).unwrap();
    let mount = "mount --bind \"$HOME/read-only\" \"$HOME/read-only\"; mount -o remount,ro,bind \"$HOME/read-only\"";
    let Some(output) = install_after(mount, &sandbox) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("Read-only file system"), "{complaint}");
    assert!(
        !complaint.contains("/.herald-"),
        "a temporary name: {complaint}"
    );
    assert_eq!(fs::read(user_settings(&sandbox)).unwrap(), b"{}");
    assert!(!backup(&sandbox).exists());
}

#[test]
fn a_mount_point_without_room_is_as_it_was() {
    let before = format!(r#"{{"a": "{}"}}"#, "x".repeat(4_000));
    let sandbox = with_settings(&before);
    let mount = r#"
        mkdir "$HOME/full"
        mount -t tmpfs -o size=4k tmpfs "$HOME/full"
        cp "$HOME/.claude/settings.json" "$HOME/full/settings.json"
        mount --bind "$HOME/full/settings.json" "$HOME/.claude/settings.json"
        "$HERALD" install || { cp "$HOME/.claude/settings.json" "$HOME/left"; exit 1; }"#;
    let Some(output) = install_after(mount, &sandbox) else {
        return;
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("No space left"), "{output:?}");
    assert_eq!(
        fs::read_to_string(sandbox.path("home/left")).unwrap(),
        before
    );
    assert!(!backup(&sandbox).exists());
}

#[test]
fn settings_with_another_name_change_under_both() {
    let sandbox = with_settings("{}\n");
    let (settings, other) = (user_settings(&sandbox), sandbox.path("home/dotfiles.json"));
    fs::hard_link(&settings, &other).unwrap();
    for args in [&["install"][..], &["uninstall"]] {
        let said = super::say(&sandbox, args);
        assert!(said.contains("has hard links"), "{said}");
        let [one, two] = [&settings, &other].map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(one, two, "{args:?}");
        let has_hooks = one.contains("herald");
        assert_eq!(has_hooks, args == ["install"], "{one}");
    }
    assert!(!backup(&sandbox).exists(), "it is as it was");
    // Nor are files of an installation removed under one name only.
    fs::write(&settings, "").unwrap();
    super::say(&sandbox, &["install"]);
    fs::remove_file(backup(&sandbox)).unwrap();
    super::say(&sandbox, &["uninstall"]);
    assert_eq!(fs::read_to_string(&other).unwrap(), "{}\n");
}

/// As with `sudo -E`.
#[test]
fn files_installed_by_root_in_another_home_belong_to_its_user() {
    if !rustix::process::geteuid().is_root() {
        test_support::not_tested("only root may give files away");
        return;
    }
    let sandbox = Sandbox::new();
    chown(sandbox.path("home"), Some(4001), Some(4002)).unwrap();
    super::say(&sandbox, &["install"]);
    for made in [".claude", ".claude/settings.json"] {
        let path = sandbox.path("home").join(made);
        let found = fs::metadata(&path).unwrap_or_else(|error| panic!("{made}: {error}"));
        assert_eq!((found.uid(), found.gid()), (4001, 4002), "{made}");
    }
}
