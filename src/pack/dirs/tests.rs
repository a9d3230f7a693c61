use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    dirs: PackDirs,
}

impl Fixture {
    /// With packs of these names in the user's home and in a project.
    fn new(user: &[&str], project: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (home, names) in [("home", user), ("project", project)] {
            fs::create_dir_all(dir.path().join(home).join(PLACE)).unwrap();
            for name in names {
                make(&dir.path().join(home).join(PLACE).join(name));
            }
        }
        let home = dir.path().join("home");
        let env = Env::of([("HOME", &home), ("USERPROFILE", &home)]);
        let dirs = PackDirs::new(&env, Some(&dir.path().join("project")));
        Self { dir, dirs }
    }

    fn find(&self, name: &str, named_by: Owner) -> Option<String> {
        let found = self.dirs.find(name, named_by)?;
        let relative = found.strip_prefix(self.dir.path()).unwrap();
        Some(relative.to_str().unwrap().replace('\\', "/"))
    }
}

fn make(pack: &Path) {
    fs::create_dir_all(pack).unwrap();
    fs::write(pack.join(MANIFEST), "{}").unwrap();
}

#[test]
fn names_are_plain() {
    for name in ["a", "0", "peon", "sc_tank", "wc2-peon-ru", &"a".repeat(64)] {
        assert!(is_name(name), "{name}");
    }
    for name in [
        "",
        "-a",
        "_a",
        "A",
        "a.b",
        "a/b",
        "..",
        "a b",
        "ä",
        "a\0",
        &"a".repeat(65),
    ] {
        assert!(!is_name(name), "{name}");
    }
}

#[test]
fn a_pack_is_looked_for_where_its_name_comes_from_first() {
    let fixture = Fixture::new(&["both", "mine"], &["both", "theirs"]);
    fs::create_dir(fixture.dir.path().join("home/.openpeon/packs/theirs")).unwrap();
    for (name, named_by, found) in [
        ("both", Owner::User, Some("home/.openpeon/packs/both")),
        ("both", Owner::Project, Some("project/.openpeon/packs/both")),
        ("mine", Owner::Project, Some("home/.openpeon/packs/mine")),
        (
            "theirs",
            Owner::User,
            Some("project/.openpeon/packs/theirs"),
        ),
        ("gone", Owner::User, None),
        ("../packs/mine", Owner::User, None),
    ] {
        assert_eq!(fixture.find(name, named_by).as_deref(), found, "{name}");
    }
}

#[test]
fn without_a_home_and_a_project_there_are_none() {
    let env = |home| Env::of([("HOME", home), ("USERPROFILE", home)]);
    let home = tempfile::tempdir().unwrap();
    let dirs = PackDirs::new(&env(home.path().to_str().unwrap()), Some(home.path()));
    assert!(dirs.project.is_none());
    let dirs = PackDirs::new(&env("relative"), None);
    assert_eq!(dirs.user(), None);
    assert_eq!(dirs.find("peon", Owner::User), None);
    assert!(dirs.list().is_empty());
}

#[test]
fn the_list_tells_what_cannot_be_used() {
    let fixture = Fixture::new(&["peon", "My Pack", ".half"], &["peon", "broken"]);
    let broken = fixture.dir.path().join("project/.openpeon/packs/broken");
    fs::write(broken.join(MANIFEST), "{").unwrap();
    fs::write(broken.with_file_name("file"), "").unwrap();
    let list: Vec<_> = fixture
        .dirs
        .list()
        .into_iter()
        .map(|found| (found.name, found.owner.name(), found.pack.is_ok()))
        .collect();
    assert_eq!(
        list,
        [
            ("My Pack".to_owned(), "user", false),
            ("broken".to_owned(), "project", false),
            ("peon".to_owned(), "user", true),
            ("peon".to_owned(), "project", true),
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_projects_pack_is_inside_the_project() {
    use std::os::unix::fs::symlink;
    let fixture = Fixture::new(&[], &["real"]);
    let outside = fixture.dir.path().join("outside");
    make(&outside);
    for home in ["home", "project"] {
        let link = fixture.dir.path().join(home).join(PLACE).join("linked");
        symlink(&outside, link).unwrap();
    }
    let inner = fixture.dir.path().join("project").join(PLACE).join("inner");
    symlink("real", inner).unwrap();
    let found = |name| fixture.find(name, Owner::Project);
    assert_eq!(
        found("linked").as_deref(),
        Some("home/.openpeon/packs/linked")
    );
    assert_eq!(
        found("inner").as_deref(),
        Some("project/.openpeon/packs/inner")
    );
    let usable = |found: &Found| (found.owner, found.pack.is_ok());
    let list = fixture.dirs.list();
    let linked = list.iter().filter(|found| found.name == "linked");
    assert_eq!(
        linked.map(usable).collect::<Vec<_>>(),
        [(Owner::User, true), (Owner::Project, false)]
    );
}
