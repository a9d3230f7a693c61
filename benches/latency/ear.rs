//! Detects the beginning of a sound.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for an expected event.
const PATIENCE: Duration = Duration::from_secs(20);
/// The silence after which a sound is over.
const QUIET: Duration = Duration::from_millis(150);

/// Records when the first and the last sample came that were not silence.
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<Option<(Instant, Instant)>>>);

impl Ear {
    /// Receives samples of any format with zeros as silence.
    pub(crate) fn hear(&self, samples: &[u8]) {
        if samples.iter().any(|byte| *byte != 0) {
            let now = Instant::now();
            let mut heard = self.0.lock().unwrap();
            let first = heard.map_or(now, |(first, _)| first);
            *heard = Some((first, now));
        }
    }

    /// Waits until a sound has ended. Returns when it began, and resets.
    pub(crate) fn first(&self, what: &str) -> Instant {
        let started = Instant::now();
        loop {
            thread::sleep(Duration::from_millis(5));
            let mut heard = self.0.lock().unwrap();
            if let Some((first, last)) = *heard
                && last.elapsed() > QUIET
            {
                *heard = None;
                return first;
            }
            assert!(started.elapsed() < PATIENCE, "{what} is not heard");
        }
    }

    /// Reads everything that a program writes.
    pub(crate) fn follow(&self, mut output: impl Read + Send + 'static) {
        let ear = self.clone();
        thread::spawn(move || {
            let mut samples = [0; 65_536];
            while let Ok(len @ 1..) = output.read(&mut samples) {
                ear.hear(&samples[..len]);
            }
        });
    }
}

/// Listens at `path` for clients of the PulseAudio server at `server`, forwards both directions, and passes
/// the clients' samples to `ear`.
pub(crate) fn eavesdrop(path: &Path, server: PathBuf, ear: Ear) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            let Ok(server) = UnixStream::connect(&server) else {
                return;
            };
            let mut packets = Packets::new(ear.clone());
            let from_client = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                pass_on(from_client.0, from_client.1, |bytes| packets.take(bytes));
            });
            thread::spawn(move || pass_on(server, client, |_| {}));
        }
    });
}

fn pass_on(mut from: UnixStream, mut to: UnixStream, mut see: impl FnMut(&[u8])) {
    let mut bytes = [0; 65_536];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        see(&bytes[..len]);
        if to.write_all(&bytes[..len]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// A client's packets for PulseAudio, each with a descriptor of five 32-bit numbers, of which the first is
/// its length and the second its channel (pstream.c of PulseAudio).
struct Packets {
    ear: Ear,
    descriptor: Vec<u8>,
    /// The remaining bytes of the packet.
    rest: usize,
}

impl Packets {
    const DESCRIPTOR_LEN: usize = 20;
    /// The channel of commands; others carry samples.
    const COMMANDS: [u8; 4] = [0xff; 4];

    fn new(ear: Ear) -> Self {
        let descriptor = Vec::new();
        let rest = 0;
        Self {
            ear,
            descriptor,
            rest,
        }
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.rest == 0 {
                let missing = Self::DESCRIPTOR_LEN - self.descriptor.len();
                let (more, after) = bytes.split_at(missing.min(bytes.len()));
                self.descriptor.extend_from_slice(more);
                bytes = after;
                if self.descriptor.len() < Self::DESCRIPTOR_LEN {
                    return;
                }
                let len = self.descriptor[..4].try_into().unwrap();
                self.rest = u32::from_be_bytes(len) as usize;
            }
            let (packet, after) = bytes.split_at(self.rest.min(bytes.len()));
            if self.descriptor[4..8] != Self::COMMANDS {
                self.ear.hear(packet);
            }
            self.rest -= packet.len();
            if self.rest == 0 {
                self.descriptor.clear();
            }
            bytes = after;
        }
    }
}
