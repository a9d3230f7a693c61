//! When a sound is repeated until the user reacts.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::time_span::TimeSpan;
use super::tree::Maybe;

/// How often an event is repeated at most.
pub(crate) const MAX_TIMES: usize = 8;
/// The shortest time.
const MIN: Duration = Duration::from_secs(1);
/// The value for "when the limit ends".
const RESET: &str = "reset";

/// When an event's sound is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remind {
    /// After these times, the shortest first.
    After(Vec<TimeSpan>),
    /// When the limit ends that stopped the agent, if it says when.
    Reset,
}

impl Remind {
    /// The times after the event; none for the end of a limit.
    pub(crate) fn times(&self) -> impl Iterator<Item = Duration> {
        let times = match self {
            Self::After(times) => &times[..],
            Self::Reset => &[],
        };
        times.iter().map(|span| span.0)
    }

    /// As it is written.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::After(times) => times.iter().map(|span| json!(span.to_string())).collect(),
            Self::Reset => json!(RESET),
        }
    }
}

impl fmt::Display for Remind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(times) => {
                let times: Vec<_> = times.iter().map(ToString::to_string).collect();
                f.write_str(&times.join(", "))
            }
            Self::Reset => f.write_str(RESET),
        }
    }
}

impl<'de> Deserialize<'de> for Remind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Times;
        impl<'de> Visitor<'de> for Times {
            type Value = Remind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"times such as ["1m", "5m"], or "reset""#)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Remind, E> {
                let wrong = || E::custom(r#"expected times such as ["1m", "5m"], or "reset""#);
                match text {
                    RESET => Ok(Remind::Reset),
                    text => in_order(vec![TimeSpan::parse(text).ok_or_else(wrong)?]),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Remind, A::Error> {
                let mut times = Vec::new();
                while let Some(Maybe(time)) = items.next_element::<Maybe<TimeSpan>>()? {
                    // A wrong item was reported already.
                    times.extend(time);
                }
                in_order(times)
            }
        }
        deserializer.deserialize_any(Times)
    }
}

fn in_order<E: Error>(times: Vec<TimeSpan>) -> Result<Remind, E> {
    let is_one = (1..=MAX_TIMES).contains(&times.len());
    if is_one && times.iter().all(|time| time.0 >= MIN) && times.is_sorted_by(|a, b| a < b) {
        return Ok(Remind::After(times));
    }
    Err(E::custom(format_args!(
        "expected up to {MAX_TIMES} times from 1s to 24h, each later than the one before"
    )))
}
