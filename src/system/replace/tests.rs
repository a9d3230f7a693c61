use super::*;

fn replacement(path: &Path) -> Replacement {
    Replacement::prepare(path, b"ours").unwrap()
}

#[test]
fn only_what_was_expected_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    assert!(!replacement(&path).put_over(Some(b"old")).unwrap());
    assert!(replacement(&path).put_over(None).unwrap());
    assert!(!replacement(&path).put_over(None).unwrap());
    fs::write(&path, "theirs").unwrap();
    assert!(!replacement(&path).put_over(Some(b"old")).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert!(replacement(&path).put_over(Some(b"theirs")).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"ours");
    assert!(!remove(&path, b"theirs").unwrap());
    assert!(remove(&path, b"ours").unwrap());
    assert_nothing_is_left(dir.path());
}

/// As if another program wrote just before the first check.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn a_newer_file_is_exchanged_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "theirs").unwrap();
    assert!(!replacement(&path).swap_in(b"old").unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert!(replacement(&path).swap_in(b"theirs").unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"ours");
    fs::remove_file(&path).unwrap();
    assert_nothing_is_left(dir.path());
}

/// Only root may change owners.
#[cfg(unix)]
#[test]
fn owner_group_and_permissions_are_kept() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "theirs").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(4001), Some(4002)).unwrap();
    }
    let about = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode())
    };
    let before = about(&path);
    assert!(replacement(&path).put_over(Some(b"theirs")).unwrap());
    assert_eq!(about(&path), before);
    let backup = dir.path().join("backup");
    let copy = Replacement::prepare_like(&path, backup.clone(), b"ours").unwrap();
    copy.put().unwrap();
    assert_eq!(about(&backup), before);
}

#[cfg(unix)]
#[test]
fn a_file_that_has_other_names_keeps_them() {
    let dir = tempfile::tempdir().unwrap();
    let [path, other] = ["file", "other"].map(|name| dir.path().join(name));
    fs::write(&path, "the bytes of another").unwrap();
    fs::hard_link(&path, &other).unwrap();
    let new = replacement(&path);
    assert!(!new.put_over(Some(b"old")).unwrap());
    assert!(
        replacement(&path)
            .put_over(Some(b"the bytes of another"))
            .unwrap()
    );
    assert_eq!(fs::read(&other).unwrap(), b"ours");
    Replacement::prepare(&path, b"put").unwrap().put().unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"put");
    assert!(has_other_names(&path));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn only_files_of_killed_processes_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let names = |dir: &Path| {
        let entries = fs::read_dir(dir).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    for left in [".herald-Abc123", ".herald-000000"] {
        fs::write(dir.path().join(left), "half of it").unwrap();
    }
    let others = [
        ".herald-lock",
        ".herald-abc-12",
        ".herald-Abc1234",
        "herald-Abc123",
    ];
    for other in others {
        fs::write(dir.path().join(other), "").unwrap();
    }
    let living = replacement(&dir.path().join("one"));
    replacement(&dir.path().join("two")).put().unwrap();
    assert!(living.put_over(None).unwrap());
    let mut expected = [&others[..], &["one", "two"]].concat();
    expected.sort_unstable();
    assert_eq!(names(dir.path()), expected);
}

fn assert_nothing_is_left(dir: &Path) {
    let left = fs::read_dir(dir).unwrap().count();
    assert_eq!(left, 0, "nothing is left behind");
}
