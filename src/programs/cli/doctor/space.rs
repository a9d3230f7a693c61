//! The file system of a directory, and its free space.

/// Less than this gets a warning: the state file and both logs take a little more than 2 MiB.
const LITTLE: u64 = 8 << 20;
/// Less than this is too little for the state file.
const TOO_LITTLE: u64 = 256 << 10;

/// Whether the free space is enough.
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

/// The magic number of the file system of `dir`, and its free bytes.
#[cfg(target_os = "linux")]
pub(super) fn of(dir: &std::path::Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statfs(dir).ok()?;
    let block = u64::try_from(found.f_bsize).ok()?;
    // The number has 32 bits; a signed type may have extended its sign.
    let magic = (found.f_type as u64) & u64::from(u32::MAX);
    Some((magic, found.f_bavail.saturating_mul(block)))
}

/// Only checked on Linux.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: &std::path::Path) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_noticed() {
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
