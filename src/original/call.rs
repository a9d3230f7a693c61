//! Tool calls as the original read them: it knew more names for the tool, and skipped empty inputs.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::payload::typed::ToolCall;
use crate::policy::says_something;

/// The fields that may hold the input.
const INPUTS: [&str; 4] = ["toolInput", "tool_input", "input", "args"];

/// `call` with what the original found in `other`: a tool in `name`, and another input in place of an empty
/// one.
pub(crate) fn as_read<'c>(call: &'c ToolCall, other: &Map<String, Value>) -> Cow<'c, ToolCall> {
    let has_name = call
        .tool_name
        .as_deref()
        .is_some_and(|name| !name.trim().is_empty());
    let name = other.get("name").filter(|_| !has_name);
    let name = name.and_then(Value::as_str);
    let has_empty_input = call
        .tool_input
        .as_ref()
        .is_some_and(|input| !says_something(input));
    if name.is_none() && !has_empty_input {
        return Cow::Borrowed(call);
    }
    let mut call = call.clone();
    if let Some(name) = name {
        call.tool_name = Some(name.to_owned());
    }
    if has_empty_input {
        let inputs = INPUTS.iter().filter_map(|input| other.get(*input));
        call.tool_input = inputs
            .into_iter()
            .find(|input| says_something(input))
            .cloned();
    }
    Cow::Owned(call)
}
