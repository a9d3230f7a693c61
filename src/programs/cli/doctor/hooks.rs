//! The hooks: which are registered, where, and what is wrong with them.

use std::path::Path;

use super::finding::Finding;
use crate::agent::{
    self, Cause, Found, Herald, Hook, PROVIDERS, Program, Registered, Scope, Wanted,
    events_to_register, plan,
};
use herald_audio::internals::agents::Agent;
use herald_audio::internals::config;
use herald_audio::internals::policy;
use herald_audio::internals::system::env::Env;

const PART: &str = "hooks";

pub(super) fn hooks(env: &Env, root: Option<&Path>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut registered = Vec::new();
    for file in agent::registered(env, root) {
        match file {
            Ok(file) => registered.push(file),
            Err(error) => findings.push(Finding::error(PART, &error)),
        }
    }
    let plugins = agent::plugins(env, root);
    for (agent, file) in &plugins {
        findings.push(plugin(agent, file, &registered));
    }
    if registered.is_empty() && plugins.is_empty() {
        let what = "no hook is registered, so no event of an agent sounds";
        findings.push(Finding::warning(PART, what).with_hint("herald install"));
    }
    for file in &registered {
        let silenced = file.silenced(env, root);
        if silenced.is_empty() {
            findings.extend(file.where_it_is());
            let silent = agent::silent(file.agent, &file.hooks, env).into_iter();
            findings.extend(silent.map(|what| Finding::ok(PART, what)));
        }
        findings.extend(file.twice());
        findings.extend(file.providers());
        for finding in silenced.into_iter().chain(file.beside(env, root)) {
            // A layer counts for every file of the agent.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        match Program::running(env, root) {
            Ok(program) => findings.extend(file.stale(&program)),
            Err(error) => findings.push(Finding::warning(PART, error.to_string())),
        }
    }
    for agent in agent::registrable() {
        let files: Vec<_> = registered
            .iter()
            .filter(|file| file.agent == agent)
            .collect();
        findings.extend(twice_in_two(&files));
        findings.extend(originals(&files));
        findings.extend(missing(agent, &files, env, root));
    }
    findings
}

impl Registered {
    /// The command that changes this file.
    fn command(&self, verb: &str) -> String {
        let agent = self.agent.name;
        match self.scope {
            Scope::User => format!("herald {verb} --agent {agent}"),
            Scope::Project => format!("herald {verb} --agent {agent} --scope project"),
            Scope::Local => format!("herald {verb} --agent {agent} --scope local"),
        }
    }

    fn hint(&self, verbs: &[&str]) -> String {
        let commands: Vec<_> = verbs.iter().map(|verb| self.command(verb)).collect();
        commands.join(", then ")
    }

    /// Why the agent does not run them.
    fn silenced(&self, env: &Env, root: Option<&Path>) -> Vec<Finding> {
        if !self.has_own() {
            return Vec::new();
        }
        let finding = |cause: Cause| Finding::error(PART, cause.what).with_hint(cause.hint);
        self.causes(env, root).into_iter().map(finding).collect()
    }

    /// What else sounds.
    fn beside(&self, env: &Env, root: Option<&Path>) -> Vec<Finding> {
        let finding = |cause: Cause| Finding::warning(PART, cause.what).with_hint(cause.hint);
        self.foreign(env, root).into_iter().map(finding).collect()
    }

    fn where_it_is(&self) -> Option<Finding> {
        let events: Vec<_> = self.own().map(Hook::name).collect();
        let events = unique(events.iter().map(String::as_str));
        let what = format!(
            "{}, {}: {}",
            self.agent.title,
            self.file.display(),
            events.join(", ")
        );
        (!events.is_empty()).then(|| Finding::ok(PART, what))
    }

    /// Duplicate hooks in one file.
    fn twice(&self) -> Option<Finding> {
        let own: Vec<_> = self.own().collect();
        let twice = own
            .iter()
            .enumerate()
            .filter(|(number, hook)| own[..*number].iter().any(|other| collide(hook, other)));
        let events = unique(twice.map(|(_, hook)| hook.event.as_str()));
        let what = format!(
            "{}: two hooks for {}; {} runs both",
            self.file.display(),
            events.join(", "),
            self.agent.title,
        );
        let hint = self.hint(&["uninstall", "install"]);
        (!events.is_empty()).then(|| Finding::warning(PART, what).with_hint(hint))
    }

    fn providers(&self) -> Option<Finding> {
        let events = self.hooks.iter().map(|hook| hook.event.as_str());
        let events = unique(events.filter(|event| PROVIDERS.contains(event)));
        let what = format!(
            "{}: a hook that only plays a sound breaks {}: {} expects it to return a path",
            self.file.display(),
            events.join(", "),
            self.agent.title,
        );
        let hint = self.hint(&["uninstall", "install"]);
        (!events.is_empty()).then(|| Finding::error(PART, what).with_hint(hint))
    }

    fn stale(&self, program: &Program) -> Vec<Finding> {
        let programs = self.own().filter_map(|hook| match &hook.herald {
            Herald::Own { program, .. } => Some(program.as_str()),
            Herald::Original { .. } => None,
        });
        let finding = |name: &str| {
            let (file, hint) = (self.file.display(), self.hint(&["install"]));
            match program.find(name) {
                Found::Nothing => {
                    let what = format!("{file} runs {name}, which does not exist");
                    Some(Finding::error(PART, what).with_hint(hint))
                }
                Found::Another(path) => {
                    let path = path.display();
                    let what = format!("{file} runs {path}, not this program");
                    Some(Finding::warning(PART, what).with_hint(hint))
                }
                Found::This | Found::Unknown => None,
            }
        };
        unique(programs).into_iter().filter_map(finding).collect()
    }
}

/// Herald's plugin for `agent`, enabled in `file`.
fn plugin(agent: &'static Agent, file: &Path, registered: &[Registered]) -> Finding {
    let (title, file) = (agent.title, file.display());
    let mut files = registered.iter().filter(|file| file.agent == agent);
    match files.find(|file| file.has_own()) {
        None => Finding::ok(PART, format!("{title}, {file}: Herald's plugin")),
        Some(own) => {
            let what = format!(
                "{title} runs Herald's plugin ({file}) and the hooks in {}: you hear one sound, but each event runs both",
                own.file.display()
            );
            Finding::warning(PART, what).with_hint(own.hint(&["uninstall"]))
        }
    }
}

/// Duplicate hooks in two files of one agent.
fn twice_in_two(files: &[&Registered]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, file) in files.iter().enumerate() {
        for earlier in &files[..number] {
            let is_earlier = |hook: &&Hook| earlier.own().any(|other| collide(hook, other));
            let twice = file.own().filter(is_earlier);
            let events = unique(twice.map(|hook| hook.event.as_str()));
            if !events.is_empty() {
                let what = format!(
                    "{} and {} both have hooks for {}; {} runs both",
                    earlier.file.display(),
                    file.file.display(),
                    events.join(", "),
                    file.agent.title,
                );
                let hint = file.hint(&["uninstall"]);
                findings.push(Finding::warning(PART, what).with_hint(hint));
            }
        }
    }
    findings
}

/// Hooks of the original Herald.
fn originals(files: &[&Registered]) -> Vec<Finding> {
    let has_own = files.iter().any(|file| file.has_own());
    let finding = |file: &&Registered| {
        let originals = file.hooks.iter().filter(|hook| !plan::is_own(hook));
        let events = unique(originals.map(|hook| hook.event.as_str()));
        let what = format!(
            "{} runs the original Herald (herald.py) for {}{}",
            file.file.display(),
            events.join(", "),
            match has_own {
                true => ", and this Herald, too: you hear both",
                false => "",
            }
        );
        let hint = file.command("install");
        (!events.is_empty()).then(|| Finding::warning(PART, what).with_hint(hint))
    };
    files.iter().filter_map(finding).collect()
}

/// Events that sound or are decided about, but have no hook, if the agent has some.
fn missing(
    agent: &'static Agent,
    files: &[&Registered],
    env: &Env,
    root: Option<&Path>,
) -> Option<Finding> {
    let first = files.iter().find(|file| file.has_own())?;
    if files.iter().any(|file| plan::keeps_events(&file.hooks)) {
        return None;
    }
    let config = config::load(env, root);
    let has_policy = policy::is_on(env, root);
    let mut events = events_to_register(agent, None, &config, has_policy).events;
    let has = |wanted: &Wanted<'_>| {
        let mut own = files.iter().flat_map(|file| file.own());
        own.any(|hook| hook.event == wanted.event && wanted.is_met_by(hook, agent))
    };
    events.retain(|wanted| !has(wanted));
    let what = format!(
        "enabled in your config, or needed by a rule or policy, but not registered with {}: {}",
        agent.title,
        agent::names(&events).join(", "),
    );
    let hint = first.hint(&["install"]);
    (!events.is_empty()).then(|| Finding::warning(PART, what).with_hint(hint))
}

/// Whether the agent runs both for some event.
fn collide(one: &Hook, other: &Hook) -> bool {
    let matchers = (&one.matcher, &other.matcher);
    let both = match matchers {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    one.event == other.event && both
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests;
