//! The owner of a sound file. A project's sound is cut after a short time.

use crate::trust::Owner;
use std::path::{Path, PathBuf};

use super::model::{Config, NamedSound};

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The owner of the sound file at `path`, which [`Self::sounds`] or a similar method returned: the user
    /// if the user's config names it, or if it lies in the user's directory of configs, sounds or packs, or is a
    /// sound of the system; else the project.
    ///
    /// A file that the user's config names relative to the project is the project's. A file played without an
    /// event is the user's; do not ask for it.
    pub fn owner_of(&self, path: &Path) -> Owner {
        let is_systems = self.system_sounds.has(path);
        match is_systems || self.is_named_by_user(path) || self.is_kept_by_user(path) {
            true => Owner::User,
            false => Owner::Project,
        }
    }

    fn is_named_by_user(&self, path: &Path) -> bool {
        let is_it = |sound: &NamedSound| {
            let dir = self.dir_of(sound);
            let is_whole = sound.file.is_absolute();
            let is_users = is_whole || dir.trust == Owner::User && !dir.is_projects;
            sound.trust == Owner::User && is_users && dir.path.join(&sound.file) == path
        };
        self.named_sounds().any(|(_, sound)| is_it(sound))
    }

    fn users_dirs(&self) -> impl Iterator<Item = PathBuf> {
        let sounds = self.sounds_dir.as_ref();
        let sounds = sounds.filter(|dir| dir.trust == Owner::User && !dir.is_projects);
        let packs = self.packs.dirs.user();
        // A pack may be a link to any place. Checked last, because it is the slowest.
        let named = self.named_packs().flat_map(move |(_, named)| {
            let dirs = (0..named.names.len()).filter_map(move |index| self.pack_dir(named, index));
            dirs.filter(move |dir| packs.is_some_and(|packs| dir.starts_with(packs)))
        });
        let dirs = [
            self.user_dir.clone(),
            sounds.map(|dir| dir.path.clone()),
            packs.map(Path::to_owned),
        ];
        dirs.into_iter().flatten().chain(named)
    }

    /// Whether `path` lies in a directory of the user's but not in a project within it, such as a project in
    /// a home directory that also holds sounds.
    fn is_kept_by_user(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let path = real(path);
        let root = self.project().map(|project| real(project.root()));
        let project = root.filter(|root| path.starts_with(root));
        self.users_dirs().map(|dir| real(&dir)).any(|dir| {
            let has_project = project.as_ref().is_some_and(|root| root.starts_with(&dir));
            path.starts_with(dir) && !has_project
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use crate::system::env::Env;
    use serde_json::{Value, json};
    use std::fs;

    struct Fixture(tempfile::TempDir);

    impl Fixture {
        fn new() -> Self {
            let fixture = Self(tempfile::tempdir().unwrap());
            for file in [
                "home/.config/herald/sounds/own.wav",
                "home/.config/herald/deep/own.wav",
                "home/.openpeon/packs/mine/own.wav",
                "home/elsewhere/named.wav",
                "home/elsewhere/other.wav",
                "home/project/.claude/sounds/theirs.wav",
                "home/project/.openpeon/packs/mine/theirs.wav",
                "kept/linked/own.wav",
            ] {
                let path = fixture.path(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            fixture
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn owner(&self, of_user: &Value, vars: &[(&str, &str)], file: &str) -> Owner {
            let home = self.path("home");
            fs::write(home.join(".config/herald/config.json"), of_user.to_string()).unwrap();
            let mut env = Env::of([
                ("HOME", &home),
                ("USERPROFILE", &home),
                ("XDG_CONFIG_HOME", &home.join(".config")),
                ("APPDATA", &home.join(".config")),
            ]);
            for (name, dir) in vars {
                env = env.with(name, self.path(dir));
            }
            load(&env, Some(&self.path("home/project"))).owner_of(&self.path(file))
        }
    }

    #[test]
    fn files_named_or_kept_by_the_user_are_the_users() {
        let fixture = Fixture::new();
        let named = fixture.path("home/elsewhere/named.wav");
        let theirs = fixture.path("home/project/.claude/sounds/theirs.wav");
        let config = json!({"sound_files": {"mappings": {"Stop": [named, theirs]}}});
        let nothing = json!({});
        let user = Owner::User;
        for (config, vars, file, owner) in [
            (
                &nothing,
                &[][..],
                "home/.config/herald/sounds/own.wav",
                user,
            ),
            (&nothing, &[], "home/.config/herald/deep/own.wav", user),
            (&nothing, &[], "home/.openpeon/packs/mine/own.wav", user),
            (&config, &[], "home/elsewhere/named.wav", user),
            (&config, &[], "home/project/.claude/sounds/theirs.wav", user),
            (
                &nothing,
                &[("CLAUDE_SOUNDS_DIR", "home/elsewhere")],
                "home/elsewhere/other.wav",
                user,
            ),
            (&config, &[], "home/elsewhere/other.wav", Owner::Project),
            (
                &nothing,
                &[],
                "home/project/.claude/sounds/theirs.wav",
                Owner::Project,
            ),
            (
                &nothing,
                &[],
                "home/project/.openpeon/packs/mine/theirs.wav",
                Owner::Project,
            ),
            (
                &nothing,
                &[("CLAUDE_SOUNDS_DIR", "home")],
                "home/project/.claude/sounds/theirs.wav",
                Owner::Project,
            ),
            (
                &nothing,
                &[("CLAUDE_SOUNDS_DIR", "home")],
                "home/elsewhere/other.wav",
                user,
            ),
            (&nothing, &[], "home/gone.wav", Owner::Project),
        ] {
            assert_eq!(
                fixture.owner(config, vars, file),
                owner,
                "{config} {vars:?} {file}"
            );
        }
    }

    #[test]
    fn files_relative_to_the_project_are_the_projects() {
        let fixture = Fixture::new();
        let file = fixture.path("asked-for.json");
        for config in [
            json!({"sound_files": {"mappings": {"Stop": "theirs.wav"}}}),
            json!({"sound_files": {"base_path": ".claude/sounds", "mappings": {"Stop": "theirs.wav"}}}),
        ] {
            fs::write(&file, config.to_string()).unwrap();
            let env = Env::of([("HERALD_CONFIG", &file)]);
            let config = load(&env, Some(&fixture.path("home/project")));
            let found = config.resolve_file("Stop").unwrap();
            assert_eq!(config.owner_of(&found), Owner::Project);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pack_of_the_users_may_be_a_link() {
        let fixture = Fixture::new();
        let pack = fixture.path("kept/linked");
        let manifest = json!({"categories": {"task.complete": {"sounds": [{"file": "own.wav"}]}}});
        fs::write(pack.join("openpeon.json"), manifest.to_string()).unwrap();
        fs::write(pack.join("own.wav"), b"RIFF\0\0\0\0WAVEfmt ").unwrap();
        let link = fixture.path("home/.openpeon/packs/linked");
        std::os::unix::fs::symlink(&pack, link).unwrap();
        let active = json!({"packs": {"active": "linked"}});
        assert_eq!(
            fixture.owner(&active, &[], "kept/linked/own.wav"),
            Owner::User
        );
        let another = json!({});
        assert_eq!(
            fixture.owner(&another, &[], "kept/linked/own.wav"),
            Owner::Project
        );
    }
}
