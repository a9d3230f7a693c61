//! Watches the config files of recent requests and keeps copies of their valid versions.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::{Clock, SystemClock};
use crate::config::{self, FileWatch, LastGood};
use crate::system::env::Env;
use crate::system::log::{Level, Line, Log};

/// The number of files watched: those of the latest requests.
const MOST: usize = 48;

/// The config files of the latest requests.
pub(super) struct Configs {
    files: Arc<Files>,
    /// None before the first file, and on systems without file watching.
    watch: Option<FileWatch>,
    latest: VecDeque<PathBuf>,
}

/// The known state of the files, shared between threads.
struct Files {
    /// Locates the user's files.
    env: Env,
    copies: LastGood,
    log: Log,
    known: Mutex<HashMap<PathBuf, Content>>,
}

/// The content of a file: none if it is missing, an error if it is invalid.
type Content = Result<Option<String>, String>;

impl Configs {
    pub(super) fn new(state_dir: &Path, env: &Env) -> Self {
        Self {
            files: Arc::new(Files {
                env: env.clone(),
                copies: LastGood::new(state_dir),
                log: Log::new(state_dir),
                known: Mutex::default(),
            }),
            watch: None,
            latest: VecDeque::new(),
        }
    }

    /// Watches the files that apply to `project`.
    pub(super) fn follow(&mut self, project: Option<&Path>) {
        let files = config::files(&self.files.env, project);
        let files: Vec<_> = files.into_iter().filter(|file| file.is_file()).collect();
        if self.watch.is_none() && !self.latest.is_empty() {
            // Without a watch, changes are not reported.
            self.files.look();
        }
        let new: Vec<_> = files
            .iter()
            .filter(|file| !self.latest.contains(file))
            .collect();
        if new.is_empty() {
            return;
        }
        for file in new {
            self.latest.push_back(file.clone());
        }
        let too_many = self.latest.len().saturating_sub(MOST);
        let forgotten: Vec<_> = self.latest.drain(..too_many).collect();
        self.files.forget(&forgotten);
        if self.watch.is_none() {
            let files = self.files.clone();
            self.watch = FileWatch::new(move || files.look()).ok();
        }
        if let Some(watch) = &self.watch {
            // A file that cannot be watched is read when another one changes.
            let _ = watch.set_files(self.latest.iter().cloned());
        }
        self.files.add(&files);
    }
}

impl Files {
    fn add(&self, files: &[PathBuf]) {
        let understand = config::understanding(&self.env);
        let mut known = self.known();
        for file in files {
            if !known.contains_key(file) {
                let content = self.read(file, &understand);
                known.insert(file.clone(), content);
            }
        }
    }

    fn forget(&self, files: &[PathBuf]) {
        let mut known = self.known();
        files.iter().for_each(|file| _ = known.remove(file));
    }

    /// Reads all files and logs those that changed.
    fn look(&self) {
        let understand = config::understanding(&self.env);
        for (file, said) in self.known().iter_mut() {
            let content = self.read(file, &understand);
            if *said != content {
                self.tell(file, &content);
                *said = content;
            }
        }
    }

    /// Reads a file and keeps a copy if it is valid.
    fn read(&self, file: &Path, understand: &impl Fn(&Path) -> Content) -> Content {
        let content = understand(file);
        if let Ok(Some(text)) = &content {
            // Without a copy, an invalid file is ignored.
            let _ = self.copies.keep(file, text);
        }
        content
    }

    fn tell(&self, file: &Path, content: &Content) {
        let name = file.display().to_string();
        let (status, reason) = match content {
            Ok(Some(_)) => ("changed", &name),
            Ok(None) => ("removed", &name),
            Err(why) => ("failed", why),
        };
        let line = Line {
            time_ms: SystemClock.unix_ms(),
            event: "config",
            status,
            reason: Some(reason),
            ..Line::default()
        };
        self.log.write(&line, Level::Info);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Content>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
