//! `herald play`

use std::time::Duration;

use serde_json::json;

use super::answer::unless_unread;
use super::values::{factor, theme};
use super::{completions, controls, terminal};
use herald_audio::AudioManager;
use herald_audio::Result;
use herald_audio::internals::config::rounded;
use herald_audio::internals::sound::Theme;

/// The longest sound, and time to open an output for it.
const WAIT_LIMIT: Duration = Duration::from_secs(150);
/// How long to wait for an early failure, such as a missing device.
const LOOK_LIMIT: Duration = Duration::from_millis(300);

/// Play a configured sound, a built-in one, or a file
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald play Stop                 play the sound of Stop
  herald play attention            play a built-in sound: attention, finished, failed, started
  herald play finished --theme soft
  herald play ./bell.wav --volume 1 --wait
  herald play ./bell.wav --wait --json | jq .gainDb")]
pub(super) struct Args {
    /// Event, configured or built-in sound, or sound file (WAV, MP3, Ogg Vorbis, FLAC)
    #[arg(value_name = "SOUND|FILE", add = completions::sounds())]
    sound: String,
    /// Volume from 0 to 1, or in percent [default: as configured]
    #[arg(long, value_parser = factor, allow_hyphen_values = true)]
    volume: Option<f32>,
    /// Theme of built-in sounds: marimba or soft [default: as configured]
    #[arg(long, value_parser = theme)]
    theme: Option<Theme>,
    /// Wait until the sound has been played, and fail if it was not
    #[arg(long)]
    wait: bool,
    /// Print JSON; with --wait also the output, and the gain for its loudness
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let manager = AudioManager::new();
    controls::warn_if_muted(&manager);
    let config = manager.config();
    manager.notes().iter().for_each(|note| terminal::warn(note));
    config.issues().iter().for_each(terminal::issue);
    let sound = manager.find_sound(&args.sound)?;
    let volume = args.volume.unwrap_or(config.volume_of(&args.sound));
    let theme = args.theme.unwrap_or(config.playback().theme);
    let name = sound.to_string();
    let played = match args.wait {
        true => Some(manager.play_and_tell("play", sound, theme, volume, WAIT_LIMIT)?),
        false => {
            manager.play_and_look("play", sound, theme, volume, LOOK_LIMIT)?;
            None
        }
    };
    if !args.json {
        return Ok(());
    }
    let answer = json!({
        "sound": name,
        "volume": rounded(volume),
        "output": played.as_ref().map(|played| &played.through),
        "gainDb": played.as_ref().and_then(|played| played.gain_db).map(rounded),
    });
    unless_unread(terminal::say_json(&format!("{answer:#}\n")))
}
