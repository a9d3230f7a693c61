//! Writes and reads the plugin of agents that run plugins instead of hooks. The file is Herald's own: it is
//! written, replaced and removed as a whole.

use serde_json::json;

use super::command::{Herald, quoted, recognize};
use super::document::{Fault, Hook, Place};
use super::events::Wanted;
use super::planned::{Command, Planned};

/// The plugin, with words for what installing decides.
const TEMPLATE: &str = include_str!("plugin.js");
/// The beginnings of the lines with the program and its arguments, and with the events.
const COMMAND: &str = "const COMMAND = ";
const EVENTS: &str = "const EVENTS = ";

/// What differs between two plugins of one version and agent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plugin {
    /// The program, which may start with `$HOME`, and its arguments.
    command: Vec<String>,
    events: Vec<String>,
}

impl Plugin {
    /// None if `text` is another's.
    fn parse(text: &str) -> Option<Self> {
        let list = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
            serde_json::from_str(lines.next()?).ok()
        };
        let is_own = text.lines().next() == TEMPLATE.lines().next();
        is_own.then_some(Self {
            command: list(COMMAND)?,
            events: list(EVENTS)?,
        })
    }

    /// The file, which exports the plugin as `export` says.
    fn write(&self, export: &str) -> String {
        TEMPLATE
            .replace("$COMMAND", &json!(self.command).to_string())
            .replace("$EVENTS", &json!(self.events).to_string())
            .replace("$EXPORT", export)
    }

    /// What an agent's shell would have to run.
    fn words(&self) -> String {
        let words = self.command.iter().map(|word| quoted(word));
        words.collect::<Vec<_>>().join(" ")
    }

    fn program(&self) -> Option<&str> {
        self.command.first().map(String::as_str)
    }
}

/// The events that the plugin reports, as hooks; none if it is another's.
pub(super) fn hooks(text: &str) -> Vec<Hook> {
    let Some(plugin) = Plugin::parse(text) else {
        return Vec::new();
    };
    let command = plugin.words();
    let Some(herald) = recognize(&command) else {
        return Vec::new();
    };
    let hook = |event| Hook {
        event,
        matcher: None,
        command: command.clone(),
        herald: herald.clone(),
        place: Place::default(),
    };
    plugin.events.into_iter().map(hook).collect()
}

/// The plugin that also reports `events`, and runs the program of `command` if there was none or a stale one.
///
/// # Errors
///
/// If the file is another's.
pub(super) fn install(
    text: &str,
    export: &str,
    events: &[Wanted<'_>],
    command: &Command<'_>,
    is_stale: impl Fn(&str) -> bool,
) -> Result<Planned, Fault> {
    let old = Plugin::parse(text);
    if old.is_none() && !text.trim().is_empty() {
        return Err(Fault {
            position: None,
            what: "the plugin in this file is not Herald's".to_owned(),
        });
    }
    let mut planned = Planned::of(text);
    let mut plugin = match &old {
        Some(old) if !old.program().is_none_or(&is_stale) => old.clone(),
        old => Plugin {
            command: words(command),
            events: old.as_ref().map_or_else(Vec::new, |old| old.events.clone()),
        },
    };
    let before = plugin.events.clone();
    if old.is_some() && plugin.write(export) != text {
        planned.replaced.clone_from(&before);
    }
    let new = events.iter().map(|wanted| wanted.event.to_owned());
    planned.events = new.filter(|event| !before.contains(event)).collect();
    plugin.events.extend(planned.events.iter().cloned());
    if !plugin.events.is_empty() {
        planned.text = plugin.write(export);
    }
    Ok(planned)
}

/// Nothing, if the file is Herald's.
pub(super) fn uninstall(text: &str) -> Planned {
    let mut planned = Planned::of(text);
    if let Some(plugin) = Plugin::parse(text) {
        planned.text.clear();
        planned.events = plugin.events;
    }
    planned
}

/// The program and the arguments of a command for a shell, without what only a shell understands.
fn words(command: &Command<'_>) -> Vec<String> {
    let program = match recognize(&format!("{} hook", command.program)) {
        Some(Herald::Own { program, .. }) => program,
        Some(Herald::Original { .. }) | None => command.path.to_owned(),
    };
    let args = command.plain_args().into_iter();
    let words = [program.as_str()].into_iter().chain(args);
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = "export const Herald = plugin";

    fn command(program: &str) -> Command<'_> {
        Command {
            program,
            in_place_of_original: program,
            args: "hook --agent opencode 2>/dev/null || true",
            path: "/bin/herald",
            may_exec: true,
        }
    }

    fn installed(text: &str, events: &[&str], program: &str) -> Planned {
        let events = events.iter().map(|event| Wanted { event, tools: &[] });
        let events: Vec<_> = events.collect();
        let is_stale = |program: &str| program.starts_with("/old");
        install(text, EXPORT, &events, &command(program), is_stale).unwrap()
    }

    #[test]
    fn a_plugin_is_written_changed_and_removed_as_a_whole() {
        let first = installed("", &["Stop"], "'/a b/herald'");
        let lines: Vec<_> = first.text.lines().collect();
        for line in [
            r#"const COMMAND = ["/a b/herald","hook","--agent","opencode"]"#,
            r#"const EVENTS = ["Stop"]"#,
            EXPORT,
        ] {
            assert!(lines.contains(&line), "{line}: {}", first.text);
        }
        let again = installed(&first.text, &["Stop"], "'/another/herald'");
        assert_eq!((&again.text, again.replaced.len()), (&first.text, 0));
        let more = installed(&first.text, &["Stop", "StopFailure"], "herald");
        assert_eq!(
            (more.events, more.replaced.len()),
            (vec!["StopFailure".to_owned()], 0)
        );
        assert!(
            more.text.contains(r#"["Stop","StopFailure"]"#),
            "{}",
            more.text
        );

        let left = uninstall(&more.text);
        assert_eq!(
            (&*left.text, left.events),
            ("", vec!["Stop".to_owned(), "StopFailure".to_owned()])
        );
    }

    #[test]
    fn a_plugin_that_is_stale_or_of_another_version_is_replaced() {
        let old = installed("", &["Stop"], "/old/herald").text;
        let new = installed("", &["Stop"], "\"$HOME/bin/herald\"").text;
        assert!(new.contains(r#"["$HOME/bin/herald","hook""#), "{new}");
        let planned = installed(&old, &["Stop"], "\"$HOME/bin/herald\"");
        assert_eq!((&planned.text, planned.events.len()), (&new, 0));
        assert_eq!(planned.replaced, ["Stop"]);
        let planned = installed(&format!("{new}// older\n"), &[], "herald");
        assert_eq!(
            (&planned.text, planned.replaced),
            (&new, vec!["Stop".to_owned()])
        );
    }

    #[test]
    fn anothers_plugin_stays() {
        for text in [
            "export const Mine = async () => ({})\n",
            "// Herald\nconst EVENTS = [1]\n",
        ] {
            assert!(hooks(text).is_empty());
            assert_eq!(uninstall(text).text, text);
            let fault = install(text, EXPORT, &[], &command("herald"), |_| false);
            assert!(fault.unwrap_err().what.contains("not Herald's"));
        }
        assert_eq!(installed("", &[], "herald").text, "");
    }

    #[test]
    fn its_events_count_as_hooks() {
        let text = installed("", &["Stop", "StopFailure"], "\"/it's/herald\"").text;
        let hooks = hooks(&text);
        let events: Vec<_> = hooks.iter().map(|hook| &*hook.event).collect();
        assert_eq!(events, ["Stop", "StopFailure"]);
        let Herald::Own { program, .. } = &hooks[0].herald else {
            panic!("{hooks:?}");
        };
        assert_eq!(program, "/it's/herald");
    }
}
