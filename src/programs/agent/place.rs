//! Where agents are, and where their settings are.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use herald_audio::internals::agents::{self, Agent, Format};
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external;

/// A value of `--scope`: the settings to change, which decide where hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// In every project
    User,
    /// In the project around the working directory
    Project,
    /// Your own for the project around the working directory, which only Claude Code has
    Local,
}

impl Scope {
    /// Every scope, in the order in which agents read them.
    pub const ALL: [Self; 3] = [Self::User, Self::Project, Self::Local];
}

/// The arguments of the agent's hooks. They name other agents than Claude Code, whose replies differ,
/// because a truncated payload may not.
pub fn hook_args(agent: &Agent) -> String {
    match agent.is_claude() {
        true => "hook".to_owned(),
        false => format!("hook --agent {}", agent.name),
    }
}

/// The agents whose hooks Herald can register.
pub fn registrable() -> impl Iterator<Item = &'static Agent> {
    let agents = agents::ALL.iter().copied();
    agents.filter(|agent| agent.settings().is_some())
}

/// The agents that are on this machine or, in a project, that have a directory there.
pub fn found(scope: Scope, env: &Env, root: Option<&Path>) -> Vec<&'static Agent> {
    let is_there = |agent: &&Agent| {
        let Some(settings) = agent.settings() else {
            return false;
        };
        if scope == Scope::User {
            return user_dir(agent, env).is_some_and(|dir| dir.is_dir())
                || external::on_path(settings.program, env).is_some();
        }
        let file = settings_file(agent, scope, env, root);
        let dir = file.as_deref().and_then(Path::parent);
        dir.is_some_and(Path::is_dir)
    };
    registrable().filter(is_there).collect()
}

/// The directory of the agent's settings for the user; none without a home directory.
pub(super) fn user_dir(agent: &Agent, env: &Env) -> Option<PathBuf> {
    let settings = agent.settings()?;
    named_dir(settings, env).or_else(|| Some(env.home()?.join(settings.dir)))
}

/// The directory of the agent's settings that a variable names.
fn named_dir(settings: &agents::Settings, env: &Env) -> Option<PathBuf> {
    let (variable, below) = settings.variable?;
    let dir = env.path(variable)?;
    Some(if below.is_empty() {
        dir
    } else {
        dir.join(below)
    })
}

/// The files with the agent's hooks in this scope; none without a home directory or project, or if the agent
/// has no such scope.
pub fn settings_in(agent: &Agent, scope: Scope, env: &Env, root: Option<&Path>) -> Vec<PathBuf> {
    let file = settings_file(agent, scope, env, root);
    if !matches!(agent.format(), Format::Scripts) {
        return file.into_iter().collect();
    }
    let events = agent.events.iter();
    let events = events.filter(|event| event.is_registered && event.meaning.is_some());
    let scripts = |dir: PathBuf| events.map(|event| dir.join(event.name)).collect();
    file.map(scripts).unwrap_or_default()
}

/// The file with the agent's hooks, or the directory with them; none without a home directory or project, or
/// if the agent has no such scope.
fn settings_file(agent: &Agent, scope: Scope, env: &Env, root: Option<&Path>) -> Option<PathBuf> {
    let file = file_name(agent, scope)?;
    Some(match scope {
        Scope::User => user_dir(agent, env)?.join(file),
        Scope::Project | Scope::Local => root?.join(file),
    })
}

/// Whether the agent has such settings, on any machine.
pub fn has_scope(agent: &Agent, scope: Scope) -> bool {
    file_name(agent, scope).is_some()
}

/// The file with the agent's hooks, from the user's directory or the project's.
fn file_name(agent: &Agent, scope: Scope) -> Option<&'static str> {
    let settings = agent.settings()?;
    match scope {
        Scope::User => Some(settings.user),
        Scope::Project => settings.project,
        Scope::Local => settings.local,
    }
}

/// The directory that the settings are below, and that is not Herald's to remove: the project, the directory
/// that a variable names, or the home directory.
pub fn outer_dir(agent: &Agent, scope: Scope, env: &Env, root: Option<&Path>) -> Option<PathBuf> {
    match scope {
        // `~/Documents` is not.
        Scope::User if matches!(agent.format(), Format::Scripts) => {
            user_dir(agent, env)?.parent().map(Path::to_owned)
        }
        Scope::User => named_dir(agent.settings()?, env).or_else(|| env.home()),
        Scope::Project | Scope::Local => root.map(Path::to_owned),
    }
}

/// Every file that may have the agent's hooks, without duplicates.
pub fn settings_files(agent: &Agent, env: &Env, root: Option<&Path>) -> Vec<(Scope, PathBuf)> {
    let mut files: Vec<(Scope, PathBuf)> = Vec::new();
    for scope in Scope::ALL {
        for file in settings_in(agent, scope, env, root) {
            // In the home directory, the project's file is the user's.
            if files.iter().all(|(_, known)| *known != file) {
                files.push((scope, file));
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str) -> &'static Agent {
        Agent::named(name).unwrap()
    }

    #[test]
    fn settings_files_are_those_that_agents_read() {
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let env = |more: &[(&str, &str)]| Env::of([&[(home, "/h")], more].concat());
        let root = Some(Path::new("/p"));
        let (user, project) = (Scope::User, Scope::Project);
        for (name, scope, more, file) in [
            ("claude", user, &[][..], "/h/.claude/settings.json"),
            (
                "claude",
                user,
                &[("CLAUDE_CONFIG_DIR", "/c")],
                "/c/settings.json",
            ),
            ("claude", project, &[], "/p/.claude/settings.json"),
            (
                "claude",
                Scope::Local,
                &[],
                "/p/.claude/settings.local.json",
            ),
            ("codex", user, &[], "/h/.codex/hooks.json"),
            ("codex", user, &[("CODEX_HOME", "/x")], "/x/hooks.json"),
            ("codex", project, &[], "/p/.codex/hooks.json"),
            ("qwen", user, &[], "/h/.qwen/settings.json"),
            ("gemini", project, &[], "/p/.gemini/settings.json"),
            ("cursor", user, &[], "/h/.cursor/hooks.json"),
            (
                "copilot",
                user,
                &[("COPILOT_HOME", "/x")],
                "/x/hooks/herald.json",
            ),
            ("copilot", project, &[], "/p/.github/hooks/herald.json"),
            ("windsurf", user, &[], "/h/.codeium/windsurf/hooks.json"),
            (
                "opencode",
                user,
                &[],
                "/h/.config/opencode/plugins/herald.js",
            ),
            (
                "kilo",
                user,
                &[("XDG_CONFIG_HOME", "/x")],
                "/x/kilo/plugins/herald.js",
            ),
            ("opencode", project, &[], "/p/.opencode/plugins/herald.js"),
        ] {
            let found = settings_file(agent(name), scope, &env(more), root);
            assert_eq!(found, Some(PathBuf::from(file)));
        }
        let nowhere = Env::of::<&str, &str>([]);
        assert_eq!(settings_file(agent("claude"), user, &nowhere, root), None);
        assert_eq!(settings_file(agent("codex"), project, &nowhere, None), None);
        assert_eq!(
            settings_file(agent("codex"), Scope::Local, &env(&[]), root),
            None
        );
        let at_home = settings_files(agent("claude"), &env(&[]), Some(Path::new("/h")));
        assert_eq!(at_home.len(), 2, "{at_home:?}");
    }

    #[test]
    fn agents_are_found_by_their_directories_and_their_programs() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".cursor", "bin", "project/.codex"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let gemini = dir.path().join("bin").join(if cfg!(windows) {
            "gemini.exe"
        } else {
            "gemini"
        });
        std::fs::copy(std::env::current_exe().unwrap(), gemini).unwrap();
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let env = Env::of([
            (home, dir.path().to_owned()),
            ("PATH", dir.path().join("bin")),
        ]);
        let root = dir.path().join("project");
        let names = |scope| {
            let found = found(scope, &env, Some(&root));
            found.iter().map(|agent| agent.name).collect::<Vec<_>>()
        };
        assert_eq!(names(Scope::User), ["gemini", "cursor"]);
        assert_eq!(names(Scope::Project), ["codex"]);
    }
}
