//! The decision policy: rules about tool calls from a `decision_policy.json`. Without such a file it is off,
//! and sounds decide nothing.
//!
//! Guarantees, whoever wrote the files ([`crate::docs::policy`] describes their format):
//!
//! - A project's file can deny or ask, never allow, because it comes with a repository.
//! - An invalid file denies nothing, and whatever is ignored in it is reported ([`Policy::issues`]).
//! - A call that cannot be examined completely leads to an ask.
//! - Costs are limited, and limits apply before anything is compiled or searched. If a limit affects the
//!   user's rules, the call leads to an ask.
//!
//! | file | responsibility |
//! |---|---|
//! | `document` | the format of policy files |
//! | `rules` | the rules of a file, within limits |
//! | `pattern` | patterns, compiled and searched within limits |
//! | `lazy_pattern` | built-in patterns, compiled only if a text may match |
//! | `rule` | one rule: its subject and its pattern |
//! | `tag` | names for common patterns |
//! | `kind` | the meaning of the command tags |
//! | `arguments` | options and operands of a program |
//! | `shell` | the programs that a shell would run |
//! | `builtin` | the built-in rules |
//! | `list` | the built-in, user's and project's rules, and their precedence |
//! | `ruling` | the decision about a call |
//! | `input` | the parts of a tool call that rules examine |
//! | `outcome` | failed tool calls, and stops in a loop |

#[macro_use]
mod tag;
mod arguments;
mod builtin;
mod document;
mod input;
mod kind;
mod lazy_pattern;
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
pub(crate) use ruling::Ruling;

use crate::config::{self, Config, ConfigIssue};
use crate::event::official;
use crate::original;
use crate::payload::typed::{HookEvent, ToolCall};
use crate::system::env::Env;
use crate::trust::project::Project;
use document::Content;
use input::Input;
use list::List;
use outcome::FailureRule;
use rules::Rules;
use ruling::Origin;

/// The file name of policies.
pub const FILE_NAME: &str = "decision_policy.json";
/// The events that a policy decides about.
pub const DECIDED: [&str; 3] = ["PreToolUse", "PostToolUse", "Stop"];
/// An event that is decided for the report only; no reply mentions it.
pub(crate) const REPORTED: &str = "SubagentStop";
/// The event that rules are about: it precedes a tool call, and only there a policy can prevent the call.
pub(crate) use crate::event::CALL;

/// The policy in force.
#[derive(Debug)]
pub struct Policy {
    /// Within a list, the first match decides; among the lists, the strictest.
    lists: Vec<List>,
    failure_rule: FailureRule,
    stop_loops: bool,
    is_original: bool,
    speaks: bool,
    issues: Vec<ConfigIssue>,
}

/// The paths of the policies of the user and of the project at `root`.
pub fn files(env: &Env, root: Option<&Path>) -> [Option<PathBuf>; 2] {
    let of_user = config::user_file(env).map(|file| file.with_file_name(FILE_NAME));
    let of_project = root.map(|root| root.join(original::POLICY));
    [of_user, of_project].map(|file| file.filter(|file| file.is_absolute()))
}

/// The path of the user's policy for an original Herald installed in the home directory `home`.
pub fn original_file(home: &Path) -> PathBuf {
    home.join(original::POLICY)
}

/// Whether a policy may decide about the event called `name`.
pub fn concerns(name: &str, env: &Env) -> bool {
    DECIDED.contains(&official(name)) || original::is_wanted(env)
}

/// Whether there is a policy for the project at `root`; without `root`, for all projects of the user.
pub fn is_on(env: &Env, root: Option<&Path>) -> bool {
    let of_original = || Some(original_file(&original::home(env)?));
    let files = files(env, root).into_iter();
    let mut files = files.chain(iter::once_with(of_original)).flatten();
    original::is_wanted(env) || files.any(|file| file.exists())
}

impl Policy {
    /// The policy under `config`; none if it is off.
    ///
    /// It is on if a policy file exists, even an invalid one (whose problems are then reported), or with
    /// `HERALD_POLICY=original`.
    pub fn load(env: &Env, config: &Config) -> Option<Self> {
        Self::load_for(CALL, env, config)
    }

    /// As [`Self::load`], but skips the rules if the event called `name` does not need them.
    pub fn load_for(name: &str, env: &Env, config: &Config) -> Option<Self> {
        let has_rules = official(name) == CALL;
        let read = match has_rules {
            true => Content::read::<Rules>,
            false => Content::read::<IgnoredAny>,
        };
        let mut issues = Vec::new();
        let project = config.project();
        let [of_user, of_project] = files(env, project.map(Project::root));
        let of_original = config.original_home().map(original_file);
        // In the home directory, the project's file is the user's.
        let of_project = of_project.filter(|file| !original::is_own(file, of_original.as_deref()));
        let of_user = of_user.and_then(|file| read(&file, None, &mut issues));
        let of_original = of_original.and_then(|file| read(&file, None, &mut issues));
        let of_project = of_project.and_then(|file| read(&file, project, &mut issues));
        let of_user = Content::over(of_user, of_original);
        let is_original = original::is_wanted(env);
        if !is_original && of_user.is_none() && of_project.is_none() {
            return (!issues.is_empty()).then(|| Self::silent(issues));
        }
        let has_user_file = of_user.is_some();
        let (of_user, of_project) = (of_user.unwrap_or_default(), of_project.unwrap_or_default());
        let mut stops = [of_user.block_on_loop, of_project.block_on_loop];
        let mut posts = [of_user.post_tool_use, of_project.post_tool_use];
        // Defaults are filled in for the user's file first, so that a project's file cannot loosen them.
        // Members missing in a project's file have no effect.
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

    /// A policy without decisions, because its files are invalid.
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

    /// Whether replies follow the original Herald.
    pub const fn is_original(&self) -> bool {
        self.is_original
    }

    /// The problems of the files. The parts concerned are ignored.
    pub fn issues(&self) -> &[ConfigIssue] {
        &self.issues
    }

    /// Whether some of the user's rules are over a limit, so that calls lead to an ask.
    pub fn leaves_out_rules(&self) -> bool {
        self.lists.iter().any(List::drops_users_rules)
    }

    /// Whether it can decide anything.
    pub const fn speaks(&self) -> bool {
        self.speaks
    }

    /// The decision about a call before it runs; none if no rule matches. If replies follow the original,
    /// calls without a match are allowed. `other` are the payload's unknown fields.
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

    /// Why a call that has run is blocked, if it failed.
    pub fn on_outcome(&self, call: &ToolCall, other: &Map<String, Value>) -> Option<String> {
        let says = self.speaks.then_some(&self.failure_rule)?;
        says.failure(call, other)
    }

    /// Why a stop is blocked, if the agent reports a loop.
    pub fn on_stop(&self, event: &HookEvent) -> Option<String> {
        let reason = "the agent reports that it stops repeatedly";
        (self.stop_loops && outcome::is_loop(&event.other)).then(|| reason.to_owned())
    }
}
