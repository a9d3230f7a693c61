//! `herald play`

use std::time::Duration;

use super::args::PlayArgs;
use super::complain;
use herald_audio::error::Result;
use herald_audio::manager::AudioManager;

/// The longest sound there is, and time to open an output for it.
const WAIT_LIMIT: Duration = Duration::from_secs(150);
/// How long a failure takes at most that is worth waiting for: that there is no device, say.
const LOOK_LIMIT: Duration = Duration::from_millis(300);

pub(super) fn run(args: &PlayArgs) -> Result<()> {
    let manager = AudioManager::new();
    let config = manager.config();
    manager.notes().iter().for_each(|note| complain(note));
    config.issues().iter().for_each(|issue| complain(issue));
    let sound = manager.find_sound(&args.sound)?;
    let volume = args.volume.unwrap_or(config.volume_of(&args.sound));
    if args.wait {
        let heard = manager.play_and_wait("play", sound, volume, WAIT_LIMIT);
        return heard.map(drop);
    }
    manager.play_and_look("play", sound, volume, LOOK_LIMIT)
}
