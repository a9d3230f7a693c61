//! The original's report of an event, and its line on standard error.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::defaults;
use crate::dispatcher::DispatchReport;
use crate::event::{Event, official};

/// A report with the original's members.
#[derive(Debug, Serialize)]
pub struct Record<'r> {
    event_type: &'r str,
    handler_name: Option<&'static str>,
    handled: bool,
    audio_type: &'r str,
    audio_played: bool,
    audio_path: Option<&'r Path>,
    throttled: bool,
    response: &'r Map<String, Value>,
    notes: Vec<String>,
    errors: &'r [String],
    decision_payload: Option<&'r Map<String, Value>>,
    blocked: bool,
}

impl<'r> Record<'r> {
    /// The record of `report`.
    pub fn of(report: &'r DispatchReport) -> Self {
        let DispatchReport { event, sound, .. } = report;
        let known = Event::find(event);
        let note = match sound.throttled {
            Some(window) => format!("Throttled (<= {}s)", window.as_secs_f64()),
            None => sound.reason.clone(),
        };
        Self {
            event_type: event,
            handler_name: known.map(|event| event.name),
            handled: known.is_some(),
            audio_type: official(event),
            audio_played: sound.played,
            audio_path: sound.path.as_deref(),
            throttled: sound.throttled.is_some(),
            response: &report.response,
            notes: Some(note)
                .filter(|note| !note.is_empty())
                .into_iter()
                .collect(),
            errors: &report.errors,
            decision_payload: report.decision_payload.as_ref(),
            blocked: report.blocked,
        }
    }
}

/// `[Herald] event=… handler=… handled=… audio=… played=… throttled=… path=… notes=… errors=…
/// decision=… blocked=True`
pub fn line(report: &DispatchReport, errors: &str) -> String {
    let record = Record::of(report);
    let python = |yes: bool| if yes { "True" } else { "False" };
    let mut line = format!(
        "[Herald] event={} handler={} handled={} audio={} played={} throttled={}",
        record.event_type,
        record.handler_name.map_or("none", handler),
        python(record.handled),
        record.audio_type,
        python(record.audio_played),
        python(record.throttled),
    );
    let mut field = |key: &str, value: &str| {
        if !value.is_empty() {
            line.push_str(&format!(" {key}={value}"));
        }
    };
    let path = record.audio_path.map(Path::to_string_lossy);
    field("path", &path.unwrap_or_default());
    field("notes", &record.notes.join("|"));
    field("errors", errors);
    field("decision", report.decision().unwrap_or_default());
    field("blocked", if report.blocked { "True" } else { "" });
    line
}

/// The name of the Python function that handled the event; for an event that the original did not know, the
/// event's name.
fn handler(event: &'static str) -> &'static str {
    match event {
        "Stop" | "SubagentStop" => "<lambda>",
        "PreCompact" => "_noop_handler",
        _ if defaults(event).is_some() => "handler",
        _ => event,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn handlers_have_the_originals_names() {
        for (event, handler) in [
            ("Stop", "<lambda>"),
            ("SubagentStop", "<lambda>"),
            ("Notification", "handler"),
            ("UserPromptSubmit", "handler"),
            ("PreCompact", "_noop_handler"),
            ("PermissionRequest", "PermissionRequest"),
        ] {
            assert_eq!(super::handler(event), handler);
        }
    }
}
