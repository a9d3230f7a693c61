//! All sample payloads and events: the decision, the throttle key with its window, and the reply, without a
//! policy and with the original's.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald_audio::internals::config::{self, Config};
use herald_audio::internals::dispatcher::DispatchContext;
use herald_audio::internals::event::EVENTS;
use herald_audio::internals::manager::decide::{Action, Circumstances, Gate, dispatch};
use herald_audio::internals::payload::Payload;
use herald_audio::internals::system::env::Env;
use herald_audio::{AudioManager, Chime, Dispatcher};
use serde_json::{Map, Value, json};

use crate::support::sandbox::{REPLY, payloads};

/// `built in`: whether it sounds by default. `about`: the payload's detail. `key`: what distinguishes two
/// firings. `window`: in seconds. `original`: the decision with `HERALD_POLICY=original`.
const TABLE: &str = "\
sample                           built in  about                      key               window  original
AllIdle                          off       -                          default           5       -
ConfigChange                     off       project_settings           default           10      -
CwdChanged                       off       -                          default           10      -
Elicitation                      off       -                          default           10      -
ElicitationResult                off       -                          default           10      -
FileChanged                      off       -                          default           10      -
FutureEvent                      off       -                          -                 -       -
InstructionsLoaded               off       -                          default           10      -
Notification-auth_success        off       auth_success               -                 -       -
Notification-elicitation_dialog  on        elicitation_dialog         70e3a0ff3b0665e3  5       -
Notification-idle_prompt         on        idle_prompt                7fab9ebabf968264  5       -
Notification-permission_prompt   on        permission_prompt          b358073c584b1890  5       -
PermissionDenied                 off       Bash                       default           10      -
PermissionRequest                on        Bash                       default           5       -
PostCompact-auto                 off       auto                       default           10      -
PostCompact-manual               off       manual                     default           10      -
PostToolBatch                    off       -                          default           10      -
PostToolUse-Bash                 off       Bash                       default           10      allow
PostToolUse-Bash-failed          off       Bash                       default           10      block
PostToolUseFailure               off       Bash                       default           10      -
PreCompact-auto                  off       auto                       default           10      -
PreCompact-manual                off       manual                     default           10      -
PreToolUse-Bash                  off       Bash                       default           10      allow
PreToolUse-Bash-dangerous        off       Bash                       default           10      deny
PreToolUse-Write                 off       Write                      default           10      allow
PreToolUse-legacy                off       bash                       default           10      ask
PreToolUse-mcp                   off       mcp__github__create_issue  default           10      allow
SessionEnd-clear                 off       clear                      default           10      -
SessionEnd-logout                off       logout                     default           10      -
SessionEnd-other                 off       other                      default           10      -
SessionEnd-prompt_input_exit     off       prompt_input_exit          default           10      -
SessionStart-clear               off       clear                      default           10      -
SessionStart-compact             off       compact                    default           10      -
SessionStart-resume              off       resume                     default           10      -
SessionStart-startup             off       startup                    default           10      -
Setup-init                       off       init                       default           10      -
Setup-maintenance                off       maintenance                default           10      -
Stop                             on        -                          default           5       approve
Stop-background                  on        -                          default           5       approve
StopFailure-rate_limit           on        rate_limit                 default           30      -
SubagentStart                    off       Explore                    default           10      -
SubagentStop                     off       Explore                    default           30      approve
TaskCompleted                    off       -                          default           10      -
TaskCreated                      off       -                          default           10      -
TeammateIdle                     off       -                          default           10      -
UserPromptExpansion              off       review                     default           10      -
UserPromptSubmit                 off       -                          default           10      -
WorktreeRemove                   off       -                          default           10      -
MessageDisplay                   off       -                          default           10      -
WorktreeCreate                   off       -                          default           10      -
";

/// The project of all events.
const ROOT: &str = "/home/dev/shop";

struct Row {
    sample: &'static str,
    is_on: bool,
    about: Option<&'static str>,
    key: &'static str,
    window: Option<Duration>,
    original: Option<&'static str>,
}

impl Row {
    fn parse(line: &'static str) -> Self {
        let cells: Vec<_> = line.split_whitespace().collect();
        let [sample, on, about, key, window, original] = cells[..] else {
            panic!("{line:?} has not six cells");
        };
        let given = |cell: &'static str| (cell != "-").then_some(cell);
        Self {
            sample,
            is_on: on == "on",
            about: given(about),
            key,
            window: given(window).map(|window| Duration::from_secs(window.parse().unwrap())),
            original: given(original),
        }
    }

    fn event(&self) -> &'static str {
        self.sample.split('-').next().unwrap()
    }
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().skip(1);
    lines.map(Row::parse).collect()
}

/// The payload of a row: the sample, or a minimal one.
fn payload_of(row: &Row) -> Vec<u8> {
    let sample = payloads().into_iter().find(|(name, _)| name == row.sample);
    sample.map_or_else(
        || {
            json!({"hook_event_name": row.sample})
                .to_string()
                .into_bytes()
        },
        |(_, payload)| payload,
    )
}

fn action(row: &Row, config: &Config) -> Action {
    let circumstances = Circumstances {
        root: Some(Path::new(ROOT)),
        ..Circumstances::default()
    };
    let payload = Payload::parse(&payload_of(row)).unwrap();
    dispatch(
        payload.event.as_deref().unwrap(),
        &payload,
        config,
        &circumstances,
    )
}

fn session_of(row: &Row) -> Option<String> {
    Payload::parse(&payload_of(row)).unwrap().session_id
}

fn no_env() -> Env {
    Env::of::<&str, &str>([])
}

/// A config that enables all events.
fn everything_on() -> Config {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".claude")).unwrap();
    let on = |event: &herald_audio::internals::event::Event| {
        (event.name.to_owned(), json!({"enabled": true}))
    };
    let events: Map<String, Value> = EVENTS.iter().map(on).collect();
    let file = config::project_file(dir.path());
    fs::write(file, json!({"events": events}).to_string()).unwrap();
    config::load(&no_env(), Some(dir.path()))
}

#[test]
fn every_sample_and_every_event_has_a_row() {
    let rows = rows();
    for (sample, _) in payloads() {
        let found = rows.iter().filter(|row| row.sample == sample).count();
        assert_eq!(found, 1, "{sample}");
    }
    for event in &EVENTS {
        assert!(
            rows.iter().any(|row| row.event() == event.name),
            "{}",
            event.name
        );
    }
}

#[test]
fn every_sample_and_every_event_has_its_action_its_key_and_its_window() {
    let (builtin, on) = (config::load(&no_env(), None), everything_on());
    for row in rows() {
        let sounds = matches!(action(&row, &builtin), Action::Sound { .. });
        assert_eq!(sounds, row.is_on, "{}", row.sample);
        let event = row.event();
        let Some(window) = row.window else {
            assert!(
                matches!(action(&row, &on), Action::Nothing(_)),
                "{}",
                row.sample
            );
            continue;
        };
        // What needs the user is heard once in each session.
        let known = herald_audio::internals::event::Event::find(event);
        let scope = match known.unwrap().chime {
            Chime::Attention => session_of(&row).map(|session| format!("session {session}")),
            _ => None,
        };
        let scope = scope.unwrap_or_else(|| ROOT.to_owned());
        let gate = |name: &str, key: &str| Gate {
            key: format!("{scope}\0{name}\0{key}"),
            window,
        };
        let mut gates = vec![gate(event, row.key)];
        // One sound for a request and its notification.
        if row.about == Some("permission_prompt") {
            let window = Duration::from_secs(15);
            gates.push(Gate {
                window,
                ..gate("PermissionRequest", "default")
            });
        }
        if row.about == Some("idle_prompt") {
            let window = Duration::from_secs(3_600);
            gates.push(Gate {
                window,
                ..gate("idle prompt", "default")
            });
        }
        let subject = row
            .about
            .map_or(event.to_owned(), |about| format!("{event}/{about}"));
        let name = event.to_owned();
        assert_eq!(
            action(&row, &on),
            Action::Sound {
                name,
                subject,
                gates
            },
            "{}",
            row.sample
        );
    }
}

#[test]
fn every_sample_and_every_event_has_its_reply() {
    let dir = tempfile::tempdir().unwrap();
    let dispatcher = |env| Dispatcher::new(AudioManager::with_env(env, Some(dir.path())));
    let plain = dispatcher(no_env());
    let original = dispatcher(Env::of([("HERALD_POLICY", "original")]));
    for row in rows() {
        let report = |dispatcher: &Dispatcher| {
            let mut context = DispatchContext::of(row.event(), &payload_of(&row));
            context.enable_audio = false;
            dispatcher.dispatch_context(&context)
        };
        let reply = report(&plain);
        assert_eq!(
            reply.reply(),
            REPLY,
            "{}: a sound decides nothing",
            row.sample
        );
        assert_eq!(reply.decision(), None, "{}", row.sample);
        let reply = report(&original);
        assert_eq!(reply.decision(), row.original, "{}", row.sample);
        let speaks = [
            "PreToolUse",
            "PostToolUse",
            "SessionStart",
            "SessionEnd",
            "UserPromptSubmit",
        ];
        let has_output = reply.reply().contains("hookSpecificOutput");
        assert_eq!(has_output, speaks.contains(&row.event()), "{}", row.sample);
    }
}
