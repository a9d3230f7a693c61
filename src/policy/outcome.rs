//! Detects failed tool calls and stops in a loop.

use serde_json::{Map, Value};

use super::document::PostToolUse;
use crate::config::{Maybe, Whole};
use crate::payload::typed::ToolCall;

/// Members that indicate a failure, unless a file configures others.
const ERRORS: [&str; 3] = ["toolError", "error", "traceback"];
/// Defaults: the lowest exit code of a failure, and whether failures and loops are blocked.
const EXIT_CODES_FROM: u32 = 1;
const BLOCKS: bool = true;
pub(super) const STOPS_LOOPS: bool = true;
const EXIT_CODES: [&str; 4] = ["exitCode", "exit_code", "returnCode", "returncode"];
const FAILED: [&str; 3] = ["error", "failed", "failure"];

impl PostToolUse {
    /// Sets missing members to their defaults.
    pub(super) fn fill_in(&mut self) {
        self.block_on_error.0.get_or_insert(BLOCKS);
        let from = &mut self.block_exit_codes_at_least.0;
        from.get_or_insert(Whole(EXIT_CODES_FROM));
        let keys = self.error_keys.0.get_or_insert_default();
        if keys.iter().all(|key| key.0.is_none()) {
            *keys = ERRORS.map(|key| Maybe(Some(key.to_owned()))).to_vec();
        }
    }

    fn exit_codes_from(&self) -> Option<u32> {
        Some(self.block_exit_codes_at_least.0.as_ref()?.0)
    }
}

/// What counts as a failure of a tool.
#[derive(Debug)]
pub(super) struct FailureRule {
    blocks: bool,
    error_keys: Vec<String>,
    exit_codes_from: i64,
}

impl FailureRule {
    /// Combines the files; where several set a member, the stricter.
    pub(super) fn new(files: [Option<PostToolUse>; 2]) -> Self {
        let files = files.map(Option::unwrap_or_default);
        let from = files.iter().filter_map(|file| file.exit_codes_from());
        let from = from.min().unwrap_or(EXIT_CODES_FROM);
        let blocks = stricter([files[0].block_on_error.0, files[1].block_on_error.0]);
        let keys = files.into_iter().filter_map(|file| file.error_keys.0);
        let mut error_keys: Vec<_> = keys.flatten().filter_map(|key| key.0).collect();
        if error_keys.is_empty() {
            error_keys = ERRORS.map(str::to_owned).to_vec();
        }
        Self {
            blocks: blocks.unwrap_or(BLOCKS),
            error_keys,
            exit_codes_from: from.into(),
        }
    }

    /// The failure of a call, if it failed. Examines the response and the payload's unknown fields.
    pub(super) fn failure(&self, call: &ToolCall, other: &Map<String, Value>) -> Option<String> {
        if !self.blocks {
            return None;
        }
        let response = call.tool_response.as_ref().and_then(Value::as_object);
        let places = [response, Some(other)];
        places.into_iter().flatten().find_map(|members| {
            self.error(members).or_else(|| {
                let code = exit_code(members)?;
                let failed = code >= self.exit_codes_from;
                failed.then(|| format!("the tool ended with exit code {code}"))
            })
        })
    }

    fn error(&self, members: &Map<String, Value>) -> Option<String> {
        let mut values = self.error_keys.iter().filter_map(|key| members.get(key));
        if let Some(error) = values.find(|value| says_something(value)) {
            let text = error.as_str().filter(|text| !text.trim().is_empty());
            return Some(text.unwrap_or("the tool failed").to_owned());
        }
        let status = members.get("status")?.as_str()?.to_ascii_lowercase();
        FAILED
            .contains(&&*status)
            .then(|| "the tool failed".to_owned())
    }
}

fn exit_code(members: &Map<String, Value>) -> Option<i64> {
    let found = EXIT_CODES.iter().find_map(|name| members.get(*name))?;
    match found {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

/// Whether the agent reports a loop.
pub(super) fn is_loop(other: &Map<String, Value>) -> bool {
    let says = |members: &Map<String, Value>| {
        let names = ["loop_detected", "loopDetected"];
        names
            .iter()
            .filter_map(|name| members.get(*name))
            .any(says_something)
    };
    let annotations = other.get("annotations").and_then(Value::as_object);
    let summary = other.get("summary").and_then(Value::as_str);
    let tells = |summary: &str| summary.to_ascii_lowercase().contains("loop");
    says(other) || annotations.is_some_and(says) || summary.is_some_and(tells)
}

/// Whether a value is true in Python.
pub(crate) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The stricter of two settings about blocking.
pub(super) fn stricter(files: [Option<bool>; 2]) -> Option<bool> {
    files
        .into_iter()
        .flatten()
        .reduce(|one, other| one || other)
}
