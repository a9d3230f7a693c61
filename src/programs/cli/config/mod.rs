//! `herald config`

mod change;
mod setting;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::answer::{answer, answer_json, counted};
use super::completions;
use super::decode::decode;
use super::exit::{FAILED, OK};
use super::table::table;
use super::terminal;
use change::{EditArgs, GetArgs, SetArgs, UnsetArgs};
use herald_audio::internals::config::{self, Config, ConfigIssue, Setting, Severity, Source};
use herald_audio::internals::system::printable::printable;
use herald_audio::{AudioManager, Result};
use setting::shown;

/// Show, check and change the config
///
/// Changes keep comments and formatting. What `herald config check` would refuse is not written.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald config path                   list the config files
  herald config check                  find mistakes, with file, line and column
  herald config show                   show what differs from the built-in defaults
  herald config show --all             show every setting and its source
  herald config show audio_settings.volume
  herald config get audio_settings.volume
                                       print the value alone
  herald config set events.Stop.min_turn 30s
  herald config set events.Stop.sound done.wav
  herald config unset events.Stop.min_turn
  herald config schema > herald.schema.json
                                       write a JSON Schema for your editor

Exit codes:
  0  no errors (check), or done
  1  errors (check), or failed
  2  wrong usage")]
pub(super) enum ConfigCommand {
    /// List the config files, lowest precedence first, and whether each is used
    Path(PathArgs),
    /// Show the settings that differ from the built-in ones, with value and source
    Show(ShowArgs),
    /// Find mistakes in the config, or in FILE
    Check(CheckArgs),
    /// Print the JSON Schema of config files
    Schema,
    /// Print the value of KEY that is in effect
    Get(GetArgs),
    /// Write KEY into your config
    Set(SetArgs),
    /// Remove KEY from your config
    Unset(UnsetArgs),
    /// Open your config in an editor ($VISUAL, else $EDITOR), and save it if it has no mistakes
    Edit(EditArgs),
}

#[derive(clap::Args, Debug)]
pub(super) struct PathArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct ShowArgs {
    /// Show only this dotted key and the keys below it
    #[arg(add = completions::settings())]
    key: Option<String>,
    /// Show every setting
    #[arg(long, conflicts_with = "key")]
    all: bool,
    /// Print every setting as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct CheckArgs {
    /// Config file to check [default: the files in use]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &ConfigCommand) -> Result<u8> {
    let manager = AudioManager::new();
    let (env, root) = (manager.env(), manager.project_root());
    Ok(match command {
        ConfigCommand::Path(args) => path(args),
        ConfigCommand::Show(args) => show(args, &manager.config()),
        ConfigCommand::Check(args) => check(args),
        ConfigCommand::Schema => answer_json(&config::schema(), 0),
        ConfigCommand::Get(args) => change::get(args, &manager.config()),
        ConfigCommand::Set(args) => change::set(args, env, root)?,
        ConfigCommand::Unset(args) => change::unset(args, env, root)?,
        ConfigCommand::Edit(args) => change::edit(args, env, root)?,
    })
}

/// One line per config file, lowest precedence first.
fn path(args: &PathArgs) -> u8 {
    let states = states(&AudioManager::new());
    if args.json {
        let files = states
            .iter()
            .map(|(state, file)| json!({ "path": file.to_string_lossy(), "state": state.words() }));
        return answer_json(&Value::from_iter(files), 0);
    }
    let rows = states
        .iter()
        .map(|(state, file)| [file.display().to_string(), state.words().to_owned()]);
    answer(&table(["FILE", "STATE"], rows), 0)
}

/// What becomes of a config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Used,
    UsedWithMistakes,
    Remembered,
    Ignored,
    Missing,
}

impl State {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::UsedWithMistakes => "used, with mistakes",
            Self::Remembered => "invalid; its last valid version is used",
            Self::Ignored => "ignored, because of mistakes",
            Self::Missing => "missing",
        }
    }
}

/// The config files, lowest precedence first, and what becomes of each.
pub(super) fn states(manager: &AudioManager) -> Vec<(State, PathBuf)> {
    let config = manager.config();
    let files = config::files(manager.env(), manager.project_root()).into_iter();
    files.map(|file| (state(&config, &file), file)).collect()
}

fn state(config: &Config, file: &Path) -> State {
    let is_in_force = config.sources().any(|source| source == file);
    let is_wrong = config.issues().iter().any(|issue| issue.source == file);
    match (is_in_force, is_wrong) {
        _ if config.is_remembered(file) => State::Remembered,
        (true, true) => State::UsedWithMistakes,
        (true, false) => State::Used,
        (false, true) => State::Ignored,
        (false, false) => State::Missing,
    }
}

/// The effective values, each with its source.
fn show(args: &ShowArgs, config: &Config) -> u8 {
    config.issues().iter().for_each(terminal::issue);
    let mut settings = config.settings();
    if let Some(wanted) = &args.key {
        let inside = format!("{wanted}.");
        settings.retain(|setting| setting.key == *wanted || setting.key.starts_with(&inside));
        if settings.is_empty() {
            return setting::unknown(wanted, &config.settings());
        }
    }
    if args.json {
        let settings = settings.iter().map(|setting| {
            let Setting { key, value, source } = setting;
            json!({ "key": key, "value": value, "source": source.to_string() })
        });
        return answer_json(&Value::from_iter(settings), 0);
    }
    if !args.all && args.key.is_none() {
        settings.retain(|setting| setting.source != Source::BuiltIn);
        if settings.is_empty() {
            let words = "every setting has its default; `herald config show --all` lists them\n";
            return answer(words, OK);
        }
    }
    let rows = settings.iter().map(|setting| {
        [
            setting.key.clone(),
            shown(&setting.value),
            setting.source.to_string(),
        ]
    });
    answer(&table(["SETTING", "VALUE", "SOURCE"], rows), 0)
}

/// Mistakes in the files in use, or in one.
fn check(args: &CheckArgs) -> u8 {
    let (files, issues) = match &args.file {
        Some(file) => (vec![file.clone()], config::check_file(file)),
        None => check_all(),
    };
    let has_errors = issues.iter().any(|issue| issue.severity == Severity::Error);
    let code = if has_errors { FAILED } else { OK };
    if args.json {
        let files: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
        let issues: Vec<_> = issues.iter().map(issue_to_json).collect();
        return answer_json(&json!({ "files": files, "issues": issues }), code);
    }
    let mut text = String::new();
    for issue in &issues {
        text += &terminal::labelled(&issue.severity.to_string(), issue);
    }
    if !has_errors {
        let names: Vec<_> = files.iter().map(|file| printable(file.display())).collect();
        let is_warning = |issue: &&ConfigIssue| issue.severity == Severity::Warning;
        let _ = match (&names[..], issues.iter().filter(is_warning).count()) {
            ([], _) => writeln!(text, "no config file; built-in defaults apply"),
            (names, 0) => writeln!(text, "0 errors, 0 warnings in {}", names.join(", ")),
            (names, count) => {
                let warnings = counted(count, "warning");
                writeln!(text, "0 errors, {warnings} in {}", names.join(", "))
            }
        };
    }
    answer(&text, code)
}

fn issue_to_json(issue: &ConfigIssue) -> Value {
    let (what, hint) = terminal::split_hint(&issue.what);
    let mut json = json!(issue);
    json["what"] = what.into();
    json["hint"] = hint.into();
    json
}

fn check_all() -> (Vec<PathBuf>, Vec<ConfigIssue>) {
    let config = AudioManager::new().config();
    let mut issues = config.issues().to_vec();
    issues.extend(config.missing_sounds());
    issues.extend(config.unplayable_sounds(&decode));
    let notes = config.sources().flat_map(config::check_file);
    issues.extend(notes.filter(|issue| issue.severity == Severity::Note));
    let files: Vec<_> = config.sources().map(Path::to_owned).collect();
    let number = |issue: &ConfigIssue| files.iter().position(|file| *file == issue.source);
    let place = |issue: &ConfigIssue| issue.position.map(|place| (place.line, place.column));
    issues.sort_by_key(|issue| (number(issue), place(issue)));
    (files, issues)
}
