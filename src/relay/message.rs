//! What a box says about an event: at most 1 KiB of JSON.
//!
//! # Invariants
//!
//! - It is a stranger's word. It holds no text of the agent, no path, no volume and no output; a desk decides by
//!   its own config what, if anything, it plays. The box's name is not in it: it is that of the stream, which the
//!   server keeps to one login.
//! - Members that are added later are ignored by older desks; a message that older desks must not read as their
//!   own has another version.

use std::path::Path;

use herald_audio::internals::event::Event;
use herald_audio::internals::player::protocol::Request;
use herald_audio::internals::sound::Chime;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The longest message, in bytes.
pub const MAX_LEN: usize = 1024;
/// The version of messages.
const VERSION: u32 = 1;
/// The longest event with its detail, and the longest name of a project, in bytes.
const MAX_NAME_LEN: usize = 128;

/// An event on a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The version.
    version: u32,
    /// Different for each event of a box: one that was sent twice is recognized by it.
    pub sequence: u64,
    /// The event with its detail, whether or not a config has a key for that.
    pub event: String,
    /// The name of the project's directory, without its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// A hash of the agent's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    /// A hash of what tells events of one name apart.
    #[serde(default)]
    pub detail: u64,
}

/// The part common to all versions.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Message {
    /// What to say about the event that `request` is for; none if the hook did not say it or its name is too long.
    pub fn of(request: &Request, sequence: u64) -> Option<Self> {
        let subject = request.subject.as_ref()?;
        let project = request.project.as_deref().map(Path::new);
        let project = project.and_then(|path| path.file_name()?.to_str());
        let session = request.session.as_deref();
        let message = Self {
            version: VERSION,
            sequence,
            event: subject.name.clone(),
            project: project.filter(|name| is_name(name)).map(str::to_owned),
            session: session.map(|session| xxh3_64(session.as_bytes())),
            detail: subject.detail,
        };
        message.check().ok().map(|()| message)
    }

    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        // Numbers and checked strings.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what a box sent.
    ///
    /// # Errors
    ///
    /// Why it is not believed, for the log.
    pub fn decode(text: &[u8]) -> Result<Self, String> {
        if text.len() > MAX_LEN {
            return Err(format!("{} bytes, more than {MAX_LEN}", text.len()));
        }
        let unreadable = |error: serde_json::Error| error.to_string();
        let Version { version } = serde_json::from_slice(text).map_err(unreadable)?;
        if version != VERSION {
            return Err(format!("unsupported version {version}"));
        }
        let message: Self = serde_json::from_slice(text).map_err(unreadable)?;
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), String> {
        let (event, detail) = self.event.split_once('/').unwrap_or((&self.event, ""));
        if Event::find(event).is_none() || !is_plain(detail) {
            return Err("unknown event".to_owned());
        }
        if !self.project.as_deref().is_none_or(is_name) {
            return Err("the name of the project is too long, a path or not plain text".to_owned());
        }
        Ok(())
    }

    /// Whether the event asks for the user's attention.
    pub fn is_attention(&self) -> bool {
        let event = self.event.split('/').next().and_then(Event::find);
        event.is_some_and(|event| event.chime == Chime::Attention)
    }
}

/// Whether the name of a project is plain, and no path.
fn is_name(name: &str) -> bool {
    is_plain(name) && !name.contains(['/', '\\'])
}

/// Whether a part of a message is short and has no control characters.
fn is_plain(text: &str) -> bool {
    text.len() <= MAX_NAME_LEN && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use herald_audio::internals::player::protocol::Subject;
    use herald_audio::internals::sound::Sound;
    use proptest::prelude::*;

    use super::*;

    fn request(event: &str) -> Request {
        let mut request = Request::new("Stop", vec![Sound::Chime(Chime::Finished)], 0.5);
        request.subject = Some(Subject {
            name: event.to_owned(),
            detail: 7,
        });
        request.project = Some("/home/me/secret/project".to_owned());
        request.told_by(Some("claude"), Some("the session"));
        request
    }

    #[test]
    fn it_says_that_an_event_happened_and_no_more() {
        let message = Message::of(&request("PreToolUse/Bash"), u64::MAX).unwrap();
        let text = message.encode();
        assert_eq!(Message::decode(&text), Ok(message.clone()));
        let session = xxh3_64(b"the session");
        let said = format!(
            "{{\"version\":1,\"sequence\":{},\"event\":\"PreToolUse/Bash\",\"project\":\"project\",\
             \"session\":{session},\"detail\":7}}",
            u64::MAX
        );
        assert_eq!(String::from_utf8(text).unwrap(), said);
        assert_eq!(Message::of(&request("Nonsense"), 1), None);
        assert!(
            Message::of(&request("PermissionRequest"), 1)
                .unwrap()
                .is_attention()
        );
        assert!(!message.is_attention());
        // As the hook of a machine without a fleet.
        let request = Request {
            subject: None,
            ..request("Stop")
        };
        assert_eq!(Message::of(&request, 1), None);
    }

    #[test]
    fn a_strangers_word_is_refused_with_the_reason() {
        let refused = |text: &str| Message::decode(text.as_bytes()).unwrap_err();
        let long = format!(
            r#"{{"version": 1, "sequence": 1, "event": "Stop", "x": "{}"}}"#,
            "x".repeat(MAX_LEN)
        );
        for (text, why) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (long.as_str(), "more than 1024"),
            (r#"{"version": 2}"#, "unsupported version 2"),
            (
                r#"{"version": 1, "sequence": -1, "event": "Stop"}"#,
                "invalid value",
            ),
            (
                r#"{"version": 1, "event": "Stop"}"#,
                "missing field `sequence`",
            ),
            (
                r#"{"version": 1, "sequence": 1, "event": "Explode"}"#,
                "unknown event",
            ),
            (
                r#"{"version": 1, "sequence": 1, "event": "Stop/\u001b[2J"}"#,
                "unknown event",
            ),
            (
                r#"{"version": 1, "sequence": 1, "event": "Stop", "project": "../../x"}"#,
                "a path",
            ),
            (
                r#"{"version": 1, "sequence": 1, "event": "Stop", "project": "a\\b"}"#,
                "a path",
            ),
        ] {
            let said = refused(text);
            assert!(said.contains(why), "{text}: {said}");
        }
        let later = r#"{"version": 1, "sequence": 1, "event": "Stop", "of_later_versions": {}}"#;
        assert!(Message::decode(later.as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_believed_is_short_and_plain(text in prop::collection::vec(any::<u8>(), 0..64), name in ".{0,40}") {
            let _ = Message::decode(&text);
            let object = serde_json::json!({"version": 1, "sequence": 1, "event": format!("Stop/{name}"), "project": name});
            if let Ok(message) = Message::decode(object.to_string().as_bytes()) {
                prop_assert!(!name.contains(['/', '\\']) && !name.contains(char::is_control));
                prop_assert!(message.encode().len() <= MAX_LEN);
            }
        }
    }
}
