//! Parts of a desktop: a session bus, a display, and programs of users.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use super::sandbox::{Running, Sandbox, wait_until};
use test_support::not_tested;

/// Whether these programs are installed. If not, the test counts as skipped.
#[track_caller]
pub(crate) fn has(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<_> = std::env::split_paths(&path).collect();
    let is_missing = |program: &&&str| !dirs.iter().any(|dir| dir.join(program).is_file());
    let missing = programs.iter().find(is_missing);
    if let Some(program) = missing {
        not_tested(&format!("{program} is not installed"));
    }
    missing.is_none()
}

/// Starts the bus that the programs of `sandbox` find.
pub(crate) fn session_bus(sandbox: &Sandbox) -> Running {
    let socket = sandbox.path("run/bus");
    let mut bus = sandbox.command("dbus-daemon");
    bus.args(["--session", "--nofork", "--nopidfile", "--address"])
        .arg(format!("unix:path={}", socket.display()));
    let bus = started(bus);
    wait_until("the bus listens", || socket.exists().then_some(()));
    bus
}

/// Starts an X server, and returns its `DISPLAY`.
pub(crate) fn display(sandbox: &Sandbox) -> (Running, String) {
    let number = sandbox.path("display");
    let mut server = sandbox.command("Xvfb");
    server
        .args(["-displayfd", "1", "-nolisten", "tcp"])
        .stdout(File::create(&number).unwrap())
        .stderr(Stdio::null());
    let server = Running::start(server);
    let number = wait_until("the display is there", || line(&number));
    (server, format!(":{number}"))
}

/// `sandbox` with Sway, which shows its windows nowhere.
pub(crate) fn with_sway(sandbox: Sandbox) -> (Sandbox, Running) {
    let socket = sandbox.path("run/sway");
    let sandbox = sandbox
        .with("SWAYSOCK", &socket)
        .with("WAYLAND_DISPLAY", "wayland-1")
        .with("WLR_BACKENDS", "headless")
        .with("WLR_LIBINPUT_NO_DEVICES", "1")
        .with("WLR_RENDERER", "pixman");
    // It does not run as root.
    let mut sway = sandbox.command("unshare");
    sway.args(["--user", "--map-user=1000", "--map-group=1000"])
        .args(["sway", "--config", "/dev/null"])
        .env_remove("WAYLAND_DISPLAY");
    let sway = started(sway);
    wait_until("sway listens", || {
        (socket.exists() && sandbox.path("run/wayland-1").exists()).then_some(())
    });
    (sandbox, sway)
}

/// Starts `command` without its messages.
pub(crate) fn started(mut command: Command) -> Running {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Running::start(command)
}

/// The line in a file, once it is whole.
pub(crate) fn line(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    Some(text.strip_suffix('\n')?.to_owned())
}
