//! Reports what a config names but this machine lacks: sounds, a pack, a time zone, a key.

use std::path::Path;

use super::issue::{ConfigIssue, Severity};
use super::mistakes::{plain, shortened};
use super::model::{Config, NamedSound};
use super::places::Places;
use super::quiet::no_time_zone;
use crate::system::sounds::SYSTEM;

/// The number of characters shown of a path.
const MAX_PATH_SHOWN: usize = 200;

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// Reports sound files that do not exist or are not allowed, a missing pack, an unknown time zone for quiet
    /// hours, and an unusable key file of the fleet. Not part of [`Self::issues`], because it looks up every file.
    pub fn missing_sounds(&self) -> Vec<ConfigIssue> {
        let places = Places::of(self);
        let sounds = self.named_sounds();
        let missing = sounds.filter(|(_, sound)| self.locate(sound).is_none());
        let missing = missing.filter_map(|(rule, sound)| {
            warning(&places, &mapping(&rule.name), || self.why_missing(sound))
        });
        let packs = self.named_packs().flat_map(|(key, packs)| {
            let names = packs.names.iter().enumerate();
            let missing = names.filter(|(index, _)| self.pack_dir(packs, *index).is_none());
            let missing: Vec<_> = missing
                .filter_map(|(_, name)| {
                    let what = || {
                        format!(
                            "pack {:?} is not installed; hint: herald pack list",
                            shortened(name)
                        )
                    };
                    warning(&places, &key, what)
                })
                .collect();
            missing
        });
        let hours = (!self.quiet_hours.is_empty()).then_some(["rules", "quiet_hours"]);
        let zone = hours.zip(no_time_zone());
        let zone = zone.and_then(|(path, why)| {
            warning(&places, &path, || format!("quiet hours use UTC: {why}"))
        });
        let key = self.fleet().and_then(|fleet| {
            let error = fleet.key().err()?;
            let set_by = [["fleet", "key_file"], ["fleet", "url"]];
            let mut set_by = set_by.iter();
            set_by.find_map(|path| warning(&places, path, || error.to_string()))
        });
        missing.chain(packs).chain(zone).chain(key).collect()
    }

    fn why_missing(&self, sound: &NamedSound) -> String {
        let file = self.dir_of(sound).path.join(&sound.file);
        let name = shown(&file);
        if sound.name.starts_with("builtin:") {
            return "unknown built-in sound; valid names: attention, finished, failed, started, tick, tock"
                .to_owned();
        }
        if let Some(name) = sound.name.strip_prefix(SYSTEM) {
            return format!(
                "the system has no sound {:?}; the built-in sound is played; hint: use the name of a file in {}",
                shortened(name),
                self.system_sounds.places()
            );
        }
        match file.is_file() {
            true => format!(
                "{name} is ignored: it is outside the project; hint: set the sounds directory in your own config"
            ),
            false => {
                let heard = match sound.is_original {
                    true => "nothing is played, as in the original Herald",
                    false => "the built-in sound is played",
                };
                format!("file {name} does not exist; {heard}")
            }
        }
    }
}

/// The key of the sound for `name`.
pub(super) const fn mapping(name: &str) -> [&str; 3] {
    ["sound_files", "mappings", name]
}

/// `file` for messages.
pub(super) fn shown(file: &Path) -> String {
    plain(&file.to_string_lossy(), MAX_PATH_SHOWN)
}

/// A warning about the value at `path`, if a config file sets it. The original Herald's defaults cause no
/// warning.
pub(super) fn warning(
    places: &Places<'_>,
    path: &[&str],
    what: impl FnOnce() -> String,
) -> Option<ConfigIssue> {
    let written = places.written(path)?;
    Some(ConfigIssue {
        severity: Severity::Warning,
        source: written.file.to_owned(),
        position: Some(written.position),
        key: shortened(&written.path.join(".")),
        what: what(),
    })
}
