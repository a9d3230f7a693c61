//! `herald output`

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{answer, answer_json};
use super::config_file::ConfigFile;
use super::exit::OK;
use super::run::output_of;
use super::table::table;
use super::terminal;
use herald_audio::internals::config::{NONE, Setting};
use herald_audio::internals::device::{DEVICES, OutputDevice};
use herald_audio::internals::nearest::nearest;
use herald_audio::internals::player::program;
use herald_audio::internals::sound::Output;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::trust::Owner;
use herald_audio::{AudioManager, Error, ErrorKind, Result};

const KEY: &str = "audio_settings.output";
const LIST: &str = "list";
/// A sound system may take long to look for its devices.
const LIMIT: Duration = Duration::from_secs(20);

/// Show or choose where sound goes, in your config
///
/// A program that runs with HERALD_OUTPUT goes by that. `auto` is the default device, also when you
/// plug in another one.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald output                    show where sound goes
  herald output list               list devices
  herald output Headphones         one of them, by its name or description
  herald output auto               the default device again")]
pub(super) struct Args {
    /// `list`, a device, or auto, command, null or wav:PATH
    #[arg(value_name = "list|NAME")]
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<u8> {
    match args.name.as_deref() {
        None => Ok(show(args.json)),
        Some(LIST) => list(args.json),
        Some(name) => choose(name, args.json),
    }
}

/// What is in effect.
fn setting() -> Option<Setting> {
    let mut settings = AudioManager::new().config().settings();
    settings.retain(|setting| setting.key == KEY);
    settings.pop()
}

/// Where sound goes, and who says so.
fn in_effect() -> (String, String) {
    let manager = AudioManager::new();
    let output = manager
        .authority()
        .map(|authority| authority.output.to_string());
    let variable = "HERALD_OUTPUT";
    let source = match (manager.env().get(variable), setting()) {
        (Some(_), _) => format!("${variable}"),
        (None, Some(setting)) => setting.source.to_string(),
        (None, None) => NONE.to_owned(),
    };
    (output.unwrap_or_else(|error| error.to_string()), source)
}

fn show(is_json: bool) -> u8 {
    let (output, source) = in_effect();
    match is_json {
        true => answer_json(&json!({ "output": output, "source": source }), OK),
        false => answer(&format!("{output} ({source})\n"), OK),
    }
}

fn list(is_json: bool) -> Result<u8> {
    let devices = devices()?;
    let (output, _) = in_effect();
    let is_chosen = |device: &OutputDevice| match output.strip_prefix("cpal:") {
        Some(name) => device.is_called(name),
        None => device.is_default,
    };
    if is_json {
        let devices: Vec<_> = devices
            .iter()
            .map(|device| {
                json!({
                    "name": device.name,
                    "description": device.description,
                    "host": device.host,
                    "default": device.is_default,
                    "chosen": is_chosen(device),
                })
            })
            .collect();
        return Ok(answer_json(
            &json!({ "output": output, "devices": devices }),
            OK,
        ));
    }
    if devices.is_empty() {
        return Ok(answer("no sound devices\n", OK));
    }
    let rows = devices.iter().map(|device| {
        [
            if is_chosen(device) { "*" } else { "" }.to_owned(),
            device.description.clone(),
            device.name.clone(),
            device.host.clone(),
        ]
    });
    Ok(answer(&table(["", "DEVICE", "NAME", "OF"], rows), OK))
}

fn choose(name: &str, is_json: bool) -> Result<u8> {
    let value = match name.parse::<Output>() {
        // Unlike the name of a device, it is one on any machine.
        Ok(Output::Cpal(Some(device))) => format!("cpal:{}", find(&device)?),
        Ok(output) => output.to_string(),
        Err(_) => format!("cpal:{}", find(name)?),
    };
    let env = Env::process();
    let file = ConfigFile::find(&env, None, Owner::User)?;
    let has_changed = file.change(&[(KEY, Some(Value::from(value.clone())))])?;
    if env.get("HERALD_OUTPUT").is_some() {
        terminal::warn(&"HERALD_OUTPUT is set here, and is stronger; hint: unset HERALD_OUTPUT");
    } else if let Some(other) = setting().filter(|setting| file.is_overruled_by(setting)) {
        terminal::warn(&format_args!(
            "still {}, set in {}",
            other.value, other.source
        ));
    }
    let path = file.path();
    Ok(match is_json {
        true => {
            let json =
                json!({ "output": value, "changed": has_changed, "file": path.to_string_lossy() });
            answer_json(&json, OK)
        }
        false => answer(
            &format!("output: {value} (saved in {})\n", path.display()),
            OK,
        ),
    })
}

/// The name of the device called `wanted`.
fn find(wanted: &str) -> Result<String> {
    let devices = devices()?;
    if let Some(device) = devices.iter().find(|device| device.is_called(wanted)) {
        return Ok(device.name.clone());
    }
    let names = devices
        .iter()
        .flat_map(|device| [&device.description, &device.name]);
    let error = Error::new(ErrorKind::Output, format!("no sound device {wanted:?}"));
    Err(match nearest(wanted, names.map(String::as_str)) {
        Some(meant) => error.with_hint(format!("did you mean {meant:?}?")),
        None => error.with_hint("herald output list"),
    })
}

fn devices() -> Result<Vec<OutputDevice>> {
    let listed = output_of(&program(), &[DEVICES], LIMIT);
    let read =
        listed.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    read.map_err(|why| {
        Error::new(ErrorKind::Player, "cannot list sound devices")
            .because(why)
            .with_hint("herald doctor")
    })
}
