//! Finds out what is missing on this machine, and installs it where permitted.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::packages::{self, Manager, Need, Plan};
use crate::process::{cargo, first_line, is_on_path, succeeds};
use crate::{python, say, site};

const APT_HINT: &str =
    "fix that; if your own sound server would have to go, run the tests in a container instead";

/// The requirements for building Herald.
pub(crate) fn for_build() -> Result<(), Failure> {
    meet(&missing_for_build)
}

/// The requirements for running every test.
pub(crate) fn for_tests() -> Result<(), Failure> {
    meet(&missing_for_tests)?;
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| !succeeds(cargo().args([*subcommand, "--version"])))
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut command = vec!["rustup", "component", "add"];
    command.extend(missing);
    let command: Vec<String> = command.into_iter().map(String::from).collect();
    say::line(&format!(
        "    the checks need them: running {}",
        command.join(" ")
    ));
    run_quietly(&command, "run it yourself to see more")
}

/// The requirements for the linters.
pub(crate) fn for_linters() -> Result<(), Failure> {
    meet(&|| missing_of([(is_on_path("npm"), Need::Npm), (has_python(), Need::Python)]))
}

/// What it takes to run agents.
pub(crate) fn for_agents() -> Result<(), Failure> {
    for_build()?;
    for_linters()
}

/// What it takes to make the website, and to try it.
pub(crate) fn for_site() -> Result<(), Failure> {
    meet(&|| {
        missing_of([
            (is_on_path("npm"), Need::Npm),
            (has_python(), Need::Python),
            (site::browser().is_some(), Need::Browser),
        ])
    })
}

/// What it takes to make a release.
pub(crate) fn for_dist() -> Result<(), Failure> {
    meet(&|| missing_of([(has_python(), Need::Python)]))
}

/// What it takes to test a release.
pub(crate) fn for_dist_tests() -> Result<(), Failure> {
    meet(&|| {
        missing_of([
            (has_python(), Need::Python),
            (is_on_path("debootstrap"), Need::Debootstrap),
            (is_on_path("qemu-aarch64-static"), Need::Qemu),
        ])
    })
}

fn missing_of<const N: usize>(needs: [(bool, Need); N]) -> Vec<Need> {
    let missing = needs.into_iter().filter(|(is_there, _)| !is_there);
    missing.map(|(_, need)| need).collect()
}

fn missing_for_build() -> Vec<Need> {
    let mut missing = Vec::new();
    if cfg!(target_os = "linux") {
        if !is_on_path("cc") {
            missing.push(Need::Linker);
        }
        if !succeeds(pkg_config().arg("--version")) {
            missing.push(Need::PkgConfig);
        }
        if !succeeds(pkg_config().args(["--exists", "alsa"])) {
            missing.push(Need::AlsaHeaders);
        }
    }
    missing
}

/// One program of each package of [`Need::UsersPrograms`].
const USERS_PROGRAMS: [&str; 15] = [
    "curl",
    "dunst",
    "espeak-ng",
    "foot",
    "jq",
    "makoctl",
    "notify-send",
    "openbox",
    "spd-say",
    "sway",
    "tmux",
    "xdotool",
    "xfconf-query",
    "xterm",
    "Xvfb",
];

fn missing_for_tests() -> Vec<Need> {
    let mut missing = missing_for_build();
    if cfg!(target_os = "linux") {
        for (program, need) in [
            ("c++", Need::CxxCompiler),
            ("valgrind", Need::Valgrind),
            ("pulseaudio", Need::SoundServer),
            ("parec", Need::Recorder),
            ("readelf", Need::Readelf),
            ("strace", Need::Strace),
            ("dbus-daemon", Need::SessionBus),
            ("node", Need::Node),
        ] {
            if !is_on_path(program) {
                missing.push(need);
            }
        }
        if !["redis-server", "valkey-server"]
            .into_iter()
            .any(is_on_path)
        {
            missing.push(Need::RedisServer);
        }
        // Elsewhere their tests are skipped.
        if is_on_path("apt-get") && !USERS_PROGRAMS.into_iter().all(is_on_path) {
            missing.push(Need::UsersPrograms);
        }
        if !["fish", "zsh"].into_iter().all(is_on_path) {
            missing.push(Need::Shells);
        }
        if !has_alsa_plugin() {
            missing.push(Need::AlsaToServer);
        }
        if !has_python() {
            missing.push(Need::Python);
        }
    }
    missing
}

fn has_alsa_plugin() -> bool {
    first_line(pkg_config().args(["--variable=libdir", "alsa"])).is_some_and(|libdir| {
        Path::new(&libdir)
            .join("alsa-lib/libasound_module_pcm_pulse.so")
            .is_file()
    })
}

/// Debian packages Python's environments separately.
fn has_python() -> bool {
    let is_enough = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    succeeds(Command::new(python::PROGRAM).args(["-c", is_enough]))
}

fn pkg_config() -> Command {
    let program = std::env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    Command::new(program)
}

fn meet(missing: &dyn Fn() -> Vec<Need>) -> Result<(), Failure> {
    let needs = missing();
    let manager = Manager::ALL
        .into_iter()
        .find(|manager| is_on_path(manager.program()));
    let is_root = first_line(Command::new("id").arg("-u")).as_deref() == Some("0");
    match packages::plan(&needs, manager, is_root, is_on_path("sudo")) {
        Plan::Nothing => {
            say::line("    all there");
            Ok(())
        }
        Plan::Tell(hint) => Err(Failure::new(format!(
            "system packages are missing: it takes {} ({hint}; then this again)",
            describe(&needs)
        ))),
        Plan::Install(commands) => {
            say::line(&format!("    missing: {}", describe(&needs)));
            install(&commands)?;
            let left = missing();
            if left.is_empty() {
                return Ok(());
            }
            Err(Failure::new(format!(
                "something is still missing: the packages were installed, yet there is no {} (see whether PATH, PKG_CONFIG or PKG_CONFIG_PATH hides it)",
                describe(&left)
            )))
        }
    }
}

/// Only the last command, the installation, has to succeed: the package lists may be good enough even if one
/// source is unreachable.
fn install(commands: &[Vec<String>]) -> Result<(), Failure> {
    let mut earlier = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        say::line(&format!("    running {}", command.join(" ")));
        match run_quietly(command, APT_HINT) {
            Ok(()) => {}
            Err(failure) if index + 1 < commands.len() => earlier.push(failure),
            Err(failure) => {
                for failure in earlier {
                    say::error(&failure.to_string());
                }
                return Err(failure);
            }
        }
    }
    Ok(())
}

/// Runs a command whose output only matters if it fails.
fn run_quietly(command: &[String], hint: &str) -> Result<(), Failure> {
    let line = command.join(" ");
    let Some((program, args)) = command.split_first() else {
        return Ok(());
    };
    let output = Command::new(program)
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::inherit()) // sudo may ask for a password
        .output()
        .map_err(|error| {
            Failure::new(format!(
                "cannot run {program}: {error} (run this yourself: {line})"
            ))
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "an installation failed: {line} ended with {} and said\n{}{}\n({hint})",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr).trim_end(),
    )))
}

fn describe(needs: &[Need]) -> String {
    let needs: Vec<&str> = needs.iter().map(|need| need.describe()).collect();
    needs.join(", ")
}
