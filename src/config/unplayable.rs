//! Sounds that a config names, that are there, and that cannot be played.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::issue::ConfigIssue;
use super::missing::{MAX_PATH_SHOWN, warning};
use super::mistakes::{plain, shortened};
use super::model::Config;
use super::places::Places;
use crate::decodings::{Decode, Decoding, Decodings};
use crate::pack::{Pack, category};
use crate::sound::Sound;

const ACTIVE: [&str; 2] = ["packs", "active"];

/// A file that is mapped.
struct Mapped<'c> {
    name: &'c str,
    file: PathBuf,
    /// Whether it is one of several.
    has_others: bool,
}

impl Config {
    /// What the config files name and `decode` cannot decode, or not all of it: sound files, and those of
    /// the active pack. And that something was not decoded, if so.
    pub fn unplayable_sounds(&self, decode: Decode<'_>) -> Vec<ConfigIssue> {
        let (mapped, packed) = (self.mapped_files(), self.packed_files());
        let named = mapped.iter().map(|mapped| &mapped.file).chain(&packed);
        let files: Vec<_> = named
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let decodings = decode(&files);
        let places = Places::of(self);
        let mappings = mapped.iter().filter_map(|mapped| {
            let what = what_is_wrong(mapped, decodings.of(&mapped.file)?)?;
            warning(&places, &path_of(mapped), || what)
        });
        let pack = self.of_pack(&packed, &decodings);
        let pack = pack.and_then(|what| warning(&places, &ACTIVE, || what));
        let missing = decodings.missing(&files).and_then(|what| {
            let first = mapped.iter().find(|it| decodings.of(&it.file).is_none());
            match first {
                Some(first) => warning(&places, &path_of(first), || what),
                None => warning(&places, &ACTIVE, || what),
            }
        });
        mappings.chain(pack).chain(missing).collect()
    }

    fn mapped_files(&self) -> Vec<Mapped<'_>> {
        let rules = self.rules.values();
        let mapped = rules.flat_map(|rule| {
            let sounds = rule.sounds.as_deref().unwrap_or_default();
            sounds
                .iter()
                .filter_map(move |sound| match self.locate(sound)? {
                    Sound::File(file) => Some(Mapped {
                        name: rule.name.as_str(),
                        file,
                        has_others: sounds.len() > 1,
                    }),
                    Sound::Chime(_) => None,
                })
        });
        mapped.collect()
    }

    /// What the active pack has for any category.
    fn packed_files(&self) -> Vec<PathBuf> {
        let pack = self.active_pack_dir().and_then(|dir| Pack::open(&dir).ok());
        let files = pack.iter().flat_map(|pack| {
            let names = category::all().flat_map(|category| pack.names(category));
            names.filter_map(|name| pack.playable(name).ok())
        });
        let files: BTreeSet<_> = files.collect();
        files.into_iter().collect()
    }

    fn of_pack(&self, files: &[PathBuf], decodings: &Decodings) -> Option<String> {
        let is_refused = |file: &&PathBuf| {
            let decoding = decodings.of(file);
            matches!(decoding, Some(Decoding::Refused { .. }))
        };
        let name = shortened(self.active_pack()?);
        match files.iter().filter(is_refused).count() {
            0 => None,
            count => Some(format!(
                "{count} of the {} sounds of the pack {name} cannot be played (herald pack check {name})",
                files.len()
            )),
        }
    }
}

fn path_of<'m>(mapped: &'m Mapped<'_>) -> [&'m str; 3] {
    ["sound_files", "mappings", mapped.name]
}

fn what_is_wrong(mapped: &Mapped<'_>, decoding: &Decoding) -> Option<String> {
    let file = shown(&mapped.file);
    match decoding {
        Decoding::Playable { first_s } => {
            let first_s = (*first_s)?;
            Some(format!(
                "{file} is longer than {first_s} s: its first {first_s} s are played (shorten it)"
            ))
        }
        Decoding::Refused { why, mend } => {
            let heard = match mapped.has_others {
                true => "another one",
                false => "the built-in sound",
            };
            let mend = mend.as_ref().map(|mend| format!(" ({mend})"));
            Some(format!(
                "{file} cannot be played, {heard} is heard: {why}{}",
                mend.unwrap_or_default()
            ))
        }
    }
}

fn shown(file: &Path) -> String {
    plain(&file.to_string_lossy(), MAX_PATH_SHOWN)
}
