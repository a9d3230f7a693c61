//! The process that decodes: its standard input is the file, its standard output takes the samples.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

use super::limits::LIMITS;
use super::wire;
use crate::audio::clip::Format;
use crate::audio::decode::{Intake, MAX_LEN, Refusal, Taken, decode_into};
use crate::error::{Error, ErrorKind, Result};

/// Bytes that go to the reader at once.
const PIECE: usize = 64 << 10;

/// Decodes standard input, in `format`, to standard output, within the limits of such a process.
///
/// # Errors
///
/// [`ErrorKind::Player`] if the limits cannot be put in force, or nobody takes what is written.
pub fn serve(format: Format) -> Result<()> {
    let cannot = |error: io::Error| {
        Error::new(ErrorKind::Player, "cannot decode in a process of its own").because(error)
    };
    let out = standard_output().map_err(cannot)?;
    LIMITS.apply().map_err(cannot)?;
    let mut out = BufWriter::with_capacity(PIECE, out);
    write(&mut out, format)
        .and_then(|()| out.flush())
        .map_err(cannot)
}

fn write(out: &mut impl Write, format: Format) -> io::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_LEN).read_to_end(&mut bytes)?;
    match decode(&bytes, format, out) {
        Ok(Taken { peak, .. }) => wire::write_end(out, peak),
        Err(refusal) => wire::write_refusal(out, refusal.why()),
    }
}

fn decode(
    bytes: &[u8],
    format: Format,
    out: &mut impl Write,
) -> std::result::Result<Taken, Refusal> {
    let mut pass_on = |samples: &[f32]| Ok(wire::write_samples(out, samples)?);
    decode_into(bytes, Intake::new(Some(format), &mut pass_on))
}

/// As a file: what is written to it is not looked through for ends of lines.
fn standard_output() -> io::Result<File> {
    #[cfg(unix)]
    let out = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let out = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    // Of a sound of usual length all fits in: the decoder need not wait for its reader.
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(&out, 1 << 20);
    Ok(out.into())
}
