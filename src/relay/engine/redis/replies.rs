//! Reads replies, which hold what boxes wrote.

use ::redis::Value;

use crate::engine::EntryId;

/// The entries of a stream, each with its message; none if it has none, as that of `herald fleet test`.
type Entries = Vec<(EntryId, Option<Vec<u8>>)>;

/// The streams of a reply to `XREAD`, by key. What has another form is left out.
pub(super) fn streams(reply: Value) -> Vec<(String, Entries)> {
    let streams = array(reply).into_iter().filter_map(|stream| {
        let [key, entries] = <[Value; 2]>::try_from(array(stream)).ok()?;
        let entries = array(entries).into_iter().filter_map(entry);
        Some((String::from_utf8(bytes(key)?).ok()?, entries.collect()))
    });
    streams.collect()
}

fn entry(entry: Value) -> Option<(EntryId, Option<Vec<u8>>)> {
    let [id, fields] = <[Value; 2]>::try_from(array(entry)).ok()?;
    let id = String::from_utf8(bytes(id)?).ok()?;
    let (ms, number) = id.split_once('-')?;
    let id = EntryId {
        ms: ms.parse().ok()?,
        number: number.parse().ok()?,
    };
    let mut fields = array(fields)
        .into_iter()
        .map(|field| bytes(field).unwrap_or_default());
    let mut body = None;
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        if name == b"m" {
            body = Some(value);
        }
    }
    Some((id, body))
}

/// The milliseconds since 1970-01-01 UTC of a reply to `TIME`; 0 for another one.
pub(super) fn time_ms(reply: &Value) -> u64 {
    let number = |value: &Value| match value {
        Value::BulkString(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    };
    let Value::Array(parts) = reply else {
        return 0;
    };
    let parts: Vec<u64> = parts.iter().filter_map(number).collect();
    match parts[..] {
        [seconds, micros] => seconds.saturating_mul(1_000).saturating_add(micros / 1_000),
        _ => 0,
    }
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        _ => Vec::new(),
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_and_what_has_another_form_is_left_out() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let entry = |id: &str, fields: &[&str]| {
            let fields = fields.iter().map(|field| text(field)).collect();
            Value::Array(vec![text(id), Value::Array(fields)])
        };
        let id = |ms, number| EntryId { ms, number };
        let entries = Value::Array(vec![
            entry("5-1", &["m", "hello"]),
            entry("18446744073709551615-0", &["x", "y", "m"]),
            entry("nonsense", &["m", "z"]),
            Value::Nil,
        ]);
        let reply = Value::Array(vec![
            Value::Array(vec![text("{f}:in:a"), entries]),
            Value::Int(1),
        ]);
        let read = vec![(id(5, 1), Some(b"hello".to_vec())), (id(u64::MAX, 0), None)];
        assert_eq!(streams(reply), [("{f}:in:a".to_owned(), read)]);
        assert_eq!(streams(Value::Nil), []);
        assert_eq!(time_ms(&Value::Array(vec![text("7"), text("8900")])), 7_008);
        assert_eq!(time_ms(&Value::Nil), 0);
    }
}
