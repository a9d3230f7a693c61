//! The decoder process: reads the file from standard input and writes samples to standard output.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

use super::limits::LIMITS;
use super::wire;
use crate::audio::clip::Format;
use crate::audio::decode::{Intake, MAX_LEN, Refusal, Taken, decode_into};
use crate::error::{Error, ErrorKind, Result};

/// The number of bytes written at once.
const PIECE: usize = 64 << 10;

/// Decodes standard input in `format` to standard output, within the limits of a decoder process.
///
/// # Errors
///
/// [`ErrorKind::Player`] if the limits cannot be applied, or the output cannot be written.
pub(crate) fn serve(format: Format) -> Result<()> {
    let cannot = |error: io::Error| {
        Error::new(ErrorKind::Player, "cannot decode in a separate process").because(error)
    };
    let (file, out) = standard_files().map_err(cannot)?;
    LIMITS.apply().map_err(cannot)?;
    let mut out = BufWriter::with_capacity(PIECE, out);
    answer(&file, &mut out, format)
        .and_then(|()| out.flush())
        .map_err(cannot)
}

fn answer(file: &File, out: &mut impl Write, format: Format) -> io::Result<()> {
    let len = file.metadata()?.len().min(MAX_LEN);
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(MAX_LEN).read_to_end(&mut bytes)?;
    match decode(&bytes, format, out) {
        Ok(Taken { peak, is_cut, .. }) => wire::write_end(out, peak, is_cut),
        Err(refusal) => wire::write_refusal(out, &refusal),
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

/// Standard input and output as plain files, without line buffering.
fn standard_files() -> io::Result<(File, File)> {
    #[cfg(unix)]
    let (input, out) = {
        use std::os::fd::AsFd;
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        (input, io::stdout().as_fd().try_clone_to_owned()?)
    };
    #[cfg(windows)]
    let (input, out) = {
        use std::os::windows::io::AsHandle;
        let input = io::stdin().as_handle().try_clone_to_owned()?;
        (input, io::stdout().as_handle().try_clone_to_owned()?)
    };
    // Half of a usual sound fits, so the decoder seldom waits for the reader.
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(&out, 1 << 20);
    Ok((input.into(), out.into()))
}
