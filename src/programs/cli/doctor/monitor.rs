//! Records the monitor of the sound server's default sink with `parec`.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::run::Running;

/// How long the recorder may take to start recording.
const START_LIMIT: Duration = Duration::from_secs(2);
/// How long audio may still arrive after the sound has ended.
const REST: Duration = Duration::from_millis(300);

/// The recorded level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Heard {
    /// The loudest sample, in decibels relative to full scale.
    Peak(f64),
    Nothing,
    /// The recorder did not record.
    NotListened,
}

/// A recorder that is recording.
pub(super) struct Monitor {
    recorder: Running,
    /// The loudest sample of each block.
    peaks: Receiver<u16>,
}

impl Monitor {
    /// Starts recording; none if no audio arrives.
    pub(super) fn start(parec: &Path) -> Option<Self> {
        let mut command = Command::new(parec);
        command
            .args(["-d", "@DEFAULT_MONITOR@", "--raw", "--format=s16le"])
            .args(["--rate=48000", "--channels=2", "--latency-msec=20"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut recorder = Running::start(&mut command).ok()?;
        let mut samples = recorder.0.stdout.take()?;
        let (send, peaks) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(len @ 1..) = samples.read(&mut buffer) {
                if send.send(peak(&buffer[..len])).is_err() {
                    break;
                }
            }
        });
        // A connected recorder may not record yet; the first block shows that it does.
        peaks.recv_timeout(START_LIMIT).ok()?;
        Some(Self { recorder, peaks })
    }

    /// Ends the recording.
    pub(super) fn heard(self) -> Heard {
        let until = Instant::now() + REST;
        let mut loudest = 0;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            match self.peaks.recv_timeout(rest) {
                Ok(peak) => loudest = loudest.max(peak),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
            if rest.is_zero() {
                break;
            }
        }
        drop(self.recorder);
        match loudest {
            0 => Heard::Nothing,
            loudest => Heard::Peak(dbfs(loudest)),
        }
    }
}

/// The loudest sample; an incomplete one at the end is ignored.
fn peak(bytes: &[u8]) -> u16 {
    let (samples, _) = bytes.as_chunks::<2>();
    let loudness = |sample: &[u8; 2]| i16::from_le_bytes(*sample).unsigned_abs();
    samples.iter().map(loudness).max().unwrap_or_default()
}

fn dbfs(sample: u16) -> f64 {
    20.0 * (f64::from(sample) / 32_768.0).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_loudest_sample_below_full_scale() {
        assert_eq!(peak(&[]), 0);
        let samples = [-32_768i16, 5, 16_384].map(i16::to_le_bytes).concat();
        assert_eq!(peak(&samples), 32_768);
        assert_eq!(peak(&samples[2..]), 16_384);
        assert_eq!(dbfs(32_768), 0.0);
        assert_eq!(format!("{:.1}", dbfs(16_384)), "-6.0");
    }
}
