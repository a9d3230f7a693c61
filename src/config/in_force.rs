//! The rules in force: what they need, what they ask for, and what is recorded about them.

use std::time::Duration;

use super::command_line::CommandLine;
use super::fleet::Fleet;
use super::model::{Config, Rule, known};
use super::remind::Remind;
use crate::event::Event;
use crate::quiet_rule::QuietRule;

/// A rule in force whose effects are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInForce {
    /// Its dotted key.
    pub key: String,
    /// Its value, for people.
    pub value: String,
    /// What it does to an event.
    pub effect: &'static str,
    /// What its last effect is recorded as.
    pub record: String,
    /// What its last failure is recorded as, if it can fail.
    pub failure_record: Option<String>,
    /// Whether it is so without a config.
    pub is_default: bool,
}

impl Rule {
    fn key_of_run(&self) -> String {
        format!("events.{}.run", self.name)
    }
}

/// For the packages of this repository: no promise.
#[doc(hidden)]
impl Config {
    /// The shortest turn after which `name` sounds; only for events that finish something.
    pub fn min_turn(&self, name: &str) -> Option<Duration> {
        let finishes = known(name).is_none_or(Event::finishes);
        let span = finishes.then(|| self.first(name, |rule| rule.min_turn));
        Some(span.flatten()?.0)
    }

    /// The rules in force whose effects are recorded.
    pub fn rules_in_force(&self) -> impl Iterator<Item = RuleInForce> {
        const QUIET: &str = "kept quiet";
        let min_turns = self.rules.values().filter_map(|rule| {
            Some(RuleInForce {
                key: format!("events.{}.min_turn", rule.name),
                value: rule.min_turn?.to_string(),
                effect: QUIET,
                record: "min_turn".to_owned(),
                failure_record: None,
                is_default: false,
            })
        });
        let subagents = self.skip_stop_while_subagents_run.then(|| RuleInForce {
            key: "rules.skip_stop_while_subagents_run".to_owned(),
            value: "true".to_owned(),
            effect: QUIET,
            record: "skip_stop_while_subagents_run".to_owned(),
            failure_record: None,
            is_default: true,
        });
        let commands = self.rules.values().filter_map(|rule| {
            Some(RuleInForce {
                key: rule.key_of_run(),
                value: rule.run.as_ref()?.to_string(),
                effect: "ran",
                record: format!("{}/ran", rule.key_of_run()),
                failure_record: Some(format!("{}/failed", rule.key_of_run())),
                is_default: false,
            })
        });
        let reminders = self.rules.values().filter_map(|rule| {
            Some(RuleInForce {
                key: format!("events.{}.remind", rule.name),
                value: rule.remind.as_ref()?.to_string(),
                effect: "reminded",
                record: "remind".to_owned(),
                failure_record: None,
                is_default: false,
            })
        });
        let asked = self.quiet_rules().map(move |rule| RuleInForce {
            key: format!("rules.{}", rule.name()),
            value: match rule {
                QuietRule::Program => self.quiet_if.iter().map(ToString::to_string).collect(),
                _ => "true".to_owned(),
            },
            effect: QUIET,
            record: rule.name().to_owned(),
            failure_record: None,
            is_default: false,
        });
        let exclude: Vec<_> = self.exclude.iter().map(ToString::to_string).collect();
        let exclude = (!exclude.is_empty()).then(|| RuleInForce {
            key: "rules.exclude".to_owned(),
            value: exclude.join(", "),
            effect: QUIET,
            record: "exclude".to_owned(),
            failure_record: None,
            is_default: false,
        });
        let of_user = commands.chain(reminders).chain(asked).chain(exclude);
        min_turns.chain(subagents).chain(of_user)
    }

    /// When the sound of `name` is repeated, unless something happens in its session.
    pub(crate) fn remind(&self, name: &str) -> Option<&Remind> {
        self.rules_for(name).find_map(|rule| rule.remind.as_ref())
    }

    /// Whether any event is repeated.
    pub(crate) fn has_remind(&self) -> bool {
        self.rules.values().any(|rule| rule.remind.is_some())
    }

    /// The command that runs beside the sound of `name`, with its key.
    pub(crate) fn command(&self, name: &str) -> Option<(String, &CommandLine)> {
        let mut rules = self.rules_for(name);
        rules.find_map(|rule| Some((rule.key_of_run(), rule.run.as_ref()?)))
    }

    /// The program that runs beside the sound of `name`, with its key.
    pub fn program(&self, name: &str) -> Option<(String, &str)> {
        let (key, command) = self.command(name)?;
        Some((key, command.program()))
    }

    /// The rules in force that the player asks about.
    pub fn quiet_rules(&self) -> impl Iterator<Item = QuietRule> {
        self.quiet_rules.iter().copied()
    }

    /// The program that is asked before each sound.
    #[cfg(feature = "playback")]
    pub(crate) const fn quiet_if(&self) -> Option<&CommandLine> {
        self.quiet_if.as_ref()
    }

    /// The programs that the user's config runs, each with its key.
    pub fn programs(&self) -> impl Iterator<Item = (String, &str)> {
        let rules = self.rules.values();
        let of_events = rules.filter_map(|rule| {
            let program = rule.run.as_ref()?.program();
            Some((rule.key_of_run(), program))
        });
        let asked = self.quiet_if.iter();
        let asked = asked.map(|command| ("rules.quiet_if".to_owned(), command.program()));
        of_events.chain(asked)
    }

    /// Whether the length of turns matters to a rule.
    pub fn has_min_turn(&self) -> bool {
        self.rules.values().any(|rule| rule.min_turn.is_some())
    }

    /// The events that rules need, beside those that sound: of each list the first that the agent has.
    pub fn needed_events(&self) -> impl Iterator<Item = &'static [&'static str]> {
        const TURN: &[&str] = &["UserPromptSubmit", "SessionStart", "PreToolUse"];
        let has_all_idle = self.is_enabled("AllIdle");
        let has_remind = self.has_remind();
        let needs = [
            (self.has_min_turn() || has_all_idle, TURN),
            (has_remind, &["UserPromptSubmit"]),
            (has_remind, &["PostToolUse"]),
            (has_remind, &["PostToolUseFailure"]),
            (has_all_idle || has_remind, &["Stop"]),
            (has_all_idle || has_remind, &["SessionEnd"]),
            // A desk in use.
            (
                self.fleet().is_some_and(Fleet::follows),
                &["UserPromptSubmit"],
            ),
        ];
        needs
            .into_iter()
            .filter_map(|(is_needed, events)| is_needed.then_some(events))
    }
}
