//! What an event may sound like: sounds of which one is picked. None is looked at before it is: a pack
//! may have hundreds.

use std::path::PathBuf;

use xxhash_rust::xxh3::Xxh3Default;

use super::model::{Config, NamedSound, known};
use crate::pack::Pack;
use crate::sound::{Chime, Sound};

/// Sounds of which one is picked. What they name may be missing.
pub(crate) enum Choices<'c> {
    /// What a config names.
    Named(&'c Config, &'c [NamedSound]),
    /// What a pack has.
    Packed(&'c Pack, &'c [&'c str]),
}

impl Choices<'_> {
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Named(_, sounds) => sounds.len(),
            Self::Packed(_, names) => names.len(),
        }
    }

    /// What they go by when one is picked.
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

    /// The one at `index`, if it is there and may be played.
    pub(crate) fn find(&self, index: usize) -> Option<Sound> {
        match self {
            Self::Named(config, sounds) => config.locate(sounds.get(index)?),
            Self::Packed(pack, names) => pack.playable(names.get(index)?).ok().map(Sound::File),
        }
    }

    /// The others that are there, for when `sound`, the one at `index`, turns out to be none: the next
    /// first. All are of the same owner, who answers for a request as a whole; a built-in sound needs
    /// none.
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

    fn all(&self) -> impl Iterator<Item = Sound> {
        (0..self.len()).filter_map(|index| self.find(index))
    }
}

impl Config {
    /// What `take` takes of the first choices for `name` that it takes something of: what is
    /// configured for it, the finest key first, then what the sound pack has. Where it takes
    /// nothing, there is [`Self::chime`].
    pub(crate) fn first_choice<T>(
        &self,
        name: &str,
        mut take: impl FnMut(&Choices<'_>) -> Option<T>,
    ) -> Option<T> {
        self.first_named(name, &mut take).or_else(|| {
            let (pack, category) = self.pack_for(name)?;
            take(&Choices::Packed(&pack, &pack.names(category)))
        })
    }

    fn first_named<T>(
        &self,
        name: &str,
        take: &mut impl FnMut(&Choices<'_>) -> Option<T>,
    ) -> Option<T> {
        for sounds in self.named(name) {
            let taken = take(&Choices::Named(self, sounds));
            // The original looked no further.
            if taken.is_some() || are_originals(sounds) {
                return taken;
            }
        }
        None
    }

    /// What is configured for `name`, the finest key first.
    fn named(&self, name: &str) -> impl Iterator<Item = &[NamedSound]> {
        let borrowed = known(name).is_some_and(|event| event.name == "SubagentStop");
        let names = [name].into_iter().chain(borrowed.then_some("Stop"));
        let rules = names.flat_map(|name| self.rules_for(name));
        rules.filter_map(|rule| rule.sounds.as_deref())
    }

    /// The built-in sound of `name`, if it has one. Not where the original Herald's config holds for it:
    /// that one was silent where it did not find a file.
    pub(crate) fn chime(&self, name: &str) -> Option<Sound> {
        if self.named(name).next().is_some_and(are_originals) {
            return None;
        }
        let of_event = known(name).map(|event| event.chime);
        of_event.or_else(|| Chime::named(name)).map(Sound::Chime)
    }

    /// `sounds`, and what is heard for `name` where the player can play none of them: the chime of its
    /// event.
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

    /// The file configured for `name`, if it exists and may be used; the first of several.
    ///
    /// A SubagentStop without a file of its own uses Stop's. A file that a repository names, or
    /// that stands in a directory a repository names, must be inside that repository.
    pub fn resolve_file(&self, name: &str) -> Option<PathBuf> {
        let found = self.first_named(name, &mut |choices| {
            let mut sounds = choices.all().peekable();
            sounds.peek()?;
            Some(sounds.find_map(|sound| sound.path().map(PathBuf::from)))
        });
        found.flatten()
    }

    /// What `name` sounds like; the first of several.
    pub fn sound(&self, name: &str) -> Option<Sound> {
        let first = self.first_choice(name, |choices| choices.all().next());
        first.or_else(|| self.chime(name))
    }

    /// What `name` may sound like, one of them at a time: its files that exist, else those of the
    /// sound pack, else the chime of its event, else nothing. This looks at every one of them.
    ///
    /// A file whose path is not Unicode counts as missing: requests to the player are JSON.
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
