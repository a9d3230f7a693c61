//! The agents that run hooks: where their settings are, and which of their hooks are Herald's.
//!
//! | file | responsibility |
//! |---|---|
//! | `command` | recognises Herald's commands, and quotes its own |
//! | `program` | finds the program that a command runs |
//! | `document`, `splice`, `removal` | parse settings, and change them without touching other bytes |
//! | `plan` | install and uninstall, as functions of text |
//! | `events` | which events a hook is registered for |
//! | `settings` | the files: read, compare, replace, back up |
//!
//! Other programs write these files, too: their hooks and their formatting must stay.

mod command;
mod document;
mod events;
pub mod plan;
mod program;
mod removal;
mod settings;
mod splice;

use std::path::{Path, PathBuf};

pub use command::{Herald, recognize};
pub use document::{Fault, Hook};
pub use events::{PROVIDERS, Registrable, events_to_register};
pub use program::{Found, Program};
pub use settings::{Changed, Settings, backup_of, install, uninstall};

use clap::ValueEnum;
use serde::Serialize;

use herald_audio::internals::system::env::Env;

/// A value of `--agent`: a program that runs hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
}

/// A value of `--scope`: the settings to change, which decide where hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// In every project
    User,
    /// In the project around the working directory
    Project,
    /// The user's own settings for one project. Only Claude Code has them, and Herald only reads them.
    #[value(skip)]
    Local,
}

impl Agent {
    /// Its full name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
        }
    }

    /// The arguments of its hooks. They name other agents than Claude Code, whose replies differ, because
    /// a truncated payload may not.
    pub const fn hook_args(self) -> &'static str {
        match self {
            Self::Claude => "hook",
            Self::Codex => "hook --agent codex",
        }
    }

    /// The file with its hooks; none without a home directory or project, or if the agent has no such
    /// scope.
    pub fn settings_file(self, scope: Scope, env: &Env, root: Option<&Path>) -> Option<PathBuf> {
        let of_user = |variable, dir| {
            let named = env.path(variable);
            named.or_else(|| Some(env.home()?.join(dir)))
        };
        match (self, scope) {
            (Self::Claude, Scope::User) => {
                Some(of_user("CLAUDE_CONFIG_DIR", ".claude")?.join("settings.json"))
            }
            (Self::Claude, Scope::Project) => Some(root?.join(".claude/settings.json")),
            (Self::Claude, Scope::Local) => Some(root?.join(".claude/settings.local.json")),
            (Self::Codex, Scope::User) => Some(of_user("CODEX_HOME", ".codex")?.join("hooks.json")),
            (Self::Codex, Scope::Project) => Some(root?.join(".codex/hooks.json")),
            (Self::Codex, Scope::Local) => None,
        }
    }

    /// Every file that may have its hooks, without duplicates.
    pub fn settings_files(self, env: &Env, root: Option<&Path>) -> Vec<(Scope, PathBuf)> {
        let mut files: Vec<(Scope, PathBuf)> = Vec::new();
        for scope in [Scope::User, Scope::Project, Scope::Local] {
            let file = self.settings_file(scope, env, root);
            // In the home directory, the project's file is the user's.
            if let Some(file) = file.filter(|file| files.iter().all(|(_, known)| known != file)) {
                files.push((scope, file));
            }
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_files_are_those_that_agents_read() {
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let env = |more: &[(&str, &str)]| Env::of([&[(home, "/h")], more].concat());
        let root = Some(Path::new("/p"));
        for (agent, scope, more, file) in [
            (
                Agent::Claude,
                Scope::User,
                &[][..],
                "/h/.claude/settings.json",
            ),
            (
                Agent::Claude,
                Scope::User,
                &[("CLAUDE_CONFIG_DIR", "/c")],
                "/c/settings.json",
            ),
            (
                Agent::Claude,
                Scope::Project,
                &[],
                "/p/.claude/settings.json",
            ),
            (Agent::Codex, Scope::User, &[], "/h/.codex/hooks.json"),
            (
                Agent::Codex,
                Scope::User,
                &[("CODEX_HOME", "/x")],
                "/x/hooks.json",
            ),
            (Agent::Codex, Scope::Project, &[], "/p/.codex/hooks.json"),
        ] {
            let found = agent.settings_file(scope, &env(more), root);
            assert_eq!(found, Some(PathBuf::from(file)));
        }
        let nowhere = Env::of::<&str, &str>([]);
        assert_eq!(
            Agent::Claude.settings_file(Scope::User, &nowhere, root),
            None
        );
        assert_eq!(
            Agent::Codex.settings_file(Scope::Project, &nowhere, None),
            None
        );
        let at_home = Agent::Claude.settings_files(&env(&[]), Some(Path::new("/h")));
        assert_eq!(at_home.len(), 2, "{at_home:?}");
    }
}
