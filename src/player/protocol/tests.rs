use serde_json::{Value, json};

use super::*;
use crate::sound::Chime;

fn request() -> Request {
    Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 0.5)
}

fn sent(request: Request) -> Value {
    let text = Message::Play(request.into()).encode().unwrap();
    serde_json::from_str(&text).unwrap()
}

fn received(message: &Value) -> Result<Message> {
    Message::decode(message.to_string().as_bytes())
}

#[test]
fn messages_round_trip() {
    let mut request = request();
    request
        .sounds
        .insert(0, Sound::File("/sounds/päuse.wav".into()));
    request.project = Some("/home/dev/project".to_owned());
    request.told_by(Some("codex"), Some(&"ä\n".repeat(MAX_NAME_LEN)));
    request.admissions.push((7, u64::MAX));
    request.reply_to = Some(ReplyTo::random());
    let reply_to = ReplyTo::random();
    for message in [
        Message::Play(request.into()),
        Message::Status {
            reply_to: reply_to.clone(),
        },
        Message::Stop { reply_to },
    ] {
        let text = message.encode().unwrap();
        assert_eq!(Message::decode(text.as_bytes()).unwrap(), message);
    }
}

#[test]
fn members_of_later_versions_are_passed_over() {
    let mut message = sent(request());
    message["later"] = json!(true);
    message["message"]["play"]["later"] = json!({"output": {"command": ["/bin/sh"]}});
    assert!(received(&message).is_ok(), "{message}");
}

#[test]
fn invalid_and_excessive_messages_are_refused() {
    // As listed in the page about security.
    let limits = [
        MAX_MESSAGE_LEN,
        MAX_SOUNDS,
        MAX_ADMISSIONS,
        MAX_EVENT_LEN,
        MAX_PATH_LEN,
    ];
    assert_eq!(limits, [8 << 10, 8, 8, 256, 4_096]);
    let good = sent(request());
    assert!(received(&good).is_ok());
    let long_path = format!("/{}", "x".repeat(MAX_PATH_LEN));
    let sound = &good["message"]["play"]["sounds"][0];
    let reminder = |key: &str, at_ms: &[u64]| json!({"key": key, "mark": [1, 2], "at_ms": at_ms});
    let mut reminding = good.clone();
    reminding["message"]["play"]["remind"] = reminder("session/s", &[1, 2]);
    assert!(received(&reminding).is_ok());
    for (member, bad) in [
        ("event", json!("x".repeat(MAX_EVENT_LEN + 1))),
        ("project", json!("relative")),
        ("project", json!(long_path)),
        ("agent", json!("x".repeat(MAX_NAME_LEN + 1))),
        ("session", json!("x".repeat(MAX_NAME_LEN + 1))),
        ("sounds", json!([])),
        ("sounds", json!(vec![sound; MAX_SOUNDS + 1])),
        ("sounds", json!([{"file": "relative.wav"}])),
        ("sounds", json!([{"file": long_path}])),
        ("sounds", json!([{"program": "/bin/sh"}])),
        ("volume", json!(1.5)),
        ("volume", json!(null)),
        ("playback", json!({"max_voices": 0})),
        ("admissions", json!(vec![(1, 2); MAX_ADMISSIONS + 1])),
        ("asked", json!(1)),
        ("remind", reminder("session/s", &[u64::MAX])),
        ("remind", reminder("session/s", &[1; 9])),
        ("remind", reminder("session/s", &[])),
        ("remind", reminder("Stop", &[1])),
        (
            "remind",
            reminder(&format!("session/{}", "x".repeat(256)), &[1]),
        ),
        ("reply_to", json!("/home/dev/.profile")),
        ("reply_to", json!("../0123456789abcdef0123456789ab")),
        ("reply_to", json!("+123456789abcdef0123456789abcdef")),
    ] {
        let mut message = good.clone();
        message["message"]["play"][member] = bad;
        assert!(received(&message).is_err(), "{message}");
    }
    for bad in [
        json!({}),
        json!({"version": VERSION - 1, "message": good["message"]}),
        json!({"version": VERSION, "message": {"dance": good["message"]["play"]}}),
    ] {
        assert!(received(&bad).is_err(), "{bad}");
    }
    let text = good.to_string();
    for bad in [
        "",
        &text[..text.len() - 1],
        &text.replacen('{', &" ".repeat(MAX_MESSAGE_LEN), 1),
    ] {
        assert!(Message::decode(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_message_has_room_for_substitutes() {
    let file = |len: usize| Sound::File(format!("/{}", "x".repeat(len - 1)).into());
    let chime = || Sound::Chime(Chime::Finished);
    for (asked, kept) in [
        (vec![1_000, 1_000, 100], vec![1_000, 1_000]),
        (vec![4_000, 10, 10], vec![4_000]),
        (vec![10, 4_000, 10], vec![10]),
        (vec![10, 10, 10], vec![10, 10, 10]),
    ] {
        let sounds = |lens: &[usize]| {
            let files = lens.iter().map(|len| file(*len));
            files.chain([chime()]).collect::<Vec<_>>()
        };
        let mut request = Request::new("Stop", sounds(&asked), 0.5);
        assert_eq!(request.sounds, sounds(&kept), "{asked:?}");
        request.project = Some(format!("/{}", "p".repeat(3_000)));
        assert!(Message::Play(request.into()).encode().is_ok(), "{asked:?}");
    }
}

#[test]
fn a_request_that_fits_no_message_is_an_error() {
    let mut request = request();
    request.sounds = vec![Sound::File(
        format!("/{}", "x".repeat(MAX_MESSAGE_LEN)).into(),
    )];
    let error = Message::Play(request.into()).encode().unwrap_err();
    assert!(error.to_string().contains("too long"));
}

#[test]
fn a_moment_ages_by_the_monotonic_clock() {
    let mut moment = Moment::now();
    moment.unix_ms = 0;
    assert!(moment.age() < Duration::from_secs(3_600));
    moment.boot_ms = moment.boot_ms.saturating_sub(1_000);
    assert!(moment.age() >= Duration::from_secs(1));
    moment.boot_ms = u64::MAX;
    assert_eq!(moment.age(), Duration::ZERO);
}
