//! Processes, from Linux's `/proc`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::sandbox::{Sandbox, wait_until};

/// The process ids of the running players of `sandbox`.
pub(crate) fn players(sandbox: &Sandbox) -> Vec<String> {
    let wanted = format!("HERALD_STATE_DIR={}\0", sandbox.state_dir().display());
    let is_ours = |pid: &String| {
        read(pid, "comm").starts_with("herald-player") && read(pid, "environ").contains(&wanted)
    };
    processes().into_iter().filter(is_ours).collect()
}

/// The total waiting time for a processor above which a process counts as held up.
const MAX_WAITED: Duration = Duration::from_millis(100);

/// Whether the process was runnable that long without running.
pub(crate) fn is_held_up(pid: &str) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let waited = |task: std::io::Result<fs::DirEntry>| {
        // Running time and waiting time, in nanoseconds.
        let times = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        times.split(' ').nth(1)?.parse::<u64>().ok()
    };
    let waited: u64 = tasks.filter_map(waited).sum();
    Duration::from_nanos(waited) > MAX_WAITED
}

/// Kills every process with `dir` in its environment or arguments: players and their children. Returns
/// whether any was held up.
pub(crate) fn kill_all_of(dir: &Path) -> bool {
    let mut were_held_up = false;
    let dir = format!("{}/", dir.display());
    let is_of_it = |pid: &String| {
        ["environ", "cmdline"]
            .iter()
            .any(|name| read(pid, name).contains(&dir))
    };
    for pid in processes().into_iter().filter(is_of_it) {
        were_held_up |= is_held_up(&pid);
        signal(&pid, rustix::process::Signal::KILL);
        wait_for_end(&pid);
    }
    were_held_up
}

fn processes() -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    names.filter(is_number).collect()
}

/// A file of the process in `/proc`; empty if it has ended or belongs to another user.
fn read(pid: &str, name: &str) -> String {
    let text = fs::read(Path::new("/proc").join(pid).join(name)).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// The player of `sandbox`, once there is exactly one.
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
        // Its first thread may end before others, which still have its files open.
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        let mut threads = threads.into_iter().flatten().flatten();
        let lives = |thread: fs::DirEntry| {
            let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            let mut lines = status.lines();
            lines.any(|line| line.starts_with("State:") && !line.contains('Z'))
        };
        (!threads.any(lives)).then_some(())
    });
}

/// Sends `signal` to the process, if it still exists.
pub(crate) fn signal(pid: &str, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

/// The targets of the process's descriptors, from number 0 on.
pub(crate) fn open_files(pid: &str) -> Vec<(u32, PathBuf)> {
    let dir = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let mut files: Vec<_> = dir
        .map(|entry| {
            let path = entry.unwrap().path();
            let number = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
            (number, fs::read_link(&path))
        })
        // A descriptor closed meanwhile has none.
        .filter_map(|(number, target)| Some((number, target.ok()?)))
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
