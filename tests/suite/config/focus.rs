//! The recipes for `rules.quiet_if` in the pages, with the programs that they ask.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::desktop::{display, has, line, started, with_sway};
use crate::support::page::configs;
use crate::support::rules::{becomes, with_rules};
use crate::support::sandbox::{Sandbox, output_of, wait_until, write_program};

/// A sandbox whose user has the recipe that contains `word`; none if one of `programs` is missing.
fn sandbox(word: &str, programs: &[&str]) -> Option<Sandbox> {
    if !has(programs) {
        return None;
    }
    let sandbox = Sandbox::new();
    let [recipe] = &configs("quiet.md", word)[..] else {
        panic!("one recipe with {word}");
    };
    with_rules(&sandbox, &recipe["rules"]);
    Some(sandbox)
}

/// The output of `program`.
fn said(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let mut command = sandbox.command(program);
    command.args(args);
    let output = output_of(command);
    assert!(output.status.success(), "{program} {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn an_agent_in_the_active_pane_of_tmux_is_quiet() {
    let Some(sandbox) = sandbox("tmux", &["tmux"]) else {
        return;
    };
    let tmpdir = sandbox.path("run");
    let sandbox = sandbox.with("TMUX_TMPDIR", tmpdir);
    let tmux = |args: &[&str]| said(&sandbox, "tmux", &[&["-f", "/dev/null"], args].concat());
    // The server ends with its last pane.
    let stays = sandbox.path("stays");
    write_program(&stays, "while [ -e \"$0\" ]; do sleep 0.1; done");
    let stays = stays.to_str().unwrap();
    let pane = tmux(&["new-session", "-d", "-P", "-F", "#{pane_id}", stays]);
    let sandbox = sandbox.with("TMUX_PANE", &pane);
    // Nobody is attached.
    becomes(&sandbox, "played");
    let mut client = sandbox.command("tmux");
    client.args(["-C", "attach"]).stdin(Stdio::piped());
    let _client = started(client);
    becomes(&sandbox, "skipped");
    let tmux = |args: &[&str]| said(&sandbox, "tmux", args);
    tmux(&["split-window", stays]);
    becomes(&sandbox, "played");
    tmux(&["select-pane", "-t", &pane]);
    becomes(&sandbox, "skipped");
    tmux(&["new-window", stays]);
    becomes(&sandbox, "played");
    tmux(&["kill-server"]);
    becomes(&sandbox, "played");
}

#[test]
fn an_agent_in_the_active_window_of_x11_is_quiet() {
    let Some(sandbox) = sandbox("xdotool", &["xdotool", "Xvfb", "openbox", "xterm"]) else {
        return;
    };
    let (_server, display) = display(&sandbox);
    let sandbox = sandbox.with("DISPLAY", display);
    let _manager = started(sandbox.command("openbox"));
    let window = |name: &str| {
        let file = sandbox.path(name);
        let mut xterm = sandbox.command("xterm");
        let script = format!("echo $WINDOWID > {}; sleep 1000", file.display());
        xterm.args(["-e", "sh", "-c", &script]);
        let xterm = started(xterm);
        let id = wait_until("the window is there", || line(&file));
        (xterm, id)
    };
    let (_agents, agents_window) = window("agents");
    let (_other, other_window) = window("other");
    choose(&sandbox, &agents_window);
    // An agent without a window.
    becomes(&sandbox, "played");
    let sandbox = sandbox.with("WINDOWID", &agents_window);
    becomes(&sandbox, "skipped");
    choose(&sandbox, &other_window);
    becomes(&sandbox, "played");
}

/// Makes the window `id` of X11 the active one.
fn choose(sandbox: &Sandbox, id: &str) {
    wait_until("the window is active", || {
        let mut xdotool = sandbox.command("xdotool");
        xdotool.args(["windowactivate", "--sync", id]);
        output_of(xdotool).status.success().then_some(())
    });
}

#[test]
fn an_agent_in_the_focused_terminal_of_sway_is_quiet() {
    let Some(sandbox) = sandbox("swaymsg", &["sway", "swaymsg", "foot", "jq", "unshare"]) else {
        return;
    };
    let (sandbox, _sway) = with_sway(sandbox);
    // An agent that runs the hook whenever there is a payload.
    let (agent, payload) = (sandbox.path("agent"), sandbox.path("payload"));
    let script = format!(
        "while [ -e \"$0\" ]; do [ -e {0} ] && {1} hook < {0} && rm {0}; sleep 0.05; done",
        payload.display(),
        env!("CARGO_BIN_EXE_herald")
    );
    write_program(&agent, &script);
    let mut terminal = sandbox.command("foot");
    terminal.arg(&agent);
    let _agents = started(terminal);
    wait_for_terminals(&sandbox, 1);
    let becomes = |status: &str| {
        wait_until(&format!("an event is {status}"), || {
            let before = sandbox.record().len();
            let session = format!("session {before}");
            let event = json!({"hook_event_name": "Stop", "session_id": session});
            // Whole at once, as the agent may look at any moment.
            let whole = sandbox.path("whole");
            fs::write(&whole, event.to_string()).unwrap();
            fs::rename(&whole, &payload).unwrap();
            wait_until("the agent has sent it", || {
                (!payload.exists()).then_some(())
            });
            let record = sandbox.wait_for_record(before + 1);
            (record[before]["status"] == status).then_some(())
        });
    };
    becomes("skipped");
    let mut terminal = sandbox.command("foot");
    terminal.args(["sleep", "1000"]);
    let _other = started(terminal);
    wait_for_terminals(&sandbox, 2);
    becomes("played");
    said(&sandbox, "swaymsg", &["focus", "left"]);
    becomes("skipped");
}

/// Waits until Sway shows so many terminals. The last one has the focus.
fn wait_for_terminals(sandbox: &Sandbox, count: usize) {
    wait_until("the terminal is there", || {
        let tree: Value =
            serde_json::from_str(&said(sandbox, "swaymsg", &["-t", "get_tree"])).ok()?;
        let shown = tree.to_string().matches("\"app_id\":\"foot\"").count();
        (shown == count).then_some(())
    });
}
