//! The `additionalContext` of the original's replies: a record of what it saw and did. Actions that Herald
//! does not perform, such as creating and removing files, are omitted.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::SOUNDS;
use crate::config::Config;
use crate::payload::typed::{HookEvent, ToolCall};
use crate::policy::says_something;

/// The maximum lengths of a tool's output, a prompt and a prompt's preview, in characters.
const MAX_OUTPUT: usize = 600;
const MAX_PROMPT: usize = 4_000;
const MAX_PREVIEW: usize = 240;
/// More line breaks than this in a prompt are reported.
const MAX_LINES: usize = 100;
/// The field that names the session.
const SESSION: [&str; 2] = ["session_id", "sessionId"];

/// The context for `event`, if the original had one; `blocked` says whether a call that has run is blocked.
pub(crate) fn context(event: &HookEvent, blocked: bool, config: &Config) -> Option<Value> {
    let other = &event.other;
    match (&*event.name, event.tool_call()) {
        ("PostToolUse", Some(call)) => Some(outcome(&super::as_read(call, other), other, blocked)),
        ("SessionStart", _) => Some(start(event, config)),
        ("SessionEnd", _) => Some(end(event)),
        ("UserPromptSubmit", _) => Some(submission(event)),
        _ => None,
    }
}

fn outcome(call: &ToolCall, other: &Map<String, Value>, blocked: bool) -> Value {
    let nothing = Map::new();
    let response = call.tool_response.as_ref().and_then(Value::as_object);
    let response = response.unwrap_or(&nothing);
    let exit_code = ["exitCode", "exit_code"]
        .iter()
        .find_map(|name| whole(response.get(*name)?));
    let error = ["toolError", "error", "stderr", "traceback"]
        .iter()
        .filter_map(|name| Some(response.get(*name)?.as_str()?.trim()))
        .find(|error| !error.is_empty());
    let status = || {
        let status = response.get("status").and_then(Value::as_str);
        status.is_none_or(|status| {
            let good = ["ok", "success", "completed"];
            good.contains(&&*status.to_lowercase())
        })
    };
    let told = response.get("success").and_then(Value::as_bool);
    let success = told.unwrap_or_else(|| exit_code.map_or_else(status, |code| code == 0));
    let mut record = json!({
        "tool": call.tool_name.as_deref().map_or("unknown", str::trim),
        "timestamp": now(),
        "exitCode": exit_code,
        "duration": first(other, &["execution_time", "duration"]).and_then(seconds),
        "result": result(response, exit_code, error, (success, blocked)),
        "shouldAlert": !success || error.is_some() || blocked,
    });
    if let Some(error) = error {
        record["errorMessage"] = json!(error);
    }
    record
}

fn result(
    response: &Map<String, Value>,
    exit_code: Option<i64>,
    error: Option<&str>,
    (success, blocked): (bool, bool),
) -> Value {
    let mut result = json!({});
    if let Some(told) = response.get("success") {
        result["success"] = json!(says_something(told));
    }
    let output = response.get("output").and_then(Value::as_str);
    if let Some(output) = output.filter(|output| !output.is_empty()) {
        let (output, is_cut) = cut(output.trim(), MAX_OUTPUT);
        result["outputPreview"] = json!(output);
        if is_cut {
            result["outputTruncated"] = json!(true);
        }
    }
    if let Some(error) = error {
        result["errorMessage"] = json!(cut(error, MAX_OUTPUT).0);
    }
    if let Some(code) = exit_code {
        result["exitCode"] = json!(code);
    }
    for name in ["stdout", "stderr"] {
        if response.contains_key(name) {
            result[name] = json!("<redacted>");
        }
    }
    let alerts = true_of([
        (blocked, "decision_blocked"),
        (error.is_some(), "error_detected"),
        (!success && error.is_none(), "execution_failed"),
    ]);
    if !alerts.is_empty() {
        result["alerts"] = json!(alerts);
    }
    result
}

fn start(event: &HookEvent, config: &Config) -> Value {
    let other = &event.other;
    let (environment, preferences) = (object(other, "environment"), object(other, "preferences"));
    let (mut checks, mut warnings) = (Vec::new(), Vec::new());
    let mut check = |is_there: bool, good: &'static str, bad: &'static str| match is_there {
        true => checks.push(good),
        false => warnings.push(bad),
    };
    let cwd = environment.and_then(|environment| environment.get("working_directory")?.as_str());
    if let Some(cwd) = cwd {
        let is_there = Path::new(cwd).exists();
        check(
            is_there,
            "working_directory_exists",
            "working_directory_missing",
        );
    }
    let of_project = || Some(config.project()?.root().join(SOUNDS));
    let sounds = config.base_path().map(Path::to_owned).or_else(of_project);
    let has_sounds = sounds.is_some_and(|sounds| sounds.is_dir());
    check(
        has_sounds,
        "sounds_directory_present",
        "sounds_directory_missing",
    );
    let wants_audio =
        preferences.and_then(|preferences| preferences.get("audio_enabled")?.as_bool());
    if wants_audio == Some(false) {
        warnings.push("audio_disabled_by_user");
    }
    let mut record = json!({
        "sessionId": session(event),
        "userId": user(other),
        "startedAt": time(other, "start_time"),
        "setupChecks": checks,
        "warnings": warnings,
    });
    for (name, object) in [("environment", environment), ("preferences", preferences)] {
        if let Some(object) = object {
            record[name] = object.clone();
        }
    }
    record
}

fn end(event: &HookEvent) -> Value {
    let other = &event.other;
    let told = first(other, &["termination_reason"]).cloned();
    let listed = first(other, &["resources_to_cleanup", "cleanup"]).and_then(Value::as_array);
    let listed = listed
        .into_iter()
        .flatten()
        .filter(|resource| resource.is_string());
    json!({
        "sessionId": session(event),
        "endedAt": time(other, "end_time"),
        "termination": told.unwrap_or_else(|| json!(event.text(&["reason"]).unwrap_or("normal"))),
        "durationSeconds": other.get("duration").and_then(seconds),
        "statistics": other.get("statistics").filter(|value| value.is_object()).unwrap_or(&json!({})),
        // Removal is not Herald's task.
        "removedResources": [],
        "skippedResources": listed.collect::<Vec<_>>(),
    })
}

fn submission(event: &HookEvent) -> Value {
    let (other, prompt) = (&event.other, event.text(&["prompt"]));
    let text = prompt.unwrap_or_default().replace("\r\n", "\n");
    let (sent, is_cut) = cut(text.trim(), MAX_PROMPT);
    let issues = true_of([
        (prompt.is_none(), "missing_prompt"),
        (sent.is_empty(), "empty_prompt"),
        (text.matches('\n').count() > MAX_LINES, "excessive_newlines"),
        (is_cut, "prompt_truncated"),
    ]);
    let preview = Some(cut(sent, MAX_PREVIEW).0).filter(|preview| !preview.is_empty());
    let mut record = json!({
        "promptPreview": preview,
        "issues": issues,
        "timestamp": time(other, "timestamp"),
        "prompt": sent,
        "truncated": is_cut,
        "length": sent.chars().count(),
    });
    for (name, value) in [
        ("userId", Some(user(other)).filter(|user| !user.is_null())),
        (
            "sessionId",
            event.text(&SESSION).map(|session| json!(session)),
        ),
        ("metadata", object(other, "metadata").cloned()),
    ] {
        if let Some(value) = value {
            record[name] = value;
        }
    }
    record
}

/// The names of the true conditions.
fn true_of<const N: usize>(conditions: [(bool, &'static str); N]) -> Vec<&'static str> {
    let named = conditions.into_iter().filter(|(is, _)| *is);
    named.map(|(_, name)| name).collect()
}

/// The object called `name`, unless it is empty.
fn object<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let found = members.get(name);
    found.filter(|value| value.is_object() && says_something(value))
}

fn session(event: &HookEvent) -> &str {
    let session = event.text(&SESSION);
    session
        .filter(|session| !session.is_empty())
        .unwrap_or("unknown-session")
}

fn user(other: &Map<String, Value>) -> Value {
    first(other, &["user_id", "userId"])
        .cloned()
        .unwrap_or_default()
}

/// The first of the fields `names` that is not empty.
fn first<'m>(members: &'m Map<String, Value>, names: &[&str]) -> Option<&'m Value> {
    let found = names.iter().filter_map(|name| members.get(*name));
    found.into_iter().find(|value| says_something(value))
}

/// The time in the payload's field `name`, else now.
fn time(other: &Map<String, Value>, name: &str) -> String {
    let told = other.get(name).and_then(Value::as_str);
    told.map_or_else(now, str::to_owned)
}

fn now() -> String {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
    now.to_string()
}

fn seconds(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

/// The first `most` characters of `text`, and whether there are more.
fn cut(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}
