//! The whole payload, for the decision policy.
//!
//! [`super`] reads what a sound depends on, as fast as it can; this reads everything.
//! Nothing makes it fail but a payload that is no JSON object.

mod count;

use serde_json::{Deserializer, Map, Value};

pub(crate) use count::{MAX_VALUES, most_values};

use crate::error::{Error, ErrorKind, Result};
use crate::event::official;

/// A hook event: what an agent says at a moment of its work.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HookEvent {
    /// Its name; where it is known, as Claude Code writes it.
    pub name: String,
    /// The call that it is about, before it or after it.
    call: Option<ToolCall>,
    /// The payload's other fields, as they came.
    pub other: Map<String, Value>,
}

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ToolCall {
    /// The tool.
    pub tool_name: Option<String>,
    /// What it is called with: mostly an object, of some agents a list or a string.
    pub tool_input: Option<Value>,
    /// What came of it, after it.
    pub tool_response: Option<Value>,
}

impl HookEvent {
    /// Reads the event from a payload's bytes; `name` if given, else its `hook_event_name`. What
    /// comes after the first object is passed over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Payload`] if `payload` does not begin with a JSON object, or has more than some
    /// 50,000 values.
    pub fn parse(name: Option<&str>, payload: &[u8]) -> Result<Self> {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let payload = payload.strip_prefix(BYTE_ORDER_MARK).unwrap_or(payload);
        let unreadable = || Error::new(ErrorKind::Payload, "payload");
        if most_values(payload) > MAX_VALUES {
            let why = format!("more than {MAX_VALUES} values");
            return Err(unreadable().because(why));
        }
        let mut values = Deserializer::from_slice(payload).into_iter();
        match values.next() {
            Some(Ok(fields)) => Ok(Self::new(name, fields)),
            Some(Err(error)) => Err(unreadable().because(error)),
            None => Err(unreadable().because("empty")),
        }
    }

    /// The event that a payload with `fields` tells of; `name` if given, else its
    /// `hook_event_name`.
    pub fn new(name: Option<&str>, fields: Map<String, Value>) -> Self {
        let mut event = Self {
            name: String::new(),
            call: None,
            other: fields,
        };
        let name = name.or_else(|| event.text(&super::NAMES));
        event.name = official(name.unwrap_or_default()).to_owned();
        let is_about_call = matches!(&*event.name, "PreToolUse" | "PostToolUse");
        event.call = is_about_call.then(|| ToolCall::take(&mut event.other));
        event
    }

    /// The call that it is about, if it is [`PreToolUse` or `PostToolUse`](Self::name).
    pub const fn tool_call(&self) -> Option<&ToolCall> {
        self.call.as_ref()
    }

    /// The first of the fields `names` that is a text.
    pub(crate) fn text(&self, names: &[&str]) -> Option<&str> {
        let mut texts = names
            .iter()
            .filter_map(|name| self.other.get(*name)?.as_str());
        texts.next()
    }
}

impl ToolCall {
    /// Takes a call out of `fields`, in whichever spelling the agent uses. What is not what it is
    /// called stays.
    fn take(fields: &mut Map<String, Value>) -> Self {
        let mut take = |names: &[&str], fits: fn(&Value) -> bool| {
            let name = names
                .iter()
                .find(|name| fields.get(**name).is_some_and(fits))?;
            fields.remove(*name)
        };
        // Null says nothing.
        let says_something = |value: &Value| !value.is_null();
        let name = take(&["tool_name", "toolName", "tool"], Value::is_string);
        let inputs = ["tool_input", "toolInput", "input", "args"];
        let responses = ["tool_response", "toolResponse", "result", "output"];
        Self {
            tool_name: name.and_then(|name| Some(name.as_str()?.to_owned())),
            tool_input: take(&inputs, says_something),
            tool_response: take(&responses, says_something),
        }
    }
}

#[cfg(test)]
mod tests;
