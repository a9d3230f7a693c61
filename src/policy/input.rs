//! What rules look at: the text of the command and the paths that a call names.

use serde_json::{Map, Value};

use crate::hook::typed::ToolCall;

/// The longest command and the longest paths together, in bytes, and the most paths that rules are
/// asked about: a hook shall not take long, whatever it is given.
const MAX_COMMAND_LEN: usize = 64 << 10;
const MAX_PATHS_LEN: usize = 64 << 10;
const MAX_PATHS: usize = 1_000;
/// Members whose text is a command.
const COMMANDS: [&str; 5] = ["command", "commands", "input", "prompt", "args"];
/// What the name of a member says if its value is a path.
const PATHS: [&str; 3] = ["path", "file", "target"];

/// What a call is about, for rules.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) command: String,
    pub(super) paths: Vec<String>,
    /// Why it cannot be told for sure what the call is about.
    pub(super) issues: Vec<&'static str>,
}

impl Input {
    /// Of a call; `other` are the payload's fields that nobody knows.
    pub(super) fn of(call: &ToolCall, other: &Map<String, Value>) -> Self {
        let mut input = Self::default();
        match &call.tool_input {
            Some(Value::Object(members)) => input.take_members(members),
            Some(Value::Array(list)) => input.take_list(list),
            Some(Value::String(text)) => input.take_text(text),
            Some(_) => input.issues.push("unsupported_tool_input_type"),
            None => {
                if let Some(Value::String(command)) = other.get("command") {
                    input.command.clone_from(command);
                }
            }
        }
        let paths_that_fit = input.paths_that_fit();
        if input.command.len() > MAX_COMMAND_LEN || input.paths.len() > paths_that_fit {
            input.command.truncate(floor_char_boundary(&input.command));
            input.paths.truncate(paths_that_fit);
            input.issues.push("tool_input_too_long");
        }
        if call
            .tool_name
            .as_deref()
            .is_none_or(|name| name.trim().is_empty())
        {
            input.issues.push("missing_tool_name");
        }
        input
    }

    /// How many of the paths are looked at.
    fn paths_that_fit(&self) -> usize {
        let mut room = Some(MAX_PATHS_LEN);
        let fits = |path: &&String| {
            room = room.and_then(|room| room.checked_sub(path.len()));
            room.is_some()
        };
        self.paths.iter().take(MAX_PATHS).take_while(fits).count()
    }

    fn take_members(&mut self, members: &Map<String, Value>) {
        let commands = COMMANDS.iter().filter_map(|name| members.get(*name));
        let commands: Vec<_> = commands.flat_map(texts).collect();
        self.command = commands.join(" \n");
        let is_path = |name: &str| {
            let name = name.to_ascii_lowercase();
            PATHS.iter().any(|part| name.contains(part))
        };
        let paths = members.iter().filter(|(name, _)| is_path(name));
        self.paths = paths.flat_map(|(_, value)| texts(value)).collect();
    }

    /// The words of a command.
    fn take_list(&mut self, list: &[Value]) {
        self.command = list.iter().flat_map(texts).collect::<Vec<_>>().join(" ");
    }

    /// JSON in a string.
    fn take_text(&mut self, text: &str) {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => self.take_members(&members),
            Ok(Value::Array(list)) => self.take_list(&list),
            Ok(_) => self.issues.push("unsupported_tool_input_type"),
            Err(_) => self.issues.push("invalid_tool_input_json"),
        }
    }
}

/// The text that `value` is, or those that it is a list of.
fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

/// Where a command that is too long is cut, not inside a character.
fn floor_char_boundary(text: &str) -> usize {
    let ends = (0..=MAX_COMMAND_LEN.min(text.len())).rev();
    ends.into_iter()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0)
}
