//! The fleet: whether its server can be reached, and keeps what it must. `herald-relay` looks, because only it has a
//! client.

use std::time::Duration;

use serde::Deserialize;

use super::finding::{Finding, State};
use crate::cli::fleet::{PROGRAM, TO_HAVE_IT};
use crate::cli::run::output_of;
use herald_audio::Config;
use herald_audio::internals::system::external::of_herald;

const PART: &str = "fleet";
/// How long its answer may take. It waits for a server that starts, then for its answers.
const LIMIT: Duration = Duration::from_secs(30);

/// What `herald-relay` has found.
#[derive(Debug, Deserialize)]
struct Found {
    state: State,
    what: String,
    hint: Option<String>,
}

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    if config.fleet().is_none() {
        return Vec::new();
    }
    let program = of_herald(PROGRAM);
    if !program.exists() {
        let what = "herald-relay is missing, so this machine takes no part in its fleet";
        return vec![Finding::error(PART, what).with_hint(TO_HAVE_IT)];
    }
    let answer = output_of(&program, &["examine"], LIMIT);
    let found = answer.and_then(|text| {
        serde_json::from_str::<Vec<Found>>(&text).map_err(|error| error.to_string())
    });
    match found {
        Ok(found) => found.into_iter().map(Finding::from).collect(),
        Err(why) => {
            let what = format!("{} says nothing about the fleet: {why}", program.display());
            vec![Finding::error(PART, what)]
        }
    }
}

impl From<Found> for Finding {
    fn from(found: Found) -> Self {
        let Found { state, what, hint } = found;
        Self {
            part: PART,
            state,
            what,
            hint,
        }
    }
}
