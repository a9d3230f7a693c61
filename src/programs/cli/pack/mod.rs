//! `herald pack`

mod args;
mod list;
mod origin;
mod preview;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub(super) use args::PackCommand;
use args::{CheckArgs, InstallArgs, RemoveArgs, UseArgs};
pub use origin::Origin;

use super::answer::{counted, unless_unread};
use super::config_file::ConfigFile;
use super::decode::decode;
use super::exit::{FAILED, OK};
use super::terminal::{self, HINT};
use herald_audio::AudioManager;
use herald_audio::internals::config::{self, NONE, rounded};
use herald_audio::internals::loudness::{Level, Target};
use herald_audio::internals::nearest::nearest;
use herald_audio::internals::pack::check::{PackIssue, PackReport, Severity, check};
use herald_audio::internals::pack::install::{Installed, Outcome, Removed, install, remove};
use herald_audio::internals::pack::{Pack, PackDirs};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;
use herald_audio::internals::trust::Owner;
use herald_audio::{Error, ErrorKind, Result};

/// The key of the active pack in the config.
const ACTIVE: &str = "packs.active";

pub(super) fn run(command: &PackCommand) -> Result<u8> {
    let context = Context::new();
    match command {
        PackCommand::List(args) => {
            let active = context.active();
            done(list::run(&context.dirs, active.as_deref(), args))
        }
        PackCommand::Use(args) => context.use_pack(args),
        PackCommand::Check(args) => context.check(args),
        PackCommand::Install(args) => context.install(args),
        PackCommand::Remove(args) => context.remove(args),
        PackCommand::Preview(args) => {
            let found = context.dirs.find(&args.name, Owner::User);
            let missing = || context.no_pack(&args.name, "see `herald pack list`");
            preview::run(&found.ok_or_else(missing)?, args)
        }
        // Passed on before.
        PackCommand::Search(_) | PackCommand::Update(_) => Ok(OK),
    }
}

/// Installs the pack in `dir`, which was fetched from `origin`. Reports what `pack install` reports.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if the pack has errors, if one of that name exists and `force` is not set, or if it
/// cannot be copied.
pub fn install_fetched(dir: &Path, origin: &Origin, force: bool) -> Result<Installed> {
    let installed = Context::new().install_from(dir, &origin.source, force)?;
    if let Err(error) = origin.write(&installed.dir) {
        terminal::warn(&format_args!(
            "cannot note where {} came from, so it cannot be updated: {error}",
            installed.name
        ));
    }
    Ok(installed)
}

/// The answer of `pack install`.
pub fn installed_to_words(installed: &Installed) -> String {
    format!(
        "{} {}: {} in {}{}; next: run `herald pack use {0}` to hear it",
        installed.name,
        match installed.has_replaced {
            true => "replaced",
            false => "installed",
        },
        counted(installed.files, "file"),
        printable(installed.dir.display()),
        match installed.left_out {
            0 => String::new(),
            count => format!(
                ", without {} that cannot be played",
                counted(count, "sound")
            ),
        },
    )
}

/// The same as JSON.
pub fn installed_to_json(installed: &Installed) -> Value {
    json!({
        "name": installed.name,
        "dir": installed.dir.to_string_lossy(),
        "files": installed.files,
        "leftOut": installed.left_out,
        "replaced": installed.has_replaced,
    })
}

/// Where to look for packs and configs.
struct Context {
    env: Env,
    project_root: Option<PathBuf>,
    dirs: PackDirs,
}

impl Context {
    fn new() -> Self {
        let env = Env::process();
        let cwd = std::env::current_dir().ok();
        let project_root = config::project_root(&env, cwd.as_deref());
        Self {
            dirs: config::load(&env, project_root.as_deref()).pack_dirs(),
            env,
            project_root,
        }
    }

    /// The name of the active pack in the merged config.
    fn active(&self) -> Option<String> {
        AudioManager::new()
            .config()
            .active_pack()
            .map(str::to_owned)
    }

    fn use_pack(&self, args: &UseArgs) -> Result<u8> {
        let name = args.name.as_deref().filter(|name| *name != NONE);
        let owner = match args.project {
            true => Owner::Project,
            false => Owner::User,
        };
        if let Some(name) = name {
            let found = self.dirs.find(name, owner);
            let dir = found.ok_or_else(|| self.no_pack(name, "see `herald pack list`"))?;
            Pack::open(&dir)?;
        }
        let file = ConfigFile::find(&self.env, self.project_root.as_deref(), owner)?;
        let path = file.path();
        let has_changed = file.change(&[(ACTIVE, name.map(Value::from))])?;
        let active = self.active();
        if let Some(active) = active.as_deref().filter(|active| Some(*active) != name) {
            let settings = AudioManager::new().config().settings();
            let setting = settings.iter().find(|setting| setting.key == ACTIVE);
            let place =
                setting.map_or_else(String::new, |found| format!(", set in {}", found.source));
            terminal::warn(&format_args!("still active: {active:?}{place}"));
        }
        let words = match (name, has_changed) {
            (None, false) => format!("nothing to do: no pack is set in {}", path.display()),
            _ => format!(
                "active pack: {} (saved in {})",
                name.unwrap_or(NONE),
                path.display()
            ),
        };
        let file = path.exists().then(|| path.to_string_lossy());
        let json = json!({ "name": name, "file": file, "active": active });
        answer(args.json, words, &json)
    }

    fn check(&self, args: &CheckArgs) -> Result<u8> {
        let named = || self.dirs.find(args.pack.to_str()?, Owner::User);
        let dir = Some(args.pack.clone()).filter(|dir| dir.is_dir());
        let Some(dir) = dir.or_else(named) else {
            let name = args.pack.to_string_lossy();
            terminal::error(
                &self.no_pack(&name, "give a directory, or a name from `herald pack list`"),
            );
            return Ok(FAILED);
        };
        let PackReport { findings, levels } = check(&dir, &decode);
        let (errors, warnings) = counts(&findings);
        let lufs = AudioManager::new().config().playback().loudness;
        if args.json {
            let findings: Vec<_> = findings.iter().map(finding_to_json).collect();
            let answer = json!({
                "dir": dir.to_string_lossy(),
                "errors": errors,
                "warnings": warnings,
                "findings": findings,
                "sounds": sounds_to_json(&levels, lufs),
            });
            done(terminal::say_json(&format!("{answer:#}\n")))?;
        } else {
            let lines = findings.iter().map(line);
            let loudness = loudness(&levels, lufs);
            let end = format!(
                "{}: {}, {}",
                printable(dir.display()),
                counted(errors, "error"),
                counted(warnings, "warning")
            );
            say(lines.chain(loudness).chain([end]).collect::<String>())?;
        }
        Ok(if errors > 0 { FAILED } else { OK })
    }

    fn install(&self, args: &InstallArgs) -> Result<u8> {
        let source = args.source.display();
        let installed = self.install_from(&args.source, &source, args.force)?;
        let words = installed_to_words(&installed);
        answer(args.json, words, &installed_to_json(&installed))
    }

    /// Installs the pack in `dir`, which messages call `source`.
    fn install_from(
        &self,
        dir: &Path,
        source: &dyn fmt::Display,
        force: bool,
    ) -> Result<Installed> {
        match install(dir, self.user_packs()?, force, &decode)? {
            Outcome::Installed(installed) => {
                installed.warnings.iter().for_each(report);
                Ok(installed)
            }
            Outcome::Refused(findings) => {
                findings.iter().for_each(report);
                let errors = counted(counts(&findings).0, "error");
                let what = format!("{} not installed", printable(source));
                Err(Error::new(ErrorKind::Pack, what)
                    .because(format!("{errors} (see above)"))
                    .with_hint("fix the errors; warnings may stay"))
            }
        }
    }

    fn remove(&self, args: &RemoveArgs) -> Result<u8> {
        let name = &*args.name;
        let user_packs = self.user_packs()?;
        if user_packs.join(name).symlink_metadata().is_err() {
            return Err(self.no_pack(name, "only packs in your own directory can be removed"));
        }
        let removed = remove(name, user_packs)?;
        let words = match removed {
            Removed::Pack => format!("removed {name}"),
            Removed::Link => format!("removed the link {name}; the pack itself stays"),
        };
        let json = json!({ "name": name, "link": removed == Removed::Link });
        let is_missed = self.active().as_deref() == Some(name);
        if is_missed && self.dirs.find(name, Owner::User).is_none() {
            terminal::warn(&format_args!(
                "the config still names {name}{HINT}herald pack use none"
            ));
        }
        answer(args.json, words, &json)
    }

    fn user_packs(&self) -> Result<&Path> {
        let what = "cannot find the directory of packs";
        let no_home = || Error::new(ErrorKind::Pack, what).with_hint("set HOME");
        self.dirs.user().ok_or_else(no_home)
    }

    /// The error for an unknown pack, with the closest known name.
    fn no_pack(&self, name: &str, hint: &'static str) -> Error {
        let packs = self.dirs.list();
        let names = packs.iter().map(|found| found.name.as_str());
        let error = Error::new(ErrorKind::Pack, format!("no pack {name:?}"));
        match nearest(name, names) {
            Some(meant) => error.with_hint(format!("did you mean {meant}?")),
            None => error.with_hint(hint),
        }
    }
}

/// The numbers of errors and warnings.
fn counts(findings: &[PackIssue]) -> (usize, usize) {
    let is_error = |finding: &&PackIssue| finding.severity == Severity::Error;
    let errors = findings.iter().filter(is_error).count();
    (errors, findings.len() - errors)
}

fn report(finding: &PackIssue) {
    match finding.severity {
        Severity::Error => terminal::error(finding),
        _ => terminal::warn(finding),
    }
}

fn line(finding: &PackIssue) -> String {
    terminal::labelled(&finding.severity.to_string(), finding)
}

/// How loud the softest and the loudest sound are, and the loudness `lufs` at which they are played.
fn loudness(levels: &[(String, Level)], lufs: Option<i8>) -> Option<String> {
    let all = || levels.iter().map(|(_, level)| level.lufs);
    let softest = all().reduce(f32::min)?;
    let loudest = all().reduce(f32::max)?;
    let played = match lufs {
        Some(lufs) => format!("played at {lufs} LUFS"),
        None => "played as they are".to_owned(),
    };
    Some(format!(
        "loudness of {}: {softest:.1} to {loudest:.1} LUFS, {played}\n",
        counted(levels.len(), "sound")
    ))
}

fn sounds_to_json(levels: &[(String, Level)], lufs: Option<i8>) -> Value {
    let target = lufs.map(|lufs| Target {
        lufs,
        turns_up: true,
    });
    let tenth = |number: f32| rounded((10.0 * number).round() / 10.0);
    let sounds = levels.iter().map(|(file, level)| {
        json!({
            "file": file,
            "lufs": tenth(level.lufs),
            "peakDb": tenth(level.peak_db),
            "gainDb": target.map(|target| tenth(target.gain_db(*level))),
        })
    });
    sounds.collect()
}

fn finding_to_json(finding: &PackIssue) -> Value {
    json!({
        "severity": finding.severity,
        "at": finding.at,
        "what": finding.what,
        "hint": finding.hint,
    })
}

fn say(words: String) -> Result<u8> {
    done(terminal::say(&(words + "\n")))
}

fn answer(is_json: bool, words: String, json: &Value) -> Result<u8> {
    match is_json {
        true => done(terminal::say_json(&format!("{json}\n"))),
        false => say(words),
    }
}

fn done(written: io::Result<()>) -> Result<u8> {
    unless_unread(written).map(|()| OK)
}
