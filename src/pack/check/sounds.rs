//! Checks a pack's sounds and pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::report::{MAX_MEMBERS, Report, at_most, instead, meant, quoted, too_many};
use crate::decodings::{Decode, Decoding};
use crate::loudness::Level;
use crate::pack::inside::{self, Located, MAX_SOUND_LEN};
use crate::pack::{Pack, category};
use crate::severity::Severity;
use crate::system::file;
use crate::vocabulary::kind::{HEAD_LEN, Kind};

/// The largest preview, in bytes: CESP's 500 KB.
const MAX_PREVIEW_LEN: u64 = 500 << 10;
/// The longest label, in characters.
const MAX_LABEL: usize = 256;
/// The number of bytes read for checksums: the limit for a whole pack.
const MAX_HASHED: u64 = super::walk::MAX_LEN;

const HINT_FILE: &str = "write {\"file\": \"sounds/….wav\", \"label\": \"…\"}";

const HINT_SOUND: &str = "replace the sound, or remove it from the manifest";

/// The sounds and pictures of a pack.
pub(super) struct CheckedSounds {
    /// The usable files.
    pub(super) files: Vec<Located>,
    /// The number of unusable sounds.
    pub(super) left_out: usize,
    /// How loud the sounds are, by their names in the manifest.
    pub(super) levels: Vec<(String, Level)>,
}

/// Checks the categories and their files.
pub(super) fn check(report: &mut Report, pack: &Pack, decode: Decode<'_>) -> CheckedSounds {
    let mut checker = Checker {
        report,
        pack,
        sounds: BTreeMap::new(),
        pictures: BTreeSet::new(),
        files: Vec::new(),
        hashed: 0,
    };
    checker.categories();
    checker.picture("icon", pack.manifest().get("icon"));
    checker.preview();
    checker.decoded(decode)
}

struct Checker<'a> {
    report: &'a mut Report,
    pack: &'a Pack,
    /// The checked sounds, by their names in the manifest.
    sounds: BTreeMap<&'a str, CheckedSound>,
    pictures: BTreeSet<&'a str>,
    files: Vec<Located>,
    hashed: u64,
}

/// A sound that was checked.
struct CheckedSound {
    /// Where the manifest first names it.
    at: String,
    /// None if it cannot be used.
    located: Option<Located>,
}

impl<'a> Checker<'a> {
    fn categories(&mut self) {
        const KEY: &str = "categories";
        const HINT: &str = "write {\"task.complete\": {\"sounds\": […]}, …}";
        match self.pack.manifest().get(KEY) {
            None => return self.report.error(KEY, "is missing", HINT),
            Some(Value::Object(members)) if members.is_empty() => {
                return self
                    .report
                    .warn(KEY, "is empty: the pack has no sounds", HINT);
            }
            Some(Value::Object(members)) => too_many(self.report, KEY, members),
            Some(found) => return self.report.error(KEY, instead("an object", found), HINT),
        }
        let pack = self.pack;
        let aliases = pack.manifest().get("category_aliases");
        for (name, found) in pack.manifest().categories().take(MAX_MEMBERS) {
            let at = format!("{KEY}[{}]", quoted(name));
            let is_alias = aliases.is_some_and(|aliases| aliases.get(name).is_some());
            if !category::is_known(name) && !is_alias {
                let what = format!("is not a category{}", meant(name, category::all()));
                let hint = "use a category of CESP 1.0; others are never played";
                self.report.warn(&at, what, hint);
            }
            self.category(&at, found);
        }
        let has_sounds = |category: &&str| pack.manifest().files(category).next().is_some();
        if !category::CORE.iter().any(has_sounds) {
            let what = "no core category has sounds";
            let hint = "add sounds, for example for task.complete or input.required";
            self.report.warn(KEY, what, hint);
        }
    }

    fn category(&mut self, at: &str, found: &'a Value) {
        const HINT: &str = "write {\"sounds\": […]}";
        let Some(members) = found.as_object() else {
            return self.report.warn(at, instead("an object", found), HINT);
        };
        self.report.unknown(at, members, &["sounds", "icon"]);
        self.picture(&format!("{at}.icon"), members.get("icon"));
        match members.get("sounds") {
            Some(Value::Array(entries)) => {
                for (number, entry) in entries.iter().enumerate() {
                    self.entry(&format!("{at}.sounds[{number}]"), entry);
                }
            }
            None => self.report.warn(at, "has no sounds", HINT),
            Some(found) => {
                self.report
                    .warn(&format!("{at}.sounds"), instead("an array", found), HINT);
            }
        }
    }

    fn entry(&mut self, at: &str, found: &'a Value) {
        let Some(members) = found.as_object() else {
            return self.report.warn(at, instead("an object", found), HINT_FILE);
        };
        self.report
            .unknown(at, members, &["file", "label", "sha256", "icon"]);
        match members.get("label").and_then(Value::as_str) {
            None => self.report.warn(
                at,
                "has no label",
                "add a \"label\" that describes the sound",
            ),
            Some(label) => at_most(self.report, &format!("{at}.label"), label, MAX_LABEL),
        }
        self.picture(&format!("{at}.icon"), members.get("icon"));
        match members.get("file") {
            None => self.report.warn(at, "has no file", HINT_FILE),
            Some(Value::String(name)) => {
                self.sound(at, name);
                self.checksum(at, name, members.get("sha256"));
            }
            Some(found) => self.report.warn(at, instead("a file", found), HINT_FILE),
        }
    }

    /// Checks a sound when it is first named.
    fn sound(&mut self, at: &str, name: &'a str) {
        if self.sounds.contains_key(name) {
            return;
        }
        self.characters(at, name);
        let located = match inside::sound(self.pack.root(), name) {
            Ok(located) => {
                self.kind(at, name, &located);
                Some(located)
            }
            Err(flaw) => {
                self.report.flaw(at, name, &flaw);
                None
            }
        };
        let at = at.to_owned();
        self.sounds.insert(name, CheckedSound { at, located });
    }

    fn characters(&mut self, at: &str, name: &str) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        // Backslashes and colons have a finding of their own.
        if !name.chars().all(|c| is_plain(c) || matches!(c, '\\' | ':')) {
            let what = format!("{} has unusual characters", quoted(name));
            let hint = "use only ASCII letters, digits, `.`, `_` and `-`";
            self.report.warn(at, what, hint);
        }
    }

    /// Herald identifies a file by its content, other players by its name.
    fn kind(&mut self, at: &str, name: &str, located: &Located) {
        let of_name = Kind::of_name(&located.relative);
        let head = read(located, HEAD_LEN).unwrap_or_default();
        let what = match of_name {
            None => format!(
                "the name of {} does not end in .wav, .mp3 or .ogg",
                quoted(name)
            ),
            Some(kind) if Kind::of_head(&head) != Some(kind) => {
                format!("the content of {} is not {kind}", quoted(name))
            }
            Some(_) => return,
        };
        let hint = "rename it to match its content; other players may refuse it";
        self.report.warn(at, what, hint);
    }

    /// Decodes the sounds.
    fn decoded(self, decode: Decode<'_>) -> CheckedSounds {
        let Self {
            report, mut files, ..
        } = self;
        let real = |checked: &CheckedSound| Some(checked.located.as_ref()?.real.clone());
        let sounds: Vec<_> = self.sounds.values().filter_map(real).collect();
        let decodings = decode(&sounds);
        let (mut left_out, mut levels) = (0, Vec::new());
        let is_named = !self.sounds.is_empty();
        let before = files.len();
        for (name, CheckedSound { at, located }) in self.sounds {
            let Some(located) = located else {
                left_out += 1;
                continue;
            };
            match decodings.of(&located.real) {
                Some(Decoding::Refused { why, hint }) => {
                    left_out += 1;
                    let what = format!("{} cannot be played: {why}", quoted(name));
                    let hint = hint.clone().map_or(HINT_SOUND.into(), Into::into);
                    report.add(Severity::Warning, &at, what, Some(hint));
                    continue;
                }
                Some(Decoding::Playable { first_s, level }) => {
                    if let Some(s) = first_s {
                        let what = format!(
                            "{} is longer than {s} s: only the first {s} s are played",
                            quoted(name)
                        );
                        report.warn(&at, what, "shorten it");
                    }
                    levels.extend(level.map(|level| (name.to_owned(), level)));
                }
                None => {}
            }
            files.push(located);
        }
        if let Some(what) = decodings.missing(&sounds) {
            report.add(Severity::Warning, "categories", what, None);
        }
        if is_named && files.len() == before {
            let hint = "add sounds that can be played";
            report.error("categories", "no sound can be played", hint);
        }
        CheckedSounds {
            files,
            left_out,
            levels,
        }
    }

    fn checksum(&mut self, at: &str, name: &str, expected: Option<&Value>) {
        let checked = self.sounds.get(name);
        let Some(located) = checked.and_then(|checked| checked.located.as_ref()) else {
            return;
        };
        let Some(expected) = expected else {
            return;
        };
        let is_checksum =
            |text: &&str| text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let Some(expected) = expected.as_str().filter(is_checksum) else {
            let what = instead("64 hexadecimal digits", expected);
            let hint = "use the output of `sha256sum FILE`";
            return self.report.warn(&format!("{at}.sha256"), what, hint);
        };
        // A pack above this limit has an error for its size.
        self.hashed = self.hashed.saturating_add(located.len);
        if self.hashed > MAX_HASHED {
            return;
        }
        let Ok(content) = read(located, MAX_SOUND_LEN) else {
            return;
        };
        let found: String = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if !expected.eq_ignore_ascii_case(&found) {
            let what = format!("{} has a different checksum: {found}", quoted(name));
            let hint = "download the file again, or correct the manifest";
            self.report.warn(&format!("{at}.sha256"), what, hint);
        }
    }

    fn picture(&mut self, at: &str, found: Option<&'a Value>) {
        let Some(found) = found else {
            return;
        };
        let Some(name) = found.as_str() else {
            let what = instead("a file", found);
            return self
                .report
                .warn(at, what, "use the name of a picture in the pack");
        };
        if self.pictures.insert(name) {
            self.extra_file(at, name, "icons", MAX_SOUND_LEN);
        }
    }

    fn preview(&mut self) {
        if let Some(name) = self.pack.manifest().text("preview") {
            self.extra_file("preview", name, "", MAX_PREVIEW_LEN);
        }
    }

    /// Checks a file that is never played. Leaving the pack is an error here, too.
    fn extra_file(&mut self, at: &str, name: &str, home: &str, max_len: u64) {
        match inside::find(self.pack.root(), name, home) {
            Ok(located) if located.len > max_len => {
                let kib = (located.len.div_ceil(1 << 10), max_len >> 10);
                let what = format!(
                    "{} is too large: {} KiB (limit: {} KiB)",
                    quoted(name),
                    kib.0,
                    kib.1
                );
                self.report.warn(at, what, "make it smaller");
            }
            Ok(located) => self.files.push(located),
            Err(flaw) => self.report.flaw(at, name, &flaw),
        }
    }
}

fn read(located: &Located, max_len: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file::open_regular(&located.real, MAX_SOUND_LEN)?
        .take(max_len)
        .read_to_end(&mut content)?;
    Ok(content)
}
