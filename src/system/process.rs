//! Other processes: those that this one starts, and one that outlives it, found among its ancestors.
//!
//! # Limits
//!
//! An ancestor is found on Linux, with `/proc`; elsewhere none is.

use std::fs;
use std::io;
use std::iter;
use std::path::Path;
use std::process::{Child, Command};

use serde::{Deserialize, Serialize};

/// Starts `command`: on Unix in a process group of its own, so that no keyboard interrupt of this program's
/// reaches it, and on Windows without a window.
///
/// # Errors
///
/// If it cannot be started.
pub fn start_apart(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        // From winbase.h: CREATE_NO_WINDOW.
        const NO_WINDOW: u32 = 0x0800_0000;
        std::os::windows::process::CommandExt::creation_flags(command, NO_WINDOW);
    }
    command.spawn()
}

/// Kills `child`, which [`start_apart`] has started and nobody has reaped; on Unix with its group, whose id is
/// its own until then.
pub fn kill_apart(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
}

/// A process of this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// When it started, in the system's clock ticks: another process may get the same id.
    started: u64,
    /// The namespace of the id.
    namespace: u64,
}

impl Process {
    /// The nearest ancestor of this process whose program, or script, is called `name`.
    pub fn ancestor(name: &str) -> Option<Self> {
        let (namespace, parent) = place()?;
        let above = |stat: &Stat| Stat::read(stat.parent).ok();
        let mut ancestors = iter::successors(Stat::read(parent).ok(), above);
        let found = ancestors.find(|stat| is_called(stat.pid, name))?;
        Some(Self {
            pid: found.pid,
            started: found.started,
            namespace,
        })
    }

    /// Whether it has ended; false if that is unknown.
    #[cfg(feature = "playback")]
    pub(crate) fn has_ended(&self) -> bool {
        let is_known = place().is_some_and(|(namespace, _)| namespace == self.namespace);
        is_known
            && match Stat::read(self.pid) {
                Ok(stat) => stat.has_ended || stat.started != self.started,
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            }
    }
}

/// The namespace of process ids that this process sees, and its parent.
#[cfg(target_os = "linux")]
fn place() -> Option<(u64, u32)> {
    use std::os::unix::{fs::MetadataExt, process::parent_id};
    let namespace = fs::metadata("/proc/self/ns/pid").ok()?;
    Some((namespace.ino(), parent_id()))
}

#[cfg(not(target_os = "linux"))]
fn place() -> Option<(u64, u32)> {
    None
}

/// What `/proc/PID/stat` says.
struct Stat {
    pid: u32,
    parent: u32,
    started: u64,
    /// Whether only its exit code is left.
    #[cfg_attr(not(feature = "playback"), allow(dead_code))]
    has_ended: bool,
}

impl Stat {
    fn read(pid: u32) -> io::Result<Self> {
        let text = fs::read(format!("/proc/{pid}/stat"))?;
        let text = String::from_utf8_lossy(&text);
        Self::parse(pid, &text).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn parse(pid: u32, text: &str) -> Option<Self> {
        // The name of the program, in brackets, may have any character.
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<_> = fields.split_whitespace().collect();
        // By proc(5), fields 3, 4 and 22.
        Some(Self {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
            has_ended: matches!(*fields.first()?, "Z" | "X"),
        })
    }
}

/// Whether the program, or the script that it runs, is called `name`.
fn is_called(pid: u32, name: &str) -> bool {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    let mut words = words.split('\0');
    let program = words.next();
    let script = words.find(|word| !word.starts_with('-'));
    let is_it = |word: &str| Path::new(word).file_stem().is_some_and(|it| it == name);
    program.into_iter().chain(script).any(is_it)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_ancestor_is_found_by_its_name() {
        // The harness may be run by cargo, by a debugger or by itself.
        let (_, parent) = place().unwrap();
        let words = fs::read(format!("/proc/{parent}/cmdline")).unwrap();
        let program = words.split(|byte| *byte == 0).next().unwrap();
        let program = String::from_utf8_lossy(program).into_owned();
        let name = Path::new(&program).file_stem().unwrap().to_str().unwrap();
        let found = Process::ancestor(name).unwrap();
        assert_eq!(found.pid, parent);
        assert_eq!(Process::ancestor("a program that nobody runs"), None);
        assert!(
            !is_called(std::process::id(), "no-capture"),
            "an option is no script"
        );
    }

    #[test]
    fn a_name_with_brackets_is_no_field() {
        let start = "7 (a) S 1 (b) Z 3 ";
        let stat = format!("{start}{}42 0", "0 ".repeat(17));
        let stat = Stat::parse(7, &stat).unwrap();
        assert_eq!((stat.parent, stat.started, stat.has_ended), (3, 42, true));
        assert!(Stat::parse(7, start).is_none());
    }

    #[cfg(feature = "playback")]
    #[test]
    fn it_has_ended_when_it_is_killed_or_its_id_is_anothers() {
        use std::process::{Command, Stdio};
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let (namespace, _) = place().unwrap();
        let pid = child.id();
        let started = Stat::read(pid).unwrap().started;
        let process = Process {
            pid,
            started,
            namespace,
        };
        assert!(!process.has_ended());
        let earlier = started - 1;
        let another = Process {
            started: earlier,
            ..process
        };
        assert!(another.has_ended());
        child.kill().unwrap();
        // Not reaped yet.
        while !process.has_ended() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(process.has_ended());
        let elsewhere = Process {
            namespace: namespace + 1,
            ..process
        };
        assert!(!elsewhere.has_ended(), "it is unknown");
    }
}
