//! A forked child.

use super::*;

/// A forked child that does nothing but keep files open; it is killed when dropped, or after a while.
#[cfg(unix)]
struct IdleChild(libc::pid_t);

#[cfg(unix)]
#[expect(unsafe_code, reason = "fork, and what a child may do after it, is C's")]
impl IdleChild {
    fn fork() -> Self {
        // SAFETY: the child only calls the three functions below, which are async-signal-safe.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0);
        if pid == 0 {
            // SAFETY: the default action of SIGALRM ends the child if the test does not.
            unsafe { libc::alarm(600) };
            loop {
                // SAFETY: waits for a signal.
                unsafe { libc::pause() };
            }
        }
        Self(pid)
    }
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "the child was made by fork")]
impl Drop for IdleChild {
    fn drop(&mut self) {
        // SAFETY: a child of this process that nobody has reaped.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        // SAFETY: the status is not requested.
        unsafe { libc::waitpid(self.0, std::ptr::null_mut(), 0) };
    }
}

#[cfg(unix)]
#[test]
fn a_child_forked_in_the_middle_of_a_check_does_not_keep_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    fallback::allow_no_mapping(dir.path());
    let file = StateFile::open(dir.path());
    assert_eq!(file.health().storage, Storage::Locked);
    let child = file.with_copy(0, |_| IdleChild::fork());
    let other = open_in(dir.path());
    assert!(other.admit("Stop", HOUR).is_admitted());
    let health = other.storage().health();
    assert!(!health.has_decided_alone, "{:?}", health.problems);
    drop(child);
}

/// The checking thread is the parent's; it does not exist in the child.
#[test]
fn a_child_forked_in_the_middle_of_a_look_looks_for_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, file) = open_at(dir.path(), NOON);
    let parent = u64::from(std::process::id()) + 1;
    file.looker.store(parent, Ordering::Relaxed);
    let throttle = Table::new(file, &clock);
    assert!(throttle.admit("Stop", HOUR).is_admitted());
    fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
    clock.advance(1_000);
    assert!(throttle.admit("Stop", HOUR).is_admitted(), "a new file");
    assert!(dir.path().join(FILE_NAME).exists());
}
