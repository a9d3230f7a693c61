//! Variables whose value has no meaning. What they name is checked elsewhere.

use super::finding::Finding;
use herald_audio::internals::original;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::log::Level;

/// A variable, whether it understands a value, and the values that it understands.
type Variable = (&'static str, fn(&str) -> bool, &'static str);

const VARIABLES: [Variable; 2] = [
    (
        "HERALD_LOG",
        |value| Level::named(value).is_some(),
        "off, warn, info, debug",
    ),
    ("HERALD_POLICY", original::is_policy, "original"),
];

pub(super) fn findings(env: &Env) -> Vec<Finding> {
    let finding = |(name, is_known, values): &Variable| {
        let value = env.get(name)?;
        let value = value.to_string_lossy();
        (!value.is_empty() && !is_known(&value)).then(|| {
            let what = format!("{name} has the unknown value {value:?}, which is ignored");
            Finding::warning("program", what).with_hint(format!("valid values: {values}"))
        })
    };
    VARIABLES.iter().filter_map(finding).collect()
}
