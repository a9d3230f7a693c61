//! The ways to run an agent in which some of its hooks never run.

use std::fs;

use super::Hook;
use herald_audio::internals::agents::{Agent, Surface};
use herald_audio::internals::system::env::Env;

/// What stays silent of `hooks` of `agent`, for each such way that is on this machine.
pub fn silent(agent: &Agent, hooks: &[Hook], env: &Env) -> Vec<String> {
    let surfaces = agent
        .settings()
        .map_or(&[][..], |settings| settings.surfaces);
    let there = surfaces.iter().filter(|surface| is_there(surface, env));
    let text = |surface: &Surface| {
        let is_registered = |event: &&&str| hooks.iter().any(|hook| hook.event == **event);
        let silent = surface.silent.iter().filter(is_registered);
        let silent = silent.copied().collect::<Vec<_>>().join(", ");
        let what = format!(
            "in {}, {} does not fire {silent}, so there they make no sound",
            surface.title, agent.title
        );
        (!silent.is_empty()).then_some(what)
    };
    there.filter_map(text).collect()
}

fn is_there(surface: &Surface, env: &Env) -> bool {
    let Some(home) = env.home() else {
        return false;
    };
    surface.signs.iter().any(|(dir, start)| {
        let entries = fs::read_dir(home.join(dir)).into_iter().flatten();
        let mut names = entries.flatten().map(|entry| entry.file_name());
        names.any(|name| name.to_string_lossy().starts_with(start))
    })
}
