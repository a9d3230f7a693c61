//! The behaviour of `ssh -R`: listens here, and forwards connections to another address.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::sandbox::wait_until;

/// An address to listen on.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Tcp(u16),
    Unix(PathBuf),
}

/// A new unused port each time, below the range from which the system assigns ports.
pub(super) fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static ASKED: AtomicU16 = AtomicU16::new(0);
    // Simultaneous test runs start at different ports.
    let first = std::process::id() as u16;
    loop {
        let number = first.wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + number % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub(super) struct Tunnel {
    here: Place,
    there: Place,
    /// The transit time.
    delay: Duration,
    /// Ends it with all its connections.
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Tunnel {
    pub(super) fn open(here: Place, there: Place) -> Self {
        Self::open_far(here, there, Duration::ZERO)
    }

    /// With the transit time `delay` in both directions.
    pub(super) fn open_far(here: Place, there: Place, delay: Duration) -> Self {
        let mut tunnel = Self {
            here,
            there,
            delay,
            running: None,
        };
        tunnel.reopen();
        tunnel
    }

    /// The value for `PULSE_SERVER`.
    pub(super) fn address(&self) -> String {
        match &self.here {
            Place::Tcp(port) => format!("tcp:127.0.0.1:{port}"),
            Place::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    pub(super) fn reopen(&mut self) {
        let listener = Listener::bind(&self.here);
        let (there, delay) = (self.there.clone(), self.delay);
        let (end, ended) = channel();
        let thread = thread::spawn(move || serve(&listener, &there, delay, &ended));
        self.running = Some((end, thread));
    }

    pub(super) fn close(&mut self) {
        if let Some((end, thread)) = self.running.take() {
            end.send(()).unwrap();
            thread.join().unwrap();
            if let Place::Unix(path) = &self.here {
                // Its directory may be gone.
                let _ = fs::remove_file(path);
            }
            // A program being started by another test keeps descriptors open for a moment.
            wait_until("nobody listens any more", || {
                Stream::connect(&self.here).err()
            });
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(listener: &Listener, there: &Place, delay: Duration, ended: &Receiver<()>) {
    let mut ends: Vec<Stream> = Vec::new();
    while ended.try_recv().is_err() {
        let Some(here) = listener.accept() else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        // Like ssh: accepted here, and closed if nothing listens there.
        if let Ok(there) = Stream::connect(there) {
            ends.extend([here.clone(), there.clone()]);
            pass_on(here.clone(), there.clone(), delay);
            pass_on(there, here, delay);
        }
    }
    ends.iter().for_each(Stream::end);
}

fn pass_on(mut from: Stream, mut to: Stream, delay: Duration) {
    let (send, on_its_way) = channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut buffer) {
            let _ = send.send((Instant::now() + delay, buffer[..len].to_vec()));
        }
    });
    thread::spawn(move || {
        for (due, bytes) in on_its_way {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        to.end();
    });
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Does not wait.
    fn bind(place: &Place) -> Self {
        match place {
            Place::Tcp(port) => {
                let listener = TcpListener::bind(("127.0.0.1", *port)).unwrap();
                listener.set_nonblocking(true).unwrap();
                Self::Tcp(listener)
            }
            Place::Unix(path) => {
                let listener = UnixListener::bind(path).unwrap();
                listener.set_nonblocking(true).unwrap();
                Self::Unix(listener)
            }
        }
    }

    fn accept(&self) -> Option<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().ok()?;
                stream.set_nonblocking(false).unwrap();
                Some(Stream::Tcp(stream))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().ok()?;
                stream.set_nonblocking(false).unwrap();
                Some(Stream::Unix(stream))
            }
        }
    }
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn connect(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tcp(port) => TcpStream::connect(("127.0.0.1", *port)).map(Self::Tcp),
            Place::Unix(path) => UnixStream::connect(path).map(Self::Unix),
        }
    }

    fn end(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Clone for Stream {
    fn clone(&self) -> Self {
        match self {
            Self::Tcp(stream) => Self::Tcp(stream.try_clone().unwrap()),
            Self::Unix(stream) => Self::Unix(stream.try_clone().unwrap()),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
