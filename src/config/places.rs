//! The positions of values in the config files in force.

use std::collections::HashMap;
use std::path::Path;

use super::issue::Position;
use super::key;
use super::model::{Config, Layer};

/// The position of each valid value, by file, highest precedence first.
pub(super) struct Places<'c>(Vec<(&'c Path, Named)>);

/// By the path of the value, in comparison form.
type Named = HashMap<Vec<String>, Position>;

impl<'c> Places<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        let layers = config.layers.iter().rev();
        Self(
            layers
                .map(|layer| (layer.source.as_path(), named(layer)))
                .collect(),
        )
    }

    /// The place of the value of the key at `path`.
    pub(super) fn written<'p>(&self, path: &[&'p str]) -> Option<Written<'c, 'p>> {
        let ways = ways_of(path);
        let compared = |way: &Vec<&str>| way.iter().map(|name| key::compared(name)).collect();
        let compared: Vec<Vec<String>> = ways.iter().map(compared).collect();
        self.0.iter().find_map(|(file, named)| {
            let mut found = ways.iter().zip(&compared);
            found.find_map(|(way, compared)| {
                Some(Written {
                    file,
                    position: *named.get(compared)?,
                    path: way.clone(),
                })
            })
        })
    }
}

/// The place of a value.
pub(super) struct Written<'c, 'p> {
    /// The file with the highest precedence for it.
    pub(super) file: &'c Path,
    pub(super) position: Position,
    /// The key as written there.
    pub(super) path: Vec<&'p str>,
}

/// The paths under which the value at `path` may be written, by precedence within one file: an event's values
/// have two.
fn ways_of<'p>(path: &[&'p str]) -> Vec<Vec<&'p str>> {
    match *path {
        ["sound_files", "mappings", event] => {
            vec![vec!["events", event, "sound"], path.to_vec()]
        }
        ["audio_settings", "throttle_seconds", event] => {
            vec![vec!["events", event, "throttle_seconds"], path.to_vec()]
        }
        ["events", event, "enabled"] => vec![
            path.to_vec(),
            vec!["events", event, "sound"],
            vec!["sound_files", "mappings", event],
        ],
        _ => vec![path.to_vec()],
    }
}

fn named(layer: &Layer) -> Named {
    let mut places: Vec<_> = layer.places.iter().collect();
    // The last of several values with equal names is used.
    places.sort_by_key(|(_, offset)| *offset);
    let (mut passed, mut position) = (0, Position::START);
    let named = places.into_iter().map(|(path, offset)| {
        position = position.after(layer.text.get(passed..*offset).unwrap_or_default());
        passed = *offset;
        let names = path.iter().map(|name| key::compared(name));
        (names.collect(), position)
    });
    named.collect()
}
