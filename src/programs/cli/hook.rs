//! `herald hook` and `herald --hook`: what agents run at each event.
//!
//! It sets up only what it needs, and no failure changes its reply or its exit code.
//!
//! # System calls
//!
//! The calls of a suppressed event on Linux, in order; a test compares them with this list. The C
//! library's calls come before them (13 for a static program, 37 for a dynamic one) and, for memory,
//! between them. A static program also asks the kernel for the time, three times.
//!
//! | call | why |
//! |---|---|
//! | `poll` | If standard input, output or error is closed, a file opened later must not take its number |
//! | `rt_sigaction` | A reply without a reader must not kill the hook |
//! | `rt_sigaction` | Nor must a state file that is truncated while it is mapped |
//! | `ioctl` | A terminal has no payload |
//! | `ppoll` | The payload may never come |
//! | `read` | The payload |
//! | `newfstatat` | Whether the user has the original Herald for every project: its config and policy |
//! | `openat` | The user's config; missing here |
//! | `newfstatat` | The original's config in the project; missing here |
//! | `newfstatat` | The project's config; missing here |
//! | `geteuid` | The user of the state directory |
//! | `statx` | `$XDG_RUNTIME_DIR` must be this user's |
//! | `statx` | The state directory must exist and not be a link |
//! | `geteuid` | It must be this user's own |
//! | `access` | It may be read-only |
//! | `openat` | The throttle's file |
//! | `statx` | It must be a regular file of the right length |
//! | `geteuid` | And this user's own |
//! | `fstatfs` | A file on a network file system is shared between machines |
//! | `pread64` | The header of this version |
//! | `pread64` | The word with mute, snooze and volume |
//! | `pread64` | The set of the event's key. Only an admission maps the file |
//! | `pread64` | The set again: a word that changes during a read may be torn |
//! | `prlimit64` | A write beyond the limit for files kills the process |
//! | `flock` | One process counts at a time; if another one does, this one maps the file |
//! | `pread64` | The counter of suppressed events |
//! | `pwrite64` | The counter, one higher |
//! | `flock` | Let others count |
//! | `openat` | The user's decision policy, for tool calls and Stop; missing here |
//! | `newfstatat` | The project's; missing here |
//! | `ppoll` | The reply may have no reader |
//! | `write` | The reply |
//! | `exit_group` | The system cleans up |
//!
//! If the writer has not closed the payload by the time it is read, `ppoll` and `read` follow the reply
//! until it does, for at most a millisecond: then a write after the payload does not break the pipe.

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::path::PathBuf;
#[cfg(unix)]
use std::time::Duration;

use super::completions;
use super::stdin::{self, Input};
use super::terminal;
use herald_audio::AudioManager;
use herald_audio::internals::agents::Agent;
use herald_audio::internals::config::project_root;
use herald_audio::internals::dispatcher::{
    DispatchContext, DispatchReport, Dispatcher, agent_of, name_of, place_of,
};
use herald_audio::internals::original;
use herald_audio::internals::payload::Payload;
use herald_audio::internals::policy;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::printable::printable;

/// The longest line on stderr, in characters: a pipe takes it without a reader.
const MAX_LINE: usize = 2_000;
/// How long the writer may go on once there is a reply.
#[cfg(unix)]
const AFTER: Duration = Duration::from_millis(1);

/// Run as an agent's hook: payload on stdin, reply on stdout, always exits 0
///
/// Reads the agent's JSON payload, starts the event's sound unless the throttle suppresses it, and
/// replies with a JSON object. Never waits for the sound.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald hook < payload.json       use the payload's hook_event_name
  herald hook Stop                 use Stop, whatever the payload says
  herald hook --agent codex        reply in Codex's form
  herald --hook Stop --json-only   the original Herald's spelling")]
pub(super) struct Args {
    /// Event name [default: the payload's hook_event_name]
    #[arg(add = completions::events())]
    event: Option<String>,
    /// Agent that reads the reply [default: detected from the payload, else claude]
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Reply without a sound
    #[arg(long)]
    no_audio: bool,
}

/// How the hook was called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    event: Option<String>,
    /// The agent, if the command names it.
    agent: Option<&'static Agent>,
    /// The payload, if it is an argument: Codex passes it so to its `notify` program.
    payload: Option<String>,
    no_audio: bool,
    /// Write the original Herald's line to stderr.
    line: bool,
}

impl From<Args> for Call {
    fn from(args: Args) -> Self {
        Self {
            event: args.event,
            agent: args.agent.as_deref().and_then(Agent::named),
            payload: None,
            no_audio: args.no_audio,
            line: false,
        }
    }
}

impl Call {
    /// Parses `args`; none if they are no hook call, or `hook --help`.
    ///
    /// Unknown arguments are ignored: a mistake in a registration must not cost the hook.
    pub(super) fn parse(args: &[OsString]) -> Option<Self> {
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        // Behind `--` is a command line to complete.
        let mut before = args.iter().take_while(|arg| **arg != "--");
        let original = before.any(|arg| *arg == "--hook" || arg.starts_with("--hook="));
        let plain = args.first().is_some_and(|arg| arg == "hook");
        let asks_for_help = plain && args.iter().any(|arg| matches!(&**arg, "-h" | "--help"));
        if !(original || plain) || asks_for_help {
            return None;
        }
        let mut call = Self {
            line: original,
            ..Self::default()
        };
        let mut args = args.iter().skip(usize::from(!original)).peekable();
        while let Some(arg) = args.next() {
            match &**arg {
                "--agent" => {
                    let name = args.next_if(|arg| !arg.starts_with(['-', '{']));
                    call.agent = name.and_then(|name| Agent::named(name));
                }
                "--no-audio" => call.no_audio = true,
                "--json-only" => call.line = false,
                // Sounds are on by default.
                "--hook" | "--enable-audio" => {}
                arg if arg.starts_with('{') => call.payload = Some(arg.to_owned()),
                arg if arg.starts_with("--agent=") => {
                    call.agent = arg.strip_prefix("--agent=").and_then(Agent::named);
                }
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

/// What the hook writes to standard output and standard error.
#[derive(Default)]
struct Answer {
    reply: String,
    lines: String,
    /// Whether standard input is still open for writing.
    is_open: bool,
}

/// Answers the hook. Returns the exit code.
pub(super) fn run(call: &Call) -> u8 {
    // A panic must neither delay the agent nor let a call pass that rules may deny: the call is
    // answered like one that cannot be read.
    let unread = || {
        let call = Call {
            event: call.event.clone(),
            agent: call.agent,
            no_audio: true,
            ..Call::default()
        };
        answer_to(&call, Env::process(), Input::from(""))
    };
    let answer = catch_unwind(|| handle(call))
        .or_else(|_| catch_unwind(unread))
        .unwrap_or_else(|_| Answer {
            reply: call
                .agent
                .unwrap_or_else(Agent::claude)
                .replies
                .silence
                .to_owned(),
            ..Answer::default()
        });
    terminal::reply(&answer.reply, &answer.lines);
    #[cfg(unix)]
    if answer.is_open {
        stdin::read_on(rustix::stdio::stdin(), AFTER);
    }
    // The reading thread continues by itself.
    #[cfg(not(unix))]
    let _ = answer.is_open;
    0
}

/// Handles the event.
fn handle(call: &Call) -> Answer {
    let env = Env::process();
    let input = match &call.payload {
        Some(text) => Input::from(text.as_str()),
        None => stdin::read_payload(&|so_far| is_to_be_decided(call, so_far, &env)),
    };
    answer_to(call, env, input)
}

fn answer_to(call: &Call, env: Env, input: Input) -> Answer {
    let Input {
        payload,
        error,
        bytes,
        is_open,
    } = input;
    let name = call.event.as_deref();
    let mut context = DispatchContext::new(name, call.agent, (payload, error), bytes);
    context.enable_audio = !call.no_audio;
    context.is_reported = call.line;
    let here = place(context.cwd(), &env);
    let manager = AudioManager::with_env(env, here.as_deref());
    // Never dropped: the exiting process unmaps the table and closes the file faster.
    let dispatcher = ManuallyDrop::new(Dispatcher::new(manager));
    let report = dispatcher.dispatch_context(&context);
    Answer {
        lines: lines(call, dispatcher.manager(), &report),
        reply: report.reply().to_owned(),
        is_open,
    }
}

/// The working directory, unless the environment names the project.
fn place(cwd: Option<&str>, env: &Env) -> Option<PathBuf> {
    match cwd {
        Some(cwd) => Some(PathBuf::from(cwd)),
        None if env.path("CLAUDE_PROJECT_DIR").is_some() => None,
        None => std::env::current_dir().ok(),
    }
}

/// Whether the whole payload is needed, judged by the part read so far.
fn is_to_be_decided(call: &Call, so_far: &Payload, env: &Env) -> bool {
    let agent = agent_of(call.agent, so_far);
    let name = name_of(call.event.as_deref(), so_far);
    let meaning = agent.meaning(name, |_| None).unwrap_or(name);
    if !name.is_empty() && !policy::concerns(meaning, env) {
        return false;
    }
    let place = place(place_of(so_far), env);
    policy::is_on(env, project_root(env, place.as_deref()).as_deref())
}

/// What goes to standard error: the original Herald's line if wanted, else the errors of the decision
/// policy, so that nobody relies on rules that are not in force.
fn lines(call: &Call, manager: &AudioManager, report: &DispatchReport) -> String {
    if call.line {
        let config = manager.config();
        let issues = config.issues().iter().map(ToString::to_string);
        let errors = report
            .errors
            .iter()
            .cloned()
            .chain(manager.notes())
            .chain(issues);
        let errors = errors.collect::<Vec<_>>().join("|");
        return one_line(&original::line(report, &errors));
    }
    let lines = report
        .policy_errors()
        .iter()
        .map(|error| format!("herald: {error}"));
    lines.map(|line| one_line(&line)).collect()
}

fn one_line(text: &str) -> String {
    let text = printable(text.replace(['\n', '\r'], " "));
    text.chars().take(MAX_LINE).chain(['\n']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Option<Call> {
        Call::parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn call(event: Option<&str>, no_audio: bool, line: bool) -> Option<Call> {
        Some(Call {
            event: event.map(str::to_owned),
            agent: None,
            payload: None,
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
        let notified = parse(&["hook", r#"{"type":"agent-turn-complete"}"#]).unwrap();
        assert_eq!(notified.event, None);
        assert!(notified.payload.is_some());
        for args in [
            &["hook", "--agent", "codex", "Stop"][..],
            &["hook", "Stop", "--agent=codex"],
        ] {
            let call = parse(args).unwrap();
            let found = (call.event.as_deref(), call.agent);
            assert_eq!(found, (Some("Stop"), Agent::named("codex")), "{args:?}");
        }
        assert_eq!(
            parse(&["hook", "--surprise", "Stop"]),
            call(Some("Stop"), false, false)
        );
    }

    #[test]
    fn an_agents_call_is_a_hook_call_whatever_its_other_arguments() {
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
    fn other_commands_and_help_are_left_to_clap() {
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
    fn a_line_is_one_and_fits_a_pipe() {
        assert_eq!(one_line("a\nb"), "a b\n");
        let long = one_line(&"x\n".repeat(100_000));
        assert_eq!(long.lines().count(), 1);
        assert!(long.len() <= MAX_LINE + 1);
    }
}
