//! `herald pack preview`

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::args::PreviewArgs;
use crate::cli::answer::{answer_json, unless_unread};
use crate::cli::controls;
use crate::cli::exit::OK;
use crate::cli::terminal;
use herald_audio::internals::pack::Pack;
use herald_audio::internals::sound::Sound;
use herald_audio::internals::system::printable::printable;
use herald_audio::{AudioManager, Error, ErrorKind, Result};

/// The time to start a player, open an output, and play a sound.
const LIMIT: Duration = Duration::from_secs(75);
/// The number of sounds that are played; of a pack with more, the first ones.
const MAX_SOUNDS: usize = 200;

/// Plays each sound once, also those that several categories have, in the order of the manifest.
pub(super) fn run(dir: &Path, args: &PreviewArgs) -> Result<u8> {
    let pack = Pack::open(dir)?;
    let manager = AudioManager::new();
    controls::warn_if_muted(&manager);
    let config = manager.config();
    let named = args.category.as_deref();
    let of_manifest = pack.manifest().categories().map(|(category, _)| category);
    let categories: Vec<_> = match named {
        Some(category) => vec![category],
        None => of_manifest.collect(),
    };
    let mut seen = BTreeSet::new();
    let mut played = Vec::new();
    for category in categories {
        for name in pack.names(category) {
            if seen.len() == MAX_SOUNDS || !seen.insert(name) {
                continue;
            }
            let is_muted = config.is_sound_muted(&args.name, name);
            if !args.json {
                let muted = if is_muted { " (muted)" } else { "" };
                let line = printable(format_args!("{category}  {name}{muted}"));
                unless_unread(terminal::say(
                    &(line
                        + "
"),
                ))?;
            }
            let heard = pack.playable(name).and_then(|file| {
                manager.demonstrate(Sound::File(file), None, config.volume(), LIMIT)
            });
            if let Err(error) = &heard {
                terminal::warn(error);
            }
            played.push(json!({
                "category": category,
                "sound": name,
                "muted": is_muted,
                "through": heard.ok(),
            }));
        }
    }
    if played.iter().all(|sound| sound["through"].is_null()) {
        let what = match named {
            Some(category) => format!("no sound of {} was played for {category}", args.name),
            None => format!("no sound of {} was played", args.name),
        };
        return Err(
            Error::new(ErrorKind::Pack, what).with_hint(format!("herald pack check {}", args.name))
        );
    }
    Ok(match args.json {
        true => answer_json(&json!(played), OK),
        false => OK,
    })
}
