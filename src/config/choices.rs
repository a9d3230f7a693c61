//! The candidate sounds of an event, of which one is picked. Only the picked one is looked up, because a pack
//! may have hundreds.

use std::path::PathBuf;

use xxhash_rust::xxh3::Xxh3Default;

use super::model::{BUILTIN, Config, NamedSound, known};
use super::pack_choice::ActivePacks;
use crate::pack::Pack;
use crate::sound::{Chime, Sound};

/// Candidate sounds. Files may be missing.
pub(crate) enum Choices<'c> {
    /// Sounds named in a config.
    Named(&'c Config, &'c [NamedSound]),
    /// Sounds of a pack.
    Packed(&'c Pack, &'c [&'c str]),
}

impl Choices<'_> {
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Named(_, sounds) => sounds.len(),
            Self::Packed(_, names) => names.len(),
        }
    }

    /// Identifies these candidates, to remember the last pick.
    pub(crate) fn hash(&self) -> u64 {
        let mut hash = Xxh3Default::new();
        let mut add = |part: &[u8]| {
            hash.update(part);
            hash.update(&[0]);
        };
        match self {
            Self::Named(config, sounds) => {
                for sound in *sounds {
                    let dir = config.dir_of(sound).path.as_os_str();
                    add(dir.as_encoded_bytes());
                    add(sound.name.as_bytes());
                }
            }
            Self::Packed(pack, names) => {
                add(pack.root().as_os_str().as_encoded_bytes());
                names.iter().for_each(|name| add(name.as_bytes()));
            }
        }
        hash.digest()
    }

    /// The candidate at `index`, if it exists and may be played.
    pub(crate) fn find(&self, index: usize) -> Option<Sound> {
        match self {
            Self::Named(config, sounds) => config.locate(sounds.get(index)?),
            Self::Packed(pack, names) => pack.playable(names.get(index)?).ok().map(Sound::File),
        }
    }

    /// The other candidates that exist, starting after `index`, as replacements for `sound`, which turned out
    /// to be unplayable. All have the same owner, because a request has one owner; built-in sounds need none.
    pub(crate) fn others(&self, index: usize, sound: &Sound) -> impl Iterator<Item = Sound> {
        let path = sound.path().filter(|_| self.len() > 1);
        let indices = (index + 1..self.len()).chain(0..index);
        let indices = path.into_iter().flat_map(move |_| indices.clone());
        // A pack has one owner.
        let owner = path.and_then(|path| match self {
            Self::Named(config, _) => Some((config, config.owner_of(path))),
            Self::Packed(..) => None,
        });
        let is_of_owner = move |other: &Sound| match (owner, other.path()) {
            (Some((config, owner)), Some(path)) => config.owner_of(path) == owner,
            _ => true,
        };
        indices
            .filter_map(|index| self.find(index))
            .filter(is_of_owner)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Sound> {
        (0..self.len()).filter_map(|index| self.find(index))
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The first result of `take` for `name`: tries the configured sounds, finest key first, then the sound
    /// pack. If there is none, use [`Self::chime`].
    pub(crate) fn first_choice<T>(
        &self,
        name: &str,
        take: impl FnMut(&Choices<'_>) -> Option<T>,
    ) -> Option<T> {
        self.first_choice_of(name, self.packs_of(None), |_| 0, take)
    }

    /// As [`Self::first_choice`], with the one of `packs` that `pick` returns the index of.
    pub(crate) fn first_choice_of<T>(
        &self,
        name: &str,
        packs: Option<&ActivePacks>,
        pick: impl FnOnce(&ActivePacks) -> usize,
        mut take: impl FnMut(&Choices<'_>) -> Option<T>,
    ) -> Option<T> {
        self.first_named(name, &mut take).or_else(|| {
            let packs = packs?;
            let index = pick(packs);
            let (pack, category) = self.pack_for(name, packs, index)?;
            let mut names = pack.names(category);
            names.retain(|name| !self.is_sound_muted(&packs.names[index], name));
            take(&Choices::Packed(&pack, &names))
        })
    }

    fn first_named<T>(
        &self,
        name: &str,
        take: &mut impl FnMut(&Choices<'_>) -> Option<T>,
    ) -> Option<T> {
        for sounds in self.named(name) {
            let taken = take(&Choices::Named(self, sounds));
            // The original tried nothing else.
            if taken.is_some() || are_originals(sounds) {
                return taken;
            }
        }
        None
    }

    /// The sounds configured for `name`, finest key first.
    fn named(&self, name: &str) -> impl Iterator<Item = &[NamedSound]> {
        let borrowed = known(name).is_some_and(|event| event.name == "SubagentStop");
        let names = [name].into_iter().chain(borrowed.then_some("Stop"));
        let rules = names.flat_map(|name| self.rules_for(name));
        rules.filter_map(|rule| rule.sounds.as_deref())
    }

    /// The built-in sound of `name`, if any. Under a config of the original Herald there is none, because the
    /// original was silent if it did not find a file.
    pub(crate) fn chime(&self, name: &str) -> Option<Sound> {
        if self.named(name).next().is_some_and(are_originals) {
            return None;
        }
        let of_event = known(name).map(|event| event.chime);
        let own = || Chime::named(name.strip_prefix(BUILTIN).unwrap_or(name));
        of_event.or_else(own).map(Sound::Chime)
    }

    /// `sounds`, followed by the built-in sound of the event in case the player can play none of them.
    pub(crate) fn with_substitute(
        &self,
        name: &str,
        sounds: impl IntoIterator<Item = Sound>,
    ) -> Vec<Sound> {
        let mut sounds: Vec<_> = sounds.into_iter().collect();
        let substitute = known(name).map(|event| Sound::Chime(event.chime));
        let substitute = substitute.filter(|chime| !sounds.contains(chime));
        sounds.extend(substitute);
        sounds
    }

    /// The file configured for `name` (the first of several), if it exists and may be used.
    ///
    /// A SubagentStop without a file of its own uses Stop's. A file or directory named by a project must be
    /// inside that project.
    pub fn resolve_file(&self, name: &str) -> Option<PathBuf> {
        let found = self.first_named(name, &mut |choices| {
            let mut sounds = choices.all().peekable();
            sounds.peek()?;
            Some(sounds.find_map(|sound| sound.path().map(PathBuf::from)))
        });
        found.flatten()
    }

    /// The candidate sounds for `name`: the configured files that exist, else those of the sound pack, else
    /// the built-in sound, else none. Checks every file.
    ///
    /// A file whose path is not Unicode counts as missing, because requests to the player are JSON.
    pub fn sounds(&self, name: &str) -> Vec<Sound> {
        let all = self.first_choice(name, |choices| {
            Some(choices.all().collect::<Vec<_>>()).filter(|sounds| !sounds.is_empty())
        });
        all.unwrap_or_else(|| self.chime(name).into_iter().collect())
    }
}

fn are_originals(sounds: &[NamedSound]) -> bool {
    sounds.iter().any(|sound| sound.is_original)
}

#[cfg(test)]
mod tests;
