//! The results of decoding sound files without playing them. Only the player program can decode.
//!
//! `herald-player --decode` without a format reads a JSON array of paths from standard input. It writes one
//! line per file as soon as that is decoded: a JSON array of the file's index and its [`Decoding`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::loudness::Level;

/// Makes the player program decode: with a format, the sound on its standard input, for another player.
pub const DECODE: &str = "--decode";

/// The result of decoding one sound file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoding {
    /// The sound can be played.
    Playable {
        /// The number of seconds that are played, if the sound is longer.
        first_s: Option<u32>,
        /// How loud it is, unless it is silent.
        level: Option<Level>,
    },
    /// The sound cannot be played.
    Refused {
        /// The reason.
        why: String,
        /// How to fix it, if known.
        hint: Option<String>,
    },
}

/// The results of decoding several files.
#[derive(Clone, Debug, Default)]
pub struct Decodings {
    decoded: BTreeMap<PathBuf, Decoding>,
    /// Why other files have no result.
    failure: Option<String>,
}

impl Decodings {
    /// The results in `lines` for `files`; `failure` says why some may be missing.
    pub fn read(files: &[PathBuf], lines: &str, failure: Option<String>) -> Self {
        let decoded = lines.lines().filter_map(|line| {
            let (number, decoding): (usize, Decoding) = serde_json::from_str(line).ok()?;
            Some((files.get(number)?.clone(), decoding))
        });
        Self {
            decoded: decoded.collect(),
            failure,
        }
    }

    /// No results, because of `failure`.
    pub fn none(failure: impl Into<String>) -> Self {
        Self::read(&[], "", Some(failure.into()))
    }

    /// The result for `file`; none if it was not decoded.
    pub fn of(&self, file: &Path) -> Option<&Decoding> {
        self.decoded.get(file)
    }

    /// A message that some of `files` were not decoded and why; none if all were.
    pub fn missing<'f>(&self, files: impl IntoIterator<Item = &'f PathBuf>) -> Option<String> {
        let is_missing = |file: &&PathBuf| self.of(file).is_none();
        let count = files.into_iter().filter(is_missing).count();
        let sounds = match count {
            0 => return None,
            1 => "1 sound was".to_owned(),
            count => format!("{count} sounds were"),
        };
        let why = self
            .failure
            .as_deref()
            .unwrap_or("the player did not report it");
        Some(format!("{sounds} not decoded, so not checked: {why}"))
    }
}

/// Decodes files without playing them; see [`Decodings`].
#[cfg(feature = "editing")]
pub(crate) type Decode<'d> = &'d dyn Fn(&[PathBuf]) -> Decodings;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_a_result_were_not_decoded() {
        let files = ["/a.wav", "/b.wav", "/c.wav"].map(PathBuf::from);
        let refused = Decoding::Refused {
            why: "it is empty".to_owned(),
            hint: None,
        };
        let line = serde_json::to_string(&(1, &refused)).unwrap();
        let lines = format!(
            "[0,{{\"playable\":{{\"first_s\":60,\"level\":{{\"lufs\":-20.5,\"peak_db\":-3.0}}}}}}]\n{line}\n[9,3]\n[2,{{\"pl"
        );
        let decodings = Decodings::read(&files, &lines, Some("it ended".to_owned()));
        let level = Some(Level {
            lufs: -20.5,
            peak_db: -3.0,
        });
        let cut = Decoding::Playable {
            first_s: Some(60),
            level,
        };
        assert_eq!(decodings.of(&files[0]), Some(&cut));
        assert_eq!(decodings.of(&files[1]), Some(&refused));
        assert_eq!(decodings.of(&files[2]), None);
        assert_eq!(
            decodings.missing(&files).as_deref(),
            Some("1 sound was not decoded, so not checked: it ended")
        );
        assert_eq!(decodings.missing(&files[..2]), None);
    }
}
