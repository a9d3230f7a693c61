//! `herald config`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::answer::{answer, answer_json, counted, table};
use super::decode::decode;
use super::exit::{FAILED, OK};
use super::terminal::{self, HINT};
use herald_audio::AudioManager;
use herald_audio::internals::config::{self, Config, ConfigIssue, Setting, Severity};
use herald_audio::internals::nearest::nearest;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;

/// Show and check the config
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  herald config path                   list the config files
  herald config check                  find mistakes, with file, line and column
  herald config show                   show every setting and its source
  herald config show audio_settings.volume
  herald config schema > herald.schema.json
                                       write a JSON Schema for your editor

Exit codes:
  0  no errors (check), or done
  1  errors (check), or failed
  2  wrong usage")]
pub(super) enum ConfigCommand {
    /// List the config files, lowest precedence first, and whether each is used
    Path(PathArgs),
    /// Show every setting with its value and source
    Show(ShowArgs),
    /// Find mistakes in the config, or in FILE
    Check(CheckArgs),
    /// Print the JSON Schema of config files
    Schema,
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
    key: Option<String>,
    /// Print JSON
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

/// One line per config file, lowest precedence first.
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
        (true, true) => "used, with mistakes",
        (true, false) => "used",
        (false, true) => "ignored, because of mistakes",
        (false, false) => "missing",
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
            let known = config.settings();
            let known: Vec<_> = known.iter().map(|setting| setting.key.as_str()).collect();
            let meant = nearest(wanted, known.iter().copied());
            let hint = meant.map_or("`herald config show` lists them".to_owned(), |meant| {
                format!("did you mean {meant}?")
            });
            terminal::error(&format_args!("unknown setting {wanted:?}{HINT}{hint}"));
            return FAILED;
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
    answer(&table(["SETTING", "VALUE", "SOURCE"], rows), 0)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Mistakes in the files in use, or in one.
fn check(args: &CheckArgs, env: &Env, root: Option<&Path>) -> u8 {
    let (files, issues) = match &args.file {
        Some(file) => (vec![file.clone()], config::check_file(file)),
        None => check_all(env, root),
    };
    let has_errors = issues.iter().any(|issue| issue.severity == Severity::Error);
    let code = if has_errors { FAILED } else { OK };
    if args.json {
        let files: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
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
