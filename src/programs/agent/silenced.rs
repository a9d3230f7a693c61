//! Why an agent does not run hooks that are registered.
//!
//! Agents merge several layers of settings, and one of them may switch all hooks off. What is looked at
//! here is what decides whether a hook runs, in every layer that is known.

use std::fs;
use std::path::Path;

use super::document::Hook;
use super::layers::{Layer, layers};
use super::place::user_dir;
use super::plan::{self, is_own};
use super::{Found, Herald, Program};
use herald_audio::internals::agents::{Agent, Switch};
use herald_audio::internals::system::env::Env;

/// A reason why hooks do not run, or are not all that sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What the matter is, and where.
    pub what: String,
    /// How to change that.
    pub hint: String,
}

impl Cause {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
        }
    }
}

/// Why the agent does not run its hooks in `file`, where `text` is what that says.
pub fn causes(
    agent: &'static Agent,
    (file, text): (&Path, &str),
    env: &Env,
    root: Option<&Path>,
) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(fault) = plan::not_strict(text)
        && agent.settings().is_some_and(|settings| settings.is_strict)
    {
        let what = format!(
            "{}:{fault}, so {} ignores the whole file",
            file.display(),
            agent.title
        );
        causes.push(Cause::new(what, "remove it"));
    }
    for layer in layers(agent, (file, text), env, root) {
        causes.extend(switched_off(agent, &layer));
    }
    if agent
        .settings()
        .is_some_and(|settings| settings.is_trusted_one_by_one)
    {
        causes.extend(untrusted(agent, (file, text), env));
    }
    causes
}

/// Why hooks do not run whose program is missing.
pub fn missing_programs(hooks: &[Hook], file: &Path, program: &Program) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    for hook in hooks.iter().filter(|hook| is_own(hook)) {
        let Herald::Own { program: name, .. } = &hook.herald else {
            continue;
        };
        if program.find(name) != Found::Nothing {
            continue;
        }
        let what = format!("{} runs {name}, which does not exist", file.display());
        let hint = match name.contains(['/', '\\']) {
            true => "herald install",
            false => "put herald on PATH",
        };
        let cause = Cause::new(what, hint);
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes
}

/// What in a layer switches all hooks off.
fn switched_off(agent: &Agent, layer: &Layer) -> Option<Cause> {
    let switches = agent.settings()?.switches;
    let is_set = |switch: &&Switch| {
        let counts = layer.is_managed || !switch.is_managed;
        counts && layer.value(switch.path) == Some(switch.value.to_string())
    };
    let switch = switches.iter().find(is_set)?;
    let key = switch.path.join(".");
    let what = format!(
        "{}: {key} is {}, so {} runs {}",
        layer.file.display(),
        switch.value,
        agent.title,
        match switch.is_managed {
            true => "only an administrator's hooks",
            false => "no hook",
        }
    );
    let hint = match layer.is_managed {
        true => "ask your administrator".to_owned(),
        false => format!("remove {key} from {}", layer.file.display()),
    };
    Some(Cause::new(what, hint))
}

/// Hooks that the agent runs only once its user has approved each. Approvals are in the agent's config, by
/// the place of the hook: `[hooks.state."FILE:stop:0:0"]`.
fn untrusted(agent: &Agent, (file, text): (&Path, &str), env: &Env) -> Option<Cause> {
    let config = user_dir(agent, env)?.join("config.toml");
    let approved = fs::read_to_string(config).unwrap_or_default();
    let hooks = plan::heralds(agent, text).unwrap_or_default();
    let is_new = |hook: &&Hook| {
        let event = snake_case(&hook.event);
        let (group, number) = hook.numbers();
        let state = format!("{}:{event}:{group}:{number}", file.display());
        !approved.contains(&format!("\"{state}\"")) && !approved.contains(&format!("'{state}'"))
    };
    let new = hooks.iter().filter(|hook| is_own(hook)).filter(is_new);
    let events: Vec<_> = new.map(|hook| hook.event.as_str()).collect();
    let what = format!(
        "{} runs the hooks for these events in {} only after you approve them: {}",
        agent.title,
        file.display(),
        events.join(", ")
    );
    let hint = format!("run /hooks in {}", agent.title);
    (!events.is_empty()).then(|| Cause::new(what, hint))
}

/// `PreToolUse` as `pre_tool_use`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
