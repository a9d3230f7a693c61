//! Loads a decision policy of any content, the user's or a project's, and asks it about calls of any
//! text: a project never allows anything and never takes back what holds without it, the user's
//! deny holds whatever the project says, and what is wrong is told in few and plain lines. How long
//! it takes and what memory it needs is the fuzzer's to watch.
//!
//! `cargo xtask test` runs this for 10 s; `cargo fuzz run --fuzz-dir tests/fuzz policy` as long as
//! you like.
#![no_main]

mod spelling;

use std::fs;
use std::path::PathBuf;

use herald_audio::internals::config::load;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::payload::typed::HookEvent;
use herald_audio::internals::policy::{Action, Policy, files};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Mistakes of two files that are named, the line about those that are not, and that about the count.
const MAX_ISSUES: usize = 2 * (20 + 1 + 1);
/// What a byte from 128 on stands for, so that chance finds policies that say something.
const WORDS: [&str; 48] = [
    r#"{"pre_tool_use": {"rules": ["#,
    r#"{"post_tool_use": {"#,
    r#"{"stop": {"#,
    r#""pre_tool_use": {"#,
    r#""rules": ["#,
    r#"{"action": "deny", "#,
    r#"{"action": "ask", "#,
    r#"{"action": "allow", "#,
    r#""type": "path", "#,
    r#""type": "command", "#,
    r#""tags": ["#,
    r#""system:dangerous""#,
    r#""package:install""#,
    r#""secrets:file""#,
    r#""severity": "high", "#,
    r#""reason": ""#,
    r#""pattern": ""#,
    r#"deny", "pattern": ""#,
    r#""}, "#,
    r#"}, "#,
    r#"]}}"#,
    r#""block_on_error": false"#,
    r#""error_keys": ["#,
    r#""block_exit_codes_at_least": 255"#,
    r#""block_on_loop": false"#,
    "(a{50}){60}",
    "[ab]*a[ab]{400}c",
    "(?:a?){900}a{90}",
    r"(\\w{9}){9}",
    ".*",
    ".",
    "^",
    "$",
    r"\\b",
    "(?m)",
    "(?u)",
    "(?:|)",
    "[^a-z]",
    "{1000}",
    "push",
    "git",
    "rm",
    "--force",
    "ü",
    "null",
    ", ",
    "\n",
    "(",
];
/// Commands that something is decided about.
const COMMANDS: [&str; 6] = [
    "ls",
    "rm -rf /",
    "npm install && git push --force",
    "cat .env; git reset --hard",
    "aabababbbababab",
    "",
];
const DENIES_PUSHES: &str =
    r#"{"pre_tool_use": {"rules": [{"action": "deny", "pattern": "git push .*--force"}]}}"#;

struct Home {
    dir: tempfile::TempDir,
    root: PathBuf,
}

thread_local! {
    static HOME: Home = Home::new().expect("a temporary directory");
}

fuzz_target!(|data: &[u8]| {
    // The first byte says whose file it is, and how replies are; the second how much of the rest is
    // the command.
    if let [kind, share, data @ ..] = data {
        let (command, file) = data.split_at(data.len() * usize::from(*share) / 1_024);
        let command = String::from_utf8_lossy(&spelled(command)).repeat(1 + usize::from(kind >> 3));
        HOME.with(|home| home.check(&spelled(file), &command, kind & 1 == 0, kind & 2 == 0));
    }
});

fn spelled(data: &[u8]) -> Vec<u8> {
    spelling::spelled(data, &WORDS)
}

impl Home {
    fn new() -> std::io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let root = dir.path().join("project");
        let home = Self { dir, root };
        for file in home.files() {
            fs::create_dir_all(file.parent().expect("a file in a directory"))?;
        }
        Ok(home)
    }

    fn env(&self, is_original: bool) -> Env {
        let mut vars = vec![(
            "XDG_CONFIG_HOME",
            self.dir.path().to_str().expect("Unicode"),
        )];
        if is_original {
            vars.push(("HERALD_POLICY", "original"));
        }
        Env::of(vars)
    }

    fn files(&self) -> [PathBuf; 2] {
        files(&self.env(false), Some(&self.root)).map(|file| file.expect("an absolute path"))
    }

    /// The policy of these files for the event called `name`.
    fn load(&self, name: &str, contents: [Option<&[u8]>; 2], is_original: bool) -> Option<Policy> {
        for (file, content) in self.files().into_iter().zip(contents) {
            match content {
                Some(content) => fs::write(file, content).expect("to write the file"),
                None => _ = fs::remove_file(file),
            }
        }
        let env = self.env(is_original);
        let config = load(&env, Some(&self.root));
        let policy = Policy::load_for(name, &env, &config);
        if let Some(policy) = &policy {
            check_issues(policy);
        }
        policy
    }

    fn check(&self, content: &[u8], command: &str, is_users: bool, is_original: bool) {
        if is_users {
            let policy = self.load("PreToolUse", [Some(content), None], is_original);
            let quiet = self.load("PreToolUse", [Some(b"{}"), None], is_original);
            for command in COMMANDS.into_iter().chain([command]) {
                // Built-in rules apply if the file is valid.
                if policy.as_ref().is_some_and(Policy::speaks) {
                    let at_least = action(quiet.as_ref(), command);
                    assert!(action(policy.as_ref(), command) >= at_least, "{command}");
                }
            }
            return;
        }
        let user = DENIES_PUSHES.as_bytes();
        let without = self.load("PreToolUse", [Some(user), None], is_original);
        let with = self.load("PreToolUse", [Some(user), Some(content)], is_original);
        for command in COMMANDS.into_iter().chain([command]) {
            let [without, with] = [&without, &with].map(|policy| action(policy.as_ref(), command));
            assert!(
                with >= without,
                "{command}: {with:?} with it, {without:?} without"
            );
            assert!(is_original || with != Some(Action::Allow), "{command}");
        }
        for (name, payload) in [
            ("PostToolUse", json!({"tool_response": {"exit_code": 1}})),
            ("PostToolUse", json!({"toolError": command})),
            ("Stop", json!({"loopDetected": true})),
        ] {
            let without = self.load(name, [Some(user), None], is_original);
            let with = self.load(name, [Some(user), Some(content)], is_original);
            let [without, with] =
                [&without, &with].map(|policy| blocks(policy.as_ref(), name, &payload));
            assert!(with || !without, "{payload}");
        }
    }
}

fn event(name: &str, payload: &Value) -> HookEvent {
    HookEvent::new(Some(name), payload.as_object().cloned().unwrap_or_default())
}

fn action(policy: Option<&Policy>, command: &str) -> Option<Action> {
    let payload = json!({"tool_name": "Bash", "tool_input": {"command": command}});
    let event = event("PreToolUse", &payload);
    let ruling = policy?.on_call(event.tool_call().expect("a call"), &event.other)?;
    assert!(
        ruling
            .reason
            .as_ref()
            .is_none_or(|reason| !reason.trim().is_empty())
    );
    Some(ruling.action)
}

fn blocks(policy: Option<&Policy>, name: &str, payload: &Value) -> bool {
    let event = event(name, payload);
    policy.is_some_and(|policy| match event.tool_call() {
        Some(call) => policy.on_outcome(call, &event.other).is_some(),
        None => policy.on_stop(&event).is_some(),
    })
}

/// They are few, fit on a line each, and no terminal obeys them.
fn check_issues(policy: &Policy) {
    assert!(
        policy.issues().len() <= MAX_ISSUES,
        "{}",
        policy.issues().len()
    );
    for issue in policy.issues() {
        let shown = issue.to_string();
        assert!(shown.len() < 1_500, "{} bytes", shown.len());
        assert!(!shown.contains(char::is_control), "{shown:?}");
    }
}
