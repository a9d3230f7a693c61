//! Trusted files: another user's files in a shared directory have no effect, and links do not leave a
//! project.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{REPLY, Sandbox, run};

/// Neither root nor a user who runs tests.
const MALLORY: u32 = 4001;
/// A project's files for these tests: no sounds, and no tool calls.
const QUIET: &str = r#"{"events": {"Stop": {"enabled": false}}}"#;
const DENY: &str = r#"{"pre_tool_use": {"rules": [{"action": "deny", "pattern": "."}]}}"#;
const CALL: &str =
    r#"{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}"#;

/// Creates such a project.
fn write_project(root: &Path) {
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::create_dir_all(root.join(".claude/hooks/utils")).unwrap();
    fs::write(root.join(".claude/herald.json"), QUIET).unwrap();
    fs::write(policy_of(root), DENY).unwrap();
}

fn policy_of(root: &Path) -> PathBuf {
    root.join(".claude/hooks/utils/decision_policy.json")
}

/// Gives `path` and its content to another user; returns whether that worked.
fn give_away(path: &Path) -> bool {
    let Ok(()) = chown(path, Some(MALLORY), None) else {
        test_support::not_tested("only root may give a file away");
        return false;
    };
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        entries.for_each(|entry| assert!(give_away(&entry.unwrap().path())));
    }
    true
}

/// Whether Stop sounds, and a call is denied, in `cwd`.
fn heard_and_denied(sandbox: &Sandbox, cwd: &Path) -> (bool, bool) {
    let run_hook = |args: &[&str], payload: &str| {
        let payload = format!("{payload}, \"cwd\": {}}}", json!(cwd));
        let output = run(sandbox.herald(args), payload.as_bytes());
        assert!(output.status.success(), "{output:?}");
        output
    };
    let stop = run_hook(&["--hook", "Stop"], "{\"hook_event_name\": \"Stop\"");
    let line = String::from_utf8(stop.stderr).unwrap();
    let call = run_hook(&["hook", "--no-audio"], CALL);
    let reply: Value = serde_json::from_slice(&call.stdout).unwrap();
    let decision = &reply["hookSpecificOutput"]["permissionDecision"];
    let is_denied = decision == "deny";
    assert_eq!(is_denied, call.stdout != REPLY.as_bytes(), "{reply}");
    (line.contains("played=True"), is_denied)
}

/// Doctor's finding about `part`, if any. The only problem of the project is its owner.
fn doctor(sandbox: &Sandbox, cwd: &Path, part: &str) -> Option<Value> {
    let mut herald = sandbox.herald(&["doctor", "--json", "--no-sound"]);
    herald.current_dir(cwd);
    let findings: Vec<Value> = serde_json::from_slice(&run(herald, b"").stdout).unwrap();
    let mut findings = findings.into_iter();
    findings.find(|finding| finding["part"] == part)
}

fn trust(sandbox: &Sandbox, projects: &Value) {
    let config = sandbox.path("home/.config/herald/config.json");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let config_of_user = json!({
        "trusted_projects": projects,
        // So that throttling also works on slow machines.
        "audio_settings": {"throttle_seconds": {"Stop": 3600}},
    });
    fs::write(config, config_of_user.to_string()).unwrap();
}

fn reset(sandbox: &Sandbox) {
    let output = run(sandbox.herald(&["throttle", "reset", "--all"]), b"");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn another_users_project_scopes_the_key_and_says_nothing() {
    for names_it in ["CLAUDE_PROJECT_DIR", "cwd"] {
        let sandbox = Sandbox::new();
        let root = sandbox.path("shared");
        write_project(&root);
        let named = if names_it == "cwd" {
            Path::new("")
        } else {
            &root
        };
        let sandbox = sandbox.with("CLAUDE_PROJECT_DIR", named);
        trust(&sandbox, &json!([]));
        assert_eq!(
            heard_and_denied(&sandbox, &root),
            (false, true),
            "{names_it}"
        );
        assert_eq!(doctor(&sandbox, &root, "project"), None);
        if !give_away(&root) {
            return;
        }
        assert_eq!(
            heard_and_denied(&sandbox, &root),
            (true, false),
            "{names_it}"
        );
        let (heard, _) = heard_and_denied(&sandbox, &root);
        assert!(!heard, "{names_it}: the second is throttled");
        if names_it == "cwd" {
            let another = sandbox.path("another");
            write_project(&another);
            assert!(give_away(&another));
            let (heard, _) = heard_and_denied(&sandbox, &another);
            assert!(heard, "another project has a key of its own");
        }
        let finding = doctor(&sandbox, &root, "project").expect("doctor names it");
        let what = finding["what"].as_str().unwrap();
        assert!(
            what.contains(&format!("belongs to user {MALLORY}")),
            "{what}"
        );
        assert!(what.contains(root.to_str().unwrap()), "{what}");
        let hint = finding["hint"].as_str().unwrap();
        assert!(hint.contains("trusted_projects"), "{hint}");
        let policy = doctor(&sandbox, &root, "policy").expect("doctor names the policy");
        let hint = policy["hint"].as_str().unwrap();
        assert!(hint.contains("trusted_projects"), "no mistake: {policy}");
        for trusted in [
            json!([root]),
            json!(["*"]),
            json!([format!("{}/*", sandbox.path("").display())]),
        ] {
            trust(&sandbox, &trusted);
            reset(&sandbox);
            assert_eq!(
                heard_and_denied(&sandbox, &root),
                (false, true),
                "{trusted}"
            );
        }
        trust(&sandbox, &json!([sandbox.path("home"), "relative", 5]));
        reset(&sandbox);
        assert_eq!(heard_and_denied(&sandbox, &root), (true, false));
    }
}

/// A directory like `/tmp`: owned by root, and writable for all.
#[test]
fn another_users_files_in_a_shared_directory_do_not_count() {
    let sandbox = Sandbox::new().with("CLAUDE_PROJECT_DIR", "");
    let shared = sandbox.path("shared");
    let below = shared.join("alice");
    fs::create_dir_all(&below).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    write_project(&shared);
    assert_eq!(heard_and_denied(&sandbox, &below), (false, true));
    // Either is sufficient: the repository, or the files.
    if !give_away(&shared.join(".claude")) {
        return;
    }
    assert_eq!(heard_and_denied(&sandbox, &below), (true, false));
    fs::remove_dir_all(shared.join(".claude")).unwrap();
    write_project(&shared);
    assert!(give_away(&shared.join(".git")));
    reset(&sandbox);
    assert_eq!(heard_and_denied(&sandbox, &below), (true, false));
    assert!(doctor(&sandbox, &below, "project").is_some());
}

/// Sounds and packs are files of the project, too, whoever names them.
#[test]
fn another_users_sounds_and_packs_are_not_played() {
    in_real_time(|| {
        let sandbox = Sandbox::new();
        let root = sandbox.path("project");
        let sounds = root.join(".claude/sounds");
        let pack = root.join(".openpeon/packs/theirs");
        fs::create_dir_all(&sounds).unwrap();
        fs::create_dir_all(&pack).unwrap();
        let wav = crate::support::sandbox::wav(&[1; 96]);
        fs::write(sounds.join("stop.wav"), &wav).unwrap();
        fs::write(pack.join("pack.wav"), &wav).unwrap();
        let manifest = json!({"categories": {"task.complete": {"sounds": [{"file": "pack.wav"}]}}});
        fs::write(pack.join("openpeon.json"), manifest.to_string()).unwrap();
        let played = |sandbox: &Sandbox| {
            reset(sandbox);
            let output = run(sandbox.herald(&["--hook", "Stop"]), b"");
            let line = String::from_utf8(output.stderr).unwrap();
            let path = line.split_once(" path=").map(|(_, rest)| rest.to_owned());
            path.map(|path| path.split_whitespace().next().unwrap().to_owned())
        };
        let mapped = json!({"sound_files": {"mappings": {"Stop": "stop.wav"}}});
        let relative = json!({"sound_files": {"base_path": ".claude/sounds", "mappings": {"Stop": "stop.wav"}}});
        let packs = json!({"packs": {"active": "theirs"}});
        let cases: Vec<_> = [
            (mapped, sounds.join("stop.wav")),
            (relative, sounds.join("stop.wav")),
            (packs, pack.join("pack.wav")),
        ]
        .into_iter()
        .enumerate()
        .map(|(number, (config, path))| {
            let file = sandbox.path(&format!("{number}.json"));
            fs::write(&file, config.to_string()).unwrap();
            (file, path)
        })
        .collect();
        let mut sandbox = sandbox;
        for (config, path) in &cases {
            sandbox = sandbox.with("HERALD_CONFIG", config);
            assert_eq!(played(&sandbox), path.to_str().map(str::to_owned));
        }
        if !give_away(&root) {
            return;
        }
        for (config, _) in &cases {
            sandbox = sandbox.with("HERALD_CONFIG", config);
            assert_eq!(played(&sandbox), None, "{}", config.display());
        }
        let by_name = sandbox.path("by-name.json");
        let named = json!({"sound_files": {"mappings": {"Stop": sounds.join("stop.wav")}}});
        fs::write(&by_name, named.to_string()).unwrap();
        sandbox = sandbox.with("HERALD_CONFIG", &by_name);
        assert_eq!(
            played(&sandbox),
            sounds.join("stop.wav").to_str().map(str::to_owned),
            "the user names that very file"
        );
    });
}

#[test]
fn links_do_not_lead_out_of_a_project() {
    let sandbox = Sandbox::new().with("CLAUDE_PROJECT_DIR", "");
    let (root, outside) = (sandbox.path("project"), sandbox.path("outside"));
    write_project(&outside);
    let says = || heard_and_denied(&sandbox, &root);
    fs::create_dir(root.join(".git")).unwrap();
    // A directory, then the files.
    symlink(outside.join(".claude"), root.join(".claude")).unwrap();
    assert_eq!(says(), (true, false));
    fs::remove_file(root.join(".claude")).unwrap();
    fs::create_dir_all(root.join(".claude/hooks/utils")).unwrap();
    symlink(
        "../../outside/.claude/herald.json",
        root.join(".claude/herald.json"),
    )
    .unwrap();
    symlink(policy_of(&outside), policy_of(&root)).unwrap();
    reset(&sandbox);
    assert_eq!(says(), (true, false));
    // Inside the project, links may lead anywhere.
    for (name, file, text) in [
        ("config", root.join(".claude/herald.json"), QUIET),
        ("policy", policy_of(&root), DENY),
    ] {
        fs::write(root.join(name), text).unwrap();
        fs::remove_file(&file).unwrap();
        symlink(root.join(name), &file).unwrap();
    }
    reset(&sandbox);
    assert_eq!(says(), (false, true));
}

/// The player keeps copies of config files, except of files behind a repository's link.
#[test]
fn content_behind_a_link_is_not_copied() {
    let sandbox = Sandbox::new();
    let root = sandbox.path("project");
    let file = root.join(".claude/herald.json");
    fs::create_dir_all(root.join(".claude")).unwrap();
    fs::write(
        root.join("config.json"),
        "{\"events\": {\"Stop\": {\"volume\": 0.5}}}",
    )
    .unwrap();
    symlink("../config.json", &file).unwrap();
    let own = sandbox.path("home/.config/herald/config.json");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::write(sandbox.path("dotfile.json"), "{}").unwrap();
    symlink(sandbox.path("dotfile.json"), &own).unwrap();
    assert!(run(sandbox.herald(&["hook", "Stop"]), b"").status.success());
    sandbox.wait_for_record(1);
    let copies = || -> Vec<String> {
        let dir = fs::read_dir(sandbox.state_dir().join("config")).unwrap();
        let files = dir.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        files.collect()
    };
    assert_eq!(
        copies(),
        ["{}"],
        "the user's own, through the user's own link"
    );
    fs::remove_file(&file).unwrap();
    fs::write(&file, "{\"events\": {}}").unwrap();
    reset(&sandbox);
    assert!(run(sandbox.herald(&["hook", "Stop"]), b"").status.success());
    sandbox.wait_for_record(2);
    assert!(
        copies().contains(&"{\"events\": {}}".to_owned()),
        "a file is"
    );
}

/// Removes a file before its sandbox, which reads the log.
struct Removed<'p>(&'p Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

/// A pipe, an endless device and a very long file in place of each file that a hook, or a command that only
/// reads, opens: nothing waits, and nothing is read.
#[test]
fn unexpected_files_block_nothing() {
    type Make = fn(&Path);
    let kinds: [(&str, Make); 3] = [
        ("a pipe", crate::support::sandbox::make_fifo),
        ("a device", |path| symlink("/dev/zero", path).unwrap()),
        ("a long file", |path| {
            fs::File::create(path).unwrap().set_len(1 << 36).unwrap()
        }),
    ];
    let places = [
        "home/.config/herald/config.json",
        "home/.config/herald/decision_policy.json",
        "home/.config/herald/sounds/stop.wav",
        "home/.openpeon/packs/mine/openpeon.json",
        "project/.git",
        "project/.claude/herald.json",
        "project/.claude/hooks/utils/audio_config.json",
        "project/.claude/hooks/utils/decision_policy.json",
        "project/.claude/sounds/stop.wav",
        "project/.openpeon/packs/theirs/openpeon.json",
        "state/throttle.v1",
        "state/throttle.v1.names",
        "state/log.ndjson",
        "state/log.ndjson.1",
        "home/.claude/settings.json",
    ];
    let names = json!({
        "sound_files": {"mappings": {"Stop": "stop.wav"}},
        "packs": {"active": "theirs"},
    });
    for place in places {
        for (kind, make) in &kinds {
            let sandbox = Sandbox::new().with_config(&names);
            let path = sandbox.path(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::set_permissions(sandbox.path("."), fs::Permissions::from_mode(0o700)).unwrap();
            let _ = fs::remove_file(&path);
            make(&path);
            let _removed = Removed(&path);
            let limited = |args: &[&str], payload: &str| {
                let mut shell = sandbox.command("sh");
                shell.args(["-c", "ulimit -v 262144; exec \"$0\" \"$@\""]);
                shell.arg(env!("CARGO_BIN_EXE_herald")).args(args);
                run(shell, payload.as_bytes())
            };
            let call = format!("{CALL}}}");
            // The user's rules that are over a limit lead to an ask.
            let is_asked = place == places[1] && *kind == "a long file";
            for (payload, is_asked) in [
                ("{\"hook_event_name\": \"Stop\"}", false),
                (&call, is_asked),
            ] {
                let output = limited(&["hook"], payload);
                assert!(output.status.success(), "{kind} at {place}: {output:?}");
                let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
                let decision = &reply["hookSpecificOutput"]["permissionDecision"];
                assert_eq!(decision == "ask", is_asked, "{kind} at {place}: {output:?}");
                assert_eq!(output.stdout == REPLY.as_bytes(), !is_asked, "{output:?}");
            }
            for args in [
                &["log"][..],
                &["throttle", "list"],
                &["config", "check"],
                &["status"],
                &["pack", "list"],
                &["doctor", "--no-sound"],
            ] {
                let output = limited(args, "");
                let code = output.status.code();
                assert!(
                    matches!(code, Some(0 | 1)),
                    "{kind} at {place}: {args:?}: {output:?}"
                );
            }
        }
    }
}
