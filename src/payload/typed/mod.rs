//! The complete payload, for the decision policy.
//!
//! [`super`] reads what sounds depend on, as fast as possible; this module reads everything. Parsing fails
//! only if the payload is not a JSON object.

mod count;

use serde_json::{Deserializer, Map, Value};

pub(crate) use count::{MAX_VALUES, most_values};

use crate::error::{Error, ErrorKind, Result};
use crate::event::official;

/// A hook event with all its fields.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HookEvent {
    /// The event's name; for a known event, in Claude Code's spelling.
    pub name: String,
    /// The tool call, before or after it ran.
    call: Option<ToolCall>,
    /// The other fields of the payload, unchanged.
    pub other: Map<String, Value>,
}

/// A tool call.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ToolCall {
    /// The tool.
    pub tool_name: Option<String>,
    /// The input: usually an object; some agents send a list or a string.
    pub tool_input: Option<Value>,
    /// The result, if the call has run.
    pub tool_response: Option<Value>,
}

impl HookEvent {
    /// Parses a payload. The event is `name` if given, else the payload's `hook_event_name`. Bytes after the
    /// first object are ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Payload`] if `payload` does not begin with a JSON object, or has more than about 50,000
    /// values.
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

    /// The event of a payload with `fields`. Its name is `name` if given, else `hook_event_name`.
    pub fn new(name: Option<&str>, fields: Map<String, Value>) -> Self {
        let mut event = Self {
            name: String::new(),
            call: None,
            other: fields,
        };
        let name = name.or_else(|| event.text(&super::NAMES));
        event.name = official(name.unwrap_or_default()).to_owned();
        let nested = match &*event.name {
            "PreToolUse" => "preToolUse",
            "PostToolUse" => "postToolUse",
            _ => return event,
        };
        // Cline has what a call is about in an object of its own.
        if let Some(Value::Object(nested)) = event.other.remove(nested) {
            for (name, value) in nested {
                event.other.entry(name).or_insert(value);
            }
        }
        event.call = Some(ToolCall::take(&mut event.other));
        event
    }

    /// The tool call of a [`PreToolUse` or `PostToolUse`](Self::name).
    pub const fn tool_call(&self) -> Option<&ToolCall> {
        self.call.as_ref()
    }

    /// The first text among the fields `names`.
    pub(crate) fn text(&self, names: &[&str]) -> Option<&str> {
        let mut texts = names
            .iter()
            .filter_map(|name| self.other.get(*name)?.as_str());
        texts.next()
    }
}

impl ToolCall {
    /// Takes the call out of `fields`, in any spelling. A field of the wrong type stays.
    fn take(fields: &mut Map<String, Value>) -> Self {
        let mut take = |names: &[&str], fits: fn(&Value) -> bool| {
            let name = names
                .iter()
                .find(|name| fields.get(**name).is_some_and(fits))?;
            fields.remove(*name)
        };
        // Null counts as missing.
        let says_something = |value: &Value| !value.is_null();
        let name = take(&["tool_name", "toolName", "tool"], Value::is_string);
        let inputs = ["tool_input", "toolInput", "input", "args", "parameters"];
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
