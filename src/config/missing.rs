//! Sounds that a config names and that cannot be heard.

use std::path::Path;

use super::issue::{ConfigIssue, Severity};
use super::model::{Config, NamedSound};
use super::show::Source;

impl Config {
    /// What the config files name and cannot be had: sound files that are not there, or not where
    /// they may be. Not part of [`Self::issues`], since it takes a look at each file.
    pub fn missing_sounds(&self) -> Vec<ConfigIssue> {
        let rules = self.rules.values();
        let sounds =
            rules.flat_map(|rule| rule.sounds.iter().flatten().map(move |sound| (rule, sound)));
        let missing = sounds.filter(|(_, sound)| self.locate(sound).is_none());
        missing
            .filter_map(|(rule, sound)| {
                let path = ["sound_files", "mappings", rule.name.as_str()];
                // What the original Herald named by itself is nobody's mistake.
                let Source::File {
                    path: source,
                    position,
                } = self.source_of(&path)
                else {
                    return None;
                };
                Some(ConfigIssue {
                    severity: Severity::Warning,
                    source,
                    position: Some(position),
                    key: path.join("."),
                    what: self.why_missing(sound),
                })
            })
            .collect()
    }

    fn why_missing(&self, sound: &NamedSound) -> String {
        let dir = self.sounds_dir.as_ref().unwrap_or(&sound.default_dir);
        let file = dir.path.join(&sound.name);
        let name = file.display();
        if sound.name.starts_with("builtin:") {
            return "there is no such built-in sound (there are attention, finished, failed and started)".to_owned();
        }
        match Path::new(&file).is_file() {
            true => format!(
                "{name} may not be used: it is outside of the project (set the sounds directory in your own config)"
            ),
            false => format!("there is no file {name} (the built-in sound is heard)"),
        }
    }
}
