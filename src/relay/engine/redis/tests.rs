use herald_audio::internals::config::fleet::Role;

use super::*;
use crate::tests::server::TestServer;

const TURN: Duration = Duration::from_millis(50);

/// A server with two boxes and two desks.
fn start() -> Option<TestServer> {
    let server = TestServer::start()?;
    server.add(&["a".to_owned(), "b".to_owned()], Role::Box);
    server.add(&["desk".to_owned(), "other".to_owned()], Role::Desk);
    Some(server)
}

fn machine(server: &TestServer, name: &str) -> Server {
    Server::new(server.fleet(name, server.port))
}

/// What `desk` reads until something comes.
fn read(desk: &mut Server) -> Vec<(String, Option<i64>, Vec<u8>)> {
    let entries = test_support::wait_until("something comes", || {
        Some(desk.follow(TURN).unwrap().entries).filter(|entries| !entries.is_empty())
    });
    entries
        .into_iter()
        .map(|entry| (entry.from, entry.age_ms, entry.body))
        .collect()
}

#[test]
fn an_entry_is_fresh_while_a_desk_waits_and_has_an_age_when_it_was_away() {
    let Some(server) = start() else {
        return;
    };
    let (mut desk, mut a) = (machine(&server, "desk"), machine(&server, "a"));
    a.append(b"before").unwrap();
    let first = read(&mut desk);
    assert!(matches!(&first[..], [(from, Some(0..), body)] if from == "a" && body == b"before"));
    assert!(desk.follow(TURN).unwrap().entries.is_empty());
    a.append(b"fresh").unwrap();
    assert_eq!(read(&mut desk), [("a".to_owned(), None, b"fresh".to_vec())]);
    // As if the machine had been suspended.
    a.append(b"late").unwrap();
    desk.reading.read_ms = 0;
    assert!(matches!(&read(&mut desk)[..], [(_, Some(0..), _)]));
}

#[test]
fn places_that_a_box_makes_up_are_from_the_future_or_late() {
    let Some(server) = start() else {
        return;
    };
    let mut desk = machine(&server, "desk");
    desk.follow(TURN).unwrap();
    let mut login = connect(&server.fleet("a", server.port), None, PATIENCE).unwrap();
    let stream = desk.keys.stream("a");
    for place in [format!("{}-0", u64::MAX), format!("{}-1", u64::MAX)] {
        cmd("XADD")
            .arg(&stream)
            .arg(place)
            .arg("m")
            .arg("x")
            .exec(&mut login)
            .unwrap();
    }
    desk.reading.read_ms = 0;
    let read_back = read(&mut desk);
    assert!(
        read_back
            .iter()
            .all(|(_, age, _)| age.is_some_and(|age| age < 0)),
        "{read_back:?}"
    );
}

#[test]
fn a_claim_is_of_one_desk_until_it_is_given_back() {
    let Some(server) = start() else {
        return;
    };
    let (mut desk, mut other) = (machine(&server, "desk"), machine(&server, "other"));
    let minute = Duration::from_secs(60);
    assert_eq!(desk.claim("key", minute).unwrap(), Claim::Won);
    assert_eq!(other.claim("key", minute).unwrap(), Claim::Lost);
    assert_eq!(desk.claim("key", minute).unwrap(), Claim::Won, "its own");
    other.release("key").unwrap();
    assert_eq!(
        other.claim("key", minute).unwrap(),
        Claim::Lost,
        "not its own"
    );
    desk.release("key").unwrap();
    assert_eq!(other.claim("key", minute).unwrap(), Claim::Won);
}

#[test]
fn mute_and_presence_reach_everybody() {
    let Some(server) = start() else {
        return;
    };
    let (mut desk, mut other) = (machine(&server, "desk"), machine(&server, "other"));
    let mut a = machine(&server, "a");
    assert!(!a.is_attended().unwrap());
    assert!(desk.follow(TURN).unwrap().is_news, "it has just connected");
    test_support::wait_until("it is quiet", || {
        (!desk.follow(TURN).unwrap().is_news).then_some(())
    });
    other.set_controls(Some(Duration::from_secs(60))).unwrap();
    test_support::wait_until("it is told", || {
        desk.follow(TURN).unwrap().is_news.then_some(())
    });
    assert!(
        desk.controls()
            .unwrap()
            .is_some_and(|mute| mute.ends_in <= Duration::from_secs(60))
    );
    assert!(a.is_attended().unwrap(), "it is muted");
    other.set_controls(None).unwrap();
    assert_eq!(desk.controls().unwrap(), None);
    other.announce(Some(Duration::from_secs(5))).unwrap();
    assert!(a.is_attended().unwrap());
    other.announce(None).unwrap();
    let present = desk.presence().unwrap();
    assert!(
        matches!(&present[..], [Desk { name, active_ago: Some(ago) }] if name == "other" && *ago >= Duration::from_secs(5))
    );
}
