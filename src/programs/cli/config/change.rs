//! `herald config get`, `set`, `unset` and `edit`

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::setting;
use crate::cli::answer::{answer, answer_json};
use crate::cli::completions;
use crate::cli::config_file::ConfigFile;
use crate::cli::exit::{FAILED, OK};
use crate::cli::terminal;
use herald_audio::internals::config::{Config, Setting};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::trust::Owner;
use herald_audio::{AudioManager, Error, ErrorKind, Result};

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct GetArgs {
    /// Dotted key such as events.Stop.enabled
    #[arg(add = completions::settings())]
    key: String,
    /// Print JSON: key, value and source
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct SetArgs {
    /// Dotted key such as events.Stop.sound
    #[arg(add = completions::settings())]
    key: String,
    /// Value as JSON; what is no JSON is text
    #[arg(allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct UnsetArgs {
    /// Dotted key such as audio_settings.volume
    #[arg(add = completions::settings())]
    key: String,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args, Debug)]
struct Place {
    /// Change the project's config (.claude/herald.json)
    #[arg(long)]
    project: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct EditArgs {
    /// Edit the project's config (.claude/herald.json)
    #[arg(long)]
    project: bool,
}

pub(super) fn get(args: &GetArgs, config: &Config) -> u8 {
    let settings = config.settings();
    let Some(Setting { key, value, source }) = setting::find(&settings, &args.key) else {
        return setting::unknown(&args.key, &settings);
    };
    match (args.json, value) {
        (true, _) => {
            let source = source.to_string();
            answer_json(&json!({ "key": key, "value": value, "source": source }), OK)
        }
        (false, value) => answer(&format!("{}\n", setting::shown(value)), OK),
    }
}

pub(super) fn set(args: &SetArgs, env: &Env, root: Option<&Path>) -> Result<u8> {
    let text = || Value::String(args.value.clone());
    let value = serde_json::from_str(&args.value).unwrap_or_else(|_| text());
    let (file, changed) = change(&args.key, Some(value.clone()), &args.place, env, root)?;
    let words = format!(
        "{} is {}, in {}\n",
        args.key,
        setting::shown(&value),
        file.path().display()
    );
    Ok(report(args.place.json, &file, &args.key, changed, &words))
}

pub(super) fn unset(args: &UnsetArgs, env: &Env, root: Option<&Path>) -> Result<u8> {
    let (file, changed) = change(&args.key, None, &args.place, env, root)?;
    let path = file.path().display();
    let words = match changed {
        true => format!("removed {} from {path}\n", args.key),
        false => format!("nothing to do: {} is not in {path}\n", args.key),
    };
    Ok(report(args.place.json, &file, &args.key, changed, &words))
}

fn change(
    key: &str,
    value: Option<Value>,
    place: &Place,
    env: &Env,
    root: Option<&Path>,
) -> Result<(ConfigFile, bool)> {
    let file = ConfigFile::find(env, root, owner(place.project))?;
    let changed = file.change(&[(key, value)])?;
    Ok((file, changed))
}

const fn owner(is_projects: bool) -> Owner {
    match is_projects {
        true => Owner::Project,
        false => Owner::User,
    }
}

/// Prints what was done, and the value in effect if another file or variable decides it.
fn report(is_json: bool, file: &ConfigFile, key: &str, changed: bool, words: &str) -> u8 {
    let config = AudioManager::new().config();
    let settings = config.settings();
    let in_effect = setting::find(&settings, key);
    if let Some(other) = in_effect.filter(|setting| file.is_overruled_by(setting)) {
        let value = setting::shown(&other.value);
        terminal::warn(&format_args!("still {value}, set in {}", other.source));
    }
    match is_json {
        true => {
            let answer = json!({
                "key": key,
                "changed": changed,
                "file": file.path().to_string_lossy(),
                "value": in_effect.map(|setting| &setting.value),
            });
            answer_json(&answer, OK)
        }
        false => answer(words, OK),
    }
}

/// Has the user's editor change a copy until that has no mistakes, and takes it over.
pub(super) fn edit(args: &EditArgs, env: &Env, root: Option<&Path>) -> Result<u8> {
    let file = ConfigFile::find(env, root, owner(args.project))?;
    let before = file.text()?;
    let cannot = |error: std::io::Error| {
        Error::new(ErrorKind::Config, "cannot edit a copy of the config").because(error)
    };
    // Editors choose colours by the name.
    let copy = tempfile::Builder::new().suffix(".json").tempfile();
    let copy = copy.map_err(cannot)?;
    let text = before.as_deref().unwrap_or("{\n}\n");
    copy.as_file().write_all(text.as_bytes()).map_err(cannot)?;
    loop {
        run_editor(env, copy.path())?;
        let after = std::fs::read_to_string(copy.path()).map_err(cannot)?;
        if after == text {
            return Ok(answer("nothing changed\n", OK));
        }
        let Err(error) = file.replace(before.as_deref(), &after) else {
            let path = file.path().display();
            return Ok(answer(&format!("saved {path}\n"), OK));
        };
        if !terminal::can_ask() {
            return Err(error);
        }
        terminal::error(&error);
        if !terminal::agrees("Edit it again? [Y/n] ") {
            return Ok(answer("nothing changed\n", FAILED));
        }
    }
}

/// Runs the editor in `VISUAL`, else `EDITOR`, on `file`.
fn run_editor(env: &Env, file: &Path) -> Result<()> {
    let usual = if cfg!(windows) { "notepad" } else { "vi" };
    let named = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| env.get(name));
    let editor = named.unwrap_or_else(|| usual.into());
    let editor = editor.to_string_lossy();
    let mut command = match cfg!(windows) {
        true => Command::new(&*editor),
        // It may have arguments: `code --wait`.
        false => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{editor} \"$1\""), "sh"]);
            shell
        }
    };
    let failed = |why: String| {
        let what = format!("cannot edit with {editor}");
        Error::new(ErrorKind::Config, what)
            .because(why)
            .with_hint("set EDITOR to your editor")
    };
    match command.arg(file).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}
