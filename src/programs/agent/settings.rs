//! The files with agents' hooks. Agents, editors and other installers may write them at any time.
//!
//! A change replaces the file only if it still has the content that was read (see
//! [`herald_audio::internals::system::replace`]); otherwise it is computed again from the new content. Heralds also
//! exclude each other by a lock. The file from before the first installation is kept beside it as
//! `settings.json.herald-backup`, and tells uninstalling what was there before.

use std::fs;
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::{Fault, Hook};
use super::plan::{self, Planned, is_own};
use herald_audio::internals::agents::{Agent, Format};
use herald_audio::internals::config::Position;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::file;
use herald_audio::internals::system::replace::{self, Replacement};
use herald_audio::internals::system::state_dir;
use herald_audio::{Error, ErrorKind, Result};

/// The largest file that is read, in bytes: far more than real settings have.
const MAX_LEN: u64 = 16 << 20;
/// How many times a change is computed again because another writer was faster.
const TRIES: u32 = 100;
/// How long to wait for another Herald.
const PATIENCE: Duration = Duration::from_secs(10);
const LOCK: &str = "settings.lock";

/// The content of a settings file.
#[derive(Clone, Debug)]
pub struct Settings {
    agent: &'static Agent,
    file: PathBuf,
    /// None if the file does not exist.
    text: Option<String>,
}

/// A change of a settings file, made or planned.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The agent whose hooks are in it.
    pub agent: &'static Agent,
    /// The file.
    pub file: PathBuf,
    /// Its text before; none if it did not exist.
    pub before: Option<String>,
    /// Its text after; none if it does not exist then.
    pub after: Option<String>,
    /// What the change does.
    pub planned: Planned,
    /// The backup from before the first installation, if it exists.
    pub backup: Option<PathBuf>,
}

impl Changed {
    /// Herald's hooks in the file after the change.
    pub fn hooks(&self) -> Vec<Hook> {
        let hooks = self.after.as_deref();
        let hooks = hooks.map(|after| plan::heralds(self.agent, after));
        hooks.and_then(std::result::Result::ok).unwrap_or_default()
    }

    /// Whether the file changes.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// The path of the backup of `file`.
pub fn backup_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".herald-backup");
    name.into()
}

impl Settings {
    /// Reads a file of `agent`, following links. It may be missing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if it cannot be read, or is not UTF-8.
    pub fn read(agent: &'static Agent, file: &Path) -> Result<Self> {
        let text = match bytes(file) {
            Ok(bytes) => Some(text(bytes).map_err(|fault| in_file(file, &fault))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot_read(file, error)),
        };
        Ok(Self {
            agent,
            file: file.to_owned(),
            text,
        })
    }

    /// Its text; none if the file does not exist.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The change that installs `plan`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] with the place of the fault.
    pub fn installed(
        &self,
        plan: impl Fn(&str) -> std::result::Result<Planned, Fault>,
    ) -> Result<Changed> {
        let planned = plan(self.text().unwrap_or_default());
        let planned = planned.map_err(|fault| in_file(&self.file, &fault))?;
        let is_changed = !planned.events.is_empty() || !planned.replaced.is_empty();
        let after = match is_changed {
            true => Some(planned.text.clone()),
            false => self.text.clone(),
        };
        let backup = self.has_others().then(|| backup_of(&self.file));
        Ok(Changed {
            agent: self.agent,
            file: self.file.clone(),
            before: self.text.clone(),
            backup: backup.filter(|path| match is_changed {
                true => self.text.is_some(),
                false => path.exists(),
            }),
            after,
            planned,
        })
    }

    /// The change that removes own hooks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] with the place of the fault.
    pub fn uninstalled(&self) -> Result<Changed> {
        let backup = backup_of(&self.file);
        let base = Self::read(self.agent, &backup);
        let base = base.ok().filter(Self::has_others);
        let base = base.and_then(|backup| backup.text);
        let before = self.text().unwrap_or_default();
        let planned = plan::uninstall(self.agent, before, base.as_deref());
        let planned = planned.map_err(|fault| in_file(&self.file, &fault))?;
        // A file that holds nothing but Herald's hooks, and never did, is removed: agents want JSON.
        let held_hooks_only = |base: &String| {
            let left = plan::uninstall(self.agent, base, None);
            !is_blank(base) && left.is_ok_and(|left| is_blank(&left.text))
        };
        let is_blank = !planned.events.is_empty()
            && is_blank(&planned.text)
            && base.as_ref().is_none_or(held_hooks_only);
        let after = match is_blank {
            // Hard links would keep the hooks if this name were removed.
            true if replace::has_other_names(&self.file) => Some("{}\n".to_owned()),
            true => None,
            false => self.text.as_ref().map(|_| planned.text.clone()),
        };
        let is_as_it_was = is_blank || base == after && !planned.events.is_empty();
        Ok(Changed {
            agent: self.agent,
            file: self.file.clone(),
            before: self.text.clone(),
            backup: base.filter(|_| !is_as_it_was).map(|_| backup),
            after,
            planned,
        })
    }

    /// Whether it has own hooks; false if it cannot be parsed.
    pub fn has_own_hooks(&self) -> bool {
        let hooks = self.text().map(|text| plan::heralds(self.agent, text));
        hooks.is_some_and(|hooks| hooks.is_ok_and(|hooks| hooks.iter().any(is_own)))
    }

    /// Whether other programs write the file, too.
    fn has_others(&self) -> bool {
        match self.agent.format() {
            Format::Json(_) | Format::Toml => true,
            Format::Scripts | Format::Plugin(_) => false,
        }
    }

    /// Writes the backup, if this is the first installation; an older backup is replaced or removed.
    fn back_up(&self) -> Result<()> {
        let backup = backup_of(&self.file);
        if !self.has_others() || self.has_own_hooks() && backup.exists() {
            return Ok(());
        }
        let written = match &self.text {
            Some(text) => Replacement::prepare_like(&self.file, backup.clone(), text.as_bytes())
                .and_then(Replacement::put),
            None => match fs::remove_file(&backup) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        written.map_err(|error| cannot_write(&backup, error))
    }

    /// Writes the change. Returns false if the file has changed since it was read.
    fn replace_by(&self, changed: &Changed) -> Result<bool> {
        let before = self.text().map(str::as_bytes);
        let replaced = match (&changed.after, before) {
            (Some(after), before) => Replacement::prepare(&self.file, after.as_bytes())
                .and_then(|replacement| replacement.put_over(before)),
            (None, Some(before)) => replace::remove(&self.file, before),
            (None, None) => Ok(true),
        };
        replaced.map_err(|error| cannot_write(&self.file, error))
    }
}

/// Changes the settings in `file` of `agent` as `plan` says.
///
/// # Errors
///
/// [`ErrorKind::Config`] if the file cannot be read, parsed or written, or if others keep changing it;
/// then it is as they left it.
pub fn install(
    agent: &'static Agent,
    file: &Path,
    env: &Env,
    plan: impl Fn(&str) -> std::result::Result<Planned, Fault>,
) -> Result<Changed> {
    let _lock = lock(env);
    let backup = backup_of(file);
    let had_backup = backup.exists();
    let changed = change(agent, file, |settings| {
        let changed = settings.installed(&plan)?;
        if changed.is_change() {
            settings.back_up()?;
        }
        Ok(changed)
    });
    #[cfg(unix)]
    if matches!(agent.format(), Format::Scripts) && changed.as_ref().is_ok_and(Changed::is_change) {
        let may_be_run = fs::Permissions::from_mode(0o755);
        fs::set_permissions(file, may_be_run).map_err(|error| cannot_write(file, error))?;
    }
    if changed.is_err()
        && !had_backup
        && let Ok(left) = bytes(file)
    {
        // Settings may hold secrets: no copy stays if the file is unchanged.
        let _ = replace::remove(&backup, &left);
    }
    changed
}

/// Removes own hooks from the settings in `file` of `agent`. If the file is removed, so are the directories that are
/// empty then, up to `outer_dir`.
///
/// # Errors
///
/// As [`install`].
pub fn uninstall(
    agent: &'static Agent,
    file: &Path,
    outer_dir: &Path,
    env: &Env,
) -> Result<Changed> {
    let _lock = lock(env);
    let changed = change(agent, file, Settings::uninstalled)?;
    let backup = backup_of(file);
    if changed.is_change() && changed.backup.is_none() && backup.exists() {
        // It equals the file, so no harm is done if it stays.
        let _ = fs::remove_file(backup);
    }
    if changed.is_change() && changed.after.is_none() {
        let dirs = file.ancestors().skip(1);
        let dirs = dirs.take_while(|dir| *dir != outer_dir && dir.starts_with(outer_dir));
        // Ends at the first one that is not empty.
        let _ = dirs
            .map(fs::remove_dir)
            .take_while(io::Result::is_ok)
            .count();
    }
    Ok(changed)
}

fn change(
    agent: &'static Agent,
    file: &Path,
    compute: impl Fn(&Settings) -> Result<Changed>,
) -> Result<Changed> {
    for tried in 0..TRIES {
        let settings = Settings::read(agent, file)?;
        let changed = compute(&settings)?;
        if !changed.is_change() || settings.replace_by(&changed)? {
            return Ok(changed);
        }
        std::thread::sleep(Duration::from_millis(tried.min(20).into()));
    }
    let what = format!("{} keeps changing", file.display());
    Err(Error::new(ErrorKind::Config, what)
        .with_hint("stop the program that writes it, and try again"))
}

/// Excludes other Heralds, if there is a state directory. Without the lock, a change may have to be
/// computed again, and no more.
fn lock(env: &Env) -> Option<file::Locked> {
    let (dir, _) = state_dir::find(env).ok()?;
    let mut options = file::own();
    let file = options.write(true).create(true).open(dir.join(LOCK)).ok()?;
    file::lock_within(file, PATIENCE).ok()
}

fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = file::open_regular(file, MAX_LEN)?;
    file.take(MAX_LEN).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> std::result::Result<String, Fault> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        Fault {
            position: Some(Position::in_text(&good, good.len())),
            what: "not UTF-8".to_owned(),
        }
    })
}

fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

/// `FILE:LINE:COLUMN: what is wrong`
fn in_file(file: &Path, fault: &Fault) -> Error {
    let gap = if fault.position.is_some() { "" } else { " " };
    let what = format!("{}:{gap}{fault}", file.display());
    Error::new(ErrorKind::Config, what)
        .with_hint("fix the file by hand, then run the command again")
}

fn cannot_read(file: &Path, why: io::Error) -> Error {
    let what = format!("cannot read {}", file.display());
    Error::new(ErrorKind::Config, what)
        .because(why)
        .with_hint("make it a file that you can read and write")
}

fn cannot_write(file: &Path, why: io::Error) -> Error {
    let what = format!("cannot write {}", file.display());
    let hint = file::to_write(file, &why);
    Error::new(ErrorKind::Config, what)
        .because(why)
        .with_hint(hint)
}
