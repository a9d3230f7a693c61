//! The registry: a public index of packs, whose sounds are in repositories on GitHub.

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use herald_audio::{Error, ErrorKind, Result};

use crate::source::Repository;
use crate::web::{Limits, Web};

/// Its index had 110 KB with 99 packs.
const LIMITS: Limits = Limits {
    len: 16_000_000,
    time: Duration::from_secs(60),
};

/// A pack in the index.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// Who vouches for it: `official`, `verified` or `community`.
    pub(crate) trust_tier: String,
    pub(crate) language: String,
    pub(crate) license: String,
    pub(crate) tags: Vec<String>,
    pub(crate) sound_count: u64,
    pub(crate) total_size_bytes: u64,
    source_repo: String,
    source_ref: String,
    source_path: String,
    pub(crate) manifest_sha256: String,
}

#[derive(Deserialize)]
struct Index {
    packs: Vec<Value>,
}

/// The packs in the index at `address`. One that is not valid is left out.
///
/// # Errors
///
/// [`ErrorKind::Pack`] if the index cannot be fetched or read.
pub(crate) fn read(web: &Web, address: &str) -> Result<Vec<Listed>> {
    let fetched = web.fetch(address, LIMITS)?;
    let index: Index =
        serde_json::from_reader(fetched.file.take(fetched.len)).map_err(|error| {
            let what = format!("cannot read the registry at {address}");
            Error::new(ErrorKind::Pack, what)
                .because(error)
                .with_hint("packs.registry in your config is the address of its index.json")
        })?;
    let packs = index.packs.into_iter();
    let listed = packs.filter_map(|pack| serde_json::from_value(pack).ok());
    Ok(listed.collect())
}

impl Listed {
    /// The place of the pack; none if the index names none that could be one.
    pub(crate) fn repository(&self) -> Option<Repository> {
        let (owner, name) = self.source_repo.split_once('/')?;
        let reference = Some(&*self.source_ref).filter(|reference| !reference.is_empty());
        Repository::new(owner, name, &self.source_path, reference)
    }

    /// Whether each of `words` is in one of its texts, in any case.
    pub(crate) fn has_all(&self, words: &[String]) -> bool {
        let texts = [
            &self.name,
            &self.display_name,
            &self.description,
            &self.language,
        ];
        let texts = texts.into_iter().chain(&self.tags);
        let text: String = texts.map(|text| text.to_lowercase() + "\n").collect();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pack_is_found_by_words_and_names_its_place() {
        let listed: Listed = serde_json::from_value(json!({
            "name": "acolyte_de",
            "display_name": "Undead Acolyte (DE)",
            "description": "German Undead Acolyte sound pack",
            "language": "de",
            "tags": ["gaming", "RTS"],
            "source_repo": "PeonPing/og-packs",
            "source_ref": "v1.1.0",
            "source_path": "acolyte_de",
            "quality": {"new": true},
        }))
        .unwrap();
        for (words, is_there) in [
            (&[][..], true),
            (&["GERMAN", "rts"], true),
            (&["german", "orc"], false),
        ] {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(listed.has_all(&words), is_there, "{words:?}");
        }
        let place = listed.repository().unwrap().to_string();
        assert_eq!(place, "gh:PeonPing/og-packs/acolyte_de@v1.1.0");
        let whole = Listed {
            source_path: ".".to_owned(),
            ..listed.clone()
        };
        let place = whole.repository().unwrap().to_string();
        assert_eq!(place, "gh:PeonPing/og-packs@v1.1.0");
        for (repository, path) in [("a/b/../../c", ""), ("", ""), ("a/b", "../x")] {
            let hostile = Listed {
                source_repo: repository.to_owned(),
                source_path: path.to_owned(),
                ..listed.clone()
            };
            assert_eq!(hostile.repository(), None, "{repository} {path}");
        }
    }
}
