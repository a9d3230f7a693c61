//! The processes of a test: started, monitored, and killed at its end.
//!
//! The parent has a [`Crew`]; each process is a [`Member`]. A failing member fails the test at once. No
//! member outlives it: dropping a crew kills its members, and if the parent is killed, each sees the end of
//! its standard input and exits.
//!
//! Members only race if they run at the same moment: each has its own processor, and they start on ticks of a
//! clock ([`Member::line_up`]). The two controls show how well that works.

use std::env;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::board::{Board, Tally};

/// The number of arrivals at all meetings.
const ARRIVED: Tally = Tally(0);

/// Tells a member its role.
const ROLE: &str = "HERALD_RACES_ROLE";
const NUMBER: &str = "HERALD_RACES_NUMBER";
const LEN: &str = "HERALD_RACES_LEN";
const DIR: &str = "HERALD_RACES_DIR";

/// Members wait by polling, so crews of two tests would disturb each other.
static ONE_CREW: Mutex<()> = Mutex::new(());

/// A new directory in memory if possible, else on disk.
pub(crate) fn dir_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| dir_on_disk())
}

/// A new directory on disk.
pub(crate) fn dir_on_disk() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Polls until `is_so`.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    test_support::wait_until(what, || is_so().then_some(()));
}

/// Processes with one role.
#[derive(Debug)]
pub(crate) struct Crew {
    role: &'static str,
    dir: PathBuf,
    members: Vec<Child>,
    board: Board,
    _one: MutexGuard<'static, ()>,
}

impl Crew {
    /// Starts `len` processes with `role` in `dir`.
    pub(crate) fn start(role: &'static str, len: usize, dir: &Path) -> Self {
        test_support::prepare();
        let one = ONE_CREW.lock().unwrap_or_else(PoisonError::into_inner);
        let board = dir.join("board");
        std::fs::create_dir(&board).unwrap();
        let mut crew = Self {
            role,
            dir: dir.to_owned(),
            members: Vec::new(),
            board: Board::open(&board),
            _one: one,
        };
        for number in 0..len {
            let member = crew.spawn(number, len);
            crew.members.push(member);
        }
        crew
    }

    pub(crate) fn board(&self) -> &Board {
        &self.board
    }

    fn spawn(&self, number: usize, len: usize) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["role", "--exact", "--ignored", "--nocapture"])
            .env(ROLE, self.role)
            .env(NUMBER, number.to_string())
            .env(LEN, len.to_string())
            .env(DIR, &self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Waits until all have ended, as long as anything happens.
    pub(crate) fn finish(&mut self) {
        let role = self.role;
        let mut is_done = || {
            let ended = |(number, member): (usize, &mut Child)| {
                let status = member.try_wait().unwrap();
                let is_well = status.is_none_or(|status| status.success());
                assert!(is_well, "member {number} of {role:?}: {status:?}");
                status.is_some()
            };
            // All are checked, so that a failed one is found while others wait for it.
            let members = self.members.iter_mut().enumerate();
            members.map(ended).filter(|ended| !ended).count() == 0
        };
        let (board, mut done) = (&self.board, false);
        while !done {
            let before = board.sum();
            wait_until(&format!("the crew {role:?} goes on"), || {
                done = is_done();
                done || board.sum() > before
            });
        }
    }

    /// Kills a member at any point.
    pub(crate) fn kill(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.kill().unwrap();
        let status = member.wait().unwrap();
        let by_us = status.signal() == Some(Signal::KILL.as_raw());
        assert!(by_us, "member {number} of {:?}: {status}", self.role);
    }

    /// Starts a replacement for a killed member.
    pub(crate) fn replace(&mut self, number: usize) {
        self.members[number] = self.spawn(number, self.members.len());
    }

    /// Stops a member at any point; returns when it has stopped.
    pub(crate) fn stop(&mut self, number: usize) {
        let pid = Pid::from_child(&self.members[number]);
        kill_process(pid, Signal::STOP).unwrap();
        // Does not reap: ended members are reaped elsewhere.
        let look = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(pid), look).unwrap().unwrap();
        let role = self.role;
        assert!(status.stopped(), "member {number} of {role:?}: {status:?}");
    }

    /// Continues a stopped member.
    pub(crate) fn resume(&mut self, number: usize) {
        kill_process(Pid::from_child(&self.members[number]), Signal::CONT).unwrap();
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for member in &mut self.members {
            // It may have ended already.
            let _ = member.kill();
            let _ = member.wait();
        }
    }
}

/// Pins this process to a processor, another one than the next member's. Otherwise all may run on one, in
/// turn, and nothing races.
#[cfg(target_os = "linux")]
fn spread_out(number: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).unwrap();
    let turn = number % allowed.count() as usize;
    let mut usable = (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor));
    let mut mine = CpuSet::new();
    mine.set(usable.nth(turn).unwrap());
    // If the processor is no longer available, any will do.
    let _ = sched_setaffinity(None, &mine);
}

#[cfg(not(target_os = "linux"))]
fn spread_out(_: usize) {}

/// This process as a member of a crew.
#[derive(Debug)]
pub(crate) struct Member {
    /// From 0 to the length of the crew - 1.
    pub(crate) number: usize,
    /// How many the crew has.
    pub(crate) len: usize,
    /// The directory of the crew.
    pub(crate) dir: PathBuf,
    pub(crate) board: Board,
    meetings: u64,
}

impl Member {
    /// The role of this process, if it has one.
    pub(crate) fn here() -> Option<(String, Self)> {
        let role = env::var(ROLE).ok()?;
        let number = |name| env::var(name).unwrap().parse::<usize>().unwrap();
        let dir = PathBuf::from(env::var_os(DIR).unwrap());
        thread::spawn(|| {
            // The parent never writes, so reading returns at its end.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(1);
        });
        spread_out(number(NUMBER));
        let me = Self {
            number: number(NUMBER),
            len: number(LEN),
            board: Board::open(&dir.join("board")),
            dir,
            meetings: 0,
        };
        Some((role, me))
    }

    /// Waits until all members have arrived here. What each did before is visible to all afterwards.
    pub(crate) fn meet(&mut self) {
        self.meetings += 1;
        // The board is Relaxed. These two fences order it: a thread that reads a number below also sees what
        // its incrementing threads did before their fence.
        fence(Ordering::Release);
        self.board.add(ARRIVED);
        let arrived = Instant::now();
        while self.board.read(ARRIVED) < self.len as u64 * self.meetings {
            // A thread that only yields counts as busy, and runs late on a busy machine. One that wakes up
            // all the time keeps whom it waits for from a processor.
            let waited = arrived.elapsed() / 8;
            thread::sleep(waited.clamp(Duration::from_micros(20), Duration::from_millis(2)));
        }
        fence(Ordering::Acquire);
    }

    /// As [`Self::meet`], and returns at the next tick of a clock with a period of 50 µs: members that have a
    /// processor at that moment start together, rather than as each notices the end of the meeting.
    pub(crate) fn line_up(&mut self) {
        let mark = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.unwrap_or_default().as_micros() / 50
        };
        self.meet();
        let last = mark();
        while mark() == last {
            std::hint::spin_loop();
        }
    }

    /// Whether this member does the work that only one must do.
    pub(crate) fn is_first(&self) -> bool {
        self.number == 0
    }
}
