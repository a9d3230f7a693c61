//! The payload: the JSON object an agent writes to the hook's standard input.
//!
//! Only the fields Herald uses are kept; everything else is skipped without being stored, so a
//! payload with megabytes of tool output costs one pass over its bytes. Field names are accepted
//! in every spelling agents use. A field of an unexpected type counts as absent, and text that is
//! not quite Unicode is mended: agents cut strings in the middle of a character.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The fields of a payload that Herald uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The event's name.
    pub event: Option<Cow<'a, str>>,
    /// The agent's working directory.
    pub cwd: Option<Cow<'a, str>>,
    /// What a notification says.
    pub message: Option<Cow<'a, str>>,
    /// What a notification is about: `permission_prompt`, `idle_prompt` and the like.
    pub notification_type: Option<Cow<'a, str>>,
    /// The original Herald's throttle marker.
    pub marker: Option<Cow<'a, str>>,
}

impl<'a> Payload<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// If `bytes` are not one JSON object.
    pub fn parse(bytes: &'a [u8]) -> serde_json::Result<Self> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        serde_json::from_slice(bytes).or_else(|error| {
            let mended = mend(bytes);
            match serde_json::from_str::<Payload<'_>>(&mended) {
                Ok(payload) => Ok(payload.into_owned()),
                Err(_) => Err(error),
            }
        })
    }

    fn into_owned(self) -> Payload<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Payload {
            event: own(self.event),
            cwd: own(self.cwd),
            message: own(self.message),
            notification_type: own(self.notification_type),
            marker: own(self.marker),
        }
    }
}

/// Replaces what is not UTF-8, and escapes of half a surrogate pair, by U+FFFD.
fn mend(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut mended = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let whole = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => 0,
            _ => escape
                .char_indices()
                .nth(2)
                .map_or(escape.len(), |(end, _)| end),
        };
        let (kept, after) = if whole == 0 {
            ("\\ufffd", 6)
        } else {
            (&escape[..whole], whole)
        };
        mended.push_str(kept);
        rest = &escape[after..];
    }
    mended + rest
}

/// The UTF-16 unit of the `\uXXXX` at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

impl<'de> Deserialize<'de> for Payload<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Payload<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut payload = Payload::default();
        while let Some(Text(name)) = map.next_key()? {
            let field = match name.as_deref().unwrap_or_default() {
                "hook_event_name" | "hookEventName" => &mut payload.event,
                "cwd" => &mut payload.cwd,
                "message" => &mut payload.message,
                "notification_type" | "notificationType" => &mut payload.notification_type,
                "marker" => &mut payload.marker,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if let Text(Some(text)) = map.next_value()? {
                *field = Some(text);
            }
        }
        Ok(payload)
    }
}

/// A string, borrowed where it has no escapes; or nothing, for a value of any other type.
struct Text<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_fields_are_kept_and_the_rest_is_skipped() {
        let json = br#"{"hook_event_name":"Notification","x":{"deep":[1,{"message":"no"}]},
            "message":"say \"hi\"","notificationType":"idle_prompt","cwd":"/home/dev"}"#;
        let payload = Payload::parse(json).unwrap();
        assert_eq!(payload.event.as_deref(), Some("Notification"));
        assert_eq!(payload.message.as_deref(), Some("say \"hi\""));
        assert_eq!(payload.notification_type.as_deref(), Some("idle_prompt"));
        assert_eq!(payload.cwd.as_deref(), Some("/home/dev"));
        assert!(
            matches!(payload.cwd, Some(Cow::Borrowed(_))),
            "not copied without need"
        );
    }

    #[test]
    fn a_field_of_another_type_counts_as_absent() {
        for value in [
            "1",
            "-1",
            "1.5",
            "null",
            "true",
            "[1,[2]]",
            r#"{"a":{"b":1}}"#,
        ] {
            let json = format!(r#"{{"message":{value},"cwd":"/"}}"#);
            let payload = Payload::parse(json.as_bytes()).unwrap();
            assert_eq!(payload.message, None, "{value}");
            assert_eq!(payload.cwd.as_deref(), Some("/"));
        }
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "[]", "1", "{", "{\"a\":1", "not json", "{} {}", "{} x"] {
            assert!(Payload::parse(json.as_bytes()).is_err(), "{json:?}");
        }
    }

    #[test]
    fn text_that_is_not_quite_unicode_is_mended() {
        for (json, message) in [
            (
                &br#"{"message":"cut \ud83d","cwd":"/"}"#[..],
                "cut \u{fffd}",
            ),
            (
                br#"{"message":"\ude80 \ud83d\ude80 \\ud83d \n","cwd":"/"}"#,
                "\u{fffd} \u{1f680} \\ud83d \n",
            ),
            (
                br#"{"message":"\ud83d\ud83d\ude80","cwd":"/"}"#,
                "\u{fffd}\u{1f680}",
            ),
            (b"{\"message\":\"\xff\",\"cwd\":\"/\"}", "\u{fffd}"),
            (
                "\u{feff}{\"message\":\"mark\",\"cwd\":\"/\"}".as_bytes(),
                "mark",
            ),
        ] {
            let payload = Payload::parse(json).unwrap();
            assert_eq!(payload.message.as_deref(), Some(message));
            assert_eq!(payload.cwd.as_deref(), Some("/"));
        }
    }

    proptest::proptest! {
        #[test]
        fn mending_ends_and_keeps_what_is_whole(text: String, bytes: Vec<u8>) {
            let json = serde_json::json!({ "message": text }).to_string();
            proptest::prop_assert_eq!(mend(json.as_bytes()), json);
            mend(&bytes);
            mend(format!("\\u{}\\", text).as_bytes());
        }
    }

    #[test]
    fn deep_nesting_is_skipped_without_recursion() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        let json = format!(r#"{{"tool_response":{deep},"cwd":"/"}}"#);
        assert_eq!(
            Payload::parse(json.as_bytes()).unwrap().cwd.as_deref(),
            Some("/")
        );
    }
}
