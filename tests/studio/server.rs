//! A web server on this machine, honest or not.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Whole(Vec<u8>),
    /// Without saying how long it is.
    Unmeasured(Vec<u8>),
    /// It says that this many bytes come, and ends after some.
    Cut(usize, Vec<u8>),
    /// It says that so many bytes come, and nothing does.
    Announced(u64),
    /// One byte at a time, for ever.
    Slow,
    Endless,
    /// It takes the request and says nothing.
    Silent,
    Garbage,
    /// A header without end.
    EndlessHeader,
    To(String),
    Missing,
}

type Answers = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

/// A server that runs until the tests end.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Its certificate, if it has TLS.
    pub(crate) certificate: Option<rcgen::Certificate>,
}

/// A reader and writer.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Server {
    pub(crate) fn plain(answers: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(None, answers)
    }

    /// With TLS, as localhost and as the servers of `gh:` and the registry. It is also a proxy, which leads all
    /// connections to itself.
    pub(crate) fn tls(answers: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let names = ["localhost", "127.0.0.1", "github.com", "registry.example"];
        let made = rcgen::generate_simple_self_signed(names.map(str::to_owned)).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let server = Self::start(Some(Arc::new(config)), answers);
        Self {
            certificate: Some(made.cert),
            ..server
        }
    }

    fn start(
        tls: Option<Arc<ServerConfig>>,
        answers: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Answers = Arc::new(answers);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tls, answers) = (tls.clone(), Arc::clone(&answers));
                // A client that goes away ends it.
                thread::spawn(move || _ = serve(stream, tls, &answers));
            }
        });
        Self {
            address,
            certificate: None,
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}{path}", self.address)
    }
}

fn serve(
    mut stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    answers: &Answers,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let Some(config) = tls else {
        return respond(&mut stream, answers);
    };
    let mut first = [0];
    stream.peek(&mut first)?;
    if first == *b"C" {
        let asked = request(&mut stream)?;
        assert!(asked.starts_with("CONNECT "), "{asked}");
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    }
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    respond(&mut StreamOwned::new(connection, stream), answers)
}

/// The first line of a request.
fn request(stream: &mut dyn Stream) -> io::Result<String> {
    // A byte at a time: what follows may be TLS.
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let mut line = String::new();
    BufReader::new(&head[..]).read_line(&mut line)?;
    Ok(line)
}

fn respond(stream: &mut dyn Stream, answers: &Answers) -> io::Result<()> {
    let line = request(stream)?;
    let path = line.split(' ').nth(1).unwrap_or_default();
    let head = |status: &str, more: &str| {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n").into_bytes()
    };
    let length = |len: u64| head("200 OK", &format!("Content-Length: {len}\r\n"));
    match answers(path) {
        Answer::Whole(body) => {
            stream.write_all(&length(body.len() as u64))?;
            stream.write_all(&body)?;
        }
        Answer::Unmeasured(body) => {
            stream.write_all(&head("200 OK", ""))?;
            stream.write_all(&body)?;
        }
        Answer::Cut(len, body) => {
            stream.write_all(&length(len as u64))?;
            stream.write_all(&body)?;
        }
        Answer::Announced(len) => {
            stream.write_all(&length(len))?;
            stream.flush()?;
            stream.read_exact(&mut [0])?;
        }
        Answer::Slow => {
            stream.write_all(&length(1_000_000))?;
            loop {
                stream.write_all(b"x")?;
                stream.flush()?;
                thread::sleep(Duration::from_millis(20));
            }
        }
        Answer::Endless => {
            stream.write_all(&head("200 OK", "Transfer-Encoding: chunked\r\n"))?;
            loop {
                stream.write_all(b"100\r\n")?;
                stream.write_all(&[b'x'; 0x100])?;
                stream.write_all(b"\r\n")?;
            }
        }
        Answer::Silent => stream.read_exact(&mut [0])?,
        Answer::Garbage => stream.write_all(&[0xff; 100])?,
        Answer::EndlessHeader => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-More: and more\r\n")?;
            }
        }
        Answer::To(place) => {
            stream.write_all(&head(
                "302 Found",
                &format!("Location: {place}\r\nContent-Length: 0\r\n"),
            ))?;
        }
        Answer::Missing => stream.write_all(&head("404 Not Found", "Content-Length: 0\r\n"))?,
    }
    stream.flush()
}
