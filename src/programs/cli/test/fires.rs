//! Whether an agent would fire the event: the test itself runs the hook without one.

use std::path::Path;

use super::hint::Trouble;
use super::sample::Sample;
use crate::agent::{self, Program, Registered};
use herald_audio::internals::agents::Agent;
use herald_audio::internals::config::{Config, Key};
use herald_audio::internals::event::{Event, OWN};
use herald_audio::internals::system::env::Env;

/// The agents that run a hook for `sample`: all that do, or the one that it is of.
///
/// # Errors
///
/// Why there are none.
pub(super) fn agents(
    sample: &Sample,
    config: &Config,
    env: &Env,
    root: Option<&Path>,
) -> Result<Vec<&'static str>, Trouble> {
    let subject = sample.subject();
    let key = Key::of(&subject);
    let Some(event) = Event::find(key.event).filter(|event| !OWN.contains(&event.name)) else {
        // Another program fires it.
        return Ok(Vec::new());
    };
    let is_asked = |agent: &Agent| sample.agent.is_none_or(|it| it == agent);
    let has_hook = |file: &Registered| {
        is_asked(file.agent) && file.has_own() && file.has(event.name, key.about)
    };
    let files = agent::registered(env, root).into_iter().flatten();
    let files: Vec<_> = files.filter(has_hook).collect();
    let plugins = agent::plugins(env, root).into_iter();
    let plugins = plugins
        .filter(|(agent, _)| is_asked(agent) && agent::is_of_plugin(agent, event.name, key.about));
    let mut agents: Vec<_> = plugins.map(|(agent, _)| agent.title).collect();
    let mut why = None;
    for file in &files {
        let mut causes = file.causes(env, root);
        if let Ok(program) = Program::running(env, root) {
            causes.extend(agent::missing_programs(&file.hooks, &file.file, &program));
        }
        match causes.into_iter().next() {
            None if agents.contains(&file.agent.title) => {}
            None => agents.push(file.agent.title),
            Some(cause) => why = why.or(Some(cause)),
        }
    }
    if !agents.is_empty() {
        return Ok(agents);
    }
    let name = event.name;
    let (fires_not, on, install) = match sample.agent {
        Some(agent) if agent.names_of(name).is_empty() => {
            let what = format!("{} has no event for {name}", agent.title);
            return Err(Trouble { what, hint: None });
        }
        Some(agent) => (
            format!("{} would not fire {name}", agent.title),
            format!("herald events on {name}@{}", agent.name),
            format!("herald install --agent {}", agent.name),
        ),
        None => (
            format!("no agent would fire {name}"),
            format!("herald events on {name}"),
            "herald install".to_owned(),
        ),
    };
    let agent = sample.agent.unwrap_or_else(Agent::claude);
    Err(match why {
        Some(cause) => Trouble::new(format!("{fires_not}: {}", cause.what), cause.hint),
        None => {
            let is_enabled = config.is_enabled_in_part(name, agent);
            let hint = if is_enabled { install } else { on };
            Trouble::new(format!("{fires_not}: no hook is registered for it"), hint)
        }
    })
}
