//! Bounds the number of values in a JSON text before parsing: a few bytes of text become hundreds in memory.

/// The limit for a payload, or a JSON text in it, that is parsed completely.
pub(crate) const MAX_VALUES: usize = 50_000;

/// An upper bound of the number of values in `json`: every value except the outermost follows a bracket or a
/// comma.
pub(crate) fn most_values(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' | b',' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn values(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(members) => members.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    fn no_text_has_more_values_than_are_counted() {
        for value in [
            json!(null),
            json!([]),
            json!({"a": [1, {"b": 2}, [], {}], "c": "[,,\\\",{"}),
            json!(["\\", ",", "\\\\\"", 1]),
        ] {
            let counted = most_values(value.to_string().as_bytes());
            assert!(
                (values(&value)..=2 * values(&value)).contains(&counted),
                "{value}: {counted}"
            );
        }
        assert_eq!(most_values(b"[1,2,3]"), 4);
        assert_eq!(most_values(br#"{"a":",,,[[["}"#), 2);
    }
}
