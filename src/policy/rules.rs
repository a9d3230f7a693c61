//! The rules of a file, counted before they are compiled, and compiled within limits.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Visitor,
};

use super::pattern::{Allowance, Fault};
use super::rule::{Rule, WrittenRule};
use crate::config::MaybeSeed;

/// The number of rules used per file: a hook compiles them at every call.
pub(super) const MAX_RULES: usize = 100;
/// The limit for the compiled patterns of a file together, in bytes of memory.
const MAX_COMPILED_LEN: usize = 1 << 20;

/// The valid rules of a file, in order.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// `None` in place of a rule that is over a limit.
    pub(super) rules: Vec<Option<Rule>>,
    /// Whether the file has more rules than are used.
    pub(super) are_too_many: bool,
}

impl Rules {
    /// The rules of a file that is too long.
    pub(super) fn left_out() -> Self {
        Self {
            rules: vec![None],
            are_too_many: false,
        }
    }
}

/// Rules that were skipped.
impl From<IgnoredAny> for Rules {
    fn from(_: IgnoredAny) -> Self {
        Self::default()
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rules, A::Error> {
        let mut found = Rules::default();
        let mut allowance = Allowance::new(MAX_COMPILED_LEN);
        for _ in 0..MAX_RULES {
            let mut is_past_limit = false;
            let rule = list.next_element_seed(MaybeSeed(Compiling {
                allowance: &mut allowance,
                is_past_limit: &mut is_past_limit,
            }))?;
            match rule {
                None => return Ok(found),
                Some(None) if !is_past_limit => {}
                Some(rule) => found.rules.push(rule),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            found.are_too_many = true;
        }
        if found.are_too_many {
            found.rules.push(None);
        }
        Ok(found)
    }
}

/// Deserializes and compiles a rule.
struct Compiling<'a> {
    allowance: &'a mut Allowance,
    is_past_limit: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Compiling<'_> {
    type Value = Rule;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rule, D::Error> {
        let written = WrittenRule::deserialize(deserializer)?;
        Rule::new(written, self.allowance).map_err(|fault| match fault {
            Fault::Mistake(what) => Error::custom(what),
            Fault::Limit(what) => {
                *self.is_past_limit = true;
                Error::custom(what)
            }
        })
    }
}
