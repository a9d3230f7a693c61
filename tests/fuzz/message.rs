//! Reads a message to the player of any content: what is taken is within its limits, and says nothing
//! of what a player may use.
//!
//! `cargo xtask test` runs this for 5 s; `cargo fuzz run --fuzz-dir tests/fuzz message` as long as you
//! like.
#![no_main]

mod spelling;

use herald_audio::internals::player::protocol::{
    MAX_ADMISSIONS, MAX_EVENT_LEN, MAX_MESSAGE_LEN, MAX_PATH_LEN, MAX_SOUNDS, Message, Request,
};
use herald_audio::internals::sound::{Chime, Sound};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    check(data);
    check(&spliced(data));
});

/// A good message with something else in the place of a part of it.
fn spliced(data: &[u8]) -> Vec<u8> {
    let sounds = vec![
        Sound::File("/sounds/a.wav".into()),
        Sound::Chime(Chime::Attention),
    ];
    let mut request = Request::new("Notification/idle_prompt", sounds, 0.5);
    request.project = Some("/home/dev/project".to_owned());
    request.admissions = vec![(1, 2)];
    let message = Message::Play(request.into()).encode();
    let message = message.expect("it is within the limits");
    spelling::spliced(message.as_bytes(), data, <[u8]>::to_vec)
}

fn check(text: &[u8]) {
    let Ok(message) = Message::decode(text) else {
        return;
    };
    assert!(text.len() <= MAX_MESSAGE_LEN);
    if let Message::Play(request) = &message {
        check_request(request);
    }
    // It is all there is to it: what was not understood is gone.
    let again = message.encode().expect("it was short enough");
    assert_eq!(
        Message::decode(again.as_bytes()).expect("it was good"),
        message
    );
}

fn check_request(request: &Request) {
    assert!((0.0..=1.0).contains(&request.volume));
    assert!(request.playback.is_sane());
    assert!(request.event.len() <= MAX_EVENT_LEN);
    assert!(request.admissions.len() <= MAX_ADMISSIONS);
    assert!((1..=MAX_SOUNDS).contains(&request.sounds.len()));
    let paths = request.sounds.iter().filter_map(Sound::path);
    for path in paths.chain(request.project.as_deref().map(std::path::Path::new)) {
        assert!(path.is_absolute() && path.as_os_str().len() <= MAX_PATH_LEN);
    }
}
