//! The file systems that can hold a state file: one table, for opening it and for `herald doctor`.

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
use std::fs::File;

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
use crate::error::Cause;

/// The kind of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A local disk.
    Local,
    /// In memory: its content is lost with the machine or session.
    Memory,
    /// On another machine, or provided by another program: two machines would overwrite each other's pages.
    /// Files there are locked for each check, and never mapped.
    Elsewhere,
}

/// The name and kind of the file system with this magic number, if known: from `linux/magic.h`, and the
/// sources of others.
pub fn known(magic: u64) -> Option<(&'static str, Kind)> {
    use Kind::{Elsewhere, Local, Memory};
    Some(match magic {
        0xEF53 => ("ext4", Local),
        0x5846_5342 => ("xfs", Local),
        0x9123_683E => ("btrfs", Local),
        0xCA45_1A4E => ("bcachefs", Local),
        0x2FC1_2FC1 => ("zfs", Local),
        0xF2F5_2010 => ("f2fs", Local),
        0x794C_7630 => ("overlay", Local),
        0x0102_1994 => ("tmpfs", Memory),
        0x8584_58F6 => ("ramfs", Memory),
        0x6969 => ("nfs", Elsewhere),
        0x0102_1997 => ("9p", Elsewhere),
        0x517B => ("smb", Elsewhere),
        0xFF53_4D42 => ("cifs", Elsewhere),
        0xFE53_4D42 => ("smb2", Elsewhere),
        0x6573_5546 => ("fuse", Elsewhere),
        0x5346_414F | 0x6B41_4653 => ("afs", Elsewhere),
        0x7375_7245 => ("coda", Elsewhere),
        0x00C3_6400 => ("ceph", Elsewhere),
        0x0BD0_0BD0 => ("lustre", Elsewhere),
        0x0116_1970 => ("gfs2", Elsewhere),
        0x7461_636F => ("ocfs2", Elsewhere),
        0x4750_4653 => ("gpfs", Elsewhere),
        0x1983_0326 => ("beegfs", Elsewhere),
        0x2003_0528 => ("orangefs", Elsewhere),
        0x786F_4256 => ("vboxsf", Elsewhere),
        0xBACB_ACBC => ("vmhgfs", Elsewhere),
        _ => return None,
    })
}

/// Fails if a file there must not be mapped.
#[cfg(target_os = "linux")]
pub(super) fn check(file: &File) -> Result<(), Cause> {
    // The number has 32 bits; a signed type sign-extends it.
    let magic = u64::from(rustix::fs::fstatfs(file)?.f_type as u32);
    match known(magic) {
        Some((name, Kind::Elsewhere)) => Err(format!(
            "the file system is on another machine or provided by another program ({name})"
        )
        .into()),
        _ => Ok(()),
    }
}

#[cfg(target_vendor = "apple")]
pub(super) fn check(file: &File) -> Result<(), Cause> {
    if rustix::fs::fstatfs(file)?.f_flags & libc::MNT_LOCAL as u32 == 0 {
        return Err("on a network file system".into());
    }
    Ok(())
}

/// Mapping itself fails where sharing is unsupported.
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn check(_: &std::fs::File) -> Result<(), crate::error::Cause> {
    Ok(())
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
            (0x6573_5546, Some(("fuse", Kind::Elsewhere))),
            (0x0BD0_0BD0, Some(("lustre", Kind::Elsewhere))),
            (0x786F_4256, Some(("vboxsf", Kind::Elsewhere))),
            (0x517B, Some(("smb", Kind::Elsewhere))),
            (7, None),
        ] {
            assert_eq!(known(magic), expected);
        }
    }
}
