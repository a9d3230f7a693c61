//! The decision policy: rules about what the agent may do, for those who have a
//! `decision_policy.json`. Without one it is off, and a sound decides nothing.
//!
//! What it promises, whoever wrote the files ([`crate::docs::policy`] says how they are written):
//!
//! - A project's file may deny or ask, never allow: it comes with a repository.
//! - Nobody is denied anything because a file cannot be understood, and what was left out of one is
//!   told ([`Policy::issues`]).
//! - A call that cannot be looked at as a whole is asked about, not waved through.
//! - What it costs has a limit, however it is written, and limits are applied before anything is
//!   compiled or looked for. What is past one is asked about if the user's word is concerned.
//!
//! | file | responsibility |
//! |---|---|
//! | `document` | what a file may say |
//! | `rules` | the rules of a file: how many, and how much of them |
//! | `pattern` | what rules look for, compiled and found within bounds |
//! | `rule` | one rule: what it looks at and looks for |
//! | `tag` | names for what rules look for |
//! | `kind` | what the tags about commands stand for |
//! | `arguments` | options and operands of a program |
//! | `shell` | which programs a shell would run |
//! | `builtin` | the rules that hold beside those of a file |
//! | `list` | the built-in rules, the user's and the project's, and which of them speaks |
//! | `ruling` | what the policy says about a call |
//! | `input` | what of a tool call rules look at |
//! | `outcome` | whether a tool's outcome is a failure, and a stop a loop |

#[macro_use]
mod tag;
mod arguments;
mod builtin;
mod document;
mod input;
mod kind;
mod list;
mod outcome;
mod pattern;
mod rule;
mod rules;
mod ruling;
mod shell;
#[cfg(test)]
mod tests;

use std::iter;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

pub(crate) use outcome::says_something;
pub use rule::Action;
pub use ruling::Ruling;
pub use tag::Severity;

use crate::config::{self, Config, ConfigIssue};
use crate::event::official;
use crate::original;
use crate::payload::typed::{HookEvent, ToolCall};
use crate::system::env::Env;
use crate::trust::project::Project;
use document::Said;
use input::Input;
use list::List;
use outcome::FailureRule;
use rules::Rules;
use ruling::Origin;

/// The name of policy files.
pub const FILE_NAME: &str = "decision_policy.json";
/// The events that a policy decides about.
pub const DECIDED: [&str; 3] = ["PreToolUse", "PostToolUse", "Stop"];
/// One that it decides about for the report alone: no reply tells.
pub(crate) const REPORTED: &str = "SubagentStop";
/// The one of them that rules are about: before a tool runs, the one moment at which a policy can keep
/// it from running.
pub(crate) const CALL: &str = "PreToolUse";

/// The policy in force.
#[derive(Debug)]
pub struct Policy {
    /// Of each list, the first rule that matches speaks; of the lists, the strictest.
    lists: Vec<List>,
    failure_rule: FailureRule,
    stop_loops: bool,
    is_original: bool,
    speaks: bool,
    issues: Vec<ConfigIssue>,
}

/// Where policies are: the user's own, and that of the project at `root`.
pub fn files(env: &Env, root: Option<&Path>) -> [Option<PathBuf>; 2] {
    let of_user = config::user_file(env).map(|file| file.with_file_name(FILE_NAME));
    let of_project = root.map(|root| root.join(original::POLICY));
    [of_user, of_project].map(|file| file.filter(|file| file.is_absolute()))
}

/// Where the user's is whose original Herald is installed in the home directory `home`.
pub fn original_file(home: &Path) -> PathBuf {
    home.join(original::POLICY)
}

/// Whether a policy may have something to say to the event called `name`.
pub fn concerns(name: &str, env: &Env) -> bool {
    DECIDED.contains(&official(name)) || original::is_wanted(env)
}

/// Whether there are rules for the project at `root`, or for every project of the user if it is not
/// given.
pub fn is_on(env: &Env, root: Option<&Path>) -> bool {
    let of_original = || Some(original_file(&original::home(env)?));
    let files = files(env, root).into_iter();
    let mut files = files.chain(iter::once_with(of_original)).flatten();
    original::is_wanted(env) || files.any(|file| file.exists())
}

impl Policy {
    /// The policy where `config` is in force; none if it is off.
    ///
    /// It is on if there is a file that can be understood, if there is one that cannot (then all
    /// it does is to say so), and with `HERALD_POLICY=original`.
    pub fn load(env: &Env, config: &Config) -> Option<Self> {
        Self::load_for(CALL, env, config)
    }

    /// As [`Self::load`], with what the event called `name` needs: rules are about tool calls alone.
    pub fn load_for(name: &str, env: &Env, config: &Config) -> Option<Self> {
        let has_rules = official(name) == CALL;
        let read = match has_rules {
            true => Said::read::<Rules>,
            false => Said::read::<IgnoredAny>,
        };
        let mut issues = Vec::new();
        let project = config.project();
        let [of_user, of_project] = files(env, project.map(Project::root));
        let of_original = config.original_home().map(original_file);
        // At home, the project's is the user's.
        let of_project = of_project.filter(|file| !original::is_own(file, of_original.as_deref()));
        let of_user = of_user.and_then(|file| read(&file, None, &mut issues));
        let of_original = of_original.and_then(|file| read(&file, None, &mut issues));
        let of_project = of_project.and_then(|file| read(&file, project, &mut issues));
        let of_user = Said::over(of_user, of_original);
        let is_original = original::is_wanted(env);
        if !is_original && of_user.is_none() && of_project.is_none() {
            return (!issues.is_empty()).then(|| Self::silent(issues));
        }
        let has_user_file = of_user.is_some();
        let (of_user, of_project) = (of_user.unwrap_or_default(), of_project.unwrap_or_default());
        let mut stops = [of_user.block_on_loop, of_project.block_on_loop];
        let mut posts = [of_user.post_tool_use, of_project.post_tool_use];
        // What the user's file leaves unsaid is said, before the stricter word is looked for: a
        // project shall not have the last word there. Its own silence says nothing.
        if has_user_file {
            stops[0].get_or_insert(outcome::STOPS_LOOPS);
            posts[0].get_or_insert_default().fill_in();
        }
        let lists = match has_rules {
            true => vec![
                List::new(Origin::BuiltIn, builtin::rules(is_original)),
                List::new(Origin::User, of_user.rules.rules),
                List::new(Origin::Project, of_project.rules.rules),
            ],
            false => Vec::new(),
        };
        Some(Self {
            lists,
            failure_rule: FailureRule::new(posts),
            stop_loops: outcome::stricter(stops).unwrap_or(outcome::STOPS_LOOPS),
            is_original,
            speaks: true,
            issues,
        })
    }

    /// A policy that says nothing, because its files cannot be understood.
    fn silent(issues: Vec<ConfigIssue>) -> Self {
        Self {
            lists: Vec::new(),
            failure_rule: FailureRule::new([None, None]),
            stop_loops: false,
            is_original: false,
            speaks: false,
            issues,
        }
    }

    /// Whether replies are to be the original Herald's.
    pub const fn is_original(&self) -> bool {
        self.is_original
    }

    /// What is wrong with the files: what it is about was left out.
    pub fn issues(&self) -> &[ConfigIssue] {
        &self.issues
    }

    /// Whether limits leave out rules of the user's: calls are asked about because of it.
    pub fn leaves_out_rules(&self) -> bool {
        self.lists.iter().any(List::leaves_out_the_users)
    }

    /// Whether it says anything.
    pub const fn speaks(&self) -> bool {
        self.speaks
    }

    /// What it says about a call before it runs; nothing if no rule matches, unless replies are to
    /// be the original's: that allowed what no rule denied. `other` are the payload's fields that
    /// nobody knows.
    pub fn on_call(&self, call: &ToolCall, other: &Map<String, Value>) -> Option<Ruling> {
        if !self.speaks() {
            return None;
        }
        let input = Input::of(call, other);
        let strictest = list::strictest(&self.lists, &input);
        let otherwise = self.is_original.then(Ruling::allow);
        match (strictest.or(otherwise), input.issues.first()) {
            (Some(deny), _) if deny.action == Action::Deny => Some(deny),
            (_, Some(issue)) => {
                let mut ask = Ruling::ask(issue);
                ask.issues = input.issues;
                Some(ask)
            }
            (ruling, None) => ruling,
        }
    }

    /// Why a call that has run is to be blocked, if it is: it failed.
    pub fn on_outcome(&self, call: &ToolCall, other: &Map<String, Value>) -> Option<String> {
        let says = self.speaks.then_some(&self.failure_rule)?;
        says.failure(call, other)
    }

    /// Why a stop is to be blocked, if it is: the agent says that it goes round in circles.
    pub fn on_stop(&self, event: &HookEvent) -> Option<String> {
        let reason = "the agent reports that it stops repeatedly";
        (self.stop_loops && outcome::is_loop(&event.other)).then(|| reason.to_owned())
    }
}
