//! Servers and keys that are refused, each with a hint, and nothing written.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::machine::Machine;
use crate::server::{Server, is_installed};

/// Joins the fleet at `address` with `key`; it must fail. Returns the complaint.
#[track_caller]
fn refused(build: &Machine, address: &str, key: &str) -> String {
    let says = build.fails(&["join", address], key);
    assert!(says.contains("\nhint: "), "{says}");
    assert_eq!(build.config(), Value::Null, "nothing is written");
    assert!(!build.key_file().exists());
    says
}

#[test]
fn a_wrong_key_and_an_unreachable_server() {
    if !is_installed() {
        return;
    }
    let (server, build) = (Server::start(), Machine::new());
    let port = server.port;
    let says = refused(
        &build,
        &format!("redis://home.ci@127.0.0.1:{port}"),
        "wrong",
    );
    assert!(says.contains("refuses the login"), "{says}");
    assert!(
        says.contains("\nhint: ask for a new join line: herald fleet init"),
        "{says}"
    );
    drop(server);
    let says = refused(
        &build,
        &format!("redis://home.ci@127.0.0.1:{port}"),
        "wrong",
    );
    assert!(says.contains("cannot be reached"), "{says}");
    let says = refused(&build, &format!("redis://home.ci@127.0.0.1:{port}"), "\n");
    assert!(says.contains("no key: the line is empty"), "{says}");
}

/// A certificate for `localhost` by an authority of its own; the files are in `dir`.
fn write_certificate(dir: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(dir.join("certificate.pem"), made.cert.pem()).unwrap();
    fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
}

const ENCRYPTED: &str = "port 0\ntls-port PORT\ntls-cert-file certificate.pem\ntls-key-file key.pem\n\
                         tls-ca-cert-file certificate.pem\ntls-auth-clients no";

#[test]
fn a_certificate_that_is_not_trusted_and_a_server_that_does_not_encrypt() {
    if !is_installed() {
        return;
    }
    let build = Machine::new();
    let dir = build.path("");
    write_certificate(&dir);
    let copy = |to: &Path| {
        for file in ["certificate.pem", "key.pem"] {
            fs::copy(dir.join(file), to.join(file)).unwrap();
        }
    };
    let encrypted = Server::with(ENCRYPTED, copy);
    let address = |host: &str, port: u16| format!("rediss://home.ci@{host}:{port}");
    let says = refused(&build, &address("localhost", encrypted.port), "key");
    assert!(says.contains("certificate that is not trusted"), "{says}");

    // Trusted, it gets as far as the login; under another name it does not.
    let join = |address: &str| {
        let mut command = build.command(&["join", address]);
        command.env("SSL_CERT_FILE", dir.join("certificate.pem"));
        let output = test_support::run(command, b"key");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let says = join(&address("localhost", encrypted.port));
    assert!(says.contains("refuses the login"), "{says}");
    let says = join(&address("127.0.0.1", encrypted.port));
    assert!(says.contains("certificate that is not trusted"), "{says}");

    // A downgrade: whoever answers in plain text gets no key.
    let plain = Server::start();
    let says = refused(&build, &address("localhost", plain.port), "key");
    assert!(says.contains("does not encrypt"), "{says}");
    let says = join(&address("localhost", plain.port));
    assert!(says.contains("does not encrypt"), "{says}");
}
