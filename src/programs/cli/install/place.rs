//! The settings to change: which agents, which file of each.

use std::path::{Path, PathBuf};

use super::args::Target;
use crate::agent::{self, Scope, Settings};
use herald_audio::internals::agents::{Agent, Format, Hooks};
use herald_audio::internals::config;
use herald_audio::internals::system::env::Env;
use herald_audio::{Error, ErrorKind, Result};

/// Where it all happens.
pub(super) struct Machine {
    pub(super) env: Env,
    /// The project around the working directory.
    pub(super) root: Option<PathBuf>,
}

impl Machine {
    pub(super) fn this() -> Self {
        let env = Env::process();
        let cwd = std::env::current_dir().ok();
        let root = config::project_root(&env, cwd.as_deref());
        Self { env, root }
    }

    /// The agents to install: those that are named, else those that are found, else Claude Code.
    pub(super) fn agents_to_install(&self, target: &Target) -> Vec<&'static Agent> {
        let found = || agent::found(target.scope, &self.env, self.root.as_deref());
        self.agents(target, found)
    }

    /// The agents to uninstall: those that are named, else those that have hooks of Herald.
    pub(super) fn agents_to_uninstall(&self, target: &Target) -> Vec<&'static Agent> {
        let has_hooks = |agent: &&'static Agent| {
            let files = agent::settings_in(agent, target.scope, &self.env, self.root.as_deref());
            let read = |file: &PathBuf| Settings::read(agent, file).ok();
            let mut settings = files.iter().filter_map(read);
            settings.any(|settings| settings.has_own_hooks())
        };
        self.agents(target, || agent::registrable().filter(has_hooks).collect())
    }

    fn agents(
        &self,
        target: &Target,
        otherwise: impl Fn() -> Vec<&'static Agent>,
    ) -> Vec<&'static Agent> {
        let agents = match target.agents.is_empty() {
            true => otherwise(),
            false => target.agents.clone(),
        };
        match agents.is_empty() {
            true => vec![Agent::claude()],
            false => agents,
        }
    }
}

/// The settings of one agent.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) agent: &'static Agent,
    pub(super) scope: Scope,
    pub(super) file: PathBuf,
    /// A directory around it that stays, even if it is empty.
    pub(super) outer_dir: PathBuf,
}

/// What is to be done with the settings.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Install,
    Uninstall,
}

/// Why these arguments never work, if so.
pub(super) fn misuse(verb: Verb, target: &Target) -> Option<Error> {
    target
        .agents
        .iter()
        .find_map(|agent| misuse_of(verb, agent, target.scope))
}

fn misuse_of(verb: Verb, agent: &Agent, scope: Scope) -> Option<Error> {
    let title = agent.title;
    let (what, command) = match verb {
        Verb::Install => (format!("cannot register hooks with {title}"), "install"),
        Verb::Uninstall => (format!("cannot remove hooks from {title}"), "uninstall"),
    };
    let (what, hint) = match agent.hooks {
        Hooks::Settings(_) if agent::has_scope(agent, scope) => return None,
        Hooks::Settings(_) if agent::has_scope(agent, Scope::Project) => (
            format!("{title} has no settings for one person in a project"),
            "use --scope user or --scope project".to_owned(),
        ),
        Hooks::Settings(_) => (
            format!("{title} has no hooks in a project"),
            "use --scope user".to_owned(),
        ),
        Hooks::OfAgent(name) => (
            format!("{what}: it runs the hooks of another agent"),
            format!("herald {command} --agent {name}"),
        ),
        Hooks::ByHand { file, add } => (
            what,
            match verb {
                Verb::Install => format!("add {add} to {file} by hand"),
                Verb::Uninstall => format!("remove what runs \"herald hook\" from {file} by hand"),
            },
        ),
    };
    Some(Error::new(ErrorKind::Config, what).with_hint(hint))
}

impl Place {
    /// Each file with hooks of `agent` in this scope.
    ///
    /// # Errors
    ///
    /// If there is no such scope here, or a file is not of the project.
    pub(super) fn all(machine: &Machine, agent: &'static Agent, scope: Scope) -> Result<Vec<Self>> {
        let failed =
            |what: String, hint: &'static str| Error::new(ErrorKind::Config, what).with_hint(hint);
        let Machine { env, root } = machine;
        let root = root.as_deref();
        let files = agent::settings_in(agent, scope, env, root);
        let outer_dir = agent::outer_dir(agent, scope, env, root);
        let outer_dir = outer_dir.filter(|_| !files.is_empty()).ok_or_else(|| {
            let what = format!("cannot find the settings of {}", agent.title);
            let hint = match scope {
                Scope::User => "set HOME",
                _ => "go to the project's directory, or set CLAUDE_PROJECT_DIR",
            };
            failed(what, hint)
        })?;
        if let (Scope::Project | Scope::Local, Some(root)) = (scope, root)
            && let Some(file) = files.iter().find(|file| leads_out(file, root))
        {
            let what = format!("{} leads out of the project", file.display());
            return Err(failed(
                what,
                "put a file there instead of the link, or use --scope user",
            ));
        }
        let place = |file| Self {
            agent,
            scope,
            file,
            outer_dir: outer_dir.clone(),
        };
        Ok(files.into_iter().map(place).collect())
    }

    /// The event that the file is for, if it is for one alone.
    pub(super) fn event(&self) -> Option<&str> {
        let is_script = matches!(self.agent.format(), Format::Scripts);
        let name = self.file.file_name().filter(|_| is_script);
        name.and_then(|name| name.to_str())
    }

    /// Whether other machines see the file, too: it is a link, or in a repository, or has paths from
    /// `$HOME`.
    pub(super) fn is_shared(&self) -> bool {
        let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|file| file.is_symlink());
        let mut dirs = self.file.ancestors().skip(1);
        let text = Settings::read(self.agent, &self.file).ok();
        let text = text.as_ref().and_then(Settings::text).unwrap_or_default();
        is_link(&self.file) || dirs.any(|dir| dir.join(".git").exists()) || text.contains("$HOME/")
    }
}

/// Whether `file`, or its nearest existing directory, is outside of the project at `root` through a link:
/// a repository must not make Herald change or copy the user's files.
fn leads_out(file: &Path, root: &Path) -> bool {
    let there = file
        .ancestors()
        .find(|path| path.symlink_metadata().is_ok());
    let [there, root] = [there.unwrap_or(file), root].map(std::fs::canonicalize);
    match (there, root) {
        (Ok(there), Ok(root)) => !there.starts_with(root),
        // A dangling link.
        (Err(_), Ok(_)) => true,
        (_, Err(_)) => false,
    }
}
