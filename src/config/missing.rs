//! What a config names and this machine has not: sounds, a pack, a time zone.

use super::issue::{ConfigIssue, Severity};
use super::mistakes::{plain, shortened};
use super::model::{Config, NamedSound};
use super::places::Places;
use super::quiet::no_time_zone;

/// How much of a path is shown.
pub(super) const MAX_PATH_SHOWN: usize = 200;

impl Config {
    /// What the config files name and cannot be had: sound files that are not there, or not where
    /// they may be, a pack, and the time zone that quiet hours go by. Not part of [`Self::issues`],
    /// since it takes a look at each file.
    pub fn missing_sounds(&self) -> Vec<ConfigIssue> {
        let places = Places::of(self);
        let rules = self.rules.values();
        let sounds = rules.flat_map(|rule| {
            let sounds = rule.sounds.iter().flatten();
            sounds.map(move |sound| (rule.name.as_str(), sound))
        });
        let missing = sounds.filter(|(_, sound)| self.locate(sound).is_none());
        let missing = missing.filter_map(|(name, sound)| {
            let path = ["sound_files", "mappings", name];
            warning(&places, &path, || self.why_missing(sound))
        });
        let pack = self
            .active_pack()
            .filter(|_| self.active_pack_dir().is_none());
        let pack = pack.and_then(|name| {
            let what = || format!("there is no pack {:?} (herald pack list)", shortened(name));
            warning(&places, &["packs", "active"], what)
        });
        let hours = (!self.quiet_hours.is_empty()).then_some(["rules", "quiet_hours"]);
        let zone = hours.zip(no_time_zone());
        let zone = zone
            .and_then(|(path, why)| warning(&places, &path, || format!("they go by UTC: {why}")));
        missing.chain(pack).chain(zone).collect()
    }

    fn why_missing(&self, sound: &NamedSound) -> String {
        let file = self.dir_of(sound).path.join(&sound.file);
        let name = plain(&file.to_string_lossy(), MAX_PATH_SHOWN);
        if sound.name.starts_with("builtin:") {
            return "there is no such built-in sound (there are attention, finished, failed and started)".to_owned();
        }
        match file.is_file() {
            true => format!(
                "{name} may not be used: it is outside of the project (set the sounds directory in your own config)"
            ),
            false => {
                let heard = match sound.is_original {
                    true => "nothing is heard, as with the original",
                    false => "the built-in sound is heard",
                };
                format!("there is no file {name} ({heard})")
            }
        }
    }
}

/// A warning about the value at `path`, if a file says it: what the original Herald named by itself is
/// nobody's mistake.
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
