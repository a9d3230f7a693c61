//! The manifest of a pack, `openpeon.json`.
//!
//! Real manifests have unknown members and members of wrong types. Each is ignored by itself: this is a view
//! of the valid members. [`super::check`] reports the others.

use std::io::{self, Read};
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::trust::beneath::{Dir, Links};

/// The file name of the manifest.
pub const NAME: &str = "openpeon.json";
/// The largest manifest, in bytes. Parsed, it takes up to a hundred times as much memory, and hooks parse it.
pub(crate) const MAX_LEN: u64 = 256 << 10;

/// A manifest: a JSON object.
#[derive(Clone, Debug)]
pub struct Manifest(Map<String, Value>);

impl Manifest {
    /// Reads the manifest of the pack in `dir`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pack`] if the file is missing or not a JSON object.
    pub fn read(dir: &Path) -> Result<Self> {
        let text = read(dir).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                let what = format!("no {NAME} in {}", dir.display());
                Error::new(ErrorKind::Pack, what).with_hint("give the directory of a sound pack")
            }
            _ => {
                let what = format!("cannot read {}", dir.join(NAME).display());
                Error::new(ErrorKind::Pack, what).because(error)
            }
        })?;
        Self::parse(&text).map_err(|why| {
            let what = format!("cannot parse {}", dir.join(NAME).display());
            Error::new(ErrorKind::Pack, what).because(why)
        })
    }

    /// Parses a manifest, with or without a byte order mark.
    ///
    /// # Errors
    ///
    /// Why it is not a JSON object.
    pub fn parse(text: &[u8]) -> std::result::Result<Self, String> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        match serde_json::from_slice(text) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err("not a JSON object".to_owned()),
            Err(error) => Err(format!("not valid JSON: {error}")),
        }
    }

    #[cfg(feature = "editing")]
    pub(super) const fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The member called `key`, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// The member called `key`, if it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The categories and their values, sorted by name.
    pub fn categories(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members_of("categories")
    }

    /// The category aliases: pairs of alias and category.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members_of("category_aliases")
            .filter_map(|(alias, category)| Some((alias, category.as_str()?)))
    }

    /// The names of the sound files for `category`, in order.
    ///
    /// If the category has none: those of the category for which it is an alias, else those of a category
    /// that is an alias for it, as in packs older than CESP.
    pub fn files(&self, category: &str) -> impl Iterator<Item = &str> {
        let targets = || self.aliases().filter(|(alias, _)| *alias == category);
        let sources = || self.aliases().filter(|(_, of)| *of == category);
        let names = std::iter::once(category)
            .chain(targets().map(|(_, of)| of))
            .chain(sources().map(|(alias, _)| alias));
        names
            .map(|name| self.entries(name))
            .find(|entries| entries.iter().any(|entry| file_of(entry).is_some()))
            .unwrap_or_default()
            .iter()
            .filter_map(file_of)
    }

    fn entries(&self, category: &str) -> &[Value] {
        let entries = || {
            let category = self.get("categories")?.get(category)?;
            category.get("sounds")?.as_array()
        };
        entries().map_or(&[], Vec::as_slice)
    }

    fn members_of(&self, key: &str) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.get(key).and_then(Value::as_object);
        let members = members.into_iter().flatten();
        members.map(|(name, value)| (name.as_str(), value))
    }
}

/// The text of the manifest. A link may not lead out of the pack.
fn read(dir: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let file = Dir::open(dir, "the pack")?.open_file(Path::new(NAME), Links::Inside, MAX_LEN)?;
    file.take(MAX_LEN).read_to_end(&mut text)?;
    Ok(text)
}

fn file_of(entry: &Value) -> Option<&str> {
    entry.get("file")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest(value: Value) -> Manifest {
        Manifest::parse(value.to_string().as_bytes()).unwrap()
    }

    fn files<'a>(manifest: &'a Manifest, category: &str) -> Vec<&'a str> {
        manifest.files(category).collect()
    }

    #[test]
    fn an_invalid_member_only_costs_itself() {
        let manifest = manifest(json!({
            "name": 5,
            "version": null,
            "surprise": {"deep": [1]},
            "categories": {
                "task.complete": {"label": "done", "sounds": [
                    {"file": "b.wav", "label": "B", "more": 1},
                    {"file": 7},
                    "a.wav",
                    null,
                    {"label": "no file"},
                    {"file": "a.wav", "sha256": [], "icon": "x.png"},
                ]},
                "task.error": "e.wav",
                "session.start": {"sounds": {"file": "x.wav"}},
            },
            "category_aliases": {"done": 5, "ok": "task.complete"},
        }));
        assert_eq!(files(&manifest, "task.complete"), ["b.wav", "a.wav"]);
        for category in ["task.error", "session.start", "input.required", ""] {
            assert_eq!(files(&manifest, category), [""; 0], "{category}");
        }
        assert_eq!(manifest.text("name"), None);
        assert_eq!(manifest.get("version"), None);
        assert_eq!(manifest.categories().count(), 3);
    }

    #[test]
    fn aliases_are_followed_both_ways_and_one_step() {
        let manifest = manifest(json!({
            "categories": {
                "greeting": {"sounds": [{"file": "hello.wav"}]},
                "task.complete": {"sounds": [{"file": "done.wav"}]},
                "task.error": {"sounds": []},
                "fail": {"sounds": [{"file": "fail.wav"}]},
            },
            "category_aliases": {
                "complete": "task.complete",
                "finished": "complete",
                "greeting": "session.start",
                "fail": "task.error",
                "loop": "loop",
            },
        }));
        for (category, file) in [
            ("task.complete", Some("done.wav")),
            ("complete", Some("done.wav")),
            ("session.start", Some("hello.wav")),
            ("greeting", Some("hello.wav")),
            ("task.error", Some("fail.wav")),
            ("finished", None),
            ("loop", None),
        ] {
            assert_eq!(manifest.files(category).next(), file, "{category}");
        }
    }

    #[test]
    fn only_an_object_is_a_manifest() {
        for (text, says) in [
            (&b"[]"[..], "not a JSON object"),
            (b"", "not valid JSON"),
            (b"{\"a\":", "not valid JSON"),
            (b"\xff{}", "not valid JSON"),
            ("[".repeat(100_000).as_bytes(), "recursion limit"),
        ] {
            let why = Manifest::parse(text).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        assert!(Manifest::parse("\u{feff}{}".as_bytes()).is_ok());
    }

    #[test]
    fn a_manifest_of_unfair_size_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let error = Manifest::read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no openpeon.json"), "{error}");
        let file = std::fs::File::create(dir.path().join(NAME)).unwrap();
        file.set_len(100 << 20).unwrap();
        let error = Manifest::read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("larger than 256 KiB"), "{error}");
    }
}
