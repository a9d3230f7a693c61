//! What is fetched, from servers of every kind.

use std::io::Read;
use std::time::Duration;

use herald_studio::internals::{Fetched, Limits, Web};
use ureq::tls::{Certificate, RootCerts};

use crate::server::{Answer, Server};

const LIMITS: Limits = Limits {
    len: 1_000,
    time: Duration::from_secs(60),
};
/// For servers that never end.
const SHORT: Limits = Limits {
    len: 1_000_000,
    time: Duration::from_millis(500),
};

/// Trusts `server` alone.
fn trusting(server: &Server) -> Web {
    let certificates: Vec<_> = server
        .certificate
        .iter()
        .map(|certificate| Certificate::from_der(certificate.der()).to_owned())
        .collect();
    Web::new(RootCerts::new_with_certs(&certificates))
}

fn servers(answers: impl Fn(&str) -> Answer + Clone + Send + Sync + 'static) -> [Server; 2] {
    [Server::plain(answers.clone()), Server::tls(answers)]
}

fn failure(server: &Server, limits: Limits) -> String {
    let fetched = trusting(server).fetch(&server.at("/"), limits);
    fetched.unwrap_err().to_string()
}

#[test]
fn a_file_comes_whole_and_with_its_checksum() {
    let body = b"the whole of it".to_vec();
    for answer in [
        Answer::Whole(body.clone()),
        Answer::Unmeasured(body.clone()),
    ] {
        for server in servers(move |_| answer.clone()) {
            let fetched = trusting(&server).fetch(&server.at("/a?b"), LIMITS);
            let Fetched {
                mut file,
                len,
                sha256,
            } = fetched.unwrap();
            let mut read = Vec::new();
            file.read_to_end(&mut read).unwrap();
            assert_eq!((read, len), (body.clone(), 15));
            // sha256sum says so.
            assert_eq!(
                sha256,
                "47809887be58d96f08ff76d8b48b3983127d513754098362659ef2e9c94be619"
            );
        }
    }
}

#[test]
fn what_is_larger_than_the_limit_is_not_fetched() {
    for answer in [
        Answer::Announced(1_001),
        Answer::Announced(u64::MAX),
        Answer::Whole(vec![0; 1_001]),
        Answer::Unmeasured(vec![0; 1_001]),
        Answer::Endless,
    ] {
        for server in servers(move |_| answer.clone()) {
            let why = failure(&server, LIMITS);
            assert!(why.contains("it is larger than"), "{why}");
        }
    }
}

#[test]
fn a_server_that_takes_for_ever_is_left() {
    for answer in [Answer::Slow, Answer::Silent, Answer::Announced(10)] {
        for server in servers(move |_| answer.clone()) {
            let why = failure(&server, SHORT);
            assert!(why.contains("it took too long"), "{why}");
        }
    }
}

#[test]
fn what_is_cut_or_no_answer_is_an_error() {
    for (answer, says) in [
        (Answer::Cut(100, vec![0; 99]), ""),
        (Answer::Cut(100, Vec::new()), ""),
        (Answer::Garbage, ""),
        (Answer::EndlessHeader, "header"),
        (Answer::Missing, "404 Not Found; hint: check the address"),
    ] {
        for server in servers(move |_| answer.clone()) {
            let why = failure(&server, LIMITS);
            assert!(why.contains(says), "{why}");
        }
    }
}

#[test]
fn redirects_are_followed_where_tls_stays_and_not_for_ever() {
    let plain = Server::plain(|_| Answer::Whole(b"elsewhere".to_vec()));
    let elsewhere = plain.at("/");
    let server = Server::tls(move |path| match path {
        "/" => Answer::To("/one".to_owned()),
        "/one" => Answer::To("two".to_owned()),
        "/two" => Answer::Whole(b"there".to_vec()),
        "/plain" => Answer::To(elsewhere.clone()),
        "/file" => Answer::To("file:///etc/passwd".to_owned()),
        _ => Answer::To("/circle".to_owned()),
    });
    let web = trusting(&server);
    assert_eq!(web.fetch(&server.at("/"), LIMITS).unwrap().len, 5);
    for (path, says) in [
        ("/plain", "without TLS"),
        ("/file", ""),
        ("/circle", "too many redirects"),
    ] {
        let why = web.fetch(&server.at(path), LIMITS).unwrap_err().to_string();
        assert!(why.contains(says), "{why}");
    }
    // Without TLS, anywhere.
    let server = Server::plain(|path| match path {
        "/" => Answer::To("/one".to_owned()),
        _ => Answer::Whole(Vec::new()),
    });
    let why = failure(&server, LIMITS);
    assert!(why.contains("the server answered 302 Found"), "{why}");
}

#[test]
fn only_a_server_with_a_certificate_is_believed() {
    let server = Server::tls(|_| Answer::Whole(Vec::new()));
    let another = Server::tls(|_| Answer::Whole(Vec::new()));
    let why = trusting(&another).fetch(&server.at("/"), LIMITS);
    let why = why.unwrap_err().to_string();
    assert!(why.contains("certificate"), "{why}");
    // It is not made for this name.
    let elsewhere = server.at("/").replace("127.0.0.1", "127.0.0.2");
    let why = trusting(&server).fetch(&elsewhere, LIMITS);
    assert!(why.is_err());
}

#[test]
fn without_tls_only_this_machine_is_asked() {
    let web = Web::default();
    for address in [
        "http://example.com/a.zip",
        "http://10.0.0.1/a.zip",
        "http://localhost.example.com/a.zip",
        "http://127.0.0.1.example.com/a.zip",
        "ftp://127.0.0.1/a.zip",
        "https:///a.zip",
        "https://",
        "http://[::2]/",
        "a.zip",
    ] {
        let why = web.fetch(address, LIMITS).unwrap_err().to_string();
        let says = ["use https://", "not an https:// address"];
        assert!(
            says.iter().any(|says| why.contains(says)),
            "{address}: {why}"
        );
    }
}
