//! `herald demo`

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::unless_unread;
use super::terminal;
use herald_audio::AudioManager;
use herald_audio::Result;
use herald_audio::internals::sound::{Chime, Sound};

/// The time to start a player, open an output, and play a built-in sound.
const LIMIT: Duration = Duration::from_secs(15);

/// Play each built-in sound and name it
///
/// Changes nothing: no config, no throttle key and no line of the log. A mute, a snooze and the master
/// volume apply.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald demo
  HERALD_OUTPUT=wav:out.wav herald demo    write the sounds to a file")]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let manager = AudioManager::new();
    let config = manager.config();
    manager.notes().iter().for_each(|note| terminal::warn(note));
    config.issues().iter().for_each(terminal::issue);
    let mut played = Vec::new();
    for chime in Chime::ALL {
        let (name, meaning) = (chime.name(), chime.meaning());
        if !args.json {
            unless_unread(terminal::say(&format!("{name:11}{meaning}\n")))?;
        }
        let through = manager.demonstrate(Sound::Chime(chime), None, config.volume(), LIMIT)?;
        played.push(json!({ "sound": name, "meaning": meaning, "through": through }));
    }
    if args.json {
        unless_unread(terminal::say_json(&format!("{:#}\n", Value::from(played))))?;
    }
    Ok(())
}
