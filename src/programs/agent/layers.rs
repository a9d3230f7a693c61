//! The files of settings that an agent merges.

use std::path::{Path, PathBuf};

use super::place::{settings_files, user_dir};
use super::{Settings, plan};
use herald_audio::internals::agents::Agent;
use herald_audio::internals::system::env::Env;

/// A file of settings, and what it says.
pub(super) struct Layer {
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// Whether an administrator has written it.
    pub(super) is_managed: bool,
}

/// The layers of `agent`; `file` is one of its files, where `text` is what that says.
pub(super) fn layers(
    agent: &Agent,
    (file, text): (&Path, &str),
    env: &Env,
    root: Option<&Path>,
) -> Vec<Layer> {
    let this = Layer {
        file: file.to_owned(),
        text: text.to_owned(),
        is_managed: false,
    };
    let others = settings_files(agent, env, root).into_iter();
    let others = others.map(|(_, other)| other).filter(|other| other != file);
    let settings = agent.settings();
    let switch = settings.and_then(|settings| settings.switch_file);
    let switch = switch.and_then(|name| Some(user_dir(agent, env)?.join(name)));
    let managed = settings.and_then(|settings| settings.managed);
    let managed = managed.map(PathBuf::from);
    let own = others
        .chain(switch)
        .filter_map(|file| Layer::read(file, false));
    let managed = managed
        .into_iter()
        .filter_map(|file| Layer::read(file, true));
    [this].into_iter().chain(own).chain(managed).collect()
}

impl Layer {
    pub(super) fn read(file: PathBuf, is_managed: bool) -> Option<Self> {
        let text = Settings::read(&file).ok()?.text()?.to_owned();
        Some(Self {
            file,
            text,
            is_managed,
        })
    }

    /// The text or the truth at `path`, as a text; in TOML also a list.
    pub(super) fn value(&self, path: &[&str]) -> Option<String> {
        match self.file.extension().is_some_and(|end| end == "toml") {
            true => toml_value(&self.text, path),
            false => plan::value(&self.text, path),
        }
    }
}

/// What TOML says at `path`, a key or a table and a key. Only the common form is recognised: a line of its
/// own below its table.
fn toml_value(text: &str, path: &[&str]) -> Option<String> {
    let (table, key) = match path {
        [key] => ("", *key),
        [table, key] => (*table, *key),
        _ => return None,
    };
    let mut current = "";
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix('[') {
            current = name.trim_end_matches(']').trim();
            continue;
        }
        let Some((name, given)) = line.split_once('=') else {
            continue;
        };
        let (name, mut given) = (name.trim(), given.trim().to_owned());
        let is_dotted = current.is_empty() && name == format!("{table}.{key}");
        if !(current == table && name == key || is_dotted) {
            continue;
        }
        while given.starts_with('[') && !given.ends_with(']') {
            given += lines.next()?;
        }
        return Some(given);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_is_read_in_its_common_form() {
        let text = "notify = [ # mine\n  \"afplay\",\n  \"a.aiff\"\n]\nfeatures.hooks = false\n\n\
                    [tui]\nnotify = 1\n[ features ] # experimental\nmore = true\n";
        for (path, value) in [
            (&["notify"][..], Some("[\"afplay\",\"a.aiff\"]")),
            (&["tui", "notify"], Some("1")),
            (&["features", "hooks"], Some("false")),
            (&["features", "more"], Some("true")),
            (&["more"], None),
            (&["features", "no"], None),
            (&["a", "b", "c"], None),
        ] {
            assert_eq!(toml_value(text, path).as_deref(), value, "{path:?}");
        }
    }
}
