//! The files of settings that an agent merges.

use std::path::{Path, PathBuf};

use super::place::{settings_files, user_dir};
use super::{Settings, plan, toml};
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
    agent: &'static Agent,
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
        .filter_map(|file| Layer::read(agent, file, false));
    let managed = managed
        .into_iter()
        .filter_map(|file| Layer::read(agent, file, true));
    [this].into_iter().chain(own).chain(managed).collect()
}

impl Layer {
    pub(super) fn read(agent: &'static Agent, file: PathBuf, is_managed: bool) -> Option<Self> {
        let text = Settings::read(agent, &file).ok()?.text()?.to_owned();
        Some(Self {
            file,
            text,
            is_managed,
        })
    }

    /// The event and the command of every hook.
    pub(super) fn commands(&self) -> Vec<(String, String)> {
        match self.is_toml() {
            true => toml::commands(&self.text),
            false => plan::commands(&self.text),
        }
    }

    /// The text or the truth at `path`, as a text; in TOML also others.
    pub(super) fn value(&self, path: &[&str]) -> Option<String> {
        match self.is_toml() {
            true => toml::value(&self.text, path),
            false => plan::value(&self.text, path),
        }
    }

    fn is_toml(&self) -> bool {
        self.file.extension().is_some_and(|end| end == "toml")
    }
}
