//! What `cargo xtask dist` made, installed where there is nothing else: in a Debian with its
//! required packages and Python, without Rust, a compiler, ALSA or a sound server.
//!
//! `cargo xtask test --dist` builds it first; it takes root, debootstrap and qemu.
#![cfg(target_os = "linux")]

mod place;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use place::{Place, output, results};

/// The one file of a release whose name begins and ends so.
fn released(start: &str, end: &str) -> PathBuf {
    let files = fs::read_dir(results()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let found: Vec<_> = names
        .filter(|name| name.starts_with(start) && name.ends_with(end))
        .collect();
    assert_eq!(found.len(), 1, "{start}*{end}: {found:?}");
    results().join(&found[0])
}

/// A hook replies, and its sound is rendered by a player that is not there before.
const HEARD: &str = r#"
reply=$(echo '{"hook_event_name": "Stop"}' | HERALD_OUTPUT=wav:$HOME/hook.wav herald hook Stop)
test "$reply" = '{"continue": true}'
HERALD_OUTPUT=wav:$HOME/heard.wav herald play finished --wait
test "$(stat -c %s "$HOME/heard.wav")" -gt 1000
herald --version --verbose
"#;

/// The hooks of the plugin for Claude Code, below the directory for Herald's data.
const PLUGIN: &str = "claude-plugin/.claude-plugin/herald/hooks/hooks.json";

#[track_caller]
fn assert_heard(said: &str, linked: &str) {
    assert!(said.contains("target: x86_64-linux-musl"), "{said}");
    assert!(said.contains(linked), "{said}");
    assert!(!said.contains("commit: unknown"), "{said}");
}

#[test]
fn checksums_are_those_of_the_files() {
    let mut sum = Command::new("sha256sum");
    sum.args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(results());
    let said = output(sum);
    let files = fs::read_dir(results()).unwrap().count();
    assert_eq!(said.lines().count(), files - 1, "{said}");
    let formula = fs::read_to_string(results().join("herald.rb")).unwrap();
    assert!(
        !formula.contains("x86_64-unknown-linux-gnu.tar.gz@"),
        "{formula}"
    );
}

#[test]
fn the_script_installs_an_archive_and_replaces_a_running_player() {
    let place = Place::new();
    let script = place.put(&results().join("install.sh"));
    let archive = place.put(&released("herald-", "-x86_64-unknown-linux-gnu.tar.gz"));
    let releases = archive.parent().unwrap().display();
    let install = format!("HERALD_RELEASES=file://{releases} sh {}", script.display());
    let said = place.run(&format!("{install}; PATH=$HOME/.local/bin:$PATH; {HEARD}"));
    assert!(said.contains("hint: "), "it is not on the PATH: {said}");
    assert_heard(&said, "linked: statically");

    // The player still runs: its file is replaced, and the next sound is played all the same.
    let said = place.run(&format!(
        "PATH=$HOME/.local/bin:$PATH; {install}\n{HEARD}\nHERALD_OUTPUT=cpal herald play finished --wait || true"
    ));
    assert!(
        said.contains("libasound.so.2"),
        "it says what is missing: {said}"
    );
    place.run(&format!("test -f ~/.local/share/herald/{PLUGIN}"));
    let man = place.run("ls ~/.local/share/man/man1");
    assert!(man.contains("herald-hook.1"), "{man}");
}

#[test]
fn an_archive_that_is_not_what_was_released_is_not_unpacked() {
    let place = Place::new();
    let script = place.put(&results().join("install.sh"));
    let archive = place.put(&released("herald-", "-x86_64-unknown-linux-gnu.tar.gz"));
    let releases = archive.parent().unwrap().display();
    let said = place.run(&format!(
        "echo more >> {}; HERALD_RELEASES=file://{releases} sh {} 2>&1 || ls -A $HOME",
        archive.display(),
        script.display()
    ));
    assert!(said.contains("nothing was installed"), "{said}");
    assert!(!said.contains(".local"), "{said}");
}

#[test]
fn the_debian_package_is_installed_heard_and_removed() {
    let place = Place::new();
    let package = place.put(&released("herald_", "_amd64.deb"));
    let said = place.run(&format!("dpkg --install {}; {HEARD}", package.display()));
    assert_heard(&said, "player: 0");
    let said = place.run(
        &format!("test -f /usr/share/man/man1/herald-hook.1.gz; test -f /usr/share/herald/{PLUGIN}; dpkg --remove herald; ! command -v herald"),
    );
    assert!(said.contains("herald uninstall"), "{said}");
}

#[test]
fn the_wheel_brings_the_module_and_the_programs() {
    let place = Place::new();
    let wheel = place.put(&released("herald_audio-", "x86_64.whl"));
    let said = place.run(&format!(
        "python3 -m venv $HOME/venv
         PATH=$HOME/venv/bin:$PATH
         pip install --quiet --no-index {}
         {HEARD}
         test -f $HOME/venv/share/herald/{PLUGIN}
         HERALD_OUTPUT=wav:$HOME/module.wav python - <<'E'
import herald_audio
manager = herald_audio.AudioManager()
print(manager.play_audio('Stop', enabled=True)[2]['status'])
E",
        wheel.display()
    ));
    assert_heard(&said, "venv/bin/herald-player");
    assert!(said.contains("\nplayed\n"), "{said}");
}

/// Emulated; the player needs a loader and a C library of its own.
#[test]
fn programs_for_arm_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(released("herald-", "-aarch64-unknown-linux-gnu.tar.gz"));
    tar.arg("--strip-components=1").current_dir(&dir);
    output(tar);
    let emulated = |program: &str, args: &[&str]| {
        let mut command = Command::new("qemu-aarch64-static");
        command.env("QEMU_LD_PREFIX", "/usr/aarch64-linux-gnu");
        command.env("HERALD_STATE_DIR", dir.path().join("state"));
        command.arg(dir.path().join("bin").join(program)).args(args);
        output(command)
    };
    let said = emulated("herald", &["--version", "--verbose"]);
    assert!(
        said.contains("target: aarch64-linux-musl\nlinked: statically"),
        "{said}"
    );
    assert!(emulated("herald-player", &["--version"]).starts_with("herald-player "));
    assert!(emulated("herald-studio", &["--version"]).starts_with("herald-studio "));
    assert_eq!(
        emulated("herald", &["hook", "Stop", "--no-audio"]),
        "{\"continue\": true}\n"
    );
}
