//! Messages of any content, and buses that misbehave.

use std::os::unix::net::UnixListener;
use std::thread;

use proptest::prelude::*;

use super::*;

#[test]
fn addresses_are_read_with_their_escapes() {
    assert_eq!(unescaped("/run/a%20b%"), b"/run/a b%");
    for address in ["tcp:host=localhost", "unix:tmpdir=/tmp", "unix:path", ""] {
        assert!(Bus::connect(address).is_err(), "{address}");
    }
}

#[test]
fn a_call_is_read_as_it_was_written() {
    let call = Call {
        args: &["org.example", "Inhibited"],
        ..BUS
    };
    let message = message(&call, 7);
    let is_little = cfg!(target_endian = "little");
    let number = |at: usize| number(message[at..at + 4].try_into().unwrap(), is_little) as usize;
    let (body_len, fields_len) = (number(4), number(12));
    let body = &message[16 + fields_len.next_multiple_of(8)..];
    assert_eq!((body.len(), number(8)), (body_len, 7));
    let mut cursor = Cursor {
        bytes: body,
        at: 0,
        is_little,
    };
    assert_eq!(cursor.text(), Some("org.example"));
    assert_eq!(cursor.text(), Some("Inhibited"));
    let parsed = Message::parse(CALL, &message[16..16 + fields_len], body, is_little);
    assert_eq!(parsed.unwrap().answers, None);
}

/// The fields of an answer to call 7 with a value of type `signature`.
fn fields(signature: &str) -> Vec<u8> {
    let mut fields = vec![REPLY_SERIAL, 1, b'u', 0, 7, 0, 0, 0];
    fields.extend([SIGNATURE, 1, b'g', 0, signature.len() as u8]);
    fields.extend(signature.bytes().chain([0]));
    fields
}

#[test]
fn the_first_value_of_an_answer_is_read() {
    let texts = Value::Texts(vec!["a".to_owned(), "bc".to_owned()]);
    let of_texts = b"\x0f\0\0\0\x01\0\0\0a\0\0\0\x02\0\0\0bc\0";
    for (signature, body, value) in [
        ("b", &b"\x01\0\0\0"[..], Value::Bool(true)),
        ("bs", b"\0\0\0\0", Value::Bool(false)),
        ("v", b"\x01b\0\0\x01\0\0\0", Value::Bool(true)),
        ("as", of_texts, texts),
        ("v", b"\x01v\0\x01b\0\0\0\x01\0\0\0", Value::Other),
        ("u", b"\x01\0\0\0", Value::Other),
        ("", b"", Value::Other),
    ] {
        let message = Message::parse(RETURN, &fields(signature), body, true);
        let message = message.expect(signature);
        assert_eq!(
            (message.answers, message.value),
            (Some(7), value),
            "{signature}"
        );
    }
    for (signature, body) in [("b", &b"\x01"[..]), ("as", b"\xff\0\0\0\x01"), ("v", b"")] {
        let message = Message::parse(RETURN, &fields(signature), body, true);
        assert!(message.is_none(), "{signature}");
    }
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(
        kind in 0..6_u8,
        signature in "[bvasu]{0,4}",
        noise in prop::collection::vec(any::<u8>(), 0..40),
        body in prop::collection::vec(any::<u8>(), 0..40),
        is_little: bool,
    ) {
        let _ = Message::parse(kind, &fields(&signature), &body, is_little);
        let _ = Message::parse(kind, &noise, &body, is_little);
    }
}

#[test]
fn a_bus_that_closes_the_connection_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    let closes = thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(b"OK 1234\r\n");
        }
    });
    let address = format!("unix:path={0};unix:path={0}", path.display());
    assert!(Bus::connect(&address).is_err());
    closes.join().unwrap();
}
