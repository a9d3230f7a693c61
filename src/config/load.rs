//! Loads a config from its sources, lowest precedence first:
//!
//! 1. built-in defaults
//! 2. the user's `~/.claude/hooks/utils/audio_config.json`, a config of the original Herald
//! 3. the user's `$XDG_CONFIG_HOME/herald/config.json` (else `~/.config/herald/config.json`;
//!    `%APPDATA%\herald\config.json` on Windows)
//! 4. the project's `.claude/hooks/utils/audio_config.json`
//! 5. the project's `.claude/herald.json`
//! 6. the environment
//!
//! `HERALD_CONFIG` names one file instead of 2 to 5. Loading never fails: invalid values and files are
//! ignored and reported by [`Config::issues`]. If a file cannot be parsed, probably because it is being
//! written, its last valid version is used, if there is a copy.

use std::path::{Path, PathBuf};

use super::fleet::KEY_FILE;
use super::issue::{ConfigIssue, Severity};
use super::layer::{self, Origin};
use super::mistakes::Issues;
use super::model::{Config, SoundsDir};
use super::text::{self, Unreadable};
use super::tree;
use crate::original;
use crate::pack::PackDirs;
use crate::system::env::Env;
use crate::system::sounds::SystemSounds;
use crate::trust::Owner;
use crate::trust::beneath::Links;
#[cfg(feature = "playback")]
use crate::trust::project::Trusted;
use crate::trust::project::{Distrust, Project, TO_TRUST};

/// The longest path that systems support, in bytes. Searching for a repository costs time for each part.
const MAX_PATH_LEN: usize = 4096;
/// A project's config file.
const FILE: &str = ".claude/herald.json";

/// The directory of the project for `cwd`: `CLAUDE_PROJECT_DIR`, else the repository around `cwd`, else
/// `cwd`.
pub fn project_root(env: &Env, cwd: Option<&Path>) -> Option<PathBuf> {
    env.path("CLAUDE_PROJECT_DIR").or_else(|| {
        let cwd = cwd.filter(|cwd| cwd.is_absolute() && cwd.as_os_str().len() <= MAX_PATH_LEN)?;
        let repository = cwd.ancestors().find(|dir| dir.join(".git").exists());
        Some(repository.unwrap_or(cwd).to_owned())
    })
}

/// The path of the user's own config file, which may not exist.
pub fn user_file(env: &Env) -> Option<PathBuf> {
    Some(user_config_dir(env)?.join("herald").join("config.json"))
}

/// The path of the config file of the project at `root`, which may not exist.
pub fn project_file(root: &Path) -> PathBuf {
    root.join(FILE)
}

/// The files that a config is loaded from, lowest precedence first. Some may not exist.
pub fn files(env: &Env, root: Option<&Path>) -> Vec<PathBuf> {
    let home = original::home(env);
    let origins = origins(env, root.unwrap_or(Path::new("")), home.as_deref());
    origins.into_iter().map(|origin| origin.source).collect()
}

/// Loads the config for the project at `root`.
///
/// Relative paths start at `root`; in the user's own config, at that file's directory; in the user's config
/// of the original Herald, at the home directory. Sound files are in the configured sounds directory, else in
/// `.claude/sounds` of the project or home directory, else, for the user's own config, in `sounds` next to
/// it.
pub fn load(env: &Env, root: Option<&Path>) -> Config {
    load_remembering(env, root, |_| None)
}

/// As [`load`]; `before` returns the last valid version of a file.
pub(crate) fn load_remembering(
    env: &Env,
    root: Option<&Path>,
    before: impl Fn(&Path) -> Option<String>,
) -> Config {
    let mut config = Config::builtin();
    config.original_home = original::home(env);
    let mut project = root.map(Project::at);
    let root = root.unwrap_or(Path::new(""));
    let mut readings = Vec::new();
    let is_asked_for = env.path("HERALD_CONFIG").is_some();
    for origin in origins(env, root, config.original_home.as_deref()) {
        let text = match (origin.trust, &project) {
            (Owner::Project, Some(project)) => {
                let max_len = text::MAX_PROJECTS_LEN;
                text::read_in(project, &origin.source, Links::Inside, max_len)
            }
            _ => text::read(&origin.source),
        };
        let reading = match text.and_then(|text| layer::read(&origin, text)) {
            Ok(reading) => Some(reading),
            // Only a missing file that was named explicitly is a problem.
            Err(Unreadable::Absent(_)) if !is_asked_for => None,
            Err(Unreadable::Untrusted(why)) => {
                config.issues.push(untrusted(&origin.source, &why));
                None
            }
            Err(wrong) => {
                let remembered = before(&origin.source);
                let remembered = remembered.and_then(|text| layer::read_remembered(&origin, text));
                let outcome = match &remembered {
                    Some(_) => "its last valid version stays in effect until this is fixed",
                    None => "the whole file is ignored",
                };
                config
                    .issues
                    .push(unreadable(&origin.source, &wrong, Some(outcome)));
                remembered
            }
        };
        // The user's files come first, because they list the trusted projects.
        if let Some(reading) = &reading
            && let Some(listed) = &reading.document.trusted_projects.0
            && origin.trust == Owner::User
        {
            let listed = listed.0.iter().filter_map(|entry| entry.expanded(env));
            config.trusted_projects = listed.collect();
            project = project.map(|project| project.trusting(config.trusted_projects.clone()));
        }
        readings.extend(reading.map(|reading| (origin, reading)));
    }
    config.system_sounds = SystemSounds::of(env);
    config.packs.dirs = PackDirs::of(env, project.clone());
    config.project = project;
    config.user_dir = user_file(env).and_then(|file| Some(file.parent()?.to_owned()));
    config.fleet.key_file = config
        .user_dir
        .iter()
        .map(|dir| dir.join(KEY_FILE))
        .collect();
    let mut originals = readings.iter().filter(|(origin, _)| origin.is_original);
    let original = originals.next_back();
    if let Some((origin, _)) = original {
        config.apply_original_defaults(origin);
    }
    for (origin, reading) in readings {
        config.apply(&origin, reading);
    }
    config.apply_environment(env, root);
    config
}

/// The problems of one file, whether or not it is in use.
pub fn check_file(path: &Path) -> Vec<ConfigIssue> {
    check(path, Owner::User, text::read(path))
}

/// The problems that the file at `path` would have with this `text`.
#[cfg(feature = "editing")]
pub fn check_text(path: &Path, trust: Owner, text: &str) -> Vec<ConfigIssue> {
    let text = text.trim_start_matches('\u{feff}');
    check(path, trust, Ok(text.to_owned()))
}

fn check(path: &Path, trust: Owner, text: Result<String, Unreadable>) -> Vec<ConfigIssue> {
    let origin = Origin {
        env: Env::of::<&str, &str>([]),
        source: path.to_owned(),
        trust,
        relative_to: PathBuf::new(),
        starts_at_project: false,
        default_dir: SoundsDir {
            path: PathBuf::new(),
            trust: Owner::User,
            is_projects: false,
            is_originals: false,
        },
        is_original: is_original(path),
    };
    match text.and_then(|text| layer::read(&origin, text)) {
        Ok(reading) => {
            let note = layer::note_deviation(path, &reading.layer.text);
            let mut issues = reading.issues;
            issues.extend(note);
            issues
        }
        Err(wrong) => vec![unreadable(path, &wrong, None)],
    }
}

/// The result of reading a file as another kind of document than a config.
pub(crate) enum Reading<T> {
    /// The file does not exist.
    Absent,
    /// The file cannot be parsed.
    Unreadable(ConfigIssue),
    /// The values, and the problems of those that were ignored.
    Read(T, Vec<ConfigIssue>),
}

/// Reads the file at `path`, the user's or that of `project`, with the same checks and messages as configs.
///
/// The keys `passed_over` are ignored without a message.
pub(crate) fn read_as<T>(
    path: &Path,
    project: Option<&Project>,
    passed_over: &'static [&'static str],
) -> Reading<T>
where
    T: for<'t> serde::Deserialize<'t> + Default,
{
    let unreadable = |wrong: &Unreadable| {
        let what = wrong.what();
        // A hint stands last.
        let (what, hint) = what.split_at(what.find("; hint: ").unwrap_or(what.len()));
        let what = format!("{what}; the whole file is ignored{hint}");
        Reading::Unreadable(ConfigIssue::of_file(path, wrong.position(), what))
    };
    let text = match project {
        Some(project) => text::read_in(project, path, Links::Inside, text::MAX_LEN),
        None => text::read(path),
    };
    let text = match text {
        Ok(text) => text,
        Err(Unreadable::Absent(_)) => return Reading::Absent,
        Err(Unreadable::Untrusted(why)) => return Reading::Unreadable(untrusted(path, &why)),
        Err(wrong) => return unreadable(&wrong),
    };
    match text::parse(&text) {
        Ok(tree) => {
            let issues = Issues::new(&text).passing_over(passed_over);
            let document = tree::read(&text, &tree, &issues);
            Reading::Read(document, issues.of(path))
        }
        Err(wrong) => unreadable(&wrong),
    }
}

/// Returns a function that reads config files as hooks in `env` do. It returns the text of a valid file, none
/// for a missing one, and the problem otherwise.
///
/// Links are followed only in the user's own files: otherwise a repository could have files copied that it
/// cannot read.
#[cfg(feature = "playback")]
pub(crate) fn understanding(env: &Env) -> impl Fn(&Path) -> Result<Option<String>, String> {
    let config = load(env, None);
    let of_original = config
        .original_home()
        .map(|home| home.join(original::CONFIG));
    let own = match env.path("HERALD_CONFIG") {
        Some(asked_for) => [Some(asked_for), None],
        None => [user_file(env), of_original],
    };
    move |path| {
        let is_own = own.iter().flatten().any(|own| own == path);
        understood(path, is_own, &config.trusted_projects)
    }
}

#[cfg(feature = "playback")]
fn understood(path: &Path, is_own: bool, trusted: &[Trusted]) -> Result<Option<String>, String> {
    let root = [original::CONFIG, FILE].into_iter().find_map(|file| {
        let depth = Path::new(file).components().count();
        let root = path.ancestors().nth(depth)?;
        (root.join(file) == path).then_some(root)
    });
    let text = match root.or_else(|| path.parent()).filter(|_| !is_own) {
        Some(root) => {
            let project = Project::at(root).trusting(trusted.to_owned());
            text::read_in(&project, path, Links::None, text::MAX_PROJECTS_LEN)
        }
        None => text::read(path),
    };
    let understood = text.and_then(|text| match text::parse(&text) {
        Ok(_) => Ok(text),
        Err(wrong) => Err(wrong),
    });
    match understood {
        Ok(text) => Ok(Some(text)),
        Err(Unreadable::Absent(_)) => Ok(None),
        Err(Unreadable::Untrusted(why)) => Err(untrusted(path, &why).to_string()),
        Err(wrong) => Err(unreadable(path, &wrong, None).to_string()),
    }
}

fn untrusted(source: &Path, why: &Distrust) -> ConfigIssue {
    let what = format!("ignored: {why}; hint: {TO_TRUST}");
    ConfigIssue {
        severity: Severity::Warning,
        ..ConfigIssue::of_file(source, None, what)
    }
}

/// The problem of a file that cannot be used; `outcome` is what happens instead.
fn unreadable(source: &Path, wrong: &Unreadable, outcome: Option<&str>) -> ConfigIssue {
    let what = wrong.what();
    let (what, hint) = what.split_once("; hint: ").unwrap_or((&what, wrong.hint()));
    let outcome = outcome.map_or_else(String::new, |outcome| format!("; {outcome}"));
    ConfigIssue::of_file(
        source,
        wrong.position(),
        format!("{what}{outcome}; hint: {hint}"),
    )
}

impl Config {
    fn apply_environment(&mut self, env: &Env, root: &Path) {
        for name in ["AUDIO_SOUNDS_DIR", "CLAUDE_SOUNDS_DIR"] {
            if let Some(dir) = env.path(name) {
                self.sounds_variable = Some(name);
                self.sounds_dir = Some(SoundsDir {
                    is_projects: !dir.is_absolute(),
                    path: root.join(dir),
                    trust: Owner::User,
                    is_originals: false,
                });
            }
        }
    }
}

/// The config files to read; `home` is the home directory, if the original Herald is installed there.
fn origins(env: &Env, root: &Path, home: Option<&Path>) -> Vec<Origin> {
    let user_file = user_file(env);
    let of_original = home.map(|home| home.join(original::CONFIG));
    let files = match env.path("HERALD_CONFIG") {
        Some(asked_for) => vec![(asked_for, Owner::User)],
        None => {
            let of_user = [of_original.clone(), user_file.clone()]
                .into_iter()
                .flatten();
            let of_user = of_user.map(|path| (path, Owner::User));
            let of_project = [root.join(original::CONFIG), project_file(root)].into_iter();
            // In the home directory, the project's file is the user's.
            let of_project =
                of_project.filter(|path| !original::is_own(path, of_original.as_deref()));
            let files = of_user.chain(of_project.map(|path| (path, Owner::Project)));
            files.filter(|(path, _)| path.is_absolute()).collect()
        }
    };
    let origin = |(source, trust): (PathBuf, Owner)| {
        let is_it = |file: &Option<PathBuf>| file.as_ref() == Some(&source);
        let own_dir = match (source.parent(), home) {
            (Some(dir), _) if is_it(&user_file) => Some((dir, "sounds")),
            (_, Some(home)) if is_it(&of_original) => Some((home, original::SOUNDS)),
            _ => None,
        };
        let (relative_to, default_dir) = match own_dir {
            Some((own, sounds)) => (own, (own.join(sounds), trust)),
            // The project's sounds directory is the project's, whoever names it.
            None => (root, (root.join(original::SOUNDS), Owner::Project)),
        };
        Origin {
            env: env.clone(),
            trust,
            relative_to: relative_to.to_owned(),
            starts_at_project: own_dir.is_none(),
            default_dir: SoundsDir {
                path: default_dir.0,
                trust: default_dir.1,
                is_projects: own_dir.is_none(),
                is_originals: false,
            },
            is_original: is_original(&source),
            source,
        }
    };
    files.into_iter().map(origin).collect()
}

/// Whether the file at `path` is a config of the original Herald, by its name.
fn is_original(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == original::CONFIG_NAME)
}

fn user_config_dir(env: &Env) -> Option<PathBuf> {
    if cfg!(windows) {
        return env.path("APPDATA");
    }
    env.path("XDG_CONFIG_HOME")
        .filter(|dir| dir.is_absolute())
        .or_else(|| Some(env.home()?.join(".config")))
}
