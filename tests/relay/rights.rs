//! What each login may do, asked of the server itself.

use redis::{Connection, Value};

use crate::machine::Machine;
use crate::server::{Server, ask, is_installed};

/// Nobody in the fleet may do these.
const NEVER: [&str; 26] = [
    "XADD {home}:in:build-2 * m x",
    "XADD {other}:in:build-1 * m x",
    "XADD in:build-1 * m x",
    "SET {other}:mute 1",
    "GET {other}:mute",
    "HSET {home}:boxes evil box",
    "DEL {home}:in:build-1",
    "DEL {home}:boxes",
    "EVAL return(1) 0",
    "FCALL f 0",
    "FUNCTION LIST",
    "SCRIPT LOAD return(1)",
    "FLUSHALL",
    "FLUSHDB",
    "CONFIG GET maxmemory",
    "CONFIG SET maxmemory 1",
    "ACL LIST",
    "ACL SETUSER home.build-1 +@all",
    "KEYS *",
    "SCAN 0",
    "CLIENT LIST",
    "MONITOR",
    "SLOWLOG GET",
    "SHUTDOWN NOSAVE",
    "SELECT 1",
    "REPLICAOF 127.0.0.1 1",
];

/// And a box may not do these, either.
const NOT_A_BOX: [&str; 17] = [
    "XREAD STREAMS {home}:in:build-1 0",
    "XRANGE {home}:in:build-1 - +",
    "XTRIM {home}:in:build-1 MAXLEN 0",
    "SET {home}:claim:x build-1 NX PX 99999999",
    "GET {home}:claim:x",
    "SET {home}:mute 1 PX 99999999",
    "DEL {home}:mute",
    "PTTL {home}:mute",
    "SET {home}:present x",
    "SET {home}:desk:laptop 1",
    "HGETALL {home}:boxes",
    "XADD {home}:signal * s mute",
    "SUBSCRIBE x",
    "PUBLISH x y",
    "TIME",
    "PING",
    "INFO",
];

#[track_caller]
fn is_refused(connection: &mut Connection, line: &str) {
    let answer = ask::<Value>(connection, line);
    let code = answer.as_ref().err().and_then(redis::RedisError::code);
    assert_eq!(code, Some("NOPERM"), "{line}: {answer:?}");
}

#[track_caller]
fn may(connection: &mut Connection, lines: &[&str]) {
    for line in lines {
        let answer = ask::<Value>(connection, line);
        assert!(answer.is_ok(), "{line}: {answer:?}");
    }
}

#[test]
fn a_box_may_append_to_its_own_stream_and_a_desk_may_hear_and_no_more() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let desk = Machine::new();
    let boxes = desk.init(&server, &["build-1", "build-2"]);
    let made = boxes.iter().find(|made| made.name == "build-1").unwrap();
    let mut of_box = server.login("home.build-1", &made.key).unwrap();
    for line in NEVER.iter().chain(&NOT_A_BOX) {
        is_refused(&mut of_box, line);
    }
    may(
        &mut of_box,
        &[
            "XADD {home}:in:build-1 MAXLEN ~ 256 * m x",
            // It pins its own stream, and no other.
            "XADD {home}:in:build-1 18446744073709551614-1 m x",
            "GET {home}:mute",
            "GET {home}:present",
        ],
    );

    let config = desk.config();
    let name = config["fleet"]["name"].as_str().unwrap();
    let own = name.strip_prefix("home.").unwrap();
    let mut of_desk = server.login(name, &desk.key()).unwrap();
    for line in NEVER {
        is_refused(&mut of_desk, line);
    }
    may(
        &mut of_desk,
        &[
            "XREAD COUNT 64 STREAMS {home}:in:build-1 {home}:in:build-2 {home}:signal 0 0 0",
            "XTRIM {home}:in:build-1 MINID ~ 1",
            &format!("XADD {{home}}:in:{own} MAXLEN ~ 256 * m x"),
            "XADD {home}:signal MAXLEN ~ 16 * s mute",
            "SET {home}:claim:x laptop NX PX 1000 GET",
            "SET {home}:claim:x laptop XX PX 1000",
            "DEL {home}:claim:x",
            "SET {home}:mute 1 PX 1000",
            "PTTL {home}:mute",
            "MGET {home}:desk:laptop {home}:desk:office",
            "SET {home}:desk:laptop 1 PX 1000",
            "SET {home}:present laptop PX 1000",
            "HGETALL {home}:boxes",
            "TIME",
            "PING",
            "INFO",
        ],
    );
}

/// What the login without a name may do is the administrator's business, and nothing by what `init` does.
#[test]
fn a_login_belongs_to_one_fleet() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (home, work) = (Machine::new(), Machine::new());
    home.init(&server, &["build-1"]);
    let of_work = work.init(&server, &["--fleet", "work", "build-1"]);
    let made = of_work.iter().find(|made| made.name == "build-1").unwrap();
    let mut connection = server.login("work.build-1", &made.key).unwrap();
    may(&mut connection, &["XADD {work}:in:build-1 * m x"]);
    is_refused(&mut connection, "XADD {home}:in:build-1 * m x");
    is_refused(&mut connection, "GET {home}:present");
}
