//! `herald voices`

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::unless_unread;
use super::terminal;
use herald_audio::internals::sound::{Chime, Sound};
use herald_audio::internals::variation::{VARIATIONS, Variation};
use herald_audio::{AudioManager, Result};

/// The time to start a player, open an output, and play a built-in sound.
const LIMIT: Duration = Duration::from_secs(15);

/// Play each variation of a sound and show whose it is
///
/// With the key audio_settings.voice in the config, each project, session or agent gets a variation of its
/// own, by pitch and place. Changes nothing, and leaves no line in the log.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald voices
  herald config set audio_settings.voice project    give each project a variation of its own")]
pub(super) struct Args {
    /// Print JSON, and play nothing
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let manager = AudioManager::new();
    let config = manager.config();
    manager.notes().iter().for_each(|note| terminal::warn(note));
    config.issues().iter().for_each(terminal::issue);
    let voices = || (0..).zip(VARIATIONS.iter().zip(manager.variations()));
    if args.json {
        let voices = voices().map(|(index, (variation, (is_used, is_own)))| {
            to_json(index, *variation, is_used, is_own)
        });
        let answer = Value::from_iter(voices);
        return unless_unread(terminal::say_json(&format!("{answer:#}\n")));
    }
    for (index, (variation, (is_used, is_own))) in voices() {
        let line = line(index, *variation, is_used, is_own);
        unless_unread(terminal::say(&line))?;
        let sound = Sound::Chime(Chime::Finished);
        manager.demonstrate(sound, Some(index), config.volume(), LIMIT)?;
    }
    Ok(())
}

fn to_json(index: u8, variation: Variation, is_used: bool, is_own: bool) -> Value {
    json!({
        "voice": index + 1,
        "steps": variation.steps,
        "place": variation.place,
        "inUse": is_used,
        "ofThisProject": is_own,
    })
}

fn line(index: u8, variation: Variation, is_used: bool, is_own: bool) -> String {
    let pitch = match variation.steps {
        0 => "usual pitch".to_owned(),
        steps => {
            let plural = if steps.abs() == 1 { "" } else { "s" };
            let direction = if steps > 0 { "higher" } else { "lower" };
            format!("{} note{plural} {direction}", steps.abs())
        }
    };
    let place = if variation.place > 0 { "right" } else { "left" };
    let owner = match (is_own, is_used) {
        (true, _) => "this project",
        (false, true) => "in use",
        (false, false) => "free",
    };
    format!("{:4}{pitch:17}{place:7}{owner}\n", index + 1)
}
