use super::*;

fn pack(dir: &Path, content: &str) {
    fs::create_dir(dir).unwrap();
    fs::write(dir.join(MANIFEST), content).unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn where_names_cannot_be_exchanged_two_steps_do() {
    let dir = tempfile::tempdir().unwrap();
    let [incoming, place] = [INCOMING, "pack"].map(|name| dir.path().join(name));
    pack(&incoming, "new");
    pack(&place, "old");
    swap_in_two_steps(&incoming, &place, dir.path()).unwrap();
    assert_eq!(fs::read_to_string(place.join(MANIFEST)).unwrap(), "new");
    assert_eq!(names(dir.path()), ["pack"]);
    // The rename fails, and the previous pack is restored.
    assert!(swap_in_two_steps(&incoming, &place, dir.path()).is_err());
    assert_eq!(fs::read_to_string(place.join(MANIFEST)).unwrap(), "new");
    assert_eq!(names(dir.path()), ["pack"]);
}

#[test]
fn leftovers_of_a_killed_process_are_removed_or_restored() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at(WAITING)).unwrap();
    pack(&at(WAITING).join("lost"), "old");
    pack(&at(WAITING).join("replaced"), "old");
    pack(&at("replaced"), "new");
    pack(&at(INCOMING), "half");
    pack(&at(OUTGOING), "half");
    drop(lock(dir.path()).unwrap());
    assert_eq!(names(dir.path()), [LOCK, "lost", "replaced"]);
    let left = fs::read_to_string(at("replaced").join(MANIFEST)).unwrap();
    assert_eq!(left, "new");
}

#[cfg(unix)]
#[test]
fn papers_are_the_packs_own() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("pack");
    pack(&root, "{}");
    fs::write(root.join("../secret"), "").unwrap();
    for name in ["LICENSE", "licence.txt", "license-mit", "ReadMe.md", "todo"] {
        fs::write(root.join(name), "").unwrap();
    }
    symlink("../secret", root.join("README")).unwrap();
    symlink("README.de", root.join("README.de")).unwrap();
    fs::create_dir(root.join("LICENSES")).unwrap();
    let mut documents = documents(&root).unwrap();
    documents.sort();
    let names: Vec<_> = documents
        .iter()
        .map(|(_, name)| name.to_str().unwrap())
        .collect();
    assert_eq!(names, ["LICENSE", "ReadMe.md", "license-mit"]);
}
