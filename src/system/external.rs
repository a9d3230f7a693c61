//! External players: programs that play a sound file given as an argument.
//!
//! Only the environment (`AUDIO_PLAYER_CMD`, `AUDIO_PLAYER_ARGS`, `AUDIO_PLAYER_TIMEOUT`) selects one:
//! configs and requests are untrusted.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::system::env::Env;

/// The hint where no player is found.
pub const TO_HAVE_ONE: &str =
    "install one of afplay, pw-play, paplay, aplay, ffplay, or unset HERALD_OUTPUT";
/// The upper limit of `AUDIO_PLAYER_TIMEOUT`, in seconds.
const MAX_TIMEOUT_S: f64 = 3_600.0;

/// A program that plays a sound file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalPlayer {
    /// The path of the program.
    pub program: PathBuf,
    /// The arguments before the file.
    pub args: Vec<String>,
    /// The time limit in milliseconds. By default the length of the sound plus a margin.
    pub timeout_ms: Option<u64>,
}

impl ExternalPlayer {
    /// The player named in the environment, if any.
    ///
    /// `AUDIO_PLAYER_CMD` is a program, or a program with arguments in shell quoting; no shell runs. A
    /// program that does not exist is kept, and running it fails later.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if a variable is invalid.
    pub fn from_env(env: &Env) -> Result<Option<Self>> {
        Ok(Self::named(env)?.map(|(_, player)| player))
    }

    /// As [`Self::from_env`], with the program's name as the environment gives it.
    pub(crate) fn named(env: &Env) -> Result<Option<(String, Self)>> {
        let Some(command) = env.get("AUDIO_PLAYER_CMD") else {
            return Ok(None);
        };
        let path = env.get("PATH").unwrap_or_default();
        let find = |name: &str| find(&env.expand(name), &path);
        let command = command.to_str().ok_or_else(|| not_understood("CMD"))?;
        let (name, program, mut args) = match find(command) {
            Some(program) => (command.to_owned(), program, Vec::new()),
            None => {
                let mut words = words("CMD", command)?.into_iter();
                let name = words.next().ok_or_else(|| not_understood("CMD"))?;
                let program = find(&name).unwrap_or_else(|| env.expand(&name));
                (name, program, words.collect())
            }
        };
        if let Some(more) = env.get("AUDIO_PLAYER_ARGS") {
            let more = more.to_str().ok_or_else(|| not_understood("ARGS"))?;
            args.extend(words("ARGS", more)?);
        }
        let timeout_ms = match env.get("AUDIO_PLAYER_TIMEOUT") {
            None => None,
            Some(text) => {
                let seconds = text.to_str().and_then(|text| text.trim().parse().ok());
                let seconds = seconds.filter(|s: &f64| *s > 0.0 && *s <= MAX_TIMEOUT_S);
                let seconds = seconds.ok_or_else(|| {
                    not_understood("TIMEOUT").with_hint("give a number of seconds, at most 3600")
                })?;
                Some(Duration::from_secs_f64(seconds).as_millis() as u64)
            }
        };
        let player = Self {
            program,
            args,
            timeout_ms,
        };
        Ok(Some((name, player)))
    }

    /// The value of `AUDIO_PLAYER_CMD` that names this program by its full path, with its arguments. None if
    /// shell quoting cannot express it.
    pub(crate) fn command(&self) -> Option<String> {
        let program = self.program.to_str()?;
        let words = std::iter::once(program).chain(self.args.iter().map(String::as_str));
        shlex::try_join(words).ok()
    }

    /// The installed players, best first: those that use the sound server come before the others. They play
    /// with the media role of an event sound.
    pub fn found() -> Vec<Self> {
        let known: &[(&str, &[&str])] = &[
            ("afplay", &[]),
            // PulseAudio's role "event" is "Notification" in PipeWire.
            ("pw-play", &["--media-role=Notification"]),
            ("paplay", &["--property=media.role=event"]),
            ("aplay", &["-q"]),
            ("ffplay", &["-nodisp", "-autoexit", "-loglevel", "error"]),
        ];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = known.iter().filter_map(|(name, args)| {
            Some(Self {
                program: find(Path::new(name), &path)?,
                args: args.iter().map(|arg| (*arg).to_owned()).collect(),
                timeout_ms: None,
            })
        });
        found.collect()
    }

    /// Whether its program exists.
    pub fn is_installed(&self) -> bool {
        self.installed().is_some()
    }

    /// The path of its program, if installed.
    pub(crate) fn installed(&self) -> Option<PathBuf> {
        let path = match self.program.is_absolute() {
            true => None,
            false => std::env::var_os("PATH"),
        };
        find(&self.program, &path.unwrap_or_default())
    }

    /// The program's name, for messages.
    pub fn name(&self) -> String {
        let name = self.program.file_name().map(Path::new);
        name.unwrap_or(&self.program).display().to_string()
    }
}

/// The program called `name` on the `PATH` of `env`.
pub fn on_path(name: &str, env: &Env) -> Option<PathBuf> {
    find(Path::new(name), &env.get("PATH")?)
}

/// Herald's program called `name`: the one next to this program; else the one on the `PATH`; else the expected
/// path next to this program.
pub fn of_herald(name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let herald = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/"));
    let beside = herald.with_file_name(&name);
    match beside.exists() {
        true => beside,
        false => on_path(&name, &Env::process()).unwrap_or(beside),
    }
}

/// Whether the `PATH` has relative directories, so that a shell may run a program from the working directory.
pub fn is_path_relative(env: &Env) -> bool {
    let path = env.get("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| !dir.is_absolute())
}

/// The program `name`: a path is used as it is, a name is looked up in `path`. Relative and empty directories
/// are skipped, because a repository could place a program there.
fn find(name: &Path, path: &OsStr) -> Option<PathBuf> {
    let dirs = std::env::split_paths(path).filter(|dir| dir.is_absolute());
    let path = std::env::join_paths(dirs).ok()?;
    let cwd = std::env::current_dir().unwrap_or_default();
    which::which_in(name, Some(path), cwd).ok()
}

fn words(variable: &str, text: &str) -> Result<Vec<String>> {
    shlex::split(text).ok_or_else(|| not_understood(variable).with_hint("close the quotes"))
}

fn not_understood(variable: &str) -> Error {
    let what = format!("invalid AUDIO_PLAYER_{variable}");
    Error::new(ErrorKind::Config, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &[(&str, &str)]) -> Result<Option<ExternalPlayer>> {
        ExternalPlayer::from_env(&Env::of(vars.iter().copied()))
    }

    #[test]
    fn a_player_is_a_program_with_arguments_and_a_timeout() {
        assert_eq!(from(&[("AUDIO_PLAYER_ARGS", "-q")]).unwrap(), None);
        let player = from(&[
            ("AUDIO_PLAYER_CMD", "no-such-player --fast \"two words\""),
            ("AUDIO_PLAYER_ARGS", "-v '0 5'"),
            ("AUDIO_PLAYER_TIMEOUT", "1.5"),
        ]);
        let player = player.unwrap().unwrap();
        assert_eq!(player.program, Path::new("no-such-player"));
        assert_eq!(player.args, ["--fast", "two words", "-v", "0 5"]);
        assert_eq!(player.timeout_ms, Some(1_500));
        let home = [("HOME", "/home/dev"), ("USERPROFILE", "/home/dev")];
        for command in ["~/player", "~/player --fast", "$HOME/player"] {
            let vars = [&home[..], &[("AUDIO_PLAYER_CMD", command)]].concat();
            let player = from(&vars).unwrap().unwrap();
            assert_eq!(player.program, Path::new("/home/dev/player"), "{command}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_found_on_the_path_even_if_its_name_has_spaces() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("my player");
        std::fs::write(&program, "").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let path = dir.path().to_str().unwrap();
        for name in ["my player", program.to_str().unwrap()] {
            let player = from(&[("AUDIO_PLAYER_CMD", name), ("PATH", path)]);
            assert_eq!(player.unwrap().unwrap().program, program);
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (variable, value) in [
            ("AUDIO_PLAYER_CMD", "'open"),
            ("AUDIO_PLAYER_CMD", "  "),
            ("AUDIO_PLAYER_ARGS", "\"open"),
            ("AUDIO_PLAYER_TIMEOUT", "soon"),
            ("AUDIO_PLAYER_TIMEOUT", "-1"),
            ("AUDIO_PLAYER_TIMEOUT", "nan"),
            ("AUDIO_PLAYER_TIMEOUT", "1e9"),
        ] {
            let error = from(&[("AUDIO_PLAYER_CMD", "x"), (variable, value)]);
            let error = error.unwrap_err().to_string();
            assert!(error.contains(variable), "{error}");
        }
    }
}
