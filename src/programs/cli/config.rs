//! `herald config`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::answer::{NO_ANSWER, answer, answer_json, counted, table};
use super::decode::decode;
use super::terminal::complain;
use herald_audio::config::{self, Config, ConfigIssue, Setting, Severity};
use herald_audio::manager::AudioManager;
use herald_audio::nearest::nearest;
use herald_audio::system::env::Env;
use herald_audio::system::printable::printable;

/// Look at the config: where it comes from, what holds, and what is wrong with it
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald config check                  what is wrong, by file, line and column
  herald config show                   every setting, and where it comes from
  herald config show audio_settings.volume
  herald config schema > herald.schema.json
                                       for editors that complete and check

Exit codes:
  0  done; no mistakes (check)
  1  mistakes (check)
  2  wrong usage, or no answer: standard error says why")]
pub(super) enum ConfigCommand {
    /// List the config files, lowest precedence first, and which of them are in force
    Path(PathArgs),
    /// Show every setting in force, and where it comes from
    Show(ShowArgs),
    /// Tell what is wrong with the config, or with FILE
    Check(CheckArgs),
    /// Write the JSON Schema of config files
    Schema,
}

#[derive(clap::Args, Debug)]
pub(super) struct PathArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct ShowArgs {
    /// Only this dotted key and what is inside it
    key: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct CheckArgs {
    /// A config file; by default those in force
    file: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &ConfigCommand) -> u8 {
    let env = Env::process();
    let cwd = std::env::current_dir().ok();
    let root = config::project_root(&env, cwd.as_deref());
    match command {
        ConfigCommand::Path(args) => path(args, &env, root.as_deref()),
        ConfigCommand::Show(args) => show(args, &AudioManager::new().config()),
        ConfigCommand::Check(args) => check(args, &env, root.as_deref()),
        ConfigCommand::Schema => answer_json(&config::schema(), 0),
    }
}

/// Where the config comes from: one line a file, lowest precedence first.
fn path(args: &PathArgs, env: &Env, root: Option<&Path>) -> u8 {
    let config = AudioManager::new().config();
    let states: Vec<_> = config::files(env, root)
        .into_iter()
        .map(|file| (state(&config, &file), file))
        .collect();
    if args.json {
        let files = states
            .iter()
            .map(|(state, file)| json!({ "path": file.to_string_lossy(), "state": state }));
        return answer_json(&Value::from_iter(files), 0);
    }
    let rows = states
        .iter()
        .map(|(state, file)| [file.display().to_string(), state.to_string()]);
    answer(&table(["FILE", "STATE"], rows), 0)
}

fn state(config: &Config, file: &Path) -> &'static str {
    let is_in_force = config.sources().any(|source| source == file);
    let is_wrong = config.issues().iter().any(|issue| issue.source == file);
    match (is_in_force, is_wrong) {
        (true, true) => "in force, with mistakes (herald config check)",
        (true, false) => "in force",
        (false, true) => "left out (herald config check)",
        (false, false) => "not there",
    }
}

/// The effective values, each with where it comes from.
fn show(args: &ShowArgs, config: &Config) -> u8 {
    config.issues().iter().for_each(|issue| complain(issue));
    let mut settings = config.settings();
    if let Some(wanted) = &args.key {
        let inside = format!("{wanted}.");
        settings.retain(|setting| setting.key == *wanted || setting.key.starts_with(&inside));
        if settings.is_empty() {
            let known = config.settings();
            let known: Vec<_> = known.iter().map(|setting| setting.key.as_str()).collect();
            let meant = nearest(wanted, known.iter().copied());
            let hint = meant.map_or("herald config show lists them".to_owned(), |meant| {
                format!("did you mean {meant}?")
            });
            complain(&format_args!("there is no setting {wanted:?} ({hint})"));
            return NO_ANSWER;
        }
    }
    if args.json {
        let settings = settings.iter().map(|setting| {
            let Setting { key, value, source } = setting;
            json!({ "key": key, "value": value, "source": source.to_string() })
        });
        return answer_json(&Value::from_iter(settings), 0);
    }
    let rows = settings.iter().map(|setting| {
        [
            setting.key.clone(),
            shown(&setting.value),
            setting.source.to_string(),
        ]
    });
    answer(&table(["SETTING", "VALUE", "FROM"], rows), 0)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// What is wrong with the files in force, or with one.
fn check(args: &CheckArgs, env: &Env, root: Option<&Path>) -> u8 {
    let (files, issues) = match &args.file {
        Some(file) => (vec![file.clone()], config::check_file(file)),
        None => check_all(env, root),
    };
    let has_errors = issues.iter().any(|issue| issue.severity == Severity::Error);
    let code = u8::from(has_errors);
    if args.json {
        let files: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
        return answer_json(&json!({ "files": files, "issues": issues }), code);
    }
    let mut text = String::new();
    for issue in &issues {
        let _ = writeln!(text, "{}: {}", issue.severity, printable(issue));
    }
    if !has_errors {
        let names: Vec<_> = files.iter().map(|file| printable(file.display())).collect();
        let is_warning = |issue: &&ConfigIssue| issue.severity == Severity::Warning;
        let _ = match (&names[..], issues.iter().filter(is_warning).count()) {
            ([], _) => writeln!(text, "there is no config file; what is built in holds"),
            (names, 0) => writeln!(text, "no mistakes in {}", names.join(", ")),
            (names, count) => {
                let warnings = counted(count, "warning");
                writeln!(text, "0 errors, {warnings} in {}", names.join(", "))
            }
        };
    }
    answer(&text, code)
}

fn check_all(env: &Env, root: Option<&Path>) -> (Vec<PathBuf>, Vec<ConfigIssue>) {
    let config = config::load(env, root);
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
