//! Where an installed pack was fetched from: a file in its directory. The installer copies no such file, so a
//! pack cannot bring one along, and a pack that is replaced loses it.

use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use herald_audio::internals::system::file;
use herald_audio::internals::system::replace::Replacement;

const FILE: &str = ".herald-source.json";
const MAX_LEN: u64 = 16 << 10;

/// Where a pack was fetched from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// As it is written after `herald pack install`.
    pub source: String,
    /// The SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
}

impl Origin {
    /// Of the pack in `dir`; none if it was not fetched.
    pub fn read(dir: &Path) -> Option<Self> {
        let file = file::open_regular(&dir.join(FILE), MAX_LEN).ok()?;
        serde_json::from_reader(file.take(MAX_LEN)).ok()
    }

    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        let text = format!("{}\n", serde_json::to_string(self)?);
        Replacement::prepare(&dir.join(FILE), text.as_bytes())?.put()
    }
}
