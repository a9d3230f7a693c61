//! The format of policy files.

use std::path::Path;

use serde::Deserialize;

use super::rules::{MAX_RULES, Rules};
use crate::config::{self, ConfigIssue, MAX_LEN, Maybe, Reading, Whole};
use crate::original::KEYS_OF_POLICY;
use crate::trust::project::Project;

/// The content of a file.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) rules: Rules,
    pub(super) post_tool_use: Option<PostToolUse>,
    pub(super) block_on_loop: Option<bool>,
}

impl Content {
    /// The content of `file`, the user's or that of `project`; none if it is missing or cannot be parsed. `R`
    /// reads the rules, or skips them. Problems are added to `issues`.
    pub(super) fn read<R>(
        file: &Path,
        project: Option<&Project>,
        issues: &mut Vec<ConfigIssue>,
    ) -> Option<Self>
    where
        R: Default + for<'t> Deserialize<'t> + Into<Rules>,
    {
        let said = match config::read_as::<Document<R>>(file, project, &KEYS_OF_POLICY) {
            Reading::Absent => return None,
            Reading::Unreadable(issue) => {
                issues.push(issue);
                let is_past_limit = project.is_none() && is_too_long(file);
                return is_past_limit.then(|| Self {
                    rules: Rules::left_out(),
                    ..Self::default()
                });
            }
            Reading::Read(document, found) => {
                issues.extend(found);
                Self::from(document)
            }
        };
        if said.rules.are_too_many {
            let what = format!("only the first {MAX_RULES} rules are used");
            issues.push(ConfigIssue::of_file(file, None, what));
        }
        Some(said)
    }

    /// Combines two files of the user: each member of `over` replaces that of `under`, and the rules of
    /// `over` come first.
    pub(super) fn over(over: Option<Self>, under: Option<Self>) -> Option<Self> {
        let (mut over, under) = match (over, under) {
            (Some(over), Some(under)) => (over, under),
            (over, under) => return over.or(under),
        };
        over.rules.rules.extend(under.rules.rules);
        over.block_on_loop = over.block_on_loop.or(under.block_on_loop);
        over.post_tool_use = match (over.post_tool_use, under.post_tool_use) {
            (Some(over), Some(under)) => Some(over.over(under)),
            (over, under) => over.or(under),
        };
        Some(over)
    }
}

fn is_too_long(file: &Path) -> bool {
    let metadata = file.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() > MAX_LEN)
}

impl<R: Into<Rules>> From<Document<R>> for Content {
    fn from(document: Document<R>) -> Self {
        let rules = document.pre_tool_use.0.and_then(|section| section.rules.0);
        Self {
            rules: rules.map(Into::into).unwrap_or_default(),
            post_tool_use: document.post_tool_use.0,
            block_on_loop: document.stop.0.and_then(|stop| stop.block_on_loop.0),
        }
    }
}

/// A policy file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound = "R: Default + Deserialize<'de>")]
struct Document<R> {
    #[serde(rename = "$schema")]
    _schema: Maybe<String>,
    pre_tool_use: Maybe<PreToolUse<R>>,
    post_tool_use: Maybe<PostToolUse>,
    stop: Maybe<Stop>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound = "R: Default + Deserialize<'de>")]
struct PreToolUse<R> {
    rules: Maybe<R>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PostToolUse {
    pub(super) block_on_error: Maybe<bool>,
    pub(super) error_keys: Maybe<Vec<Maybe<String>>>,
    pub(super) block_exit_codes_at_least: Maybe<Whole<0, { u32::MAX }>>,
}

impl PostToolUse {
    fn over(self, under: Self) -> Self {
        Self {
            block_on_error: Maybe(self.block_on_error.0.or(under.block_on_error.0)),
            error_keys: Maybe(self.error_keys.0.or(under.error_keys.0)),
            block_exit_codes_at_least: Maybe(
                self.block_exit_codes_at_least
                    .0
                    .or(under.block_exit_codes_at_least.0),
            ),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stop {
    block_on_loop: Maybe<bool>,
}
