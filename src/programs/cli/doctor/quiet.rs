//! The rules about which the player asks: whether they can be asked about here, and what they say now.

use std::time::Duration;

use super::finding::Finding;
use crate::cli::run::output_of;
use herald_audio::internals::config::Config;
use herald_audio::internals::player::program;
use herald_audio::internals::quiet_rule::{ASK, Answer, PATIENCE, QuietRule};

const PART: &str = "rules";
/// How long all answers may take; each has a shorter limit of its own.
const LIMIT: Duration = Duration::from_secs(20);

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    if config.quiet_rules().next().is_none() {
        return Vec::new();
    }
    let program = program();
    let answers = output_of(&program, &[ASK], LIMIT);
    let answers = answers.and_then(|text| {
        serde_json::from_str::<Vec<Answer>>(&text).map_err(|error| error.to_string())
    });
    match answers {
        Ok(answers) => answers.iter().filter_map(finding).collect(),
        Err(why) => {
            let what = format!("cannot ask about your rules: {}: {why}", program.display());
            vec![Finding::error(PART, what)]
        }
    }
}

fn finding(answer: &Answer) -> Option<Finding> {
    let rule = QuietRule::named(&answer.rule)?;
    let (key, took) = (format!("rules.{}", answer.rule), answer.took_ms);
    Some(match &answer.quiet {
        Err(why) => {
            let what = format!("{key} is unknown here, so events make their sounds: {why}");
            Finding::warning(PART, what)
        }
        Ok(_) if u128::from(took) > PATIENCE.as_millis() => {
            let most = PATIENCE.as_millis();
            let what = format!("{key}: the answer took {took} ms; a sound waits for {most} ms");
            Finding::warning(PART, what)
        }
        Ok(true) => Finding::warning(PART, format!("{key}: quiet now, because {}", rule.reason())),
        Ok(false) => Finding::ok(PART, format!("{key}: not quiet now")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_a_finding() {
        let of = |quiet, took_ms| {
            let rule = "quiet_in_calls".to_owned();
            finding(&Answer {
                rule,
                quiet,
                took_ms,
            })
            .unwrap()
        };
        for (found, expected) in [
            (
                of(Ok(false), 3),
                Finding::ok(PART, "rules.quiet_in_calls: not quiet now"),
            ),
            (
                of(Ok(true), 50),
                Finding::warning(
                    PART,
                    "rules.quiet_in_calls: quiet now, because a microphone is in use",
                ),
            ),
            (
                of(Ok(true), 51),
                Finding::warning(
                    PART,
                    "rules.quiet_in_calls: the answer took 51 ms; a sound waits for 50 ms",
                ),
            ),
            (
                of(Err("no server".to_owned()), 99),
                Finding::warning(
                    PART,
                    "rules.quiet_in_calls is unknown here, so events make their sounds: no server",
                ),
            ),
        ] {
            assert_eq!(found, expected);
        }
    }
}
