//! Reports sound files that a config names, that exist, and that cannot be played.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::issue::ConfigIssue;
use super::missing::{mapping, shown, warning};
use super::mistakes::shortened;
use super::model::Config;
use super::places::Places;
use crate::decodings::{Decode, Decoding, Decodings};
use crate::pack::{Pack, category};
use crate::sound::Sound;

/// The key of the active pack.
const ACTIVE_PACK: [&str; 2] = ["packs", "active"];

/// A configured sound file.
struct Mapped<'c> {
    name: &'c str,
    file: PathBuf,
    /// Whether the event has other files.
    has_others: bool,
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// Reports the configured sound files, and those of the active pack, that `decode` cannot decode, or only
    /// in part; also files without a result.
    pub fn unplayable_sounds(&self, decode: Decode<'_>) -> Vec<ConfigIssue> {
        let (mapped, packed) = (self.mapped_files(), self.packed_files());
        let packed_files = packed.iter().flat_map(|(_, files)| files);
        let named = mapped.iter().map(|mapped| &mapped.file).chain(packed_files);
        let files: Vec<_> = named
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let decodings = decode(&files);
        let places = Places::of(self);
        let mappings = mapped.iter().filter_map(|mapped| {
            let what = what_is_wrong(mapped, decodings.of(&mapped.file)?)?;
            warning(&places, &mapping(mapped.name), || what)
        });
        let packs = packed.iter().filter_map(|(name, files)| {
            let what = what_is_wrong_with_pack(name, files, &decodings)?;
            warning(&places, &ACTIVE_PACK, || what)
        });
        let missing = decodings.missing(&files).and_then(|what| {
            let first = mapped.iter().find(|it| decodings.of(&it.file).is_none());
            match first {
                Some(first) => warning(&places, &mapping(first.name), || what),
                None => warning(&places, &ACTIVE_PACK, || what),
            }
        });
        mappings.chain(packs).chain(missing).collect()
    }

    fn mapped_files(&self) -> Vec<Mapped<'_>> {
        let mapped = self.named_sounds();
        let mapped = mapped.filter_map(|(rule, sound)| match self.locate(sound)? {
            Sound::File(file) => Some(Mapped {
                name: &rule.name,
                file,
                has_others: rule.sounds.as_ref().is_some_and(|all| all.len() > 1),
            }),
            Sound::Chime(_) => None,
        });
        mapped.collect()
    }

    /// The active packs, each with the sounds of all its categories.
    fn packed_files(&self) -> Vec<(&str, Vec<PathBuf>)> {
        let packs = self.packs_of(None).into_iter().flat_map(|packs| {
            let names = packs.names.iter().enumerate();
            names.map(move |(index, name)| {
                let dir = self.pack_dir(packs, index);
                (
                    name.as_str(),
                    dir.map_or_else(Vec::new, |dir| files_of(&dir)),
                )
            })
        });
        packs.collect()
    }
}

/// The sounds of all categories of the pack in `dir`.
fn files_of(dir: &Path) -> Vec<PathBuf> {
    let pack = Pack::open(dir).ok();
    let files = pack.iter().flat_map(|pack| {
        let names = category::all().flat_map(|category| pack.names(category));
        names.filter_map(|name| pack.playable(name).ok())
    });
    let files: BTreeSet<_> = files.collect();
    files.into_iter().collect()
}

fn what_is_wrong_with_pack(name: &str, files: &[PathBuf], decodings: &Decodings) -> Option<String> {
    let is_refused = |file: &&PathBuf| {
        let decoding = decodings.of(file);
        matches!(decoding, Some(Decoding::Refused { .. }))
    };
    let name = shortened(name);
    match files.iter().filter(is_refused).count() {
        0 => None,
        count => Some(format!(
            "{count} of the {} sounds of the pack {name} cannot be played; hint: herald pack check {name}",
            files.len()
        )),
    }
}

fn what_is_wrong(mapped: &Mapped<'_>, decoding: &Decoding) -> Option<String> {
    let file = shown(&mapped.file);
    match decoding {
        Decoding::Playable { first_s, .. } => {
            let first_s = (*first_s)?;
            Some(format!(
                "{file} is longer than {first_s} s: only the first {first_s} s are played; hint: shorten it"
            ))
        }
        Decoding::Refused { why, hint } => {
            let heard = match mapped.has_others {
                true => "another one",
                false => "the built-in sound",
            };
            let hint = hint.as_ref().map(|hint| format!("; hint: {hint}"));
            Some(format!(
                "{file} cannot be played, {heard} is played instead: {why}{}",
                hint.unwrap_or_default()
            ))
        }
    }
}
