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
//! | `rt_sigaction` | Nor must a state file that somebody shortens while it is mapped |
//! | `ioctl` | A person at a terminal is not waited for |
//! | `ppoll` | The payload may never come |
//! | `read` | The payload |
//! | `newfstatat` | The original Herald, which the user does not have for every project: its config and policy |
//! | `openat` | The user's config, which is not there |
//! | `newfstatat` | The original's config in the project, which is not there |
//! | `newfstatat` | The project's config, which is not there |
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
//! | `openat` | The user's decision policy, which is not there; for tool calls and Stop |
//! | `newfstatat` | The project's, which is not there either |
//! | `ppoll` | Nobody may read the reply |
//! | `write` | The reply |
//! | `exit_group` | Nothing is tidied up that the system tidies up anyway |
//!
//! Where whoever wrote the payload has not closed it by the time it is read, `ppoll` and `read` follow the
//! reply, for a millisecond at most, until it is closed: what is written after the payload breaks no pipe.

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::path::PathBuf;
#[cfg(unix)]
use std::time::Duration;

use super::stdin::{self, Input};
use super::terminal;
use herald_audio::agents::Agent;
use herald_audio::config::project_root;
use herald_audio::dispatcher::{
    DispatchContext, DispatchReport, Dispatcher, agent_of, name_of, place_of,
};
use herald_audio::manager::AudioManager;
use herald_audio::original;
use herald_audio::payload::Payload;
use herald_audio::policy;
use herald_audio::system::env::Env;
use herald_audio::system::printable::printable;

/// The longest line on stderr, in characters: a pipe takes it even if nobody reads.
const MAX_LINE: usize = 2_000;
/// How long somebody may go on writing once there is a reply.
#[cfg(unix)]
const AFTER: Duration = Duration::from_millis(1);

/// Answer a hook: payload on stdin, reply on stdout, exit code 0 whatever happens
///
/// Reads the JSON payload that the agent writes, makes the event's sound unless it was heard a
/// moment ago, and replies with a JSON object. Never waits for the sound.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald hook < payload.json       the event is the payload's hook_event_name
  herald hook Stop                 the event is Stop, whatever the payload says
  herald hook --agent codex        reply as Codex needs it
  herald --hook Stop --json-only   the original Herald's spelling")]
pub(super) struct Args {
    /// The event; by default the payload's hook_event_name
    event: Option<String>,
    /// The agent that reads the reply; by default what the payload tells, else claude
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Reply, but make no sound
    #[arg(long)]
    no_audio: bool,
}

/// How the hook was called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    event: Option<String>,
    /// The agent, if the command says which.
    agent: Option<&'static Agent>,
    /// The payload, if it is given as an argument: Codex does so with its `notify` program.
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
        let mut args = args.iter().skip(usize::from(!original)).peekable();
        while let Some(arg) = args.next() {
            match &**arg {
                "--agent" => {
                    let name = args.next_if(|arg| !arg.starts_with(['-', '{']));
                    call.agent = name.and_then(|name| Agent::named(name));
                }
                "--no-audio" => call.no_audio = true,
                "--json-only" => call.line = false,
                // Sounds are on anyway.
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

/// What the hook says: to the agent, and to whoever reads its standard error.
#[derive(Default)]
struct Answer {
    reply: String,
    lines: String,
    /// Whether somebody may still write to standard input.
    is_open: bool,
}

/// Answers the hook. Returns the exit code.
pub(super) fn run(call: &Call) -> u8 {
    // A panic is a bug of ours, and no reason to hold up the agent; nor to wave a call through that
    // rules may be about. It is answered as one that cannot be read.
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
    // The thread that reads goes on by itself.
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
    // Never dropped: the process ends now, and with it the mapping, which would take longer alone.
    let dispatcher = ManuallyDrop::new(Dispatcher::new(manager));
    let report = dispatcher.dispatch(&context);
    Answer {
        lines: lines(call, dispatcher.manager(), &report),
        reply: report.line,
        is_open,
    }
}

/// Where it happens, if the environment does not say so.
fn place(cwd: Option<&str>, env: &Env) -> Option<PathBuf> {
    match cwd {
        Some(cwd) => Some(PathBuf::from(cwd)),
        None if env.path("CLAUDE_PROJECT_DIR").is_some() => None,
        None => std::env::current_dir().ok(),
    }
}

/// Whether all of the payload is needed, going by what is known of it.
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

/// What goes to standard error: the original Herald's line if it is wanted, else what is wrong with
/// the decision policy, which nobody shall believe in force that is not.
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
        .policy_errors
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
    fn a_line_is_one_and_fits_a_pipe() {
        assert_eq!(one_line("a\nb"), "a b\n");
        let long = one_line(&"x\n".repeat(100_000));
        assert_eq!(long.lines().count(), 1);
        assert!(long.len() <= MAX_LINE + 1);
    }
}
