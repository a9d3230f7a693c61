//! Finds the program that hooks run: this one, another of its name, or none.

use std::path::{Path, PathBuf};

use super::command::quoted;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external;
use herald_audio::internals::system::file::is_same_file;
use herald_audio::{Error, ErrorKind, Result};

/// This program, and the environment in which a shell looks for programs.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    env: Env,
    root: Option<PathBuf>,
}

/// What a command's program turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This program.
    This,
    /// Another program.
    Another(PathBuf),
    /// A missing program.
    Nothing,
    /// Unknown: only the agent's shell can expand the variables in it.
    Unknown,
}

impl Program {
    /// The running program, for hooks of the project at `root`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if the system does not know its path.
    pub fn running(env: &Env, root: Option<&Path>) -> Result<Self> {
        let path = std::env::current_exe().map_err(|error| {
            Error::new(ErrorKind::State, "cannot find the path of this program").because(error)
        })?;
        Ok(Self {
            path,
            env: env.clone(),
            root: root.map(Path::to_owned),
        })
    }

    /// How a command names it: by name alone if that finds it, else by its path, quoted if necessary.
    pub fn in_command(&self) -> String {
        match self.is_on_path() {
            true => "herald".to_owned(),
            false => quoted(&self.path.to_string_lossy()),
        }
    }

    /// Whether its name alone finds it from any directory.
    pub fn is_on_path(&self) -> bool {
        self.find("herald") == Found::This && !external::is_path_relative(&self.env)
    }

    /// What `name` in a command runs.
    pub fn find(&self, name: &str) -> Found {
        let Some(name) = self.expanded(name) else {
            return Found::Unknown;
        };
        let found = match name.contains(['/', '\\']) {
            true => Some(self.root.as_deref().unwrap_or(Path::new("")).join(name)),
            false => external::on_path(&name, &self.env),
        };
        match found.filter(|path| path.is_file()) {
            Some(path) if is_same_file(&path, &self.path) => Found::This,
            Some(path) => Found::Another(path),
            None => Found::Nothing,
        }
    }

    /// `name` with the variables expanded that are common in agents' commands.
    fn expanded(&self, name: &str) -> Option<String> {
        let home = self
            .env
            .home()
            .and_then(|home| home.to_str().map(str::to_owned));
        let root = self.root.as_ref().and_then(|root| root.to_str());
        let name = match name.strip_prefix("~/") {
            Some(rest) => format!("{}/{rest}", home.as_ref()?),
            None => name.to_owned(),
        };
        let known = [("HOME", home.as_deref()), ("CLAUDE_PROJECT_DIR", root)];
        let expanded = known.into_iter().fold(name, |name, (variable, value)| {
            let Some(value) = value else { return name };
            name.replace(&format!("${{{variable}}}"), value)
                .replace(&format!("${variable}/"), &format!("{value}/"))
        });
        (!expanded.contains(['$', '`', '%'])).then_some(expanded)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_program_is_found_as_a_shell_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let this = std::env::current_exe().unwrap();
        for place in ["bin", "home/bin", "other"] {
            fs::create_dir_all(dir.path().join(place)).unwrap();
        }
        symlink(&this, dir.path().join("bin/herald")).unwrap();
        symlink(&this, dir.path().join("home/bin/herald")).unwrap();
        let other = dir.path().join("other/herald");
        fs::copy("/bin/sh", &other).unwrap();
        let program = |path: &str| {
            let path = dir.path().join(path);
            let home = dir.path().join("home");
            let env = Env::of([("PATH", path), ("HOME", home)]);
            Program::running(&env, Some(dir.path())).unwrap()
        };
        assert_eq!(program("bin").in_command(), "herald");
        assert_eq!(
            program("other").in_command(),
            quoted(this.to_str().unwrap())
        );
        for (name, found) in [
            ("herald", Found::This),
            ("~/bin/herald", Found::This),
            ("$HOME/bin/herald", Found::This),
            ("${CLAUDE_PROJECT_DIR}/bin/herald", Found::This),
            ("bin/herald", Found::This),
            ("other/herald", Found::Another(other.clone())),
            ("/nowhere/herald", Found::Nothing),
            ("$ELSEWHERE/herald", Found::Unknown),
        ] {
            assert_eq!(program("bin").find(name), found, "{name}");
        }
        assert_eq!(program("other").find("herald"), Found::Another(other));
        assert_eq!(program("nowhere").find("herald"), Found::Nothing);
    }
}
