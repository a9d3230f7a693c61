//! Whole screens in a real terminal, by what is on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::packed::pack;

const PATIENCE: Duration = Duration::from_secs(60);
const PAGE: &str = "src/docs/commands.md";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A terminal of 80 columns and 24 lines with a shell in it, and a home directory with a pack.
struct Terminal {
    home: tempfile::TempDir,
    server: String,
}

impl Terminal {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let studio = Path::new(env!("CARGO_BIN_EXE_herald-studio"));
        let programs = studio.parent().unwrap();
        for name in ["herald", "herald-player"] {
            let is_built = programs.join(name).exists();
            assert!(
                is_built,
                "there is no {name}: run cargo build -p herald-cli --bins"
            );
        }
        let terminal = Self {
            home: tempfile::tempdir().unwrap(),
            server: format!("herald-test-{}-{number}", std::process::id()),
        };
        let dir = terminal.path(".openpeon/packs/peon");
        for (name, bytes) in pack("", "peon", "1.0.0") {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        fs::create_dir(terminal.path("project")).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
        ]);
        shell.args([
            "env",
            "-i",
            "PS1=$ ",
            "TERM=screen",
            "HERALD_OUTPUT=null",
            "TZ=UTC",
        ]);
        shell.arg(format!("PATH={}:{path}", programs.display()));
        shell.arg(format!("HOME={}", terminal.home.path().display()));
        shell.arg(format!(
            "HERALD_STATE_DIR={}",
            terminal.path("state").display()
        ));
        shell.arg(format!(
            "CLAUDE_PROJECT_DIR={}",
            terminal.path("project").display()
        ));
        shell.args(["sh", "-i"]);
        assert!(shell.status().unwrap().success());
        terminal.sees(|screen| screen.contains('$'));
        terminal
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn tmux(&self, args: &[&str]) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.args(["-L", &self.server])
            .args(args)
            .stdin(Stdio::null());
        tmux
    }

    fn screen(&self, more: &[&str]) -> String {
        let args = [&["capture-pane", "-p"], more].concat();
        let output = self.tmux(&args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits for a screen like this.
    #[track_caller]
    fn sees(&self, is_it: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen(&[]);
            if is_it(&screen) {
                return screen;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "not what was awaited:\n{screen}"
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn press(&self, keys: &[&str]) {
        let pressed = self.tmux(&[&["send-keys"], keys].concat()).status();
        assert!(pressed.unwrap().success());
    }

    /// Types a command.
    fn types(&self, line: &str) {
        self.press(&["-l", line]);
        self.press(&["Enter"]);
    }

    /// Presses a key until the screen is like this.
    #[track_caller]
    fn press_until(&self, key: &str, is_it: impl Fn(&str) -> bool) {
        for _ in 0..60 {
            let before = self.screen(&[]);
            if is_it(&before) {
                return;
            }
            self.press(&[key]);
            self.sees(|screen| screen != before);
        }
        panic!("{}", self.screen(&[]));
    }

    /// Waits until a line about a sound that was played by hand says `what`.
    #[track_caller]
    fn hears(&self, what: &str) {
        let began = Instant::now();
        loop {
            let log = self
                .herald(&["log", "--json", "-n", "200"])
                .output()
                .unwrap();
            let log = String::from_utf8(log.stdout).unwrap();
            let is_it = |line: &str| line.contains("\"event\":\"play\"") && line.contains(what);
            if log.lines().any(is_it) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{what} is not heard: {log}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// A command beside the terminal.
    fn herald(&self, args: &[&str]) -> Command {
        let studio = Path::new(env!("CARGO_BIN_EXE_herald-studio"));
        let mut herald = Command::new(studio.with_file_name("herald"));
        herald.args(args).env_clear().env("HOME", self.home.path());
        herald
            .env("HERALD_OUTPUT", "null")
            .env("HERALD_STATE_DIR", self.path("state"));
        herald.env("CLAUDE_PROJECT_DIR", self.path("project"));
        herald
    }

    fn config(&self) -> Value {
        let text = fs::read_to_string(self.path(".config/herald/config.json"));
        serde_json::from_str(&text.unwrap_or_else(|_| "{}".to_owned())).unwrap()
    }

    /// The ids of `herald-studio` in this terminal: the one that waits first.
    fn ids(&self) -> Vec<String> {
        let output = self
            .tmux(&["display-message", "-p", "#{pane_pid}"])
            .output()
            .unwrap();
        let mut ids = Vec::new();
        let mut parent = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        loop {
            let children = format!("/proc/{parent}/task/{parent}/children");
            let children = fs::read_to_string(children).unwrap_or_default();
            let Some(child) = children.split_whitespace().find(|id| {
                let name = fs::read_to_string(format!("/proc/{id}/comm"));
                name.is_ok_and(|name| name.trim() == "herald-studio")
            }) else {
                return ids;
            };
            ids.push(child.to_owned());
            parent = child.to_owned();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]).status();
        let mut stop = self.herald(&["player", "stop"]);
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Compares `screen` with the picture of that name in the page, or records it.
fn is_in_the_page(name: &str, screen: &str) {
    let path = repository().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let heading = format!("<!-- {name} -->\n\n```text\n");
    let (before, rest) = page.split_once(&heading).unwrap();
    let (stored, after) = rest.split_once("```").unwrap();
    // No path of this machine.
    let lines = screen
        .lines()
        .map(|line| line.split(", in /").next().unwrap_or(line));
    let lines: Vec<_> = lines.map(str::trim_end).collect();
    let shown = lines.join("\n").trim_end().to_owned() + "\n";
    if std::env::var_os("HERALD_BLESS").is_some() {
        fs::write(&path, [before, &heading, &shown, "```", after].concat()).unwrap();
    } else {
        assert_eq!(
            stored, shown,
            "record it again: HERALD_BLESS=1 cargo test -p herald-studio"
        );
    }
}

#[test]
fn a_sound_is_chosen_by_ear_with_the_keyboard() {
    let terminal = Terminal::new();
    terminal.types("echo before; herald choose");
    let screen = terminal.sees(|screen| screen.contains("q: quit"));
    assert_eq!(screen.lines().count(), 24, "{screen}");
    terminal.press_until("Down", |screen| screen.contains("> Stop  "));
    terminal.press(&["Right"]);
    // What is under the cursor is heard.
    terminal.press_until("Down", |screen| screen.contains("> failed: "));
    terminal.hears("builtin:failed");
    terminal.press(&["Enter"]);
    let screen = terminal.sees(|screen| screen.contains("events.Stop.sound is builtin:failed"));
    is_in_the_page("choose", &screen);
    assert_eq!(
        terminal.config()["events"]["Stop"]["sound"],
        "builtin:failed"
    );
    // A sound of a pack, and a volume.
    terminal.press_until("Down", |screen| screen.contains("> peon: done.wav"));
    terminal.press(&["Enter"]);
    terminal.sees(|screen| screen.contains("* Stop               on  peon: done"));
    let sound = terminal.config()["events"]["Stop"]["sound"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        sound.ends_with(".openpeon/packs/peon/sounds/done.wav"),
        "{sound}"
    );
    terminal.press(&["-"]);
    terminal.sees(|screen| screen.contains("Stop, volume 90 %"));
    assert_eq!(terminal.config()["events"]["Stop"]["volume"], 0.9);
    terminal.hears("done.wav\",\"volume\":0.45");
    // As before.
    terminal.press(&["Home"]);
    terminal.press(&["Enter"]);
    terminal.sees(|screen| screen.contains("* Stop               on  finished"));
    assert_eq!(terminal.config()["events"]["Stop"].get("sound"), None);
    terminal.press(&["Left"]);
    terminal.press(&["q"]);
    let screen = terminal.sees(|screen| screen.contains("before"));
    assert!(!screen.contains("q: quit"), "{screen}");
}

#[test]
fn events_are_watched_as_they_come() {
    let terminal = Terminal::new();
    let hook = |session: &str| {
        let payload = json!({"hook_event_name": "Stop", "session_id": session, "cwd": terminal.path("project")});
        fs::write(terminal.path("payload.json"), payload.to_string()).unwrap();
        let hook = terminal
            .herald(&["hook", "Stop"])
            .stdin(fs::File::open(terminal.path("payload.json")).unwrap())
            .stdout(Stdio::null())
            .status();
        assert!(hook.unwrap().success());
    };
    let config = json!({"events": {"Stop": {"throttle_seconds": 3600}}});
    fs::create_dir_all(terminal.path(".config/herald")).unwrap();
    fs::write(
        terminal.path(".config/herald/config.json"),
        config.to_string(),
    )
    .unwrap();
    terminal.types("herald status --watch");
    terminal.sees(|screen| screen.contains("sound: on") && screen.contains("q: quit"));
    hook("one");
    let row = |screen: &str, words: &[&str]| {
        let mut lines = screen.lines();
        lines.any(|line| words.iter().all(|word| line.contains(word)))
    };
    terminal.sees(|screen| row(screen, &["Stop", "played", "claude", "project", "finished"]));
    terminal.sees(|screen| row(screen, &["Stop", "claude", "project", "heard of"]));
    hook("two");
    terminal.sees(|screen| row(screen, &["Stop", "suppressed", "window 3600 s"]));
    terminal.press(&["m"]);
    terminal.sees(|screen| screen.contains("sound: muted"));
    terminal.press(&["C-c"]);
    terminal.sees(|screen| !screen.contains("q: quit"));
}

#[test]
fn a_screen_needs_no_colour() {
    let terminal = Terminal::new();
    for (command, key) in [("herald choose", "Right"), ("herald status --watch", "p")] {
        terminal.types(command);
        terminal.sees(|screen| screen.contains("q: quit"));
        terminal.press(&[key]);
        let raw = terminal.screen(&["-e"]);
        let codes = raw
            .split('\u{1b}')
            .skip(1)
            .filter_map(|part| part.strip_prefix('['));
        let codes = codes
            .filter_map(|part| part.split_once('m'))
            .map(|(codes, _)| codes);
        for code in codes.flat_map(|codes| codes.split(';')) {
            // Nothing, bold, reversed, the default colours, and none of these.
            let is_plain = ["", "0", "1", "7", "22", "27", "39", "49"].contains(&code);
            assert!(is_plain, "{command}: {code} in {raw}");
        }
        terminal.press(&["q"]);
        terminal.sees(|screen| !screen.contains("q: quit"));
    }
}

#[test]
fn the_terminal_is_as_it_was_after_a_kill() {
    let terminal = Terminal::new();
    let mut number = 0;
    for command in ["herald choose", "herald status --watch"] {
        for signal in ["-TERM", "-HUP", "-KILL"] {
            // The one that waits, and the one that draws.
            for which in [0, 1] {
                terminal.types("clear");
                terminal.types(command);
                terminal.sees(|screen| screen.contains("q: quit"));
                let ids = terminal.ids();
                assert_eq!(ids.len(), 2, "{ids:?}");
                let killed = Command::new("kill").args([signal, &ids[which]]).status();
                assert!(killed.unwrap().success());
                terminal.sees(|screen| !screen.contains("q: quit"));
                let began = Instant::now();
                while !terminal.ids().is_empty() {
                    assert!(
                        began.elapsed() < PATIENCE,
                        "{command}, {signal}, {which}: it runs on"
                    );
                    thread::sleep(Duration::from_millis(20));
                }
                // What is typed is seen, and a line is read as a whole.
                number += 1;
                terminal.types(&format!(
                    "stty -a | grep -o ' -*icanon\\| -*echo ' | tr '\\n' .; echo done{number}"
                ));
                let done = format!(".done{number}");
                let screen = terminal.sees(|screen| screen.contains(&done));
                let line = screen.lines().find(|line| line.contains(&done)).unwrap();
                assert!(
                    line.contains("icanon") && !line.contains("-icanon"),
                    "{screen}"
                );
                assert!(line.contains("echo") && !line.contains("-echo"), "{screen}");
                let typed = format!("echo done{number}");
                assert!(
                    screen.contains(&typed),
                    "{command}, {signal}, {which}: {screen}"
                );
            }
        }
    }
}

#[test]
fn without_a_terminal_plain_commands_are_named() {
    for (args, says) in [
        (&["choose"][..], "hint: herald sounds, herald play SOUND"),
        (&["status", "--watch"], "hint: herald status, herald log -f"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_herald-studio"))
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains(says), "{why}");
        assert_eq!(output.status.code(), Some(1));
    }
}
