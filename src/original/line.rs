//! The original's line on standard error for each event.

use std::path::Path;

use super::defaults;
use crate::dispatcher::DispatchReport;

/// `[Herald] event=… handler=… handled=… audio=… played=… throttled=… path=… notes=… errors=…
/// decision=… blocked=True`
pub fn line(report: &DispatchReport, errors: &str) -> String {
    let python = |yes: bool| if yes { "True" } else { "False" };
    let mut line = format!(
        "[Herald] event={} handler={} handled={} audio={} played={} throttled={}",
        report.event_type,
        report.handler_name.map_or("none", handler),
        python(report.handled),
        report.audio_type.as_deref().unwrap_or("None"),
        python(report.audio_played),
        python(report.throttled),
    );
    let mut field = |key: &str, value: &str| {
        if !value.is_empty() {
            line.push_str(&format!(" {key}={value}"));
        }
    };
    let path = report.audio_path.as_deref().map(Path::to_string_lossy);
    field("path", &path.unwrap_or_default());
    field("notes", &report.notes.join("|"));
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
