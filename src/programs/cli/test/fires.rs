//! Whether an agent would fire the event: the test itself runs the hook without one.

use std::path::Path;

use super::hint::Trouble;
use crate::agent::{self, Program, Registered};
use herald_audio::internals::config::Config;
use herald_audio::internals::event::{Event, OWN};
use herald_audio::internals::system::env::Env;

/// The agents that run a hook for `key`, an event or a finer key.
///
/// # Errors
///
/// Why there are none.
pub(super) fn agents(
    key: &str,
    config: &Config,
    env: &Env,
    root: Option<&Path>,
) -> Result<Vec<&'static str>, Trouble> {
    let (event, about) = match key.split_once('/') {
        Some((event, about)) => (event, Some(about)),
        None => (key, None),
    };
    let Some(event) = Event::find(event).filter(|event| !OWN.contains(&event.name)) else {
        // Another program fires it.
        return Ok(Vec::new());
    };
    let has_hook = |file: &Registered| file.has_own() && file.has(event.name, about);
    let files = agent::registered(env, root).into_iter().flatten();
    let files: Vec<_> = files.filter(has_hook).collect();
    let plugins = agent::plugins(env, root).into_iter();
    let plugins = plugins.filter(|(agent, _)| agent::is_of_plugin(agent, event.name, about));
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
    match (agents.is_empty(), why) {
        (false, _) => Ok(agents),
        (true, Some(cause)) => Err(Trouble::new(
            format!("no agent would fire {}: {}", event.name, cause.what),
            cause.hint,
        )),
        (true, None) => {
            let hint = match config.is_enabled_in_part(event.name) {
                true => "herald install".to_owned(),
                false => format!("herald events on {}", event.name),
            };
            let what = format!("no agent would fire {}: none has a hook for it", event.name);
            Err(Trouble::new(what, hint))
        }
    }
}
