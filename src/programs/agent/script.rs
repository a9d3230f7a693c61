//! Hooks that are files of their own: a script for each event, named after it, in the agent's directory for
//! hooks. A script is written, replaced and removed as a whole.

use super::command::{Herald, recognize};
use super::document::{Fault, Hook, Place};
use super::events::Wanted;
use super::planned::{Command, Planned};

const HEAD: &str = "#!/bin/sh\n\
    # Herald's hook: `herald install` writes this file, and `herald uninstall` removes it.\n";
/// An agent may take a failure, or what is no reply, for a no.
const TAIL: &str = " 2>/dev/null || true\n";

/// The command of Herald's script; none if it is another's.
fn command(text: &str) -> Option<&str> {
    text.strip_prefix(HEAD)?.strip_suffix(TAIL)
}

/// The hook that the script is; none if it is another's.
pub(super) fn hooks(text: &str) -> Vec<Hook> {
    let hook = command(text).and_then(|command| {
        let herald = recognize(command)?;
        Some(Hook {
            event: command.rsplit(' ').next()?.to_owned(),
            matcher: None,
            command: command.to_owned(),
            herald,
            place: Place::default(),
        })
    });
    hook.into_iter().collect()
}

/// The script for the event that is wanted, if one is, which runs the program of `new` if there was none or a
/// stale one.
///
/// # Errors
///
/// If the file is another's.
pub(super) fn install(
    text: &str,
    events: &[Wanted<'_>],
    new: &Command<'_>,
    is_stale: impl Fn(&str) -> bool,
) -> Result<Planned, Fault> {
    let mut planned = Planned::of(text);
    let old = hooks(text).pop();
    if old.is_none() && !text.trim().is_empty() && !events.is_empty() {
        return Err(Fault {
            position: None,
            what: "the script in this file is not Herald's".to_owned(),
        });
    }
    let is_old = |hook: &Hook| match &hook.herald {
        Herald::Own { program, .. } => is_stale(program),
        Herald::Original { .. } => true,
    };
    let event = match (&old, events) {
        (Some(old), _) if is_old(old) => {
            planned.replaced.push(old.event.clone());
            &old.event
        }
        (None, [wanted, ..]) => {
            planned.events.push(wanted.event.to_owned());
            wanted.event
        }
        (Some(_), _) | (None, []) => return Ok(planned),
    };
    let args = new.plain_args().join(" ");
    planned.text = format!("{HEAD}{} {args} {event}{TAIL}", new.program);
    Ok(planned)
}

/// Nothing, if the script is Herald's.
pub(super) fn uninstall(text: &str) -> Planned {
    let mut planned = Planned::of(text);
    if let Some(hook) = hooks(text).pop() {
        planned.text.clear();
        planned.events.push(hook.event);
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(text: &str, event: &str, program: &str) -> Result<Planned, Fault> {
        let command = Command {
            program,
            in_place_of_original: program,
            args: "hook --agent cline 2>/dev/null || true",
            path: program,
            may_exec: true,
        };
        let wanted = Wanted { event, tools: &[] };
        let is_stale = |program: &str| program.starts_with("/old");
        install(text, &[wanted], &command, is_stale)
    }

    #[test]
    fn a_script_is_written_changed_and_removed_as_a_whole() {
        let first = installed("", "TaskComplete", "'/old one/herald'").unwrap();
        let command = "'/old one/herald' hook --agent cline TaskComplete";
        assert_eq!(first.text, format!("{HEAD}{command}{TAIL}"));
        assert_eq!(first.events, ["TaskComplete"]);
        let [hook] = &hooks(&first.text)[..] else {
            panic!("{first:?}");
        };
        assert_eq!((&*hook.event, &*hook.command), ("TaskComplete", command));

        let new = installed(&first.text, "TaskComplete", "/new/herald").unwrap();
        assert_eq!(
            (new.events.len(), &*new.replaced),
            (0, &["TaskComplete".to_owned()][..])
        );
        let again = installed(&new.text, "TaskComplete", "/newer/herald").unwrap();
        assert_eq!(again, Planned::of(&new.text));

        let left = uninstall(&new.text);
        assert_eq!(
            (&*left.text, &*left.events),
            ("", &["TaskComplete".to_owned()][..])
        );
    }

    #[test]
    fn anothers_script_stays() {
        let text = "#!/bin/sh\nherald hook --agent cline TaskComplete\n";
        assert!(hooks(text).is_empty());
        assert_eq!(uninstall(text), Planned::of(text));
        let fault = installed(text, "TaskComplete", "herald").unwrap_err();
        assert!(fault.what.contains("not Herald's"), "{fault}");
    }
}
