//! The files that agents read their hooks from. Agents, editors and other installers write them,
//! too, whenever they like.
//!
//! A change is made of what was read, and takes the place of exactly that, see
//! [`herald_audio::system::replace`]; if somebody was faster, it is made anew of what is there then. Heralds
//! wait for each other besides. A file as it was before the first installation is kept beside it,
//! as `settings.json.herald-backup`; by that, uninstalling tells what was there before.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Fault;
use super::plan::{self, Planned, is_own};
use herald_audio::config::Position;
use herald_audio::error::{Cause, Error, ErrorKind, Result};
use herald_audio::system::env::Env;
use herald_audio::system::file;
use herald_audio::system::replace::{self, Replacement};
use herald_audio::system::state_dir;

/// The largest file that is read, in bytes: far more than anybody has.
const MAX_LEN: u64 = 16 << 20;
/// How often a change is made anew because somebody else was faster.
const TRIES: u32 = 100;
/// How long another Herald is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const LOCK: &str = "settings.lock";

/// A file of settings, as it was read.
#[derive(Clone, Debug)]
pub struct Settings {
    file: PathBuf,
    /// None if there is no such file.
    text: Option<String>,
}

/// What became of a file of settings, or would.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The file.
    pub file: PathBuf,
    /// What it said; none if it was not there.
    pub before: Option<String>,
    /// What it says now; none if it is not there.
    pub after: Option<String>,
    /// What was done.
    pub planned: Planned,
    /// The file as it was before the first installation, if it is kept.
    pub backup: Option<PathBuf>,
}

impl Changed {
    /// Whether the file is another one than before.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// Where the file of settings `file` is kept as it was before the first installation.
pub fn backup_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".herald-backup");
    name.into()
}

impl Settings {
    /// Reads the file, or the one that a link there leads to. It need not be there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if it cannot be read, or is no text.
    pub fn read(file: &Path) -> Result<Self> {
        let text = match bytes(file) {
            Ok(bytes) => Some(text(bytes).map_err(|fault| in_file(file, &fault))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable("cannot read", file, error)),
        };
        let file = file.to_owned();
        Ok(Self { file, text })
    }

    /// What it says; none if it is not there.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// What `plan` makes of it, as an installation.
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
        let backup = Some(backup_of(&self.file));
        Ok(Changed {
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

    /// What is left of it without own hooks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] with the place of the fault.
    pub fn uninstalled(&self) -> Result<Changed> {
        let backup = backup_of(&self.file);
        let base = Self::read(&backup).ok().and_then(|backup| backup.text);
        let before = self.text().unwrap_or_default();
        let planned = plan::uninstall(before, base.as_deref());
        let planned = planned.map_err(|fault| in_file(&self.file, &fault))?;
        // What was made by installing, and has nothing else in it, goes.
        let is_blank = base.is_none() && !planned.events.is_empty() && is_blank(&planned.text);
        let after = match is_blank {
            // Its other names would still have the hooks.
            true if replace::has_other_names(&self.file) => Some("{}\n".to_owned()),
            true => None,
            false => self.text.as_ref().map(|_| planned.text.clone()),
        };
        let is_as_it_was = base.is_some() && base == after && !planned.events.is_empty();
        Ok(Changed {
            file: self.file.clone(),
            before: self.text.clone(),
            backup: base.filter(|_| !is_as_it_was).map(|_| backup),
            after,
            planned,
        })
    }

    /// Whether it has hooks of Herald's own; not if it cannot be understood.
    fn has_own_hooks(&self) -> bool {
        let hooks = self.text().map(plan::heralds);
        hooks.is_some_and(|hooks| hooks.is_ok_and(|hooks| hooks.iter().any(is_own)))
    }

    /// Keeps it as it is now, if this is the first installation. What is kept from an earlier one
    /// goes.
    fn back_up(&self) -> Result<()> {
        let backup = backup_of(&self.file);
        if self.has_own_hooks() && backup.exists() {
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
        written.map_err(|error| unusable("cannot write", &backup, error))
    }

    /// Whether `changed` took its place; not if it has changed since it was read.
    fn give_way_to(&self, changed: &Changed) -> Result<bool> {
        let before = self.text().map(str::as_bytes);
        let replaced = match (&changed.after, before) {
            (Some(after), before) => Replacement::prepare(&self.file, after.as_bytes())
                .and_then(|replacement| replacement.put_over(before)),
            (None, Some(before)) => replace::remove(&self.file, before),
            (None, None) => Ok(true),
        };
        replaced.map_err(|error| unusable("cannot write", &self.file, error))
    }
}

/// Changes the settings in `file` as `plan` says.
///
/// # Errors
///
/// [`ErrorKind::Config`] if the file cannot be read, understood or written, or if others change it
/// again and again. Then it is as they left it.
pub fn install(
    file: &Path,
    env: &Env,
    plan: impl Fn(&str) -> std::result::Result<Planned, Fault>,
) -> Result<Changed> {
    let _lock = lock(env);
    let backup = backup_of(file);
    let had_backup = backup.exists();
    let changed = change(file, |settings| {
        let changed = settings.installed(&plan)?;
        if changed.is_change() {
            settings.back_up()?;
        }
        Ok(changed)
    });
    if changed.is_err()
        && !had_backup
        && let Ok(left) = bytes(file)
    {
        // A second copy of secrets serves nobody, as long as the file is as it was.
        let _ = replace::remove(&backup, &left);
    }
    changed
}

/// Takes own hooks out of the settings in `file`.
///
/// # Errors
///
/// As [`install`].
pub fn uninstall(file: &Path, env: &Env) -> Result<Changed> {
    let _lock = lock(env);
    let changed = change(file, Settings::uninstalled)?;
    let backup = backup_of(file);
    if changed.is_change() && changed.backup.is_none() && backup.exists() {
        // It says what the file says: nothing is lost if it stays.
        let _ = fs::remove_file(backup);
    }
    Ok(changed)
}

fn change(file: &Path, compute: impl Fn(&Settings) -> Result<Changed>) -> Result<Changed> {
    for tried in 0..TRIES {
        let settings = Settings::read(file)?;
        let changed = compute(&settings)?;
        if !changed.is_change() || settings.give_way_to(&changed)? {
            return Ok(changed);
        }
        std::thread::sleep(Duration::from_millis(tried.min(20).into()));
    }
    let what = format!("{} keeps changing", file.display());
    Err(Error::new(ErrorKind::Config, what).with_hint("end what writes it, and try again"))
}

/// Makes Heralds wait for each other, where there is a state directory. Without, or if one holds
/// it for long, nothing worse happens than a change that is made anew.
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
            what: "it is not UTF-8".to_owned(),
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
    Error::new(ErrorKind::Config, what).with_hint("mend it by hand first")
}

fn unusable(what: &str, file: &Path, why: impl Into<Cause>) -> Error {
    let what = format!("{what} {}", file.display());
    let hint = "make it a file that you may read and write";
    Error::new(ErrorKind::Config, what)
        .because(why)
        .with_hint(hint)
}
