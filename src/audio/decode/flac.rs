//! Strips a FLAC file of metadata, which may be longer than the sound and declares its own lengths. Only the
//! first block is needed (RFC 9639, section 8).

use crate::error::Cause;

const MAGIC: &[u8] = b"fLaC";
/// The last-block flag, the type, and the length in three bytes.
const BLOCK_HEADER: usize = 4;
const LAST: u8 = 0x80;
/// The first block, which describes the sound.
const STREAM_INFO: u8 = 0;
const STREAM_INFO_LEN: usize = 34;
/// The frames per block; a decoder allocates this many times the channels.
const BLOCK_SIZES: std::ops::RangeInclusive<u16> = 16..=u16::MAX;

/// `bytes` with only the first metadata block and the sound.
pub(super) fn bare(bytes: &[u8]) -> Result<Vec<u8>, Cause> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or("damaged header")?;
    let mut info = None;
    loop {
        let cut_off = "truncated header";
        let (header, behind) = rest.split_at_checked(BLOCK_HEADER).ok_or(cut_off)?;
        let len = u32::from_be_bytes([0, header[1], header[2], header[3]]) as usize;
        let (block, behind) = behind.split_at_checked(len).ok_or(cut_off)?;
        rest = behind;
        if info.is_none() {
            info = Some(stream_info(header[0] & !LAST, block)?);
        }
        if header[0] & LAST != 0 {
            break;
        }
    }
    let info = info.unwrap_or_default();
    let header = [LAST | STREAM_INFO, 0, 0, STREAM_INFO_LEN as u8];
    Ok([MAGIC, &header, info, rest].concat())
}

fn stream_info(kind: u8, block: &[u8]) -> Result<&[u8], Cause> {
    if kind != STREAM_INFO || block.len() != STREAM_INFO_LEN {
        return Err("damaged header".into());
    }
    let (min, most) = (number(block, 0), number(block, 2));
    if !BLOCK_SIZES.contains(&min) || min > most {
        return Err(format!("invalid block sizes: {min} to {most} frames").into());
    }
    Ok(block)
}

fn number(block: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([block[at], block[at + 1]])
}
