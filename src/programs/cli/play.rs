//! `herald play`

use std::time::Duration;

use super::values::factor;
use super::{completions, controls, terminal};
use herald_audio::AudioManager;
use herald_audio::Result;

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
  herald play ./bell.wav --volume 1 --wait")]
pub(super) struct Args {
    /// Event, configured or built-in sound, or sound file (WAV, MP3, Ogg Vorbis, FLAC)
    #[arg(value_name = "SOUND|FILE", add = completions::sounds())]
    sound: String,
    /// Volume from 0 to 1, or in percent [default: as configured]
    #[arg(long, value_parser = factor, allow_hyphen_values = true)]
    volume: Option<f32>,
    /// Wait until the sound has been played, and fail if it was not
    #[arg(long)]
    wait: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let manager = AudioManager::new();
    controls::warn_if_muted(&manager);
    let config = manager.config();
    manager.notes().iter().for_each(|note| terminal::warn(note));
    config.issues().iter().for_each(terminal::issue);
    let sound = manager.find_sound(&args.sound)?;
    let volume = args.volume.unwrap_or(config.volume_of(&args.sound));
    if args.wait {
        let heard = manager.play_and_wait("play", sound, volume, WAIT_LIMIT);
        return heard.map(drop);
    }
    manager.play_and_look("play", sound, volume, LOOK_LIMIT)
}
