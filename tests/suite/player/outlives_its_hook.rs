//! The hook returns at once, and the sound continues without it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::support::real_time::in_real_time;
use crate::support::sandbox::{
    REPLY, Running, Sandbox, endless, holding, noise, payload, run, wait_until,
};

/// Ends the sound, and asserts that it was played.
fn assert_heard(sandbox: &Sandbox, end: &Path) {
    fs::write(end, "").unwrap();
    assert_eq!(sandbox.wait_for_record(1)[0]["status"], "played");
}

#[test]
fn the_reply_ends_while_the_sound_goes_on() {
    in_real_time(|| {
        let (sandbox, end) = endless();
        // Returns at the end of the hook's output, which waits for every holder of it.
        let output = run(sandbox.herald(&["hook"]), &payload("Stop"));
        assert_eq!(String::from_utf8_lossy(&output.stdout), REPLY);
        assert_heard(&sandbox, &end);
    });
}

#[test]
fn a_pipe_that_a_wrapper_left_open_is_not_held() {
    in_real_time(|| {
        let (sandbox, end) = endless();
        // The hook's standard output is elsewhere; descriptor 3 is read to its end here.
        let mut shell = sandbox.command("sh");
        let herald = env!("CARGO_BIN_EXE_herald");
        shell.args(["-c", &format!("exec 3>&1 >/dev/null; {herald} hook")]);
        run(shell, &payload("Stop"));
        assert_heard(&sandbox, &end);
    });
}

#[test]
fn killing_the_hooks_process_group_does_not_stop_the_sound() {
    in_real_time(|| {
        let (sandbox, end) = endless();
        // A shell in a separate process group stays there after the hook, like an agent.
        let mut shell = sandbox.command("sh");
        let said = sandbox.path("said");
        let herald = env!("CARGO_BIN_EXE_herald");
        let script = format!("{herald} hook > {}; exec sleep 600", said.display());
        shell.args(["-c", &script]).process_group(0);
        shell.stdin(holding(&payload("Stop")));
        let mut shell = Running::start(shell);
        wait_until("the hook has answered", || {
            let said = fs::read_to_string(&said).unwrap_or_default();
            (said == REPLY).then_some(())
        });
        kill_process_group(Pid::from_child(shell.child()), Signal::KILL).unwrap();
        shell.wait();
        assert_heard(&sandbox, &end);
    });
}

/// Everything that a hook can leave behind: open files, session, process group, directory, variables, and the
/// command line, which all users can read.
#[cfg(target_os = "linux")]
#[test]
fn the_player_has_nothing_of_the_hook() {
    use crate::support::process::{open_files, player};

    let sandbox = Sandbox::new()
        .with_stop(&noise(1_000))
        .with("SECRET_KEY", "for-the-hook-alone");
    let mut shell = sandbox.command("sh");
    let herald = env!("CARGO_BIN_EXE_herald");
    let script = format!("exec 3>&1 4</dev/zero 7>leftover; {herald} hook");
    shell.args(["-c", &script]);
    run(shell, &payload("Stop"));
    let pid = player(&sandbox);
    // It detaches completely as its first action.
    sandbox.wait_for_record(1);

    let read = |name: &str| {
        let text = std::fs::read(format!("/proc/{pid}/{name}")).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    };
    let stat = read("stat");
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let [group, session] = [fields[2], fields[3]];
    assert_eq!([group, session], [pid.as_str(); 2], "{stat}");
    let files = open_files(&pid);
    for standard in 0..3 {
        let path = std::path::PathBuf::from("/dev/null");
        assert_eq!(files[standard as usize], (standard, path));
    }
    for (number, path) in &files[3..] {
        let name = path.to_str().unwrap();
        let is_own = path.starts_with(sandbox.state_dir())
            || name.starts_with("socket:")
            || name.starts_with("anon_inode:");
        assert!(is_own, "{number} is {name}");
    }
    let cwd = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(cwd, std::path::Path::new("/"));
    let environment = read("environ");
    assert!(!environment.contains("SECRET_KEY"), "{environment}");
    assert!(environment.contains("XDG_RUNTIME_DIR"), "{environment}");
    let words = read("cmdline");
    let words: Vec<_> = words.split_terminator('\0').skip(1).collect();
    assert_eq!(words, ["--first-request"], "for everybody to read");
}
