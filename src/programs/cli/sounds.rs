//! `herald sounds`

use std::collections::BTreeMap;

use serde_json::json;

use super::answer::{answer, answer_json, counted};
use super::exit::OK;
use super::table::table;
use herald_audio::internals::config::Config;
use herald_audio::internals::pack::Found;
use herald_audio::internals::sound::Sound;
use herald_audio::{AudioManager, Chime, Result};

/// The number of sounds that are listed of a pack.
const MAX_OF_PACK: usize = 1_000;

/// List the sounds that an event can have: built-in ones, and those of installed packs
///
/// Hear one with `herald play SOUND`, and keep it with `herald config set events.Stop.sound SOUND`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald sounds
  herald sounds peon               those with this word in their name, pack or category
  herald sounds --json | jq -r '.[].sound'")]
pub(super) struct Args {
    /// Words that the name, pack or category of a sound must have
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<u8> {
    let mut sounds = all(&AudioManager::new().config());
    sounds.retain(|sound| sound.has_all(&args.words));
    if args.json {
        let json: Vec<_> = sounds
            .iter()
            .map(|sound| {
                json!({
                    "sound": sound.sound.to_string(),
                    "pack": sound.pack,
                    "about": sound.about,
                    "muted": sound.is_muted,
                })
            })
            .collect();
        return Ok(answer_json(&json!(json), OK));
    }
    let rows = sounds.iter().map(|sound| {
        [
            sound.sound.to_string(),
            sound.pack.clone().unwrap_or_default(),
            sound.about.clone() + if sound.is_muted { " (muted)" } else { "" },
        ]
    });
    let end = counted(sounds.len(), "sound");
    let text = format!("{}\n{end}\n", table(["SOUND", "PACK", "WHAT FOR"], rows));
    Ok(answer(&text, OK))
}

/// A sound that an event can have.
#[derive(Clone, Debug)]
pub struct Listed {
    /// As a config and `herald play` name it.
    pub sound: Sound,
    /// The pack that it is in.
    pub pack: Option<String>,
    /// What it tells, or its categories.
    pub about: String,
    /// Whether the config mutes it.
    pub is_muted: bool,
}

impl Listed {
    fn has_all(&self, words: &[String]) -> bool {
        let pack = self.pack.as_deref().unwrap_or_default();
        let text = format!("{}\n{pack}\n{}", self.sound, self.about).to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    }
}

/// The built-in sounds, and those of all packs that can be used, each once.
pub fn all(config: &Config) -> Vec<Listed> {
    let chimes = Chime::ALL.map(|chime| Listed {
        sound: Sound::Chime(chime),
        pack: None,
        about: chime.meaning().to_owned(),
        is_muted: false,
    });
    let packs = config.pack_dirs().list();
    let packed = packs.iter().flat_map(|found| of_pack(found, config));
    chimes.into_iter().chain(packed).collect()
}

fn of_pack(found: &Found, config: &Config) -> Vec<Listed> {
    let Ok(pack) = &found.pack else {
        return Vec::new();
    };
    let mut categories = BTreeMap::<_, Vec<_>>::new();
    for (category, _) in pack.manifest().categories() {
        for name in pack.names(category) {
            categories.entry(name).or_default().push(category);
        }
    }
    let sounds = categories.into_iter().take(MAX_OF_PACK);
    let listed = sounds.filter_map(|(name, categories)| {
        Some(Listed {
            sound: Sound::File(pack.playable(name).ok()?),
            pack: Some(found.name.clone()),
            about: categories.join(", "),
            is_muted: config.is_sound_muted(&found.name, name),
        })
    });
    listed.collect()
}
