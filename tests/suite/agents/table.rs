//! Every agent with its events and spellings of fields: how Herald reads them, and the reply.
//!
//! `tests/fixtures/agents` has a folder for each agent: payloads as it writes them, and `expected`, written
//! by hand from the agent's own schema. Its first lines are the replies: to what nobody decides, to a
//! call that the user's rules ask about, to one that they deny, and to one that has failed. Then comes a
//! line for each payload: the agent that it shows by itself, the event with what it is about, the
//! session, and whether it sounds without a config.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use herald_audio::internals::agents::{self, Agent, Checked, Hooks};
use herald_audio::internals::config;
use herald_audio::internals::dispatcher::{DispatchContext, agent_of};
use herald_audio::internals::manager::decide::{Action, Circumstances, dispatch};
use herald_audio::internals::payload::Payload;
use herald_audio::internals::system::env::Env;
use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run};

/// The project that every payload is of.
const PROJECT: &str = "/home/user/project";
const NOTHING: &str = "nothing";

/// What is expected of an agent.
struct Expected {
    agent: &'static Agent,
    dir: PathBuf,
    replies: BTreeMap<String, String>,
    rows: Vec<Row>,
}

struct Row {
    sample: String,
    alone: String,
    subject: String,
    session: Option<String>,
    sounds: bool,
}

impl Expected {
    fn of(agent: &'static Agent) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/agents");
        let dir = dir.join(agent.name);
        let text = fs::read_to_string(dir.join("expected"));
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", agent.name));
        let (replies, rows) = text.split_once("\n\n").unwrap();
        let reply = |line: &str| {
            let (name, reply) = line.split_once(' ').unwrap();
            let reply = match reply.trim() {
                NOTHING => String::new(),
                reply => format!("{reply}\n"),
            };
            (name.to_owned(), reply)
        };
        Self {
            agent,
            dir,
            replies: replies.lines().map(reply).collect(),
            rows: rows.lines().skip(1).map(Row::parse).collect(),
        }
    }

    fn payload(&self, sample: &str) -> Vec<u8> {
        fs::read(self.dir.join(sample).with_extension("json")).unwrap()
    }

    /// The event, its key in the agent's project, and whether it sounds.
    fn seen(
        &self,
        row: &Row,
        config: &config::Config,
    ) -> (DispatchContext, Option<(String, String)>) {
        let read = || Payload::read(&self.payload(&row.sample));
        let context = DispatchContext::new(None, Some(self.agent), read(), None);
        let circumstances = Circumstances {
            root: Some(Path::new(PROJECT)),
            ..Circumstances::default()
        };
        let action = dispatch(
            &context.event_type,
            context.payload(),
            config,
            &circumstances,
        );
        let seen = match action {
            Action::Sound { subject, gates, .. } => Some((subject, gates[0].key.clone())),
            Action::Nothing(_) => None,
        };
        (context, seen)
    }
}

impl Row {
    fn parse(line: &str) -> Self {
        let cells: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let [sample, alone, subject, session, sounds] = &cells[..] else {
            panic!("{line:?} has not five cells");
        };
        Self {
            sample: sample.clone(),
            alone: alone.clone(),
            subject: subject.clone(),
            session: Some(session.clone()).filter(|session| session != "-"),
            sounds: sounds == "yes",
        }
    }

    fn event(&self) -> &str {
        self.subject.split('/').next().unwrap()
    }
}

fn expected() -> impl Iterator<Item = Expected> {
    agents::ALL.iter().map(|agent| Expected::of(agent))
}

/// A config with these `events`.
fn config_with(events: &Value) -> config::Config {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, json!({"events": events}).to_string()).unwrap();
    config::load(&Env::of([("HERALD_CONFIG", file.path())]), None)
}

#[test]
fn every_agent_every_event_and_every_payload_has_a_row() {
    for expected in expected() {
        let files = fs::read_dir(&expected.dir).unwrap();
        let names = files.map(|file| file.unwrap().path());
        let mut samples: Vec<_> = names
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut rows: Vec<_> = expected.rows.iter().map(|row| row.sample.clone()).collect();
        samples.sort();
        rows.sort();
        assert_eq!(samples, rows, "{}", expected.agent.name);
        for event in expected.agent.events {
            let is_of_event = |sample: &String| {
                let more = sample.strip_prefix(event.name);
                more.is_some_and(|more| more.is_empty() || more.starts_with('-'))
            };
            let has_one = samples.iter().any(is_of_event);
            assert!(has_one, "{} {}", expected.agent.name, event.name);
        }
    }
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/agents");
    assert_eq!(fs::read_dir(folders).unwrap().count(), agents::ALL.len());
}

#[test]
fn every_payload_has_its_agent_its_event_its_session_and_its_project() {
    let builtin = config_with(&json!({}));
    for expected in expected() {
        for row in &expected.rows {
            let shown = format!("{} {}", expected.agent.name, row.sample);
            let (payload, _) = Payload::read(&expected.payload(&row.sample));
            assert_eq!(agent_of(None, &payload).name, row.alone, "{shown}");
            assert_eq!(payload.session_id, row.session, "{shown}");
            let (context, seen) = expected.seen(row, &builtin);
            let is_windsurf = expected.agent.name == "windsurf";
            assert_eq!(context.cwd(), (!is_windsurf).then_some(PROJECT), "{shown}");
            if row.subject == NOTHING {
                assert!(context.is_meaningless(), "{shown}");
                continue;
            }
            assert_eq!(context.event_type, row.event(), "{shown}");
            assert_eq!(seen.is_some(), row.sounds, "{shown}");
            // With its own scope and sound, so that events that are off by default are covered, too.
            let mut own = json!({row.event(): {"sound": "builtin:started", "scope": "session"}});
            own[&row.subject]["enabled"] = true.into();
            let (_, seen) = expected.seen(row, &config_with(&own));
            let (subject, key) = seen.unwrap();
            assert_eq!(subject, row.subject, "{shown}");
            let scope = match &row.session {
                Some(session) => format!("session {session}"),
                // Agents without a session must not share one key.
                None => PROJECT.to_owned(),
            };
            assert!(
                key.starts_with(&format!("{scope}\0{}", row.event())),
                "{shown}: {key:?}"
            );
        }
    }
}

#[test]
fn every_agent_is_told_in_its_own_form() {
    let plain = Sandbox::new();
    let ruled = |action: &str, reason: &str| {
        let sandbox = Sandbox::new();
        let dir = sandbox.path("home/.config/herald");
        fs::create_dir_all(&dir).unwrap();
        let rule = json!({"action": action, "pattern": "echo hi", "reason": reason});
        let policy = json!({
            "pre_tool_use": {"rules": [rule]},
            "post_tool_use": {"block_on_error": true, "error_keys": ["toolError"]},
        });
        fs::write(dir.join("decision_policy.json"), policy.to_string()).unwrap();
        sandbox
    };
    let (asking, denying) = (ruled("ask", "sure?"), ruled("deny", "no"));
    for expected in expected() {
        let reply = |sandbox: &Sandbox, payload: &[u8]| {
            let args = ["hook", "--no-audio", "--agent", expected.agent.name];
            let output = run(sandbox.herald(&args), payload);
            assert_eq!(output.status.code(), Some(0), "{}", expected.agent.name);
            String::from_utf8(output.stdout).unwrap()
        };
        for row in &expected.rows {
            let shown = format!("{} {}", expected.agent.name, row.sample);
            let payload = expected.payload(&row.sample);
            assert_eq!(
                reply(&plain, &payload),
                expected.replies["silence"],
                "{shown}"
            );
            match row.event() {
                "PreToolUse" => {
                    assert_eq!(
                        reply(&asking, &payload),
                        expected.replies["asked"],
                        "{shown}"
                    );
                    assert_eq!(
                        reply(&denying, &payload),
                        expected.replies["denied"],
                        "{shown}"
                    );
                }
                "PostToolUse" => {
                    let mut payload: Value = serde_json::from_slice(&payload).unwrap();
                    payload["toolError"] = "failed".into();
                    let said = reply(&denying, payload.to_string().as_bytes());
                    assert_eq!(said, expected.replies["failed"], "{shown}");
                }
                _ => assert_eq!(
                    reply(&denying, &payload),
                    expected.replies["silence"],
                    "{shown}"
                ),
            }
        }
    }
}

#[test]
fn the_page_has_every_agent_and_what_it_can_be_told() {
    let page = include_str!("../../../src/docs/agents.md");
    let (table, _) = page.split_once("\n## Events\n").unwrap();
    let rows = table.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let ["", title, name, install, checked, deny, ask, ""] = cells[..] else {
            return None;
        };
        let name = name.strip_prefix('`')?.strip_suffix('`')?;
        let title = title.split(" (").next()?;
        // Otherwise it says how.
        let install = if install == "yes" { "yes" } else { "no" };
        Some([title, name, install, checked, deny, ask].map(str::to_owned))
    });
    let described = agents::ALL.iter().map(|agent| {
        let checked = match agent.checked {
            Checked::Run => "run",
            Checked::Read => "not run",
        };
        let can = |can: bool| if can { "yes" } else { "no" };
        let install = can(matches!(agent.hooks, Hooks::Settings(_)));
        let [deny, ask] = [agent.replies.deny, agent.replies.ask].map(|form| can(form.is_some()));
        [agent.title, agent.name, install, checked, deny, ask].map(str::to_owned)
    });
    let rows: Vec<_> = rows.filter(|[_, name, ..]| name != "--agent").collect();
    assert_eq!(rows, described.collect::<Vec<_>>());
}
