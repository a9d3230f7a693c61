//! The agents that run hooks: where their settings are, and which hooks of a Herald those have.
//!
//! | file | responsibility |
//! |---|---|
//! | `command` | which commands are Herald's, and how its own is written |
//! | `program` | which program a command runs |
//! | `document`, `splice` | settings as they are written, and changing them byte by byte |
//! | `plan` | installing and uninstalling, on texts |
//! | `events` | which events a hook is registered for |
//! | `settings` | the files: reading, comparing, replacing, the backup |
//!
//! Other programs write these files, too, and their hooks and their formatting are theirs.

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

use herald_audio::system::env::Env;

/// A program that runs hooks, as `--agent` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
}

/// Whose settings a file has, as `--scope` names it: where hooks in it run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// In every project
    User,
    /// In the project around the working directory
    Project,
    /// The user's own for one project. Only Claude Code has such a file, and Herald only reads it.
    #[value(skip)]
    Local,
}

impl Agent {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
        }
    }

    /// The arguments that its hooks are run with. Replies to other agents than Claude Code differ, and
    /// a payload that is cut short may not tell which it is.
    pub const fn hook_args(self) -> &'static str {
        match self {
            Self::Claude => "hook",
            Self::Codex => "hook --agent codex",
        }
    }

    /// The file that its hooks are registered in; none where there is no home directory, no
    /// project, or no such scope.
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

    /// Every file that its hooks may be registered in, each once.
    pub fn settings_files(self, env: &Env, root: Option<&Path>) -> Vec<(Scope, PathBuf)> {
        let mut files: Vec<(Scope, PathBuf)> = Vec::new();
        for scope in [Scope::User, Scope::Project, Scope::Local] {
            let file = self.settings_file(scope, env, root);
            // At home, the project's are the user's.
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
    fn settings_are_where_the_agents_look_for_them() {
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
