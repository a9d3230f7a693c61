//! Processes, as Linux tells of them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{Sandbox, wait_until};

/// The players of `sandbox` that run, by their numbers.
pub(crate) fn players(sandbox: &Sandbox) -> Vec<String> {
    let wanted = format!("HERALD_STATE_DIR={}\0", sandbox.state_dir().display());
    let is_ours = |pid: &String| {
        let read = |name: &str| fs::read(Path::new("/proc").join(pid).join(name));
        let is_player = read("comm").is_ok_and(|name| name.starts_with(b"herald-player"));
        // One that has ended and was not looked at has none.
        let environment = read("environ").unwrap_or_default();
        is_player && String::from_utf8_lossy(&environment).contains(&wanted)
    };
    let processes = fs::read_dir("/proc").unwrap();
    let pids = processes.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    pids.filter(is_ours).collect()
}

/// The one player of `sandbox`, once it is alone.
pub(crate) fn player(sandbox: &Sandbox) -> String {
    wait_until("one player runs", || {
        match <[String; 1]>::try_from(players(sandbox)) {
            Ok([player]) => Some(player),
            Err(_) => None,
        }
    })
}

/// Waits until the process has ended.
pub(crate) fn wait_for_end(pid: &str) {
    wait_until("the process ends", || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let lives = status
            .lines()
            .any(|line| line.starts_with("State:") && !line.contains('Z'));
        (!lives).then_some(())
    });
}

/// Sends `signal` to the process; there may be none any more.
pub(crate) fn signal(pid: &str, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

/// What the process's descriptors lead to, from number 0 on.
pub(crate) fn open_files(pid: &str) -> Vec<(u32, PathBuf)> {
    let dir = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let mut files: Vec<_> = dir
        .map(|entry| {
            let path = entry.unwrap().path();
            let number = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
            (number, fs::read_link(&path).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

/// The number after `name` in a file of `/proc`.
pub(crate) fn number(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    let words: Vec<_> = line.unwrap().split_whitespace().collect();
    words[1].parse().unwrap()
}
