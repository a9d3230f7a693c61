//! Starts decoder processes, and interprets how they end.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::limits::LIMITS;
use super::process::{End, Process};
use super::wire::{self, Answer, Broken};
use crate::audio::clip::{Clip, Format};
use crate::audio::decode::{DECODER_CRASHED, Hint, MAX_SECONDS, Refusal, Taken};

/// The number of files decoded at once.
pub(in crate::audio) const MAX_AT_ONCE: usize = 4;
/// How long to wait for a process: slightly longer than its own limit.
const PATIENCE: Duration = LIMITS.time.saturating_add(Duration::from_secs(1));

/// The decoder program, and the number of running processes.
#[derive(Debug)]
pub(in crate::audio) struct Decoder {
    /// None if it is not installed.
    program: Option<PathBuf>,
    /// How long to wait for a process.
    pub(super) patience: Duration,
    running: Mutex<usize>,
    ended: Condvar,
}

impl Decoder {
    pub(in crate::audio) const fn new(program: Option<PathBuf>) -> Self {
        Self {
            program,
            patience: PATIENCE,
            running: Mutex::new(0),
            ended: Condvar::new(),
        }
    }

    /// Decodes `file` from its start, in `format`.
    pub(in crate::audio) fn decode(&self, file: File, format: Format) -> Result<Clip, Refusal> {
        let Some(program) = &self.program else {
            let why = "not plain PCM WAV, and herald-player, which decodes other formats, is not installed";
            return Err(Refusal::from(why).temporary().with_hint(Hint::Install));
        };
        let _turn = self.turn();
        let mut process = Process::start(program, file, format).map_err(|error| {
            let why = format!("cannot run {} to decode it: {error}", program.display());
            Refusal::from(why).temporary()
        })?;
        let frames = u64::from(MAX_SECONDS) * u64::from(format.rate) + 1;
        let max_samples = frames as usize * usize::from(format.channels);
        let until = Instant::now() + self.patience;
        let answer = wire::read(&mut BufReader::new(process.output(until)), max_samples);
        let end = match &answer {
            Err(Broken::Ended) => process.wait(until),
            _ => process.kill(),
        };
        match answer {
            Ok(Answer::Decoded {
                samples,
                peak,
                is_cut,
            }) => {
                let taken = Taken {
                    format,
                    peak,
                    is_cut,
                    is_checked: false,
                };
                Ok(taken.clip(samples))
            }
            Ok(Answer::Refused { why, hint }) => Err(Refusal::from(why).with_hint(hint)),
            Err(broken) => Err(refusal(&broken, end)),
        }
    }

    fn turn(&self) -> Turn<'_> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = self
            .ended
            .wait_while(running, |running| *running >= MAX_AT_ONCE)
            .unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Turn(self)
    }
}

/// The right to run one process.
struct Turn<'a>(&'a Decoder);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self
            .0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}

/// The reason for a missing answer.
fn refusal(broken: &Broken, end: End) -> Refusal {
    let memory = format!("more than {} MiB of memory", LIMITS.memory >> 20);
    let processor = format!("more than {} s of processor time", LIMITS.processor);
    let takes = |what: String| Refusal::from(format!("decoding takes {what}"));
    // For failures that are the machine's fault, not the file's.
    let temporary = |what: String| Refusal::from(what).temporary();
    let seconds = LIMITS.time.as_secs();
    let too_late = || temporary(format!("decoding took longer than {seconds} s"));
    match (broken, end) {
        (Broken::Unreadable(error), _) if error.kind() == io::ErrorKind::TimedOut => too_late(),
        (Broken::Unreadable(error), _) => temporary(format!("the decoder process failed: {error}")),
        (Broken::Invalid, _) | (Broken::Ended, End::Failed) => DECODER_CRASHED.into(),
        (Broken::Ended, End::OutOfMemory) => takes(memory),
        (Broken::Ended, End::OutOfProcessor) => takes(processor),
        (Broken::Ended, End::OutOfTime) => too_late(),
        #[cfg(unix)]
        (Broken::Ended, End::Killed) => temporary("the decoder process was killed".to_owned()),
        (Broken::Ended, End::Unknown) => takes(format!("{memory}, or {processor}")),
    }
}
