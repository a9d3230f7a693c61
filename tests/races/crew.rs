//! The processes of a test: started, watched, and gone when it is over.
//!
//! The parent has a [`Crew`]; in each process there is a [`Member`]. A member that fails fails the
//! test at once. None outlives it: a crew that is dropped kills its members, and should the parent
//! itself be killed, each notices the end of its standard input and leaves.
//!
//! Members race only if they run at the same moment: so each has a processor assigned, and they
//! start on marks of a clock ([`Member::line_up`]). How well that works the two controls show.

use std::env;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::board::{Board, Tally};

/// How many have come to a meeting, all meetings together.
const ARRIVED: Tally = Tally(0);

/// What a member is told about itself.
const ROLE: &str = "HERALD_RACES_ROLE";
const NUMBER: &str = "HERALD_RACES_NUMBER";
const LEN: &str = "HERALD_RACES_LEN";
const DIR: &str = "HERALD_RACES_DIR";

/// Members wait by asking again and again, so crews of two tests would be in each other's way.
static ONE_CREW: Mutex<()> = Mutex::new(());

/// A new directory in memory where the system has one there, else on disk.
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

/// Processes that play one role.
#[derive(Debug)]
pub(crate) struct Crew {
    role: &'static str,
    dir: PathBuf,
    members: Vec<Child>,
    board: Board,
    _one: MutexGuard<'static, ()>,
}

impl Crew {
    /// Starts `len` processes that play `role` in `dir`.
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

    /// Waits until all have come to their end; for as long as anything goes on.
    pub(crate) fn finish(&mut self) {
        let role = self.role;
        let mut is_done = || {
            let ended = |(number, member): (usize, &mut Child)| {
                let status = member.try_wait().unwrap();
                let is_well = status.is_none_or(|status| status.success());
                assert!(is_well, "member {number} of {role:?}: {status:?}");
                status.is_some()
            };
            // Each is asked, so that the one that failed is found while others wait for it.
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

    /// Kills a member, wherever it is.
    pub(crate) fn kill(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.kill().unwrap();
        let status = member.wait().unwrap();
        let by_us = status.signal() == Some(Signal::KILL.as_raw());
        assert!(by_us, "member {number} of {:?}: {status}", self.role);
    }

    /// Starts another one in place of a member that was killed.
    pub(crate) fn replace(&mut self, number: usize) {
        self.members[number] = self.spawn(number, self.members.len());
    }

    /// Stops a member, wherever it is; returns when it stands still.
    pub(crate) fn stop(&mut self, number: usize) {
        let pid = Pid::from_child(&self.members[number]);
        kill_process(pid, Signal::STOP).unwrap();
        // Only looks: one that has ended is waited for where all are.
        let look = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(pid), look).unwrap().unwrap();
        let role = self.role;
        assert!(status.stopped(), "member {number} of {role:?}: {status:?}");
    }

    /// Lets a member that was stopped go on.
    pub(crate) fn resume(&mut self, number: usize) {
        kill_process(Pid::from_child(&self.members[number]), Signal::CONT).unwrap();
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for member in &mut self.members {
            // One that has ended already is as good.
            let _ = member.kill();
            let _ = member.wait();
        }
    }
}

/// Gives this process a processor to stay on, another one than the next member's. Left alone they
/// may all be put on one, where they run one after the other and nothing races.
#[cfg(target_os = "linux")]
fn spread_out(number: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).unwrap();
    let turn = number % allowed.count() as usize;
    let mut usable = (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor));
    let mut mine = CpuSet::new();
    mine.set(usable.nth(turn).unwrap());
    // The processor may have been taken away by now; then wherever.
    let _ = sched_setaffinity(None, &mine);
}

#[cfg(not(target_os = "linux"))]
fn spread_out(_: usize) {}

/// This process, where it is one of a crew.
#[derive(Debug)]
pub(crate) struct Member {
    /// From 0 to the length of the crew - 1.
    pub(crate) number: usize,
    /// How many the crew has.
    pub(crate) len: usize,
    /// Where the crew does what it does.
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
            // The parent never writes: what comes is the end.
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

    /// Waits until all of the crew have come here. What each did before, all see afterwards.
    pub(crate) fn meet(&mut self) {
        self.meetings += 1;
        // The board is Relaxed. These two fences make a meeting of it: whoever reads a number below
        // also sees what was done before the fence of each who raised it.
        fence(Ordering::Release);
        self.board.add(ARRIVED);
        while self.board.read(ARRIVED) < self.len as u64 * self.meetings {
            // Who only yields is taken for busy, and gets its next turn late on a busy machine.
            thread::sleep(Duration::from_micros(20));
        }
        fence(Ordering::Acquire);
    }

    /// As [`Self::meet`], and leaves on the next mark of the clock, of which there is one every
    /// 50 µs: those that have a processor at that moment start as one. Left alone they would start
    /// one after the other, each as it learns that the meeting is over.
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

    /// Whether this is the one that does what one of the crew must do.
    pub(crate) fn is_first(&self) -> bool {
        self.number == 0
    }
}
