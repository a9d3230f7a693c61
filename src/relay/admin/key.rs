//! Keys: the passwords of logins. They are never arguments, which other users can read, nor variables, which
//! programs pass on.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use herald_audio::internals::config::fleet::read_key;
use herald_audio::internals::config::user_file;
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};

/// The longest key on standard input, in bytes.
const MAX_LEN: u64 = 1 << 10;

/// A new key: 256 bits from the system's random source.
///
/// # Errors
///
/// [`ErrorKind::State`] if the system has no random source.
pub(super) fn new() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::new(ErrorKind::State, "cannot make a key").because(error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The key in `file`, or else what is typed after `prompt`, or else the first line of standard input.
///
/// # Errors
///
/// [`ErrorKind::Config`] if there is none.
pub(super) fn ask(file: Option<&Path>, prompt: &str) -> Result<String> {
    if let Some(file) = file {
        return read_key(file);
    }
    let missing = |why: String| {
        Error::new(ErrorKind::Config, "no key")
            .because(why)
            .with_hint("type it, pipe it into this command, or name a file with --key-file")
    };
    let stdin = io::stdin();
    let line = match stdin.is_terminal() {
        true => rpassword::prompt_password(prompt),
        false => {
            let mut line = String::new();
            let read = stdin.lock().take(MAX_LEN).read_line(&mut line);
            read.map(|_| line)
        }
    };
    let line = line.map_err(|error| missing(error.to_string()))?;
    match line.trim() {
        "" => Err(missing("the line is empty".to_owned())),
        key => Ok(key.to_owned()),
    }
}

/// The usual key file: beside the user's config.
///
/// # Errors
///
/// [`ErrorKind::Config`] without a home directory.
pub(super) fn usual_file(env: &Env) -> Result<PathBuf> {
    let file = user_file(env).map(|config| config.with_file_name("fleet.key"));
    let what = "cannot find the directory of your config";
    file.ok_or_else(|| Error::new(ErrorKind::Config, what).with_hint("set HOME"))
}

/// Writes `text` into `file`, which only this user can read, also while it is being written.
///
/// # Errors
///
/// [`ErrorKind::Config`] if that is impossible.
pub(super) fn write(file: &Path, text: &str) -> Result<()> {
    let write = || {
        let dir = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir)?;
        // Created with 0600 on Unix.
        let mut new = tempfile::NamedTempFile::new_in(dir)?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(file).map_err(io::Error::from)
    };
    let what = || format!("cannot write {}", file.display());
    match write() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::new(ErrorKind::Config, what()).because(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_are_written_for_this_user_alone() {
        let (one, other) = (new().unwrap(), new().unwrap());
        assert_eq!((one.len(), one == other), (64, false));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("herald/fleet.key");
        for key in [&one, &other] {
            write(&file, &format!("{key}\n")).unwrap();
            assert_eq!(read_key(&file).unwrap(), *key);
        }
    }
}
