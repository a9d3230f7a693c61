//! Finds the program that hooks run: this one, another of its name, or none.

use std::env::{consts::EXE_SUFFIX, split_paths};
use std::path::{Path, PathBuf};

use super::command::{NAME, quoted};
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

/// How a command names the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By an absolute path: agents that a desktop starts have a short PATH.
    Absolute,
    /// By a path from `$HOME`, if it is below that.
    Portable,
    /// By its name, for machines of others.
    Name,
}

/// Whether `program`, as a command names it, is meant for several machines.
pub fn is_portable(program: &str) -> bool {
    ["$HOME/", "${HOME}/", "~/"]
        .iter()
        .any(|home| program.starts_with(home))
}

fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
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

    /// Its path in hooks.
    pub fn path(&self) -> PathBuf {
        self.on_path().unwrap_or_else(|| self.path.clone())
    }

    /// How a command names it, quoted if necessary.
    pub fn in_command(&self, form: Form) -> String {
        let path = self.path();
        match form {
            Form::Name => NAME.to_owned(),
            Form::Portable => self.path_from_home(&path).unwrap_or_else(|| shown(&path)),
            Form::Absolute => shown(&path),
        }
    }

    /// Whether its name alone finds it from any directory.
    pub fn is_on_path(&self) -> bool {
        self.find(NAME) == Found::This && !external::is_path_relative(&self.env)
    }

    /// Whether it is in a virtual environment, and goes with it.
    pub fn is_in_environment(&self) -> bool {
        let dirs = self.path.ancestors().skip(1);
        dirs.take(3).any(|dir| dir.join("pyvenv.cfg").is_file())
    }

    /// The first absolute path by which PATH finds it. It is not resolved: a package manager's links stay
    /// when what they lead to moves.
    fn on_path(&self) -> Option<PathBuf> {
        let path = self.env.get("PATH")?;
        let file = format!("{NAME}{EXE_SUFFIX}");
        let dirs = split_paths(&path).filter(|dir| dir.is_absolute());
        let mut paths = dirs.map(|dir| dir.join(&file));
        paths.find(|path| is_same_file(path, &self.path))
    }

    /// `path` from `$HOME`, for settings that several machines share.
    fn path_from_home(&self, path: &Path) -> Option<String> {
        let rest = path.strip_prefix(self.env.home()?).ok()?.to_str()?;
        let is_plain = !rest.contains(['"', '$', '`', '\\']);
        is_plain.then(|| format!("\"$HOME/{rest}\""))
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
        let link = dir.path().join("home/bin/herald");
        for (path, form, command) in [
            (
                "bin",
                Form::Absolute,
                quoted(&dir.path().join("bin/herald").to_string_lossy()),
            ),
            (
                "bin",
                Form::Portable,
                quoted(&dir.path().join("bin/herald").to_string_lossy()),
            ),
            ("home/bin", Form::Absolute, quoted(&link.to_string_lossy())),
            (
                "home/bin",
                Form::Portable,
                "\"$HOME/bin/herald\"".to_owned(),
            ),
            ("other", Form::Absolute, quoted(this.to_str().unwrap())),
            ("nowhere", Form::Name, "herald".to_owned()),
        ] {
            assert_eq!(program(path).in_command(form), command, "{path} {form:?}");
        }
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
