//! The plugin of OpenCode and Kilo, called by node as these agents call it. What they send is recorded from
//! OpenCode 1.18.33 (`tests/fixtures/plugin`).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::sandbox::{Sandbox, run};

const SESSION: &str = "ses_de3c2f567ffefHtzjKT5z04UdY";
/// Its subagent's.
const CHILD: &str = "ses_child";

const AGENTS: [(&str, &str); 2] = [
    ("opencode", "home/.config/opencode/plugins/herald.js"),
    ("kilo", "home/.config/kilo/plugins/herald.js"),
];

/// A sandbox with the plugin of an agent, whose herald also records its payloads.
struct Installed {
    sandbox: Sandbox,
    plugin: PathBuf,
}

impl Installed {
    fn new(agent: &(&str, &str), events: &Value) -> Self {
        let sandbox = Sandbox::new().with_config(&json!({"events": events}));
        let (name, plugin) = *agent;
        let output = run(sandbox.herald(&["install", "--agent", name]), b"");
        assert!(output.status.success(), "{output:?}");
        let plugin = sandbox.path(plugin);
        let text = fs::read_to_string(&plugin).unwrap();
        let herald = env!("CARGO_BIN_EXE_herald");
        let recorder = sandbox.path("recorder");
        let record = sandbox.path("record");
        let script = format!(
            "#!/bin/sh\npayload=$(cat)\nprintf '%s\\n' \"$payload\" >>{record:?}\n\
             printf '%s' \"$payload\" | exec {herald:?} \"$@\"\n"
        );
        fs::write(&recorder, script).unwrap();
        fs::set_permissions(&recorder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(text.contains(herald), "{text}");
        fs::write(&plugin, text.replace(herald, recorder.to_str().unwrap())).unwrap();
        Self { sandbox, plugin }
    }

    /// Makes the calls. Returns what each of them threw.
    fn call(&self, calls: &[Value]) -> Vec<Option<String>> {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR"));
        let driver = driver.join("../../tests/suite/agents/plugin.mjs");
        let mut node = self.sandbox.command("node");
        node.arg(driver).arg(&self.plugin);
        node.arg(self.sandbox.path("project"));
        let output = run(node, json!(calls).to_string().as_bytes());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The payloads that it sent so far.
    fn payloads(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.sandbox.path("record")).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The events that `calls` give, none of which may throw.
    #[track_caller]
    fn events(&self, calls: &[Value]) -> Vec<String> {
        let before = self.payloads().len();
        let thrown = self.call(calls);
        assert!(thrown.iter().all(Option::is_none), "{thrown:?}");
        let payloads = self.payloads().split_off(before);
        let dir = self.sandbox.path("project");
        for payload in &payloads {
            assert_eq!(payload["session_id"], SESSION, "{payload}");
            assert_eq!(payload["cwd"], dir.to_str().unwrap(), "{payload}");
        }
        let names = payloads.iter().map(|payload| &payload["hook_event_name"]);
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    }
}

/// A recorded event of the session.
fn recorded(name: &str) -> Value {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/plugin");
    let text = fs::read_to_string(dir.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The call for an event of this session.
fn event_of(session: &str, name: &str) -> Value {
    let mut event = recorded(name);
    event["properties"]["sessionID"] = json!(session);
    if let Some(info) = event["properties"].get_mut("info") {
        info["id"] = json!(session);
    }
    json!(["event", {"event": event}])
}

fn event(name: &str) -> Value {
    event_of(SESSION, name)
}

/// The call of a hook for one thing only.
fn hook(name: &str) -> Value {
    let recorded = recorded(name);
    json!([name, recorded["i"], recorded["o"]])
}

fn prompt(session: &str) -> Value {
    json!(["chat.message", {"sessionID": session}, {}])
}

fn aborted() -> Value {
    let mut event = event("session.error");
    event[1]["event"]["properties"]["error"] = json!({"name": "MessageAbortedError", "data": {}});
    event
}

fn child() -> Value {
    let mut event = event_of(CHILD, "session.created");
    event[1]["event"]["properties"]["info"]["parentID"] = json!(SESSION);
    event
}

fn everything() -> Value {
    let events = [
        "PreToolUse",
        "PostToolUse",
        "UserPromptSubmit",
        "SessionStart",
        "SubagentStop",
    ];
    events
        .into_iter()
        .map(|event| (event.to_owned(), json!({"enabled": true})))
        .collect()
}

#[test]
fn a_turn_ends_once_however_it_ends() {
    for agent in &AGENTS {
        let installed = Installed::new(agent, &everything());
        let turn = |end: &[Value]| [&[hook("chat.message")][..], end].concat();
        let idle = || event("session.idle");
        let calls = [
            event("session.created"),
            hook("chat.message"),
            hook("tool.execute.before"),
            hook("tool.execute.after"),
            idle(),
        ];
        assert_eq!(
            installed.events(&calls),
            [
                "SessionStart",
                "UserPromptSubmit",
                "PreToolUse",
                "PostToolUse",
                "Stop"
            ]
        );
        let payloads = installed.payloads();
        assert_eq!(payloads[2]["tool_name"], "bash");
        assert_eq!(payloads[2]["tool_input"]["command"], "echo hi");
        assert_eq!(payloads[3]["tool_response"], "hi\n");
        // What follows an error, and an abort, is no end of a turn.
        let failed = turn(&[event("session.error"), idle(), idle()]);
        let calls = [failed, turn(&[aborted(), idle()]), turn(&[idle()])].concat();
        assert_eq!(
            installed.events(&calls),
            [
                "UserPromptSubmit",
                "StopFailure",
                "UserPromptSubmit",
                "UserPromptSubmit",
                "Stop"
            ]
        );
        assert_eq!(installed.payloads()[6]["error"], "APIError");
    }
}

#[test]
fn a_subagent_ends_no_turn_and_asks_in_the_name_of_its_session() {
    for agent in &AGENTS {
        let installed = Installed::new(agent, &everything());
        let calls = [
            child(),
            prompt(CHILD),
            event_of(CHILD, "permission.asked"),
            event_of(CHILD, "permission.replied"),
            event_of(CHILD, "session.error"),
            event_of(CHILD, "session.idle"),
            prompt(CHILD),
            event_of(CHILD, "session.idle"),
            event("session.idle"),
        ];
        assert_eq!(
            installed.events(&calls),
            [
                "PermissionRequest",
                "PermissionReplied",
                "SubagentStop",
                "Stop"
            ]
        );
        let payloads = installed.payloads();
        assert_eq!(payloads[0]["tool_name"], "bash");
        // By these the answer is that to this request.
        for member in ["tool_name", "tool_input"] {
            assert_eq!(payloads[0][member], payloads[1][member]);
        }
    }
}

/// Otherwise each tool call would start a process.
#[test]
fn only_registered_events_run_herald() {
    for agent in &AGENTS {
        let installed = Installed::new(agent, &json!({}));
        let calls = [
            event("session.created"),
            hook("chat.message"),
            hook("tool.execute.before"),
            hook("tool.execute.after"),
            event("permission.asked"),
            event("permission.replied"),
            // Of a later version.
            json!(["event", {"event": {"type": "session.created", "properties": null}}]),
            json!(["event", {"event": {"type": "session.surprise", "properties": {}}}]),
            event("session.idle"),
        ];
        assert_eq!(
            installed.events(&calls),
            ["PermissionRequest", "PermissionReplied", "Stop"]
        );
    }
}

#[test]
fn a_denied_call_throws_and_a_missing_herald_stops_nothing() {
    for agent in &AGENTS {
        let installed = Installed::new(agent, &everything());
        let call = || [hook("tool.execute.before")];
        assert_eq!(installed.call(&call()), [None]);
        let dir = installed.sandbox.path("home/.config/herald");
        fs::create_dir_all(&dir).unwrap();
        let rule = json!({"action": "deny", "pattern": "echo hi", "reason": "not here"});
        let policy = json!({"pre_tool_use": {"rules": [rule]}});
        fs::write(dir.join("decision_policy.json"), policy.to_string()).unwrap();
        assert_eq!(installed.call(&call()), [Some("not here".to_owned())]);
        fs::remove_file(installed.sandbox.path("recorder")).unwrap();
        assert_eq!(installed.call(&call()), [None]);
    }
}
