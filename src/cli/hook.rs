//! `herald hook` and `herald --hook`: what agents run at each event.
//!
//! Nothing is set up for it that it does not need, and nothing that goes wrong changes its reply
//! or its exit code.
//!
//! # System calls
//!
//! What an event makes that is suppressed, on Linux, in this order. A test holds the list to be
//! true. Before them come those with which the C library starts a program (13 of a static one, 37
//! of a dynamic one here), and between them those with which it asks for memory. A static program
//! also asks the kernel for the time, three times; others need not.
//!
//! | call | why |
//! |---|---|
//! | `poll` | Standard input, output or error may be closed; a file opened later must not take its place |
//! | `rt_sigaction` | A reply that nobody reads must not kill the hook |
//! | `ioctl` | A person at a terminal is not waited for |
//! | `ppoll` | The payload may never come |
//! | `read` | The payload |
//! | `openat` | The user's config, which is not there |
//! | `openat` | The original's config in the project, which is not there |
//! | `openat` | The project's config, which is not there |
//! | `geteuid` | Whose state directory |
//! | `statx` | `$XDG_RUNTIME_DIR` must be this user's |
//! | `statx` | The state directory must be there, and no link |
//! | `geteuid` | It must be this user's own |
//! | `access` | It may be on something that only can be read |
//! | `openat` | The throttle's file |
//! | `statx` | It must be a regular file of the right length |
//! | `geteuid` | And this user's own |
//! | `fstatfs` | A network's file system has no memory that machines share |
//! | `mmap` | The table itself, and the word that says whether everything is muted |
//! | `close` | The mapping needs no descriptor |
//! | `write` | The reply |
//! | `exit_group` | Nothing is tidied up that the system tidies up anyway |

use std::ffi::OsString;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use super::args::HookArgs;
use super::stdin;
use crate::env::Env;
use crate::hook::event::Event;
use crate::hook::payload::Payload;
use crate::hook::reply::REPLY;
use crate::manager::{AudioManager, Report};

/// The longest line on stderr, in characters: a pipe takes it even if nobody reads.
const MAX_LINE: usize = 2_000;

/// How the hook was called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    event: Option<String>,
    no_audio: bool,
    /// Write the original Herald's line to stderr.
    line: bool,
}

impl From<HookArgs> for Call {
    fn from(args: HookArgs) -> Self {
        Self {
            event: args.event,
            no_audio: args.no_audio,
            line: false,
        }
    }
}

impl Call {
    /// The call that `args` make, unless they are no hook call, or `hook --help`.
    ///
    /// Takes what it does not know for a mistake of whoever registered the hook, and goes on.
    pub(super) fn parse(args: &[OsString]) -> Option<Self> {
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        let original = args
            .iter()
            .any(|arg| *arg == "--hook" || arg.starts_with("--hook="));
        let plain = args.first().is_some_and(|arg| arg == "hook");
        let asks_for_help = plain && args.iter().any(|arg| matches!(&**arg, "-h" | "--help"));
        if !(original || plain) || asks_for_help {
            return None;
        }
        let mut call = Self {
            line: original,
            ..Self::default()
        };
        for arg in args.iter().skip(usize::from(!original)) {
            match &**arg {
                "--no-audio" => call.no_audio = true,
                "--json-only" => call.line = false,
                // Sounds are on anyway.
                "--hook" | "--enable-audio" => {}
                arg => {
                    let event = arg.strip_prefix("--hook=").unwrap_or(arg);
                    if !event.starts_with('-') && !event.is_empty() {
                        call.event.get_or_insert_with(|| event.to_owned());
                    }
                }
            }
        }
        Some(call)
    }
}

/// Answers the hook. Returns the exit code.
pub(super) fn run(call: &Call) -> u8 {
    // A panic is a bug of ours, and no reason to hold up the agent.
    let line = catch_unwind(|| handle(call)).unwrap_or_default();
    // Somebody who does not want the answer does not get it.
    let _ = write_reply();
    if call.line {
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    0
}

#[cfg(unix)]
fn write_reply() -> rustix::io::Result<usize> {
    // In one piece, and without the buffer of the standard library.
    rustix::io::retry_on_intr(|| rustix::io::write(rustix::stdio::stdout(), REPLY.as_bytes()))
}

#[cfg(not(unix))]
fn write_reply() -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    stdout.write_all(REPLY.as_bytes())?;
    stdout.flush()
}

/// Handles the event; returns the original Herald's line about it, if it is wanted.
fn handle(call: &Call) -> String {
    let (payload, unreadable) = match stdin::read_payload() {
        Ok(payload) => (payload, None),
        Err(error) => (Payload::default(), Some(error.to_string())),
    };
    let name = call
        .event
        .as_deref()
        .or(payload.event.as_deref())
        .unwrap_or_default();
    let env = Env::process();
    let here = match payload.cwd.as_deref() {
        Some(cwd) => Some(PathBuf::from(cwd)),
        None if env.path("CLAUDE_PROJECT_DIR").is_some() => None,
        None => std::env::current_dir().ok(),
    };
    // Never dropped: the process ends now, and with it the mapping, which would take longer alone.
    let manager = ManuallyDrop::new(AudioManager::with_env(env, here.as_deref()));
    let report = if call.no_audio {
        Report::not_played("disabled")
    } else {
        manager.handle_event(name, &payload)
    };
    if !call.line {
        return String::new();
    }
    let config = manager.config();
    let issues = config.issues().iter().map(ToString::to_string);
    let errors = unreadable.into_iter().chain(manager.notes()).chain(issues);
    line(name, &report, &errors.collect::<Vec<_>>().join("; "))
}

/// `[Herald] event=… handler=… handled=… audio=… played=… throttled=… path=… notes=… errors=…`
fn line(name: &str, report: &Report, errors: &str) -> String {
    let event = Event::find(name);
    let python = |yes: bool| if yes { "True" } else { "False" };
    let mut line = format!(
        "[Herald] event={name} handler={} handled={} audio={name} played={} throttled={}",
        event.map_or("None", |event| event.name),
        python(event.is_some()),
        python(report.played),
        python(report.throttled.is_some()),
    );
    let mut field = |key: &str, value: &str| {
        if !value.is_empty() {
            line.push_str(&format!(" {key}={value}"));
        }
    };
    field(
        "path",
        &report
            .path
            .as_deref()
            .map(Path::to_string_lossy)
            .unwrap_or_default(),
    );
    match report.throttled {
        Some(window) => field(
            "notes",
            &format!("Throttled (<= {}s)", window.as_secs_f64()),
        ),
        None => field("notes", &report.reason),
    }
    field("errors", errors);
    let one_line = line.replace(['\n', '\r'], " ");
    one_line.chars().take(MAX_LINE).chain(['\n']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn parse(args: &[&str]) -> Option<Call> {
        Call::parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn call(event: Option<&str>, no_audio: bool, line: bool) -> Option<Call> {
        Some(Call {
            event: event.map(str::to_owned),
            no_audio,
            line,
        })
    }

    #[test]
    fn both_spellings_are_understood() {
        assert_eq!(parse(&["hook"]), call(None, false, false));
        assert_eq!(parse(&["hook", "Stop"]), call(Some("Stop"), false, false));
        assert_eq!(parse(&["--hook", "Stop"]), call(Some("Stop"), false, true));
        assert_eq!(
            parse(&["--hook=Stop", "--json-only"]),
            call(Some("Stop"), false, false)
        );
        assert_eq!(
            parse(&["--enable-audio", "--hook", "Stop"]),
            call(Some("Stop"), false, true)
        );
        assert_eq!(
            parse(&["--hook", "Stop", "--no-audio"]),
            call(Some("Stop"), true, true)
        );
        assert_eq!(
            parse(&["hook", "--surprise", "Stop"]),
            call(Some("Stop"), false, false)
        );
    }

    #[test]
    fn an_agents_call_is_a_hook_call_whatever_else_it_says() {
        for args in [
            &["--hook", "Stop", "--help"][..],
            &["hook", "Stop", "--version"],
            &["hook", "-V"],
        ] {
            assert!(parse(args).is_some(), "{args:?}");
        }
        assert_eq!(
            parse(&["--hook", ""]),
            call(None, false, true),
            "as with an unset variable"
        );
    }

    #[test]
    fn other_commands_and_cries_for_help_are_left_to_clap() {
        for args in [
            &["play", "hook"][..],
            &["hook", "--help"],
            &["--version"],
            &[],
        ] {
            assert_eq!(parse(args), None, "{args:?}");
        }
    }

    #[test]
    fn the_originals_line_tells_what_happened() {
        let throttled = Report {
            throttled: Some(Duration::from_secs(30)),
            ..Report::default()
        };
        assert_eq!(
            line("Stop", &throttled, "a\nb"),
            "[Herald] event=Stop handler=Stop handled=True audio=Stop played=False throttled=True \
             notes=Throttled (<= 30s) errors=a b\n"
        );
        let long = line("Stop", &Report::default(), &"x\n".repeat(100_000));
        assert_eq!(long.lines().count(), 1);
        assert!(long.len() <= MAX_LINE + 1);
        let played = Report {
            played: true,
            path: Some("/s.wav".into()),
            ..Report::default()
        };
        assert_eq!(
            line("New", &played, ""),
            "[Herald] event=New handler=None handled=False audio=New played=True throttled=False \
             path=/s.wav\n"
        );
    }
}
