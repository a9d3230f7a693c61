//! Which file system something is on, and how much room it has.

/// Less room than this is worth a word: the state file and both logs are 2 MiB and a bit.
const LITTLE: u64 = 8 << 20;
/// Less than this is too little for the state file.
const TOO_LITTLE: u64 = 256 << 10;

/// How `free` bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Enough,
    Little,
    TooLittle,
}

pub(super) fn room(free: u64) -> Room {
    match free {
        _ if free < TOO_LITTLE => Room::TooLittle,
        _ if free < LITTLE => Room::Little,
        _ => Room::Enough,
    }
}

/// The magic number of the file system that `dir` is on, and the bytes that are free there.
#[cfg(target_os = "linux")]
pub(super) fn of(dir: &std::path::Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statfs(dir).ok()?;
    let block = u64::try_from(found.f_bsize).ok()?;
    // The number has 32 bits; a signed type stretches it.
    let magic = (found.f_type as u64) & u64::from(u32::MAX);
    Some((magic, found.f_bavail.saturating_mul(block)))
}

/// Elsewhere nobody is asked.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: &std::path::Path) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_a_state_file_and_for_the_log_is_told() {
        for (free, expected) in [
            (0, Room::TooLittle),
            (200 << 10, Room::TooLittle),
            (1 << 20, Room::Little),
            (8 << 20, Room::Enough),
        ] {
            assert_eq!(room(free), expected);
        }
    }
}
