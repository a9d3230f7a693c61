//! Where the values of the config files in force stand.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use super::issue::Position;
use super::key;
use super::model::{Config, Layer};
use super::text;

/// No value that means something stands deeper: `events.Stop.enabled`.
const DEEPEST: usize = 3;

/// Where each value that counts stands, for the files in force, highest precedence first.
pub(super) struct Places<'c>(Vec<(&'c Path, Named)>);

/// By the names on the way to a value, as they are compared.
type Named = HashMap<Vec<String>, Position>;

impl<'c> Places<'c> {
    /// Those of `config`.
    pub(super) fn of(config: &'c Config) -> Self {
        let layers = config.layers.iter().rev();
        Self(
            layers
                .map(|layer| (layer.source.as_path(), named(layer)))
                .collect(),
        )
    }

    /// Where the value of the key at `path` is written.
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

/// Where a value is written.
pub(super) struct Written<'c, 'p> {
    /// The file that has the last word on it.
    pub(super) file: &'c Path,
    pub(super) position: Position,
    /// The key that it is written as.
    pub(super) path: Vec<&'p str>,
}

/// The keys that the value at `path` may be written as; in one file, the first counts. An event's values
/// can be said in two ways.
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
    let mut walk = Walk {
        text: &layer.text,
        left_out: layer.left_out.iter().copied().collect(),
        at: (0, Position::START),
        named: Named::new(),
    };
    if let Ok(Value::Object(object)) = text::parse(&layer.text) {
        walk.object(&mut Vec::new(), &object);
    }
    walk.named
}

/// A walk through a file, from its beginning to its end.
struct Walk<'t> {
    text: &'t str,
    left_out: HashSet<usize>,
    /// How far it got, in bytes, and where that is.
    at: (usize, Position),
    named: Named,
}

impl Walk<'_> {
    fn object(&mut self, path: &mut Vec<String>, object: &Object<'_>) {
        let names = object.properties.iter();
        let names: Vec<_> = names
            .map(|member| key::compared(member.name.as_str()))
            .collect();
        // Of members that are called the same the last one counts.
        let last: HashMap<_, _> = names.iter().zip(0..).collect();
        for (number, (member, name)) in object.properties.iter().zip(&names).enumerate() {
            let start = member.value.range().start;
            let counts = last.get(name) == Some(&number) && !self.left_out.contains(&start);
            if counts {
                path.push(name.clone());
                let position = self.position(start);
                self.named.insert(path.clone(), position);
                if let Value::Object(inner) = &member.value
                    && path.len() < DEEPEST
                {
                    self.object(path, inner);
                }
                path.pop();
            }
        }
    }

    /// The place `offset` bytes into the text, no less than before.
    fn position(&mut self, offset: usize) -> Position {
        let (from, position) = self.at;
        let passed = self.text.get(from..offset).unwrap_or_default();
        self.at = (offset, position.after(passed));
        self.at.1
    }
}
