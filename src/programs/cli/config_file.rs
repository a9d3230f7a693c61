//! A config file that commands change key by key. Nothing is written that `herald config check` would
//! refuse.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::terminal;
use herald_audio::internals::config::{self, ConfigIssue, Setting, Severity, Source, edit};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::{file, replace};
use herald_audio::internals::trust::Owner;
use herald_audio::{Error, ErrorKind, Result};

/// How many times a change is computed again because another writer was faster.
const TRIES: u32 = 100;

/// A config file of the user or of a project.
pub struct ConfigFile {
    path: PathBuf,
    owner: Owner,
}

impl ConfigFile {
    /// The user's file, or that of the project at `root`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] without a home directory or a project.
    pub fn find(env: &Env, root: Option<&Path>, owner: Owner) -> Result<Self> {
        let (path, hint) = match owner {
            Owner::Project => (
                root.map(config::project_file),
                "go to the project's directory, or set CLAUDE_PROJECT_DIR",
            ),
            Owner::User => (edit::user_file(env), "set HOME"),
        };
        let what = "cannot find the config file";
        let path = path.ok_or_else(|| Error::new(ErrorKind::Config, what).with_hint(hint))?;
        Ok(Self { path, owner })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Sets each dotted key, or removes it where the value is none. Returns whether the file has changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the config would have mistakes that it does not have now, or if the file
    /// cannot be read or written; then it is unchanged.
    pub fn change(&self, changes: &[(impl AsRef<str>, Option<Value>)]) -> Result<bool> {
        for _ in 0..TRIES {
            let before = self.text()?;
            let mut after = before.clone().unwrap_or_default();
            for (key, value) in changes {
                after = self.changed(after, key.as_ref(), value.as_ref())?;
            }
            if before.as_deref().unwrap_or_default() == after {
                return Ok(false);
            }
            if self.put(before.as_deref(), &after)? {
                return Ok(true);
            }
        }
        Err(self.keeps_changing())
    }

    /// Replaces the text `before` by `after`; none is a missing file.
    ///
    /// # Errors
    ///
    /// As [`Self::change`], and if the file has changed since.
    pub(super) fn replace(&self, before: Option<&str>, after: &str) -> Result<()> {
        match self.put(before, after)? {
            true => Ok(()),
            false => Err(self.keeps_changing()),
        }
    }

    /// Whether `setting`, a value in effect, is from a place with more weight than this file.
    pub(super) fn is_overruled_by(&self, setting: &Setting) -> bool {
        match &setting.source {
            Source::File { path, .. } => *path != self.path,
            Source::Variable(_) => true,
            Source::BuiltIn | Source::Original => false,
        }
    }

    fn put(&self, before: Option<&str>, after: &str) -> Result<bool> {
        let warnings = self.check(before, after)?;
        let is_done = edit::replace(&self.path, before, after)?;
        if is_done {
            warnings.iter().for_each(terminal::issue);
            self.warn_of_links();
        }
        Ok(is_done)
    }

    fn keeps_changing(&self) -> Error {
        let what = format!("{} keeps changing", self.path.display());
        Error::new(ErrorKind::Config, what)
            .with_hint("stop the program that writes it, and try again")
    }

    /// The text of the file; none if it does not exist.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if it cannot be read.
    pub(super) fn text(&self) -> Result<Option<String>> {
        let text = file::open_regular(&self.path, config::MAX_LEN).and_then(io::read_to_string);
        match text {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let what = format!("cannot read {}", self.path.display());
                Err(Error::new(ErrorKind::Config, what)
                    .because(error)
                    .with_hint("make it a small file that you can read"))
            }
        }
    }

    fn changed(&self, mut text: String, key: &str, value: Option<&Value>) -> Result<String> {
        loop {
            let path = edit::path_of(&text, key);
            let new = edit::set(&self.path, &text, &path, value)?;
            // The file may have the key in several spellings.
            if value.is_some() || new == text {
                return Ok(new);
            }
            text = new;
        }
    }

    /// The warnings about `after` that are not about `before`.
    ///
    /// # Errors
    ///
    /// If there are new mistakes, or new names that nobody knows: they are mistyped.
    fn check(&self, before: Option<&str>, after: &str) -> Result<Vec<ConfigIssue>> {
        let issues = |text| config::check_text(&self.path, self.owner, text);
        let known = before.map(issues).unwrap_or_default();
        let mut new = issues(after);
        new.retain(|issue| {
            let is_it = |known: &ConfigIssue| known.key == issue.key && known.what == issue.what;
            issue.severity != Severity::Note && !known.iter().any(is_it)
        });
        let is_refused = |issue: &&ConfigIssue| {
            issue.severity == Severity::Error || issue.what.starts_with("unknown ")
        };
        match new.iter().find(is_refused) {
            Some(issue) => {
                let what = format!("{} stays as it was", self.path.display());
                let why = format!("{}: {}", issue.key, issue.what);
                Err(Error::new(ErrorKind::Config, what).because(why))
            }
            None => Ok(new),
        }
    }

    fn warn_of_links(&self) {
        if replace::has_other_names(&self.path) {
            let path = self.path.display();
            terminal::warn(&format_args!(
                "{path} has hard links, which changed with it"
            ));
        }
    }
}
