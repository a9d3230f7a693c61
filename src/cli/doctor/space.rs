//! What kind of file system something is on, and how much room it has.

/// What a file system is to the state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// On a disk of this machine.
    Local,
    /// In memory: what it holds goes with the machine, or with the session.
    Memory,
    /// On another machine, or with another program.
    Elsewhere,
}

/// The file system with this magic number (statfs(2)), if it is a known one.
pub(super) fn known(magic: u64) -> Option<(&'static str, Kind)> {
    use Kind::{Elsewhere, Local, Memory};
    Some(match magic {
        0xEF53 => ("ext4", Local),
        0x5846_5342 => ("xfs", Local),
        0x9123_683E => ("btrfs", Local),
        0x2FC1_2FC1 => ("zfs", Local),
        0xF2F5_2010 => ("f2fs", Local),
        0x794C_7630 => ("overlay", Local),
        0x0102_1994 => ("tmpfs", Memory),
        0x8584_58F6 => ("ramfs", Memory),
        0x6969 => ("nfs", Elsewhere),
        0x0102_1997 => ("9p", Elsewhere),
        0xFF53_4D42 => ("cifs", Elsewhere),
        0xFE53_4D42 => ("smb2", Elsewhere),
        0x6573_5546 => ("fuse", Elsewhere),
        0x5346_414F => ("afs", Elsewhere),
        0x00C3_6400 => ("ceph", Elsewhere),
        0x0BD0_0BD0 => ("lustre", Elsewhere),
        0x786F_4256 => ("vboxsf", Elsewhere),
        _ => return None,
    })
}

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
    fn file_systems_are_known_by_their_numbers() {
        for (magic, expected) in [
            (0xEF53, Some(("ext4", Kind::Local))),
            (0x0102_1994, Some(("tmpfs", Kind::Memory))),
            (0x6969, Some(("nfs", Kind::Elsewhere))),
            (0xFF53_4D42, Some(("cifs", Kind::Elsewhere))),
            (7, None),
        ] {
            assert_eq!(known(magic), expected);
        }
    }

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
