//! Whether the user can listen: what the player asks just before it plays.
//!
//! # Invariants
//!
//! - Only the player asks, and only about rules that the request names: a rule that is off costs nothing.
//! - A sound waits at most 50 ms for all answers. Without an answer it sounds. An answer, even a late one,
//!   counts for two seconds.
//! - Questions are asked on threads of their own, and each question by one thread at a time.
//! - A message says which rules to ask about; the program of `rules.quiet_if` is in the user's config. It runs
//!   only for a throttle mark that stands, so whoever reaches the inbox without writing the state file runs
//!   nothing.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::authority::Authority;
use super::command;
use super::protocol::{Request, Run};
use crate::Throttle;
use crate::backend::listening;
use crate::config::{self, CommandLine};
use crate::error::{Error, ErrorKind};
use crate::quiet_rule::{self, PATIENCE, QuietRule};
use crate::system::desktop;
use crate::system::env::Env;

/// How long an answer counts.
const FRESH: Duration = Duration::from_secs(2);
/// How long the program of `rules.quiet_if` may run.
const PROGRAM_LIMIT: Duration = Duration::from_secs(1);
/// When a question without an answer may be asked again: later than every question ends.
const FORGOTTEN: Duration = Duration::from_secs(10);
/// How many answers are kept or awaited.
const MAX_ANSWERS: usize = 16;

/// Asks, and remembers the answers.
pub(super) struct Quiet {
    authority: Authority,
    throttle: Arc<Throttle>,
    answers: Arc<Answers>,
}

#[derive(Clone, PartialEq)]
enum Question {
    Rule(QuietRule),
    /// The program of `rules.quiet_if`, and what the event says to it.
    Program(CommandLine, Run),
}

#[derive(Default)]
struct Answers {
    known: Mutex<Vec<Answer>>,
    changed: Condvar,
}

struct Answer {
    question: Question,
    state: State,
}

enum State {
    /// Awaited since then.
    Awaited(Instant),
    /// Whether to be quiet, as of then; none if that is unknown.
    Given(Instant, Option<bool>),
}

impl Quiet {
    pub(super) fn new(authority: &Authority, throttle: Arc<Throttle>) -> Self {
        Self {
            authority: authority.clone(),
            throttle,
            answers: Arc::default(),
        }
    }

    /// The rule that keeps `request` quiet, if one does.
    pub(super) fn rule_for(&self, request: &Request) -> Option<QuietRule> {
        if request.quiet.is_empty() {
            return None;
        }
        let asked = QuietRule::ALL.into_iter();
        let asked = asked.filter(|rule| request.asks_about(*rule));
        let questions = asked.filter_map(|rule| Some((rule, self.question(rule, request)?)));
        let questions: Vec<_> = questions.collect();
        for (_, question) in &questions {
            self.ask(question);
        }
        let mut questions = questions.into_iter();
        let quiet = questions.find(|(_, question)| self.answers.wait(question) == Some(true));
        Some(quiet?.0)
    }

    /// Records that `rule` kept a sound quiet.
    pub(super) fn note(&self, rule: QuietRule) {
        let key = format!("rule/{}", rule.name());
        self.throttle.mark(&*key, SystemTime::now());
    }

    fn question(&self, rule: QuietRule, request: &Request) -> Option<Question> {
        if rule != QuietRule::Program {
            return Some(Question::Rule(rule));
        }
        let run = request.run.as_ref()?;
        request.standing_mark(run, &self.throttle)?;
        // Only the user's files are read: no project names a program.
        let config = config::load(&self.authority.env, None);
        // The answer counts for other events that say the same.
        let said = Run {
            key: String::new(),
            ..run.clone()
        };
        Some(Question::Program(config.quiet_if()?.clone(), said))
    }

    /// Asks `question` on a thread, unless its answer is known or awaited.
    fn ask(&self, question: &Question) {
        if !self.answers.begin(question) {
            return;
        }
        let (answers, authority) = (self.answers.clone(), self.authority.clone());
        let asked = question.clone();
        let asks = move || {
            let says = answer(&asked, &authority).ok();
            answers.give(asked, says);
        };
        let thread = thread::Builder::new().name("herald-quiet".to_owned());
        if thread.spawn(asks).is_err() {
            self.answers.give(question.clone(), None);
        }
    }
}

impl Answers {
    /// Whether `question` has to be asked; then its answer is awaited.
    fn begin(&self, question: &Question) -> bool {
        let mut known = self.lock();
        known.retain(|answer| match answer.state {
            State::Awaited(since) => since.elapsed() < FORGOTTEN,
            State::Given(at, _) => at.elapsed() < FRESH,
        });
        let is_known = known.iter().any(|answer| answer.question == *question);
        if is_known || known.len() >= MAX_ANSWERS {
            return false;
        }
        known.push(Answer {
            question: question.clone(),
            state: State::Awaited(Instant::now()),
        });
        true
    }

    fn give(&self, question: Question, says: Option<bool>) {
        let mut known = self.lock();
        known.retain(|answer| answer.question != question);
        let state = State::Given(Instant::now(), says);
        known.push(Answer { question, state });
        self.changed.notify_all();
    }

    /// The answer, if there is one [`PATIENCE`] after it was asked for.
    fn wait(&self, question: &Question) -> Option<bool> {
        let mut known = self.lock();
        loop {
            let answer = known.iter().find(|answer| answer.question == *question)?;
            let rest = match answer.state {
                State::Given(_, says) => return says,
                State::Awaited(since) => PATIENCE.saturating_sub(since.elapsed()),
            };
            if rest.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(known, rest);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Answer>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks about the rules in force of the user's config and prints the answers: see [`quiet_rule::ASK`].
///
/// # Errors
///
/// [`ErrorKind::Player`] if they cannot be printed, and those of [`Authority::of_user`].
pub fn run(env: &Env) -> crate::Result<()> {
    let authority = Authority::of_user(env)?;
    let config = config::load(env, None);
    let questions = config.quiet_rules().filter_map(|rule| {
        let question = match rule {
            QuietRule::Program => Question::Program(config.quiet_if()?.clone(), Run::new("", [])),
            rule => Question::Rule(rule),
        };
        Some((rule, question))
    });
    let answers = questions.map(|(rule, question)| {
        let asked = Instant::now();
        quiet_rule::Answer {
            rule: rule.name().to_owned(),
            quiet: answer(&question, &authority),
            took_ms: u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    });
    let answers: Vec<_> = answers.collect();
    let printed = serde_json::to_writer(std::io::stdout().lock(), &answers);
    printed
        .map_err(|error| Error::new(ErrorKind::Player, "cannot print the answers").because(error))
}

/// Whether to be quiet.
///
/// # Errors
///
/// Why that is unknown.
fn answer(question: &Question, authority: &Authority) -> Result<bool, String> {
    let rule = match question {
        Question::Program(program, run) => return exits_with_0(program, run, authority),
        Question::Rule(rule) => *rule,
    };
    if let Some(why) = rule.unsupported() {
        return Err(why.to_owned());
    }
    let Authority {
        env,
        output,
        server,
        ..
    } = authority;
    match rule {
        QuietRule::Calls => listening::is_microphone_used(server),
        QuietRule::Headphones => listening::is_on_headphones(output, server).map(|is_it| !is_it),
        QuietRule::DoNotDisturb => desktop::is_not_to_disturb(env),
        QuietRule::Locked => desktop::is_locked(env),
        // It is never asked without what an event says.
        QuietRule::Program => Err("no event".to_owned()),
    }
}

fn exits_with_0(program: &CommandLine, run: &Run, authority: &Authority) -> Result<bool, String> {
    let (fields, variables) = (&run.fields, run.variables());
    let ended = command::run(program, fields, variables, &authority.env, PROGRAM_LIMIT)?;
    Ok(ended.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_once_and_its_answer_kept() {
        let answers = Answers::default();
        let calls = Question::Rule(QuietRule::Calls);
        assert!(answers.begin(&calls));
        // Others only wait for it.
        assert!(!answers.begin(&calls));
        answers.give(calls.clone(), Some(true));
        assert_eq!(answers.wait(&calls), Some(true));
        assert!(!answers.begin(&calls));
        let locked = Question::Rule(QuietRule::Locked);
        assert_eq!(answers.wait(&locked), None);
        assert!(answers.begin(&locked));
        assert_eq!(answers.wait(&locked), None);
        answers.give(locked.clone(), None);
        assert_eq!(answers.wait(&locked), None);
    }

    #[test]
    fn no_more_questions_are_open_than_a_few() {
        let answers = Answers::default();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.json");
        std::fs::write(&file, r#"{"rules": {"quiet_if": ["focused"]}}"#).unwrap();
        let config = config::load(&Env::of([("HERALD_CONFIG", file)]), None);
        let program = config.quiet_if().unwrap();
        let asks = |session: usize| {
            let run = Run::new("", [("session", session.to_string())]);
            answers.begin(&Question::Program(program.clone(), run))
        };
        let begun = (0..2 * MAX_ANSWERS)
            .filter(|session| asks(*session))
            .count();
        assert_eq!(begun, MAX_ANSWERS);
    }
}
