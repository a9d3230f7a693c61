//! What a policy file may say, as serde reads it.

use serde::Deserialize;

use super::rule::Rule;
use crate::config::{Maybe, Whole};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    #[serde(rename = "$schema")]
    _schema: Maybe<String>,
    pub(super) pre_tool_use: Maybe<PreToolUse>,
    pub(super) post_tool_use: Maybe<PostToolUse>,
    pub(super) stop: Maybe<Stop>,
}

impl Document {
    /// How many rules there are, those with mistakes included.
    pub(super) fn rule_count(&self) -> usize {
        let rules = self
            .pre_tool_use
            .0
            .as_ref()
            .and_then(|section| section.rules.0.as_ref());
        rules.map_or(0, Vec::len)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PreToolUse {
    pub(super) rules: Maybe<Vec<Maybe<Rule>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PostToolUse {
    pub(super) block_on_error: Maybe<bool>,
    pub(super) error_keys: Maybe<Vec<Maybe<String>>>,
    pub(super) block_exit_codes_at_least: Maybe<Whole<0, { u32::MAX }>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stop {
    pub(super) block_on_loop: Maybe<bool>,
}
